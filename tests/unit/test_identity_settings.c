/* Every setting of every node counts in the identity of what it gives; names and urls do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "array/nodes.h"
#include "support/identity.h"

#define VARIANTS 32

/* Arrays that differ in one setting each, at least; all of their identities differ. */
struct variants {
    struct forge_arena arena;
    const struct forge_array *arrays[VARIANTS];
    size_t count;
};

static void add(struct variants *v, const struct forge_array *array)
{
    assert_in_range(v->count, 0, VARIANTS - 1);
    v->arrays[v->count++] = array;
}

static const uint64_t two_by_three[] = {2, 3};
static const int16_t six[] = {1, 2, 3, 4, 5, 6};
static const union forge_value one = {.int16 = 1}, two = {.int16 = 2};

static const struct forge_array *numbers(struct variants *v)
{
    return forge_array_memory(&v->arena, FORGE_INT16, 2, two_by_three, six);
}

static void add_memory(struct variants *v)
{
    static const uint64_t three_by_two[] = {3, 2}, line[] = {6};
    static const int16_t others[] = {1, 2, 3, 4, 5, 7};
    static const char *const texts[] = {"a", "bc", "d", "e", "f", "g"};
    static const char *const shifted[] = {"ab", "c", "d", "e", "f", "g"};
    static const char *const renamed[] = {"a", "bc", "d", "e", "f", "h"};

    add(v, numbers(v));
    add(v, forge_array_memory(&v->arena, FORGE_UINT16, 2, two_by_three, six));
    add(v, forge_array_memory(&v->arena, FORGE_INT16, 2, three_by_two, six));
    add(v, forge_array_memory(&v->arena, FORGE_INT16, 1, line, six));
    add(v, forge_array_memory(&v->arena, FORGE_INT16, 2, two_by_three, others));
    add(v, forge_array_memory(&v->arena, FORGE_STRING, 2, two_by_three, texts));
    add(v, forge_array_memory(&v->arena, FORGE_STRING, 2, two_by_three, shifted));
    add(v, forge_array_memory(&v->arena, FORGE_STRING, 2, two_by_three, renamed));
}

static void add_constants(struct variants *v)
{
    static const union forge_value a = {.string = "a"}, b = {.string = "b"};

    add(v, forge_array_constant(&v->arena, FORGE_INT16, 2, two_by_three, &one));
    add(v, forge_array_constant(&v->arena, FORGE_INT16, 2, two_by_three, &two));
    add(v, forge_array_constant(&v->arena, FORGE_UINT16, 2, two_by_three, &one));
    add(v, forge_array_constant(&v->arena, FORGE_STRING, 2, two_by_three, &a));
    add(v, forge_array_constant(&v->arena, FORGE_STRING, 2, two_by_three, &b));
}

static void add_structures(struct variants *v)
{
    static const uint64_t square[] = {2, 2};
    static const unsigned orders[][3] = {
        {0, 1, FORGE_NEW_DIM}, {1, 0, FORGE_NEW_DIM}, {0, FORGE_NEW_DIM, 1}};
    const struct forge_array *child =
        forge_array_memory(&v->arena, FORGE_INT16, 2, square, six);
    const struct forge_array *parts[] = {child, child};
    struct forge_region region = forge_region_all(2, square);

    for (unsigned axis = 0; axis < 2; axis++) {
        add(v, forge_array_concat(&v->arena, axis, parts, 2));
        add(v, forge_array_reverse(&v->arena, child, axis));
        region.count[axis] = 1;
        for (region.start[axis] = 0; region.start[axis] < 2; region.start[axis]++)
            add(v, forge_array_slice(&v->arena, child, &region));
        region.start[axis] = 0;
    }
    region = forge_region_all(2, two_by_three);
    region.count[1] = 2;
    for (region.step[1] = 1; region.step[1] < 3; region.step[1]++)
        add(v, forge_array_slice(&v->arena, numbers(v), &region));
    for (unsigned i = 0; i < 3; i++)
        add(v, forge_array_permute(&v->arena, child, orders[i], 3));
}

static void add_takes(struct variants *v)
{
    static const int64_t indices[][3] = {{0, 1, 2},  {0, 2, 1},  {0, 1, 1},
                                         {0, 0, 1},  {-1, 1, 2}, {1, -1, 2},
                                         {0, -1, 2}, {1, 2, -1}, {2, 1, -1}};
    static const int64_t rows[][2] = {{0, 1}, {1, 0}, {0, 0}};
    static const uint64_t square[] = {2, 2};
    const struct forge_array *four = forge_array_memory(&v->arena, FORGE_INT16, 2, square, six);

    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
        add(v, forge_array_take(&v->arena, numbers(v), 1, indices[i], 3, &one));
    add(v, forge_array_take(&v->arena, numbers(v), 1, indices[4], 3, &two));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add(v, forge_array_take(&v->arena, numbers(v), 0, rows[i], 2, NULL));
    for (unsigned axis = 0; axis < 2; axis++)
        add(v, forge_array_take(&v->arena, four, axis, rows[1], 2, NULL));
}

static void add_casts(struct variants *v)
{
    const struct forge_array *child = numbers(v);
    const union forge_value fill = {.float32 = 9}, other = {.float32 = 8};

    add(v, child);
    add(v, forge_array_cast(&v->arena, child, FORGE_FLOAT32, NULL, NULL, "v"));
    add(v, forge_array_cast(&v->arena, child, FORGE_FLOAT64, NULL, NULL, "v"));
    add(v, forge_array_cast(&v->arena, child, FORGE_FLOAT32, &one, &fill, "v"));
    add(v, forge_array_cast(&v->arena, child, FORGE_FLOAT32, &two, &fill, "v"));
    add(v, forge_array_cast(&v->arena, child, FORGE_FLOAT32, &one, &other, "v"));
    add(v, forge_array_refill(&v->arena, child, NULL, &one, "v"));
    add(v, forge_array_refill(&v->arena, child, NULL, &two, "v"));
    add(v, forge_array_refill(&v->arena, child, &one, &two, "v"));
    add(v, forge_array_refill(&v->arena, child, &two, &one, "v"));
}

static void add_packings(struct variants *v)
{
    const struct forge_array *child = numbers(v);
    const union forge_value fill = {.int8 = 9}, other = {.int8 = 8};

    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, 0, NULL, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT64, 1, 0, NULL, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 2, 0, NULL, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, 1, NULL, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, -0.0, NULL, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, 0, &one, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, 0, &two, NULL));
    add(v, forge_array_unpack(&v->arena, child, FORGE_FLOAT32, 1, 0, &one, &two));
    add(v, forge_array_pack(&v->arena, child, FORGE_INT8, 1, 0, NULL, "v"));
    add(v, forge_array_pack(&v->arena, child, FORGE_UINT8, 1, 0, NULL, "v"));
    add(v, forge_array_pack(&v->arena, child, FORGE_INT8, 2, 0, NULL, "v"));
    add(v, forge_array_pack(&v->arena, child, FORGE_INT8, 1, 1, NULL, "v"));
    add(v, forge_array_pack(&v->arena, child, FORGE_INT8, 1, 0, &fill, "v"));
    add(v, forge_array_pack(&v->arena, child, FORGE_INT8, 1, 0, &other, "v"));
}

static void add_rescales(struct variants *v)
{
    static const int64_t times[] = {2, 4, 6, 8, 10, 12};
    static const union forge_value four = {.int64 = 4}, six_more = {.int64 = 6};
    const struct forge_array *child =
        forge_array_memory(&v->arena, FORGE_INT64, 2, two_by_three, times);

    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 3, 2, 1, NULL, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_FLOAT64, 3, 2, 1, NULL, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 5, 2, 1, NULL, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 3, 1, 1, NULL, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 3, 2, 0, NULL, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 3, 2, 1, &four, "v"));
    add(v, forge_array_rescale(&v->arena, child, FORGE_INT64, 3, 2, 1, &six_more, "v"));
}

static void add_sames(struct variants *v)
{
    static const int16_t others[] = {1, 2, 3, 4, 5, 7}, more[] = {1, 2, 3, 4, 5, 8};
    static const char *const urls[] = {"a", "b", "c"};
    const struct forge_array *a = numbers(v);
    const struct forge_array *b =
        forge_array_memory(&v->arena, FORGE_INT16, 2, two_by_three, others);
    const struct forge_array *c =
        forge_array_memory(&v->arena, FORGE_INT16, 2, two_by_three, more);
    const struct forge_array *const lists[][3] = {{a, b, c}, {a, c, c}, {b, a, c},
                                                  {a, a, b}, {a, a, c}, {a, c, b}};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        add(v, forge_array_same(&v->arena, "v", lists[i], urls, 3));
    add(v, forge_array_same(&v->arena, "v", lists[0], urls, 1));
}

/* Build a family twice and compare all with all; returns how many pairs there were. */
static size_t compare_family(void (*build)(struct variants *), size_t *count)
{
    struct variants variants = {0}, again = {0};

    build(&variants);
    build(&again);
    for (size_t i = 0; i < variants.count; i++) {
        struct identity a = identity_of_all(variants.arrays[i]);

        for (size_t j = 0; j < variants.count; j++) {
            struct identity b = identity_of_all(again.arrays[j]);

            if (is_equal(&a, &b) != (i == j))
                fail_msg("%s: %zu and %zu", variants.arrays[i]->type->name, i, j);
        }
    }
    *count += variants.count;
    forge_arena_clear(&variants.arena);
    forge_arena_clear(&again.arena);
    return variants.count * variants.count;
}

static void every_setting_of_every_node_counts(void **state)
{
    static void (*const families[])(struct variants *) = {
        add_memory, add_constants, add_structures, add_takes,
        add_casts,  add_packings,  add_rescales,   add_sames};
    size_t count = 0, pairs = 0;

    (void)state;
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
        pairs += compare_family(families[f], &count);
    printf("%zu arrays, %zu pairs of one kind: alike only with themselves\n", count, pairs);
}

static void names_and_urls_do_not_count(void **state)
{
    static const char *const urls[] = {"a", "b"}, *const other_urls[] = {"c", "d"};
    struct variants v = {0};
    const struct forge_array *a = numbers(&v);
    const struct forge_array *const parts[] = {
        a, forge_array_memory_of(&v.arena, FORGE_INT16, 2, two_by_three, six, "a")};
    const struct forge_array *const others[] = {
        a, forge_array_memory_of(&v.arena, FORGE_INT16, 2, two_by_three, six, "b")};
    const struct forge_array *const twice[] = {parts[1], others[1]};
    const struct forge_array *const casts[] = {
        forge_array_cast(&v.arena, a, FORGE_INT8, NULL, NULL, "v"),
        forge_array_cast(&v.arena, a, FORGE_INT8, NULL, NULL, "w")};
    const struct forge_array *const pairs[][2] = {
        {parts[1], others[1]},
        {casts[0], casts[1]},
        {forge_array_pack(&v.arena, a, FORGE_INT8, 1, 0, NULL, "v"),
         forge_array_pack(&v.arena, a, FORGE_INT8, 1, 0, NULL, "w")},
        {forge_array_refill(&v.arena, a, NULL, &one, "v"),
         forge_array_refill(&v.arena, a, NULL, &one, "w")},
        {forge_array_same(&v.arena, "v", parts, urls, 2),
         forge_array_same(&v.arena, "w", others, other_urls, 2)},
        /* a file that says the same once more */
        {forge_array_same(&v.arena, "v", twice, urls, 1),
         forge_array_same(&v.arena, "v", twice, urls, 2)},
        {forge_array_same(&v.arena, "v", casts, urls, 1),
         forge_array_same(&v.arena, "v", casts, urls, 2)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct identity found[2] = {identity_of_all(pairs[i][0]), identity_of_all(pairs[i][1])};

        if (!is_equal(&found[0], &found[1]))
            fail_msg("pair %zu", i);
    }
    forge_arena_clear(&v.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_of_every_node_counts),
        cmocka_unit_test(names_and_urls_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

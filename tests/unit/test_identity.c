/* The promise of identities: a region has another one when a value that it takes is another,
 * and the same whatever lies beside it. Two regions that have the same hold the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/identity.h"
#include "support/random_tree.h"

enum {
    TREES = 6000,
    REGIONS = 3, /* of each tree */
    CHANGES = 4, /* of each region */
    COLLECTED = 12000,
    LEAVES = 256,
};

static bool is_empty(const struct forge_array *array)
{
    return forge_array_count(array) == 0;
}

/* ---- every value that is taken counts, and no other ---- */

struct leaf_marks {
    const struct model *leaf;
    uint64_t count;
    unsigned char *taken; /* which elements the region takes */
};

struct marks {
    struct leaf_marks leaves[LEAVES];
    size_t count;
};

static struct leaf_marks *marks_of(struct marks *marks, const struct model *leaf)
{
    for (size_t i = 0; i < marks->count; i++) {
        if (marks->leaves[i].leaf == leaf)
            return &marks->leaves[i];
    }
    return NULL;
}

static void collect_leaves(struct marks *marks, const struct model *model,
                           struct forge_arena *arena)
{
    if (model->kind == LEAF && !marks_of(marks, model)) {
        struct leaf_marks *leaf = &marks->leaves[marks->count++];

        assert_in_range(marks->count, 1, LEAVES);
        leaf->leaf = model;
        leaf->count = forge_array_count(model->array);
        leaf->taken = forge_arena_array(arena, leaf->count + 1, 1);
    }
    for (unsigned i = 0; i < model->parts_count && model->kind != LEAF; i++) {
        if (model->parts[i])
            collect_leaves(marks, model->parts[i], arena);
    }
}

static void mark(struct marks *marks, const struct model *model, const uint64_t *index)
{
    uint64_t at[FORGE_RANK_MAX], inner[FORGE_RANK_MAX];

    memcpy(at, index, sizeof at);
    while (model && model->kind != LEAF && model->kind != CONSTANT) {
        model = step_down(model, at, inner);
        memcpy(at, inner, sizeof at);
    }
    if (model && model->kind == LEAF)
        marks_of(marks, model)
            ->taken[forge_grid_number(model->array->rank, model->array->shape, at)] = 1;
}

static void mark_region(struct marks *marks, const struct model *model,
                        const struct forge_region *region)
{
    unsigned rank = model->array->rank;
    uint64_t at[FORGE_RANK_MAX] = {0}, index[FORGE_RANK_MAX] = {0};

    do {
        for (unsigned d = 0; d < rank; d++)
            index[d] = region->start[d] + at[d] * region->step[d];
        mark(marks, model, index);
    } while (forge_grid_next(at, rank, region->count));
}

static struct {
    size_t regions, taken, beside, surrounded, shapes[5];
    size_t kinds[RESCALE + 1];
} seen;

/* Change one element of one leaf: the identity is another exactly when it is taken. */
static void change_one(const struct marks *marks, const struct model *tree,
                       const struct forge_region *region, const struct identity *before)
{
    const struct leaf_marks *leaf = &marks->leaves[below(marks->count)];
    unsigned char *values = NULL;
    size_t size = forge_dtype_size(leaf->leaf->array->dtype);
    struct identity after;
    uint64_t element;

    if (leaf->count == 0)
        return;
    element = below(leaf->count);
    memcpy(&values, &leaf->leaf->values, sizeof values);
    values += element * size + below(size);
    *values ^= 1;
    after = identity_of(tree->array, region);
    *values ^= 1;
    assert_int_equal(is_equal(before, &after), !leaf->taken[element]);
    seen.taken += leaf->taken[element];
    seen.beside += !leaf->taken[element];
}

static void check_region(struct trees *trees, const struct model *tree,
                         const struct model *again)
{
    struct forge_region region = random_region(tree->array, false);
    struct marks *marks = forge_arena_take(&trees->arena, sizeof *marks);
    struct identity before, other;

    before = identity_of(tree->array, &region);
    other = identity_of(again->array, &region);
    assert_true(is_equal(&before, &other));
    collect_leaves(marks, tree, &trees->arena);
    mark_region(marks, tree, &region);
    for (unsigned i = 0; i < CHANGES && marks->count > 0; i++)
        change_one(marks, tree, &region, &before);
    seen.regions++;
}

static void every_value_that_is_taken_counts_and_no_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TREES; i++) {
        struct trees trees = {0}, others = {0};
        size_t kinds[RESCALE + 1] = {0};
        const struct model *tree, *again;

        seed = i;
        tree = random_tree(&trees, &any_shape, seen.kinds);
        seed = i;
        again = random_tree(&others, &any_shape, kinds);
        for (unsigned j = 0; j < REGIONS && !is_empty(tree->array); j++)
            check_region(&trees, tree, again);
        forge_arena_clear(&trees.arena);
        forge_arena_clear(&others.arena);
    }
    printf("%d trees built twice, %zu regions; a value changed: %zu inside, %zu beside\n",
           TREES, seen.regions, seen.taken, seen.beside);
    assert_in_range(seen.regions, 15000, SIZE_MAX);
    assert_in_range(seen.taken, 10000, SIZE_MAX);
    assert_in_range(seen.beside, 10000, SIZE_MAX);
    for (unsigned kind = 0; kind <= RESCALE; kind++)
        assert_in_range(seen.kinds[kind], 100, SIZE_MAX);
}

/* ---- what lies beside a region does not count ---- */

/* A tree, and what was put around it. */
struct setting {
    const struct forge_array *array;
    uint64_t before; /* elements in front of the tree along the axis */
    uint64_t behind;
};

static struct setting surround(struct trees *trees, const struct model *tree, unsigned axis)
{
    const struct forge_array *parts[7];
    struct setting setting = {0};
    size_t count = 0, at = below(4), all = at + 1 + below(3);

    for (; count < all; count++) {
        uint64_t shape[FORGE_RANK_MAX];

        memcpy(shape, tree->array->shape, sizeof shape);
        shape[axis] = below(6);
        parts[count] = tree->array;
        if (count == at)
            continue;
        parts[count] =
            random_leaf(trees, tree, tree->array->dtype, tree->array->rank, shape)->array;
        *(count < at ? &setting.before : &setting.behind) += shape[axis];
    }
    setting.array = forge_array_concat(&trees->arena, axis, parts, count);
    return setting;
}

/* The tree out of its surroundings again, in one of the ways that there are. */
static const struct forge_array *cut_out(struct trees *trees, const struct setting *setting,
                                         unsigned axis, uint64_t length, unsigned way)
{
    struct forge_region region = forge_region_all(setting->array->rank, setting->array->shape);
    int64_t *indices = forge_arena_array(&trees->arena, length, sizeof *indices);

    region.start[axis] = setting->before;
    region.count[axis] = length;
    for (uint64_t i = 0; i < length; i++)
        indices[i] = (int64_t)(setting->before + (way == 3 ? (i * 7 + 3) % length : i));
    switch (way) {
    case 0:
        return forge_array_slice(&trees->arena, setting->array, &region);
    case 1:
        region.start[axis] = setting->behind;
        return forge_array_slice(
            &trees->arena, forge_array_reverse(&trees->arena, setting->array, axis), &region);
    default:
        return forge_array_take(&trees->arena, setting->array, axis, indices, length, NULL);
    }
}

static void check_surroundings(struct trees *trees, const struct model *tree)
{
    unsigned axis = (unsigned)below(tree->array->rank), way = (unsigned)below(5);
    struct forge_region region = random_region(tree->array, false);
    struct identity found[2];

    for (unsigned i = 0; i < 2; i++) {
        struct setting setting = surround(trees, tree, axis);
        struct forge_region moved = region;
        const struct forge_array *array = setting.array;

        if (way == 4)
            moved.start[axis] += setting.before;
        else
            array = cut_out(trees, &setting, axis, tree->array->shape[axis], way);
        found[i] = identity_of(array, &moved);
    }
    assert_true(is_equal(&found[0], &found[1]));
    seen.shapes[way]++;
    seen.surrounded++;
}

static void what_lies_beside_a_region_does_not_count(void **state)
{
    size_t kinds[RESCALE + 1] = {0};

    (void)state;
    for (unsigned i = 0; i < TREES; i++) {
        struct trees trees = {0};
        const struct model *tree;

        seed = i;
        tree = random_tree(&trees, &any_shape, kinds);
        if (tree->array->rank > 0 && !is_empty(tree->array))
            check_surroundings(&trees, tree);
        forge_arena_clear(&trees.arena);
    }
    printf("%zu trees between two sets of others: %zu sliced, %zu reversed, %zu taken, %zu "
           "shuffled, %zu read where they lie\n",
           seen.surrounded, seen.shapes[0], seen.shapes[1], seen.shapes[2], seen.shapes[3],
           seen.shapes[4]);
    assert_in_range(seen.surrounded, 5000, SIZE_MAX);
}

/* ---- the same identity, the same values ---- */

struct collected {
    struct identity identity;
    enum forge_dtype dtype;
    size_t length;
    unsigned char *values;
    unsigned tree;
};

static int compare_identities(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct identity));
}

static void collect(struct collected *out, const struct forge_array *array, unsigned tree)
{
    struct forge_region region = random_region(array, false);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    struct forge_view view;
    uint64_t count = 0;

    assert_true(forge_region_count(&count, array->rank, &region));
    *out = (struct collected){.identity = identity_of(array, &region), .dtype = array->dtype};
    out->tree = tree;
    out->length = count * forge_dtype_size(array->dtype);
    out->values = malloc(out->length + 1);
    assert_non_null(out->values);
    view =
        forge_view_of(out->values, array->rank, region.count, forge_dtype_size(array->dtype));
    if (!forge_array_read(array, &reader, &region, &view, &err))
        fail_msg("%s", err.text);
    forge_reader_close(&reader);
}

static void regions_with_one_identity_hold_the_same_values(void **state)
{
    static const struct tree_shape small = {2, 4, 3, 1};
    struct collected *all = calloc(COLLECTED, sizeof *all);
    size_t count = 0, alike = 0, apart = 0, kinds[RESCALE + 1] = {0};

    (void)state;
    assert_non_null(all);
    for (unsigned i = 0; count < COLLECTED; i++) {
        struct trees trees = {0};
        const struct model *tree;
        const struct forge_array *array;

        seed = i;
        tree = random_tree(&trees, &small, kinds);
        array = tree->array;
        if (array->rank > 0 && below(3) == 0)
            array = surround(&trees, tree, (unsigned)below(array->rank)).array;
        if (!is_empty(array))
            collect(&all[count++], array, i);
        forge_arena_clear(&trees.arena);
    }
    qsort(all, count, sizeof *all, compare_identities);
    for (size_t i = 1; i < count; i++) {
        const struct collected *a = &all[i - 1], *b = &all[i];

        if (!is_equal(&a->identity, &b->identity))
            continue;
        if (a->dtype != b->dtype || a->length != b->length ||
            memcmp(a->values, b->values, a->length) != 0)
            fail_msg("trees %u and %u", a->tree, b->tree);
        alike++;
        apart += a->tree != b->tree;
    }
    printf("%zu regions of small trees: %zu have the identity of another, %zu of another "
           "tree\n",
           count, alike, apart);
    assert_in_range(apart, 500, SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        free(all[i].values);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_that_is_taken_counts_and_no_other),
        cmocka_unit_test(what_lies_beside_a_region_does_not_count),
        cmocka_unit_test(regions_with_one_identity_hold_the_same_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

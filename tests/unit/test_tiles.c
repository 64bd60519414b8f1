/* Tiles: a region is read in pieces of bounded size, and no chunk is decoded twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "array/nodes.h"
#include "array/tiles.h"
#include "support/leaf.h"
#include "support/random.h"

#define LARGE ((size_t)20 * 1000 * 1000) /* elements */

static struct forge_arena arena;

static int clear_arena(void **state)
{
    (void)state;
    forge_arena_clear(&arena);
    return 0;
}

static struct forge_region random_part(const struct forge_array *array)
{
    struct forge_region region = {0};

    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t most;

        region.step[d] = below(2) == 0 ? 1 : 1 + below(5);
        region.start[d] = below(array->shape[d]);
        most = (array->shape[d] - 1 - region.start[d]) / region.step[d] + 1;
        region.count[d] = below(3) == 0 ? most : 1 + below(most);
    }
    return region;
}

/* The number of the chunk along d that an element of the region is in. */
static uint64_t chunk_at(const struct forge_array *array, const struct forge_region *region,
                         unsigned d, uint64_t element)
{
    return (region->start[d] + element * region->step[d] + array->phase[d]) / array->chunk[d];
}

/* A tile ends inside a chunk only where the region does. */
static void check_cuts(const struct forge_array *array, const struct forge_tiles *tiles)
{
    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t end = tiles->offset[d] + tiles->tile.count[d];

        if (!array->in_memory && end < tiles->region.count[d])
            assert_true(chunk_at(array, &tiles->region, d, end) !=
                        chunk_at(array, &tiles->region, d, end - 1));
    }
}

static void tiles_cover_a_region_once_within_the_bound(void **state)
{
    size_t tiles_count = 0;

    (void)state;
    for (unsigned turn = 0; turn < 5000; turn++) {
        struct forge_array array = {.rank = below(20) == 0 ? 0 : 1 + (unsigned)below(3),
                                    .in_memory = below(4) == 0};
        uint64_t target = 1 + below(100), count = 0, covered = 0, bytes;
        struct forge_region region;
        struct forge_tiles tiles;

        for (unsigned d = 0; d < array.rank; d++) {
            array.shape[d] = 1 + below(30);
            array.chunk[d] = 1 + below(6);
            array.phase[d] = below(array.chunk[d]);
        }
        region = random_part(&array);
        assert_true(forge_region_count(&count, array.rank, &region));
        bytes = forge_tiles_bytes(&array, &region, 4, target);
        assert_in_range(bytes, 0, 4 * count);
        forge_tiles_open(&tiles, &array, &region, 4, target);
        while (forge_tiles_next(&tiles)) {
            uint64_t elements = 0;

            assert_true(forge_region_count(&elements, array.rank, &tiles.tile));
            assert_in_range(4 * elements, 4, bytes);
            for (unsigned d = 0; d < array.rank; d++)
                assert_int_equal(tiles.tile.start[d],
                                 region.start[d] + tiles.offset[d] * region.step[d]);
            check_cuts(&array, &tiles);
            covered += elements;
            tiles_count++;
        }
        assert_int_equal(covered, count);
    }
    assert_in_range(tiles_count, 20000, SIZE_MAX);
}

static void an_endless_array_has_a_bound_too(void **state)
{
    struct forge_array array = {.rank = 3,
                                .shape = {UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                .chunk = {UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    struct forge_region all = forge_region_all(3, array.shape);

    (void)state;
    assert_true(forge_tiles_bytes(&array, &all, 8, FORGE_TILE_BYTES) == UINT64_MAX);
    array.in_memory = true;
    assert_true(forge_tiles_bytes(&array, &all, 8, FORGE_TILE_BYTES) == FORGE_TILE_BYTES);
}

/* 0 1 2 ... modulo a prime in chunks, 40 MB. */
static struct leaf *large_leaf(int16_t **values)
{
    const uint64_t shape[] = {20, 1000, 1000}, chunk[] = {7, 300, 401};

    *values = malloc(LARGE * sizeof **values);
    for (size_t i = 0; i < LARGE; i++)
        (*values)[i] = (int16_t)(i % 32749);
    return leaf_new(&arena, FORGE_INT16, 3, shape, chunk, *values);
}

static void check_decoded_once(const struct leaf *leaf)
{
    for (uint64_t chunk = 0; chunk < leaf->chunks; chunk++)
        assert_int_equal(leaf->decoded[chunk], 1);
}

/* The whole of `array` is read within the scratch that it promised. */
static double *read_bounded(const struct forge_array *array)
{
    struct forge_region all = forge_region_all(array->rank, array->shape);
    struct forge_budget budget = {.limit = forge_array_scratch(array, &all)};
    struct forge_reader reader = {.budget = &budget};
    struct forge_error err = {0};
    double *got = malloc(forge_array_count(array) * sizeof *got);
    struct forge_view view = forge_view_of(got, array->rank, array->shape, sizeof *got);

    /* less than the whole in the child's dtype */
    assert_in_range(budget.limit, 1, 12 * 1000 * 1000);
    if (!forge_array_read(array, &reader, &all, &view, &err))
        fail_msg("%s", err.text);
    assert_int_equal(budget.used, 0);
    return got;
}

static void converting_a_large_array_decodes_every_chunk_once(void **state)
{
    int16_t *values = NULL;
    struct leaf *leaf = large_leaf(&values);
    const unsigned order[] = {2, 0, 1};
    double *got = NULL;
    const struct forge_array *array =
        forge_array_unpack(&arena, &leaf->array, FORGE_FLOAT64, 0.5, 1, NULL, NULL);

    (void)state;
    got = read_bounded(forge_array_permute(&arena, array, order, 3));
    check_decoded_once(leaf);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t a = below(20), b = below(1000), c = below(1000);

        assert_true(got[(c * 20 + a) * 1000 + b] ==
                    values[(a * 1000 + b) * 1000 + c] * 0.5 + 1);
    }
    free(got);
    free(values);
}

/* Tiles know where the chunks are also behind a slice and backwards. */
static void a_slice_of_a_large_array_decodes_every_chunk_once(void **state)
{
    int16_t *values = NULL;
    struct leaf *leaf = large_leaf(&values);
    const struct forge_region box = {{3, 150, 100}, {17, 800, 850}, {1, 1, 1}};
    double *got = NULL;
    const struct forge_array *array = forge_array_slice(&arena, &leaf->array, &box);

    (void)state;
    array = forge_array_reverse(&arena, array, 1);
    got = read_bounded(forge_array_cast(&arena, array, FORGE_FLOAT64, NULL, NULL, "v"));
    check_decoded_once(leaf);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t a = below(17), b = below(800), c = below(850);

        assert_true(got[(a * 800 + b) * 850 + c] ==
                    values[((a + 3) * 1000 + 949 - b) * 1000 + c + 100]);
    }
    free(got);
    free(values);
}

static void parts_of_a_concat_are_decoded_once(void **state)
{
    int16_t *values = NULL;
    struct leaf *leaf = large_leaf(&values);
    const struct forge_region last = {{14, 0, 0}, {6, 1000, 1000}, {1, 1, 1}};
    const struct forge_region first = {{0, 0, 0}, {14, 1000, 1000}, {1, 1, 1}};
    const struct forge_array *parts[] = {forge_array_slice(&arena, &leaf->array, &first),
                                         forge_array_slice(&arena, &leaf->array, &last)};
    double *got = NULL;

    (void)state;
    got = read_bounded(forge_array_cast(&arena, forge_array_concat(&arena, 0, parts, 2),
                                        FORGE_FLOAT64, NULL, NULL, "v"));
    check_decoded_once(leaf);
    for (size_t i = 0; i < LARGE; i += 997)
        assert_true(got[i] == values[i]);
    free(got);
    free(values);
}

static void shuffled_elements_decode_every_chunk_once(void **state)
{
    enum { LENGTH = 600 };
    const uint64_t shape[] = {LENGTH, 10}, chunk[] = {37, 10};
    static int16_t values[LENGTH * 10];
    static int64_t indices[LENGTH];
    struct leaf *leaf;
    double *got = NULL;

    (void)state;
    for (int i = 0; i < LENGTH * 10; i++)
        values[i] = (int16_t)i;
    for (uint64_t i = 0; i < LENGTH; i++) {
        uint64_t other = below(i + 1);

        indices[i] = indices[other];
        indices[other] = (int64_t)i;
    }
    leaf = leaf_new(&arena, FORGE_INT16, 2, shape, chunk, values);
    got = read_bounded(forge_array_cast(
        &arena, forge_array_take(&arena, &leaf->array, 0, indices, LENGTH, NULL), FORGE_FLOAT64,
        NULL, NULL, "v"));
    check_decoded_once(leaf);
    for (int i = 0; i < LENGTH; i++)
        assert_true(got[(size_t)i * 10 + 3] == (double)(indices[i] * 10 + 3));
    free(got);
}

/* A difference in one tile may come before that of another. */
static void the_first_difference_is_named_across_tiles(void **state)
{
    const uint64_t shape[] = {2000, 2000}, chunk[] = {2000, 500};
    const size_t count = 4000000;
    int32_t *values = calloc(count, sizeof *values), *other = calloc(count, sizeof *other);
    const struct forge_array *arrays[2];
    const char *const urls[] = {"a.nc", "b.nc"};
    const struct forge_region all = {{0, 0}, {2000, 2000}, {1, 1}};
    struct forge_view view = forge_view_of(values, 2, shape, sizeof *values);
    struct forge_reader reader = {0};
    struct forge_error err;
    int32_t *got = malloc(count * sizeof *got);

    (void)state;
    arrays[0] = &leaf_new(&arena, FORGE_INT32, 2, shape, chunk, values)->array;
    arrays[1] = &leaf_new(&arena, FORGE_INT32, 2, shape, chunk, other)->array;
    other[1000 * 2000 + 3] = 1; /* in the first tile */
    other[999 * 2000 + 600] = 2;
    other[1200 * 2000 + 1999] = 3;
    view.bytes = (unsigned char *)got;
    assert_false(forge_array_read(forge_array_same(&arena, "lat", arrays, urls, 2), &reader,
                                  &all, &view, &err));
    assert_string_equal(err.text, "lat is not the same in all files: at [999, 600] it is 0 in "
                                  "a.nc, but 2 in b.nc");
    free(got);
    free(values);
    free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, clear_arena)
    const struct CMUnitTest tests[] = {
        TEST(tiles_cover_a_region_once_within_the_bound),
        TEST(an_endless_array_has_a_bound_too),
        TEST(converting_a_large_array_decodes_every_chunk_once),
        TEST(a_slice_of_a_large_array_decodes_every_chunk_once),
        TEST(parts_of_a_concat_are_decoded_once),
        TEST(shuffled_elements_decode_every_chunk_once),
        TEST(the_first_difference_is_named_across_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

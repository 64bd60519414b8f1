/* Each node of lazy arrays: what it gives, and what it refuses in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "array/nodes.h"
#include "support/arrays.h"
#include "support/leaf.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static int open_arena(void **state)
{
    *state = calloc(1, sizeof(struct forge_arena));
    return *state ? 0 : -1;
}

static int close_arena(void **state)
{
    forge_arena_clear(*state);
    free(*state);
    return 0;
}

static const struct forge_array *texts_of(struct forge_arena *arena, uint64_t count,
                                          const char *const *texts)
{
    return forge_array_memory(arena, FORGE_STRING, 1, &count, texts);
}

/* 0 1 2 ... in int32. */
static const struct forge_array *numbers(struct forge_arena *arena, unsigned rank,
                                         const uint64_t *shape)
{
    uint64_t count = 1;
    int32_t *values;

    for (unsigned d = 0; d < rank; d++)
        count *= shape[d];
    values = forge_arena_array(arena, count, sizeof *values);
    for (uint64_t i = 0; i < count; i++)
        values[i] = (int32_t)i;
    return forge_array_memory(arena, FORGE_INT32, rank, shape, values);
}

static void slices_start_step_and_end_anywhere(void **state)
{
    static const struct {
        struct forge_region region;
        const char *want;
    } rows[] = {
        {{{0, 0}, {3, 4}, {1, 1}}, "0 1 2 3 4 5 6 7 8 9 10 11"},
        {{{1, 1}, {2, 2}, {1, 2}}, "5 7 9 11"},
        {{{2, 3}, {1, 1}, {9, 9}}, "11"},
        {{{0, 3}, {2, 1}, {2, 1}}, "3 11"},
        {{{0, 0}, {0, 4}, {1, 1}}, ""},
        {{{3, 4}, {0, 0}, {1, 1}}, ""},
    };
    const uint64_t shape[] = {3, 4};

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(
            read_all(*state,
                     forge_array_slice(*state, numbers(*state, 2, shape), &rows[i].region)),
            rows[i].want);
}

static void parts_follow_each_other_along_the_axis(void **state)
{
    const uint64_t shapes[][2] = {{1, 2}, {0, 2}, {2, 2}, {2, 0}, {2, 1}};
    const struct forge_array *rows[3], *columns[3];

    for (size_t i = 0; i < 3; i++) {
        rows[i] = numbers(*state, 2, shapes[i]);
        columns[i] = numbers(*state, 2, shapes[i + 2]);
    }
    assert_string_equal(read_all(*state, forge_array_concat(*state, 0, rows, 3)),
                        "0 1 0 1 2 3");
    assert_string_equal(read_all(*state, forge_array_concat(*state, 1, columns, 3)),
                        "0 1 0 2 3 1");
    assert_string_equal(read_all(*state, forge_array_concat(*state, 0, rows + 1, 1)), "");
}

/* The first element inside a part depends on how the step falls. */
static void steps_go_on_across_parts(void **state)
{
    static const struct {
        uint64_t start, count, step;
        const char *want;
    } rows[] = {
        {0, 5, 2, "0 2 4 6 8"}, {1, 4, 2, "1 3 5 7"}, {2, 3, 3, "2 5 8"}, {0, 2, 8, "0 8"},
        {0, 3, 4, "0 4 8"},     {3, 2, 5, "3 8"},     {8, 1, 7, "8"},
    };
    const uint64_t nine[] = {9};
    const struct forge_array *all = numbers(*state, 1, nine), *parts[4];
    const uint64_t starts[] = {0, 4, 5, 5, 9};

    for (size_t i = 0; i < 4; i++) {
        struct forge_region part = {{starts[i]}, {starts[i + 1] - starts[i]}, {1}};

        parts[i] = forge_array_slice(*state, all, &part);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_region region = {{rows[i].start}, {rows[i].count}, {rows[i].step}};
        const struct forge_array *joined = forge_array_concat(*state, 0, parts, 4);

        assert_string_equal(read_all(*state, forge_array_slice(*state, joined, &region)),
                            rows[i].want);
    }
}

static void one_part_of_sixteen_thousand_is_found(void **state)
{
    enum { PARTS = 16000 };
    const struct forge_array **parts = forge_arena_array(*state, PARTS, sizeof(void *));
    const struct forge_array *joined;
    struct forge_reader reader = {0};
    struct forge_error err;

    for (unsigned i = 0; i < PARTS; i++) {
        uint64_t length = i % 3;
        union forge_value value = {.uint16 = (uint16_t)i};

        parts[i] = forge_array_constant(*state, FORGE_UINT16, 1, &length, &value);
    }
    joined = forge_array_concat(*state, 0, parts, PARTS);
    assert_int_equal(joined->shape[0], 15999);
    for (uint64_t i = 0; i < joined->shape[0]; i++) {
        struct forge_region region = {{i}, {1}, {1}};
        uint16_t got = 0;
        struct forge_view view = {.bytes = (unsigned char *)&got};

        assert_true(forge_array_read(joined, &reader, &region, &view, &err));
        assert_int_equal(got, i / 3 * 3 + (i % 3 == 0 ? 1 : 2));
    }
}

static void taken_elements_come_in_any_order_with_gaps(void **state)
{
    static const struct {
        int64_t indices[5];
        uint64_t count;
        const char *want;
    } rows[] = {
        {{0, 1, 2, 3}, 4, "0 1 2 3"}, {{3, 1}, 2, "3 1"}, {{2, -1, 2, 2}, 4, "2 -9 2 2"},
        {{-1, -1}, 2, "-9 -9"},       {{0}, 0, ""},       {{3, 0, 2, 1, 3}, 5, "3 0 2 1 3"},
    };
    const union forge_value fill = {.int32 = -9};
    const uint64_t four[] = {4};
    static const uint64_t chunks[] = {1, 2, 3, 9};
    static const int32_t values[] = {0, 1, 2, 3};

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(
            read_all(*state, forge_array_take(*state, numbers(*state, 1, four), 0,
                                              rows[i].indices, rows[i].count, &fill)),
            rows[i].want);
        for (size_t j = 0; j < COUNT(chunks); j++) {
            struct leaf *leaf = leaf_new(*state, FORGE_INT32, 1, four, &chunks[j], values);

            assert_string_equal(
                read_all(*state, forge_array_take(*state, &leaf->array, 0, rows[i].indices,
                                                  rows[i].count, &fill)),
                rows[i].want);
            for (uint64_t chunk = 0; chunk < leaf->chunks; chunk++)
                assert_in_range(leaf->decoded[chunk], 0, 1);
        }
    }
}

static void dimensions_change_places(void **state)
{
    static const struct {
        unsigned rank, order[4];
        const char *want;
        uint64_t shape[4];
    } rows[] = {
        {3, {0, 1, 2}, "0 1 2 3 4 5", {2, 1, 3}},
        {3, {2, 1, 0}, "0 3 1 4 2 5", {3, 1, 2}},
        {2, {2, 0}, "0 3 1 4 2 5", {3, 2}},
        {4, {2, FORGE_NEW_DIM, 0, FORGE_NEW_DIM}, "0 3 1 4 2 5", {3, 1, 2, 1}},
    };
    const uint64_t shape[] = {2, 1, 3};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_array *array =
            forge_array_permute(*state, numbers(*state, 3, shape), rows[i].order, rows[i].rank);

        assert_int_equal(array->rank, rows[i].rank);
        assert_memory_equal(array->shape, rows[i].shape, rows[i].rank * sizeof(uint64_t));
        assert_string_equal(read_all(*state, array), rows[i].want);
    }
}

static void a_reversed_axis_runs_backwards(void **state)
{
    const uint64_t shape[] = {2, 5};
    const struct forge_array *array = forge_array_reverse(*state, numbers(*state, 2, shape), 1);
    const struct forge_region steps = {{0, 1}, {1, 2}, {1, 2}};

    assert_string_equal(read_all(*state, array), "4 3 2 1 0 9 8 7 6 5");
    assert_string_equal(read_all(*state, forge_array_slice(*state, array, &steps)), "3 1");
}

static void a_scalar_goes_through_every_node(void **state)
{
    const double value = 21;
    const union forge_value fill = {.float64 = -1}, fill_out = {.float64 = -2};
    const unsigned new_dim[] = {FORGE_NEW_DIM};
    const uint64_t unused[] = {0};
    const struct forge_region all = {0};
    const struct forge_array *array =
                                 forge_array_memory(*state, FORGE_FLOAT64, 0, unused, &value),
                             *twice[2];
    const char *const urls[] = {"a", "b"};

    array = forge_array_slice(*state, array, &all);
    array = forge_array_rescale(*state, array, FORGE_INT64, 1, 1, 0, NULL, "v");
    array = forge_array_cast(*state, array, FORGE_INT16, NULL, NULL, "v");
    array = forge_array_unpack(*state, array, FORGE_FLOAT64, 2, 1, NULL, NULL);
    array = forge_array_refill(*state, array, &fill, &fill_out, "v");
    array = forge_array_pack(*state, array, FORGE_UINT8, 1, 0, NULL, "v");
    twice[0] = twice[1] = array;
    array = forge_array_same(*state, "v", twice, urls, 2);
    array = forge_array_permute(*state, array, NULL, 0);
    assert_int_equal(array->rank, 0);
    assert_int_equal(forge_array_count(array), 1);
    assert_string_equal(read_all(*state, array), "43");
    array = forge_array_permute(*state, array, new_dim, 1);
    assert_string_equal(read_all(*state, array), "43");
}

static void strings_are_elements_too(void **state)
{
    static const char *const names[] = {"oslo", "bern", "rome"};
    static const char *const others[] = {"oslo", "Bern", "rome"};
    const union forge_value fill = {.string = "none"};
    const int64_t indices[] = {2, -1, 0};
    const struct forge_array *array = texts_of(*state, 3, names);
    const struct forge_array *pair[] = {array, texts_of(*state, 3, others)};
    const char *const urls[] = {"a.nc", "b.nc"};

    assert_string_equal(read_all(*state, forge_array_take(*state, array, 0, indices, 3, &fill)),
                        "rome none oslo");
    assert_string_equal(read_all(*state, forge_array_concat(*state, 0, pair, 2)),
                        "oslo bern rome oslo Bern rome");
    assert_string_equal(read_all(*state, forge_array_same(*state, "city", pair, urls, 2)),
                        "city is not the same in all files: at [1] it is bern in a.nc, but "
                        "Bern in b.nc");
}

static void too_many_values_are_refused(void **state)
{
    const uint64_t shape[] = {1025}, huge[] = {UINT64_MAX, 2};
    const union forge_value zero = {0};

    assert_string_equal(
        read_all(*state, forge_array_constant(*state, FORGE_FLOAT32, 1, shape, &zero)),
        "1025 elements of float32 are more than the 4096 bytes that may be "
        "read at once");
    assert_string_equal(
        read_all(*state, forge_array_constant(*state, FORGE_INT8, 2, huge, &zero)),
        "18446744073709551615 elements of int8 are more than the 4096 bytes that may be read "
        "at once");
}

static void a_cancelled_reader_reads_nothing(void **state)
{
    const uint64_t shape[] = {2};
    const struct forge_region all = {{0}, {2}, {1}};
    atomic_bool cancelled = false;
    struct forge_reader reader = {.cancelled = &cancelled};
    struct forge_error err = {0};
    int32_t values[2];
    struct forge_view view = forge_view_of(values, 1, shape, sizeof values[0]);

    assert_true(forge_array_read(numbers(*state, 1, shape), &reader, &all, &view, &err));
    atomic_store(&cancelled, true);
    assert_false(forge_array_read(numbers(*state, 1, shape), &reader, &all, &view, &err));
    assert_int_equal(err.code, FORGE_CANCELLED);
}

static void a_budget_that_is_too_small_fails_the_read_and_gets_all_back(void **state)
{
    const uint64_t shape[] = {1000};
    const struct forge_region all = {{0}, {1000}, {1}};
    struct forge_budget budget = {.limit = 3999};
    struct forge_reader reader = {.budget = &budget};
    struct forge_error err = {0};
    double values[1000];
    struct forge_view view = forge_view_of(values, 1, shape, sizeof values[0]);
    const struct forge_array *array =
        forge_array_cast(*state, numbers(*state, 1, shape), FORGE_FLOAT64, NULL, NULL, "v");

    assert_int_equal(forge_array_scratch(array, &all), 4000);
    assert_false(forge_array_read(array, &reader, &all, &view, &err));
    assert_int_equal(budget.used, 0);
    budget.limit = 4000;
    assert_true(forge_array_read(array, &reader, &all, &view, &err));
    assert_int_equal(budget.used, 0);
}

static void arrays_that_differ_are_told_at_the_first_index(void **state)
{
    const uint64_t shape[] = {2, 3};
    int32_t changed[] = {0, 1, 2, 3, 4, 5};
    const struct forge_array *arrays[3];
    const char *const urls[] = {"a.nc", "b.nc", "c.nc"};
    const struct forge_region last = {{1, 1}, {1, 2}, {1, 1}};

    arrays[0] = arrays[1] = numbers(*state, 2, shape);
    arrays[2] = forge_array_memory(*state, FORGE_INT32, 2, shape, changed);
    assert_string_equal(read_all(*state, forge_array_same(*state, "lat", arrays, urls, 3)),
                        "0 1 2 3 4 5");
    changed[2] = -2;
    changed[5] = -5;
    assert_string_equal(
        read_all(*state, forge_array_same(*state, "lat", arrays, urls, 3)),
        "lat is not the same in all files: at [0, 2] it is 2 in a.nc, but -2 in "
        "c.nc");
    assert_string_equal(
        read_all(*state, forge_array_slice(
                             *state, forge_array_same(*state, "lat", arrays, urls, 3), &last)),
        "lat is not the same in all files: at [1, 2] it is 5 in a.nc, but -5 in c.nc");
}

static void equal_means_every_byte(void **state)
{
    static const double zero[] = {0.0, (double)NAN}, minus[] = {-0.0, (double)NAN};
    const struct forge_array *arrays[] = {row_of(*state, FORGE_FLOAT64, 2, zero),
                                          row_of(*state, FORGE_FLOAT64, 2, minus)};
    const struct forge_array *alike[] = {arrays[0], arrays[0]};
    const char *const urls[] = {"a.nc", "b.nc"};

    assert_string_equal(read_all(*state, forge_array_same(*state, "v", alike, urls, 2)),
                        "0 NaN");
    assert_string_equal(read_all(*state, forge_array_same(*state, "v", arrays, urls, 2)),
                        "v is not the same in all files: at [0] it is 0 in a.nc, but -0 in "
                        "b.nc");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(slices_start_step_and_end_anywhere),
        TEST(parts_follow_each_other_along_the_axis),
        TEST(steps_go_on_across_parts),
        TEST(one_part_of_sixteen_thousand_is_found),
        TEST(taken_elements_come_in_any_order_with_gaps),
        TEST(dimensions_change_places),
        TEST(a_reversed_axis_runs_backwards),
        TEST(a_scalar_goes_through_every_node),
        TEST(strings_are_elements_too),
        TEST(too_many_values_are_refused),
        TEST(a_cancelled_reader_reads_nothing),
        TEST(a_budget_that_is_too_small_fails_the_read_and_gets_all_back),
        TEST(arrays_that_differ_are_told_at_the_first_index),
        TEST(equal_means_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

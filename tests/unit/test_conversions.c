/* Nodes that convert numbers: exact results, and the words in which a value is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/arrays.h"
#include "support/random.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define MOST 8

static struct forge_arena arena;

static int clear_arena(void **state)
{
    (void)state;
    forge_arena_clear(&arena);
    return 0;
}

static void numbers_change_their_dtype_or_are_refused(void **state)
{
    static const struct {
        enum forge_dtype from, to;
        double numbers[MOST];
        uint64_t count;
        const char *want;
    } rows[] = {
        {FORGE_INT16, FORGE_INT8, {-128, 127}, 2, "-128 127"},
        {FORGE_INT16, FORGE_INT8, {-128, 128}, 2, "t: 128 does not fit int8"},
        {FORGE_INT16, FORGE_INT8, {-129, 1}, 2, "t: -129 does not fit int8"},
        {FORGE_INT8, FORGE_UINT64, {0, -1}, 2, "t: -1 does not fit uint64"},
        {FORGE_UINT8, FORGE_INT8, {200}, 1, "t: 200 does not fit int8"},
        {FORGE_UINT32, FORGE_INT64, {4294967295.0}, 1, "4294967295"},
        {FORGE_INT64, FORGE_INT64, {-0x1p63}, 1, "-9223372036854775808"},
        {FORGE_UINT64, FORGE_INT64, {0x1p63}, 1, "t: 9223372036854775808 does not fit int64"},
        {FORGE_INT64, FORGE_FLOAT32, {-0x1p62, 0x1p62}, 2, "-4.611686e+18 4.611686e+18"},
        {FORGE_FLOAT64, FORGE_INT16, {0.5, 1.5, 2.5, -0.5, -1.5, 2.4999}, 6, "0 2 2 0 -2 2"},
        {FORGE_FLOAT32, FORGE_INT8, {127.4, -128.5}, 2, "127 -128"},
        {FORGE_FLOAT32, FORGE_INT8, {127.5}, 1, "t: 127.5 does not fit int8"},
        {FORGE_FLOAT64, FORGE_UINT8, {-0.4}, 1, "0"},
        {FORGE_FLOAT64, FORGE_UINT8, {-0.6}, 1, "t: -0.6 does not fit uint8"},
        {FORGE_FLOAT64, FORGE_INT64, {4503599627370497.5}, 1, "4503599627370498"},
        {FORGE_FLOAT64, FORGE_INT64, {0x1p63 - 1024}, 1, "9223372036854774784"},
        {FORGE_FLOAT64, FORGE_INT64, {0x1p63}, 1, "t: 9.22337203685478e+18 does not fit int64"},
        {FORGE_FLOAT64, FORGE_INT64, {-0x1p63}, 1, "-9223372036854775808"},
        {FORGE_FLOAT64, FORGE_UINT64, {0x1p64 - 2048}, 1, "18446744073709549568"},
        {FORGE_FLOAT64, FORGE_INT32, {1, NAN}, 2, "t: NaN does not fit int32"},
        {FORGE_FLOAT64, FORGE_INT32, {INFINITY}, 1, "t: Infinity does not fit int32"},
        {FORGE_FLOAT64, FORGE_INT8, {1e300}, 1, "t: 1e+300 does not fit int8"},
        {FORGE_FLOAT64, FORGE_FLOAT32, {0.1, INFINITY, NAN}, 3, "0.1 Infinity NaN"},
        {FORGE_FLOAT64, FORGE_FLOAT32, {-1e39}, 1, "t: -1e+39 does not fit float32"},
        {FORGE_FLOAT32, FORGE_FLOAT64, {0.1}, 1, "0.10000000149011612"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_array *array =
            row_of(&arena, rows[i].from, rows[i].count, rows[i].numbers);
        const char *got =
            read_all(&arena, forge_array_cast(&arena, array, rows[i].to, NULL, NULL, "t"));

        /* texts of int64 beyond 2^53 come from their own digits */
        if (strncmp(rows[i].want, "t: 9.2", 6) == 0)
            assert_non_null(strstr(got, "does not fit int64"));
        else
            assert_string_equal(got, rows[i].want);
    }
}

static void a_fill_becomes_another_when_cast(void **state)
{
    static const struct {
        enum forge_dtype from, to;
        double numbers[MOST], from_fill, to_fill;
        const char *want;
    } rows[] = {
        {FORGE_FLOAT32, FORGE_INT16, {1, NAN, 3}, NAN, -999, "1 -999 3"},
        {FORGE_FLOAT32, FORGE_FLOAT64, {1, 1e20, 3}, 1e20, NAN, "1 NaN 3"},
        {FORGE_FLOAT64, FORGE_FLOAT32, {1, NAN, 1e20}, 1e20, NAN, "1 NaN NaN"},
        {FORGE_INT16, FORGE_INT8, {1, -32768, 3}, -32768, -128, "1 -128 3"},
        {FORGE_INT16, FORGE_INT16, {1, 2, 3}, 2, 9, "1 9 3"},
        {FORGE_INT16,
         FORGE_INT8,
         {1, -128, 3},
         -32768,
         -128,
         "t: the valid value -128 would become the fill value"},
        {FORGE_FLOAT64,
         FORGE_INT8,
         {1, 2.4, 3},
         NAN,
         2,
         "t: the valid value 2.4 would become the fill value"},
        {FORGE_FLOAT64, FORGE_INT8, {1, 2.4, 300}, NAN, 2, "t: 300 does not fit int8"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        union forge_value from = value_of(rows[i].from, rows[i].from_fill);
        union forge_value to = value_of(rows[i].to, rows[i].to_fill);
        const struct forge_array *array = row_of(&arena, rows[i].from, 3, rows[i].numbers);
        const char *got =
            read_all(&arena, forge_array_cast(&arena, array, rows[i].to, &from, &to, "t"));

        if (i == COUNT(rows) - 1) /* the first that is wrong is named */
            assert_non_null(strstr(got, "t: the valid value 2.4"));
        else
            assert_string_equal(got, rows[i].want);
    }
}

/* Every pair of dtypes, against what forge_value_convert says of each element. */
static void casting_agrees_with_converting_one_by_one(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 100 * FORGE_STRING * FORGE_STRING; turn++) {
        enum forge_dtype from = (enum forge_dtype)(turn % FORGE_STRING);
        enum forge_dtype to = (enum forge_dtype)(turn / FORGE_STRING % FORGE_STRING);
        union forge_value value = {.uint64 = below(1ULL << 31) << 33 | below(1ULL << 31)}, want;
        struct forge_reader reader = {0};
        struct forge_error err;
        const void *got = NULL;
        const struct forge_array *array;
        double number;

        value.uint64 >>= below(64);
        if (forge_dtype_is_float(from))
            value = value_of(from, (double)(int64_t)value.uint64 * (below(2) ? 1 : -1));
        array = forge_array_memory(&arena, from, 0, NULL, &value);
        array = forge_array_cast(&arena, array, to, NULL, NULL, "v");
        number = forge_value_as_double(from, &value);
        if (forge_array_values(&got, array, &reader, &arena, 8, &err)) {
            if (forge_value_convert(&want, to, &value, from))
                assert_memory_equal(got, want.bytes, forge_dtype_size(to));
            else /* rounded: only floats round whole numbers */
                assert_true(forge_dtype_is_float(to) &&
                            fabs(forge_value_as_double(to, got) - number) <=
                                fabs(number) * (double)FLT_EPSILON);
        } else {
            assert_false(forge_value_convert(&want, to, &value, from));
            assert_true(forge_dtype_is_integer(to));
        }
        if (turn % 1000 == 0)
            forge_arena_clear(&arena);
    }
}

static void a_fill_is_replaced_unless_it_is_taken(void **state)
{
    static const struct {
        enum forge_dtype dtype;
        double numbers[MOST], from, to;
        const char *want;
    } rows[] = {
        {FORGE_INT16, {1, -999, 3}, -999, -32768, "1 -32768 3"},
        {FORGE_INT16, {1, -999, 3}, -999, -999, "1 -999 3"},
        {FORGE_UINT8,
         {1, 255, 3},
         255,
         3,
         "t: 3 is to be the fill value instead of 255, but there are valid values 3"},
        {FORGE_FLOAT32, {1, NAN, 3}, NAN, 1e20, "1 1e+20 3"},
        {FORGE_FLOAT32, {1, 1e20, NAN}, 1e20, NAN, "1 NaN NaN"},
        {FORGE_FLOAT64,
         {1, NAN, 1e20},
         NAN,
         1e20,
         "t: 1e+20 is to be the fill value instead of NaN, but there are valid values 1e+20"},
        {FORGE_FLOAT64, {1, -0.0, 3}, 0, -1, "1 -1 3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        union forge_value from = value_of(rows[i].dtype, rows[i].from);
        union forge_value to = value_of(rows[i].dtype, rows[i].to);

        assert_string_equal(
            read_all(&arena, forge_array_refill(
                                 &arena, row_of(&arena, rows[i].dtype, 3, rows[i].numbers),
                                 &from, &to, "t")),
            rows[i].want);
    }
}

static void times_change_units_exactly_or_not_at_all(void **state)
{
    static const struct {
        enum forge_dtype from, to;
        double numbers[MOST];
        int64_t multiply, divide, add;
        double fill; /* 5: none */
        const char *want;
    } rows[] = {
        {FORGE_INT64, FORGE_INT64, {0, 1, 2}, 24, 1, -6, 5, "-6 18 42"},
        {FORGE_INT64, FORGE_INT64, {0, 3600, 7200}, 24, 86400, 100, 5, "100 101 102"},
        {FORGE_INT64,
         FORGE_INT64,
         {0, 1800, 7200},
         1,
         3600,
         0,
         5,
         "time: 1800 * 1 / 3600 +0 is no exact int64"},
        {FORGE_FLOAT64, FORGE_FLOAT64, {0, NAN, 2}, 24, 1, 0, 5, "0 NaN 48"},
        {FORGE_FLOAT64, FORGE_INT64, {0, NAN, 2}, 24, 1, 0, 5, "time: NaN does not fit int64"},
        {FORGE_FLOAT64, FORGE_INT64, {0, -9, 2}, 24, 1, 0, -9, "0 -9 48"},
        {FORGE_FLOAT64,
         FORGE_FLOAT64,
         {0, 0.5, 2},
         24,
         1,
         0,
         5,
         "time: 0.5 is not a whole number"},
        {FORGE_FLOAT64,
         FORGE_FLOAT64,
         {0, 1e300, 2},
         24,
         1,
         0,
         5,
         "time: 1e+300 is not a whole number"},
        {FORGE_INT64,
         FORGE_INT64,
         {0, 0x1p62, 2},
         2,
         1,
         0,
         5,
         "time: 4611686018427387904 * 2 / 1 +0 is no exact int64"},
        {FORGE_INT64,
         FORGE_FLOAT64,
         {0, 0x1p53, 2},
         1,
         1,
         1,
         5,
         "time: 9007199254740992 * 1 / 1 +1 is no exact float64"},
        {FORGE_INT64, FORGE_INT64, {0, -0x1p63, 2}, 1, 2, 0, 5, "0 -4611686018427387904 1"},
        {FORGE_INT64, FORGE_FLOAT64, {4, 8, -4}, -1, 4, 0, 5, "-1 -2 1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        union forge_value fill = value_of(rows[i].from, rows[i].fill);

        assert_string_equal(
            read_all(&arena, forge_array_rescale(
                                 &arena, row_of(&arena, rows[i].from, 3, rows[i].numbers),
                                 rows[i].to, rows[i].multiply, rows[i].divide, rows[i].add,
                                 rows[i].fill == 5 ? NULL : &fill, "time")),
            rows[i].want);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, clear_arena)
    const struct CMUnitTest tests[] = {
        TEST(numbers_change_their_dtype_or_are_refused),
        TEST(a_fill_becomes_another_when_cast),
        TEST(casting_agrees_with_converting_one_by_one),
        TEST(a_fill_is_replaced_unless_it_is_taken),
        TEST(times_change_units_exactly_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

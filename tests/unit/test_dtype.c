/* Element types: what converts without loss, what is refused, and how values are written. */
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

#include "array/dtype.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void every_dtype_is_found_by_its_name(void **state)
{
    static const size_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8};

    (void)state;
    for (unsigned i = 0; i < FORGE_DTYPE_COUNT; i++) {
        enum forge_dtype found = FORGE_DTYPE_COUNT;

        assert_true(forge_dtype_find(&found, forge_dtype_name((enum forge_dtype)i)));
        assert_int_equal(found, i);
        assert_int_equal(forge_dtype_size(found), sizes[i]);
        assert_int_equal(forge_dtype_is_float(found), i == FORGE_FLOAT32 || i == FORGE_FLOAT64);
        assert_int_equal(forge_dtype_is_integer(found), i <= FORGE_UINT64);
    }
    assert_string_equal(forge_dtype_name(FORGE_INT16), "int16");
    assert_true(forge_dtype_is_signed(FORGE_INT8));
    assert_true(forge_dtype_is_signed(FORGE_FLOAT32));
    assert_false(forge_dtype_is_signed(FORGE_UINT8));
}

static void an_unknown_name_is_no_dtype(void **state)
{
    enum forge_dtype found = FORGE_INT8;

    (void)state;
    assert_false(forge_dtype_find(&found, "int24"));
    assert_false(forge_dtype_find(&found, ""));
    assert_int_equal(found, FORGE_INT8);
}

static void a_double_converts_when_nothing_is_lost(void **state)
{
    static const struct {
        double number;
        enum forge_dtype dtype;
        const char *want; /* NULL: refused */
    } rows[] = {
        {127, FORGE_INT8, "127"},
        {128, FORGE_INT8, NULL},
        {-128, FORGE_INT8, "-128"},
        {-129, FORGE_INT8, NULL},
        {-1, FORGE_UINT8, NULL},
        {255, FORGE_UINT8, "255"},
        {-0.0, FORGE_UINT8, "0"},
        {0.5, FORGE_INT32, NULL},
        {-0.5, FORGE_UINT32, NULL},
        {-32768, FORGE_INT16, "-32768"},
        {4294967295.0, FORGE_UINT32, "4294967295"},
        {4294967296.0, FORGE_UINT32, NULL},
        {0x1p63, FORGE_INT64, NULL},
        {-0x1p63, FORGE_INT64, "-9223372036854775808"},
        {0x1p63, FORGE_UINT64, "9223372036854775808"},
        {0x1p64, FORGE_UINT64, NULL},
        {1e300, FORGE_INT64, NULL},
        {-1e300, FORGE_INT64, NULL},
        {NAN, FORGE_INT64, NULL},
        {INFINITY, FORGE_INT8, NULL},
        {0.5, FORGE_FLOAT32, "0.5"},
        {0.1, FORGE_FLOAT32, NULL},
        {1e300, FORGE_FLOAT32, NULL},
        {NAN, FORGE_FLOAT32, "NaN"},
        {-INFINITY, FORGE_FLOAT32, "-Infinity"},
        {0.1, FORGE_FLOAT64, "0.1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        union forge_value value = {.uint64 = 42};
        bool done = forge_value_from_double(&value, rows[i].dtype, rows[i].number);
        char text[40] = "";

        assert_int_equal(done, rows[i].want != NULL);
        if (done)
            assert_string_equal(forge_value_format(text, sizeof text, rows[i].dtype, &value),
                                rows[i].want);
        else
            assert_int_equal(value.uint64, 42);
    }
}

static void elements_convert_when_nothing_is_lost(void **state)
{
    static const struct {
        enum forge_dtype from, to;
        union forge_value value;
        const char *want;
    } rows[] = {
        {FORGE_INT16, FORGE_INT64, {.int16 = -1}, "-1"},
        {FORGE_INT16, FORGE_UINT16, {.int16 = -1}, NULL},
        {FORGE_UINT8, FORGE_INT8, {.uint8 = 200}, NULL},
        {FORGE_UINT8, FORGE_INT16, {.uint8 = 200}, "200"},
        {FORGE_UINT64, FORGE_INT64, {.uint64 = UINT64_MAX}, NULL},
        {FORGE_UINT64, FORGE_UINT64, {.uint64 = UINT64_MAX}, "18446744073709551615"},
        {FORGE_UINT64, FORGE_FLOAT64, {.uint64 = UINT64_MAX}, NULL},
        {FORGE_INT64, FORGE_INT64, {.int64 = INT64_MIN}, "-9223372036854775808"},
        {FORGE_INT64, FORGE_FLOAT32, {.int64 = INT64_MIN}, "-9.223372e+18"},
        {FORGE_INT64, FORGE_FLOAT64, {.int64 = INT64_MAX}, NULL},
        {FORGE_INT64, FORGE_FLOAT64, {.int64 = (1LL << 53) + 1}, NULL},
        {FORGE_INT64, FORGE_FLOAT64, {.int64 = 1LL << 53}, "9007199254740992"},
        {FORGE_INT32, FORGE_FLOAT32, {.int32 = (1 << 24) + 1}, NULL},
        {FORGE_INT32, FORGE_FLOAT32, {.int32 = 1 << 24}, "16777216"},
        {FORGE_FLOAT32, FORGE_INT16, {.float32 = -9999}, "-9999"},
        {FORGE_FLOAT32, FORGE_INT16, {.float32 = 0.5F}, NULL},
        {FORGE_FLOAT32, FORGE_FLOAT64, {.float32 = 1e20F}, "100000002004087730000"},
        {FORGE_FLOAT64, FORGE_FLOAT32, {.float64 = 1e20}, NULL},
        {FORGE_FLOAT64, FORGE_UINT8, {.float64 = 3}, "3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        union forge_value value = {0};
        char text[40] = "";
        bool done = forge_value_convert(&value, rows[i].to, &rows[i].value, rows[i].from);

        assert_int_equal(done, rows[i].want != NULL);
        if (rows[i].want && rows[i].to != FORGE_FLOAT32 && rows[i].to != FORGE_FLOAT64)
            assert_string_equal(forge_value_format(text, sizeof text, rows[i].to, &value),
                                rows[i].want);
        else if (rows[i].want)
            assert_true(forge_value_as_double(rows[i].to, &value) ==
                        forge_value_as_double(rows[i].from, &rows[i].value));
    }
}

static void values_are_written_with_the_fewest_digits(void **state)
{
    static const struct {
        enum forge_dtype dtype;
        union forge_value value;
        const char *want;
    } rows[] = {
        {FORGE_INT8, {.int8 = -128}, "-128"},
        {FORGE_UINT64, {.uint64 = UINT64_MAX}, "18446744073709551615"},
        {FORGE_FLOAT32, {.float32 = 0.1F}, "0.1"},
        {FORGE_FLOAT32, {.float32 = 1e20F}, "1e+20"},
        {FORGE_FLOAT32, {.float32 = 9.96921e36F}, "9.96921e+36"},
        {FORGE_FLOAT32, {.float32 = 16777216}, "16777216"},
        {FORGE_FLOAT32, {.float32 = 1e-45F}, "1e-45"},
        {FORGE_FLOAT32, {.float32 = FLT_MAX}, "3.4028235e+38"},
        {FORGE_FLOAT64, {.float64 = 0.1}, "0.1"},
        {FORGE_FLOAT64, {.float64 = 0.1 + 0.2}, "0.30000000000000004"},
        {FORGE_FLOAT64, {.float64 = 5e-324}, "5e-324"},
        {FORGE_FLOAT64, {.float64 = DBL_MAX}, "1.7976931348623157e+308"},
        {FORGE_FLOAT64, {.float64 = 273.15}, "273.15"},
        {FORGE_FLOAT64, {.float64 = -0.0}, "-0"},
        {FORGE_FLOAT64, {.float64 = NAN}, "NaN"},
        {FORGE_FLOAT64, {.float64 = INFINITY}, "Infinity"},
        {FORGE_STRING, {.string = "Kelvin"}, "Kelvin"},
        {FORGE_STRING, {.string = NULL}, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[40] = "?";

        assert_string_equal(
            forge_value_format(text, sizeof text, rows[i].dtype, &rows[i].value), rows[i].want);
    }
}

static void any_float_reads_back_from_its_text(void **state)
{
    uint64_t seed = 20220101;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        union forge_value value = {0};
        char text[40];

        seed = seed * 6364136223846793005U + 1442695040888963407U;
        value.uint64 = seed ^ (seed >> 29);
        if (!isnan(value.float64)) {
            forge_value_format(text, sizeof text, FORGE_FLOAT64, &value);
            assert_true(strtod(text, NULL) == value.float64);
        }
        if (!isnan(value.float32)) {
            forge_value_format(text, sizeof text, FORGE_FLOAT32, &value);
            assert_true(strtof(text, NULL) == value.float32);
        }
    }
}

static void a_text_that_is_too_long_is_cut(void **state)
{
    const char *text = "a long name";
    char out[7];

    (void)state;
    assert_string_equal(forge_value_format(out, sizeof out, FORGE_STRING, &text), "a long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_is_found_by_its_name),
        cmocka_unit_test(an_unknown_name_is_no_dtype),
        cmocka_unit_test(a_double_converts_when_nothing_is_lost),
        cmocka_unit_test(elements_convert_when_nothing_is_lost),
        cmocka_unit_test(values_are_written_with_the_fewest_digits),
        cmocka_unit_test(any_float_reads_back_from_its_text),
        cmocka_unit_test(a_text_that_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

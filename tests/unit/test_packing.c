/* CF packing: what decodes to what, bit for bit, and what cannot be packed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "array/dataset.h"
#include "support/arrays.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define MOST 8

static struct forge_arena arena;

static int clear_arena(void **state)
{
    (void)state;
    forge_arena_clear(&arena);
    return 0;
}

static void check_bits(enum forge_dtype dtype, const void *values, uint64_t count,
                       const uint64_t *want)
{
    for (uint64_t i = 0; i < count; i++) {
        if (dtype == FORGE_FLOAT32)
            assert_int_equal(((const uint32_t *)values)[i], want[i]);
        else
            assert_true(((const uint64_t *)values)[i] == want[i]);
    }
}

/* The bits are what xarray 2023.1 with numpy 1.24 decodes. */
static const struct decoded {
    enum forge_dtype from, to;
    double numbers[MOST];
    uint64_t count;
    double scale, offset, fill; /* fill 5: none */
    uint64_t want[MOST];
} decoded_by_xarray[] = {
    {FORGE_INT16,
     FORGE_FLOAT32,
     {-32768, -32767, -1, 0, 1, 12345, 32767},
     7,
     (double)0.01F,
     -0.0,
     5,
     {0xc3a3d70a, 0xc3a3d5c2, 0xbc23d70a, 0, 0x3c23d70a, 0x42f6e666, 0x43a3d5c2}},
    {FORGE_INT16,
     FORGE_FLOAT64,
     {-32768, -32767, -1, 0, 1, 12345, 32767},
     7,
     0.01,
     273.15,
     5,
     {0xc04b43d70a3d70a8, 0xc04b428f5c28f5c8, 0x4071123d70a3d70a, 0x4071126666666666,
      0x4071128f5c28f5c2, 0x4078c99999999999, 0x4082c68f5c28f5c2}},
    {FORGE_INT16,
     FORGE_FLOAT32,
     {-32768, -32767, -1, 0, 1, 12345, 32767},
     7,
     (double)0.01F,
     (double)273.15F,
     -32768,
     {0x7fc00000, 0xc25a1478, 0x438891eb, 0x43889333, 0x4388947b, 0x43c64ccc, 0x4416347a}},
    {FORGE_INT32,
     FORGE_FLOAT64,
     {-2147483648, 7, 123456789},
     3,
     0.001,
     -3.7,
     -2147483648,
     {0x7ff8000000000000, 0xc00d8b4395810625, 0x40fe23d16c8b4396}},
    {FORGE_INT32,
     FORGE_FLOAT64,
     {7, 123456789, -16777217},
     3,
     (double)0.1F,
     -0.0,
     5,
     {0x3fe666666c000000, 0x41678c29e2afd744, 0xc1399999b99999a0}},
    {FORGE_UINT8,
     FORGE_FLOAT32,
     {0, 200, 255},
     3,
     1 / 3.0,
     -20,
     255,
     {0xc1a00000, 0x423aaaac, 0x7fc00000}},
    {FORGE_FLOAT32,
     FORGE_FLOAT32,
     {-0.0, 1.5, 1e20, NAN},
     4,
     (double)0.1F,
     7,
     1e20,
     {0x40e00000, 0x40e4cccd, 0x7fc00000, 0x7fc00000}},
    {FORGE_FLOAT32,
     FORGE_FLOAT32,
     {-0.0, 1.5, 1e20},
     3,
     1,
     -0.0,
     1e20,
     {0x80000000, 0x3fc00000, 0x7fc00000}},
    {FORGE_FLOAT64,
     FORGE_FLOAT64,
     {-0.0, 1.5, -9999},
     3,
     0.1,
     -0.0,
     -9999,
     {0x8000000000000000, 0x3fc3333333333334, 0x7ff8000000000000}},
    {FORGE_FLOAT64,
     FORGE_FLOAT64,
     {-0.0, 1.5, -9999},
     3,
     1,
     0.0,
     5,
     {0, 0x3ff8000000000000, 0xc0c3878000000000}},
};

static void unpacking_agrees_with_xarray_bit_for_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(decoded_by_xarray); i++) {
        const struct decoded *row = &decoded_by_xarray[i];
        const struct forge_array *array = row_of(&arena, row->from, row->count, row->numbers);
        union forge_value fill = value_of(row->from, row->fill);
        struct forge_reader reader = {0};
        struct forge_error err;
        const void *values = NULL;

        array = forge_array_unpack(&arena, array, row->to, row->scale, row->offset,
                                   row->fill == 5 ? NULL : &fill, NULL);
        assert_true(forge_array_values(&values, array, &reader, &arena, 100, &err));
        check_bits(row->to, values, row->count, row->want);
    }
}

static void both_fill_and_missing_become_nan(void **state)
{
    static const double numbers[] = {1, -1, -2, 3};
    const union forge_value one = {.int16 = -1}, other = {.int16 = -2};
    const struct forge_array *array = row_of(&arena, FORGE_INT16, 4, numbers);
    const union forge_value *const fills[][2] = {
        {&one, &other}, {&one, NULL}, {NULL, &other}, {NULL, NULL}};
    static const char *const want[] = {"1 NaN NaN 3", "1 NaN -2 3", "1 -1 NaN 3", "1 -1 -2 3"};

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(read_all(&arena, forge_array_unpack(&arena, array, FORGE_FLOAT32, 1,
                                                                0, fills[i][0], fills[i][1])),
                            want[i]);
}

static void packing_rounds_and_refuses(void **state)
{
    static const struct {
        double numbers[MOST];
        uint64_t count;
        double scale, offset;
        enum forge_dtype to;
        double fill; /* 5: none */
        const char *want;
    } rows[] = {
        {{273.15, 273.16, 273.14}, 3, 0.01, 273.15, FORGE_INT16, -32768, "0 1 -1"},
        {{0.5, 1.5, 2.5, -0.5}, 4, 1, 0, FORGE_INT8, -128, "0 2 2 0"},
        {{1, NAN}, 2, 0.5, 0, FORGE_INT8, -128, "2 -128"},
        {{1, NAN},
         2,
         0.5,
         0,
         FORGE_INT8,
         5,
         "t: a value is missing, but int8 has no fill value"},
        {{1, NAN}, 2, 0.5, 0, FORGE_FLOAT32, 5, "2 NaN"},
        {{1, NAN}, 2, 0.5, 0, FORGE_FLOAT32, -9, "2 -9"},
        {{1, 64},
         2,
         0.5,
         0,
         FORGE_INT8,
         -128,
         "t: 64 does not fit int8 with scale 0.5 and offset 0"},
        {{1, INFINITY},
         2,
         0.5,
         0,
         FORGE_INT8,
         -128,
         "t: Infinity does not fit int8 with scale 0.5 and offset 0"},
        {{1, -64},
         2,
         0.5,
         0,
         FORGE_INT8,
         -128,
         "t: the valid value -64 would become the fill value"},
        {{-64}, 1, 0.5, 0, FORGE_INT8, 5, "-128"},
        {{1e300},
         1,
         0.5,
         0,
         FORGE_FLOAT32,
         5,
         "t: 1e+300 does not fit float32 with scale 0.5 and offset 0"},
        {{1, 2}, 2, -1, 3, FORGE_UINT8, 5, "2 1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_array *array =
            row_of(&arena, FORGE_FLOAT64, rows[i].count, rows[i].numbers);
        union forge_value fill = value_of(rows[i].to, rows[i].fill);

        assert_string_equal(
            read_all(&arena,
                     forge_array_pack(&arena, array, rows[i].to, rows[i].scale, rows[i].offset,
                                      rows[i].fill == 5 ? NULL : &fill, "t")),
            rows[i].want);
    }
}

static void what_was_unpacked_packs_to_the_same(void **state)
{
    enum { ALL = 65536 };
    static int16_t packed[ALL];
    const union forge_value fill = {.int16 = -32768};
    const uint64_t shape[] = {ALL};
    static const double scales[][2] = {{0.01, 273.15}, {0.001, 0}, {1 / 3.0, -7}};

    (void)state;
    for (int i = 0; i < ALL; i++)
        packed[i] = (int16_t)(i - 32768);
    for (size_t i = 0; i < 2 * COUNT(scales); i++) {
        enum forge_dtype dtype = i % 2 ? FORGE_FLOAT32 : FORGE_FLOAT64;
        const double *scale = scales[i / 2];
        struct forge_reader reader = {0};
        struct forge_error err;
        const void *values = NULL;
        const struct forge_array *array =
            forge_array_memory(&arena, FORGE_INT16, 1, shape, packed);

        array = forge_array_unpack(&arena, array, dtype, scale[0], scale[1], &fill, NULL);
        array = forge_array_pack(&arena, array, FORGE_INT16, scale[0], scale[1], &fill, "v");
        assert_true(forge_array_values(&values, array, &reader, &arena, sizeof packed, &err));
        assert_memory_equal(values, packed, sizeof packed);
    }
}

/* A variable with attributes, from a table. */
struct given {
    enum forge_dtype dtype;
    enum forge_dtype scale_dtype, offset_dtype, missing_dtype; /* STRING: not there */
    double scale, offset, missing;
};

static void set_number(struct forge_variable *variable, const char *name,
                       enum forge_dtype dtype, double number)
{
    union forge_value value = value_of(dtype, number);

    if (dtype != FORGE_STRING)
        forge_attributes_set(&variable->attributes, &arena, name, dtype, 1, &value);
}

static struct forge_variable variable_of(const struct given *given)
{
    static const double numbers[] = {-1, 2, 3};
    struct forge_variable variable = {.name = "t", .dims = {"x"}};

    variable.array = row_of(&arena, given->dtype, 3, numbers);
    if (given->scale_dtype != FORGE_STRING)
        set_number(&variable, "scale_factor", given->scale_dtype, given->scale);
    if (given->offset_dtype != FORGE_STRING)
        set_number(&variable, "add_offset", given->offset_dtype, given->offset);
    if (given->missing_dtype != FORGE_STRING)
        set_number(&variable, "missing_value", given->missing_dtype, given->missing);
    return variable;
}

#define NONE FORGE_STRING

static void the_dtype_of_decoded_values_follows_the_attributes(void **state)
{
    static const struct {
        struct given given;
        bool packed;
        enum forge_dtype want;
    } rows[] = {
        {{FORGE_INT16, NONE, NONE, NONE, 0, 0, 0}, false, FORGE_INT16},
        {{FORGE_FLOAT32, NONE, NONE, NONE, 0, 0, 0}, false, FORGE_FLOAT32},
        {{FORGE_INT16, FORGE_FLOAT32, NONE, NONE, 1, 0, 0}, true, FORGE_FLOAT32},
        {{FORGE_INT16, NONE, FORGE_FLOAT32, NONE, 0, 1, 0}, true, FORGE_FLOAT32},
        {{FORGE_UINT8, FORGE_FLOAT32, FORGE_FLOAT32, NONE, 1, 1, 0}, true, FORGE_FLOAT32},
        {{FORGE_INT16, FORGE_FLOAT32, FORGE_FLOAT64, NONE, 1, 1, 0}, true, FORGE_FLOAT64},
        {{FORGE_INT16, FORGE_FLOAT64, FORGE_FLOAT32, NONE, 1, 1, 0}, true, FORGE_FLOAT64},
        {{FORGE_INT32, FORGE_FLOAT32, NONE, NONE, 1, 0, 0}, true, FORGE_FLOAT64},
        {{FORGE_FLOAT32, FORGE_FLOAT32, NONE, NONE, 1, 0, 0}, true, FORGE_FLOAT32},
        {{FORGE_FLOAT64, FORGE_FLOAT32, NONE, NONE, 1, 0, 0}, true, FORGE_FLOAT64},
        {{FORGE_INT16, FORGE_INT16, NONE, NONE, 10, 0, 0}, true, FORGE_FLOAT64},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_variable variable = variable_of(&rows[i].given);
        struct forge_packing packing = forge_variable_packing(&variable);

        assert_int_equal(packing.packed, rows[i].packed);
        assert_int_equal(packing.dtype, rows[i].want);
    }
}

static void absent_packing_changes_no_bit(void **state)
{
    struct forge_variable variable =
        variable_of(&(struct given){FORGE_INT16, NONE, NONE, NONE, 0, 0, 0});
    struct forge_packing packing = forge_variable_packing(&variable);

    (void)state;
    assert_true(packing.scale == 1 && packing.offset == 0 && signbit(packing.offset));
    assert_false(packing.packed || packing.has_missing);
}

static void a_missing_value_counts_where_the_dtype_has_it(void **state)
{
    static const struct {
        struct given given;
        const char *want; /* NULL: it does not */
    } rows[] = {
        {{FORGE_INT16, NONE, NONE, FORGE_INT16, 0, 0, -999}, "-999"},
        {{FORGE_INT16, NONE, NONE, FORGE_FLOAT64, 0, 0, -999}, "-999"},
        {{FORGE_INT16, NONE, NONE, FORGE_FLOAT64, 0, 0, 0.5}, NULL},
        {{FORGE_INT16, NONE, NONE, FORGE_FLOAT64, 0, 0, 1e20}, NULL},
        {{FORGE_INT16, NONE, NONE, FORGE_FLOAT32, 0, 0, NAN}, NULL},
        {{FORGE_FLOAT32, NONE, NONE, FORGE_FLOAT64, 0, 0, 1e20}, "1e+20"},
        {{FORGE_FLOAT32, NONE, NONE, FORGE_FLOAT64, 0, 0, 1e300}, NULL},
        {{FORGE_FLOAT64, NONE, NONE, FORGE_FLOAT32, 0, 0, -999}, "-999"},
        {{FORGE_FLOAT64, NONE, NONE, FORGE_FLOAT32, 0, 0, NAN}, "NaN"},
        {{FORGE_FLOAT64, NONE, NONE, NONE, 0, 0, 0}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_variable variable = variable_of(&rows[i].given);
        struct forge_packing packing = forge_variable_packing(&variable);
        char text[40];

        assert_int_equal(packing.has_missing, rows[i].want != NULL);
        if (rows[i].want)
            assert_string_equal(
                forge_value_format(text, sizeof text, rows[i].given.dtype, &packing.missing),
                rows[i].want);
    }
}

static void attributes_that_are_no_numbers_pack_nothing(void **state)
{
    struct forge_variable variable =
        variable_of(&(struct given){FORGE_INT16, NONE, NONE, NONE, 0, 0, 0});

    (void)state;
    forge_attributes_set_text(&variable.attributes, &arena, "scale_factor", "0.1");
    forge_attributes_set(&variable.attributes, &arena, "add_offset", FORGE_FLOAT64, 0, NULL);
    forge_attributes_set_text(&variable.attributes, &arena, "missing_value", "-1");
    assert_false(forge_variable_packing(&variable).packed);
    assert_false(forge_variable_packing(&variable).has_missing);
}

static void decoding_does_what_is_needed_and_no_more(void **state)
{
    static const struct {
        struct given given;
        double fill; /* 5: none */
        const char *want;
        bool itself;
    } rows[] = {
        {{FORGE_INT16, NONE, NONE, NONE, 0, 0, 0}, -1, "-1 2 3", true},
        {{FORGE_INT16, NONE, NONE, FORGE_INT16, 0, 0, 2}, 5, "-1 2 3", true},
        {{FORGE_INT16, FORGE_FLOAT64, NONE, FORGE_INT16, 2, 0, 3}, -1, "NaN 4 NaN", false},
        {{FORGE_INT16, NONE, FORGE_FLOAT64, NONE, 0, 0.5, 0}, 5, "-0.5 2.5 3.5", false},
        {{FORGE_FLOAT32, NONE, NONE, NONE, 0, 0, 0}, 5, "-1 2 3", true},
        {{FORGE_FLOAT32, NONE, NONE, NONE, 0, 0, 0}, 2, "-1 NaN 3", false},
        {{FORGE_FLOAT64, NONE, NONE, FORGE_FLOAT64, 0, 0, 3}, 2, "-1 NaN NaN", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_variable variable = variable_of(&rows[i].given);
        const struct forge_array *decoded;

        variable.has_fill = rows[i].fill != 5;
        variable.fill = value_of(rows[i].given.dtype, rows[i].fill);
        decoded = forge_variable_decoded(&variable, &arena);
        assert_int_equal(decoded == variable.array, rows[i].itself);
        assert_string_equal(read_all(&arena, decoded), rows[i].want);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, clear_arena)
    const struct CMUnitTest tests[] = {
        TEST(unpacking_agrees_with_xarray_bit_for_bit),
        TEST(both_fill_and_missing_become_nan),
        TEST(packing_rounds_and_refuses),
        TEST(what_was_unpacked_packs_to_the_same),
        TEST(the_dtype_of_decoded_values_follows_the_attributes),
        TEST(absent_packing_changes_no_bit),
        TEST(a_missing_value_counts_where_the_dtype_has_it),
        TEST(attributes_that_are_no_numbers_pack_nothing),
        TEST(decoding_does_what_is_needed_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

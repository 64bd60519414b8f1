/* netCDF classic files: what they say, and what they cannot get away with. */
#include "support/classic_file.h"

#include <math.h>

/* ---- what a file says ---- */

static void a_variable_has_dimensions_attributes_and_values(void **state)
{
    struct scanned s =
        scan_words("CDF1 0 10 2 'lat 2 'lon 3 12 1 'title 2 'hello 11 1 'sst 2 0 1 "
                   "12 2 'units 2 'K 'range 3 2 x0001fffe 3 12 @0 | x000100020003fffcfffbfffa",
                   0);
    const struct forge_variable *sst = variable_of(&s, "sst");
    const struct forge_attribute *range;
    const int16_t want[] = {1, 2, 3, -4, -5, -6}, want_range[] = {1, -2};

    (void)state;
    assert_non_null(forge_array_source(sst->array));
    assert_string_equal(sst->origin, "data/a.nc");
    assert_string_equal(sst->dims[0], "lat");
    assert_string_equal(sst->dims[1], "lon");
    assert_int_equal(sst->array->dtype, FORGE_INT16);
    assert_int_equal(sst->array->rank, 2);
    assert_int_equal(sst->array->shape[0], 2);
    assert_int_equal(sst->array->shape[1], 3);
    assert_false(sst->is_coordinate);
    assert_false(sst->has_fill);
    assert_memory_equal(values_of(&s, "sst"), want, sizeof want);
    assert_string_equal(forge_attributes_text(&sst->attributes, "units"), "K");
    range = forge_attributes_find(&sst->attributes, "range");
    assert_int_equal(range->count, 2);
    assert_memory_equal(range->values, want_range, sizeof want_range);
    assert_string_equal(forge_attributes_text(&s.dataset.attributes, "title"), "hello");
    assert_int_equal(s.dataset.dims_count, 2);
    assert_false(s.dataset.dims[0].unlimited);
    scanned_close(&s);
}

static void cdf_5_has_wide_counts_and_more_types(void **state)
{
    struct scanned s = scan_words("CDF5 w0 10 w1 w1 x78000000 w2 12 w1 w5 x6c6576656c000000 11 "
                                  "w1 xffffffffffffff00 11 w1 w1 x6e000000 w1 w0 0 w0 10 w16 "
                                  "w@0 | x00000000000000078000000000000000",
                                  0);

    (void)state;
    assert_int_equal(variable_of(&s, "n")->array->dtype, FORGE_INT64);
    assert_int_equal(((const int64_t *)values_of(&s, "n"))[0], 7);
    assert_true(((const int64_t *)values_of(&s, "n"))[1] == INT64_MIN);
    assert_int_equal(s.dataset.attributes.items[0].dtype, FORGE_UINT64);
    assert_true(*(const uint64_t *)s.dataset.attributes.items[0].values == 0xffffffffffffff00U);
    scanned_close(&s);
}

#define TWO_RECORD_VARIABLES "10 2 't 0 'x 3 0 0 11 2 'a 2 0 1 0 0 1 4 @0 'b 1 0 0 0 3 4 @4 | "

static void records_lie_between_each_other(void **state)
{
    const int8_t a[] = {1, 2, 3, 9, 10, 11};
    const int16_t b[] = {0x0506, 0x0d0e};
    struct scanned s = scan_words("CDF1 2 " TWO_RECORD_VARIABLES "+16", 0);

    (void)state;
    assert_int_equal(variable_of(&s, "a")->array->shape[0], 2);
    assert_int_equal(variable_of(&s, "a")->array->chunk[0], 1);
    assert_memory_equal(values_of(&s, "a"), a, sizeof a);
    assert_memory_equal(values_of(&s, "b"), b, sizeof b);
    assert_true(forge_dataset_dimension(&s.dataset, "t")->unlimited);
    assert_int_equal(forge_dataset_dimension(&s.dataset, "t")->size, 2);
    scanned_close(&s);
}

static void the_only_record_variable_is_not_padded(void **state)
{
    const int16_t want[] = {0x0102, 0x0304, 0x0506};
    struct scanned s = scan_words("CDF2 3 10 1 't 0 0 0 11 1 'v 1 0 0 0 3 4 w@0 | +6", 0);

    (void)state;
    assert_memory_equal(values_of(&s, "v"), want, sizeof want);
    scanned_close(&s);
}

static void records_of_a_stream_are_counted_by_the_size(void **state)
{
    static const struct {
        const char *data;
        uint64_t records;
    } rows[] = {{"", 0}, {"+5", 0}, {"+6", 1}, {"+13", 1}, {"+14", 2}, {"+17", 2}, {"+22", 3}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char words[300];
        struct scanned s;

        snprintf(words, sizeof words, "CDF1 4294967295 " TWO_RECORD_VARIABLES "%s",
                 rows[i].data);
        s = scan_words(words, 0);
        assert_int_equal(variable_of(&s, "a")->array->shape[0], rows[i].records);
        values_of(&s, "a");
        values_of(&s, "b");
        scanned_close(&s);
    }
}

static void small_values_and_coordinates_come_along(void **state)
{
    const char *words = "CDF1 0 10 2 'x 3 'y 4 0 0 11 3 'x 1 0 0 0 1 4 @0 'v 1 0 0 0 1 4 @4 "
                        "'w 1 1 0 0 1 4 @8 | +12";
    struct scanned s = scan_words(words, 0);

    (void)state;
    assert_true(variable_of(&s, "x")->array->in_memory);
    assert_true(variable_of(&s, "x")->is_coordinate);
    assert_false(variable_of(&s, "v")->array->in_memory);
    assert_false(variable_of(&s, "w")->array->in_memory);
    scanned_close(&s);
    s = scan_words(words, 3);
    assert_true(variable_of(&s, "v")->array->in_memory);
    assert_false(variable_of(&s, "v")->is_coordinate);
    assert_memory_equal(values_of(&s, "v"), "\5\6\7", 3);
    assert_false(variable_of(&s, "w")->array->in_memory);
    scanned_close(&s);
}

static void coordinates_are_those_that_are_named(void **state)
{
    struct scanned s = scan_words(
        "CDF1 0 10 1 'x 1 12 1 'coordinates 2 'g 11 5 "
        "'v 1 0 12 1 'coordinates 2 'lat 1 1 300 'lat 1 0 0 0 1 1 300 "
        "'lon 1 0 12 1 'bounds 2 'b 1 1 300 'b 1 0 0 0 1 1 300 'g 0 0 0 1 1 320 +100",
        0);

    (void)state;
    assert_true(variable_of(&s, "lat")->is_coordinate);
    assert_false(variable_of(&s, "lon")->is_coordinate);
    assert_false(variable_of(&s, "b")->is_coordinate);
    assert_false(variable_of(&s, "v")->is_coordinate);
    assert_true(variable_of(&s, "g")->is_coordinate);
    scanned_close(&s);
}

/* ---- fill values ---- */

static void a_fill_value_is_one_of_the_variable_s_type(void **state)
{
    static const struct {
        const char *type, *attribute;
        double fill;
        bool has_fill, stays;
    } rows[] = {
        {"3", "3 1 x80000000", -32768, true, false},
        {"3", "4 1 x00000063", 99, true, false},
        {"3", "4 1 x00010000", 0, false, true},
        {"3", "6 1 x7ff8000000000000", 0, false, true},
        {"5", "6 1 x40590000 x00000000", 100, true, false},
        {"5", "6 1 x7ff8000000000000", NAN, true, false},
        {"6", "5 1 x3f800000", 1, true, false},
        {"3", "3 2 x00010002", 0, false, true},
        {"3", "2 'x", 0, false, true},
        {"3", "3 0", 0, false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_variable *v;
        char words[300];
        struct scanned s;
        double fill;

        snprintf(words, sizeof words,
                 "CDF1 0 0 0 0 0 11 1 'v 0 12 1 '_FillValue %s %s 8 140 +200",
                 rows[i].attribute, rows[i].type);
        s = scan_words(words, 0);
        v = variable_of(&s, "v");
        assert_int_equal(v->has_fill, rows[i].has_fill);
        assert_int_equal(forge_attributes_find(&v->attributes, "_FillValue") != NULL,
                         rows[i].stays);
        fill = rows[i].has_fill ? forge_value_as_double(v->array->dtype, &v->fill) : 0;
        assert_true(isnan(rows[i].fill) ? isnan(fill) : fill == rows[i].fill);
        scanned_close(&s);
    }
}

/* ---- text ---- */

static void char_becomes_strings_along_the_last_dimension(void **state)
{
    struct scanned s =
        scan_words("CDF1 0 10 3 'n 2 'len 4 'x 1 0 0 11 5 'names 2 0 1 12 1 '_FillValue 2 '_ "
                   "2 8 @0 'one 0 0 0 2 1 @8 'word 1 1 0 0 2 4 @12 'latin 1 1 0 0 2 4 @16 "
                   "'v 1 2 0 0 1 1 @20 | x61620000 x63c3a464 x7a000000 x61006200 xe4f60000 +4",
                   0);
    const char *const *names;

    (void)state;
    names = values_of(&s, "names");
    assert_int_equal(variable_of(&s, "names")->array->dtype, FORGE_STRING);
    assert_int_equal(variable_of(&s, "names")->array->rank, 1);
    assert_int_equal(variable_of(&s, "names")->attributes.count, 0);
    assert_false(variable_of(&s, "names")->has_fill);
    assert_string_equal(names[0], "ab");
    assert_string_equal(names[1], "c\xc3\xa4\x64");
    assert_int_equal(variable_of(&s, "one")->array->rank, 0);
    assert_string_equal(*(const char *const *)values_of(&s, "one"), "z");
    assert_int_equal(variable_of(&s, "word")->array->rank, 0);
    assert_string_equal(*(const char *const *)values_of(&s, "word"), "a");
    assert_string_equal(*(const char *const *)values_of(&s, "latin"), "\xc3\xa4\xc3\xb6");
    assert_non_null(forge_dataset_dimension(&s.dataset, "n"));
    assert_null(forge_dataset_dimension(&s.dataset, "len"));
    assert_non_null(forge_dataset_dimension(&s.dataset, "x"));
    scanned_close(&s);
}

static void no_records_of_text_are_an_empty_string(void **state)
{
    struct scanned s = scan_words("CDF1 0 10 1 't 0 0 0 11 1 'v 1 0 0 0 2 4 @0 |", 0);

    (void)state;
    assert_int_equal(variable_of(&s, "v")->array->rank, 0);
    assert_string_equal(*(const char *const *)values_of(&s, "v"), "");
    scanned_close(&s);
}

static void too_much_text_can_only_be_dropped(void **state)
{
    struct forge_text bytes = {0};
    struct scanned s;
    const void *values = NULL;

    (void)state;
    assemble(&bytes, "CDF1 0 10 2 'n 17 'len 1048576 0 0 11 1 'text 2 0 1 0 0 2 8 @0 |");
    for (int i = 0; i < 18 * 1024; i++)
        assemble(&bytes, "+1024");
    s = scan_bytes(bytes.bytes, bytes.length, 0);
    forge_text_clear(&bytes);
    assert_int_equal(variable_of(&s, "text")->array->rank, 1);
    assert_int_equal(variable_of(&s, "text")->array->shape[0], 17);
    assert_false(read_all(&s, variable_of(&s, "text"), &values));
    assert_string_equal(s.err.text, "data/a.nc: variable \"text\": its 17825792 bytes of text "
                                    "are more than are read");
    scanned_close(&s);
}

static void texts_of_attributes_end_at_nul_and_may_be_latin_1(void **state)
{
    struct scanned s =
        scan_words("CDF1 0 0 0 12 3 'a 2 4 x61620000 'b 2 1 xb0000000 'c 2 0 0 0", 0);

    (void)state;
    assert_true(s.good);
    assert_string_equal(forge_attributes_text(&s.dataset.attributes, "a"), "ab");
    assert_string_equal(forge_attributes_text(&s.dataset.attributes, "b"), "\xc2\xb0");
    assert_string_equal(forge_attributes_text(&s.dataset.attributes, "c"), "");
    scanned_close(&s);
}

/* ---- refusals ---- */

static void files_that_are_wrong_say_what_is_wrong(void **state)
{
    static const struct {
        const char *words, *want;
    } rows[] = {
        {"CDF3 0 0 0 0 0 0 0", "it is not a netCDF classic file"},
        {"CDF1 0 0 0 0 0 0", "file is truncated: its header goes on beyond its 28 bytes"},
        {"CDF1 0 10 1 'x", "file is truncated: 1 dimensions do not fit into its 24 bytes"},
        {"CDF1 0 10 1 'abcdefgh", "file is truncated: its header goes on beyond its 28 bytes"},
        {"CDF1 0 10 4294967295 0 0", "it has 4294967295 dimensions, more than the 4096 that "
                                     "are read"},
        {"CDF1 0 10 4000 0 0",
         "file is truncated: 4000 dimensions do not fit into its 24 bytes"},
        {"CDF1 0 10 1 0 4 0 0 0 0", "the name of a dimension has 0 bytes, must have 1 to 256"},
        {"CDF1 0 10 1 999999 4 0 0 0 0",
         "the name of a dimension has 999999 bytes, must have 1 to 256"},
        {"CDF1 0 10 1 '.. 4 0 0 0 0", "the name of a dimension, \"..\", is not fit to be one"},
        {"CDF1 0 10 1 'a/b 4 0 0 0 0",
         "the name of a dimension, \"a/b\", is not fit to be one"},
        {"CDF1 0 10 1 2 x61000000 4 0 0 0 0",
         "the name of a dimension, \"a\", is not fit to be one"},
        {"CDF1 0 10 2 'x 4 'x 5 0 0 0 0", "two dimensions have the name \"x\""},
        {"CDF1 0 10 2 'x 0 'y 0 0 0 0 0", "dimension \"y\" is a second record dimension"},
        {"CDF1 0 7 1 'x 4 0 0 0 0",
         "its header is damaged: a list of dimensions has the tag 7"},
        {"CDF1 0 0 0 12 1 'a 0 1 0 0 0 0", "\"a\" is of the unknown type 0"},
        {"CDF1 0 0 0 12 1 'a 7 1 0 0 0 0", "\"a\" is of the unknown type 7"},
        {"CDF1 0 0 0 12 1 'a 6 4294967295 0 0 0 0",
         "file is truncated: attribute \"a\" has 4294967295 values"},
        {"CDF1 0 0 0 12 2 'a 1 0 'a 1 0 0 0 0 0", "two attributes have the name \"a\""},
        {"CDF1 0 10 1 'x 4 0 0 11 1 'v 1 1 0 0 5 16 84 +16",
         "variable \"v\" has dimension number 1, the file has 1"},
        {"CDF1 0 10 1 'x 4 0 0 11 1 'v 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 5 16 84",
         "variable \"v\" has 17 dimensions, at most 16 are read"},
        {"CDF1 0 10 2 'x 4 't 0 0 0 11 1 'v 2 0 1 0 0 5 16 100 +16",
         "variable \"v\" has the record dimension behind another one"},
        {"CDF1 0 10 1 'x 4 0 0 11 2 'v 1 0 0 0 5 16 120 'v 1 0 0 0 5 16 120 +16",
         "two variables have the name \"v\""},
        {"CDF1 0 10 1 'x 4 0 0 11 1 'v 1 0 0 0 9 16 84 +16", "\"v\" is of the unknown type 9"},
        {"CDF1 0 10 1 'x 4 0 0 11 1 'v 1 0 0 0 5 16 70 +16",
         "variable \"v\" begins at byte 70, inside the header, which ends at 80"},
        {"CDF1 0 10 1 'x 4 0 0 11 1 'v 1 0 0 0 5 16 80 +15",
         "file is truncated: variable \"v\" ends at byte 96, the file has 95: 1 bytes are "
         "missing"},
        {"CDF1 2 " TWO_RECORD_VARIABLES "+13",
         "file is truncated: variable \"b\" ends at byte 146, the file has 145: 1 bytes are "
         "missing"},
        {"CDF1 4000000000 " TWO_RECORD_VARIABLES "+16",
         "file is truncated: variable \"a\" ends at byte 32000000127, the file has 148: "
         "31999999979 bytes are missing"},
        {"CDF2 0 10 3 'x 4294967295 'y 4294967295 'z 4294967295 0 0 "
         "11 1 'v 3 0 1 2 0 0 6 16 w200",
         "variable \"v\" is larger than any file"},
        {"CDF2 0 10 1 'x 1 0 0 11 1 'v 1 0 0 0 1 4 w18446744073709551615 +16",
         "variable \"v\" is larger than any file"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scanned s = scan_words(rows[i].words, 1000);
        char want[300];

        snprintf(want, sizeof want, "data/a.nc: %s", rows[i].want);
        assert_false(s.good);
        assert_string_equal(s.err.text, want);
        assert_int_equal(s.err.code, FORGE_BAD_SOURCE);
        scanned_close(&s);
    }
}

static void groups_are_not_there(void **state)
{
    struct forge_scan_request request = {.fd = -1, .url = "data/a.nc", .group = "Grid"};
    struct forge_arena arena = {0};
    struct forge_dataset dataset = {0};
    struct forge_error err = {0};

    (void)state;
    assert_false(forge_format_netcdf3.scan(&dataset, &arena, &request, &err));
    assert_string_equal(err.text,
                        "data/a.nc: it is a netCDF classic file, which has no group \"Grid\"");
    forge_arena_clear(&arena);
}

/* Many variables that share the same bytes would ask for more memory than the file has. */
static void values_that_come_along_are_limited_in_all(void **state)
{
    struct forge_text bytes = {0};
    struct scanned s;
    unsigned in_memory = 0;

    (void)state;
    assemble(&bytes, "CDF1 0 10 40");
    for (int i = 0; i < 40; i++) {
        char words[100];

        snprintf(words, sizeof words, "'d%02d 16777216", i);
        assemble(&bytes, words);
    }
    assemble(&bytes, "0 0 11 40");
    for (int i = 0; i < 40; i++) {
        char words[100];

        snprintf(words, sizeof words, "'d%02d 1 %d 0 0 1 16777216 4096", i, i);
        assemble(&bytes, words);
    }
    for (int i = 0; i < 16 * 1024 + 4; i++)
        assemble(&bytes, "+1024");
    s = scan_bytes(bytes.bytes, bytes.length, 0);
    forge_text_clear(&bytes);
    assert_true(s.good);
    for (size_t i = 0; i < s.dataset.variables_count; i++)
        in_memory += s.dataset.variables[i].array->in_memory;
    assert_int_equal(in_memory, 4);
    scanned_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_has_dimensions_attributes_and_values),
        cmocka_unit_test(cdf_5_has_wide_counts_and_more_types),
        cmocka_unit_test(records_lie_between_each_other),
        cmocka_unit_test(the_only_record_variable_is_not_padded),
        cmocka_unit_test(records_of_a_stream_are_counted_by_the_size),
        cmocka_unit_test(small_values_and_coordinates_come_along),
        cmocka_unit_test(coordinates_are_those_that_are_named),
        cmocka_unit_test(a_fill_value_is_one_of_the_variable_s_type),
        cmocka_unit_test(char_becomes_strings_along_the_last_dimension),
        cmocka_unit_test(no_records_of_text_are_an_empty_string),
        cmocka_unit_test(too_much_text_can_only_be_dropped),
        cmocka_unit_test(texts_of_attributes_end_at_nul_and_may_be_latin_1),
        cmocka_unit_test(files_that_are_wrong_say_what_is_wrong),
        cmocka_unit_test(groups_are_not_there),
        cmocka_unit_test(values_that_come_along_are_limited_in_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

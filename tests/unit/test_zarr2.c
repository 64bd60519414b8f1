/* Zarr version 2: documents letter by letter, chunks byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bake.h"

static const struct forge_target_type *zarr2(void)
{
    const struct forge_target_type *type = forge_target_find("zarr2");

    assert_non_null(type);
    return type;
}

static void an_array_is_described_with_sorted_keys(void **state)
{
    static const float tas[2 * 3] = {1, 2, 3, 4, 5, 6};
    static const double step[2] = {0.1, 2};
    static const float narrow = 0.1F;
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "tas", FORGE_FLOAT32, "time lat", (uint64_t[4]){2, 3},
                     (uint64_t[4]){1, 2}, tas);
    array->codec = bake_codec(&bake, "{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":5,"
                                     "\"shuffle\":1,\"blocksize\":0}");
    variable = bake_variable(&bake, array);
    variable->has_fill = true;
    variable->fill.float32 = NAN;
    forge_attributes_set_text(&variable->attributes, &bake.arena, "units", "K");
    forge_attributes_set_text(&variable->attributes, &bake.arena, "Title", "\"\xc3\xa9\"\n");
    forge_attributes_set(&variable->attributes, &bake.arena, "step", FORGE_FLOAT64, 2, step);
    forge_attributes_set(&variable->attributes, &bake.arena, "narrow", FORGE_FLOAT32, 1,
                         &narrow);
    forge_attributes_set(&variable->attributes, &bake.arena, "none", FORGE_INT16, 0, NULL);
    bake_store(&bake, zarr2(), store);
    bake_check_document(
        store, "tas/.zarray",
        "{\"chunks\":[1,2],\"compressor\":{\"blocksize\":0,\"clevel\":5,\"cname\":\"zstd\","
        "\"id\":\"blosc\",\"shuffle\":1},\"dimension_separator\":\".\",\"dtype\":\"<f4\","
        "\"fill_value\":\"NaN\",\"filters\":null,\"order\":\"C\",\"shape\":[2,3],"
        "\"zarr_format\":2}");
    bake_check_document(store, "tas/.zattrs",
                        "{\"Title\":\"\\\"\xc3\xa9\\\"\\n\",\"_ARRAY_DIMENSIONS\":[\"time\","
                        "\"lat\"],\"narrow\":0.1,\"none\":[],\"step\":[0.1,2.0],"
                        "\"units\":\"K\"}");
    bake_close(&bake);
    forge_store_close(store);
}

static void the_root_has_consolidated_copies_of_everything(void **state)
{
    static const int8_t flags[2] = {0, 1};
    static const double height = 2;
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "x", FORGE_INT8, "x", (uint64_t[4]){2}, (uint64_t[4]){2}, flags);
    bake_variable(&bake, array)->is_coordinate = true;
    array = bake_add(&bake, "height", FORGE_FLOAT64, "", NULL, NULL, &height);
    bake_variable(&bake, array)->is_coordinate = true;
    forge_attributes_set_text(&bake.dataset.attributes, &bake.arena, "title", "t");
    bake_store(&bake, zarr2(), store);
    bake_check_document(store, ".zgroup", "{\"zarr_format\":2}");
    bake_check_document(store, ".zattrs", "{\"coordinates\":\"height\",\"title\":\"t\"}");
    bake_check_document(store, "height/.zattrs", "{\"_ARRAY_DIMENSIONS\":[]}");
    bake_check_document(store, "x/.zattrs", "{\"_ARRAY_DIMENSIONS\":[\"x\"]}");
    bake_check_document(
        store, ".zmetadata",
        "{\"metadata\":{\".zattrs\":{\"coordinates\":\"height\",\"title\":\"t\"},"
        "\".zgroup\":{\"zarr_format\":2},"
        "\"height/.zarray\":{\"chunks\":[],\"compressor\":null,\"dimension_separator\":\".\","
        "\"dtype\":\"<f8\",\"fill_value\":null,\"filters\":null,\"order\":\"C\",\"shape\":[],"
        "\"zarr_format\":2},\"height/.zattrs\":{\"_ARRAY_DIMENSIONS\":[]},"
        "\"x/.zarray\":{\"chunks\":[2],\"compressor\":null,\"dimension_separator\":\".\","
        "\"dtype\":\"|i1\",\"fill_value\":null,\"filters\":null,\"order\":\"C\",\"shape\":[2],"
        "\"zarr_format\":2},\"x/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"]}},"
        "\"zarr_consolidated_format\":1}");
    bake_check_bytes(store, "height/0", "0000000000000040");
    bake_check_bytes(store, "x/0", "0001");
    bake_close(&bake);
    forge_store_close(store);
}

static void every_dtype_and_fill_has_its_name(void **state)
{
    static const struct {
        enum forge_dtype dtype;
        union forge_value fill;
        const char *want;
    } rows[] = {
        {FORGE_INT8, {.int8 = -1}, "\"dtype\":\"|i1\",\"fill_value\":-1,"},
        {FORGE_UINT8, {.uint8 = 255}, "\"dtype\":\"|u1\",\"fill_value\":255,"},
        {FORGE_INT16, {.int16 = -32767}, "\"dtype\":\"<i2\",\"fill_value\":-32767,"},
        {FORGE_UINT16, {.uint16 = 65535}, "\"dtype\":\"<u2\",\"fill_value\":65535,"},
        {FORGE_INT32, {.int32 = -7}, "\"dtype\":\"<i4\",\"fill_value\":-7,"},
        {FORGE_UINT32, {.uint32 = 7}, "\"dtype\":\"<u4\",\"fill_value\":7,"},
        {FORGE_INT64,
         {.int64 = INT64_MIN + 2},
         "\"dtype\":\"<i8\",\"fill_value\":-9223372036854775806,"},
        {FORGE_UINT64,
         {.uint64 = UINT64_MAX - 1},
         "\"dtype\":\"<u8\",\"fill_value\":18446744073709551614,"},
        {FORGE_FLOAT32, {.float32 = 1e20F}, "\"fill_value\":1.0000000200408773e+20,"},
        {FORGE_FLOAT32, {.float32 = -INFINITY}, "\"fill_value\":\"-Infinity\","},
        {FORGE_FLOAT64, {.float64 = -999}, "\"dtype\":\"<f8\",\"fill_value\":-999.0,"},
        {FORGE_FLOAT64, {.uint64 = UINT64_C(0x7ff8000000000001)}, "\"fill_value\":\"NaN\","},
        {FORGE_STRING, {.string = "none"}, "\"dtype\":\"|O\",\"fill_value\":\"none\","},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_store *store = forge_store_open_memory();
        struct forge_arena arena = {0};
        struct forge_error err = {0};
        union forge_value value = {.string = NULL};
        struct forge_variable *variable;
        struct bake bake;
        char *text = NULL;
        size_t length = 0;

        bake_open(&bake);
        variable = bake_variable(
            &bake, bake_add(&bake, "v", rows[i].dtype, "", NULL, NULL, value.bytes));
        variable->has_fill = true;
        variable->fill = rows[i].fill;
        bake_store(&bake, zarr2(), store);
        assert_true(forge_store_get(&text, &length, store, "v/.zarray", &arena, 9999, &err));
        if (!strstr(text, rows[i].want))
            fail_msg("%s is not in %s", rows[i].want, text);
        forge_arena_clear(&arena);
        bake_close(&bake);
        forge_store_close(store);
    }
}

static void chunks_at_the_edge_are_padded_with_the_fill(void **state)
{
    static const int16_t values[3 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct forge_store *store = forge_store_open_memory();
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    bake_add(&bake, "plain", FORGE_INT16, "y x", (uint64_t[4]){3, 3}, (uint64_t[4]){2, 2},
             values);
    variable = bake_variable(&bake, bake_add(&bake, "filled", FORGE_INT16, "y x",
                                             (uint64_t[4]){3, 3}, (uint64_t[4]){2, 2}, values));
    variable->has_fill = true;
    variable->fill.int16 = -1;
    bake_store(&bake, zarr2(), store);
    bake_check_bytes(store, "plain/0.0", "0100020004000500");
    bake_check_bytes(store, "plain/0.1", "0300000006000000");
    bake_check_bytes(store, "plain/1.0", "0700080000000000");
    bake_check_bytes(store, "plain/1.1", "0900000000000000");
    bake_check_bytes(store, "filled/0.1", "0300ffff0600ffff");
    bake_check_bytes(store, "filled/1.0", "07000800ffffffff");
    bake_check_bytes(store, "filled/1.1", "0900ffffffffffff");
    bake_close(&bake);
    forge_store_close(store);
}

static void chunks_of_only_fill_are_absent_only_where_there_is_a_fill(void **state)
{
    static const int16_t values[6] = {0, 0, 0, 0, 0, 7};
    static const uint32_t nans[4] = {0x7fc00000, 0x7fc00000, 0x7fc00000, 0x7fc00001};
    struct forge_store *store = forge_store_open_memory();
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    bake_add(&bake, "plain", FORGE_INT16, "x", (uint64_t[4]){6}, (uint64_t[4]){2}, values);
    variable = bake_variable(&bake, bake_add(&bake, "filled", FORGE_INT16, "x",
                                             (uint64_t[4]){6}, (uint64_t[4]){4}, values));
    variable->has_fill = true;
    variable = bake_variable(&bake, bake_add(&bake, "nans", FORGE_FLOAT32, "z",
                                             (uint64_t[4]){4}, (uint64_t[4]){2}, nans));
    variable->has_fill = true;
    variable->fill.uint32 = 0x7fc00001; /* in JSON it is as any other */
    bake_store(&bake, zarr2(), store);
    bake_check_bytes(store, "plain/0", "00000000");
    bake_check_bytes(store, "plain/2", "00000700");
    bake_check_bytes(store, "filled/0", "absent");
    bake_check_bytes(store, "filled/1", "0000070000000000");
    bake_check_bytes(store, "nans/0", "absent");
    bake_check_bytes(store, "nans/1", "0000c07f0100c07f");
    bake_close(&bake);
    forge_store_close(store);
}

static void strings_are_counted_and_measured(void **state)
{
    static const char *const names[3] = {"a", "", "\xc3\xa9t\xc3\xa9"};
    struct forge_store *store = forge_store_open_memory();
    struct bake bake;

    (void)state;
    bake_open(&bake);
    bake_add(&bake, "name", FORGE_STRING, "x", (uint64_t[4]){3}, (uint64_t[4]){2},
             (const void *)names);
    bake_store(&bake, zarr2(), store);
    bake_check_bytes(store, "name/0",
                     "02000000"
                     "0100000061"
                     "00000000");
    bake_check_bytes(store, "name/1",
                     "02000000"
                     "05000000c3a974c3a9"
                     "00000000");
    bake_check_document(store, "name/.zarray",
                        "{\"chunks\":[2],\"compressor\":null,\"dimension_separator\":\".\","
                        "\"dtype\":\"|O\",\"fill_value\":null,\"filters\":[{\"id\":"
                        "\"vlen-utf8\"}],\"order\":\"C\",\"shape\":[3],\"zarr_format\":2}");
    bake_close(&bake);
    forge_store_close(store);
}

static void a_fill_that_the_dtype_cannot_hold_is_left_out(void **state)
{
    static const int16_t values[2] = {0, 5};
    static const double nan = NAN;
    struct forge_store *store = forge_store_open_memory();
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    variable = bake_variable(&bake, bake_add(&bake, "odd", FORGE_INT16, "x", (uint64_t[4]){2},
                                             (uint64_t[4]){2}, values));
    forge_attributes_set(&variable->attributes, &bake.arena, "_FillValue", FORGE_FLOAT64, 1,
                         &nan);
    bake_store(&bake, zarr2(), store);
    bake_check_document(store, "odd/.zattrs", "{\"_ARRAY_DIMENSIONS\":[\"x\"]}");
    bake_check_bytes(store, "odd/0", "00000500");
    bake_close(&bake);
    forge_store_close(store);
}

static void coordinates_that_nothing_names_are_named_by_the_root(void **state)
{
    static const struct {
        const char *given, *of_tas; /* attributes, or NULL */
        const char *want;
    } rows[] = {
        {NULL, NULL, "{\"coordinates\":\"lat lev\"}"},
        {NULL, "lat", "{\"coordinates\":\"lev\"}"},
        {NULL, " lev  lat gone", "{}"},
        {NULL, "latlev", "{\"coordinates\":\"lat lev\"}"},
        {"lev", NULL, "{\"coordinates\":\"lev lat\"}"},
        {"old", "lev lat", "{\"coordinates\":\"old\"}"},
    };
    static const double values[2] = {1, 2};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_store *store = forge_store_open_memory();
        struct forge_variable *variable;
        struct bake bake;

        bake_open(&bake);
        variable = bake_variable(&bake, bake_add(&bake, "tas", FORGE_FLOAT64, "x",
                                                 (uint64_t[4]){2}, (uint64_t[4]){2}, values));
        if (rows[i].of_tas)
            forge_attributes_set_text(&variable->attributes, &bake.arena, "coordinates",
                                      rows[i].of_tas);
        variable =
            bake_variable(&bake, bake_add(&bake, "lev", FORGE_FLOAT64, "", NULL, NULL, values));
        variable->is_coordinate = true;
        variable = bake_variable(&bake, bake_add(&bake, "x", FORGE_FLOAT64, "x",
                                                 (uint64_t[4]){2}, (uint64_t[4]){2}, values));
        variable->is_coordinate = true;
        variable = bake_variable(&bake, bake_add(&bake, "lat", FORGE_FLOAT64, "x",
                                                 (uint64_t[4]){2}, (uint64_t[4]){2}, values));
        variable->is_coordinate = true;
        if (rows[i].given)
            forge_attributes_set_text(&bake.dataset.attributes, &bake.arena, "coordinates",
                                      rows[i].given);
        bake_store(&bake, zarr2(), store);
        bake_check_document(store, ".zattrs", rows[i].want);
        bake_close(&bake);
        forge_store_close(store);
    }
}

static const struct {
    const char *name, *dim;
    uint64_t chunk[2];
    bool sharded;
    const char *codec;
    const char *want, *help;
} refusals[] = {
    {"../x",
     "y",
     {1, 1},
     false,
     NULL,
     "variable \"../x\": a Zarr store cannot have this name",
     "rename it"},
    {"a/b",
     "y",
     {1, 1},
     false,
     NULL,
     "variable \"a/b\": a Zarr store cannot have this name",
     "rename it"},
    {"zarr.json",
     "y",
     {1, 1},
     false,
     NULL,
     "variable \"zarr.json\": a Zarr store cannot have this name",
     "rename it"},
    {".zattrs",
     "y",
     {1, 1},
     false,
     NULL,
     "variable \".zattrs\": a Zarr store cannot have this name",
     "rename it"},
    {"\xff",
     "y",
     {1, 1},
     false,
     NULL,
     "variable \"\xff\": a Zarr store cannot have this name",
     "rename it"},
    {"v",
     "\xff",
     {1, 1},
     false,
     NULL,
     "variable \"v\": dimension 0 has no proper name",
     "rename it"},
    {"v",
     "y",
     {1, 0},
     false,
     NULL,
     "variable \"v\": chunks along x have length 0, at least 1 is needed",
     ""},
    {"v",
     "y",
     {1 << 15, 1 << 15},
     false,
     NULL,
     "variable \"v\": a chunk of 8589934592 bytes is over the limit of 2 GiB",
     "make its chunks smaller"},
    {"v",
     "y",
     {UINT64_MAX, 2},
     false,
     NULL,
     "variable \"v\": a chunk of 18446744073709551615 bytes is over the limit of 2 GiB",
     "make its chunks smaller"},
    {"v",
     "y",
     {1, 1},
     true,
     NULL,
     "variable \"v\": Zarr 2 has no shards",
     "use format: zarr, or leave out shards"},
};

static void what_cannot_be_stored_is_refused(void **state)
{
    static const double values[1] = {1};

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct forge_target_array *array;
        struct forge_error err = {0};
        struct bake bake;

        bake_open(&bake);
        array = bake_add(&bake, refusals[i].name, FORGE_FLOAT64, "y x", (uint64_t[4]){1, 1},
                         refusals[i].chunk, values);
        bake_variable(&bake, array)->dims[0] = refusals[i].dim;
        array->sharded = refusals[i].sharded;
        assert_false(zarr2()->accept(array, &err));
        assert_string_equal(err.text, refusals[i].want);
        assert_string_equal(err.help, refusals[i].help);
        assert_int_equal(err.code, FORGE_BAD_RECIPE);
        bake_close(&bake);
    }
}

static void a_codec_without_a_name_is_refused(void **state)
{
    static const double values[1] = {1};
    struct forge_target_array *array;
    struct forge_error err = {0};
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "v", FORGE_FLOAT64, "", NULL, NULL, values);
    array->codec.type = forge_codec_find("bytes");
    assert_false(zarr2()->accept(array, &err));
    assert_string_equal(err.text,
                        "variable \"v\": codec bytes has no name in Zarr 2 that others know");
    bake_close(&bake);
}

static void too_long_strings_are_refused(void **state)
{
    enum { LENGTH = 3 << 20 };
    const char *strings[2] = {"", ""};
    struct forge_encoder encoder = {0};
    struct forge_target_array *array;
    struct forge_error err = {0};
    const unsigned char *bytes = NULL;
    struct forge_view view;
    uint64_t length = 0;
    bool absent;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    strings[1] = memset(forge_arena_take(&bake.arena, LENGTH + 1), 'x', LENGTH);
    array = bake_add(&bake, "v", FORGE_STRING, "x", (uint64_t[4]){2}, (uint64_t[4]){2},
                     (const void *)strings);
    view = forge_view_of((void *)strings, 1, (uint64_t[4]){2}, sizeof strings[0]);
    assert_false(zarr2()->encode(array, &view, (uint64_t[4]){2}, &encoder, &bytes, &length,
                                 &absent, &err));
    assert_string_equal(err.text, "variable \"v\": the strings of a chunk take 3145740 bytes, "
                                  "more than the 1049088 that 2 of them may");
    forge_encoder_close(&encoder);
    bake_close(&bake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_is_described_with_sorted_keys),
        cmocka_unit_test(the_root_has_consolidated_copies_of_everything),
        cmocka_unit_test(every_dtype_and_fill_has_its_name),
        cmocka_unit_test(chunks_at_the_edge_are_padded_with_the_fill),
        cmocka_unit_test(chunks_of_only_fill_are_absent_only_where_there_is_a_fill),
        cmocka_unit_test(strings_are_counted_and_measured),
        cmocka_unit_test(a_fill_that_the_dtype_cannot_hold_is_left_out),
        cmocka_unit_test(coordinates_that_nothing_names_are_named_by_the_root),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
        cmocka_unit_test(a_codec_without_a_name_is_refused),
        cmocka_unit_test(too_long_strings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

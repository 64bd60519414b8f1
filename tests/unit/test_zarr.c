/* Zarr version 3: documents letter by letter, chunks and shards byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bake.h"

#define NOTHING "ffffffffffffffffffffffffffffffff"

static const struct forge_target_type *zarr(void)
{
    const struct forge_target_type *type = forge_target_find("zarr");

    assert_non_null(type);
    return type;
}

static void an_array_is_described_with_sorted_keys(void **state)
{
    static const float tas[2 * 3] = {1, 2, 3, 4, 5, 6};
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
    bake_store(&bake, zarr(), store);
    bake_check_document(
        store, "tas/zarr.json",
        "{\"attributes\":{\"_FillValue\":\"AAAAAAAA+H8=\",\"units\":\"K\"},\"chunk_grid\":"
        "{\"configuration\":{\"chunk_shape\":[1,2]},\"name\":\"regular\"},"
        "\"chunk_key_encoding\":{\"configuration\":{\"separator\":\"/\"},\"name\":\"default\"},"
        "\"codecs\":[{\"configuration\":{\"endian\":\"little\"},\"name\":\"bytes\"},"
        "{\"configuration\":{\"blocksize\":0,\"clevel\":5,\"cname\":\"zstd\",\"shuffle\":"
        "\"shuffle\",\"typesize\":4},\"name\":\"blosc\"}],\"data_type\":\"float32\","
        "\"dimension_names\":[\"time\",\"lat\"],\"fill_value\":\"NaN\",\"node_type\":\"array\","
        "\"shape\":[2,3],\"zarr_format\":3}");
    bake_close(&bake);
    forge_store_close(store);
}

static void a_sharded_array_describes_its_inner_chunks(void **state)
{
    static const int32_t values[4] = {1, 2, 3, 4};
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "v", FORGE_INT32, "x", (uint64_t[4]){4}, (uint64_t[4]){2}, values);
    array->sharded = true;
    array->shard[0] = 4;
    array->codec = bake_codec(&bake, "{\"id\":\"zstd\",\"level\":3}");
    bake_store(&bake, zarr(), store);
    bake_check_document(
        store, "v/zarr.json",
        "{\"attributes\":{},\"chunk_grid\":{\"configuration\":{\"chunk_shape\":[4]},\"name\":"
        "\"regular\"},\"chunk_key_encoding\":{\"configuration\":{\"separator\":\"/\"},\"name\":"
        "\"default\"},\"codecs\":[{\"configuration\":{\"chunk_shape\":[2],\"codecs\":"
        "[{\"configuration\":{\"endian\":\"little\"},\"name\":\"bytes\"},{\"configuration\":"
        "{\"checksum\":false,\"level\":3},\"name\":\"zstd\"}],\"index_codecs\":"
        "[{\"configuration\":{\"endian\":\"little\"},\"name\":\"bytes\"},{\"name\":"
        "\"crc32c\"}],\"index_location\":\"end\"},\"name\":\"sharding_indexed\"}],"
        "\"data_type\":\"int32\",\"dimension_names\":[\"x\"],\"fill_value\":0,"
        "\"node_type\":\"array\",\"shape\":[4],\"zarr_format\":3}");
    bake_close(&bake);
    forge_store_close(store);
}

static void the_root_holds_a_copy_of_every_array(void **state)
{
    static const uint8_t flag = 1;
    static const char *const name = "n";
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    bake_add(&bake, "name", FORGE_STRING, "", NULL, NULL, (const void *)&name);
    array = bake_add(&bake, "flag", FORGE_UINT8, "", NULL, NULL, &flag);
    bake_variable(&bake, array)->is_coordinate = true;
    forge_attributes_set_text(&bake.dataset.attributes, &bake.arena, "title", "t");
    bake_store(&bake, zarr(), store);
    bake_check_document(
        store, "zarr.json",
        "{\"attributes\":{\"coordinates\":\"flag\",\"title\":\"t\"},\"consolidated_metadata\":"
        "{\"kind\":\"inline\",\"metadata\":{\"flag\":{\"attributes\":{},\"chunk_grid\":"
        "{\"configuration\":{\"chunk_shape\":[]},\"name\":\"regular\"},\"chunk_key_encoding\":"
        "{\"configuration\":{\"separator\":\"/\"},\"name\":\"default\"},\"codecs\":"
        "[{\"name\":\"bytes\"}],\"data_type\":\"uint8\",\"dimension_names\":[],"
        "\"fill_value\":0,\"node_type\":\"array\",\"shape\":[],\"zarr_format\":3},\"name\":"
        "{\"attributes\":{},\"chunk_grid\":{\"configuration\":{\"chunk_shape\":[]},\"name\":"
        "\"regular\"},\"chunk_key_encoding\":{\"configuration\":{\"separator\":\"/\"},\"name\":"
        "\"default\"},\"codecs\":[{\"name\":\"vlen-utf8\"}],\"data_type\":\"string\","
        "\"dimension_names\":[],\"fill_value\":\"\",\"node_type\":\"array\",\"shape\":[],"
        "\"zarr_format\":3}},\"must_understand\":false},\"node_type\":\"group\","
        "\"zarr_format\":3}");
    bake_check_bytes(store, "flag/c", "01");
    bake_check_bytes(store, "name/c", "01000000010000006e");
    bake_close(&bake);
    forge_store_close(store);
}

/* fill_value fills holes, the attribute says what is missing; both are the same. */
static const struct {
    enum forge_dtype dtype;
    bool has_fill;
    union forge_value fill;
    const char *attributes, *fill_value;
} fills[] = {
    {FORGE_INT8, true, {.int8 = -1}, "{\"_FillValue\":-1}", "-1,"},
    {FORGE_UINT16, true, {.uint16 = 65535}, "{\"_FillValue\":65535}", "65535,"},
    {FORGE_UINT64,
     true,
     {.uint64 = UINT64_MAX},
     "{\"_FillValue\":18446744073709551615}",
     "18446744073709551615,"},
    {FORGE_FLOAT32,
     true,
     {.float32 = 1e20F},
     "{\"_FillValue\":\"AAAAgB2vFUQ=\"}",
     "1.0000000200408773e+20,"},
    {FORGE_FLOAT64, true, {.float64 = 9.5}, "{\"_FillValue\":\"AAAAAAAAI0A=\"}", "9.5,"},
    {FORGE_FLOAT32,
     true,
     {.uint32 = 0xffc00001},
     "{\"_FillValue\":\"AAAAAAAA+H8=\"}",
     "\"NaN\","},
    {FORGE_FLOAT64,
     true,
     {.float64 = INFINITY},
     "{\"_FillValue\":\"AAAAAAAA8H8=\"}",
     "\"Infinity\","},
    {FORGE_STRING, true, {.string = "-"}, "{\"_FillValue\":\"-\"}", "\"-\","},
    {FORGE_INT64, false, {.int64 = 0}, "{}", "0,"},
    {FORGE_FLOAT64, false, {.float64 = 0}, "{}", "0.0,"},
    {FORGE_STRING, false, {.string = NULL}, "{}", "\"\","},
};

static void every_fill_is_written_as_xarray_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        struct forge_store *store = forge_store_open_memory();
        struct forge_arena arena = {0};
        struct forge_error err = {0};
        union forge_value value = {.string = NULL};
        struct forge_variable *variable;
        struct bake bake;
        char *text = NULL, want[128];
        size_t length = 0;

        bake_open(&bake);
        variable = bake_variable(
            &bake, bake_add(&bake, "v", fills[i].dtype, "", NULL, NULL, value.bytes));
        variable->has_fill = fills[i].has_fill;
        variable->fill = fills[i].fill;
        bake_store(&bake, zarr(), store);
        assert_true(forge_store_get(&text, &length, store, "v/zarr.json", &arena, 9999, &err));
        snprintf(want, sizeof want, "{\"attributes\":%s,", fills[i].attributes);
        if (!strstr(text, want))
            fail_msg("%s is not in %s", want, text);
        snprintf(want, sizeof want, "\"fill_value\":%s", fills[i].fill_value);
        if (!strstr(text, want))
            fail_msg("%s is not in %s", want, text);
        forge_arena_clear(&arena);
        bake_close(&bake);
        forge_store_close(store);
    }
}

static void a_fill_that_the_dtype_cannot_hold_is_left_out(void **state)
{
    static const int16_t values[2] = {0, 5};
    static const double nan = NAN;
    struct forge_store *store = forge_store_open_memory();
    struct forge_variable *variable;
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    struct bake bake;
    char *text = NULL;
    size_t length = 0;

    (void)state;
    bake_open(&bake);
    variable = bake_variable(&bake, bake_add(&bake, "odd", FORGE_INT16, "x", (uint64_t[4]){2},
                                             (uint64_t[4]){2}, values));
    forge_attributes_set(&variable->attributes, &bake.arena, "_FillValue", FORGE_FLOAT64, 1,
                         &nan);
    bake_store(&bake, zarr(), store);
    assert_true(forge_store_get(&text, &length, store, "odd/zarr.json", &arena, 9999, &err));
    assert_null(strstr(text, "_FillValue"));
    forge_arena_clear(&arena);
    bake_close(&bake);
    forge_store_close(store);
}

static void only_chunks_of_the_very_bits_of_the_fill_are_absent(void **state)
{
    static const float values[8] = {0, 0, 0, -0.0F, 1, 0, 0, 0};
    struct forge_store *store = forge_store_open_memory();
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    bake_add(&bake, "plain", FORGE_FLOAT32, "x", (uint64_t[4]){8}, (uint64_t[4]){2}, values);
    variable = bake_variable(&bake, bake_add(&bake, "filled", FORGE_FLOAT32, "x",
                                             (uint64_t[4]){8}, (uint64_t[4]){3}, values));
    variable->has_fill = true;
    variable->fill.float32 = 1;
    bake_store(&bake, zarr(), store);
    bake_check_bytes(store, "plain/c/0", "absent");
    bake_check_bytes(store, "plain/c/1", "0000000000000080");
    bake_check_bytes(store, "plain/c/2", "0000803f00000000");
    bake_check_bytes(store, "plain/c/3", "absent");
    bake_check_bytes(store, "filled/c/0", "000000000000000000000000");
    bake_check_bytes(store, "filled/c/2", "00000000000000000000803f");
    bake_close(&bake);
    forge_store_close(store);
}

static void a_shard_is_its_chunks_then_an_index_with_a_checksum(void **state)
{
    /* 3 x 5 in chunks of 2 x 2 in shards of 2 x 4: edges everywhere */
    static const uint8_t values[15] = {1, 2, 0, 0, 5, 6, 7, 0, 0, 10, 11, 12, 13, 14, 0};
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "v", FORGE_UINT8, "y x", (uint64_t[4]){3, 5}, (uint64_t[4]){2, 2},
                     values);
    array->sharded = true;
    array->shard[0] = 2;
    array->shard[1] = 4;
    bake_store(&bake, zarr(), store);
    bake_check_bytes(store, "v/c/0/0",
                     "01020607"
                     "00000000000000000400000000000000" NOTHING "8a0729c5");
    bake_check_bytes(store, "v/c/0/1",
                     "05000a00"
                     "00000000000000000400000000000000" NOTHING "8a0729c5");
    bake_check_bytes(store, "v/c/1/0",
                     "0b0c00000d0e0000"
                     "00000000000000000400000000000000"
                     "04000000000000000400000000000000"
                     "f6ff6f8f");
    bake_check_bytes(store, "v/c/1/1", "absent");
    bake_close(&bake);
    forge_store_close(store);
}

static void a_shard_of_only_fill_is_absent(void **state)
{
    static const int16_t values[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    struct forge_store *store = forge_store_open_memory();
    struct forge_target_array *array;
    struct forge_variable *variable;
    struct bake bake;

    (void)state;
    bake_open(&bake);
    array = bake_add(&bake, "v", FORGE_INT16, "x", (uint64_t[4]){8}, (uint64_t[4]){2}, values);
    array->sharded = true;
    array->shard[0] = 4;
    variable = bake_variable(&bake, array);
    variable->has_fill = true;
    variable->fill.int16 = 7;
    bake_store(&bake, zarr(), store);
    bake_check_bytes(store, "v/c/0", "absent");
    bake_check_bytes(store, "v/c/1", "absent");
    bake_close(&bake);
    forge_store_close(store);
}

static const struct {
    const char *name;
    enum forge_dtype dtype;
    uint64_t chunk, shard;
    const char *want, *help;
} refusals[] = {
    {"zarr.json", FORGE_INT8, 1, 1,
     "variable \"zarr.json\": a Zarr store cannot have this name", "rename it"},
    {"__v", FORGE_INT8, 1, 1, "variable \"__v\": a Zarr store cannot have this name",
     "rename it"},
    {"v", FORGE_INT8, 2, 5,
     "variable \"v\": shards of 5 along x are no multiple of its chunks of 2",
     "use a multiple of 2"},
    {"v", FORGE_INT8, 2, 0,
     "variable \"v\": shards of 0 along x are no multiple of its chunks of 2",
     "use a multiple of 2"},
    {"v", FORGE_INT8, 1, (1 << 22) + 1,
     "variable \"v\": a shard has more than 4 million chunks",
     "make its shards smaller, or its chunks larger"},
    {"v", FORGE_STRING, 1, 1, "variable \"v\": strings cannot be in shards", ""},
    {".zarray", FORGE_INT8, 1, 1, NULL, NULL},
    {"v", FORGE_INT8, 1, 1 << 22, NULL, NULL},
};

static void what_cannot_be_stored_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        union forge_value value = {.string = NULL};
        struct forge_target_array *array;
        struct forge_error err = {0};
        struct bake bake;
        bool accepted;

        bake_open(&bake);
        array = bake_add(&bake, refusals[i].name, refusals[i].dtype, "x", (uint64_t[4]){1},
                         &refusals[i].chunk, value.bytes);
        array->sharded = true;
        array->shard[0] = refusals[i].shard;
        accepted = zarr()->accept(array, &err);
        assert_int_equal(accepted, refusals[i].want == NULL);
        if (!accepted) {
            assert_string_equal(err.text, refusals[i].want);
            assert_string_equal(err.help, refusals[i].help);
        }
        bake_close(&bake);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_is_described_with_sorted_keys),
        cmocka_unit_test(a_sharded_array_describes_its_inner_chunks),
        cmocka_unit_test(the_root_holds_a_copy_of_every_array),
        cmocka_unit_test(every_fill_is_written_as_xarray_reads_it),
        cmocka_unit_test(a_fill_that_the_dtype_cannot_hold_is_left_out),
        cmocka_unit_test(only_chunks_of_the_very_bits_of_the_fill_are_absent),
        cmocka_unit_test(a_shard_is_its_chunks_then_an_index_with_a_checksum),
        cmocka_unit_test(a_shard_of_only_fill_is_absent),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

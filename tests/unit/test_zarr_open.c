/* The metadata of a Zarr store becomes a virtual dataset, and nothing in it is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "formats/refused.h"
#include "support/bake.h"

static void describe_attribute(struct forge_text *out, const struct forge_attribute *attribute)
{
    const unsigned char *values = attribute->values;
    char text[64];

    forge_text_print(out, " %s=", attribute->name);
    if (attribute->count != 1)
        forge_text_print(out, "%s:", forge_dtype_name(attribute->dtype));
    for (size_t i = 0; i < attribute->count; i++)
        forge_text_print(out, "%s%s", i > 0 ? "," : "",
                         forge_value_format(text, sizeof text, attribute->dtype,
                                            values + i * forge_dtype_size(attribute->dtype)));
}

static void describe_variable(struct forge_text *out, const struct forge_variable *variable)
{
    const char *refusal = forge_array_refusal(variable->array);
    enum forge_dtype dtype = variable->array->dtype;
    char text[64];

    forge_text_print(out, "%s%s(", variable->name, variable->is_coordinate ? "*" : "");
    for (unsigned d = 0; d < variable->array->rank; d++)
        forge_text_print(out, "%s%s", d > 0 ? " " : "", variable->dims[d]);
    forge_text_print(out, ") %s%s", refusal ? "refused: " : "",
                     refusal ? refusal : forge_dtype_name(dtype));
    if (variable->has_fill)
        forge_text_print(out, " fill %s",
                         forge_value_format(text, sizeof text, dtype, variable->fill.bytes));
    for (size_t i = 0; i < variable->attributes.count; i++)
        describe_attribute(out, &variable->attributes.items[i]);
}

static void describe(struct forge_text *out, const struct forge_dataset *dataset)
{
    for (size_t i = 0; i < dataset->variables_count; i++) {
        if (i > 0)
            forge_text_add(out, "; ");
        describe_variable(out, &dataset->variables[i]);
    }
}

static void put_text(struct forge_store *store, const char *key, const char *text)
{
    struct forge_error err = {0};

    assert_true(forge_store_put(store, key, text, strlen(text), &err));
}

/* Open a store, and describe the dataset or the error. */
static void check_open(struct forge_store *store, const char *want)
{
    struct forge_dataset got = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    struct forge_text text = {0};

    if (forge_zarr_open(&got, &arena, store, "u", &err))
        describe(&text, &got);
    else
        forge_text_print(&text, "error %d: %s", (int)err.code, err.text);
    if (strcmp(forge_text_string(&text), want) != 0)
        fail_msg("\n  got  %s\n  want %s", forge_text_string(&text), want);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
}

#define V2(members)                                                                            \
    "{\"zarr_format\":2,\"order\":\"C\",\"filters\":null,\"compressor\":null," members "}"
#define F4 "\"dtype\":\"<f4\",\"shape\":[2],\"chunks\":[2],\"fill_value\":null"

static const struct {
    const char *array, *attributes, *want;
} rows2[] = {
    {V2(F4), "{\"_ARRAY_DIMENSIONS\":[\"x\"]}", "v(x) float32"},
    {V2(F4), NULL, "v(v_0) float32"},
    {V2(F4), "{\"_ARRAY_DIMENSIONS\":[\"x\",\"y\"]}", "v(v_0) float32"},
    {V2(F4),
     "{\"_ARRAY_DIMENSIONS\":[\"v\"],\"a\":1,\"b\":1.0,\"c\":\"t\",\"d\":[1,2],"
     "\"e\":[1,2.5],\"f\":[\"p\",\"q\"],\"g\":{\"h\":[true,null]},\"i\":[\"NaN\",1],"
     "\"j\":[],\"k\":false,\"l\":[\"p\",1]}",
     "v*(v) float32 a=1 b=1 c=t d=int64:1,2 e=float64:1,2.5 f=string:p,q "
     "g={\"h\":[true,null]} i=float64:NaN,1 j=string: k=false l=[\"p\",1]"},
    {V2(F4), "{\"_FillValue\":-9.5}", "v(v_0) float32 fill -9.5"},
    {V2("\"dtype\":\"<f4\",\"shape\":[2],\"chunks\":[2],\"fill_value\":1"),
     "{\"_FillValue\":2}", "v(v_0) float32 fill 1"},
    {V2("\"dtype\":\">i2\",\"shape\":[],\"chunks\":[],\"fill_value\":-1"),
     "{\"_FillValue\":\"NaN\"}", "v() int16 fill -1"},
    {V2("\"dtype\":\"<i2\",\"shape\":[],\"chunks\":[],\"fill_value\":null"),
     "{\"_FillValue\":\"NaN\"}", "v() int16 _FillValue=NaN"},
    {V2("\"dtype\":\"<u8\",\"shape\":[],\"chunks\":[],\"fill_value\":18446744073709551615"),
     NULL, "v() uint64 fill 18446744073709551615"},
    {V2("\"dtype\":\"<f8\",\"shape\":[],\"chunks\":[],\"fill_value\":\"-Infinity\""), NULL,
     "v() float64 fill -Infinity"},
    {V2("\"dtype\":\"|b1\",\"shape\":[],\"chunks\":[],\"fill_value\":false"), NULL,
     "v() int8 dtype=bool"},
    {V2("\"dtype\":\"<i2\",\"shape\":[],\"chunks\":[],\"fill_value\":40000"), NULL,
     "v() refused: its fill_value is no int16"},
    {V2("\"dtype\":\"<u8\",\"shape\":[],\"chunks\":[],\"fill_value\":18446744073709551616"),
     NULL, "v() refused: its fill_value is no uint64"},
    {V2("\"dtype\":\"<M8[ns]\",\"shape\":[],\"chunks\":[],\"fill_value\":0"), NULL,
     "v() refused: its dtype \"<M8[ns]\" cannot be read"},
    {V2("\"dtype\":[[\"a\",\"<f4\"]],\"shape\":[],\"chunks\":[],\"fill_value\":null"), NULL,
     "v() refused: its elements are records"},
    {V2("\"dtype\":\"|O\",\"shape\":[],\"chunks\":[],\"fill_value\":null"), NULL,
     "v() refused: it has objects that are no strings"},
    {V2("\"dtype\":\"<f4\",\"shape\":[2],\"chunks\":[0],\"fill_value\":null"), NULL,
     "v(v_0) refused: \"chunks\" has something else than a number of at least 1"},
    {V2("\"dtype\":\"<f4\",\"shape\":[2],\"chunks\":[2,2],\"fill_value\":null"), NULL,
     "v(v_0) refused: \"chunks\" has 2 numbers, not 1"},
    {V2("\"dtype\":\"<f4\",\"shape\":[2],\"fill_value\":null"), NULL,
     "v(v_0) refused: \"chunks\" is missing"},
    {"{\"zarr_format\":2,\"order\":\"F\",\"shape\":[2,2],\"chunks\":[2,2],\"dtype\":\"<f4\"}",
     NULL, "v(v_0 v_1) refused: its elements are not in C order"},
    {"{\"zarr_format\":2,\"order\":\"C\",\"shape\":[2],\"chunks\":[2],\"dtype\":\"<f4\","
     "\"compressor\":{\"id\":\"lzma\"}}",
     NULL, "v(v_0) refused: codec \"lzma\" is not known"},
    {"{\"zarr_format\":2,\"order\":\"C\",\"shape\":[2],\"chunks\":[2],\"dtype\":\"<f4\","
     "\"filters\":{}}",
     NULL, "v(v_0) refused: \"filters\" is not what it should be"},
    {V2("\"dtype\":\"<f4\",\"shape\":[-1],\"chunks\":[2]"), NULL,
     "error 4: u: variable \"v\": \"shape\" has something else than a number of at least 0"},
    {V2("\"dtype\":\"<f4\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), NULL,
     "error 4: u: variable \"v\": it has 17 dimensions, more than 16"},
    {"{\"zarr_format\":3,\"shape\":[2]}", NULL, "v(v_0) refused: it is not of Zarr version 2"},
    {"{}", NULL, "error 4: u: variable \"v\": \"zarr_format\" is missing"},
    {"[]", NULL, "error 4: u/v/.zarray: it is no JSON object"},
};

static void documents_of_version_2_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows2 / sizeof rows2[0]; i++) {
        struct forge_store *store = forge_store_open_memory();

        put_text(store, ".zgroup", "{\"zarr_format\":2}");
        put_text(store, "v/.zarray", rows2[i].array);
        put_text(store, "v/0", "a chunk");
        put_text(store, "group/w/.zarray", "{}"); /* deeper: not looked at */
        if (rows2[i].attributes)
            put_text(store, "v/.zattrs", rows2[i].attributes);
        check_open(store, rows2[i].want);
        forge_store_close(store);
    }
}

#define V3(members)                                                                            \
    "{\"zarr_format\":3,\"node_type\":\"array\",\"chunk_key_encoding\":{\"name\":\"default\"}" \
    "," members "}"
#define SHAPED                                                                                 \
    "\"shape\":[4],\"chunk_grid\":{\"name\":\"regular\",\"configuration\":"                    \
    "{\"chunk_shape\":[4]}}"
#define BYTES "[{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}]"
#define SHARDED(shape, codecs, index)                                                          \
    "\"codecs\":[{\"name\":\"sharding_indexed\",\"configuration\":{\"chunk_shape\":" shape     \
    ",\"codecs\":" codecs ",\"index_codecs\":" index "}}]"
#define FLOAT32 "\"data_type\":\"float32\",\"fill_value\":0"

static const struct {
    const char *array, *want;
} rows3[] = {
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES), "v(v_0) float32"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES ",\"dimension_names\":[\"x\"]"),
     "v(x) float32"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES ",\"dimension_names\":[null]"),
     "v(v_0) float32"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES
               ",\"attributes\":{\"_FillValue\":\"AAAAgB2vFUQ=\",\"units\":\"K\"}"),
     "v(v_0) float32 fill 1e+20 units=K"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES
               ",\"attributes\":{\"_FillValue\":\"AAAAgB2vFUQ\"}"),
     "v(v_0) float32 _FillValue=AAAAgB2vFUQ"},
    {V3(SHAPED ",\"data_type\":\"int16\",\"fill_value\":0,\"codecs\":" BYTES
               ",\"attributes\":{\"_FillValue\":-3}"),
     "v(v_0) int16 fill -3"},
    {V3(SHAPED ",\"data_type\":\"bool\",\"fill_value\":false,\"codecs\":[\"bytes\"]"),
     "v(v_0) int8 dtype=bool"},
    {V3(SHAPED ",\"data_type\":\"float32\",\"fill_value\":\"0x7fc00001\",\"codecs\":" BYTES),
     "v(v_0) float32"},
    {V3(SHAPED ",\"data_type\":\"float32\",\"fill_value\":\"0x7fc0000\",\"codecs\":" BYTES),
     "v(v_0) refused: its fill_value is no float32"},
    {V3(SHAPED ",\"data_type\":\"float16\",\"fill_value\":0,\"codecs\":" BYTES),
     "v(v_0) refused: its data_type \"float16\" cannot be read"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":[]"), "v(v_0) refused: its first codec is not bytes"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":[{\"name\":\"transpose\"}]"),
     "v(v_0) refused: its first codec is not bytes"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":[\"bytes\",\"lzma\"]"),
     "v(v_0) refused: codec \"lzma\" is not known"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES ",\"other\":{\"must_understand\":false}"),
     "v(v_0) float32"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES ",\"other\":{}"),
     "v(v_0) refused: it has \"other\", which is not known"},
    {V3(SHAPED "," FLOAT32 ",\"codecs\":" BYTES ",\"storage_transformers\":[{}]"),
     "v(v_0) refused: it has storage transformers"},
    {V3(SHAPED "," FLOAT32 "," SHARDED("[2]", BYTES, BYTES)), "v(v_0) float32"},
    {V3(SHAPED "," FLOAT32 "," SHARDED("[3]", BYTES, BYTES)),
     "v(v_0) refused: u: variable \"v\": its chunks do not divide its shards"},
    {V3(SHAPED "," FLOAT32 "," SHARDED("[0]", BYTES, BYTES)),
     "v(v_0) refused: \"chunk_shape\" has something else than a number of at least 1"},
    {V3(SHAPED "," FLOAT32 "," SHARDED("[2]", BYTES, "[\"bytes\",{\"name\":\"gzip\"}]")),
     "v(v_0) refused: the index of its shards has another codec than bytes and crc32c"},
    {V3("\"shape\":[4],\"chunk_grid\":{\"name\":\"rectilinear\"}," FLOAT32
        ",\"codecs\":" BYTES),
     "v(v_0) refused: its chunk_grid is not regular"},
    {"{\"node_type\":\"array\"}", "error 4: u: variable \"v\": \"shape\" is missing"},
    {"{\"node_type\":\"group\"}", ""},
};

static void documents_of_version_3_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows3 / sizeof rows3[0]; i++) {
        struct forge_store *store = forge_store_open_memory();

        put_text(store, "zarr.json", "{\"zarr_format\":3,\"node_type\":\"group\"}");
        put_text(store, "v/zarr.json", rows3[i].array);
        check_open(store, rows3[i].want);
        forge_store_close(store);
    }
}

static const struct {
    const char *key, *text, *want;
} roots[] = {
    {"other", "",
     "error 3: u is no Zarr store: zarr.json, .zmetadata and .zgroup are not there"},
    {"zarr.json", "",
     "error 4: u/zarr.json: line 1, column 0 is not JSON: unexpected token "
     "near end of file"},
    {"zarr.json", "{\"zarr_format\":3,\"node_type\":\"array\"}",
     "error 4: u holds a Zarr array, not a group of them"},
    {"zarr.json", "{\"zarr_format\":4,\"node_type\":\"group\"}",
     "error 4: u/zarr.json is not of Zarr version 3"},
    {"zarr.json",
     "{\"zarr_format\":3,\"node_type\":\"group\",\"consolidated_metadata\":{\"metadata\":{"
     "\"../x\":{\"node_type\":\"array\"},\"..\":{\"node_type\":\"array\"}}}}",
     "error 4: u: an array cannot be called \"..\""},
    {".zmetadata", "{\"metadata\":{\"../.zarray\":{}}}",
     "error 4: u: an array cannot be called \"..\""},
    {".zmetadata", "{\"metadata\":{\"v/.zarray\":7}}",
     "error 4: u: variable \"v\": \"zarr_format\" is missing"},
    {".zmetadata",
     "{\"metadata\":{\".zattrs\":{\"coordinates\":\"b\"},"
     "\"a/.zarray\":{\"zarr_format\":2,\"shape\":[2]},"
     "\"a/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"]},"
     "\"b/.zarray\":{\"zarr_format\":2,\"shape\":[3]},"
     "\"b/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"]}}}",
     "error 4: u: variable \"b\": dimension \"x\" has 3 elements, elsewhere 2"},
    {".zmetadata",
     "{\"metadata\":{\".zattrs\":{\"coordinates\":\" b  c\"},"
     "\"a/.zarray\":" V2(F4) ",\"a/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"],"
                             "\"coordinates\":\"d gone\"},"
                             "\"b/.zarray\":" V2(
                                 F4) ",\"b/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"]},"
                                     "\"d/.zarray\":" V2(
                                         F4) ",\"d/.zattrs\":{\"_ARRAY_DIMENSIONS\":[\"x\"]},"
                                             "\"g/h/.zarray\":{}}}",
     "a(x) float32 coordinates=d gone; b*(x) float32; d*(x) float32"},
};

static void roots_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        struct forge_store *store = forge_store_open_memory();

        put_text(store, roots[i].key, roots[i].text);
        check_open(store, roots[i].want);
        forge_store_close(store);
    }
}

/* Every cut and every changed byte of good metadata opens or fails: nothing worse. */
static void mutated_metadata_does_no_harm(void **state)
{
    static const char good[] = V3(SHAPED "," FLOAT32 "," SHARDED(
        "[2]", BYTES, BYTES) ",\"attributes\":{\"_FillValue\":\"AAAAgB2vFUQ=\",\"n\":[1,2.5]}");
    static const char bytes[] = "\"0-}{[],:9e\xff";
    size_t opened = 0;

    (void)state;
    for (size_t i = 0; i < sizeof good * (sizeof bytes - 1); i++) {
        struct forge_store *store = forge_store_open_memory();
        struct forge_dataset got = {0};
        struct forge_arena arena = {0};
        struct forge_error err = {0};
        char text[sizeof good];

        memcpy(text, good, sizeof good);
        text[i / (sizeof bytes - 1)] = bytes[i % (sizeof bytes - 1)];
        put_text(store, "zarr.json", "{\"zarr_format\":3,\"node_type\":\"group\"}");
        assert_true(forge_store_put(store, "v/zarr.json", text, sizeof good - 1, &err));
        if (forge_zarr_open(&got, &arena, store, "u", &err))
            opened++;
        else
            assert_int_equal(err.code, FORGE_BAD_SOURCE);
        forge_arena_clear(&arena);
        forge_store_close(store);
    }
    assert_true(opened > 0);
}

static void chunks_are_found_under_every_kind_of_key(void **state)
{
    static const struct {
        const char *array, *key;
    } rows[] = {
        {V2("\"dtype\":\"|i1\",\"shape\":[4],\"chunks\":[4],\"fill_value\":null"), "v/0"},
        {V2("\"dtype\":\"|i1\",\"shape\":[],\"chunks\":[],\"fill_value\":null"), "v/0"},
        {V2("\"dtype\":\"|i1\",\"shape\":[1,4],\"chunks\":[1,4],\"fill_value\":null"), "v/0.0"},
        {V2("\"dtype\":\"|i1\",\"shape\":[1,4],\"chunks\":[1,4],\"dimension_separator\":\"/\""),
         "v/0/0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_store *store = forge_store_open_memory();
        struct forge_reader reader = {0};
        struct forge_dataset got = {0};
        struct forge_arena arena = {0};
        struct forge_error err = {0};
        const void *values = NULL;

        put_text(store, ".zgroup", "{\"zarr_format\":2}");
        put_text(store, "v/.zarray", rows[i].array);
        put_text(store, rows[i].key, i == 1 ? "d" : "data");
        assert_true(forge_zarr_open(&got, &arena, store, "u", &err));
        if (!forge_array_values(&values, got.variables[0].array, &reader, &arena, 99, &err))
            fail_msg("%s", err.text);
        assert_memory_equal(values, "data", i == 1 ? 1 : 4);
        forge_reader_close(&reader);
        forge_arena_clear(&arena);
        forge_store_close(store);
    }
}

static void bytes_of_the_other_order_are_swapped(void **state)
{
    struct forge_store *store = forge_store_open_memory();
    struct forge_reader reader = {0};
    struct forge_dataset got = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    const void *values = NULL;

    (void)state;
    put_text(store, ".zgroup", "{\"zarr_format\":2}");
    put_text(store, "v/.zarray",
             V2("\"dtype\":\">i2\",\"shape\":[2],\"chunks\":[2],\"fill_value\":null"));
    put_text(store, "v/0", "\x01\x02\x03\x04");
    assert_true(forge_zarr_open(&got, &arena, store, "u", &err));
    assert_true(forge_array_values(&values, got.variables[0].array, &reader, &arena, 99, &err));
    assert_memory_equal(values, "\x02\x01\x04\x03", 4);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
    forge_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_version_2_are_checked),
        cmocka_unit_test(documents_of_version_3_are_checked),
        cmocka_unit_test(roots_are_checked),
        cmocka_unit_test(mutated_metadata_does_no_harm),
        cmocka_unit_test(chunks_are_found_under_every_kind_of_key),
        cmocka_unit_test(bytes_of_the_other_order_are_swapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A virtual dataset as bytes: comes back as it was, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "array/nodes.h"
#include "array/reader.h"
#include "formats/record.h"
#include "formats/refused.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const struct forge_file file = {
    .key = "a.nc", .url = "data/a.nc", .format = "hdf5", .status = {.size = 100000}};

struct world {
    struct forge_arena arena;
    struct forge_dataset dataset;
    struct forge_text record;
};

/* ---- a dataset with one of everything ---- */

static struct forge_variable *add(struct forge_dataset *dataset, const char *name,
                                  const struct forge_array *array, const char *a, const char *b)
{
    struct forge_variable *variable = forge_dataset_add_variable(dataset, name);

    variable->array = array;
    variable->dims[0] = a;
    variable->dims[1] = b;
    return variable;
}

static struct forge_source source_of(enum forge_dtype dtype, enum forge_manifest_kind kind)
{
    struct forge_source source = {.file = &file, .path = "/group/x"};

    source.array.dtype = dtype;
    source.array.rank = 2;
    source.array.shape[0] = 4;
    source.array.shape[1] = 3;
    source.array.chunk[0] = 2;
    source.array.chunk[1] = 2;
    source.manifest.kind = kind;
    return source;
}

static void add_codec(struct forge_arena *arena, struct forge_source *source, const char *json,
                      int zarr_format)
{
    struct forge_codec *codec = &source->codecs.items[source->codecs.count++];
    struct forge_json_value *value = NULL;
    struct forge_error err = {0};

    assert_true(forge_json_parse(&value, arena, json, strlen(json), &err));
    assert_true(forge_codec_parse(codec, forge_dtype_size(source->array.dtype), value,
                                  zarr_format, arena, &err));
}

static const struct forge_array *open_source(struct forge_arena *arena,
                                             const struct forge_source *source)
{
    const struct forge_array *array = NULL;
    struct forge_error err = {0};

    if (!forge_source_open(&array, arena, source, &err))
        fail_msg("%s", err.text);
    return array;
}

static void add_sources(struct forge_dataset *dataset, struct forge_arena *arena)
{
    static const uint64_t offsets[] = {100, FORGE_CHUNK_ABSENT, 300, 400};
    static const uint64_t lengths[] = {10, 0, 12, 9};
    static const uint32_t masks[] = {0, 0, 2, 0};
    struct forge_source source = source_of(FORGE_INT16, FORGE_MANIFEST_TABLE);
    const struct forge_array *refused = NULL;
    struct forge_error err = {0};

    source.manifest.offsets = offsets;
    source.manifest.lengths = lengths;
    source.manifest.skip_masks = masks;
    source.fill.int16 = -7;
    add_codec(arena, &source, "{\"id\":\"shuffle\",\"elementsize\":2}", 2);
    add_codec(arena, &source, "{\"id\":\"zlib\",\"level\":5}", 2);
    add_codec(arena, &source, "{\"id\":\"fletcher32\"}", 2);
    add(dataset, "chunked", open_source(arena, &source), "y", "x")->fill.int16 = -1;
    source.manifest.skip_masks = NULL;
    source.codecs.count = 0;
    add_codec(
        arena, &source,
        "{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":5,\"shuffle\":2,\"blocksize\":0}", 2);
    add(dataset, "blosc", open_source(arena, &source), "y", "x");
    source = source_of(FORGE_FLOAT64, FORGE_MANIFEST_STRIDED);
    forge_source_contiguous(&source, 500, 400);
    add_codec(arena, &source, "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3);
    add(dataset, "strided", open_source(arena, &source), "y", "x");
    source = source_of(FORGE_UINT64, FORGE_MANIFEST_LIBRARY);
    add(dataset, "library", open_source(arena, &source), "y", "x");
    assert_true(forge_array_refused(&refused, arena, &file, "/r", 1, source.array.shape,
                                    "compound types are not read", &err));
    add(dataset, "refused", refused, "y", NULL);
}

static void add_memory(struct forge_dataset *dataset, struct forge_arena *arena)
{
    static const uint64_t shape[] = {4, 0, 3};
    static const int64_t x[] = {-1, 0, INT64_MAX};
    static const char *const names[] = {"a", "", "\xc3\xa4", "long enough"};
    static const float one = 1.5F;
    struct forge_variable *variable;

    variable =
        add(dataset, "x", forge_array_memory(arena, FORGE_INT64, 1, shape + 2, x), "x", NULL);
    variable->is_coordinate = true;
    variable = add(dataset, "names", forge_array_memory(arena, FORGE_STRING, 1, shape, names),
                   "y", NULL);
    variable->has_fill = true;
    variable->fill.string = "none";
    variable = add(dataset, "one", forge_array_memory(arena, FORGE_FLOAT32, 0, shape, &one),
                   NULL, NULL);
    variable->has_fill = true;
    variable->fill.float32 = -0.0F;
    add(dataset, "empty", forge_array_memory(arena, FORGE_INT8, 1, shape + 1, x), "none", NULL);
    forge_attributes_set_text(&variable->attributes, arena, "units", "m s-1");
}

static void add_attributes(struct forge_attributes *attributes, struct forge_arena *arena)
{
    static const unsigned char values[80] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0xff};
    static const char *const texts[] = {"one", "two"};

    for (int dtype = 0; dtype < FORGE_STRING; dtype++)
        forge_attributes_set(attributes, arena, forge_dtype_name((enum forge_dtype)dtype),
                             (enum forge_dtype)dtype, (size_t)dtype % 4, values);
    forge_attributes_set(attributes, arena, "texts", FORGE_STRING, 2, texts);
    forge_attributes_set_text(attributes, arena, "title", "a title");
}

static int open_world(void **state)
{
    static struct world world;
    struct forge_error err = {0};

    world = (struct world){0};
    world.dataset = (struct forge_dataset){.arena = &world.arena, .url = file.url};
    forge_dataset_add_dimension(&world.dataset, "y", 4)->unlimited = true;
    forge_dataset_add_dimension(&world.dataset, "x", 3);
    forge_dataset_add_dimension(&world.dataset, "none", 0);
    add_attributes(&world.dataset.attributes, &world.arena);
    add_memory(&world.dataset, &world.arena);
    add_sources(&world.dataset, &world.arena);
    if (!forge_record_write(&world.record, &world.dataset, &err))
        fail_msg("%s", err.text);
    *state = &world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;

    forge_text_clear(&world->record);
    forge_arena_clear(&world->arena);
    return 0;
}

/* ---- what came back ---- */

static void check_elements(enum forge_dtype dtype, uint64_t count, const void *a, const void *b)
{
    for (uint64_t i = 0; i < count && dtype == FORGE_STRING; i++)
        assert_string_equal(((const char *const *)a)[i], ((const char *const *)b)[i]);
    if (dtype != FORGE_STRING && count > 0)
        assert_memory_equal(a, b, count * forge_dtype_size(dtype));
}

static void check_attributes(const struct forge_attributes *a, const struct forge_attributes *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->items[i].name, b->items[i].name);
        assert_true(forge_attribute_equal(&a->items[i], &b->items[i]));
    }
}

static void check_source(const struct forge_source *a, const struct forge_source *b)
{
    assert_string_equal(a->path, b->path);
    assert_ptr_equal(b->file, &file);
    assert_int_equal(a->manifest.kind, b->manifest.kind);
    assert_memory_equal(a->array.chunk, b->array.chunk, sizeof a->array.chunk);
    assert_memory_equal(&a->fill, &b->fill, sizeof a->fill);
    assert_int_equal(a->codecs.count, b->codecs.count);
    for (unsigned i = 0; i < a->codecs.count; i++) {
        assert_ptr_equal(a->codecs.items[i].type, b->codecs.items[i].type);
        assert_int_equal(a->codecs.items[i].element_size, b->codecs.items[i].element_size);
        assert_memory_equal(a->codecs.items[i].settings, b->codecs.items[i].settings,
                            a->codecs.items[i].type->settings_size);
    }
    assert_int_equal(a->manifest.base, b->manifest.base);
    assert_memory_equal(a->manifest.stride, b->manifest.stride, sizeof a->manifest.stride);
    assert_memory_equal(a->manifest.inner, b->manifest.inner, sizeof a->manifest.inner);
    if (a->manifest.kind == FORGE_MANIFEST_TABLE) {
        assert_memory_equal(a->manifest.offsets, b->manifest.offsets, 32);
        assert_memory_equal(a->manifest.lengths, b->manifest.lengths, 32);
        assert_int_equal(a->manifest.skip_masks != NULL, b->manifest.skip_masks != NULL);
        if (a->manifest.skip_masks)
            assert_memory_equal(a->manifest.skip_masks, b->manifest.skip_masks, 16);
    }
    if (a->manifest.kind == FORGE_MANIFEST_REFUSED)
        assert_string_equal(a->manifest.refusal, b->manifest.refusal);
}

static void check_arrays(const struct forge_array *a, const struct forge_array *b)
{
    struct forge_arena arena = {0};
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    const void *first = NULL, *second = NULL;

    assert_int_equal(a->dtype, b->dtype);
    assert_int_equal(a->rank, b->rank);
    assert_memory_equal(a->shape, b->shape, sizeof a->shape);
    assert_int_equal(a->in_memory, b->in_memory);
    if (!a->in_memory) {
        check_source(forge_array_source(a), forge_array_source(b));
        return;
    }
    assert_true(forge_array_values(&first, a, &reader, &arena, 1000, &err));
    assert_true(forge_array_values(&second, b, &reader, &arena, 1000, &err));
    check_elements(a->dtype, forge_array_count(a), first, second);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

static void check_variable(const struct forge_variable *a, const struct forge_variable *b)
{
    assert_string_equal(a->name, b->name);
    check_arrays(a->array, b->array);
    for (unsigned d = 0; d < a->array->rank; d++)
        assert_string_equal(a->dims[d], b->dims[d]);
    check_attributes(&a->attributes, &b->attributes);
    assert_int_equal(a->is_coordinate, b->is_coordinate);
    assert_int_equal(a->has_fill, b->has_fill);
    if (a->has_fill)
        check_elements(a->array->dtype, 1, &a->fill, &b->fill);
    assert_string_equal(b->origin, "data/a.nc");
}

static void a_dataset_comes_back_as_it_was(void **state)
{
    const struct world *world = *state;
    const struct forge_dataset *a = &world->dataset;
    struct forge_arena arena = {0};
    struct forge_dataset b = {0};
    struct forge_error err = {0};
    struct forge_text again = {0};

    if (!forge_record_read(&b, &arena, world->record.bytes, world->record.length, &file, &err))
        fail_msg("%s", err.text);
    assert_string_equal(b.url, "data/a.nc");
    assert_ptr_equal(b.arena, &arena);
    assert_int_equal(a->dims_count, b.dims_count);
    for (size_t i = 0; i < a->dims_count; i++) {
        assert_string_equal(a->dims[i].name, b.dims[i].name);
        assert_int_equal(a->dims[i].size, b.dims[i].size);
        assert_int_equal(a->dims[i].unlimited, b.dims[i].unlimited);
    }
    check_attributes(&a->attributes, &b.attributes);
    assert_int_equal(a->variables_count, b.variables_count);
    for (size_t i = 0; i < a->variables_count; i++)
        check_variable(&a->variables[i], &b.variables[i]);
    assert_true(forge_record_write(&again, &b, &err));
    assert_int_equal(again.length, world->record.length);
    assert_memory_equal(again.bytes, world->record.bytes, again.length);
    forge_text_clear(&again);
    forge_arena_clear(&arena);
}

/* ---- bytes that nobody vouches for ---- */

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the sanitizer's */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/* Read bytes that may be damaged: whole or not at all, and never much memory. */
static bool try_record(const char *bytes, size_t length)
{
    size_t before = allocated();
    struct forge_arena arena = {0};
    struct forge_dataset dataset = {0};
    struct forge_error err = {0};
    struct forge_text again = {0};
    char *exact = test_malloc(length + (length == 0)); /* so that one byte too far is seen */
    bool good;

    memcpy(exact, bytes, length);
    good = forge_record_read(&dataset, &arena, exact, length, &file, &err);
    assert_in_range(allocated() - before, 0, 200 * length + 200000);
    test_free(exact);
    if (good) {
        assert_true(forge_record_write(&again, &dataset, &err));
    } else {
        assert_null(dataset.arena);
        assert_int_equal(err.code, FORGE_BAD_SOURCE);
        assert_int_equal(strncmp(err.text, "data/a.nc: ", 11), 0);
    }
    forge_text_clear(&again);
    forge_arena_clear(&arena);
    return good;
}

static void every_beginning_of_a_record_is_refused(void **state)
{
    const struct world *world = *state;

    for (size_t i = 0; i < world->record.length; i++)
        assert_false(try_record(world->record.bytes, i));
    assert_true(try_record(world->record.bytes, world->record.length));
}

static void more_bytes_than_a_record_are_refused(void **state)
{
    const struct world *world = *state;
    struct forge_text longer = {0};

    forge_text_add_bytes(&longer, world->record.bytes, world->record.length);
    forge_text_add_bytes(&longer, "", 1);
    assert_false(try_record(longer.bytes, longer.length));
    forge_text_clear(&longer);
}

static void every_single_byte_may_be_anything(void **state)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct world *world = *state;
    unsigned refused = 0, tried = 0;

    for (size_t i = 0; i < world->record.length; i++) {
        char kept = world->record.bytes[i];

        for (size_t j = 0; j < COUNT(values); j++, tried++) {
            world->record.bytes[i] = (char)values[j];
            refused += !try_record(world->record.bytes, world->record.length);
        }
        world->record.bytes[i] = kept;
    }
    print_message("%u records with one byte changed: %u refused\n", tried, refused);
    assert_true(refused > tried / 4);
}

static void many_bytes_may_be_anything(void **state)
{
    struct world *world = *state;
    struct forge_text bytes = {0};
    uint64_t seed = 5;

    for (int i = 0; i < 20000; i++) {
        forge_text_clear(&bytes);
        forge_text_add_bytes(&bytes, world->record.bytes, world->record.length);
        for (int j = i % 7; j >= 0; j--) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            bytes.bytes[(seed >> 20) % bytes.length] = (char)(seed >> 56);
        }
        try_record(bytes.bytes, bytes.length);
    }
    forge_text_clear(&bytes);
}

#define HEAD(bytes) bytes, sizeof(bytes) - 1
#define ONE_DIM "FRGR\1\0\0\0\1\0\0\0\1\0\0\0x\4\0\0\0\0\0\0\0\0"
#define HUGE_DIM "FRGR\1\0\0\0\1\0\0\0\1\0\0\0x\0\0\0\0\0\0\0\x10\0"
#define NONE "\0\0\0\0"
#define ONE_VARIABLE "\1\0\0\0\1\0\0\0v"

static void what_cannot_be_right_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *want;
    } rows[] = {
        {HEAD("nonsense"), "it is none"},
        {HEAD("FRGR\2\0\0\0"), "it is of another version of forge"},
        {HEAD("FRGR\1\0\0\0\xff\xff\0\0"), "a count is too large"},
        {HEAD("FRGR\1\0\0\0\1\0\0\0\2\0\0\0..\4\0\0\0\0\0\0\0\0"), "a name is not safe"},
        {HEAD("FRGR\1\0\0\0\1\0\0\0\1\0\0\0\xff\4\0\0\0\0\0\0\0\0"), "a text is not UTF-8"},
        {HEAD("FRGR\1\0\0\0\1\0\0\0\xff\0\0\0x\4\0\0\0\0\0\0\0\0"), "a text ends too early"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\xb\0\0\0\0\0\0" NONE), "a small number is too large"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\1\1\1\0\0\0\0\0" NONE), "a dimension is not there"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\1\1\0\0\0\0\0" NONE "\0\1\2\3"),
         "values end too early"},
        {HEAD(HUGE_DIM NONE ONE_VARIABLE "\7\1\0\0\0\0\0" NONE "\0"), "values end too early"},
        {HEAD(HUGE_DIM NONE ONE_VARIABLE "\7\2\0\0\0\0\0\0\0\0\0" NONE "\0"),
         "values end too early"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\1\1\0\0\0\0\0" NONE "\0\1\2\3\4\5"),
         "it goes on at its end"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\1\1\0\0\0\0\0" NONE
                                        "\1\1\0\0\0v\0\0\0\0\0\0\0\0\0\0"),
         "a chunk has length 0"},
        {HEAD(ONE_DIM NONE ONE_VARIABLE "\1\1\0\0\0\0\0" NONE
                                        "\3\1\0\0\0v\0\0\0\0\0\0\0\0\0\0"),
         "data/a.nc: variable \"v\": a chunk has length 0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_dataset dataset = {0};
        struct forge_error err = {0};
        char want[200];

        assert_false(try_record(rows[i].bytes, rows[i].length));
        snprintf(want, sizeof want, "data/a.nc: the record of its scan is damaged: %s",
                 rows[i].want);
        assert_false(
            forge_record_read(&dataset, &arena, rows[i].bytes, rows[i].length, &file, &err));
        assert_string_equal(err.text, want);
        forge_arena_clear(&arena);
    }
}

static void computed_values_are_not_recorded(void **state)
{
    struct world *world = *state;
    struct forge_region half = {.start = {0, 0}, .count = {4, 3}, .step = {1, 1}};
    struct forge_variable *variable = forge_dataset_variable(&world->dataset, "chunked");
    struct forge_text out = {0};
    struct forge_error err = {0};

    variable->array = forge_array_slice(&world->arena, variable->array, &half);
    assert_false(forge_record_write(&out, &world->dataset, &err));
    assert_string_equal(err.text,
                        "data/a.nc: variable \"chunked\": computed values cannot be recorded");
    assert_null(out.bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_dataset_comes_back_as_it_was),
        TEST(every_beginning_of_a_record_is_refused),
        TEST(more_bytes_than_a_record_are_refused),
        TEST(every_single_byte_may_be_anything),
        TEST(many_bytes_may_be_anything),
        TEST(what_cannot_be_right_is_refused),
        TEST(computed_values_are_not_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

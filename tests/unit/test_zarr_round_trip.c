/* What was written as a Zarr store comes back from it, element by element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "formats/refused.h"
#include "support/bake.h"

static const uint64_t shapes[5][4] = {{0}, {11}, {5, 6}, {3, 4, 5}, {2, 3, 2, 5}};
static const uint64_t chunks[5][4] = {{0}, {4}, {2, 4}, {2, 2, 3}, {1, 2, 2, 2}};
static const uint64_t shards[5][4] = {{0}, {8}, {4, 4}, {2, 4, 3}, {2, 2, 4, 4}};
static const char *const dims[5] = {"", "a1", "a2 b2", "a3 b3 c3", "a4 b4 c4 d4"};

static union forge_value fill_of(enum forge_dtype dtype)
{
    union forge_value fill = {.int8 = 7};

    if (dtype == FORGE_STRING)
        fill.string = "none";
    else if (dtype == FORGE_FLOAT32)
        fill.float32 = 1e20F;
    else if (dtype == FORGE_FLOAT64)
        fill.float64 = NAN;
    else if (dtype == FORGE_UINT64)
        fill.uint64 = UINT64_MAX - 1;
    return fill;
}

/* Runs of fill and of zero between values of any bits, so that some chunks are absent. */
static void *make_values(struct forge_arena *arena, enum forge_dtype dtype, uint64_t count)
{
    static const char *const texts[] = {"", "a", "\xc3\xa9t\xc3\xa9", "a longer text", "none"};
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(arena, count, size);
    union forge_value fill = fill_of(dtype);
    uint64_t bits = 88172645463325252U;

    for (uint64_t i = 0; i < count; i++) {
        const char *text = texts[i / 5 % 5];

        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        if (dtype == FORGE_STRING)
            memcpy(values + i * size, &text, size);
        else if (i / 13 % 3 == 0)
            memcpy(values + i * size, fill.bytes, size);
        else if (i / 13 % 3 == 1)
            memcpy(values + i * size, &bits, size);
    }
    return values;
}

static struct forge_target_array *add(struct bake *bake, const char *name,
                                      enum forge_dtype dtype, unsigned rank, bool has_fill)
{
    uint64_t count = 1;
    struct forge_target_array *array;
    struct forge_variable *variable;

    for (unsigned d = 0; d < rank; d++)
        count *= shapes[rank][d];
    array = bake_add(bake, name, dtype, dims[rank], shapes[rank], chunks[rank],
                     make_values(&bake->arena, dtype, count));
    variable = bake_variable(bake, array);
    variable->has_fill = has_fill;
    if (has_fill)
        variable->fill = fill_of(dtype);
    return array;
}

static bool is_same_element(enum forge_dtype dtype, const unsigned char *a,
                            const unsigned char *b)
{
    const char *text, *other;

    if (dtype != FORGE_STRING)
        return memcmp(a, b, forge_dtype_size(dtype)) == 0;
    memcpy((void *)&text, a, sizeof text);
    memcpy((void *)&other, b, sizeof other);
    return strcmp(text, other) == 0;
}

static void check_variable(const struct bake *bake, size_t at, const struct forge_dataset *got)
{
    const struct forge_variable *want = &bake->dataset.variables[at];
    const struct forge_variable *variable = forge_dataset_variable(got, want->name);
    const unsigned char *was = bake->values[at];
    size_t size = forge_dtype_size(want->array->dtype);
    struct forge_reader reader = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    const void *read = NULL;
    const unsigned char *values;

    assert_non_null(variable);
    assert_null(forge_array_refusal(variable->array));
    assert_int_equal(variable->array->dtype, want->array->dtype);
    assert_int_equal(variable->array->rank, want->array->rank);
    assert_int_equal(variable->has_fill, want->has_fill);
    if (want->has_fill)
        assert_true(
            is_same_element(want->array->dtype, variable->fill.bytes, want->fill.bytes));
    for (unsigned d = 0; d < want->array->rank; d++) {
        assert_string_equal(variable->dims[d], want->dims[d]);
        assert_int_equal(variable->array->shape[d], want->array->shape[d]);
        assert_int_equal(variable->array->chunk[d], bake->arrays[at].chunk[d]);
    }
    if (!forge_array_values(&read, variable->array, &reader, &arena, 1 << 20, &err))
        fail_msg("%s: %s", want->name, err.text);
    values = read;
    for (uint64_t i = 0; i < forge_array_count(want->array); i++) {
        if (!is_same_element(want->array->dtype, values + i * size, was + i * size))
            fail_msg("%s: element %d differs", want->name, (int)i);
    }
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

static void check_round_trip(struct bake *bake, const char *format)
{
    struct forge_store *store = forge_store_open_memory();
    struct forge_dataset got = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};

    bake_store(bake, forge_target_find(format), store);
    if (!forge_zarr_open(&got, &arena, store, "memory:", &err))
        fail_msg("%s", err.text);
    assert_int_equal(got.variables_count, bake->dataset.variables_count);
    for (size_t i = 0; i < got.variables_count; i++)
        check_variable(bake, i, &got);
    forge_arena_clear(&arena);
    forge_store_close(store);
}

static void every_dtype_and_rank_comes_back(void **state)
{
    static const char *const formats[] = {"zarr2", "zarr"};

    (void)state;
    for (unsigned i = 0; i < 2 * 2 * FORGE_DTYPE_COUNT; i++) {
        enum forge_dtype dtype = (enum forge_dtype)(i / 4);
        struct bake bake;

        bake_open(&bake);
        for (unsigned rank = 0; rank < 5; rank++)
            add(&bake, dims[rank][0] ? dims[rank] + 1 : "scalar", dtype, rank, i % 2);
        check_round_trip(&bake, formats[i / 2 % 2]);
        bake_close(&bake);
    }
}

static void every_codec_comes_back_sharded_or_not(void **state)
{
    static const struct {
        const char *json;
        bool zarr3;
    } codecs[] = {
        {NULL, true},
        {"{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":1,\"shuffle\":1,\"blocksize\":0}",
         true},
        {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":9,\"shuffle\":2,\"blocksize\":0}",
         true},
        {"{\"id\":\"blosc\",\"cname\":\"zlib\",\"clevel\":5,\"shuffle\":0,\"blocksize\":64}",
         true},
        {"{\"id\":\"gzip\",\"level\":5}", true},
        {"{\"id\":\"zstd\",\"level\":3}", true},
        {"{\"id\":\"zlib\",\"level\":4}", false},
    };
    static const enum forge_dtype dtypes[] = {FORGE_FLOAT32, FORGE_INT16, FORGE_UINT8,
                                              FORGE_FLOAT64, FORGE_STRING};

    (void)state;
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        for (unsigned way = codecs[i].zarr3 ? 0 : 2; way < 3; way++) {
            struct bake bake;

            bake_open(&bake);
            for (unsigned rank = 0; rank < 5; rank++) {
                enum forge_dtype dtype = dtypes[(rank + i) % 5];
                struct forge_target_array *array = add(
                    &bake, dims[rank][0] ? dims[rank] + 1 : "scalar", dtype, rank, rank % 2);

                if (codecs[i].json)
                    array->codec = bake_codec(&bake, codecs[i].json);
                array->sharded = way == 1 && dtype != FORGE_STRING;
                memcpy(array->shard, shards[rank], sizeof shards[rank]);
            }
            check_round_trip(&bake, way == 2 ? "zarr2" : "zarr");
            bake_close(&bake);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_and_rank_comes_back),
        cmocka_unit_test(every_codec_comes_back_sharded_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* bake.h: what tests of targets share: a small dataset with everything in it, and a writer of
 * stores without plans and tasks. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_BAKE_H
#define FORGE_TESTS_SUPPORT_BAKE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/nodes.h"
#include "array/reader.h"
#include "formats/target.h"

enum { BAKE_ARRAYS_MAX = 64 };

struct bake {
    struct forge_arena arena;
    struct forge_dataset dataset;
    struct forge_target_array arrays[BAKE_ARRAYS_MAX];
    void *values[BAKE_ARRAYS_MAX]; /* in memory, of each array; never written */
};

static inline void bake_open(struct bake *bake)
{
    *bake = (struct bake){0};
    bake->dataset = (struct forge_dataset){.arena = &bake->arena, .url = "test"};
}

static inline void bake_close(struct bake *bake)
{
    forge_arena_clear(&bake->arena);
}

/* A variable with these dimensions ("time lat lon", or ""), sizes, chunks (room for 4 of each)
 * and values. The pointers are good until the next one is added. */
static inline struct forge_target_array *bake_add(struct bake *bake, const char *name,
                                                  enum forge_dtype dtype, const char *dims,
                                                  const uint64_t *shape, const uint64_t *chunk,
                                                  const void *values)
{
    size_t at = bake->dataset.variables_count;
    struct forge_target_array *array = &bake->arrays[at];
    struct forge_variable *variable = forge_dataset_add_variable(&bake->dataset, name);
    char *names = forge_arena_text(&bake->arena, dims), *rest = NULL;
    unsigned rank = 0;

    assert_true(at < BAKE_ARRAYS_MAX);
    assert_true(!dims[0] || (shape && chunk));
    for (char *dim = strtok_r(names, " ", &rest); dim; dim = strtok_r(NULL, " ", &rest)) {
        assert_true(rank < 4);
        if (!forge_dataset_dimension(&bake->dataset, dim))
            forge_dataset_add_dimension(&bake->dataset, dim, shape[rank]);
        array->chunk[rank] = chunk[rank];
        variable->dims[rank++] = dim;
    }
    variable->array = forge_array_memory(&bake->arena, dtype, rank, shape, values);
    memcpy(&bake->values[at], &values, sizeof values);
    for (size_t i = 0; i <= at; i++)
        bake->arrays[i].variable = &bake->dataset.variables[i];
    return array;
}

static inline struct forge_variable *bake_variable(struct bake *bake,
                                                   const struct forge_target_array *array)
{
    return &bake->dataset.variables[array - bake->arrays];
}

/* Encode every object of one array, within what scratch() promises, and put those that are
 * stored. */
static inline void bake_array(struct bake *bake, const struct forge_target_type *type,
                              const struct forge_target_array *array, struct forge_store *store)
{
    const struct forge_array *lazy = array->variable->array;
    const uint64_t *box = array->sharded ? array->shard : array->chunk;
    size_t size = forge_dtype_size(lazy->dtype);
    struct forge_view all =
        forge_view_of(bake->values[array - bake->arrays], lazy->rank, lazy->shape, size);
    struct forge_budget budget = {.limit = type->scratch(array)};
    struct forge_encoder encoder = {
        {.budget = &budget}, {.budget = &budget}, {.budget = &budget}, {.budget = &budget}};
    uint64_t grid[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total;
    struct forge_error err = {0};

    assert_true(forge_grid_shape(grid, &total, lazy->rank, lazy->shape, box));
    for (; total > 0; total--) {
        struct forge_region region = forge_region_of_chunk(lazy->rank, lazy->shape, box, index);
        struct forge_view view = forge_view_shift(&all, lazy->rank, region.start);
        const unsigned char *bytes = NULL;
        struct forge_text key = {0};
        uint64_t length = 0;
        bool absent = false;

        type->key(&key, array, index);
        if (!type->encode(array, &view, region.count, &encoder, &bytes, &length, &absent, &err))
            fail_msg("%s: %s", forge_text_string(&key), err.text);
        if (!absent)
            assert_true(forge_store_put(store, forge_text_string(&key), bytes, length, &err));
        forge_text_clear(&key);
        forge_grid_next(index, lazy->rank, grid);
    }
    forge_encoder_close(&encoder);
    assert_int_equal(budget.used, 0);
}

static inline void bake_store(struct bake *bake, const struct forge_target_type *type,
                              struct forge_store *store)
{
    struct forge_error err = {0};
    size_t count = bake->dataset.variables_count;

    for (size_t i = 0; i < count; i++) {
        if (!type->accept(&bake->arrays[i], &err))
            fail_msg("%s", err.text);
        bake_array(bake, type, &bake->arrays[i], store);
    }
    if (!type->metadata(store, &bake->dataset, bake->arrays, count, &err))
        fail_msg("%s", err.text);
}

/* A codec by the JSON that Zarr 2 has for it. */
static inline struct forge_codec bake_codec(struct bake *bake, const char *json)
{
    struct forge_json_value *value = NULL;
    struct forge_codec codec = {0};
    struct forge_error err = {0};

    if (!forge_json_parse(&value, &bake->arena, json, strlen(json), &err) ||
        !forge_codec_parse(&codec, 0, value, 2, &bake->arena, &err))
        fail_msg("%s: %s", json, err.text);
    return codec;
}

static inline void bake_check_document(struct forge_store *store, const char *key,
                                       const char *want)
{
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    char *text = NULL;
    size_t length = 0;

    if (!forge_store_get(&text, &length, store, key, &arena, 1 << 20, &err))
        fail_msg("%s", err.text);
    assert_int_equal(text[length - 1], '\n');
    text[length - 1] = '\0';
    assert_string_equal(text, want);
    forge_arena_clear(&arena);
}

/* What is stored under a key, in hexadecimal digits; "absent" when nothing is. */
static inline void bake_check_bytes(struct forge_store *store, const char *key,
                                    const char *want)
{
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    struct forge_text hex = {0};
    char *bytes = NULL;
    size_t length = 0;

    if (!forge_store_get(&bytes, &length, store, key, &arena, 1 << 20, &err)) {
        assert_int_equal(err.code, FORGE_MISSING);
        forge_text_add(&hex, "absent");
    }
    for (size_t i = 0; i < length; i++)
        forge_text_print(&hex, "%02x", (unsigned char)bytes[i]);
    if (strcmp(forge_text_string(&hex), want) != 0)
        fail_msg("%s is %s, not %s", key, forge_text_string(&hex), want);
    forge_text_clear(&hex);
    forge_arena_clear(&arena);
}

#endif

/* leaf.h: an array in chunks, as a file has them, for tests: it counts what is decoded. */
#ifndef FORGE_TESTS_SUPPORT_LEAF_H
#define FORGE_TESTS_SUPPORT_LEAF_H

#include <string.h>

#include "array/array.h"
#include "array/identity.h"
#include "array/reader.h"
#include "base/checked.h"

struct leaf {
    struct forge_array array;
    struct forge_view values;
    uint64_t grid[FORGE_RANK_MAX], chunks;
    unsigned *decoded, *touched; /* how often, per chunk */
    const char *url;
};

/* The chunk numbers of dimension d that have elements of the region: is `chunk` one? */
static bool leaf_has(const struct leaf *leaf, const struct forge_region *region, unsigned d,
                     uint64_t chunk)
{
    uint64_t first = chunk * leaf->array.chunk[d], end = first + leaf->array.chunk[d];

    for (uint64_t i = 0; i < region->count[d]; i++) {
        uint64_t at = region->start[d] + i * region->step[d];

        if (at >= first && at < end)
            return true;
    }
    return false;
}

static void leaf_count(const struct leaf *leaf, const struct forge_region *region,
                       unsigned *counts)
{
    uint64_t index[FORGE_RANK_MAX] = {0};

    for (uint64_t number = 0; number < leaf->chunks; number++) {
        bool has = true;

        forge_grid_index(index, leaf->array.rank, leaf->grid, number);
        for (unsigned d = 0; d < leaf->array.rank && has; d++)
            has = leaf_has(leaf, region, d, index[d]);
        counts[number] += has;
    }
}

static uint64_t leaf_chunk_bytes(const struct forge_array *array)
{
    uint64_t bytes = forge_dtype_size(array->dtype);

    for (unsigned d = 0; d < array->rank; d++)
        bytes *= array->chunk[d];
    return bytes;
}

static bool leaf_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct leaf *leaf = (const struct leaf *)array;
    struct forge_view from = forge_view_shift(&leaf->values, array->rank, region->start);
    struct forge_block block = {0};

    if (!forge_block_open(&block, reader->budget, leaf_chunk_bytes(array), err))
        return false;
    leaf_count(leaf, region, leaf->decoded);
    for (unsigned d = 0; d < array->rank; d++)
        from.stride[d] *= region->count[d] > 1 ? (int64_t)region->step[d] : 1;
    forge_view_copy(view, &from, array->rank, region->count, forge_dtype_size(array->dtype));
    forge_block_close(&block);
    return true;
}

static void leaf_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct leaf *leaf = (const struct leaf *)array;
    struct forge_touch touch = {.url = leaf->url, .decoded = leaf_chunk_bytes(array)};

    leaf_count(leaf, region, leaf->touched);
    visit(context, &touch);
}

static uint64_t leaf_scratch(const struct forge_array *array, const struct forge_region *region)
{
    (void)region;
    return leaf_chunk_bytes(array);
}

/* As a file of its own: what the elements are. */
static void leaf_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct leaf *leaf = (const struct leaf *)array;
    struct forge_view from = forge_view_shift(&leaf->values, array->rank, region->start);
    uint64_t index[FORGE_RANK_MAX] = {0};

    for (unsigned d = 0; d < array->rank; d++)
        from.stride[d] *= region->count[d] > 1 ? (int64_t)region->step[d] : 1;
    do
        forge_hasher_add(identity->files, forge_view_shift(&from, array->rank, index).bytes,
                         forge_dtype_size(array->dtype));
    while (forge_grid_next(index, array->rank, region->count));
}

static const struct forge_array_type leaf_type = {
    .name = "leaf",
    .read = leaf_read,
    .touch = leaf_touch,
    .scratch = leaf_scratch,
    .identify = leaf_identify,
};

/* `values` in C order, borrowed. */
static struct leaf *leaf_new(struct forge_arena *arena, enum forge_dtype dtype, unsigned rank,
                             const uint64_t *shape, const uint64_t *chunk, const void *values)
{
    struct leaf *leaf = forge_arena_take(arena, sizeof *leaf);
    void *bytes = NULL;

    leaf->array = (struct forge_array){.type = &leaf_type, .dtype = dtype, .rank = rank};
    leaf->url = "file:leaf";
    for (unsigned d = 0; d < rank; d++) {
        leaf->array.shape[d] = shape[d];
        leaf->array.chunk[d] = chunk[d];
    }
    memcpy(&bytes, &values, sizeof bytes);
    leaf->values = forge_view_of(bytes, rank, shape, forge_dtype_size(dtype));
    if (!forge_grid_shape(leaf->grid, &leaf->chunks, rank, shape, chunk))
        return NULL;
    leaf->decoded = forge_arena_array(arena, leaf->chunks, sizeof *leaf->decoded);
    leaf->touched = forge_arena_array(arena, leaf->chunks, sizeof *leaf->touched);
    return leaf;
}

#endif

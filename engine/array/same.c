/* same.c: the first of several arrays, checked against all the others whenever it is read. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "array/identity.h"
#include "array/nodes.h"
#include "array/reader.h"
#include "array/tiles.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    const char *name;
    const struct forge_array *const *arrays;
    const char *const *urls;
    size_t count;
};

static bool is_same(enum forge_dtype dtype, const unsigned char *a, const unsigned char *b)
{
    const char *texts[2];

    if (dtype != FORGE_STRING)
        return memcmp(a, b, forge_dtype_size(dtype)) == 0;
    memcpy(&texts[0], a, sizeof texts[0]);
    memcpy(&texts[1], b, sizeof texts[1]);
    return strcmp(texts[0], texts[1]) == 0;
}

/* Runs of the last dimension compare at once where both are contiguous. */
static bool is_same_row(enum forge_dtype dtype, const unsigned char *a, int64_t stride,
                        const unsigned char *b, uint64_t count, uint64_t *differs)
{
    size_t size = forge_dtype_size(dtype);

    if (dtype != FORGE_STRING && stride == (int64_t)size && memcmp(a, b, count * size) == 0)
        return true;
    for (uint64_t i = 0; i < count; i++) {
        if (!is_same(dtype, a, b)) {
            *differs = i;
            return false;
        }
        a += stride;
        b += size;
    }
    return true;
}

/* Compare a tile with what the view has; `index` is the first element, in C order, that
 * differs, counted in the tile. */
static bool is_same_tile(enum forge_dtype dtype, unsigned rank, const uint64_t *count,
                         const struct forge_view *view, const struct forge_view *other,
                         uint64_t *index)
{
    unsigned rows = rank > 0 ? rank - 1 : 0;
    size_t size = forge_dtype_size(dtype);
    uint64_t length = rank > 0 ? count[rows] : 1, differs = 0;
    int64_t stride = rank > 0 ? view->stride[rows] : (int64_t)size;

    memset(index, 0, FORGE_RANK_MAX * sizeof *index);
    do {
        const unsigned char *a = forge_view_shift(view, rows, index).bytes;
        const unsigned char *b = forge_view_shift(other, rows, index).bytes;

        if (!is_same_row(dtype, a, stride, b, length, &differs)) {
            index[rows] = differs;
            return false;
        }
    } while (forge_grid_next(index, rows, count));
    return true;
}

static void format_index(char *out, size_t size, unsigned rank, const uint64_t *index)
{
    size_t used = 0;

    snprintf(out, size, "[");
    for (unsigned d = 0; d < rank; d++) {
        used = strlen(out);
        snprintf(out + used, size - used, d > 0 ? ", %llu" : "%llu",
                 (unsigned long long)index[d]);
    }
    used = strlen(out);
    snprintf(out + used, size - used, "]");
}

/* The first difference that was seen, in C order. */
struct difference {
    bool found;
    uint64_t index[FORGE_RANK_MAX]; /* in the region */
    char values[2][100];            /* of the first array and the other */
};

static bool is_before(const uint64_t *a, const uint64_t *b, unsigned rank)
{
    for (unsigned d = 0; d < rank; d++) {
        if (a[d] != b[d])
            return a[d] < b[d];
    }
    return false;
}

/* Tiles are not in C order of their elements, so that the first difference may be in a later
 * one: all are looked at. */
static void compare_tile(struct difference *difference, const struct forge_array *array,
                         const struct forge_tiles *tiles, const struct forge_view *view,
                         const struct forge_view *other)
{
    struct forge_view mine = forge_view_shift(view, array->rank, tiles->offset);
    struct forge_view at_first, at_other;
    uint64_t index[FORGE_RANK_MAX];

    if (is_same_tile(array->dtype, array->rank, tiles->tile.count, &mine, other, index))
        return;
    at_first = forge_view_shift(&mine, array->rank, index);
    at_other = forge_view_shift(other, array->rank, index);
    for (unsigned d = 0; d < array->rank; d++)
        index[d] += tiles->offset[d];
    if (difference->found && !is_before(index, difference->index, array->rank))
        return;
    difference->found = true;
    memcpy(difference->index, index, sizeof index);
    forge_value_format(difference->values[0], sizeof difference->values[0], array->dtype,
                       at_first.bytes);
    forge_value_format(difference->values[1], sizeof difference->values[1], array->dtype,
                       at_other.bytes);
}

static bool fail(const struct node *node, size_t which, const struct difference *difference,
                 const struct forge_region *region, struct forge_error *err)
{
    uint64_t index[FORGE_RANK_MAX] = {0};
    char text[24 * FORGE_RANK_MAX];

    for (unsigned d = 0; d < node->array.rank; d++)
        index[d] = region->start[d] + difference->index[d] * region->step[d];
    format_index(text, sizeof text, node->array.rank, index);
    return forge_fail(err, FORGE_BAD_SOURCE,
                      "%s is not the same in all files: at %s it is %s in %s, but %s in %s",
                      node->name, text, difference->values[0], node->urls[0],
                      difference->values[1], node->urls[which]);
}

static bool check(const struct node *node, size_t which, struct forge_reader *reader,
                  const struct forge_region *region, const struct forge_view *view,
                  struct forge_block *block, struct forge_error *err)
{
    const struct forge_array *array = node->arrays[which];
    size_t size = forge_dtype_size(array->dtype);
    struct difference difference = {0};
    struct forge_tiles tiles;

    if (!forge_block_reserve(block, forge_tiles_bytes(array, region, size, FORGE_TILE_BYTES),
                             err))
        return false;
    forge_tiles_open(&tiles, array, region, size, FORGE_TILE_BYTES);
    while (forge_tiles_next(&tiles)) {
        struct forge_view other =
            forge_view_of(block->bytes, array->rank, tiles.tile.count, size);

        if (!forge_array_read(array, reader, &tiles.tile, &other, err))
            return false;
        compare_tile(&difference, array, &tiles, view, &other);
    }
    return !difference.found || fail(node, which, &difference, region, err);
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_block block = {.budget = reader->budget};
    bool done = forge_array_read(node->arrays[0], reader, region, view, err);

    for (size_t i = 1; i < node->count && done; i++)
        done = check(node, i, reader, region, view, &block, err);
    forge_block_close(&block);
    return done;
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;

    for (size_t i = 0; i < node->count; i++)
        forge_array_touch(node->arrays[i], region, visit, context);
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct node *node = (const struct node *)array;
    size_t size = forge_dtype_size(array->dtype);
    uint64_t block = 0, most = 0;

    for (size_t i = 0; i < node->count; i++) {
        const struct forge_array *one = node->arrays[i];

        most = forge_maximum(most, forge_array_scratch(one, region));
        if (i > 0)
            block =
                forge_maximum(block, forge_tiles_bytes(one, region, size, FORGE_TILE_BYTES));
    }
    return forge_checked_add(&most, most, block) ? most : UINT64_MAX;
}

/* The digests of both parts of a member that is in memory. */
struct parts {
    struct forge_digest structure, files;
};

static void identify_member(struct parts *parts, const struct forge_array *array,
                            const struct forge_region *region)
{
    struct forge_identity identity = {forge_hasher_open(), forge_hasher_open(), false};

    forge_array_identify(array, region, &identity);
    assert(!identity.unknown);
    forge_hasher_finish(identity.structure, &parts->structure);
    forge_hasher_finish(identity.files, &parts->files);
}

/* A member in memory that is known to be the first again keeps the promise: it does not count.
 * So files that only say the same once more change nothing. */
static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    const struct forge_array *first = node->arrays[0];
    struct parts parts[2];
    bool known = false;

    forge_array_identify(first, region, identity);
    for (size_t i = 1; i < node->count; i++) {
        const struct forge_array *one = node->arrays[i];

        if (one->in_memory && first->in_memory) {
            if (!known)
                identify_member(&parts[0], first, region);
            known = true;
            identify_member(&parts[1], one, region);
            if (memcmp(&parts[0], &parts[1], sizeof parts[0]) == 0)
                continue;
        }
        forge_array_identify(one, region, identity);
    }
    forge_identity_number(identity, 0); /* the end of the list */
}

static const struct forge_array_type type = {
    .name = "same",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .identify = node_identify,
};

const struct forge_array *forge_array_same(struct forge_arena *arena, const char *name,
                                           const struct forge_array *const *arrays,
                                           const char *const *urls, size_t count)
{
    struct node *node = forge_arena_take(arena, sizeof *node);
    const struct forge_array **kept = forge_arena_array(arena, count, sizeof(void *));
    const char **names = forge_arena_array(arena, count, sizeof *names);

    assert(count > 0);
    node->array = *arrays[0];
    node->array.type = &type;
    for (size_t i = 0; i < count; i++) {
        assert(arrays[i]->dtype == arrays[0]->dtype && arrays[i]->rank == arrays[0]->rank);
        assert(memcmp(arrays[i]->shape, arrays[0]->shape, sizeof arrays[0]->shape) == 0);
        node->array.in_memory = node->array.in_memory && arrays[i]->in_memory;
        kept[i] = arrays[i];
        names[i] = urls[i];
    }
    node->name = forge_arena_text(arena, name);
    node->arrays = kept;
    node->urls = names;
    node->count = count;
    return &node->array;
}

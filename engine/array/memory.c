/* memory.c: values in memory; the leaf of coordinates and of everything computed. */
#include <assert.h>
#include <string.h>

#include "array/identity.h"
#include "array/nodes.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    struct forge_view values; /* only read */
    const char *url;          /* of the file they came from; NULL: computed */
};

static struct forge_view view_of_region(const struct node *node,
                                        const struct forge_region *region)
{
    unsigned rank = node->array.rank;
    struct forge_view from = forge_view_shift(&node->values, rank, region->start);

    for (unsigned d = 0; d < rank; d++) {
        /* a step may be huge where it is never taken */
        from.stride[d] = region->count[d] > 1 ? from.stride[d] * (int64_t)region->step[d] : 0;
    }
    return from;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_view from = view_of_region(node, region);

    (void)reader;
    (void)err;
    forge_view_copy(view, &from, array->rank, region->count, forge_dtype_size(array->dtype));
    return true;
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;
    const struct forge_touch touch = {.url = node->url};

    (void)region;
    if (node->url)
        visit(context, &touch);
}

static void add_string(struct forge_hasher *hasher, const unsigned char *element)
{
    const char *text = NULL;
    uint64_t length;

    memcpy(&text, element, sizeof text);
    length = strlen(text);
    forge_hasher_add(hasher, &length, sizeof length);
    forge_hasher_add(hasher, text, length);
}

/* The elements as one item, runs that lie together at once; strings by what they say. */
static void add_elements(struct forge_hasher *hasher, const struct forge_array *array,
                         const struct forge_view *from, const uint64_t *count)
{
    size_t size = forge_dtype_size(array->dtype), run = 1;
    uint64_t index[FORGE_RANK_MAX] = {0};
    unsigned outer = array->rank;

    while (array->dtype != FORGE_STRING && outer > 0 &&
           (count[outer - 1] == 1 || from->stride[outer - 1] == (int64_t)(run * size)))
        run *= count[--outer];
    do {
        const unsigned char *bytes = forge_view_shift(from, outer, index).bytes;

        if (array->dtype == FORGE_STRING)
            add_string(hasher, bytes);
        else
            forge_hasher_add(hasher, bytes, run * size);
    } while (forge_grid_next(index, outer, count));
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    struct forge_view from = view_of_region(node, region);

    forge_identity_number(identity, node->url != NULL);
    add_elements(node->url ? identity->files : identity->structure, array, &from,
                 region->count);
}

static const struct forge_array_type type = {
    .name = "memory",
    .read = node_read,
    .touch = node_touch,
    .identify = node_identify,
};

const struct forge_array *forge_array_memory_of(struct forge_arena *arena,
                                                enum forge_dtype dtype, unsigned rank,
                                                const uint64_t *shape, const void *values,
                                                const char *url)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    assert(rank <= FORGE_RANK_MAX);
    node->array =
        (struct forge_array){.type = &type, .dtype = dtype, .rank = rank, .in_memory = true};
    for (unsigned d = 0; d < rank; d++) {
        node->array.shape[d] = shape[d];
        node->array.chunk[d] = forge_maximum(shape[d], 1);
    }
    /* the view type is for writing too; nothing here does */
    memcpy(&node->values.bytes, &values, sizeof values);
    node->values = forge_view_of(node->values.bytes, rank, shape, forge_dtype_size(dtype));
    node->url = url;
    return &node->array;
}

const struct forge_array *forge_array_memory(struct forge_arena *arena, enum forge_dtype dtype,
                                             unsigned rank, const uint64_t *shape,
                                             const void *values)
{
    return forge_array_memory_of(arena, dtype, rank, shape, values, NULL);
}

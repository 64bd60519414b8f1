/* permute.c: dimensions in another order, new ones and fewer: only strides change places. */
#include <assert.h>

#include "array/identity.h"
#include "array/nodes.h"

struct node {
    struct forge_array array;
    const struct forge_array *child;
    unsigned order[FORGE_RANK_MAX];
};

/* Dimensions that the result does not have are read at index 0. */
static struct forge_region region_of_child(const struct node *node,
                                           const struct forge_region *region)
{
    struct forge_region inner = {0};

    for (unsigned d = 0; d < node->child->rank; d++) {
        inner.count[d] = 1;
        inner.step[d] = 1;
    }
    for (unsigned d = 0; d < node->array.rank; d++) {
        unsigned from = node->order[d];

        if (from == FORGE_NEW_DIM)
            continue;
        inner.start[from] = region->start[d];
        inner.count[from] = region->count[d];
        inner.step[from] = region->step[d];
    }
    return inner;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_region inner = region_of_child(node, region);
    struct forge_view permuted = {.bytes = view->bytes};

    for (unsigned d = 0; d < array->rank; d++) {
        if (node->order[d] != FORGE_NEW_DIM)
            permuted.stride[node->order[d]] = view->stride[d];
    }
    return forge_array_read(node->child, reader, &inner, &permuted, err);
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;
    struct forge_region inner = region_of_child(node, region);

    forge_array_touch(node->child, &inner, visit, context);
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct node *node = (const struct node *)array;
    struct forge_region inner = region_of_child(node, region);

    return forge_array_scratch(node->child, &inner);
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    struct forge_region inner = region_of_child(node, region);

    for (unsigned d = 0; d < array->rank; d++)
        forge_identity_number(identity, node->order[d]);
    forge_array_identify(node->child, &inner, identity);
}

static const struct forge_array_type type = {
    .name = "permute",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .identify = node_identify,
};

#ifndef NDEBUG
static bool is_whole(const struct forge_array *child, const unsigned *order, unsigned rank)
{
    for (unsigned from = 0; from < child->rank; from++) {
        unsigned seen = 0;

        for (unsigned d = 0; d < rank; d++)
            seen += order[d] == from;
        if (seen > 1 || (seen == 0 && child->shape[from] != 1))
            return false;
    }
    return true;
}
#endif

const struct forge_array *forge_array_permute(struct forge_arena *arena,
                                              const struct forge_array *child,
                                              const unsigned *order, unsigned rank)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    assert(rank <= FORGE_RANK_MAX && is_whole(child, order, rank));
    node->array = (struct forge_array){
        .type = &type, .dtype = child->dtype, .rank = rank, .in_memory = child->in_memory};
    node->child = child;
    for (unsigned d = 0; d < rank; d++) {
        unsigned from = order[d];
        bool is_new = from == FORGE_NEW_DIM;

        assert(is_new || from < child->rank);
        node->order[d] = from;
        node->array.shape[d] = is_new ? 1 : child->shape[from];
        node->array.chunk[d] = is_new ? 1 : child->chunk[from];
        node->array.phase[d] = is_new ? 0 : child->phase[from];
    }
    return &node->array;
}

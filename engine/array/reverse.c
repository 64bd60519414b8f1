/* reverse.c: an axis backwards: the same region mirrored, into a view that runs backwards. */
#include <assert.h>

#include "array/identity.h"
#include "array/nodes.h"

struct node {
    struct forge_array array;
    const struct forge_array *child;
    unsigned axis;
};

/* The last element of the region is the first of the child's, so that the region need not end
 * at the edge. */
static struct forge_region region_of_child(const struct node *node,
                                           const struct forge_region *region)
{
    struct forge_region mirrored = *region;
    unsigned axis = node->axis;
    uint64_t last = region->start[axis] + (region->count[axis] - 1) * region->step[axis];

    mirrored.start[axis] = node->array.shape[axis] - 1 - last;
    return mirrored;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_region mirrored = region_of_child(node, region);
    struct forge_view backwards = *view;
    int64_t stride = view->stride[node->axis];

    backwards.bytes += (int64_t)(region->count[node->axis] - 1) * stride;
    backwards.stride[node->axis] = -stride;
    return forge_array_read(node->child, reader, &mirrored, &backwards, err);
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;
    struct forge_region mirrored = region_of_child(node, region);

    forge_array_touch(node->child, &mirrored, visit, context);
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct node *node = (const struct node *)array;
    struct forge_region mirrored = region_of_child(node, region);

    return forge_array_scratch(node->child, &mirrored);
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    struct forge_region mirrored = region_of_child(node, region);

    forge_identity_number(identity, node->axis);
    forge_array_identify(node->child, &mirrored, identity);
}

static const struct forge_array_type type = {
    .name = "reverse",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .identify = node_identify,
};

const struct forge_array *forge_array_reverse(struct forge_arena *arena,
                                              const struct forge_array *child, unsigned axis)
{
    struct node *node = forge_arena_take(arena, sizeof *node);
    uint64_t chunk, into;

    assert(axis < child->rank);
    node->array = *child;
    node->array.type = &type;
    node->child = child;
    node->axis = axis;
    if (child->shape[axis] > 0) {
        chunk = child->chunk[axis];
        into = ((child->shape[axis] - 1) % chunk + child->phase[axis]) % chunk;
        node->array.phase[axis] = chunk - 1 - into;
    }
    return &node->array;
}

/* slice.c: start + i * step along every dimension; regions compose, nothing is copied. */
#include <assert.h>

#include "array/nodes.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    const struct forge_array *child;
    struct forge_region region; /* of the child */
};

static struct forge_region region_of_child(const struct node *node,
                                           const struct forge_region *region)
{
    struct forge_region inner = *region;

    for (unsigned d = 0; d < node->array.rank; d++) {
        inner.start[d] = node->region.start[d] + region->start[d] * node->region.step[d];
        /* the product fits where the step is taken at all */
        inner.step[d] = region->count[d] > 1 ? region->step[d] * node->region.step[d] : 1;
    }
    return inner;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_region inner = region_of_child(node, region);

    return forge_array_read(node->child, reader, &inner, view, err);
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

static const struct forge_array *node_beneath(const struct forge_array *array,
                                              const struct forge_region *region,
                                              struct forge_region *inner)
{
    const struct node *node = (const struct node *)array;

    *inner = region_of_child(node, region);
    return node->child;
}

static const struct forge_array_type type = {
    .name = "slice",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .beneath = node_beneath,
};

/* Where the step divides the child's chunk the grid stays regular; elsewhere chunks have one
 * element more or less, and the larger number serves as the hint. */
static void derive_grid(struct forge_array *array, const struct forge_array *child,
                        const struct forge_region *region, unsigned d)
{
    uint64_t chunk = forge_divide_up(child->chunk[d], region->step[d]);
    uint64_t into = (region->start[d] % child->chunk[d] + child->phase[d]) % child->chunk[d];

    array->chunk[d] = chunk;
    array->phase[d] = into / region->step[d];
}

const struct forge_array *forge_array_slice(struct forge_arena *arena,
                                            const struct forge_array *child,
                                            const struct forge_region *region)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    node->array = (struct forge_array){.type = &type,
                                       .dtype = child->dtype,
                                       .rank = child->rank,
                                       .in_memory = child->in_memory};
    node->child = child;
    node->region = *region;
    for (unsigned d = 0; d < child->rank; d++) {
        assert(region->step[d] > 0);
        assert(region->count[d] == 0 ||
               (region->start[d] < child->shape[d] &&
                region->count[d] - 1 <=
                    (child->shape[d] - 1 - region->start[d]) / region->step[d]));
        node->array.shape[d] = region->count[d];
        derive_grid(&node->array, child, region, d);
    }
    return &node->array;
}

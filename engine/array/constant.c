/* constant.c: the same value everywhere, at no cost in memory. */
#include <assert.h>

#include "array/identity.h"
#include "array/nodes.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    union forge_value value;
};

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;

    (void)reader;
    (void)err;
    forge_view_fill(view, array->rank, region->count, &node->value,
                    forge_dtype_size(array->dtype));
    return true;
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;

    (void)region;
    forge_identity_value(identity, array->dtype, &node->value);
}

static const struct forge_array_type type = {
    .name = "constant",
    .read = node_read,
    .identify = node_identify,
};

const struct forge_array *forge_array_constant(struct forge_arena *arena,
                                               enum forge_dtype dtype, unsigned rank,
                                               const uint64_t *shape,
                                               const union forge_value *value)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    assert(rank <= FORGE_RANK_MAX);
    node->array =
        (struct forge_array){.type = &type, .dtype = dtype, .rank = rank, .in_memory = true};
    node->value = *value;
    for (unsigned d = 0; d < rank; d++) {
        node->array.shape[d] = shape[d];
        node->array.chunk[d] = forge_maximum(shape[d], 1);
    }
    return &node->array;
}

/* random_tree.h: random trees of nodes, with their models. */
#ifndef FORGE_TESTS_SUPPORT_RANDOM_TREE_H
#define FORGE_TESTS_SUPPORT_RANDOM_TREE_H

#include "support/trees.h"

static const struct model *random_node(struct trees *trees, const struct model *child)
{
    enum forge_dtype dtype = child->array->dtype;
    enum kind kind = (enum kind)(CONCAT + below(RESCALE - CONCAT + 1));
    bool has_axis = child->array->rank > 0;

    switch (kind) {
    case CONCAT:
        return has_axis && child->whole ? random_concat(trees, child) : child;
    case TAKE:
        return has_axis ? random_take(trees, child) : child;
    case REVERSE:
        return has_axis ? random_reverse(trees, child) : child;
    case SLICE:
        return random_slice(trees, child);
    case PERMUTE:
        return random_permute(trees, child);
    case SAME:
        return random_same(trees, child);
    case CAST:
        return random_cast(trees, child);
    case REFILL:
        return random_refill(trees, child);
    case UNPACK:
        return random_unpack(trees, child);
    case PACK:
        return forge_dtype_is_float(dtype) && isnan(child->fill) ? random_pack(trees, child)
                                                                 : child;
    default:
        return child->whole && (dtype == FORGE_INT64 || dtype == FORGE_FLOAT64)
                   ? random_rescale(trees, child)
                   : child;
    }
}

/* How large trees are, and how many values their leaves may have. */
struct tree_shape {
    unsigned rank_most, depth_most;
    uint64_t length_most; /* of a dimension, where there are two at most; 8 where there are more
                           */
    double high;
};

static const struct tree_shape any_shape = {4, 9, 20, 99};

/* `kinds` counts the nodes of each kind. */
static const struct model *random_tree(struct trees *trees, const struct tree_shape *most,
                                       size_t *kinds)
{
    struct model like = {.high = most->high};
    enum forge_dtype dtype = (enum forge_dtype)below(FORGE_STRING);
    unsigned rank = below(20) == 0 ? 0 : 1 + (unsigned)below(most->rank_most);
    unsigned depth = (unsigned)below(most->depth_most + 1);
    uint64_t shape[FORGE_RANK_MAX] = {0};
    const struct model *tree;

    for (unsigned d = 0; d < rank; d++)
        shape[d] = below(5) == 0
                       ? 1
                       : 1 + below(rank < 3 || most->length_most < 8 ? most->length_most : 8);
    like.fill = random_fill(dtype);
    tree = random_leaf(trees, &like, dtype, rank, shape);
    kinds[tree->kind]++;
    for (unsigned i = 0; i < depth; i++) {
        const struct model *wrapped = random_node(trees, tree);

        kinds[wrapped->kind] += wrapped != tree;
        tree = wrapped;
    }
    return tree;
}

#endif

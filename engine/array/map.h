/* map.h: nodes that convert element by element: what they have in common.
 *
 * The child is read into scratch a tile at a time, or straight into the view
 * where the dtype stays, and converted row by row by a kernel. Kernels see
 * dense, aligned rows that do not overlap, so that they can be plain loops.
 */
#ifndef FORGE_ARRAY_MAP_H
#define FORGE_ARRAY_MAP_H

#include "array/array.h"

struct forge_map {
    const struct forge_array *child;
    size_t size;   /* of an element of the result */
    bool in_place; /* same dtype as the child's */

    /* Convert; 0 when all went well, else bits that `fail` understands. */
    unsigned (*row)(const void *context, void *to, const void *from, uint64_t count);

    /* Say what is wrong with one element that `row` refused; returns false. NULL where `row`
     * refuses nothing. */
    bool (*fail)(const void *context, unsigned why, const void *element,
                 struct forge_error *err);
};

/* The result's array: shape and grid of `child`, in `dtype`. */
struct forge_array forge_map_array(const struct forge_array_type *type,
                                   const struct forge_array *child, enum forge_dtype dtype);

FORGE_MUST_CHECK bool forge_map_read(const struct forge_map *map, const void *context,
                                     struct forge_reader *reader,
                                     const struct forge_region *region,
                                     const struct forge_view *view, struct forge_error *err);
uint64_t forge_map_scratch(const struct forge_map *map, const struct forge_region *region);

#endif

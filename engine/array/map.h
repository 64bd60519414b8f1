/* map.h: nodes that convert element by element: what they have in common.
 *
 * The child is read into scratch a tile at a time, or straight into the view
 * where the dtype stays, and converted row by row by a kernel. Kernels see
 * dense, aligned rows that do not overlap, so that they can be plain loops.
 */
#ifndef FORGE_ARRAY_MAP_H
#define FORGE_ARRAY_MAP_H

#include "array/array.h"

/* The first member of such a node. */
struct forge_map {
    struct forge_array array;
    const struct forge_array *child;
    size_t size;          /* of an element of the result */
    bool in_place;        /* same dtype as the child's */
    const void *settings; /* what `row` and `fail` are called with */

    /* Convert; 0 when all went well, else bits that `fail` understands. */
    unsigned (*row)(const void *settings, void *to, const void *from, uint64_t count);

    /* Say what is wrong with one element that `row` refused; returns false. NULL where `row`
     * refuses nothing. */
    bool (*fail)(const void *settings, unsigned why, const void *element,
                 struct forge_error *err);
};

/* A map whose result has the shape and grid of `child`, in `dtype`. Its settings, `row` and
 * `fail` are the caller's to set. */
struct forge_map forge_map_of(const struct forge_array_type *type,
                              const struct forge_array *child, enum forge_dtype dtype);

/* The functions of the type of such a node. */
FORGE_MUST_CHECK bool forge_map_read(const struct forge_array *array,
                                     struct forge_reader *reader,
                                     const struct forge_region *region,
                                     const struct forge_view *view, struct forge_error *err);
void forge_map_touch(const struct forge_array *array, const struct forge_region *region,
                     forge_touch_visit *visit, void *context);
uint64_t forge_map_scratch(const struct forge_array *array, const struct forge_region *region);

#endif

/* nest.h: the loops over two views at once, in the order that memory likes.
 *
 * Dimensions of one element are dropped, the others sorted so that writes go
 * forward in memory, and neighbours that are contiguous in both views become
 * one. The innermost dimension is the row; there always is one.
 */
#ifndef FORGE_ARRAY_NEST_H
#define FORGE_ARRAY_NEST_H

#include "array/region.h"

struct forge_nest {
    unsigned rank; /* at least 1 */
    uint64_t count[FORGE_RANK_MAX];
    int64_t to[FORGE_RANK_MAX], from[FORGE_RANK_MAX]; /* strides in bytes */
    uint64_t index[FORGE_RANK_MAX];                   /* of the row: last place unused */
};

/* `size` is the stride that a row of one element gets. No count may be 0. */
void forge_nest_open(struct forge_nest *nest, unsigned rank, const uint64_t *count,
                     const int64_t *to, size_t to_size, const int64_t *from, size_t from_size);

/* Move both addresses to the next row; false after the last. */
bool forge_nest_next(struct forge_nest *nest, unsigned char **to, const unsigned char **from);

/* Copy the elements of one row. */
void forge_nest_copy_row(unsigned char *to, int64_t to_stride, const unsigned char *from,
                         int64_t from_stride, uint64_t count, size_t size);

#endif

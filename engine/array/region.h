/* region.h: boxes in index space, views of memory, and grids of chunks. */
#ifndef FORGE_ARRAY_REGION_H
#define FORGE_ARRAY_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORGE_RANK_MAX 16

/* The elements start[d] + i * step[d], 0 <= i < count[d], of every dimension d. The rank is
 * that of the array it is used with; step is at least 1. */
struct forge_region {
    uint64_t start[FORGE_RANK_MAX];
    uint64_t count[FORGE_RANK_MAX];
    uint64_t step[FORGE_RANK_MAX];
};

/* Where elements lie in memory: element i is at bytes + sum(i[d] * stride[d]). Strides are in
 * bytes and may be negative or zero. */
struct forge_view {
    unsigned char *bytes;
    int64_t stride[FORGE_RANK_MAX];
};

/* All of an array of this shape. */
struct forge_region forge_region_all(unsigned rank, const uint64_t *shape);

/* The box of chunk `index` of a regular grid, cut at the edge of the array. */
struct forge_region forge_region_of_chunk(unsigned rank, const uint64_t *shape,
                                          const uint64_t *chunk, const uint64_t *index);

/* Does it lie inside the shape? An empty one does wherever it begins. */
bool forge_region_is_inside(unsigned rank, const uint64_t *shape,
                            const struct forge_region *region);

/* Elements in the region; false on overflow. */
bool forge_region_count(uint64_t *out, unsigned rank, const struct forge_region *region);

/* The strides of `count` elements of `size` bytes, C order, at `bytes`. */
struct forge_view forge_view_of(void *bytes, unsigned rank, const uint64_t *count, size_t size);

/* The same view with its origin moved by `offset` elements. */
struct forge_view forge_view_shift(const struct forge_view *view, unsigned rank,
                                   const uint64_t *offset);

/* Copy count[] elements of `size` bytes; overlapping memory is not allowed. Runs that are
 * contiguous in both are copied at once. */
void forge_view_copy(const struct forge_view *to, const struct forge_view *from, unsigned rank,
                     const uint64_t *count, size_t size);

/* Set count[] elements to one value of `size` bytes. */
void forge_view_fill(const struct forge_view *to, unsigned rank, const uint64_t *count,
                     const void *element, size_t size);

/* Chunks along each dimension of a regular grid (a scalar has one). False on overflow. */
bool forge_grid_shape(uint64_t *counts, uint64_t *total, unsigned rank, const uint64_t *shape,
                      const uint64_t *chunk);

/* C-order number <-> index within `counts`. */
void forge_grid_index(uint64_t *index, unsigned rank, const uint64_t *counts, uint64_t number);
uint64_t forge_grid_number(unsigned rank, const uint64_t *counts, const uint64_t *index);

/* Step `index` to the next position in C order; false after the last. */
bool forge_grid_next(uint64_t *index, unsigned rank, const uint64_t *counts);

#endif

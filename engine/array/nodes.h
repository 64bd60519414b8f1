/* nodes.h: constructors of lazy array nodes, one file each.
 *
 * Every constructor takes its node from `arena` and borrows its children, which
 * must live as long. None reads anything. Those that can be asked for something
 * impossible return false with an error; the others assert.
 */
#ifndef FORGE_ARRAY_NODES_H
#define FORGE_ARRAY_NODES_H

#include "array/array.h"

/* Values in memory, C order, borrowed (strings: an array of const char *). */
const struct forge_array *forge_array_memory(struct forge_arena *arena, enum forge_dtype dtype,
                                             unsigned rank, const uint64_t *shape,
                                             const void *values);

/* The same, and the url (borrowed) of the file they were read from: touching them visits it,
 * with no bytes to read. */
const struct forge_array *forge_array_memory_of(struct forge_arena *arena,
                                                enum forge_dtype dtype, unsigned rank,
                                                const uint64_t *shape, const void *values,
                                                const char *url);

/* The same value everywhere; a string is borrowed. */
const struct forge_array *forge_array_constant(struct forge_arena *arena,
                                               enum forge_dtype dtype, unsigned rank,
                                               const uint64_t *shape,
                                               const union forge_value *value);

/* Parts one behind the other along `axis`; same dtype, rank and other lengths. The chunk is
 * the largest of the parts' (those in memory do not count); where all have it and lengths are
 * multiples of it, chunks line up. */
const struct forge_array *forge_array_concat(struct forge_arena *arena, unsigned axis,
                                             const struct forge_array *const *parts,
                                             size_t parts_count);

/* start + i * step along every dimension, `region` inside the child's shape. */
const struct forge_array *forge_array_slice(struct forge_arena *arena,
                                            const struct forge_array *child,
                                            const struct forge_region *region);

/* Elements at `indices` along `axis`, in any order, repeated or not; an index of -1 gives
 * `fill`, which may be NULL where there is none. For select with gaps, sort, unique,
 * reindexing joins. The indices are copied; the chunk along the axis stays the child's. */
const struct forge_array *forge_array_take(struct forge_arena *arena,
                                           const struct forge_array *child, unsigned axis,
                                           const int64_t *indices, uint64_t indices_count,
                                           const union forge_value *fill);

/* Dimension d of the result is dimension order[d] of the child; FORGE_NEW_DIM makes a new
 * one of length 1. Dimensions of the child that are left out must have length 1. */
#define FORGE_NEW_DIM ((unsigned)-1)
const struct forge_array *forge_array_permute(struct forge_arena *arena,
                                              const struct forge_array *child,
                                              const unsigned *order, unsigned rank);

const struct forge_array *forge_array_reverse(struct forge_arena *arena,
                                              const struct forge_array *child, unsigned axis);

/* Convert to another numeric dtype. `from_fill` becomes `to_fill` (either may be NULL: then
 * values are only converted). A value that does not fit (out of range, NaN in an integer), or
 * that would become `to_fill` without being `from_fill`, fails the read (FORGE_BAD_SOURCE),
 * naming `name`. Floats given to integers round to nearest even. A NaN in `from_fill` is every
 * NaN. The child itself where nothing is to be done. */
const struct forge_array *forge_array_cast(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype,
                                           const union forge_value *from_fill,
                                           const union forge_value *to_fill, const char *name);

/* CF unpacking: value * scale + offset in `dtype` (float32 or float64), bit for bit what xarray
 * decodes; `fill` (may be NULL) and `missing` (may be NULL) become NaN. An offset of -0.0
 * changes nothing, one of 0.0 turns -0.0 into 0.0. */
const struct forge_array *forge_array_unpack(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             enum forge_dtype dtype, double scale,
                                             double offset, const union forge_value *fill,
                                             const union forge_value *missing);

/* CF packing, the inverse: (value - offset) / scale, computed in float64, rounded to nearest
 * even where `dtype` is an integer; NaN becomes `fill` (may be NULL). NaN in an integer without
 * a fill, a value out of range, or one that would become the fill, fails the read
 * (FORGE_BAD_SOURCE), naming `name`. `scale` is not 0. */
const struct forge_array *forge_array_pack(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype, double scale, double offset,
                                           const union forge_value *fill, const char *name);

/* Another fill value: `from` (NULL: there was none) becomes `to`; a valid element that equals
 * `to` fails the read (FORGE_BAD_SOURCE). Where `from` is NaN it is every NaN; where `to` is
 * NaN, elements that were NaN before are no clash. */
const struct forge_array *forge_array_refill(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             const union forge_value *from,
                                             const union forge_value *to, const char *name);

/* integer * multiply / divide + add, exactly, or the read fails (times in other units).
 * Input and output are int64 or float64 holding integers; NaN stays NaN, and has no place in
 * int64. `fill` (may be NULL) is in the child's dtype and stays the same number. `divide` is
 * positive. */
const struct forge_array *forge_array_rescale(struct forge_arena *arena,
                                              const struct forge_array *child,
                                              enum forge_dtype dtype, int64_t multiply,
                                              int64_t divide, int64_t add,
                                              const union forge_value *fill, const char *name);

/* `first`, and a promise that every other one is equal, byte for byte: kept while reading.
 * A difference fails the read (FORGE_BAD_SOURCE) with the variable's name, both urls and the
 * first index that differs. urls[0] goes with `first`; the texts are borrowed. */
const struct forge_array *forge_array_same(struct forge_arena *arena, const char *name,
                                           const struct forge_array *const *arrays,
                                           const char *const *urls, size_t count);

#endif

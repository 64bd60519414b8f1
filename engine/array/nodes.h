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

/* The same value everywhere. */
const struct forge_array *forge_array_constant(struct forge_arena *arena,
                                               enum forge_dtype dtype, unsigned rank,
                                               const uint64_t *shape,
                                               const union forge_value *value);

/* Parts one behind the other along `axis`; same dtype, rank and other lengths. The chunk
 * along the axis is that of the parts where their chunks line up, else 1. */
const struct forge_array *forge_array_concat(struct forge_arena *arena, unsigned axis,
                                             const struct forge_array *const *parts,
                                             size_t parts_count);

/* start + i * step along every dimension, `region` inside the child's shape. */
const struct forge_array *forge_array_slice(struct forge_arena *arena,
                                            const struct forge_array *child,
                                            const struct forge_region *region);

/* Elements at `indices` along `axis`, in any order, repeated or not; an index of -1 gives
 * `fill`. For select with gaps, sort, unique, reindexing joins. */
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
 * values are only converted). A value that does not fit (out of range, NaN in an integer)
 * fails the read, naming `name`. Floats given to integers round to nearest even. */
const struct forge_array *forge_array_cast(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype,
                                           const union forge_value *from_fill,
                                           const union forge_value *to_fill, const char *name);

/* CF unpacking: value * scale + offset in `dtype` (float32 or float64); `fill` (may be
 * NULL) and `missing` (may be NULL) become NaN. */
const struct forge_array *forge_array_unpack(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             enum forge_dtype dtype, double scale,
                                             double offset, const union forge_value *fill,
                                             const union forge_value *missing);

/* CF packing, the inverse: round((value - offset) / scale) in `dtype`; NaN becomes `fill`;
 * without a fill, or out of range, the read fails, naming `name`. */
const struct forge_array *forge_array_pack(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype, double scale, double offset,
                                           const union forge_value *fill, const char *name);

/* Another fill value: `from` becomes `to`; a valid element that equals `to` fails the read. */
const struct forge_array *forge_array_refill(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             const union forge_value *from,
                                             const union forge_value *to, const char *name);

/* integer * multiply / divide + add, exactly, or the read fails (times in other units).
 * Input and output are int64 or float64 holding integers; NaN stays NaN. */
const struct forge_array *forge_array_rescale(struct forge_arena *arena,
                                              const struct forge_array *child,
                                              enum forge_dtype dtype, int64_t multiply,
                                              int64_t divide, int64_t add,
                                              const union forge_value *fill, const char *name);

/* `first`, and a promise that every other one is equal, byte for byte: kept while reading.
 * A difference fails the read (FORGE_BAD_SOURCE) with the variable's name, both urls and the
 * first index that differs. urls[0] goes with `first`. */
const struct forge_array *forge_array_same(struct forge_arena *arena, const char *name,
                                           const struct forge_array *const *arrays,
                                           const char *const *urls, size_t count);

#endif

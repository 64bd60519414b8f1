/* zarr_parts.h: what the two versions of Zarr share when they are written.
 *
 * Elements are little-endian, C order. Strings are vlen-utf8: u32le count, then
 * u32le length and UTF-8 of each. Chunks at the edge of the array are padded to
 * the whole chunk with the fill.
 */
#ifndef FORGE_FORMATS_ZARR_PARTS_H
#define FORGE_FORMATS_ZARR_PARTS_H

#include "document/json.h"
#include "formats/target.h"

#define FORGE_ZARR_DIMENSIONS "_ARRAY_DIMENSIONS" /* version 2's names of dimensions */
#define FORGE_ZARR_FILL "_FillValue"
#define FORGE_ZARR_COORDINATES "coordinates"

/* What readers put where a chunk is not stored: the variable's fill, else 0 or "". A NaN is
 * the one that "NaN" in JSON reads as, so that bits can be compared. */
union forge_value forge_zarr_fill(const struct forge_target_array *array);

/* The codecs behind the one that makes bytes of elements: none or one. */
struct forge_codec_chain forge_zarr_codecs(const struct forge_target_array *array);

/* Bytes of a chunk before its codecs; of strings, what they may take at most. */
uint64_t forge_zarr_chunk_bytes(const struct forge_target_array *array);

bool forge_zarr_accept(const struct forge_target_array *array, int zarr_format,
                       struct forge_error *err);

/* Encode one chunk from `view`, `count` elements of it per dimension. *absent: all fill, when
 * `absent_allowed`. The result is in the encoder's padded, a or b, or in the view itself. */
FORGE_MUST_CHECK bool forge_zarr_chunk_encode(const struct forge_target_array *array,
                                              const struct forge_view *view,
                                              const uint64_t *count, bool absent_allowed,
                                              struct forge_encoder *encoder,
                                              const unsigned char **bytes, uint64_t *length,
                                              bool *absent, struct forge_error *err);
uint64_t forge_zarr_chunk_scratch(const struct forge_target_array *array);

/* Is every string of the chunk the fill, and if not, the strings packed into `block`. */
FORGE_MUST_CHECK bool forge_zarr_strings_pack(const struct forge_target_array *array,
                                              const struct forge_view *view,
                                              const uint64_t *count, bool absent_allowed,
                                              struct forge_block *block, uint64_t *length,
                                              bool *absent, struct forge_error *err);

/* The same for a whole shard, index at its end; the result is in encoder->shard. */
FORGE_MUST_CHECK bool forge_zarr_shard_encode(const struct forge_target_array *array,
                                              const struct forge_view *view,
                                              const uint64_t *count,
                                              struct forge_encoder *encoder,
                                              const unsigned char **bytes, uint64_t *length,
                                              bool *absent, struct forge_error *err);
/* Inner chunks of a shard, along each dimension and all. */
uint64_t forge_zarr_shard_chunks(uint64_t *grid, const struct forge_target_array *array);
uint64_t forge_zarr_shard_scratch(const struct forge_target_array *array);

/* JSON: numbers in their shortest form, attributes sorted. */
void forge_zarr_json_numbers(struct forge_json *json, const uint64_t *numbers, unsigned count);
void forge_zarr_json_value(struct forge_json *json, enum forge_dtype dtype,
                           const void *element);
/* A fill of float32 as the float64 it is, so that readers who compare those find it. */
void forge_zarr_json_fill(struct forge_json *json, enum forge_dtype dtype,
                          const union forge_value *fill);
void forge_zarr_json_attributes(struct forge_json *json,
                                const struct forge_attributes *attributes);

/* The attributes to be written for an array: those of version 2 name the dimensions, those of
 * version 3 hold the missing value. */
void forge_zarr_array_attributes(struct forge_attributes *out, struct forge_arena *arena,
                                 const struct forge_target_array *array, int zarr_format);

/* Those of the root: with `coordinates` naming every coordinate that nothing else names. */
void forge_zarr_root_attributes(struct forge_attributes *out, struct forge_arena *arena,
                                const struct forge_dataset *dataset,
                                const struct forge_target_array *arrays, size_t arrays_count);

/* Put a document of an array (or of the root: NULL) and clear the text. */
FORGE_MUST_CHECK bool forge_zarr_put(struct forge_store *store, const char *name,
                                     const char *document, struct forge_text *text,
                                     struct forge_error *err);

/* The arrays, sorted by name. */
struct forge_target_array *forge_zarr_sorted(struct forge_arena *arena,
                                             const struct forge_target_array *arrays,
                                             size_t arrays_count);

#endif

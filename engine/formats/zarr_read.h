/* zarr_read.h: parts of opening a Zarr store: its documents, and what an array's says.
 *
 * Everything here comes from an untrusted store. What one array cannot do is
 * a FORGE_BAD_SOURCE without its name; the caller makes it a variable that is
 * refused, which a recipe may drop.
 */
#ifndef FORGE_FORMATS_ZARR_READ_H
#define FORGE_FORMATS_ZARR_READ_H

#include "array/dataset.h"
#include "document/json.h"
#include "formats/source.h"

/* The documents of one array. */
struct forge_zarr_node {
    const char *name;
    const struct forge_json_value *array;      /* .zarray or zarr.json */
    const struct forge_json_value *attributes; /* may be NULL */
};

struct forge_zarr_documents {
    int zarr_format;
    const struct forge_json_value *attributes; /* of the root; may be NULL */
    struct forge_zarr_node *nodes;             /* arrays directly below the root */
    size_t count, room;
};

/* Consolidated, else one by one. */
FORGE_MUST_CHECK bool forge_zarr_documents(struct forge_zarr_documents *out,
                                           struct forge_arena *arena, struct forge_store *store,
                                           const char *url, struct forge_error *err);

/* One array as its document describes it. */
struct forge_zarr_array {
    struct forge_source source; /* all but file and path */
    bool has_shape;             /* rank and shape are known, also when the rest is refused */
    bool flags;                 /* true and false, kept as int8 */
    bool has_fill;              /* of the document, which in version 2 is the missing value */
    const struct forge_json_value *dims; /* list of names, or NULL */
};

FORGE_MUST_CHECK bool forge_zarr_parse2(struct forge_zarr_array *out, struct forge_arena *arena,
                                        const struct forge_zarr_node *node,
                                        struct forge_error *err);
FORGE_MUST_CHECK bool forge_zarr_parse3(struct forge_zarr_array *out, struct forge_arena *arena,
                                        const struct forge_zarr_node *node,
                                        struct forge_error *err);

/* A member that must be there and of this kind, or NULL with an error. */
const struct forge_json_value *forge_zarr_member(const struct forge_json_value *object,
                                                 const char *name, enum forge_json_kind kind,
                                                 struct forge_error *err);
const char *forge_zarr_text(const struct forge_json_value *object, const char *name);

/* A list of `rank` numbers, each at least `least`. */
FORGE_MUST_CHECK bool forge_zarr_numbers(uint64_t *out, unsigned rank,
                                         const struct forge_json_value *object,
                                         const char *name, uint64_t least,
                                         struct forge_error *err);

/* The rank and the shape. */
FORGE_MUST_CHECK bool forge_zarr_shape(struct forge_zarr_array *out,
                                       const struct forge_json_value *object,
                                       struct forge_error *err);

/* Append the codec that an entry names. */
FORGE_MUST_CHECK bool forge_zarr_add_codec(struct forge_codec_chain *chain, size_t element_size,
                                           const struct forge_json_value *json, int zarr_format,
                                           struct forge_arena *arena, struct forge_error *err);

/* A fill_value or _FillValue; texts are borrowed from the JSON. False: it is no such value. */
bool forge_zarr_parse_fill(union forge_value *out, enum forge_dtype dtype,
                           const struct forge_json_value *json);

/* Add an attribute. What netCDF's attributes cannot hold (maps, flags, null, mixed lists)
 * becomes its text as JSON. */
void forge_zarr_read_attribute(struct forge_attributes *out, struct forge_arena *arena,
                               const struct forge_json_value *json);

#endif

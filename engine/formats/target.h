/* target.h: formats that datasets are written in.
 *
 * To add one: <name>.c with a `const struct forge_target_type
 * forge_target_<name>` and one line in target_list.h. A target says what it can
 * hold, encodes whole objects (a chunk or a shard), and writes metadata last.
 * Bytes depend on the dataset and the encoding only: no clock, no host.
 */
#ifndef FORGE_FORMATS_TARGET_H
#define FORGE_FORMATS_TARGET_H

#include "array/dataset.h"
#include "base/text.h"
#include "codecs/codec.h"
#include "storage/store.h"

/* One array as it is stored. */
struct forge_target_array {
    const struct forge_variable *variable; /* name, dims, attributes, fill; its array's dtype
                                              and shape are what is stored */
    uint64_t chunk[FORGE_RANK_MAX];
    bool sharded;
    uint64_t shard[FORGE_RANK_MAX]; /* multiples of chunk */
    struct forge_codec codec;       /* .type NULL: none */
};

/* Blocks reused from object to object by one task. */
struct forge_encoder {
    struct forge_block padded, a, b, shard;
};
void forge_encoder_close(struct forge_encoder *encoder);

struct forge_target_type {
    const char *name; /* as in `target: {format:}` */
    const char *summary;
    int zarr_format;
    bool shards; /* can have them */

    /* Can this array be stored? Refusals name the variable and what to do. */
    bool (*accept)(const struct forge_target_array *array, struct forge_error *err);

    /* The key of the object that holds grid position `index` (of shards where sharded, else of
     * chunks), relative to the store. */
    void (*key)(struct forge_text *out, const struct forge_target_array *array,
                const uint64_t *index);

    /* Encode one object from `view` (its elements at the object's origin, `count` of them per
     * dimension: cut at the array's edge). *absent: all fill, and the format's rules say that
     * nothing is stored. The bytes stay in the encoder. */
    bool (*encode)(const struct forge_target_array *array, const struct forge_view *view,
                   const uint64_t *count, struct forge_encoder *encoder,
                   const unsigned char **bytes, uint64_t *length, bool *absent,
                   struct forge_error *err);

    /* Bytes of blocks that encode() takes at most. */
    uint64_t (*scratch)(const struct forge_target_array *array);

    /* Put every metadata document, the consolidated one last. */
    bool (*metadata)(struct forge_store *store, const struct forge_dataset *dataset,
                     const struct forge_target_array *arrays, size_t arrays_count,
                     struct forge_error *err);
};

const struct forge_target_type *forge_target_find(const char *name);
const struct forge_target_type *const *forge_target_all(void);

/* Open a Zarr store (version 2 or 3, from its consolidated metadata, else its documents) as a
 * virtual dataset whose sources read its chunks: for checks, `show`, and other bakes. The
 * metadata is untrusted. */
FORGE_MUST_CHECK bool forge_zarr_open(struct forge_dataset *out, struct forge_arena *arena,
                                      struct forge_store *store, const char *url,
                                      struct forge_error *err);

#endif

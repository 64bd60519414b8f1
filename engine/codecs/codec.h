/* codec.h: bytes to bytes, reversibly.
 *
 * To add one: <name>.c with a `const struct forge_codec_type forge_codec_<name>`
 * and one line in list.h. Codecs are pure, re-entrant and know nothing of
 * arrays but the element size. Whatever they decode is untrusted: output never
 * passes `room`, a wrong size is FORGE_BAD_SOURCE.
 *
 * A chain is applied in order when encoding and backwards when decoding, as
 * HDF5's filter pipeline and Zarr's filters + compressor are.
 */
#ifndef FORGE_CODECS_CODEC_H
#define FORGE_CODECS_CODEC_H

#include <stdint.h>

#include "array/block.h"
#include "base/digest.h"
#include "document/json.h"
#include "document/options.h"

struct forge_codec_type {
    const char *name; /* as in recipes; Zarr 3's name where it has one */
    const char *summary;
    const struct forge_option *options; /* NULL: none; names as Zarr's own parameters */
    size_t settings_size;
    bool target; /* may be chosen in a recipe */

    /* Do these settings leave every byte as it is? NULL: never. Chains pass over such items. */
    bool (*identity)(const void *settings, size_t element_size);

    /* The largest number of bytes that encoding `size` bytes can give. */
    uint64_t (*bound)(const void *settings, uint64_t size);
    /* NULL where only decoding is needed. */
    bool (*encode)(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err);
    bool (*decode)(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err);

    /* Write the codec as a JSON value for .zarray (a compressor or filter object) or for
     * zarr.json's codecs list; false when that format has no portable name for it. */
    bool (*json_zarr2)(const void *settings, size_t element_size, struct forge_json *json);
    bool (*json_zarr3)(const void *settings, size_t element_size, struct forge_json *json);

    /* Fill settings from such JSON; NULL where the codec has none or never stands there. */
    bool (*parse_zarr)(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err);
    const char *id_zarr2, *id_zarr3; /* "zlib", "gzip"; NULL: none */
};

#define FORGE_CODECS_MAX 8

struct forge_codec {
    const struct forge_codec_type *type;
    const void *settings; /* borrowed from an arena */
    size_t element_size;
};

struct forge_codec_chain {
    struct forge_codec items[FORGE_CODECS_MAX];
    unsigned count;
};

const struct forge_codec_type *forge_codec_find(const char *name);
/* All of them, NULL-terminated, sorted by name. */
const struct forge_codec_type *const *forge_codec_all(void);

/* Zeroed settings of a codec: a place for parse_zarr or forge_options_read to fill. */
void *forge_codec_settings(struct forge_arena *arena, const struct forge_codec_type *type);

/* The codec that an entry of .zarray or zarr.json names, with its settings. FORGE_BAD_SOURCE
 * where we have none of that name, or do not know one of its parameters. */
FORGE_MUST_CHECK bool forge_codec_parse(struct forge_codec *out, size_t element_size,
                                        const struct forge_json_value *json, int zarr_format,
                                        struct forge_arena *arena, struct forge_error *err);

/* Read `codec:` of a recipe: a name, or {name: {settings}}. `none` leaves .type NULL; the
 * element size is the caller's to set. */
FORGE_MUST_CHECK bool forge_codec_read(struct forge_codec *out, const struct forge_node *node,
                                       struct forge_arena *arena,
                                       struct forge_diagnostics *diagnostics);

/* Add the codec, its settings and the element size: alike only for codecs that give the same
 * bytes. */
void forge_codec_identify(const struct forge_codec *codec, struct forge_hasher *hasher);

/* Largest intermediate or final size of encoding `size` bytes through the chain. */
uint64_t forge_codec_chain_bound(const struct forge_codec_chain *chain, uint64_t size);

/* Encode `from` (size bytes). The result is in whichever of the two blocks *out points to; an
 * empty chain gives `from` itself. Blocks grow as needed. */
FORGE_MUST_CHECK bool forge_codec_chain_encode(const struct forge_codec_chain *chain,
                                               const unsigned char *from, uint64_t size,
                                               struct forge_block *a, struct forge_block *b,
                                               const unsigned char **out, uint64_t *length,
                                               struct forge_error *err);

/* Decode to exactly `decoded_size` bytes; anything else is FORGE_BAD_SOURCE. Bit i of
 * `skip_mask` leaves out item i (HDF5's filter mask). */
FORGE_MUST_CHECK bool forge_codec_chain_decode(const struct forge_codec_chain *chain,
                                               uint32_t skip_mask, const unsigned char *from,
                                               uint64_t size, uint64_t decoded_size,
                                               struct forge_block *a, struct forge_block *b,
                                               const unsigned char **out,
                                               struct forge_error *err);

#endif

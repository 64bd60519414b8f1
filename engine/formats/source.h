/* source.h: a variable in a file as a chunk manifest; the leaf of lazy arrays.
 *
 * A manifest says where the bytes of every chunk are; a codec chain says how to
 * turn them into elements. Reading uses byte ranges and our own codecs, so it
 * runs on every thread; what no codec of ours can decode is read through the
 * library in a scanner process (FORGE_MANIFEST_LIBRARY), slower, never wrong.
 * Everything in a manifest came from an untrusted file and is checked against
 * the file's size before it is used.
 */
#ifndef FORGE_FORMATS_SOURCE_H
#define FORGE_FORMATS_SOURCE_H

#include "array/array.h"
#include "base/digest.h"
#include "base/text.h"
#include "codecs/codec.h"
#include "storage/store.h"

/* One input file. Borrowed by the sources in it. */
struct forge_file {
    struct forge_store *store;
    const char *key;
    const char *url;                   /* for messages and provenance */
    const char *format;                /* name of its scanner */
    struct forge_object_status status; /* when it was scanned; another size when read fails */
    const char *group;                 /* group that was read; NULL: the root */
    bool hashed;                       /* `digest` is the sha256 of its bytes */
    struct forge_digest digest;
};

enum forge_manifest_kind {
    FORGE_MANIFEST_TABLE,   /* offset and length per chunk */
    FORGE_MANIFEST_STRIDED, /* offset = base + sum(index[d] * stride[d]); no codecs but bytes */
    FORGE_MANIFEST_KEYED,   /* one object per chunk, or per shard: a Zarr store */
    FORGE_MANIFEST_LIBRARY, /* only netcdf-c or HDF5 can decode it */
    FORGE_MANIFEST_REFUSED, /* cannot be read at all (a compound type, say); it may be dropped
                             */
};

#define FORGE_CHUNK_ABSENT UINT64_MAX /* an offset: the chunk was never written, all fill */

struct forge_manifest {
    enum forge_manifest_kind kind;
    const char *refusal; /* REFUSED: what a read fails with (FORGE_BAD_SOURCE) */
    /* TABLE: C order over the chunk grid */
    const uint64_t *offsets, *lengths;
    const uint32_t *skip_masks; /* HDF5 filter masks; NULL: all zero */
    /* STRIDED */
    uint64_t base;
    uint64_t stride[FORGE_RANK_MAX]; /* bytes from one chunk to the next */
    uint64_t inner[FORGE_RANK_MAX];  /* bytes from one element to the next inside a chunk */
    /* KEYED: key = prefix + index joined by separator (a scalar: prefix + "0", or when version
     * 3 the prefix alone, without a separator at its end) */
    const char *prefix;
    char separator;
    int zarr_format;
    bool sharded;
    uint64_t shard[FORGE_RANK_MAX]; /* shape of a shard; array.chunk is the inner chunk */
    struct forge_codec_chain index_codecs;
    bool index_at_start;
};

struct forge_source {
    struct forge_array array; /* first; array.chunk is the chunk grid */
    const struct forge_file *file;
    const char *path; /* of the variable inside the file */
    struct forge_manifest manifest;
    struct forge_codec_chain codecs;
    union forge_value fill; /* of chunks that are absent */
};

/* Make the node; every field but array.type is the caller's. Refuses (FORGE_BAD_SOURCE) a
 * manifest that points outside the file, sizes that overflow, a decoded chunk over 4 GiB. */
FORGE_MUST_CHECK bool forge_source_open(const struct forge_array **out,
                                        struct forge_arena *arena,
                                        const struct forge_source *source,
                                        struct forge_error *err);

/* The source behind a node, or NULL when it is another kind. */
const struct forge_source *forge_array_source(const struct forge_array *array);

/* The key of the object (chunk or shard) at a place of the grid; KEYED sources only. */
void forge_source_object_key(struct forge_text *key, const struct forge_source *source,
                             const uint64_t *index);

/* Cut contiguous bytes into chunks worth reading: fills array.chunk and manifest for a
 * row-major variable at `offset`; `record_stride` is the bytes from one index of dimension 0 to
 * the next where records are interleaved, 0 where not. */
void forge_source_contiguous(struct forge_source *source, uint64_t offset,
                             uint64_t record_stride);

/* Are the files that were read from since this was asked last still what they were then? What
 * was read is theirs only if they are. */
FORGE_MUST_CHECK bool forge_source_files_stand(struct forge_reader *reader,
                                               struct forge_error *err);

/* Reads regions that only a library can decode; run/scanner.c has the real one. */
struct forge_library {
    bool (*read)(const struct forge_library *library, const struct forge_source *source,
                 const struct forge_region *region, void *elements, size_t size,
                 struct forge_error *err);
    void *context;
};

#endif

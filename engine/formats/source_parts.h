/* source_parts.h: how the files of source.c share the reading of one source. Private to them.
 */
#ifndef FORGE_FORMATS_SOURCE_PARTS_H
#define FORGE_FORMATS_SOURCE_PARTS_H

#include "array/reader.h"
#include "formats/source.h"

/* The node behind every forge_source: what open() worked out once. */
struct forge_source_node {
    struct forge_source source;    /* first: its array is the node */
    uint64_t grid[FORGE_RANK_MAX]; /* chunks along each dimension */
    uint64_t chunk_bytes;          /* of a decoded chunk; strings: what one may take at most */
    uint64_t stored_max;           /* bytes of the largest stored chunk, or a bound of them */
    uint64_t block_max;            /* no block of the reader grows beyond this */
    uint64_t index_count;          /* sharded: chunks in a shard */
    uint64_t index_bytes;          /* sharded: of the encoded index */
    uint64_t extra_bytes;          /* beyond the reader's blocks: a shard's index, pointers */
    bool as_is;                    /* no codec changes a byte */
    bool affine; /* STRIDED: one stride per dimension does for the whole array */
    uint64_t stride[FORGE_RANK_MAX]; /* that stride, in bytes */
};

/* One read of one region. */
struct forge_source_reading {
    const struct forge_source_node *node;
    struct forge_reader *reader;
    const struct forge_region *region;
    const struct forge_view *view;
};

/* The part of a region that lies in one chunk. Steps may jump over chunks: those never come up.
 */
struct forge_piece {
    unsigned rank;
    const uint64_t *chunk;             /* shape of the chunks; borrowed */
    const struct forge_region *region; /* borrowed */
    uint64_t index[FORGE_RANK_MAX];    /* of the chunk in its grid */
    uint64_t inside[FORGE_RANK_MAX];   /* the first element, counted from the chunk's origin */
    uint64_t first[FORGE_RANK_MAX];    /* the same, counted in elements of the region */
    uint64_t count[FORGE_RANK_MAX];    /* elements; `region->step` apart in the chunk */
};

/* Begin with the first piece, in C order; false when the region is empty. */
bool forge_piece_first(struct forge_piece *piece, unsigned rank, const uint64_t *chunk,
                       const struct forge_region *region);
bool forge_piece_next(struct forge_piece *piece);

/* Strings of one chunk take no more than this, stored or decoded: their size is not known
 * beforehand. */
#define FORGE_SOURCE_STRINGS_MAX ((uint64_t)16 << 20)

/* Contiguous bytes are read in spans of at most this. */
#define FORGE_SOURCE_SPAN_BYTES ((uint64_t)4 << 20)

/* Each reads the whole region into the view. */
bool forge_source_read_table(const struct forge_source_reading *r, struct forge_error *err);
bool forge_source_read_library(const struct forge_source_reading *r, struct forge_error *err);
bool forge_source_read_strided(const struct forge_source_reading *r, struct forge_error *err);
bool forge_source_read_keyed(const struct forge_source_reading *r, struct forge_error *err);

/* source_identity.c: forge_array_type.identify. */
void forge_source_identify(const struct forge_array *array, const struct forge_region *region,
                           struct forge_identity *identity);

/* The most that one call of the library gives while such a region is read. */
uint64_t forge_source_library_bytes(const struct forge_source_node *node,
                                    const struct forge_region *region);

/* Byte address of the first element of a piece of a STRIDED source. */
uint64_t forge_source_address(const struct forge_source_node *node,
                              const struct forge_piece *piece);

/* Is `piece` a whole chunk whose place in the view is contiguous? Then *bytes is that place. */
bool forge_source_direct(unsigned char **bytes, const struct forge_source_reading *r,
                         const struct forge_piece *piece);

/* Copy what the piece wants from its decoded chunk, or fill it. */
void forge_source_copy(const struct forge_source_reading *r, const struct forge_piece *piece,
                       const unsigned char *decoded);
void forge_source_fill(const struct forge_source_reading *r, const struct forge_piece *piece);

/* False (FORGE_CANCELLED) once the user asked to stop. */
FORGE_MUST_CHECK bool forge_source_go_on(const struct forge_source_reading *r,
                                         struct forge_error *err);

/* Put file, variable and chunk before an error; `where` follows the chunk: " at byte 7". */
bool forge_source_fail_chunk(const struct forge_source_node *node, const uint64_t *index,
                             const char *where, struct forge_error *err);

/* Are the elements of such a view back to back, in C order? */
bool forge_source_is_dense(const int64_t *stride, unsigned rank, const uint64_t *count,
                           size_t size);

/* The open object of a file, kept by the reader; refuses a file that changed since its scan. */
FORGE_MUST_CHECK bool forge_source_object(struct forge_object **out,
                                          struct forge_reader *reader,
                                          const struct forge_file *file,
                                          struct forge_error *err);

/* The shard that was read last, with its index. */
struct forge_open_shard {
    const struct forge_source_node *node; /* NULL: none */
    uint64_t number;                      /* in C order over the grid of shards */
    struct forge_object *object;          /* NULL: the shard was never written */
    uint64_t size;                        /* of the object */
    struct forge_block index;             /* offset and length of every chunk, as uint64_t */
};
FORGE_MUST_CHECK bool forge_source_shard(struct forge_open_shard **out,
                                         struct forge_reader *reader, struct forge_error *err);

#endif

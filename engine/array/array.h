/* array.h: a lazy array. Nothing is computed until a task reads a region.
 *
 * An array is a small tree of nodes. Each node knows its shape, its dtype, its
 * natural chunks, what reading a region costs, and how to read it. Nodes are
 * made in an arena, never changed afterwards, and read by many threads at
 * once; all that changes while reading is in the task's own `forge_reader`.
 * Elements are raw: what is stored, before CF decoding.
 *
 * To add a node: one file <node>.c with a `static const struct forge_array_type`
 * and a constructor declared in nodes.h. This folder does no I/O: leaves that
 * read files are in formats/source.c.
 */
#ifndef FORGE_ARRAY_ARRAY_H
#define FORGE_ARRAY_ARRAY_H

#include "array/block.h"
#include "array/dtype.h"
#include "array/region.h"
#include "base/arena.h"

struct forge_reader;   /* what one task needs to read; array/reader.h */
struct forge_identity; /* what values depend on; array/identity.h */
struct forge_array_type;

struct forge_array {
    const struct forge_array_type *type;
    enum forge_dtype dtype;
    unsigned rank;
    uint64_t shape[FORGE_RANK_MAX];
    /* Reads that begin at p, (p + phase) % chunk == 0, and go on for a multiple of chunk waste
     * least: nothing on a regular grid. A hint for planning, never an address. */
    uint64_t chunk[FORGE_RANK_MAX]; /* at least 1 */
    uint64_t phase[FORGE_RANK_MAX]; /* how far index 0 is inside its chunk; below chunk */
    bool in_memory;                 /* reading does no I/O: every leaf holds its values */
};

/* What reading a region touches, for plans and messages. */
struct forge_touch {
    const char *url;  /* borrowed; NULL for computed values */
    uint64_t offset;  /* in the file, 0 when not known */
    uint64_t stored;  /* bytes read */
    uint64_t decoded; /* bytes after decoding */
    bool through_library;
};

typedef void forge_touch_visit(void *context, const struct forge_touch *touch);

struct forge_array_type {
    const char *name;

    /* Write the region's elements to the view. The region lies inside the shape. */
    bool (*read)(const struct forge_array *array, struct forge_reader *reader,
                 const struct forge_region *region, const struct forge_view *view,
                 struct forge_error *err);

    /* Visit every source chunk that reading the region would touch. NULL: there are none. */
    void (*touch)(const struct forge_array *array, const struct forge_region *region,
                  forge_touch_visit *visit, void *context);

    /* An upper bound of the bytes of blocks that reading such a region takes, beyond the
     * view itself. Never less for a region that has this one inside. NULL: always 0. */
    uint64_t (*scratch)(const struct forge_array *array, const struct forge_region *region);

    /* Where a region is one of another array, as it is there: that array, and the region of
     * it. NULL: this one is not, or no region is. */
    const struct forge_array *(*beneath)(const struct forge_array *array,
                                         const struct forge_region *region,
                                         struct forge_region *inner);

    /* Add what the region's values depend on, beyond the name of the node, its dtype and the
     * counts of the region, which are added for it. Not asked where there is one beneath. */
    void (*identify)(const struct forge_array *array, const struct forge_region *region,
                     struct forge_identity *identity);
};

/* The region must lie inside the shape. An empty one is read without asking the node; a
 * reader that was cancelled reads nothing (FORGE_CANCELLED). When it fails, what the view
 * holds is not defined. */
FORGE_MUST_CHECK bool forge_array_read(const struct forge_array *array,
                                       struct forge_reader *reader,
                                       const struct forge_region *region,
                                       const struct forge_view *view, struct forge_error *err);
void forge_array_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context);
uint64_t forge_array_scratch(const struct forge_array *array,
                             const struct forge_region *region);

/* Elements of the whole array; UINT64_MAX when there are more. */
uint64_t forge_array_count(const struct forge_array *array);

/* All values in C order, in the arena: for coordinates and other small arrays. False also
 * when there are more than `limit_bytes`. */
FORGE_MUST_CHECK bool forge_array_values(const void **out, const struct forge_array *array,
                                         struct forge_reader *reader, struct forge_arena *arena,
                                         uint64_t limit_bytes, struct forge_error *err);

#endif

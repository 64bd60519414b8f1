/* reader.h: what one task carries while it reads arrays; one thread at a time.
 *
 * {0} with a budget reads arrays that are in memory. Leaves that do I/O keep
 * their open files in `files`, opaque here.
 */
#ifndef FORGE_ARRAY_READER_H
#define FORGE_ARRAY_READER_H

#include <stdatomic.h>

#include "array/array.h"

/* Counted per task, summed in the run's report. */
struct forge_read_counts {
    uint64_t chunks;         /* source chunks decoded by our own code */
    uint64_t stored_bytes;   /* read by offset from sources */
    uint64_t decoded_bytes;  /* after our own codecs */
    uint64_t library_chunks; /* regions read through netcdf-c or HDF5 */
    uint64_t library_bytes;  /* decoded by them */
};

struct forge_reader {
    struct forge_budget *budget;    /* borrowed; NULL: nothing is counted */
    const atomic_bool *cancelled;   /* borrowed; NULL: never */
    const atomic_bool *stopped;     /* the same, for one task that takes too long */
    _Atomic(const char *) *reading; /* borrowed; NULL, or told the url of the file it reads */
    struct forge_arena strings;     /* elements of string arrays */
    struct forge_block stored, decoded, spare; /* reused from chunk to chunk */
    struct forge_read_counts counts;
    struct forge_open_files *files; /* owned by formats/source.c */
    void (*close_files)(struct forge_open_files *files);
    const struct forge_library *library; /* reads through a scanner process; may be NULL */
};

/* Was it told to stop? */
static inline bool forge_reader_is_cancelled(const struct forge_reader *reader)
{
    return (reader->cancelled &&
            atomic_load_explicit(reader->cancelled, memory_order_relaxed)) ||
           (reader->stopped && atomic_load_explicit(reader->stopped, memory_order_relaxed));
}

void forge_reader_close(struct forge_reader *reader);

#endif

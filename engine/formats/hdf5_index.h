/* hdf5_index.h: where the chunks of an HDF5 dataset are.
 *
 * HDF5 1.10 has no H5Dchunk_iter, and H5Dget_chunk_info walks the index from
 * its start at every call: 100,000 chunks take four minutes. H5Ddebug prints
 * all of it in one walk (50 ms), whatever kind of index it is, in lines that
 * are the same in all versions from 1.8 to 2.0: those are read here.
 */
#ifndef FORGE_FORMATS_HDF5_INDEX_H
#define FORGE_FORMATS_HDF5_INDEX_H

#include "formats/hdf5_library.h"

struct forge_hdf5_chunk {
    uint64_t start[FORGE_HDF5_RANK_MAX]; /* first element */
    uint64_t offset, length;             /* in the file */
    uint32_t skip_mask;                  /* bit i: filter i was not applied */
};

typedef void forge_hdf5_visit_chunk(void *context, const struct forge_hdf5_chunk *chunk);

/* Visit every chunk that was written. */
FORGE_MUST_CHECK bool forge_hdf5_chunks(struct forge_hdf5 *file, const char *path,
                                        unsigned rank, forge_hdf5_visit_chunk *visit,
                                        void *context, struct forge_error *err);

#endif

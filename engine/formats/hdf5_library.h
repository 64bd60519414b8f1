/* hdf5_library.h: an HDF5 file as plain facts.
 *
 * Only hdf5_library.c sees the HDF5 library; conventions (netCDF's dimensions,
 * char arrays, codecs) are for those who use this. One thread at a time.
 * Nothing outside the file is ever opened: no plug-ins, external links are
 * reported and not followed. Errors are FORGE_BAD_SOURCE with HDF5's own cause.
 */
#ifndef FORGE_FORMATS_HDF5_LIBRARY_H
#define FORGE_FORMATS_HDF5_LIBRARY_H

#include <stdio.h>

#include "array/dataset.h"
#include "base/text.h"

#define FORGE_HDF5_RANK_MAX 32
#define FORGE_HDF5_FILTERS_MAX 32
#define FORGE_HDF5_FILTER_VALUES_MAX 16
#define FORGE_HDF5_NOWHERE UINT64_MAX
#define FORGE_HDF5_TEXT_MAX                                                                    \
    (16U << 20) /* bytes of one attribute, or of a variable of texts                           \
                 */

struct forge_hdf5;

enum forge_hdf5_kind {
    FORGE_HDF5_NUMBERS, /* integers, floats, and the integers of an enumeration */
    FORGE_HDF5_CHARS,   /* texts of one byte: netCDF's char */
    FORGE_HDF5_TEXTS,   /* other texts, of fixed or variable length */
    FORGE_HDF5_OTHER,
};

struct forge_hdf5_type {
    enum forge_hdf5_kind kind;
    enum forge_dtype dtype; /* NUMBERS: in memory; CHARS: uint8; TEXTS: string */
    bool exact;             /* NUMBERS: stored as that dtype, but for the byte order */
    bool big_endian;
    bool variable;    /* TEXTS: of variable length */
    bool padded;      /* TEXTS: with spaces */
    size_t size;      /* bytes of an element in the file */
    const char *what; /* OTHER: "a compound type" */
};

enum forge_hdf5_layout {
    FORGE_HDF5_CONTIGUOUS,
    FORGE_HDF5_COMPACT,
    FORGE_HDF5_CHUNKED,
    FORGE_HDF5_EXTERNAL, /* values are in other files */
    FORGE_HDF5_VIRTUAL,  /* put together from other datasets, most often of other files */
};

/* Numbers and parameters as The HDF Group registers them. */
struct forge_hdf5_filter {
    int id;
    char name[64];
    bool available; /* the library can decode it */
    unsigned values_count;
    unsigned values[FORGE_HDF5_FILTER_VALUES_MAX];
};

struct forge_hdf5_dataset {
    uint64_t address; /* of the object: its identity within the file */
    struct forge_hdf5_type type;
    bool empty; /* a null dataspace */
    unsigned rank;
    uint64_t extent[FORGE_HDF5_RANK_MAX];
    bool unlimited[FORGE_HDF5_RANK_MAX];
    uint64_t scales[FORGE_HDF5_RANK_MAX]; /* address of each dimension's scale, or NOWHERE */
    enum forge_hdf5_layout layout;
    uint64_t offset;                     /* CONTIGUOUS: in the file, or NOWHERE */
    uint64_t chunk[FORGE_HDF5_RANK_MAX]; /* CHUNKED */
    bool whole_edges;                    /* chunks cut by the extent are stored unfiltered */
    unsigned filters_count;
    struct forge_hdf5_filter filters[FORGE_HDF5_FILTERS_MAX];
    union forge_value fill; /* NUMBERS: of what was never written */
    struct forge_attributes
        attributes; /* all of numbers and texts, also those of conventions */
};

FORGE_MUST_CHECK bool forge_hdf5_open(struct forge_hdf5 **out, const char *path,
                                      struct forge_error *err);
void forge_hdf5_close(struct forge_hdf5 *file);

enum forge_hdf5_link {
    FORGE_HDF5_LINK_DATASET,
    FORGE_HDF5_LINK_GROUP,
    FORGE_HDF5_LINK_NOWHERE, /* leads out of the file, or to nothing */
    FORGE_HDF5_LINK_OTHER,   /* a named type, say */
};
typedef void forge_hdf5_visit_link(void *context, const char *name, enum forge_hdf5_link link,
                                   uint64_t address);

/* Links of a group, in the order they were made where the file knows, else by name. */
FORGE_MUST_CHECK bool forge_hdf5_list(struct forge_hdf5 *file, const char *group,
                                      forge_hdf5_visit_link *visit, void *context,
                                      struct forge_error *err);

FORGE_MUST_CHECK bool forge_hdf5_describe(struct forge_hdf5_dataset *out,
                                          struct forge_hdf5 *file, const char *path,
                                          struct forge_error *err);

/* Those of a group or dataset that are numbers or texts, also what conventions keep there. */
FORGE_MUST_CHECK bool forge_hdf5_attributes(struct forge_attributes *out,
                                            struct forge_arena *arena, struct forge_hdf5 *file,
                                            const char *path, struct forge_error *err);

/* A path of the object at that address, or NULL. */
const char *forge_hdf5_path_at(struct forge_hdf5 *file, uint64_t address,
                               struct forge_arena *arena);

/* Print the index of chunks as H5Ddebug does; how many there should be, and what to add to
 * every address. */
FORGE_MUST_CHECK bool forge_hdf5_print_index(struct forge_hdf5 *file, const char *path,
                                             FILE *stream, uint64_t *chunks, uint64_t *base,
                                             struct forge_error *err);

/* Numbers (or chars, as bytes) of a region in C order, through the library. Elements beyond
 * the extent stay as they are. */
FORGE_MUST_CHECK bool forge_hdf5_read(struct forge_hdf5 *file, const char *path,
                                      enum forge_dtype dtype, unsigned rank,
                                      const struct forge_region *region, void *elements,
                                      struct forge_error *err);

/* The `count` texts of a region, as UTF-8 in the arena; "" beyond the extent. */
FORGE_MUST_CHECK bool forge_hdf5_read_texts(const char *const **out, struct forge_arena *arena,
                                            struct forge_hdf5 *file, const char *path,
                                            unsigned rank, const struct forge_region *region,
                                            size_t count, struct forge_error *err);

/* The version of HDF5, for provenance. */
void forge_hdf5_version(struct forge_text *out);

#endif

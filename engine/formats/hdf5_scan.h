/* hdf5_scan.h: the steps of scanning a group of an HDF5 file. */
#ifndef FORGE_FORMATS_HDF5_SCAN_H
#define FORGE_FORMATS_HDF5_SCAN_H

#include "formats/format.h"
#include "formats/hdf5_library.h"

/* All of it lives in the arena. */
struct forge_hdf5_dimension {
    const char *name;
    uint64_t size;
    bool unlimited;
    bool is_bare;     /* its scale is no variable */
    bool is_phony;    /* named by us: the file has no scale for it */
    uint64_t address; /* of its scale */
    double id;        /* netCDF's, or -1 */
};

struct forge_hdf5_variable {
    const char *name; /* as netCDF calls it */
    const char *path;
    bool is_nowhere;     /* a link that leads out of the file, or to nothing: no dataset */
    bool is_scale;       /* of a dimension */
    bool is_bare;        /* a dimension only, no variable */
    const char *refusal; /* why it cannot be used, or NULL */
    struct forge_hdf5_dataset dataset;
    struct forge_attributes attributes; /* all of them, until hdf5.c has dropped the hidden */
    size_t dims[FORGE_HDF5_RANK_MAX];   /* positions in the group's dims */
};

struct forge_hdf5_group {
    const struct forge_scan_request *request;
    const struct forge_file *origin; /* what sources borrow */
    struct forge_arena *arena;
    struct forge_hdf5 *file;
    const char *path;
    struct forge_hdf5_variable *variables;
    size_t variables_count, variables_room;
    struct forge_hdf5_dimension *dims;
    size_t dims_count, dims_room;
};

/* The path of the group a request wants: "/", "a/b". */
const char *forge_hdf5_group_path(struct forge_arena *arena, const char *wanted);

/* The path of what is in a group: from the root, without a slash in front, as messages show it.
 */
const char *forge_hdf5_join(struct forge_arena *arena, const char *group, const char *name);

/* Is the group there? An error lists those that are. */
FORGE_MUST_CHECK bool forge_hdf5_group_find(const struct forge_hdf5_group *group,
                                            struct forge_error *err);

/* Put the file, and the variable where there is one, before an error without. False. */
bool forge_hdf5_fail_in(const struct forge_hdf5_group *group, struct forge_error *err,
                        const char *variable);

/* Describe what the group's links lead to. */
FORGE_MUST_CHECK bool forge_hdf5_group_read(struct forge_hdf5_group *group,
                                            struct forge_error *err);

/* Do these say that a scale is a dimension only, and no variable? */
bool forge_hdf5_is_bare(const struct forge_attributes *attributes);

/* Give every variable its dimensions, by netCDF's conventions. */
FORGE_MUST_CHECK bool forge_hdf5_dims(struct forge_hdf5_group *group, struct forge_error *err);

/* The leaf of a variable of that shape (of its dims). Texts of chars have one dimension less
 * than the dataset. */
FORGE_MUST_CHECK bool forge_hdf5_array(const struct forge_array **out,
                                       const struct forge_hdf5_group *group,
                                       const struct forge_hdf5_variable *variable,
                                       bool is_coordinate, struct forge_error *err);

/* Who can decode the chunks of a dataset. */
enum forge_hdf5_decoder {
    FORGE_HDF5_BY_CODECS,  /* `codecs` is the chain */
    FORGE_HDF5_BY_LIBRARY, /* HDF5 can */
    FORGE_HDF5_BY_NOBODY,  /* nor by HDF5 */
};

struct forge_hdf5_decoding {
    enum forge_hdf5_decoder decoder;
    struct forge_codec_chain codecs;
    unsigned mask_shift; /* codecs of the chain in front of the first filter */
    bool library;        /* HDF5 can decode it too */
    const char *missing; /* the filter that HDF5 has not, where it cannot */
};

FORGE_MUST_CHECK bool forge_hdf5_decoding(struct forge_hdf5_decoding *out,
                                          struct forge_arena *arena,
                                          const struct forge_hdf5_dataset *dataset,
                                          struct forge_error *err);

/* One dataset as a leaf in the making. */
struct forge_hdf5_leaf {
    const struct forge_hdf5_group *group;
    const struct forge_hdf5_variable *variable;
    const struct forge_hdf5_dataset *dataset;
    unsigned rank;
    uint64_t shape[FORGE_RANK_MAX];
    uint64_t count, size; /* elements, bytes */
    struct forge_hdf5_decoding decoding;
};

/* A leaf that fails when it is read, and that a recipe can drop. */
FORGE_MUST_CHECK bool forge_hdf5_refuse(const struct forge_array **out,
                                        const struct forge_hdf5_leaf *leaf,
                                        struct forge_error *err, const char *format, ...)
    FORGE_PRINTF(4, 5);

/* In memory: through HDF5 (compact layouts and filters of its own), through the chunks of
 * `source` and our codecs, or copied from where they lie in one piece. */
FORGE_MUST_CHECK bool forge_hdf5_read_numbers(const struct forge_array **out,
                                              const struct forge_hdf5_leaf *leaf,
                                              struct forge_error *err);
FORGE_MUST_CHECK bool forge_hdf5_decode_numbers(const struct forge_array **out,
                                                const struct forge_hdf5_leaf *leaf,
                                                const struct forge_source *source,
                                                struct forge_error *err);
FORGE_MUST_CHECK bool forge_hdf5_copy_numbers(const struct forge_array **out,
                                              const struct forge_hdf5_leaf *leaf,
                                              const struct forge_source *source,
                                              struct forge_error *err);

/* netCDF's char arrays, joined along the last dimension; other texts. */
FORGE_MUST_CHECK bool forge_hdf5_join_chars(const struct forge_array **out,
                                            const struct forge_hdf5_leaf *leaf,
                                            struct forge_error *err);
FORGE_MUST_CHECK bool forge_hdf5_take_texts(const struct forge_array **out,
                                            const struct forge_hdf5_leaf *leaf,
                                            struct forge_error *err);

#endif

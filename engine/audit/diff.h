/* diff.h: what differs between two versions, or two stores.
 *
 * Shape, encoding and attributes are compared by name, objects by digest, inputs
 * by url. Values are compared only when asked for: where both sides have the
 * same monotonic coordinate along a dimension, elements with the same label are
 * compared, else those at the same place. Missing equals missing, however
 * it is written. Objects that hold the same bytes at the same place are not read.
 */
#ifndef FORGE_AUDIT_DIFF_H
#define FORGE_AUDIT_DIFF_H

#include "run/bake.h"

#define FORGE_CHANGES_MAX 1000U /* of inputs; all are counted */

struct forge_diff_side {
    const char *store;  /* path of the data */
    const char *folder; /* of the version; NULL: a store that stands alone */
};

struct forge_diff_request {
    struct forge_diff_side a, b;
    bool values;
    const struct forge_executor_type *executor;
    unsigned workers;
    uint64_t memory_bytes; /* of all workers together */
    const atomic_bool *cancelled;
    forge_progress_show *progress;
    void *progress_context;
};

/* Something that is there, gone or another; texts are JSON. */
struct forge_change {
    const char *part;     /* "dimension", "variable", "dims", "shape", "dtype", "chunks",
                             "shards", "codec", "fill", "attribute", "input", "zarr_format" */
    const char *variable; /* that it is of; NULL: of the dataset */
    const char *name;     /* of the dimension, variable, attribute or input; else NULL */
    const char *was, *is; /* NULL: it was not there, it is gone */
};

struct forge_objects_diff {
    bool known; /* both sides have a list */
    uint64_t same, different, gone, added;
};

struct forge_values_diff {
    const char *variable;
    const char *refused; /* why values could not be compared, or NULL */
    const char *aligned; /* "by label along time; by place along y, x" */
    uint64_t compared, differing;
    uint64_t unread;         /* of those compared: in objects with the same bytes */
    bool has_largest;        /* two numbers differ, none of them missing */
    double largest;          /* absolute difference */
    const char *at;          /* of the first that differs: JSON object, dimension: label */
    const char *at_a, *at_b; /* its indices: JSON arrays */
    const char *was, *is;    /* its values: JSON; null is missing */
};

struct forge_diff {
    struct forge_arena arena; /* owned */
    bool differ;
    struct forge_change *changes;
    size_t changes_count, changes_room;
    uint64_t inputs_changed; /* added, changed or gone, also those that are not listed */
    bool has_recipes, recipes_differ;
    const char **recipe_lines; /* "-gone", "+added", " same" around them */
    size_t recipe_lines_count;
    struct forge_objects_diff objects;
    struct forge_values_diff *values; /* of every variable that both have */
    size_t values_count;
};

/* Clear the result in both cases. */
FORGE_MUST_CHECK bool forge_diff(struct forge_diff *out,
                                 const struct forge_diff_request *request,
                                 struct forge_error *err);
void forge_diff_clear(struct forge_diff *diff);

#endif

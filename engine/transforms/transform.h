/* transform.h: what a transform is.
 *
 * To add one: write <name>.c with a `const struct forge_transform_type
 * forge_transform_<name>`, and add one line to list.h. A transform changes the
 * description of a dataset: it wraps arrays in lazy nodes, renames, sets
 * attributes. It reads nothing but coordinates that are in memory, and values
 * through the reader it is given.
 */
#ifndef FORGE_TRANSFORMS_TRANSFORM_H
#define FORGE_TRANSFORMS_TRANSFORM_H

#include "array/dataset.h"
#include "array/nodes.h"
#include "document/options.h"

struct forge_scope; /* expression/expression.h: what names in expressions mean */

struct forge_transform_context {
    struct forge_arena *arena;       /* where everything that is made lives */
    struct forge_reader *reader;     /* for small coordinate values */
    const struct forge_scope *scope; /* keys, file and attributes; under `each` */
    struct forge_place place;        /* of the transform in the recipe */
};

struct forge_transform_type {
    const char *name;    /* as written in recipes */
    const char *summary; /* one line, for `forge help transforms` */
    const char *example; /* YAML, for `forge help transform NAME` */
    const struct forge_option *options;
    size_t settings_size;
    bool only_each;   /* may stand under `each` only */
    bool keeps_texts; /* what a template gives is a text even where it looks like a number */

    /* Recipe time, may be NULL: mistakes the options table cannot see, in settings that hold
     * no templates. */
    bool (*check)(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics);

    /* Change the dataset. Errors name variable and dimension; the caller adds recipe place
     * and file. */
    bool (*apply)(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err);
};

/* The built-in transform of that name, or NULL; all of them, NULL-terminated, sorted. */
const struct forge_transform_type *forge_transform_find(const char *name);
const struct forge_transform_type *const *forge_transform_all(void);

#endif

/* names.h: names of variables and dimensions in transforms: globs, and "name?" for maybe. */
#ifndef FORGE_TRANSFORMS_NAMES_H
#define FORGE_TRANSFORMS_NAMES_H

#include "transforms/transform.h"

/* Mark in picked[variables_count] every variable that a name or glob means. A name that means
 * none, and does not end in "?", is an error. */
FORGE_MUST_CHECK bool forge_pick_variables(bool *picked, const struct forge_names *names,
                                           const struct forge_dataset *dataset,
                                           const struct forge_transform_context *context,
                                           struct forge_error *err);

/* The same for one name. */
FORGE_MUST_CHECK bool forge_pick_variable(bool *picked, const char *name,
                                          const struct forge_dataset *dataset,
                                          const struct forge_transform_context *context,
                                          struct forge_error *err);

/* The dimension of that name; `*optional` when the name ends in "?" and it is absent (then the
 * result is NULL without an error). */
struct forge_dimension *forge_pick_dimension(const char *given, bool *optional,
                                             const struct forge_dataset *dataset,
                                             const struct forge_transform_context *context,
                                             struct forge_error *err);

/* Wrap every variable that has the dimension: keep start + i * step, i < count. */
void forge_slice_dimension(struct forge_dataset *dataset, struct forge_arena *arena,
                           const char *dim, uint64_t start, uint64_t count, uint64_t step);

/* Drop a dimension of length 1 from every variable. */
void forge_drop_dimension(struct forge_dataset *dataset, struct forge_arena *arena,
                          const char *dim);

#endif

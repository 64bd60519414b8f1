/* combine_parts.h: the steps of combining, one file each. Private to combine. */
#ifndef FORGE_PLAN_COMBINE_PARTS_H
#define FORGE_PLAN_COMBINE_PARTS_H

#include "plan/combine.h"

/* agree.c: one variable from several datasets that must be the same: dims, dtype, values. */
bool forge_agree(struct forge_variable *out, const struct forge_combining *combining,
                 const struct forge_variable *const *parts, size_t count,
                 struct forge_error *err);

/* Attributes of several, by the policy. `what` is the variable's name, or NULL for the
 * dataset's own. */
bool forge_agree_attributes(struct forge_attributes *out,
                            const struct forge_combining *combining, const char *what,
                            const struct forge_attributes *const *parts,
                            const char *const *urls, size_t count, struct forge_error *err);

/* align.c: where indexes of dimensions other than `except` (may be NULL) differ, reindex the
 * members by the join policy, in place. Afterwards every dimension but that has one length. */
bool forge_align(const struct forge_combining *combining, struct forge_dataset *members,
                 size_t count, const char *except, struct forge_error *err);

/* times.c: bring variables with time units to one encoding, in place. */
bool forge_unify_times(const struct forge_combining *combining, struct forge_dataset *members,
                       size_t count, struct forge_error *err);

/* unify.c: bring the parts of one variable to one dtype, packing and fill value, in place. */
bool forge_unify(const struct forge_combining *combining, struct forge_variable *const *parts,
                 size_t count, struct forge_error *err);

/* missing.c: stand-ins, all fill, for the members of a row along `axis` that are not there:
 * items[i] for every row[i] that is NULL. The coordinate follows from the keys where it does in
 * the other files. */
bool forge_missing_fill(struct forge_dataset *items, const struct forge_combining *combining,
                        const struct forge_grid *grid, size_t axis,
                        const struct forge_dataset *const *row, struct forge_error *err);

/* Every variable that some member has, as the first of them has it. */
void forge_missing_union(struct forge_dataset *out, const struct forge_combining *combining,
                         const struct forge_dataset *members, uint64_t count);

/* Give a member, some of whose files are not there, the variables that only the others have:
 * `all` is the union of them and it. */
bool forge_missing_complete(struct forge_dataset *member,
                            const struct forge_combining *combining, const char *dim,
                            const struct forge_dataset *all, struct forge_error *err);

/* "a.nc": the file that a variable, or else a dataset, came from. */
const char *forge_origin(const struct forge_variable *variable);

#endif

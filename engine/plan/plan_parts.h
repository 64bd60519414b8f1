/* plan_parts.h: the steps of planning, one file each. Private to plan. */
#ifndef FORGE_PLAN_PLAN_PARTS_H
#define FORGE_PLAN_PLAN_PARTS_H

#include "plan/plan.h"

/* transform.c: apply a list of transforms. `scope` may be NULL. */
bool forge_plan_transform(struct forge_dataset *dataset,
                          const struct forge_transform_list *list, struct forge_arena *arena,
                          struct forge_reader *reader, const struct forge_scope *scope,
                          struct forge_error *err);

/* encode.c: what `variables:` of the target asks for. */
bool forge_plan_encode(struct forge_plan *plan, struct forge_error *err);

/* coordinates.c: name the coordinates of every variable in its attributes. */
void forge_plan_name_coordinates(struct forge_dataset *dataset);

/* chunks.c: the chunk, shard and codec of one variable. */
bool forge_plan_chunks(struct forge_plan_array *out, struct forge_plan *plan,
                       const struct forge_variable *variable, struct forge_error *err);

/* groups.c: how many objects one task takes within `budget` bytes. */
void forge_plan_group(struct forge_plan_array *array, struct forge_arena *arena,
                      const struct forge_target_type *type, uint64_t budget);

/* The encoding that the recipe gives a variable, or NULL. */
const struct forge_variable_encoding *forge_plan_encoding(const struct forge_recipe *recipe,
                                                          const char *name);

#endif

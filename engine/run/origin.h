/* origin.h: which input file an element of the output came from, for messages. */
#ifndef FORGE_RUN_ORIGIN_H
#define FORGE_RUN_ORIGIN_H

#include "plan/plan.h"

/* The url of the file behind one element of a variable; NULL when it was computed. */
const char *forge_origin_of(const struct forge_plan *plan, const char *name,
                            const uint64_t *index);

/* The url of a file behind position `at` of a dimension, by any variable that has it. */
const char *forge_origin_along(const struct forge_plan *plan, const char *dim, uint64_t at);

/* Reading a region of a variable failed: give the error the place of the input in the recipe,
 * and the name of a file where its text has none. Returns false. */
bool forge_origin_blame(const struct forge_plan *plan, const struct forge_variable *variable,
                        const struct forge_region *region, struct forge_error *err);

#endif

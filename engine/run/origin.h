/* origin.h: which input file an element of the output came from, for messages. */
#ifndef FORGE_RUN_ORIGIN_H
#define FORGE_RUN_ORIGIN_H

#include "plan/plan.h"

/* The url of the file behind one element of a variable; NULL when it was computed. */
const char *forge_origin_of(const struct forge_plan *plan, const char *variable,
                            const uint64_t *index);

/* The url of a file behind position `at` of a dimension, by any variable that has it. */
const char *forge_origin_along(const struct forge_plan *plan, const char *dim, uint64_t at);

#endif

/* checks.h: the checks of a recipe, held to what was written. */
#ifndef FORGE_RUN_CHECKS_H
#define FORGE_RUN_CHECKS_H

#include "run/held.h"

/* Read the store back and hold every check of the recipe to it. One that fails is
 * FORGE_CHECK_FAILED and says which index, value and input file broke it. What of the values
 * older versions hold is not read; `held` is told what this one holds. */
FORGE_MUST_CHECK bool forge_checks_hold(const struct forge_plan *plan,
                                        struct forge_store *store, struct forge_held *held,
                                        struct forge_budget *budget,
                                        const struct forge_bake_request *request,
                                        struct forge_error *err);

#endif

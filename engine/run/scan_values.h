/* scan_values.h: hold a rule to every value of a written variable, on all workers. */
#ifndef FORGE_RUN_SCAN_VALUES_H
#define FORGE_RUN_SCAN_VALUES_H

#include "run/bake.h"

struct forge_held;

struct forge_value_rule {
    const char *what;                      /* the check's name, for messages */
    const struct forge_variable *variable; /* as it reads back from the store */
    bool no_missing; /* else: low <= decoded value <= high, missing ones hold */
    double low, high;
    struct forge_progress progress; /* told again while the values are read */
};

/* The same pieces as the tasks that wrote it, so the same memory suffices; of them only what no
 * older version holds. */
FORGE_MUST_CHECK bool forge_values_hold(const struct forge_plan *plan,
                                        const struct forge_value_rule *rule,
                                        struct forge_held *held, struct forge_budget *budget,
                                        const struct forge_bake_request *request,
                                        struct forge_error *err);

#endif

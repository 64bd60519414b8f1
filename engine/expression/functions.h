/* functions.h: the functions of the expression language, one row each.
 *
 * A row stands in one of the tables of functions_*.c. What works on numbers or
 * times one by one says how (number, field), so that single values and whole
 * blocks of variables go the same way; the rest work on single values only.
 */
#ifndef FORGE_EXPRESSION_FUNCTIONS_H
#define FORGE_EXPRESSION_FUNCTIONS_H

#include "expression/tree.h"

#define FORGE_ARGUMENTS_MAX 16

enum forge_function_kind {
    FORGE_FUNCTION_SINGLE, /* single values, by `single` */
    FORGE_FUNCTION_NUMBER, /* numbers -> number, by `number` */
    FORGE_FUNCTION_FIELD,  /* time -> int, by `field` */
    FORGE_FUNCTION_IF,     /* if(c, a, b), where(c, a, b) */
    FORGE_FUNCTION_IS_MISSING,
    FORGE_FUNCTION_REDUCTION, /* of variables, over dimensions */
    FORGE_FUNCTION_ARRAY,     /* makes a variable */
};

struct forge_call {
    const struct forge_function *function;
    const struct forge_scalar *arguments; /* none is missing */
    size_t count;
    struct forge_arena *arena; /* of the result */
};

struct forge_function {
    const char *name;
    const char *usage;  /* "clip(x, low, high)" */
    size_t least, most; /* arguments */
    enum forge_function_kind kind;
    bool own_calendar; /* its times have a calendar of their own */
    bool reduces;      /* a NUMBER that is a reduction with one variable, or with dimensions */

    bool (*single)(struct forge_scalar *out, const struct forge_call *call,
                   struct forge_error *err);
    double (*number)(const double *arguments, size_t count);
    int64_t (*field)(enum forge_calendar calendar, const struct forge_date *date);
};

/* Tables that end with {0}. */
extern const struct forge_function forge_functions_of_numbers[];
extern const struct forge_function forge_functions_of_times[];
extern const struct forge_function forge_functions_of_texts[];
extern const struct forge_function forge_functions_of_variables[];

const struct forge_function *forge_function_find(const char *name); /* or NULL */

/* All names, `attr` too, NULL-terminated. */
const char *const *forge_function_names(void);

/* What can be wrong with a call before anything is known of its values. */
FORGE_MUST_CHECK bool forge_function_check(const struct forge_expression *call, size_t *at,
                                           struct forge_error *err);

/* Is this call a reduction? mean(x), and min(x), max(x, "lat") too. */
bool forge_function_is_reduction(const struct forge_expression *call);

/* Refuse an argument: "sqrt needs a number, not a string". */
bool forge_function_fail(struct forge_error *err, const struct forge_call *call,
                         const char *wanted, enum forge_scalar_kind found);

#endif

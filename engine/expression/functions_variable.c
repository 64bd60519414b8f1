/* functions_variable.c: functions that choose, and those that work on whole variables. */
#include "expression/functions.h"

static bool single_reduction(struct forge_scalar *out, const struct forge_call *call,
                             struct forge_error *err)
{
    (void)out;
    return forge_fail(err, FORGE_BAD_RECIPE,
                      "%s works on variables, and here there are single values only",
                      call->function->name);
}

#define REDUCTION(name)                                                                        \
    {                                                                                          \
        name, name "(x) or " name "(x, \"dimension\", ..)", 1, FORGE_ARGUMENTS_MAX,            \
            FORGE_FUNCTION_REDUCTION, .single = single_reduction                               \
    }

const struct forge_function forge_functions_of_variables[] = {
    {"if", "if(condition, a, b)", 3, 3, .kind = FORGE_FUNCTION_IF},
    {"where", "where(condition, a, b)", 3, 3, .kind = FORGE_FUNCTION_IF},
    {"is_missing", "is_missing(x)", 1, 1, .kind = FORGE_FUNCTION_IS_MISSING},
    REDUCTION("all"),
    REDUCTION("any"),
    REDUCTION("count"),
    REDUCTION("mean"),
    REDUCTION("sum"),
    {"linspace", "linspace(first, last, count)", 3, 3, FORGE_FUNCTION_ARRAY,
     .single = single_reduction},
    {0},
};

#include "expression/functions.h"

#include <string.h>

#include "expression/pattern.h"

static const struct forge_function *const tables[] = {
    forge_functions_of_numbers,
    forge_functions_of_times,
    forge_functions_of_texts,
    forge_functions_of_variables,
};

const struct forge_function *forge_function_find(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct forge_function *at = tables[i]; at->name; at++)
            if (strcmp(at->name, name) == 0)
                return at;
    return NULL;
}

const char *const *forge_function_names(void)
{
    static const char *const names[] = {
        "abs",
        "all",
        "any",
        "atan2",
        "attr",
        "ceil",
        "clip",
        "cos",
        "count",
        "day",
        "days_in_month",
        "doy",
        "exp",
        "floor",
        "format",
        "hour",
        "if",
        "is_missing",
        "linspace",
        "log",
        "log10",
        "lower",
        "match",
        "max",
        "mean",
        "min",
        "minute",
        "minute_of_day",
        "month",
        "parse_time",
        "replace",
        "round",
        "second",
        "second_of_day",
        "sin",
        "slice",
        "split",
        "sqrt",
        "sum",
        "tan",
        "time",
        "upper",
        "where",
        "year",
        "year_end",
        NULL,
    };

    return names;
}

bool forge_function_is_reduction(const struct forge_expression *call)
{
    const struct forge_expression *second = call->count > 1 ? call->parts[1] : NULL;

    if (call->function->kind == FORGE_FUNCTION_REDUCTION)
        return true;
    return call->function->reduces && (!second || (second->kind == FORGE_TREE_VALUE &&
                                                   second->value.kind == FORGE_SCALAR_STRING));
}

static bool check_dimensions(const struct forge_expression *call, size_t *at,
                             struct forge_error *err)
{
    for (size_t i = 1; i < call->count; i++) {
        const struct forge_expression *part = call->parts[i];

        if (part->kind == FORGE_TREE_VALUE && part->value.kind == FORGE_SCALAR_STRING)
            continue;
        *at = part->at;
        return forge_fail(err, FORGE_BAD_RECIPE, "%s needs names of dimensions in quotes: %s",
                          call->function->name, call->function->usage);
    }
    return true;
}

static bool check_pattern(const struct forge_expression *call, size_t *at,
                          struct forge_error *err)
{
    const struct forge_expression *part = call->parts[1];
    struct forge_pattern *pattern = NULL;
    size_t offset;

    if (part->kind != FORGE_TREE_VALUE || part->value.kind != FORGE_SCALAR_STRING)
        return true;
    if (!forge_pattern_compile(&pattern, part->value.string, &offset, err)) {
        *at = part->at + 1 + offset;
        return false;
    }
    forge_pattern_close(pattern);
    return true;
}

bool forge_function_check(const struct forge_expression *call, size_t *at,
                          struct forge_error *err)
{
    if (forge_function_is_reduction(call))
        return check_dimensions(call, at, err);
    if (strcmp(call->function->name, "match") == 0)
        return check_pattern(call, at, err);
    return true;
}

bool forge_function_fail(struct forge_error *err, const struct forge_call *call,
                         const char *wanted, enum forge_scalar_kind found)
{
    return forge_fail(err, FORGE_BAD_RECIPE, "%s needs %s, not %s", call->function->name,
                      wanted, forge_scalar_kind_name(found));
}

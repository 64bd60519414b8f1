/* add_dim.c: a new leading dimension of length 1 for every file.
 *
 * Its coordinate comes from an expression: a key, an attribute, a constant, or
 * the name of a variable with a single value, which becomes the coordinate.
 * Data variables get the dimension, and so do the bounds of that coordinate; other
 * coordinates, bounds and grid mappings do not.
 */
#include "expression/expression.h"
#include "time/units.h"
#include "transforms/names.h"

#include <string.h>

struct settings {
    struct forge_pairs dims;
};

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_TEXT, offsetof(struct settings, dims), .expression = true,
     .help = "dimension: \"expression\""},
    {0},
};

static bool check(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics)
{
    const struct settings *s = settings;
    bool good = true;

    (void)node;
    for (size_t i = 0; i < s->dims.count; i++) {
        const struct forge_node *pair = s->dims.nodes[i];
        struct forge_expression *expression;
        struct forge_error err;
        struct forge_place place = pair->place;
        size_t at = 0;

        if (!forge_name_is_safe(pair->key))
            good = forge_report(diagnostics, FORGE_F019, pair->key_place, 1, NULL,
                                "\"%s\" cannot be the name of a dimension", pair->key);
        if (forge_expression_parse(&expression, arena, pair->text, &at, &err))
            continue;
        place.column += (unsigned)at + (pair->quoted ? 1 : 0);
        good = forge_report(diagnostics, FORGE_F021, place, 1, err.help[0] ? err.help : NULL,
                            "%s", err.text);
    }
    return good;
}

/* Is the variable named by an attribute of another, as bounds or grid mapping? */
static bool is_helper(const struct forge_dataset *dataset, const char *name)
{
    static const char *const attributes[] = {"bounds", "climatology", "grid_mapping", NULL};

    for (size_t v = 0; v < dataset->variables_count; v++) {
        for (size_t i = 0; attributes[i]; i++) {
            const char *named =
                forge_attributes_text(&dataset->variables[v].attributes, attributes[i]);

            if (named && strcmp(named, name) == 0)
                return true;
        }
    }
    return false;
}

static void prepend(struct forge_variable *variable, struct forge_arena *arena, const char *dim)
{
    unsigned order[FORGE_RANK_MAX] = {FORGE_NEW_DIM};
    unsigned rank = variable->array->rank;

    for (unsigned d = rank; d > 0; d--) {
        variable->dims[d] = variable->dims[d - 1];
        order[d] = d - 1;
    }
    variable->dims[0] = dim;
    variable->array = forge_array_permute(arena, variable->array, order, rank + 1);
}

/* A time as a number: whole days where it is midnight, else seconds. Files that choose
 * differently are brought together when they are combined. */
static void set_time(struct forge_variable *variable, struct forge_arena *arena,
                     const struct forge_scalar *time, union forge_value *value)
{
    struct forge_time_units units = {.calendar = time->calendar, .unit_us = 86400000000};
    struct forge_date epoch = {.year = 1970, .month = 1, .day = 1};
    struct forge_text text = {0};

    forge_time_from_date(&units.epoch_us, time->calendar, &epoch);
    if (!forge_time_encode_integer(&value->int64, &units, time->integer)) {
        units.unit_us = time->integer % 1000000 == 0 ? 1000000 : 1;
        forge_time_encode_integer(&value->int64, &units, time->integer);
    }
    forge_time_units_print(&text, &units);
    forge_attributes_set_text(&variable->attributes, arena, "units", forge_text_string(&text));
    forge_attributes_set_text(&variable->attributes, arena, "calendar",
                              forge_calendar_name(time->calendar));
    forge_attributes_set_text(&variable->attributes, arena, "standard_name", "time");
    forge_text_clear(&text);
}

static bool make_coordinate(struct forge_dataset *dataset, const char *dim,
                            const struct forge_scalar *scalar, struct forge_arena *arena,
                            struct forge_error *err)
{
    const uint64_t one = 1;
    union forge_value *value = forge_arena_take(arena, sizeof *value);
    struct forge_variable *variable;
    enum forge_dtype dtype = FORGE_INT64;

    switch (scalar->kind) {
    case FORGE_SCALAR_TIME:
    case FORGE_SCALAR_INTEGER:
        value->int64 = scalar->integer;
        break;
    case FORGE_SCALAR_FLOAT:
        dtype = FORGE_FLOAT64;
        value->float64 = scalar->number;
        break;
    case FORGE_SCALAR_STRING:
        dtype = FORGE_STRING;
        value->string = forge_arena_text(arena, scalar->string);
        break;
    default:
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "the coordinate of \"%s\" must be a time, a number or a text", dim);
    }
    variable = forge_dataset_add_variable(dataset, dim);
    variable->is_coordinate = true;
    variable->dims[0] = dim;
    if (scalar->kind == FORGE_SCALAR_TIME)
        set_time(variable, arena, scalar, value);
    variable->array = forge_array_memory(arena, dtype, 1, &one, value);
    return true;
}

/* The variable that the expression simply names, with one value: it becomes the coordinate. */
static bool take_variable(struct forge_dataset *dataset, const char *dim, const char *text,
                          struct forge_arena *arena, bool *taken, struct forge_error *err)
{
    struct forge_variable *variable = forge_dataset_variable(dataset, text);
    unsigned order[1] = {FORGE_NEW_DIM};

    *taken = variable != NULL;
    if (!variable)
        return true;
    if (forge_array_count(variable->array) != 1)
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "variable \"%s\" has %llu values: the coordinate of \"%s\" needs one",
                          text, (unsigned long long)forge_array_count(variable->array), dim);
    if (forge_dataset_variable(dataset, dim) && strcmp(text, dim) != 0)
        return forge_fail(err, FORGE_BAD_RECIPE, "there is already a variable \"%s\"", dim);
    variable->array = forge_array_permute(arena, variable->array, order, 1);
    variable->name = dim;
    variable->dims[0] = dim;
    variable->is_coordinate = true;
    return true;
}

static bool apply_one(const struct forge_node *pair, struct forge_dataset *dataset,
                      const struct forge_transform_context *context, struct forge_error *err)
{
    const char *dim = forge_arena_text(context->arena, pair->key);
    struct forge_expression *expression = NULL;
    struct forge_scalar scalar;
    const char *bounds;
    bool taken = false;
    size_t at;

    if (forge_dataset_dimension(dataset, dim))
        return forge_fail_at(err, pair->key_place, "there is already a dimension \"%s\"", dim);
    if (!take_variable(dataset, dim, pair->text, context->arena, &taken, err))
        return forge_fail_place(err, pair->place);
    if (!taken) {
        if (forge_dataset_variable(dataset, dim))
            return forge_fail_at(err, pair->key_place, "there is already a variable \"%s\"",
                                 dim);
        if (!forge_expression_parse(&expression, context->arena, pair->text, &at, err) ||
            !forge_expression_scalar(&scalar, expression, context->scope, context->arena,
                                     err) ||
            !make_coordinate(dataset, dim, &scalar, context->arena, err))
            return forge_fail_place(err, pair->place);
    }
    forge_dataset_add_dimension(dataset, dim, 1);
    bounds = forge_attributes_text(&forge_dataset_variable(dataset, dim)->attributes, "bounds");
    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_variable *variable = &dataset->variables[v];
        bool own = bounds && strcmp(bounds, variable->name) == 0;

        if (!own && (variable->is_coordinate || is_helper(dataset, variable->name)))
            continue;
        if (variable->array->rank == FORGE_RANK_MAX)
            return forge_fail_at(err, pair->place, "variable \"%s\" has too many dimensions",
                                 variable->name);
        prepend(variable, context->arena, dim);
    }
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->dims.count; i++) {
        if (!apply_one(s->dims.nodes[i], dataset, context, err))
            return false;
    }
    return true;
}

const struct forge_transform_type forge_transform_add_dim = {
    .name = "add_dim",
    .summary = "a new leading dimension of length 1 for every file",
    .example = "- add_dim: {time: \"key.time\"}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .only_each = true,
    .check = check,
    .apply = apply,
};

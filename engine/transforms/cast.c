/* cast.c: another dtype for the decoded values of variables. */
#include "transforms/decoding.h"
#include "transforms/names.h"

#include <math.h>

struct settings {
    struct forge_pairs dtypes;
};

static const char *const names[] = {"int8",  "uint8",  "int16",   "uint16",  "int32", "uint32",
                                    "int64", "uint64", "float32", "float64", NULL};

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_CHOICE, offsetof(struct settings, dtypes), .help = "variable: dtype",
     .choices = names},
    {0},
};

static bool cast(struct forge_variable *variable, enum forge_dtype dtype,
                 struct forge_arena *arena, struct forge_error *err)
{
    union forge_value fill = {0}, old;
    bool had;

    if (variable->array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_BAD_RECIPE, "variable \"%s\" holds text", variable->name);
    if (variable->array->dtype == dtype && !forge_variable_packing(variable).packed)
        return true;
    forge_decode_before_cast(variable, arena);
    old = variable->fill;
    had = variable->has_fill;
    if (had && !forge_value_convert(&fill, dtype, old.bytes, variable->array->dtype)) {
        if (!forge_dtype_is_float(dtype)) {
            forge_fail(err, FORGE_BAD_RECIPE,
                       "variable \"%s\" has missing values, which %s cannot hold",
                       variable->name, forge_dtype_name(dtype));
            return forge_fail_help(err, "give it a dtype and a fill under target: variables:");
        }
        forge_value_from_double(&fill, dtype, NAN);
    }
    variable->array = forge_array_cast(arena, variable->array, dtype, had ? &old : NULL,
                                       had ? &fill : NULL, variable->name);
    variable->fill = fill;
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->dtypes.count; i++) {
        const struct forge_node *pair = s->dtypes.nodes[i];
        bool *picked =
            forge_arena_array(context->arena, dataset->variables_count + 1, sizeof *picked);
        enum forge_dtype dtype;

        if (!forge_dtype_find(&dtype, pair->text))
            return forge_fail_at(err, pair->place, "there is no dtype \"%s\"", pair->text);
        if (!forge_pick_variable(picked, pair->key, dataset, context, err))
            return forge_fail_place(err, pair->key_place);
        for (size_t v = 0; v < dataset->variables_count; v++) {
            if (picked[v] && !cast(&dataset->variables[v], dtype, context->arena, err))
                return forge_fail_place(err, pair->place);
        }
    }
    return true;
}

const struct forge_transform_type forge_transform_cast = {
    .name = "cast",
    .summary = "another dtype",
    .example = "- cast: {sst: float32}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

/* decode.c: store decoded values: packed integers become floats, missing ones NaN. */
#include "transforms/names.h"

#include <math.h>

struct settings {
    struct forge_names names;
};

static const struct forge_option options[] = {
    {".", FORGE_OPTION_NAMES, offsetof(struct settings, names), .help = "variables or globs",
     .required = true},
    {0},
};

static void decode(struct forge_variable *variable, struct forge_arena *arena)
{
    const struct forge_array *decoded = forge_variable_decoded(variable, arena);

    if (decoded == variable->array && !forge_variable_packing(variable).packed)
        return;
    variable->array = decoded;
    variable->has_fill = forge_value_from_double(&variable->fill, decoded->dtype, NAN);
    forge_attributes_remove(&variable->attributes, "scale_factor");
    forge_attributes_remove(&variable->attributes, "add_offset");
    forge_attributes_remove(&variable->attributes, "missing_value");
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;
    bool *picked =
        forge_arena_array(context->arena, dataset->variables_count + 1, sizeof *picked);

    if (!forge_pick_variables(picked, &s->names, dataset, context, err))
        return false;
    for (size_t v = 0; v < dataset->variables_count; v++) {
        if (picked[v])
            decode(&dataset->variables[v], context->arena);
    }
    return true;
}

const struct forge_transform_type forge_transform_decode = {
    .name = "decode",
    .summary = "store decoded values instead of packed ones",
    .example = "- decode: [sst]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

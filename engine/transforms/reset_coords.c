/* reset_coords.c: make coordinates ordinary variables. */
#include "transforms/names.h"

struct settings {
    struct forge_names names;
};

static const struct forge_option options[] = {
    {".", FORGE_OPTION_NAMES, offsetof(struct settings, names), .help = "variables or globs",
     .required = true},
    {0},
};

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;
    bool *picked =
        forge_arena_array(context->arena, dataset->variables_count + 1, sizeof *picked);

    if (!forge_pick_variables(picked, &s->names, dataset, context, err))
        return false;
    for (size_t v = 0; v < dataset->variables_count; v++) {
        if (picked[v] && forge_variable_is_index(&dataset->variables[v]))
            return forge_fail(err, FORGE_BAD_RECIPE,
                              "\"%s\" is the coordinate of its own dimension and stays one",
                              dataset->variables[v].name);
        if (picked[v])
            dataset->variables[v].is_coordinate = false;
    }
    return true;
}

const struct forge_transform_type forge_transform_reset_coords = {
    .name = "reset_coords",
    .summary = "make coordinates ordinary variables",
    .example = "- reset_coords: [nav_lat, nav_lon]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

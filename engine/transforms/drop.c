/* drop.c: leave variables out. */
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
    for (size_t v = dataset->variables_count; v-- > 0;) {
        if (picked[v])
            forge_dataset_remove_variable(dataset, dataset->variables[v].name);
    }
    forge_dataset_trim_dimensions(dataset);
    return true;
}

const struct forge_transform_type forge_transform_drop = {
    .name = "drop",
    .summary = "leave variables out",
    .example = "- drop: [ice, \"*_flag\"]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

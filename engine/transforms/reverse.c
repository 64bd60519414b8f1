/* reverse.c: turn dimensions around. */
#include "transforms/names.h"

struct settings {
    struct forge_names dims;
};

static const struct forge_option options[] = {
    {".", FORGE_OPTION_NAMES, offsetof(struct settings, dims), .help = "dimensions",
     .required = true},
    {0},
};

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->dims.count; i++) {
        bool optional;
        const struct forge_dimension *dim =
            forge_pick_dimension(s->dims.items[i], &optional, dataset, context, err);

        if (!dim && !optional)
            return false;
        for (size_t v = 0; dim && v < dataset->variables_count; v++) {
            struct forge_variable *variable = &dataset->variables[v];
            int axis = forge_variable_axis(variable, dim->name);

            if (axis >= 0)
                variable->array =
                    forge_array_reverse(context->arena, variable->array, (unsigned)axis);
        }
    }
    return true;
}

const struct forge_transform_type forge_transform_reverse = {
    .name = "reverse",
    .summary = "turn dimensions around",
    .example = "- reverse: lat",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

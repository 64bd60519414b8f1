/* decode.c: store decoded values: packed integers become floats, missing ones NaN. */
#include "transforms/decoding.h"
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
        if (picked[v])
            forge_decode_variable(&dataset->variables[v], context->arena);
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

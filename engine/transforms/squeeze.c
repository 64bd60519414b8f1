/* squeeze.c: drop dimensions of length 1; their coordinates become scalars. */
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
        if (!dim)
            continue;
        if (dim->size != 1)
            return forge_fail(err, FORGE_BAD_RECIPE,
                              "dimension \"%s\" has length %llu: only length 1 can be squeezed",
                              dim->name, (unsigned long long)dim->size);
        forge_drop_dimension(dataset, context->arena, dim->name);
    }
    return true;
}

const struct forge_transform_type forge_transform_squeeze = {
    .name = "squeeze",
    .summary = "drop dimensions of length 1",
    .example = "- squeeze: [zlev]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

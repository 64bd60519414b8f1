/* keep.c: keep only these variables, and the coordinates on their dimensions, as xarray does.
 */
#include "transforms/names.h"

#include <string.h>

struct settings {
    struct forge_names names;
};

static const struct forge_option options[] = {
    {".", FORGE_OPTION_NAMES, offsetof(struct settings, names), .help = "variables or globs",
     .required = true},
    {0},
};

static bool has_dim(const struct forge_dataset *dataset, const bool *picked, const char *dim)
{
    for (size_t v = 0; v < dataset->variables_count; v++) {
        if (picked[v] && forge_variable_axis(&dataset->variables[v], dim) >= 0)
            return true;
    }
    return false;
}

/* Are all dimensions of the coordinate among those of the picked variables? */
static bool belongs(const struct forge_dataset *dataset, const bool *picked,
                    const struct forge_variable *coordinate)
{
    for (unsigned d = 0; d < coordinate->array->rank; d++) {
        if (!has_dim(dataset, picked, coordinate->dims[d]))
            return false;
    }
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;
    size_t count = dataset->variables_count;
    bool *picked = forge_arena_array(context->arena, count + 1, sizeof *picked);
    bool *kept = forge_arena_array(context->arena, count + 1, sizeof *kept);

    if (!forge_pick_variables(picked, &s->names, dataset, context, err))
        return false;
    for (size_t v = 0; v < count; v++)
        kept[v] = picked[v] || (dataset->variables[v].is_coordinate &&
                                belongs(dataset, picked, &dataset->variables[v]));
    for (size_t v = count; v-- > 0;) {
        if (!kept[v])
            forge_dataset_remove_variable(dataset, dataset->variables[v].name);
    }
    forge_dataset_trim_dimensions(dataset);
    return true;
}

const struct forge_transform_type forge_transform_keep = {
    .name = "keep",
    .summary = "keep only these variables and their coordinates",
    .example = "- keep: [sst, ice]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

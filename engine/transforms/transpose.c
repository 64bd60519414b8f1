/* transpose.c: order dimensions: those named first, as named, then the others as they were. */
#include "transforms/names.h"

#include <string.h>

struct settings {
    struct forge_names dims;
};

static const struct forge_option options[] = {
    {".", FORGE_OPTION_NAMES, offsetof(struct settings, dims), .required = true,
     .help = "dimensions in their new order; others follow"},
    {0},
};

static void reorder(struct forge_variable *variable, struct forge_arena *arena,
                    const char *const *names, size_t count)
{
    unsigned order[FORGE_RANK_MAX] = {0};
    const char *dims[FORGE_RANK_MAX];
    bool taken[FORGE_RANK_MAX] = {false};
    unsigned rank = variable->array->rank, made = 0;
    bool same = true;

    for (size_t i = 0; i < count; i++) {
        int axis = forge_variable_axis(variable, names[i]);

        if (axis >= 0 && !taken[axis]) {
            taken[axis] = true;
            order[made++] = (unsigned)axis;
        }
    }
    for (unsigned d = 0; d < rank; d++) {
        if (!taken[d])
            order[made++] = d;
    }
    for (unsigned d = 0; d < rank; d++) {
        dims[d] = variable->dims[order[d]];
        same &= order[d] == d;
    }
    if (same)
        return;
    memcpy(variable->dims, dims, rank * sizeof dims[0]);
    variable->array = forge_array_permute(arena, variable->array, order, rank);
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;
    const char **names = forge_arena_array(context->arena, s->dims.count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < s->dims.count; i++) {
        bool optional;
        const struct forge_dimension *dim =
            forge_pick_dimension(s->dims.items[i], &optional, dataset, context, err);

        if (!dim && !optional)
            return false;
        if (dim)
            names[count++] = dim->name;
    }
    for (size_t v = 0; v < dataset->variables_count; v++)
        reorder(&dataset->variables[v], context->arena, names, count);
    return true;
}

const struct forge_transform_type forge_transform_transpose = {
    .name = "transpose",
    .summary = "order dimensions",
    .example = "- transpose: [time, lat, lon]",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

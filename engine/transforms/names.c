#include "transforms/names.h"

#include <string.h>

/* The name without the "?" at its end. */
static const char *plain(const char *name, bool *optional, struct forge_arena *arena)
{
    size_t length = strlen(name);

    *optional = length > 1 && name[length - 1] == '?';
    return *optional ? forge_arena_copy(arena, name, length - 1) : name;
}

static bool unknown(struct forge_error *err, const struct forge_dataset *dataset,
                    struct forge_arena *arena, const char *what, const char *name, bool dims)
{
    const char *const *names = forge_dataset_names(dataset, arena, dims);
    const char *near = forge_text_nearest(name, names);
    struct forge_text list = {0};

    forge_fail(err, FORGE_BAD_RECIPE, "there is no %s \"%s\"", what, name);
    if (near) {
        forge_fail_help(err, "did you mean \"%s\"?", near);
    } else {
        for (size_t i = 0; names[i] && i < 12; i++)
            forge_text_print(&list, "%s%s", i > 0 ? ", " : "", names[i]);
        forge_fail_help(err, "there are: %s; a name that may be absent is written \"%s?\"",
                        forge_text_string(&list), name);
    }
    forge_text_clear(&list);
    return false;
}

bool forge_pick_variable(bool *picked, const char *given, const struct forge_dataset *dataset,
                         const struct forge_transform_context *context, struct forge_error *err)
{
    bool optional, found = false;
    const char *name = plain(given, &optional, context->arena);

    for (size_t v = 0; v < dataset->variables_count; v++) {
        if (forge_text_glob(name, dataset->variables[v].name))
            picked[v] = found = true;
    }
    return found || optional || unknown(err, dataset, context->arena, "variable", name, false);
}

bool forge_pick_variables(bool *picked, const struct forge_names *names,
                          const struct forge_dataset *dataset,
                          const struct forge_transform_context *context,
                          struct forge_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!forge_pick_variable(picked, names->items[i], dataset, context, err))
            return false;
    }
    return true;
}

struct forge_dimension *forge_pick_dimension(const char *given, bool *optional,
                                             const struct forge_dataset *dataset,
                                             const struct forge_transform_context *context,
                                             struct forge_error *err)
{
    const char *name = plain(given, optional, context->arena);
    struct forge_dimension *found = forge_dataset_dimension(dataset, name);

    if (!found && !*optional)
        unknown(err, dataset, context->arena, "dimension", name, true);
    return found;
}

void forge_slice_dimension(struct forge_dataset *dataset, struct forge_arena *arena,
                           const char *dim, uint64_t start, uint64_t count, uint64_t step)
{
    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_variable *variable = &dataset->variables[v];
        int axis = forge_variable_axis(variable, dim);
        struct forge_region region;

        if (axis < 0)
            continue;
        region = forge_region_all(variable->array->rank, variable->array->shape);
        region.start[axis] = start;
        region.count[axis] = count;
        region.step[axis] = step;
        variable->array = forge_array_slice(arena, variable->array, &region);
    }
    forge_dataset_dimension(dataset, dim)->size = count;
}

void forge_drop_dimension(struct forge_dataset *dataset, struct forge_arena *arena,
                          const char *dim)
{
    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_variable *variable = &dataset->variables[v];
        int axis = forge_variable_axis(variable, dim);
        unsigned order[FORGE_RANK_MAX];
        unsigned rank = 0;

        if (axis < 0)
            continue;
        for (unsigned d = 0; d < variable->array->rank; d++) {
            if ((int)d == axis)
                continue;
            variable->dims[rank] = variable->dims[d];
            order[rank++] = d;
        }
        variable->array = forge_array_permute(arena, variable->array, order, rank);
    }
    forge_dataset_trim_dimensions(dataset);
}

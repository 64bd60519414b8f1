#include "run/origin.h"

#include <string.h>

static void first_url(void *context, const struct forge_touch *touch)
{
    const char **url = context;

    if (!*url)
        *url = touch->url;
}

static const char *url_at(const struct forge_array *array, const uint64_t *index)
{
    struct forge_region region = forge_region_all(array->rank, array->shape);
    const char *url = NULL;

    for (unsigned d = 0; d < array->rank; d++) {
        if (index[d] >= array->shape[d])
            return NULL;
        region.start[d] = index[d];
        region.count[d] = 1;
    }
    forge_array_touch(array, &region, first_url, &url);
    return url;
}

const char *forge_origin_of(const struct forge_plan *plan, const char *name,
                            const uint64_t *index)
{
    const struct forge_variable *variable = forge_dataset_variable(&plan->dataset, name);

    return variable ? url_at(variable->array, index) : NULL;
}

const char *forge_origin_along(const struct forge_plan *plan, const char *dim, uint64_t at)
{
    for (size_t v = 0; v < plan->dataset.variables_count; v++) {
        const struct forge_variable *variable = &plan->dataset.variables[v];
        int axis = forge_variable_axis(variable, dim);
        uint64_t index[FORGE_RANK_MAX] = {0};
        const char *url;

        if (axis < 0)
            continue;
        index[axis] = at;
        url = url_at(variable->array, index);
        if (url)
            return url;
    }
    return NULL;
}

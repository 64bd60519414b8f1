#include "run/origin.h"

#include <stdio.h>
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

/* The files behind a region: the one that a text names, else the first and the last. */
struct suspects {
    const char *text;
    const char *named, *first, *last;
};

static void suspect(void *context, const struct forge_touch *touch)
{
    struct suspects *s = context;

    if (!touch->url)
        return;
    if (!s->named && strstr(s->text, touch->url))
        s->named = touch->url;
    if (!s->first)
        s->first = touch->url;
    s->last = touch->url;
}

static struct forge_place place_of(const struct forge_plan *plan, const char *url)
{
    for (uint64_t number = 0; number < plan->cells_count; number++) {
        const struct forge_grid *grid;
        uint64_t at;
        const struct forge_cell *cell = forge_plan_cell(plan, number, &grid, &at);

        if (cell->file.url && strcmp(cell->file.url, url) == 0)
            return grid->input->place;
    }
    return (struct forge_place){0};
}

static void append_files(struct forge_error *err, const struct suspects *s)
{
    size_t used = strlen(err->text);

    if (strcmp(s->first, s->last) == 0)
        snprintf(err->text + used, sizeof err->text - used, ", in %s", s->first);
    else
        snprintf(err->text + used, sizeof err->text - used, ", in a file from %s to %s",
                 s->first, s->last);
}

bool forge_origin_blame(const struct forge_plan *plan, const struct forge_variable *variable,
                        const struct forge_region *region, struct forge_error *err)
{
    const struct forge_target *target = &plan->recipe->target;
    struct suspects s = {.text = err->text};

    if (err->code != FORGE_BAD_SOURCE && err->code != FORGE_SOURCE_IO &&
        err->code != FORGE_MISSING)
        return false;
    forge_array_touch(variable->array, region, suspect, &s);
    if (!s.named && s.first)
        append_files(err, &s);
    for (size_t i = 0; i < target->variables_count && !s.named; i++) {
        if (strcmp(target->variables[i].name, variable->name) == 0)
            forge_fail_place(err, target->variables[i].place);
    }
    return s.first ? forge_fail_place(err, place_of(plan, s.named ? s.named : s.first)) : false;
}

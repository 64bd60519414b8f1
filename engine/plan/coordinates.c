/* coordinates.c: variables name their coordinates, as xarray writes them (CF 5).
 *
 * A coordinate that is not the index of its dimension is found by the attribute
 * `coordinates` of the variables on its dimensions. Where a variable has that
 * attribute it stays as it is. Coordinates that no variable names are left to
 * the target, which names them for the whole dataset.
 */
#include "plan/plan_parts.h"

#include <stdlib.h>
#include <string.h>

static bool belongs(const struct forge_variable *coordinate,
                    const struct forge_variable *variable)
{
    for (unsigned d = 0; d < coordinate->array->rank; d++) {
        if (forge_variable_axis(variable, coordinate->dims[d]) < 0)
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all coordinates on the variable's dimensions, sorted; their number. */
static size_t coordinates_of(const char **names, const struct forge_dataset *dataset,
                             const struct forge_variable *variable)
{
    size_t count = 0;

    for (size_t v = 0; v < dataset->variables_count; v++) {
        const struct forge_variable *other = &dataset->variables[v];

        if (other->is_coordinate && !forge_variable_is_index(other) &&
            !strchr(other->name, ' ') && belongs(other, variable))
            names[count++] = other->name;
    }
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

void forge_plan_name_coordinates(struct forge_dataset *dataset)
{
    const char **names =
        forge_arena_array(dataset->arena, dataset->variables_count + 1, sizeof *names);

    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_variable *variable = &dataset->variables[v];
        struct forge_text list = {0};
        size_t count;

        if (variable->is_coordinate ||
            forge_attributes_find(&variable->attributes, "coordinates"))
            continue;
        count = coordinates_of(names, dataset, variable);
        for (size_t i = 0; i < count; i++)
            forge_text_print(&list, "%s%s", i > 0 ? " " : "", names[i]);
        if (count > 0)
            forge_attributes_set_text(&variable->attributes, dataset->arena, "coordinates",
                                      list.bytes);
        forge_text_clear(&list);
    }
}

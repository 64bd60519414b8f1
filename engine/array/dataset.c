#include "array/dataset.h"

#include <assert.h>
#include <string.h>

struct forge_dimension *forge_dataset_dimension(const struct forge_dataset *dataset,
                                                const char *name)
{
    for (size_t i = 0; i < dataset->dims_count; i++) {
        if (strcmp(dataset->dims[i].name, name) == 0)
            return &dataset->dims[i];
    }
    return NULL;
}

struct forge_variable *forge_dataset_variable(const struct forge_dataset *dataset,
                                              const char *name)
{
    for (size_t i = 0; i < dataset->variables_count; i++) {
        if (strcmp(dataset->variables[i].name, name) == 0)
            return &dataset->variables[i];
    }
    return NULL;
}

/* Room for one more, in a new place: what is left behind belongs to the arena. */
static void *grow(struct forge_arena *arena, const void *items, size_t count, size_t *room,
                  size_t size)
{
    void *grown;

    *room = *room ? 2 * *room : 8;
    grown = forge_arena_array(arena, *room, size);
    if (count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

struct forge_dimension *forge_dataset_add_dimension(struct forge_dataset *dataset,
                                                    const char *name, uint64_t size)
{
    struct forge_dimension *dim;

    assert(!forge_dataset_dimension(dataset, name));
    if (dataset->dims_count == dataset->dims_room)
        dataset->dims = grow(dataset->arena, dataset->dims, dataset->dims_count,
                             &dataset->dims_room, sizeof *dataset->dims);
    dim = &dataset->dims[dataset->dims_count++];
    *dim = (struct forge_dimension){.name = name, .size = size};
    return dim;
}

struct forge_variable *forge_dataset_add_variable(struct forge_dataset *dataset,
                                                  const char *name)
{
    struct forge_variable *variable;

    assert(!forge_dataset_variable(dataset, name));
    if (dataset->variables_count == dataset->variables_room)
        dataset->variables = grow(dataset->arena, dataset->variables, dataset->variables_count,
                                  &dataset->variables_room, sizeof *dataset->variables);
    variable = &dataset->variables[dataset->variables_count++];
    *variable = (struct forge_variable){.name = name};
    return variable;
}

void forge_dataset_remove_variable(struct forge_dataset *dataset, const char *name)
{
    struct forge_variable *variable = forge_dataset_variable(dataset, name);
    size_t behind;

    if (!variable)
        return;
    behind = (size_t)(dataset->variables + dataset->variables_count - variable) - 1;
    memmove(variable, variable + 1, behind * sizeof *variable);
    dataset->variables_count--;
}

static bool is_used(const struct forge_dataset *dataset, const char *dim)
{
    for (size_t i = 0; i < dataset->variables_count; i++) {
        if (forge_variable_axis(&dataset->variables[i], dim) >= 0)
            return true;
    }
    return false;
}

void forge_dataset_trim_dimensions(struct forge_dataset *dataset)
{
    size_t kept = 0;

    for (size_t i = 0; i < dataset->dims_count; i++) {
        if (is_used(dataset, dataset->dims[i].name))
            dataset->dims[kept++] = dataset->dims[i];
    }
    dataset->dims_count = kept;
}

static void *copy_items(struct forge_arena *arena, const void *items, size_t count, size_t size)
{
    void *copy = forge_arena_array(arena, count, size);

    if (count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

static void copy_attributes(struct forge_attributes *attributes, struct forge_arena *arena)
{
    attributes->items =
        copy_items(arena, attributes->items, attributes->count, sizeof *attributes->items);
    attributes->room = attributes->count;
}

void forge_dataset_copy(struct forge_dataset *to, struct forge_arena *arena,
                        const struct forge_dataset *from)
{
    struct forge_dataset copy = *from;

    copy.arena = arena;
    copy.dims = copy_items(arena, from->dims, from->dims_count, sizeof *from->dims);
    copy.dims_room = from->dims_count;
    copy.variables =
        copy_items(arena, from->variables, from->variables_count, sizeof *from->variables);
    copy.variables_room = from->variables_count;
    copy_attributes(&copy.attributes, arena);
    for (size_t i = 0; i < copy.variables_count; i++)
        copy_attributes(&copy.variables[i].attributes, arena);
    *to = copy;
}

int forge_variable_axis(const struct forge_variable *variable, const char *dim)
{
    unsigned rank = variable->array ? variable->array->rank : 0;

    for (unsigned d = 0; d < rank; d++) {
        if (strcmp(variable->dims[d], dim) == 0)
            return (int)d;
    }
    return -1;
}

bool forge_variable_is_index(const struct forge_variable *variable)
{
    return variable->array && variable->array->rank == 1 &&
           strcmp(variable->dims[0], variable->name) == 0;
}

const char *const *forge_dataset_names(const struct forge_dataset *dataset,
                                       struct forge_arena *arena, bool dims)
{
    size_t count = dims ? dataset->dims_count : dataset->variables_count;
    const char **names = forge_arena_array(arena, count + 1, sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = dims ? dataset->dims[i].name : dataset->variables[i].name;
    return names;
}

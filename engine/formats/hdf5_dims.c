/* hdf5_dims.c: which dimensions the variables of a group have.
 *
 * netCDF-4 keeps a dimension as an HDF5 dimension scale: the coordinate
 * variable of that name, or a dataset that is no variable. Variables refer to
 * scales by address (DIMENSION_LIST), or to the numbers of dimensions
 * (_Netcdf4Coordinates) where HDF5 allows no reference: on scales themselves.
 * Where a file has neither, dimensions are told apart by their lengths, as
 * netcdf-c does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "formats/hdf5_scan.h"

#define NONE SIZE_MAX

static size_t add(struct forge_hdf5_group *group, const struct forge_hdf5_dimension *dimension)
{
    if (group->dims_count == group->dims_room) {
        size_t room = group->dims_room > 0 ? 2 * group->dims_room : 16;
        struct forge_hdf5_dimension *wider =
            forge_arena_array(group->arena, room, sizeof *wider);

        if (group->dims_count > 0)
            memcpy(wider, group->dims, group->dims_count * sizeof *wider);
        group->dims = wider;
        group->dims_room = room;
    }
    group->dims[group->dims_count] = *dimension;
    return group->dims_count++;
}

static size_t find_address(const struct forge_hdf5_group *group, uint64_t address)
{
    for (size_t i = 0; i < group->dims_count; i++) {
        if (!group->dims[i].is_phony && group->dims[i].address == address)
            return i;
    }
    return NONE;
}

static size_t find_id(const struct forge_hdf5_group *group, double id)
{
    for (size_t i = 0; i < group->dims_count; i++) {
        if (!group->dims[i].is_phony && group->dims[i].id == id && id >= 0)
            return i;
    }
    return NONE;
}

static size_t find_name(const struct forge_hdf5_group *group, const char *name)
{
    for (size_t i = 0; i < group->dims_count; i++) {
        if (strcmp(group->dims[i].name, name) == 0)
            return i;
    }
    return NONE;
}

/* The dimension that a scale stands for. The length of an unlimited one is that of the longest
 * variable along it: its own extent says nothing when it is no variable itself. */
static struct forge_hdf5_dimension of_scale(const char *name,
                                            const struct forge_hdf5_variable *scale)
{
    struct forge_hdf5_dimension dimension = {
        .name = name,
        .size = scale->dataset.extent[0],
        .unlimited = scale->dataset.unlimited[0],
        .address = scale->dataset.address,
        .id = -1,
    };

    if (dimension.unlimited && scale->is_bare)
        dimension.size = 0;
    (void)forge_attributes_number(&dimension.id, &scale->attributes, "_Netcdf4Dimid");
    return dimension;
}

static int compare_ids(const void *a, const void *b)
{
    const struct forge_hdf5_dimension *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

static void add_own(struct forge_hdf5_group *group)
{
    bool numbered = true;

    for (size_t i = 0; i < group->variables_count; i++) {
        if (group->variables[i].is_scale) {
            struct forge_hdf5_dimension own =
                of_scale(group->variables[i].name, &group->variables[i]);

            numbered = numbered && own.id >= 0;
            add(group, &own);
        }
    }
    if (numbered && group->dims_count > 1)
        qsort(group->dims, group->dims_count, sizeof *group->dims, compare_ids);
}

/* ---- dimensions of other groups */

/* Add the dimension of a scale that is in another group; NONE where that cannot be. */
static size_t add_foreign(struct forge_hdf5_group *group, const char *path)
{
    struct forge_hdf5_variable scale = {0};
    struct forge_hdf5_dimension dimension;
    struct forge_error ignored;
    const char *slash = strrchr(path, '/');

    if (!forge_hdf5_describe(&scale.dataset, group->file, path, &ignored) ||
        scale.dataset.rank == 0 ||
        !forge_hdf5_attributes(&scale.attributes, group->arena, group->file, path, &ignored))
        return NONE;
    scale.is_bare = forge_hdf5_is_bare(&scale.attributes);
    dimension = of_scale(slash ? slash + 1 : path, &scale);
    if (find_name(group, dimension.name) != NONE)
        return NONE;
    return add(group, &dimension);
}

struct search {
    struct forge_hdf5_group *group;
    const char *parent;
    double id;
    size_t found;
};

static void try_scale(void *context, const char *name, enum forge_hdf5_link link)
{
    struct search *search = context;
    struct forge_attributes attributes = {0};
    struct forge_error ignored;
    const char *path = forge_arena_print(search->group->arena, "%s/%s", search->parent, name);
    double id = -1;

    if (link == FORGE_HDF5_LINK_DATASET && search->found == NONE &&
        forge_hdf5_attributes(&attributes, search->group->arena, search->group->file, path,
                              &ignored) &&
        forge_attributes_number(&id, &attributes, "_Netcdf4Dimid") && id == search->id)
        search->found = add_foreign(search->group, path);
}

/* Dimensions of a group can be used in the groups inside it. */
static size_t find_in_parents(struct forge_hdf5_group *group, double id)
{
    char *parent = forge_arena_text(group->arena, group->path);
    struct search search = {group, parent, id, NONE};
    struct forge_error ignored;
    bool good = strcmp(group->path, "/") != 0;

    while (good && search.found == NONE && *parent != '\0') {
        char *slash = strrchr(parent, '/');

        *(slash ? slash : parent) = '\0';
        good =
            forge_hdf5_list(group->file, *parent ? parent : "/", try_scale, &search, &ignored);
    }
    return search.found;
}

/* ---- dimensions of variables */

static bool is_used(const struct forge_hdf5_variable *variable, unsigned axes, size_t dimension)
{
    for (unsigned d = 0; d < axes; d++) {
        if (variable->dims[d] == dimension)
            return true;
    }
    return false;
}

/* One of the same length that the variable does not have yet, or a new one. */
static size_t find_phony(struct forge_hdf5_group *group,
                         const struct forge_hdf5_variable *variable, unsigned axis)
{
    const struct forge_hdf5_dataset *dataset = &variable->dataset;
    struct forge_hdf5_dimension made = {
        .size = dataset->extent[axis],
        .unlimited = dataset->unlimited[axis],
        .is_phony = true,
        .id = -1,
    };
    size_t number = group->dims_count;

    for (size_t i = 0; i < group->dims_count; i++) {
        if (group->dims[i].is_phony && group->dims[i].size == made.size &&
            group->dims[i].unlimited == made.unlimited && !is_used(variable, axis, i))
            return i;
    }
    do
        made.name = forge_arena_print(group->arena, "phony_dim_%zu", number++);
    while (find_name(group, made.name) != NONE);
    return add(group, &made);
}

static size_t find_referred(struct forge_hdf5_group *group, uint64_t address)
{
    size_t found = find_address(group, address);
    const char *path;

    if (found != NONE)
        return found;
    path = forge_hdf5_path_at(group->file, address, group->arena);
    return path ? add_foreign(group, path) : NONE;
}

static size_t find_numbered(struct forge_hdf5_group *group, double id)
{
    size_t found = find_id(group, id);

    return found != NONE ? found : find_in_parents(group, id);
}

/* The dimension of one axis; NONE where the file names one that cannot be had. */
static size_t find(struct forge_hdf5_group *group, const struct forge_hdf5_variable *variable,
                   unsigned axis, const struct forge_attribute *numbers)
{
    const struct forge_hdf5_dataset *dataset = &variable->dataset;

    if (dataset->scales[axis] != FORGE_HDF5_NOWHERE)
        return find_referred(group, dataset->scales[axis]);
    if (numbers)
        return find_numbered(
            group,
            forge_value_as_double(numbers->dtype, (const char *)numbers->values +
                                                      axis * forge_dtype_size(numbers->dtype)));
    if (variable->is_scale && axis == 0)
        return find_address(group, dataset->address);
    return find_phony(group, variable, axis);
}

/* Give the variable its dims; a reason to refuse it where they do not fit. */
static const char *assign(struct forge_hdf5_group *group, struct forge_hdf5_variable *variable)
{
    const struct forge_hdf5_dataset *dataset = &variable->dataset;
    const struct forge_attribute *numbers =
        forge_attributes_find(&variable->attributes, "_Netcdf4Coordinates");

    if (numbers && (numbers->dtype == FORGE_STRING || numbers->count != dataset->rank))
        numbers = NULL;
    for (unsigned d = 0; d < dataset->rank; d++) {
        size_t found = find(group, variable, d, numbers);
        struct forge_hdf5_dimension *dimension;

        if (found == NONE)
            return "it refers to a dimension that cannot be found, or has the name of another";
        dimension = &group->dims[found];
        if (is_used(variable, d, found))
            return forge_arena_print(group->arena, "it has dimension \"%s\" twice",
                                     dimension->name);
        variable->dims[d] = found;
        if (dimension->unlimited)
            dimension->size = forge_maximum(dimension->size, dataset->extent[d]);
        else if (dimension->size != dataset->extent[d])
            return forge_arena_print(group->arena, "it is not as long as its dimension \"%s\"",
                                     dimension->name);
    }
    return NULL;
}

bool forge_hdf5_dims(struct forge_hdf5_group *group, struct forge_error *err)
{
    add_own(group);
    for (size_t i = 0; i < group->dims_count; i++) {
        if (find_name(group, group->dims[i].name) != i)
            return forge_fail(err, FORGE_BAD_SOURCE, "two dimensions are named \"%s\"",
                              group->dims[i].name);
    }
    for (size_t i = 0; i < group->variables_count; i++) {
        struct forge_hdf5_variable *variable = &group->variables[i];

        if (!variable->is_nowhere && !variable->is_bare && !variable->dataset.empty)
            variable->refusal = assign(group, variable);
    }
    return true;
}

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

/* The dimension that a scale stands for. */
static struct forge_hdf5_dimension of_scale(const char *name,
                                            const struct forge_hdf5_variable *scale)
{
    struct forge_hdf5_dimension dimension = {
        .name = name,
        .size = scale->dataset.extent[0],
        .unlimited = scale->dataset.unlimited[0],
        .is_bare = scale->is_bare,
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

static void try_scale(void *context, const char *name, enum forge_hdf5_link link,
                      uint64_t address)
{
    struct search *search = context;
    struct forge_attributes attributes = {0};
    struct forge_error ignored;
    const char *path = forge_hdf5_join(search->group->arena, search->parent, name);
    double id = -1;

    (void)address;
    if (link == FORGE_HDF5_LINK_DATASET && search->found == NONE &&
        forge_hdf5_attributes(&attributes, search->group->arena, search->group->file, path,
                              &ignored) &&
        forge_attributes_number(&id, &attributes, "_Netcdf4Dimid") && id == search->id)
        search->found = add_foreign(search->group, path);
}

/* Dimensions of a group can be used in the groups inside it. */
static size_t find_in_parents(struct forge_hdf5_group *group, double id)
{
    struct search search = {group, group->path, id, NONE};
    struct forge_error ignored;
    bool good = true;

    while (good && search.found == NONE && strcmp(search.parent, "/") != 0) {
        const char *slash = strrchr(search.parent, '/');

        search.parent = slash ? forge_arena_copy(group->arena, search.parent,
                                                 (size_t)(slash - search.parent))
                              : "/";
        good = forge_hdf5_list(group->file, search.parent, try_scale, &search, &ignored);
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

/* ---- lengths that only other groups tell */

#define GROUPS_MAX 10000

struct walk {
    struct forge_hdf5_group *group;
    const char *paths[GROUPS_MAX];
    uint64_t addresses[GROUPS_MAX]; /* of the same: a file may have a circle of groups */
    size_t count, at;
    bool too_many;
};

static void widen(struct forge_hdf5_group *group, const struct forge_hdf5_dataset *dataset)
{
    for (unsigned d = 0; d < dataset->rank; d++) {
        size_t found = find_address(group, dataset->scales[d]);

        if (found != NONE && group->dims[found].unlimited)
            group->dims[found].size =
                forge_maximum(group->dims[found].size, dataset->extent[d]);
    }
}

static void visit(void *context, const char *name, enum forge_hdf5_link link, uint64_t address)
{
    struct walk *walk = context;
    const char *path = forge_hdf5_join(walk->group->arena, walk->paths[walk->at], name);
    struct forge_hdf5_dataset dataset;
    struct forge_error ignored;

    if (link == FORGE_HDF5_LINK_DATASET &&
        forge_hdf5_describe(&dataset, walk->group->file, path, &ignored))
        widen(walk->group, &dataset);
    if (link != FORGE_HDF5_LINK_GROUP)
        return;
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->addresses[i] == address)
            return;
    }
    if (walk->count == GROUPS_MAX) {
        walk->too_many = true;
        return;
    }
    walk->paths[walk->count] = path;
    walk->addresses[walk->count++] = address;
}

/* An unlimited dimension is as long as the longest variable along it, in any group. A
 * coordinate variable of its own is always that long; a scale that is no variable is not. */
static bool measure_unlimited(struct forge_hdf5_group *group, struct forge_error *err)
{
    struct walk *walk;
    bool wanted = false, good = true;

    for (size_t i = 0; i < group->dims_count; i++)
        wanted = wanted || (group->dims[i].unlimited && group->dims[i].is_bare);
    if (!wanted)
        return true;
    walk = forge_arena_take(group->arena, sizeof *walk);
    walk->group = group;
    walk->paths[0] = "/";
    walk->count = 1;
    for (; good && walk->at < walk->count; walk->at++)
        good = forge_hdf5_list(group->file, walk->paths[walk->at], visit, walk, err);
    if (good && walk->too_many)
        return forge_fail(err, FORGE_BAD_SOURCE, "it has more than %d groups", GROUPS_MAX);
    return good;
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
    return measure_unlimited(group, err);
}

/* hdf5_group.c: what is in one group of a file. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "document/options.h"
#include "formats/hdf5_scan.h"

#define NOT_A_COORDINATE "_nc4_non_coord_"
#define BARE_DIMENSION "This is a netCDF dimension but not a netCDF variable"
#define GROUPS_LISTED 50

const char *forge_hdf5_group_path(struct forge_arena *arena, const char *wanted)
{
    size_t length;

    while (wanted && *wanted == '/')
        wanted++;
    length = wanted ? strlen(wanted) : 0;
    while (length > 0 && wanted[length - 1] == '/')
        length--;
    return length == 0 ? "/" : forge_arena_copy(arena, wanted, length);
}

const char *forge_hdf5_join(struct forge_arena *arena, const char *group, const char *name)
{
    return strcmp(group, "/") == 0 ? forge_arena_text(arena, name)
                                   : forge_arena_print(arena, "%s/%s", group, name);
}

/* ---- groups there are */

struct groups {
    struct forge_arena *arena;
    const char *parent;
    const char *paths[GROUPS_LISTED + 1]; /* NULL-terminated */
    size_t count;
};

static void take_group(void *context, const char *name, enum forge_hdf5_link link,
                       uint64_t address)
{
    struct groups *groups = context;

    (void)address;
    if (link == FORGE_HDF5_LINK_GROUP && groups->count < GROUPS_LISTED)
        groups->paths[groups->count++] = forge_hdf5_join(groups->arena, groups->parent, name);
}

/* Breadth first, and no more than a message holds: a file may have a circle of groups. */
static bool fail_missing(const struct forge_hdf5_group *group, struct forge_error *err)
{
    struct groups groups = {.arena = group->arena, .parent = "/"};
    struct forge_text list = {0};
    struct forge_error ignored;
    const char *nearest;

    if (!forge_hdf5_list(group->file, "/", take_group, &groups, err))
        return false;
    for (size_t i = 0; i < groups.count && groups.count < GROUPS_LISTED; i++) {
        groups.parent = groups.paths[i];
        if (!forge_hdf5_list(group->file, groups.parent, take_group, &groups, &ignored))
            continue;
    }
    for (size_t i = 0; i < groups.count; i++) {
        forge_text_add(&list, i > 0 ? ", " : "");
        forge_text_add_safe(&list, groups.paths[i]);
    }
    nearest = forge_text_nearest(group->path, groups.paths);
    forge_fail(err, FORGE_BAD_SOURCE, "there is no group \"%s\"", group->path);
    if (nearest)
        forge_fail_help(err, "did you mean \"%s\"? groups are %s", nearest, list.bytes);
    else if (groups.count > 0)
        forge_fail_help(err, "groups are %s", list.bytes);
    else
        forge_fail_help(err, "the file has no groups: leave out group:");
    forge_text_clear(&list);
    return false;
}

static void ignore_link(void *context, const char *name, enum forge_hdf5_link link,
                        uint64_t address)
{
    (void)context;
    (void)name;
    (void)link;
    (void)address;
}

bool forge_hdf5_group_find(const struct forge_hdf5_group *group, struct forge_error *err)
{
    return forge_hdf5_list(group->file, group->path, ignore_link, NULL, err) ||
           fail_missing(group, err);
}

/* ---- variables */

static void take_link(void *context, const char *name, enum forge_hdf5_link link,
                      uint64_t address)
{
    struct forge_hdf5_group *group = context;
    struct forge_hdf5_variable *variable;

    (void)address;
    if (link != FORGE_HDF5_LINK_DATASET && link != FORGE_HDF5_LINK_NOWHERE)
        return;
    if (group->variables_count == group->variables_room) {
        size_t room = group->variables_room > 0 ? 2 * group->variables_room : 16;
        struct forge_hdf5_variable *wider =
            forge_arena_array(group->arena, room, sizeof *wider);

        if (group->variables_count > 0)
            memcpy(wider, group->variables, group->variables_count * sizeof *wider);
        group->variables = wider;
        group->variables_room = room;
    }
    variable = &group->variables[group->variables_count++];
    variable->name = forge_arena_text(group->arena, name);
    variable->path = forge_hdf5_join(group->arena, group->path, name);
    variable->is_nowhere = link == FORGE_HDF5_LINK_NOWHERE;
}

bool forge_hdf5_is_bare(const struct forge_attributes *attributes)
{
    const char *name = forge_attributes_text(attributes, "NAME");

    return name && strncmp(name, BARE_DIMENSION, strlen(BARE_DIMENSION)) == 0;
}

static bool describe(struct forge_hdf5_variable *variable, const struct forge_hdf5_group *group,
                     struct forge_error *err)
{
    const char *class;

    if (variable->is_nowhere)
        return true;
    if (!forge_hdf5_describe(&variable->dataset, group->file, variable->path, err) ||
        !forge_hdf5_attributes(&variable->attributes, group->arena, group->file, variable->path,
                               err))
        return false;
    class = forge_attributes_text(&variable->attributes, "CLASS");
    variable->is_scale =
        class && strcmp(class, "DIMENSION_SCALE") == 0 && variable->dataset.rank > 0;
    variable->is_bare = variable->is_scale && forge_hdf5_is_bare(&variable->attributes);
    if (!variable->is_scale &&
        strncmp(variable->name, NOT_A_COORDINATE, strlen(NOT_A_COORDINATE)) == 0)
        variable->name += strlen(NOT_A_COORDINATE);
    return true;
}

bool forge_hdf5_fail_in(const struct forge_hdf5_group *group, struct forge_error *err,
                        const char *variable)
{
    const char *url = group->request->url;
    struct forge_text name = {0};

    if (strncmp(err->text, url, strlen(url)) == 0)
        return false;
    forge_text_add_safe(&name, variable ? variable : "");
    if (variable)
        forge_fail_while(err, "%s: variable \"%s\"", url, forge_text_string(&name));
    else
        forge_fail_while(err, "%s", url);
    forge_text_clear(&name);
    return false;
}

bool forge_hdf5_group_read(struct forge_hdf5_group *group, struct forge_error *err)
{
    if (!forge_hdf5_list(group->file, group->path, take_link, group, err))
        return false;
    for (size_t i = 0; i < group->variables_count; i++) {
        struct forge_hdf5_variable *variable = &group->variables[i];
        bool good = describe(variable, group, err);

        if (good && !forge_name_is_safe(variable->name))
            good = forge_fail(err, FORGE_BAD_SOURCE, "cannot be the name of a variable");
        if (!good)
            return forge_hdf5_fail_in(group, err, variable->path);
    }
    return true;
}

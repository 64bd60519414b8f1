/* objects_table.h: the objects of a version by path, in memory: for verify and diff. */
#ifndef FORGE_AUDIT_OBJECTS_TABLE_H
#define FORGE_AUDIT_OBJECTS_TABLE_H

#include "array/region.h"
#include "base/arena.h"
#include "catalog/objects.h"
#include "formats/source.h"

#define FORGE_OBJECTS_STORE "data.zarr"

struct forge_objects_table {
    struct forge_object_record *records; /* sorted by path, which is below the store */
    size_t count, room;
};

/* Read the list of a version's folder into the arena. */
FORGE_MUST_CHECK bool forge_objects_table_read(struct forge_objects_table *out,
                                               struct forge_arena *arena, const char *folder,
                                               struct forge_error *err);

/* The record of a path, or NULL. */
const struct forge_object_record *
forge_objects_table_find(const struct forge_objects_table *table, const char *path);

/* The grid of objects (shards where there are any, else chunks) of an array of a Zarr store. */
bool forge_objects_grid(uint64_t *counts, uint64_t *total, const struct forge_source *source);

/* Shape of one object. */
const uint64_t *forge_objects_box(const struct forge_source *source);

/* The place of a key in the grid; false where it is no key of an object of the array, whatever
 * the grid. */
bool forge_objects_index(uint64_t *index, const struct forge_source *source, const char *key);

#endif

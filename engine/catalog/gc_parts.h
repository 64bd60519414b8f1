/* gc_parts.h: how much is freed when folders are deleted one after the other. */
#ifndef FORGE_CATALOG_GC_PARTS_H
#define FORGE_CATALOG_GC_PARTS_H

#include "catalog/gc.h"

struct forge_shared_file; /* a name of a file that has others */

struct forge_gc_measure {
    struct forge_shared_file *shared;
    size_t count, room;
};

/* Count the files of the folder of items[at], and its bytes that no other name shares. */
FORGE_MUST_CHECK bool forge_gc_measure_add(struct forge_gc_measure *measure,
                                           struct forge_gc_item *items, size_t at,
                                           const char *folder, struct forge_error *err);

/* A file whose every name is in one of the folders is freed with the last of them. */
void forge_gc_measure_share(struct forge_gc_measure *measure, struct forge_gc_item *items);
void forge_gc_measure_clear(struct forge_gc_measure *measure);

#endif

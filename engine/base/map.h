/* map.h: things found by their name: a hash table from bytes to pointers.
 *
 * Keys and values are borrowed. {0} is empty and valid. Running out of memory
 * ends the program. Order of entries means nothing: nothing can walk them.
 */
#ifndef FORGE_BASE_MAP_H
#define FORGE_BASE_MAP_H

#include <stddef.h>

struct forge_map_slot;

struct forge_map {
    struct forge_map_slot *slots; /* owned */
    size_t count, room;           /* room: a power of two, or 0 */
};

/* NULL when it is not there. */
void *forge_map_find(const struct forge_map *map, const void *key, size_t length);

/* A key that is there gets another value, and keeps its own bytes. */
void forge_map_put(struct forge_map *map, const void *key, size_t length, void *value);

void forge_map_clear(struct forge_map *map);

#endif

#include "base/map.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64U

struct forge_map_slot {
    const void *key; /* NULL: the slot is free */
    size_t length;
    uint64_t hash;
    void *value;
};

/* FNV-1a, and a last mix: rooms are powers of two, and the low bits choose. */
static uint64_t hash_of(const unsigned char *key, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ key[i]) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 32);
}

/* The slot of a key, or the free one where it belongs. */
static struct forge_map_slot *slot_of(const struct forge_map *map, const void *key,
                                      size_t length, uint64_t hash)
{
    for (size_t i = (size_t)hash;; i++) {
        struct forge_map_slot *slot = &map->slots[i & (map->room - 1)];

        if (!slot->key || (slot->hash == hash && slot->length == length &&
                           memcmp(slot->key, key, length) == 0))
            return slot;
    }
}

void *forge_map_find(const struct forge_map *map, const void *key, size_t length)
{
    const struct forge_map_slot *slot;

    if (map->count == 0)
        return NULL;
    slot = slot_of(map, key, length, hash_of(key, length));
    return slot->key ? slot->value : NULL;
}

static void grow(struct forge_map *map)
{
    struct forge_map grown = {.count = map->count,
                              .room = map->room ? 2 * map->room : ROOM_FIRST};

    grown.slots = calloc(grown.room, sizeof *grown.slots);
    if (!grown.slots) {
        fputs("forge: out of memory\n", stderr);
        abort();
    }
    for (size_t i = 0; i < map->room; i++) {
        const struct forge_map_slot *from = &map->slots[i];

        if (from->key)
            *slot_of(&grown, from->key, from->length, from->hash) = *from;
    }
    free(map->slots);
    *map = grown;
}

void forge_map_put(struct forge_map *map, const void *key, size_t length, void *value)
{
    uint64_t hash = hash_of(key, length);
    struct forge_map_slot *slot;

    if (4 * (map->count + 1) > 3 * map->room)
        grow(map);
    slot = slot_of(map, key, length, hash);
    if (!slot->key) {
        *slot = (struct forge_map_slot){.key = key, .length = length, .hash = hash};
        map->count++;
    }
    slot->value = value;
}

void forge_map_clear(struct forge_map *map)
{
    free(map->slots);
    *map = (struct forge_map){0};
}

/* names.h: names that a file gives: no two alike, and found fast however many there are. */
#ifndef FORGE_FORMATS_NAMES_H
#define FORGE_FORMATS_NAMES_H

#include <stddef.h>

#include "base/arena.h"

/* Pointers to `count` items of `size` bytes that begin with a pointer to their name, sorted by
 * name, in the arena. *twice is a name that two of them have, or NULL. */
void *const *forge_names_sort(struct forge_arena *arena, void *items, size_t count, size_t size,
                              const char **twice);

/* The item of that name among sorted ones, or NULL. */
void *forge_names_find(void *const *sorted, size_t count, const char *name);

#endif

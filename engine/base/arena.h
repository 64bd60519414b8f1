/* arena.h: memory that is freed all at once.
 *
 * A recipe, a dataset and the plan made from them each live in one arena.
 * Nothing taken from an arena is freed on its own. Running out of memory for
 * such small things ends the program; array data is allocated as blocks
 * (array/block.h), counted against the budget. Not safe to share between
 * threads while something is taken.
 */
#ifndef FORGE_BASE_ARENA_H
#define FORGE_BASE_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct forge_arena {
    struct forge_arena_page *pages;
};

/* Zeroed memory, aligned for any type. Never NULL. */
void *forge_arena_take(struct forge_arena *arena, size_t size);

/* Zeroed room for `count` things of `size` bytes; refuses overflow by ending the program. */
void *forge_arena_array(struct forge_arena *arena, size_t count, size_t size);

/* A copy of `length` bytes of text with a NUL behind it. */
char *forge_arena_copy(struct forge_arena *arena, const char *text, size_t length);
char *forge_arena_text(struct forge_arena *arena, const char *text);
char *forge_arena_print(struct forge_arena *arena, const char *format, ...) FORGE_PRINTF(2, 3);

/* Free everything taken so far; the arena can be used again. */
void forge_arena_clear(struct forge_arena *arena);

#endif

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pages double from the first to the largest, so that thousands of small arenas stay small. */
#define PAGE_FIRST_BYTES 1024U
#define PAGE_MOST_BYTES 65536U

struct forge_arena_page {
    struct forge_arena_page *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

static _Noreturn void out_of_memory(void)
{
    fputs("forge: out of memory\n", stderr);
    abort();
}

static struct forge_arena_page *page_new(size_t size)
{
    struct forge_arena_page *page = NULL;

    if (size <= SIZE_MAX - sizeof *page)
        page = calloc(1, sizeof *page + size);
    if (!page)
        out_of_memory();
    page->size = size;
    return page;
}

void *forge_arena_take(struct forge_arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    struct forge_arena_page *page = arena->pages;
    void *taken;

    if (size > SIZE_MAX - align)
        out_of_memory();
    size = (size + align - 1) / align * align;
    if (!page || page->size - page->used < size) {
        size_t wanted = page ? 2 * page->size : PAGE_FIRST_BYTES;

        wanted = wanted < PAGE_MOST_BYTES ? wanted : PAGE_MOST_BYTES;
        page = page_new(size > wanted ? size : wanted);
        page->next = arena->pages;
        arena->pages = page;
    }
    taken = page->bytes + page->used;
    page->used += size;
    return taken;
}

void *forge_arena_array(struct forge_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        out_of_memory();
    return forge_arena_take(arena, count * size);
}

char *forge_arena_copy(struct forge_arena *arena, const char *text, size_t length)
{
    char *copy = forge_arena_take(arena, length + 1);

    if (length > 0)
        memcpy(copy, text, length);
    return copy;
}

char *forge_arena_text(struct forge_arena *arena, const char *text)
{
    return forge_arena_copy(arena, text, strlen(text));
}

char *forge_arena_print(struct forge_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *out;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        out_of_memory();
    out = forge_arena_take(arena, (size_t)length + 1);
    vsnprintf(out, (size_t)length + 1, format, args);
    va_end(args);
    return out;
}

void forge_arena_clear(struct forge_arena *arena)
{
    while (arena->pages) {
        struct forge_arena_page *next = arena->pages->next;

        free(arena->pages);
        arena->pages = next;
    }
}

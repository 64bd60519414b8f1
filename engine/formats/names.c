#include "formats/names.h"

#include <stdlib.h>
#include <string.h>

static const char *name_of(const void *item)
{
    return *(const char *const *)item;
}

static int compare(const void *a, const void *b)
{
    return strcmp(name_of(*(void *const *)a), name_of(*(void *const *)b));
}

void *const *forge_names_sort(struct forge_arena *arena, void *items, size_t count, size_t size,
                              const char **twice)
{
    void **sorted = forge_arena_array(arena, count, sizeof *sorted);

    *twice = NULL;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (unsigned char *)items + i * size;
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 1; i < count; i++) {
        if (compare(&sorted[i - 1], &sorted[i]) == 0)
            *twice = name_of(sorted[i]);
    }
    return sorted;
}

void *forge_names_find(void *const *sorted, size_t count, const char *name)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, name_of(sorted[middle]));

        if (order == 0)
            return sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* arrays.h: small arrays from numbers, and what they hold as text. */
#ifndef FORGE_TESTS_SUPPORT_ARRAYS_H
#define FORGE_TESTS_SUPPORT_ARRAYS_H

#include <string.h>

#include "array/nodes.h"
#include "array/reader.h"

/* All elements, "1 2 3", or the text of the error. */
static inline const char *read_all(struct forge_arena *arena, const struct forge_array *array)
{
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    const void *values = NULL;
    size_t size = forge_dtype_size(array->dtype);
    char *text = forge_arena_text(arena, "");

    if (!forge_array_values(&values, array, &reader, arena, 4096, &err))
        return forge_arena_text(arena, err.text);
    for (uint64_t i = 0; i < forge_array_count(array); i++) {
        char one[100];

        forge_value_format(one, sizeof one, array->dtype, (const char *)values + i * size);
        text = forge_arena_print(arena, "%s%s%s", text, i > 0 ? " " : "", one);
    }
    forge_reader_close(&reader);
    return text;
}

/* A number in `dtype`, rounded where it is float32; 0 where it does not fit. */
static inline union forge_value value_of(enum forge_dtype dtype, double number)
{
    union forge_value value = {0};

    if (dtype == FORGE_FLOAT32)
        value.float32 = (float)number;
    else if (!forge_value_from_double(&value, dtype, number))
        value = (union forge_value){0};
    return value;
}

static inline const struct forge_array *
row_of(struct forge_arena *arena, enum forge_dtype dtype, uint64_t count, const double *numbers)
{
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(arena, count, size);

    for (uint64_t i = 0; i < count; i++) {
        union forge_value value = value_of(dtype, numbers[i]);

        memcpy(values + i * size, value.bytes, size);
    }
    return forge_array_memory(arena, dtype, 1, &count, values);
}

#endif

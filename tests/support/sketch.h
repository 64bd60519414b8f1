/* sketch.h: datasets as one line of text, to write them in tests and to see what became of
 * them.
 *
 *     t(time=2,x=3) int16 {fill=-1|units=K} 1 2 3 4 5 6; x(x=3) float64 {} 1 2 3;
 * :title=example
 *
 * A variable is its dimensions with their lengths, its dtype, attributes and values; "@" before
 * the name makes it a coordinate, "~" one whose values are not in memory. An attribute that
 * looks like a number is a float64, with an f behind it a float32, with an i an int32; `fill`
 * is the fill value.
 */
#ifndef FORGE_TESTS_SUPPORT_SKETCH_H
#define FORGE_TESTS_SUPPORT_SKETCH_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "array/dataset.h"
#include "support/arrays.h"
#include "support/leaf.h"

/* The text up to any of `ends`, without blanks around it; *at moves past the end. */
static inline char *sketch_word(struct forge_arena *arena, const char **at, const char *ends)
{
    size_t length = 0, past;

    *at += strspn(*at, " ");
    length = strcspn(*at, ends);
    past = length + ((*at)[length] != '\0');
    while (length > 0 && (*at)[length - 1] == ' ')
        length--;
    *at += past;
    return forge_arena_copy(arena, *at - past, length);
}

static inline void sketch_attribute(struct forge_attributes *attributes,
                                    struct forge_arena *arena, const char *name,
                                    const char *text)
{
    char *end = NULL;
    double number = strtod(text, &end);
    float narrow = (float)number;
    int32_t whole = isfinite(number) ? (int32_t)number : 0;

    if (end == text || (*end != '\0' && strcmp(end, "f") != 0 && strcmp(end, "i") != 0))
        forge_attributes_set_text(attributes, arena, name, text);
    else if (*end == 'f')
        forge_attributes_set(attributes, arena, name, FORGE_FLOAT32, 1, &narrow);
    else if (*end == 'i')
        forge_attributes_set(attributes, arena, name, FORGE_INT32, 1, &whole);
    else
        forge_attributes_set(attributes, arena, name, FORGE_FLOAT64, 1, &number);
}

static inline union forge_value sketch_value(struct forge_arena *arena, enum forge_dtype dtype,
                                             const char *text)
{
    union forge_value value = {.string = NULL};
    long long whole = strtoll(text, NULL, 10);

    if (dtype == FORGE_STRING)
        value.string = forge_arena_text(arena, text);
    else if (forge_dtype_is_float(dtype))
        value = value_of(dtype, strtod(text, NULL));
    else if (!forge_value_convert(&value, dtype, &whole, FORGE_INT64))
        fail_msg("%s is no %s", text, forge_dtype_name(dtype));
    return value;
}

static inline void sketch_attributes(struct forge_variable *variable, enum forge_dtype dtype,
                                     struct forge_arena *arena, char *list)
{
    const char *at = list;

    while (*at) {
        const char *pair = sketch_word(arena, &at, "|");
        const char *name = sketch_word(arena, &pair, "=");

        if (strcmp(name, "fill") == 0) {
            variable->has_fill = true;
            variable->fill = sketch_value(arena, dtype, pair);
        } else {
            sketch_attribute(&variable->attributes, arena, name, pair);
        }
    }
}

static inline const void *sketch_values(struct forge_arena *arena, enum forge_dtype dtype,
                                        uint64_t count, const char **at)
{
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(arena, count + 1, size);

    for (uint64_t i = 0; i < count; i++) {
        union forge_value value = sketch_value(arena, dtype, sketch_word(arena, at, " "));

        memcpy(values + i * size, value.bytes, size);
    }
    return values;
}

static inline void sketch_variable(struct forge_dataset *dataset, const char *at)
{
    struct forge_arena *arena = dataset->arena;
    bool coordinate = *at == '@', lazy = *at == '~';
    const char *name = sketch_word(arena, (at += coordinate || lazy, &at), "(");
    const char *dims = sketch_word(arena, &at, ")");
    struct forge_variable *variable = forge_dataset_add_variable(dataset, name);
    uint64_t shape[FORGE_RANK_MAX] = {0}, count = 1;
    enum forge_dtype dtype = FORGE_INT8;
    const char *type = sketch_word(arena, &at, "{");
    const void *values;
    unsigned rank = 0;

    if (!forge_dtype_find(&dtype, type) && strcmp(type, "string") == 0)
        dtype = FORGE_STRING;
    sketch_attributes(variable, dtype, arena, sketch_word(arena, &at, "}"));
    for (; *dims; rank++) {
        const char *pair = sketch_word(arena, &dims, ",");

        variable->dims[rank] = sketch_word(arena, &pair, "=");
        shape[rank] = (uint64_t)strtoull(pair, NULL, 10);
        count *= shape[rank];
        if (!forge_dataset_dimension(dataset, variable->dims[rank]))
            forge_dataset_add_dimension(dataset, variable->dims[rank], shape[rank]);
    }
    values = sketch_values(arena, dtype, count, &at);
    variable->array = forge_array_memory(arena, dtype, rank, shape, values);
    if (lazy)
        variable->array = &leaf_new(arena, dtype, rank, shape, shape, values)->array;
    variable->is_coordinate = coordinate || forge_variable_is_index(variable);
}

/* The dataset of a sketch; `url` is what messages call it. */
static inline struct forge_dataset sketch(struct forge_arena *arena, const char *url,
                                          const char *text)
{
    struct forge_dataset dataset = {.arena = arena, .url = url};

    while (*text) {
        const char *item = sketch_word(arena, &text, ";");

        if (*item == ':') {
            const char *at = item + 1, *name = sketch_word(arena, &at, "=");

            sketch_attribute(&dataset.attributes, arena, name, at);
        } else if (*item) {
            sketch_variable(&dataset, item);
        }
    }
    return dataset;
}

static inline void sketch_show_attributes(struct forge_text *out,
                                          const struct forge_attributes *attributes,
                                          const char *before, const char *between)
{
    for (size_t i = 0; i < attributes->count; i++) {
        const struct forge_attribute *attribute = &attributes->items[i];

        forge_text_print(out, "%s%s=", i > 0 ? between : before, attribute->name);
        for (size_t k = 0; k < attribute->count; k++) {
            const char *element =
                (const char *)attribute->values + k * forge_dtype_size(attribute->dtype);
            char text[100];

            if (attribute->dtype == FORGE_STRING)
                snprintf(text, sizeof text, "%s", *(const char *const *)(const void *)element);
            else
                forge_value_format(text, sizeof text, attribute->dtype, element);
            forge_text_print(out, "%s%s%s", k > 0 ? "," : "", text,
                             attribute->dtype == FORGE_FLOAT32 ? "f"
                             : attribute->dtype == FORGE_INT32 ? "i"
                                                               : "");
        }
    }
}

static inline void sketch_show_variable(struct forge_text *out, struct forge_arena *arena,
                                        const struct forge_variable *variable)
{
    const struct forge_array *array = variable->array;
    char fill[64];

    if (variable->is_coordinate && !forge_variable_is_index(variable))
        forge_text_add(out, "@");
    forge_text_print(out, "%s(", variable->name);
    for (unsigned d = 0; d < array->rank; d++)
        forge_text_print(out, "%s%s=%llu", d > 0 ? "," : "", variable->dims[d],
                         (unsigned long long)array->shape[d]);
    forge_text_print(out, ") %s {", forge_dtype_name(array->dtype));
    if (variable->has_fill)
        forge_text_print(out, "fill=%s%s",
                         forge_value_format(fill, sizeof fill, array->dtype, &variable->fill),
                         variable->attributes.count > 0 ? "|" : "");
    sketch_show_attributes(out, &variable->attributes, "", "|");
    forge_text_print(out, "} %s", read_all(arena, array));
}

/* The sketch of a dataset; where reading failed the error stands for the values. */
static inline const char *sketch_of(struct forge_arena *arena,
                                    const struct forge_dataset *dataset)
{
    struct forge_text out = {0};
    const char *made;

    for (size_t v = 0; v < dataset->variables_count; v++) {
        forge_text_add(&out, v > 0 ? "; " : "");
        sketch_show_variable(&out, arena, &dataset->variables[v]);
    }
    sketch_show_attributes(&out, &dataset->attributes,
                           dataset->variables_count > 0 ? "; :" : ":", "; :");
    made = forge_arena_text(arena, forge_text_string(&out));
    forge_text_clear(&out);
    return made;
}

#endif

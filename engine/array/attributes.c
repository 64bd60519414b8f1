/* attributes.c: the attributes of dataset.h; few of each, so looking through them is enough. */
#include <assert.h>
#include <string.h>

#include "array/dataset.h"

static struct forge_attribute *find(const struct forge_attributes *attributes, const char *name)
{
    for (size_t i = 0; i < attributes->count; i++) {
        if (strcmp(attributes->items[i].name, name) == 0)
            return &attributes->items[i];
    }
    return NULL;
}

const struct forge_attribute *forge_attributes_find(const struct forge_attributes *attributes,
                                                    const char *name)
{
    return find(attributes, name);
}

const char *forge_attributes_text(const struct forge_attributes *attributes, const char *name)
{
    const struct forge_attribute *attribute = find(attributes, name);

    if (!attribute || attribute->dtype != FORGE_STRING || attribute->count != 1)
        return NULL;
    return *(const char *const *)attribute->values;
}

bool forge_attributes_number(double *out, const struct forge_attributes *attributes,
                             const char *name)
{
    const struct forge_attribute *attribute = find(attributes, name);

    if (!attribute || attribute->dtype == FORGE_STRING || attribute->count == 0)
        return false;
    *out = forge_value_as_double(attribute->dtype, attribute->values);
    return true;
}

static const void *copy_values(struct forge_arena *arena, enum forge_dtype dtype, size_t count,
                               const void *values)
{
    void *copy = forge_arena_array(arena, count, forge_dtype_size(dtype));
    const char *const *texts = values;

    if (dtype == FORGE_STRING) {
        for (size_t i = 0; i < count; i++)
            ((const char **)copy)[i] = forge_arena_text(arena, texts[i]);
    } else if (count > 0) {
        memcpy(copy, values, count * forge_dtype_size(dtype));
    }
    return copy;
}

static struct forge_attribute *add(struct forge_attributes *attributes,
                                   struct forge_arena *arena)
{
    if (attributes->count == attributes->room) {
        size_t room = attributes->room ? 2 * attributes->room : 8;
        struct forge_attribute *items = forge_arena_array(arena, room, sizeof *items);

        if (attributes->count > 0)
            memcpy(items, attributes->items, attributes->count * sizeof *items);
        attributes->items = items;
        attributes->room = room;
    }
    return &attributes->items[attributes->count++];
}

void forge_attributes_set(struct forge_attributes *attributes, struct forge_arena *arena,
                          const char *name, enum forge_dtype dtype, size_t count,
                          const void *values)
{
    struct forge_attribute *attribute = find(attributes, name);
    struct forge_attribute made = {
        .dtype = dtype,
        .count = count,
        .values = copy_values(arena, dtype, count, values),
    };

    made.name = attribute ? attribute->name : forge_arena_text(arena, name);
    if (!attribute)
        attribute = add(attributes, arena);
    *attribute = made;
}

void forge_attributes_set_text(struct forge_attributes *attributes, struct forge_arena *arena,
                               const char *name, const char *text)
{
    forge_attributes_set(attributes, arena, name, FORGE_STRING, 1, &text);
}

void forge_attributes_remove(struct forge_attributes *attributes, const char *name)
{
    struct forge_attribute *attribute = find(attributes, name);
    size_t behind;

    if (!attribute)
        return;
    behind = (size_t)(attributes->items + attributes->count - attribute) - 1;
    memmove(attribute, attribute + 1, behind * sizeof *attribute);
    attributes->count--;
}

bool forge_attribute_equal(const struct forge_attribute *a, const struct forge_attribute *b)
{
    if (strcmp(a->name, b->name) != 0 || a->dtype != b->dtype || a->count != b->count)
        return false;
    if (a->dtype == FORGE_STRING) {
        const char *const *texts = a->values, *const *others = b->values;

        for (size_t i = 0; i < a->count; i++) {
            if (strcmp(texts[i], others[i]) != 0)
                return false;
        }
        return true;
    }
    return a->count == 0 ||
           memcmp(a->values, b->values, a->count * forge_dtype_size(a->dtype)) == 0;
}

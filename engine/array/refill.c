/* refill.c: another fill value, so that files that differ in it can be one array. */
#include <assert.h>
#include <string.h>

#include "array/map.h"
#include "array/nodes.h"
#include "array/numeric.h"

struct settings {
    enum forge_dtype dtype;
    const char *name;
    bool filled; /* there is a `from` */
    union forge_value from, to;
};

struct node {
    struct forge_array array;
    struct forge_map map;
    struct settings settings;
};

/* A NaN where `to` is NaN is no clash: it decodes to the same. */
#define REFILL(dtype, T, member)                                                               \
    static unsigned refill_##member(const void *context, void *out_row, const void *in_row,    \
                                    uint64_t count)                                            \
    {                                                                                          \
        typedef T element;                                                                     \
        const struct settings *s = context;                                                    \
        const T *restrict in = in_row;                                                         \
        element *restrict out = out_row;                                                       \
        const T from = s->from.member, to = s->to.member;                                      \
        const bool filled = s->filled;                                                         \
        unsigned clash = 0;                                                                    \
                                                                                               \
        for (uint64_t i = 0; i < count; i++) {                                                 \
            const T value = in[i];                                                             \
            const bool is_fill = filled & FORGE_IS_MARKER(value, from);                        \
                                                                                               \
            out[i] = is_fill ? to : value;                                                     \
            clash |= !is_fill & (value == to);                                                 \
        }                                                                                      \
        return clash;                                                                          \
    }

FORGE_NUMBERS(REFILL)

typedef unsigned kernel(const void *context, void *out_row, const void *in_row, uint64_t count);

static kernel *const kernels[FORGE_STRING] = {
#define KERNEL(dtype, T, member) [dtype] = refill_##member,
    FORGE_NUMBERS(KERNEL)
#undef KERNEL
};

static bool fail(const void *context, unsigned why, const void *element,
                 struct forge_error *err)
{
    const struct settings *s = context;
    char value[40], from[40];

    (void)why;
    forge_value_format(value, sizeof value, s->dtype, element);
    forge_value_format(from, sizeof from, s->dtype, &s->from);
    forge_fail(err, FORGE_BAD_SOURCE,
               "%s: %s is to be the fill value%s%s, but there are valid values %s", s->name,
               value, s->filled ? " instead of " : "", s->filled ? from : "", value);
    return forge_fail_help(err, "choose another fill value");
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;

    return forge_map_read(&node->map, &node->settings, reader, region, view, err);
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    forge_array_touch(((const struct node *)array)->map.child, region, visit, context);
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    return forge_map_scratch(&((const struct node *)array)->map, region);
}

static const struct forge_array_type type = {
    .name = "refill",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
};

const struct forge_array *forge_array_refill(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             const union forge_value *from,
                                             const union forge_value *to, const char *name)
{
    struct node *node = NULL;
    size_t size = forge_dtype_size(child->dtype);

    if (from && memcmp(from->bytes, to->bytes, size) == 0)
        return child;
    node = forge_arena_take(arena, sizeof *node);
    node->array = forge_map_array(&type, child, child->dtype);
    node->map = (struct forge_map){
        .child = child,
        .size = size,
        .in_place = true,
        .row = kernels[child->dtype],
        .fail = fail,
    };
    node->settings =
        (struct settings){.dtype = child->dtype, .filled = from != NULL, .to = *to};
    if (from)
        node->settings.from = *from;
    node->settings.name = forge_arena_text(arena, name);
    return &node->array;
}

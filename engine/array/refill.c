/* refill.c: another fill value, so that files that differ in it can be one array. */
#include <assert.h>
#include <string.h>

#include "array/identity.h"
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

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct settings *s = &((const struct node *)array)->settings;
    const struct forge_array *child = ((const struct node *)array)->map.child;

    forge_identity_value(identity, s->dtype, s->filled ? &s->from : NULL);
    forge_identity_value(identity, s->dtype, &s->to);
    forge_array_identify(child, region, identity);
}

static const struct forge_array_type type = {
    .name = "refill",
    .read = forge_map_read,
    .touch = forge_map_touch,
    .scratch = forge_map_scratch,
    .identify = node_identify,
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
    node->map = forge_map_of(&type, child, child->dtype);
    node->map.settings = &node->settings;
    node->map.row = kernels[child->dtype];
    node->map.fail = fail;
    node->settings =
        (struct settings){.dtype = child->dtype, .filled = from != NULL, .to = *to};
    if (from)
        node->settings.from = *from;
    node->settings.name = forge_arena_text(arena, name);
    return &node->map.array;
}

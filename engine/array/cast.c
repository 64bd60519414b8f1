/* cast.c: another numeric dtype, and with it another fill; a value that does not fit is told.
 */
#include <assert.h>
#include <string.h>

#include "array/identity.h"
#include "array/map.h"
#include "array/nodes.h"
#include "array/numeric.h"

enum why { UNFIT = 1, CLASH = 2 };

struct settings {
    enum forge_dtype from, to;
    const char *name;
    bool filled; /* from_fill becomes to_fill */
    union forge_value from_fill, to_fill;
    union forge_value low, high; /* integer to integer: what fits, in the child's dtype */
    double least, end;           /* float to integer: what fits, end excluded */
};

struct node {
    struct forge_map map;
    struct settings settings;
};

/* The loop of one pair: FITS says whether `value` can be `CONVERT`ed, which is evaluated for
 * every value and so must be defined for those that do not fit too. */
#define CAST(T, from, U, to, FITS, CONVERT)                                                    \
    static unsigned from##_to_##to(const void *context, void *out_row, const void *in_row,     \
                                   uint64_t count)                                             \
    {                                                                                          \
        typedef U result;                                                                      \
        const struct settings *s = context;                                                    \
        const T *restrict in = in_row;                                                         \
        result *restrict out = out_row;                                                        \
        const T from_fill = s->from_fill.from;                                                 \
        const U to_fill = s->to_fill.to;                                                       \
        const bool filled = s->filled;                                                         \
        unsigned unfit = 0, clash = 0;                                                         \
                                                                                               \
        for (uint64_t i = 0; i < count; i++) {                                                 \
            const T value = in[i];                                                             \
            const bool is_fill = filled & FORGE_IS_MARKER(value, from_fill);                   \
            const bool fits = FITS;                                                            \
            const U converted = CONVERT;                                                       \
                                                                                               \
            out[i] = is_fill ? to_fill : converted;                                            \
            unfit |= !is_fill & !fits;                                                         \
            clash |= filled & !is_fill & (converted == to_fill);                               \
        }                                                                                      \
        return unfit ? UNFIT : clash ? CLASH : 0;                                              \
    }

#define INTEGER_TO_INTEGER(T, from, U, to)                                                     \
    CAST(T, from, U, to, (value >= s->low.from) & (value <= s->high.from), (U)value)
#define INTEGER_TO_FLOAT(T, from, U, to) CAST(T, from, U, to, true, (U)value)
#define FLOAT_TO_INTEGER(T, from, U, to)                                                       \
    CAST(T, from, U, to,                                                                       \
         (forge_round_even((double)value) >= s->least) &                                       \
             (forge_round_even((double)value) < s->end),                                       \
         fits ? (U)forge_round_even((double)value) : 0)

#define TO_INTEGERS(X, T, from)                                                                \
    X(T, from, int8_t, int8)                                                                   \
    X(T, from, uint8_t, uint8)                                                                 \
    X(T, from, int16_t, int16)                                                                 \
    X(T, from, uint16_t, uint16)                                                               \
    X(T, from, int32_t, int32)                                                                 \
    X(T, from, uint32_t, uint32)                                                               \
    X(T, from, int64_t, int64)                                                                 \
    X(T, from, uint64_t, uint64)

#define FROM_INTEGER(dtype, T, from)                                                           \
    TO_INTEGERS(INTEGER_TO_INTEGER, T, from)                                                   \
    INTEGER_TO_FLOAT(T, from, float, float32)                                                  \
    INTEGER_TO_FLOAT(T, from, double, float64)
#define FROM_FLOAT(dtype, T, from) TO_INTEGERS(FLOAT_TO_INTEGER, T, from)

FORGE_INTEGERS(FROM_INTEGER)
FORGE_FLOATS(FROM_FLOAT)
CAST(float, float32, float, float32, true, value)
CAST(float, float32, double, float64, true, (double)value)
CAST(double, float64, double, float64, true, value)
CAST(double, float64, float, float32,
     (fabs(value) <= (double)FLT_MAX) | (fabs(value) == INFINITY) | (value != value),
     (float)(fits ? value : 0))

typedef unsigned kernel(const void *context, void *out_row, const void *in_row, uint64_t count);

static kernel *const kernels[FORGE_STRING][FORGE_STRING] = {
#define KERNELS(dtype, T, from)                                                                \
    [dtype] = {from##_to_int8,    from##_to_uint8,  from##_to_int16, from##_to_uint16,         \
               from##_to_int32,   from##_to_uint32, from##_to_int64, from##_to_uint64,         \
               from##_to_float32, from##_to_float64},
    FORGE_NUMBERS(KERNELS)
#undef KERNELS
};

static bool fail(const void *context, unsigned why, const void *element,
                 struct forge_error *err)
{
    const struct settings *s = context;
    char text[40];

    forge_value_format(text, sizeof text, s->from, element);
    if (why == CLASH) {
        forge_fail(err, FORGE_BAD_SOURCE, "%s: the valid value %s would become the fill value",
                   s->name, text);
        return forge_fail_help(err, "choose another fill value");
    }
    forge_fail(err, FORGE_BAD_SOURCE, "%s: %s does not fit %s", s->name, text,
               forge_dtype_name(s->to));
    return forge_fail_help(err, "choose a dtype that holds every value");
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct settings *s = &((const struct node *)array)->settings;
    const struct forge_array *child = ((const struct node *)array)->map.child;

    forge_identity_value(identity, s->from, s->filled ? &s->from_fill : NULL);
    forge_identity_value(identity, s->to, s->filled ? &s->to_fill : NULL);
    forge_array_identify(child, region, identity);
}

static const struct forge_array_type type = {
    .name = "cast",
    .read = forge_map_read,
    .touch = forge_map_touch,
    .scratch = forge_map_scratch,
    .identify = node_identify,
};

/* The integers that both dtypes have, in the dtype they come from. */
static void set_bounds(struct settings *s)
{
    int64_t least = forge_dtype_least(s->to);
    uint64_t most = forge_dtype_most(s->to);

    s->least = (double)least;
    s->end = (double)most + 1;
    if (!forge_dtype_is_integer(s->from))
        return;
    if (!forge_value_convert(&s->low, s->from, &least, FORGE_INT64)) {
        least = forge_dtype_least(s->from);
        (void)forge_value_convert(&s->low, s->from, &least, FORGE_INT64);
    }
    if (!forge_value_convert(&s->high, s->from, &most, FORGE_UINT64)) {
        most = forge_dtype_most(s->from);
        (void)forge_value_convert(&s->high, s->from, &most, FORGE_UINT64);
    }
}

const struct forge_array *forge_array_cast(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype,
                                           const union forge_value *from_fill,
                                           const union forge_value *to_fill, const char *name)
{
    struct node *node = NULL;
    bool filled = from_fill && to_fill;

    if (dtype == child->dtype && !filled)
        return child;
    node = forge_arena_take(arena, sizeof *node);
    node->map = forge_map_of(&type, child, dtype);
    node->map.settings = &node->settings;
    node->map.row = kernels[child->dtype][dtype];
    node->map.fail = fail;
    node->settings = (struct settings){.from = child->dtype, .to = dtype, .filled = filled};
    node->settings.name = forge_arena_text(arena, name);
    if (filled) {
        node->settings.from_fill = *from_fill;
        node->settings.to_fill = *to_fill;
    }
    if (forge_dtype_is_integer(dtype))
        set_bounds(&node->settings);
    return &node->map.array;
}

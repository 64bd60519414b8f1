/* pack.c: (value - offset) / scale, rounded to the packed dtype; the inverse of unpack.c.
 *
 * Computed in float64 whatever the values are, so that packing what was unpacked
 * gives the same integers.
 */
#include <assert.h>

#include "array/identity.h"
#include "array/map.h"
#include "array/nodes.h"
#include "array/numeric.h"
#include "base/checked.h"

#define PIECE 512 /* values that are doubles at once */

enum why { UNFIT = 1, NO_FILL = 2, CLASH = 3 };

struct settings {
    enum forge_dtype from, to;
    const char *name;
    double scale, offset;
    bool has_fill;
    union forge_value fill;
    double least, end; /* of an integer dtype, end excluded */
};

struct node {
    struct forge_map map;
    struct settings settings;
};

#define TO_DOUBLES(dtype, T, from)                                                             \
    case dtype:                                                                                \
        for (uint64_t i = 0; i < count; i++)                                                   \
            values[i] = (double)((const T *)in)[i];                                            \
        break;

/* (value - offset) / scale; returns what is behind the last element that was taken. */
static const unsigned char *load(const struct settings *s, double *values,
                                 const unsigned char *in, uint64_t count)
{
    switch (s->from) {
        FORGE_NUMBERS(TO_DOUBLES)
    default:
        assert(!"a dtype that is no number");
    }
    for (uint64_t i = 0; i < count; i++)
        values[i] = (values[i] - s->offset) / s->scale;
    return in + count * forge_dtype_size(s->from);
}

/* `value` is (value - offset) / scale, NaN where missing. */
#define PACK(U, to, FITS, CONVERT)                                                             \
    static unsigned pack_##to(const struct settings *s, void *out_row,                         \
                              const double *restrict values, uint64_t count)                   \
    {                                                                                          \
        typedef U result;                                                                      \
        result *restrict out = out_row;                                                        \
        const U fill = s->fill.to;                                                             \
        const bool has_fill = s->has_fill;                                                     \
        unsigned unfit = 0, clash = 0, missing = 0;                                            \
                                                                                               \
        for (uint64_t i = 0; i < count; i++) {                                                 \
            const double value = values[i];                                                    \
            const bool is_missing = isnan(value);                                              \
            const bool fits = FITS;                                                            \
            const U packed = CONVERT;                                                          \
                                                                                               \
            out[i] = is_missing & has_fill ? fill : packed;                                    \
            missing |= is_missing;                                                             \
            unfit |= !is_missing & !fits;                                                      \
            clash |= has_fill & !is_missing & (packed == fill);                                \
        }                                                                                      \
        return unfit ? UNFIT : missing & !has_fill ? NO_FILL : clash ? CLASH : 0;              \
    }

#define PACK_INTEGER(dtype, U, to)                                                             \
    PACK(U, to, (forge_round_even(value) >= s->least) & (forge_round_even(value) < s->end),    \
         fits ? (U)forge_round_even(value) : 0)

FORGE_INTEGERS(PACK_INTEGER)
PACK(float, float32, isinf(value) || !(fabs(value) > (double)FLT_MAX), forge_narrow(value))
PACK(double, float64, true, value)

static unsigned row(const void *context, void *to, const void *from, uint64_t count)
{
    const struct settings *s = context;
    const unsigned char *in = from;
    unsigned char *out = to;
    double values[PIECE];
    unsigned why = 0;

    for (uint64_t done = 0; done < count && why == 0; done += PIECE) {
        uint64_t part = forge_minimum(count - done, PIECE);

        in = load(s, values, in, part);
        switch (s->to) {
#define PACK_ROW(dtype, U, member)                                                             \
    case dtype:                                                                                \
        why = pack_##member(s, out, values, part);                                             \
        break;
            FORGE_NUMBERS(PACK_ROW)
#undef PACK_ROW
        default:
            assert(!"a dtype that is no number");
        }
        out += part * forge_dtype_size(s->to);
    }
    /* NaN needs no fill where the packed dtype has it too */
    return why == NO_FILL && forge_dtype_is_float(s->to) ? 0 : why;
}

static bool fail(const void *context, unsigned why, const void *element,
                 struct forge_error *err)
{
    const struct settings *s = context;
    char text[40];

    forge_value_format(text, sizeof text, s->from, element);
    if (why == NO_FILL) {
        forge_fail(err, FORGE_BAD_SOURCE, "%s: a value is missing, but %s has no fill value",
                   s->name, forge_dtype_name(s->to));
        return forge_fail_help(err, "give the packing a fill value");
    }
    if (why == CLASH) {
        forge_fail(err, FORGE_BAD_SOURCE, "%s: the valid value %s would become the fill value",
                   s->name, text);
        return forge_fail_help(err, "choose another fill value, or another scale and offset");
    }
    forge_fail(err, FORGE_BAD_SOURCE, "%s: %s does not fit %s with scale %.9g and offset %.9g",
               s->name, text, forge_dtype_name(s->to), s->scale, s->offset);
    return forge_fail_help(err, "choose a wider dtype, or another scale and offset");
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct settings *s = &((const struct node *)array)->settings;
    const struct forge_array *child = ((const struct node *)array)->map.child;

    forge_identity_bytes(identity, &s->scale, sizeof s->scale);
    forge_identity_bytes(identity, &s->offset, sizeof s->offset);
    forge_identity_value(identity, s->to, s->has_fill ? &s->fill : NULL);
    forge_array_identify(child, region, identity);
}

static const struct forge_array_type type = {
    .name = "pack",
    .read = forge_map_read,
    .touch = forge_map_touch,
    .scratch = forge_map_scratch,
    .identify = node_identify,
};

const struct forge_array *forge_array_pack(struct forge_arena *arena,
                                           const struct forge_array *child,
                                           enum forge_dtype dtype, double scale, double offset,
                                           const union forge_value *fill, const char *name)
{
    struct node *node = forge_arena_take(arena, sizeof *node);
    struct settings *s = &node->settings;

    assert(isfinite(scale) && scale != 0 && isfinite(offset));
    node->map = forge_map_of(&type, child, dtype);
    node->map.settings = &node->settings;
    node->map.row = row;
    node->map.fail = fail;
    *s = (struct settings){.from = child->dtype, .to = dtype, .scale = scale, .offset = offset};
    s->name = forge_arena_text(arena, name);
    s->has_fill = fill != NULL;
    if (fill)
        s->fill = *fill;
    if (forge_dtype_is_integer(dtype)) {
        s->least = (double)forge_dtype_least(dtype);
        s->end = (double)forge_dtype_most(dtype) + 1;
    }
    return &node->map.array;
}

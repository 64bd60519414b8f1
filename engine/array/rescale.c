/* rescale.c: integer * multiply / divide + add, exactly: numbers of times in other units. */
#include <assert.h>
#include <math.h>

#include "array/identity.h"
#include "array/map.h"
#include "array/nodes.h"

enum why { FRACTION = 1, INEXACT, OVERFLOW, MISSING };

struct settings {
    enum forge_dtype from, to;
    const char *name;
    int64_t multiply, divide, add; /* multiply and divide without a common factor */
    bool has_fill;
    union forge_value fill, fill_out; /* in the child's dtype and in the result's */
};

struct node {
    struct forge_map map;
    struct settings settings;
};

static bool is_fill(const struct settings *s, const union forge_value *value)
{
    if (!s->has_fill)
        return false;
    if (s->from == FORGE_INT64)
        return value->int64 == s->fill.int64;
    return value->float64 == s->fill.float64 ||
           (isnan(value->float64) && isnan(s->fill.float64));
}

static unsigned rescale_integer(const struct settings *s, int64_t *out, int64_t number)
{
    int64_t product;

    /* without a common factor the division is exact only if it is so before multiplying */
    if (number % s->divide != 0)
        return INEXACT;
    if (__builtin_mul_overflow(number / s->divide, s->multiply, &product) ||
        __builtin_add_overflow(product, s->add, out))
        return OVERFLOW;
    return 0;
}

static unsigned rescale(const struct settings *s, union forge_value *out,
                        const union forge_value *in)
{
    union forge_value number = {0};
    int64_t scaled;
    unsigned why;

    if (is_fill(s, in)) {
        *out = s->fill_out;
        return 0;
    }
    if (s->from == FORGE_FLOAT64 && isnan(in->float64)) {
        out->float64 = in->float64;
        return s->to == FORGE_FLOAT64 ? 0 : MISSING;
    }
    if (!forge_value_convert(&number, FORGE_INT64, in, s->from))
        return FRACTION;
    why = rescale_integer(s, &scaled, number.int64);
    if (why != 0)
        return why;
    return forge_value_convert(out, s->to, &scaled, FORGE_INT64) ? 0 : OVERFLOW;
}

static unsigned row(const void *context, void *to, const void *from, uint64_t count)
{
    const union forge_value *in = from; /* both dtypes have 8 bytes, as the union has */
    union forge_value *out = to;
    unsigned why = 0;

    for (uint64_t i = 0; i < count && why == 0; i++)
        why = rescale(context, &out[i], &in[i]);
    return why;
}

static bool fail(const void *context, unsigned why, const void *element,
                 struct forge_error *err)
{
    const struct settings *s = context;
    char text[40];

    forge_value_format(text, sizeof text, s->from, element);
    switch ((enum why)why) {
    case FRACTION:
        return forge_fail(err, FORGE_BAD_SOURCE, "%s: %s is not a whole number", s->name, text);
    case MISSING:
        return forge_fail(err, FORGE_BAD_SOURCE, "%s: NaN does not fit %s", s->name,
                          forge_dtype_name(s->to));
    case INEXACT:
    case OVERFLOW:
        break;
    }
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: %s * %lld / %lld %+lld is no exact %s",
                      s->name, text, (long long)s->multiply, (long long)s->divide,
                      (long long)s->add, forge_dtype_name(s->to));
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct settings *s = &((const struct node *)array)->settings;
    const struct forge_array *child = ((const struct node *)array)->map.child;

    forge_identity_number(identity, (uint64_t)s->multiply);
    forge_identity_number(identity, (uint64_t)s->divide);
    forge_identity_number(identity, (uint64_t)s->add);
    forge_identity_value(identity, s->from, s->has_fill ? &s->fill : NULL);
    forge_array_identify(child, region, identity);
}

static const struct forge_array_type type = {
    .name = "rescale",
    .read = forge_map_read,
    .touch = forge_map_touch,
    .scratch = forge_map_scratch,
    .identify = node_identify,
};

static int64_t common_factor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static void set_fill(struct settings *s, const union forge_value *fill)
{
    bool fits = true;

    s->has_fill = fill != NULL;
    if (!fill)
        return;
    s->fill = *fill;
    s->fill_out = *fill;
    if (s->from != s->to)
        fits = forge_value_convert(&s->fill_out, s->to, fill, s->from);
    assert(fits);
    (void)fits;
}

const struct forge_array *forge_array_rescale(struct forge_arena *arena,
                                              const struct forge_array *child,
                                              enum forge_dtype dtype, int64_t multiply,
                                              int64_t divide, int64_t add,
                                              const union forge_value *fill, const char *name)
{
    struct node *node = forge_arena_take(arena, sizeof *node);
    int64_t factor;

    assert(child->dtype == FORGE_INT64 || child->dtype == FORGE_FLOAT64);
    assert(dtype == FORGE_INT64 || dtype == FORGE_FLOAT64);
    assert(divide > 0 && multiply != INT64_MIN);
    factor = common_factor(multiply, divide);
    node->map = forge_map_of(&type, child, dtype);
    node->map.settings = &node->settings;
    node->map.row = row;
    node->map.fail = fail;
    node->settings = (struct settings){
        .from = child->dtype,
        .to = dtype,
        .name = forge_arena_text(arena, name),
        .multiply = multiply / factor,
        .divide = divide / factor,
        .add = add,
    };
    set_fill(&node->settings, fill);
    return &node->map.array;
}

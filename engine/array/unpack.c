/* unpack.c: value * scale + offset, missing values as NaN (CF 8.1 and 2.5.1).
 *
 * Computed in the result's dtype, as xarray does, so that results agree bit for bit.
 */
#include <assert.h>

#include "array/identity.h"
#include "array/map.h"
#include "array/nodes.h"
#include "array/numeric.h"

struct settings {
    double scale, offset;
    bool masked;
    union forge_value fill, missing; /* alike where there is only one */
};

struct node {
    struct forge_map map;
    struct settings settings;
};

#define UNPACK(T, from, U, to, SCALAR, VALUE)                                                  \
    static unsigned from##_to_##to(const void *context, void *out_row, const void *in_row,     \
                                   uint64_t count)                                             \
    {                                                                                          \
        typedef U result;                                                                      \
        const struct settings *s = context;                                                    \
        const T *restrict in = in_row;                                                         \
        result *restrict out = out_row;                                                        \
        const U scale = SCALAR(s->scale), offset = SCALAR(s->offset);                          \
        const T fill = s->fill.from, missing = s->missing.from;                                \
                                                                                               \
        if (!s->masked) {                                                                      \
            for (uint64_t i = 0; i < count; i++)                                               \
                out[i] = VALUE(in[i]) * scale + offset;                                        \
            return 0;                                                                          \
        }                                                                                      \
        for (uint64_t i = 0; i < count; i++) {                                                 \
            const U value = VALUE(in[i]) * scale + offset;                                     \
                                                                                               \
            out[i] = (in[i] == fill) | (in[i] == missing) ? (U)NAN : value;                    \
        }                                                                                      \
        return 0;                                                                              \
    }

#define FROM(dtype, T, from)                                                                   \
    UNPACK(T, from, float, float32, forge_narrow, (float))                                     \
    UNPACK(T, from, double, float64, (double), (double))

FORGE_INTEGERS(FROM)
UNPACK(float, float32, float, float32, forge_narrow, (float))
UNPACK(float, float32, double, float64, (double), (double))
UNPACK(double, float64, float, float32, forge_narrow, forge_narrow)
UNPACK(double, float64, double, float64, (double), (double))

typedef unsigned kernel(const void *context, void *out_row, const void *in_row, uint64_t count);

static kernel *const kernels[FORGE_STRING][2] = {
#define KERNELS(dtype, T, from) [dtype] = {from##_to_float32, from##_to_float64},
    FORGE_NUMBERS(KERNELS)
#undef KERNELS
};

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct settings *s = &((const struct node *)array)->settings;
    const struct forge_array *child = ((const struct node *)array)->map.child;

    forge_identity_bytes(identity, &s->scale, sizeof s->scale);
    forge_identity_bytes(identity, &s->offset, sizeof s->offset);
    forge_identity_value(identity, child->dtype, s->masked ? &s->fill : NULL);
    forge_identity_value(identity, child->dtype, s->masked ? &s->missing : NULL);
    forge_array_identify(child, region, identity);
}

static const struct forge_array_type type = {
    .name = "unpack",
    .read = forge_map_read,
    .touch = forge_map_touch,
    .scratch = forge_map_scratch,
    .identify = node_identify,
};

const struct forge_array *forge_array_unpack(struct forge_arena *arena,
                                             const struct forge_array *child,
                                             enum forge_dtype dtype, double scale,
                                             double offset, const union forge_value *fill,
                                             const union forge_value *missing)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    assert(forge_dtype_is_float(dtype));
    node->map = forge_map_of(&type, child, dtype);
    node->map.settings = &node->settings;
    node->map.row = kernels[child->dtype][dtype == FORGE_FLOAT64];
    node->settings = (struct settings){.scale = scale, .offset = offset};
    node->settings.masked = fill || missing;
    if (fill || missing) {
        node->settings.fill = fill ? *fill : *missing;
        node->settings.missing = missing ? *missing : *fill;
    }
    return &node->map.array;
}

/* trees.h: random nodes, each with a model that says what its elements are by a plain walk from
 * the root to the leaves. random_tree.h makes trees of them. */
#ifndef FORGE_TESTS_SUPPORT_TREES_H
#define FORGE_TESTS_SUPPORT_TREES_H

#include <math.h>

#include "array/nodes.h"
#include "support/leaf.h"
#include "support/random.h"

enum {
    MOST_PARTS = 4,
    MOST_LEAVES = 64,
};

enum kind {
    LEAF,
    CONSTANT,
    CONCAT,
    SLICE,
    TAKE,
    PERMUTE,
    REVERSE,
    SAME,
    CAST,
    REFILL,
    UNPACK,
    PACK,
    RESCALE,
};

/* A node and what is known of it. Valid numbers are within [low, high], and 0 <= low,
 * high < 100; those from 100 on, and NaN, are for fills. */
struct model {
    enum kind kind;
    const struct forge_array *array;
    double low, high, fill;
    bool whole; /* valid numbers have no fraction */
    const struct model *parts[MOST_PARTS];
    unsigned parts_count, axis;
    unsigned order[FORGE_RANK_MAX];
    struct forge_region region;
    int64_t *indices;
    double scale, offset;
    const unsigned char *values; /* of leaves */
};

struct trees {
    struct forge_arena arena;
    struct leaf *leaves[MOST_LEAVES];
    size_t leaves_count;
};

static union forge_value number_as(enum forge_dtype dtype, double number)
{
    union forge_value value = {0};

    if (!forge_value_from_double(&value, dtype, number))
        fail_msg("%g is no %s", number, forge_dtype_name(dtype));
    return value;
}

static bool is_fill(const struct model *model, double number)
{
    return number == model->fill || (isnan(number) && isnan(model->fill));
}

/* ---- the plain walk ---- */

static union forge_value walk(const struct model *model, const uint64_t *index);

/* The part of a node that element `index` comes from, and where in it; NULL: from none. */
static const struct model *step_down(const struct model *model, const uint64_t *index,
                                     uint64_t *inner)
{
    unsigned axis = model->axis, part = 0;

    memcpy(inner, index, FORGE_RANK_MAX * sizeof *inner);
    switch (model->kind) {
    case CONCAT:
        for (; inner[axis] >= model->parts[part]->array->shape[axis]; part++)
            inner[axis] -= model->parts[part]->array->shape[axis];
        break;
    case SLICE:
        for (unsigned d = 0; d < model->array->rank; d++)
            inner[d] = model->region.start[d] + index[d] * model->region.step[d];
        break;
    case TAKE:
        if (model->indices[index[axis]] < 0)
            return NULL;
        inner[axis] = (uint64_t)model->indices[index[axis]];
        break;
    case PERMUTE:
        memset(inner, 0, FORGE_RANK_MAX * sizeof *inner);
        for (unsigned d = 0; d < model->array->rank; d++) {
            if (model->order[d] != FORGE_NEW_DIM)
                inner[model->order[d]] = index[d];
        }
        break;
    case REVERSE:
        inner[axis] = model->array->shape[axis] - 1 - index[axis];
        break;
    default:
        break;
    }
    return model->parts[part];
}

static union forge_value walk_structure(const struct model *model, const uint64_t *index)
{
    uint64_t inner[FORGE_RANK_MAX];
    const struct model *part = step_down(model, index, inner);

    return part ? walk(part, inner) : number_as(model->array->dtype, model->fill);
}

static union forge_value walk_number(const struct model *model, const uint64_t *index)
{
    const struct model *child = model->parts[0];
    enum forge_dtype dtype = model->array->dtype;
    union forge_value in = walk(child, index);
    double number = forge_value_as_double(child->array->dtype, &in);

    if (is_fill(child, number))
        return number_as(dtype, model->fill);
    switch (model->kind) {
    case CAST:
        if (forge_dtype_is_integer(dtype))
            number = rint(number);
        break;
    case UNPACK:
        if (dtype == FORGE_FLOAT32)
            number = (double)((float)number * (float)model->scale + (float)model->offset);
        else
            number = number * model->scale + model->offset;
        break;
    case PACK:
        number = (number - model->offset) / model->scale;
        if (forge_dtype_is_integer(dtype))
            number = rint(number);
        break;
    case RESCALE:
        number = number * model->scale + model->offset;
        break;
    default:
        break;
    }
    if (dtype == FORGE_FLOAT32)
        number = (double)(float)number;
    return number_as(dtype, number);
}

static union forge_value walk(const struct model *model, const uint64_t *index)
{
    const struct forge_array *array = model->array;
    size_t size = forge_dtype_size(array->dtype);
    union forge_value value = {0};

    switch (model->kind) {
    case LEAF:
        memcpy(value.bytes,
               model->values + forge_grid_number(array->rank, array->shape, index) * size,
               size);
        return value;
    case CONSTANT:
        memcpy(value.bytes, model->values, size);
        return value;
    case CAST:
    case REFILL:
    case UNPACK:
    case PACK:
    case RESCALE:
        return walk_number(model, index);
    default:
        return walk_structure(model, index);
    }
}

/* ---- random trees ---- */

static struct model *new_model(struct trees *trees, enum kind kind, const struct model *child)
{
    struct model *model = forge_arena_take(&trees->arena, sizeof *model);

    if (child)
        *model = *child;
    model->kind = kind;
    model->parts[0] = child;
    model->parts_count = 1;
    return model;
}

/* A fill that is no valid number; in floats it may be NaN. */
static double random_fill(enum forge_dtype dtype)
{
    if (forge_dtype_is_float(dtype) && below(2) == 0)
        return (double)NAN;
    return 100 + (double)below(20);
}

static const unsigned char *random_values(struct trees *trees, const struct model *model,
                                          enum forge_dtype dtype, uint64_t count)
{
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(&trees->arena, count, size);
    uint64_t span = (uint64_t)(model->high - model->low) + 1;

    for (uint64_t i = 0; i < count; i++) {
        double number = floor(model->low) + (double)below(span);
        union forge_value value;

        number = fmin(fmax(number, ceil(model->low)), floor(model->high));
        value = number_as(dtype, below(8) == 0 ? model->fill : number);
        memcpy(values + i * size, value.bytes, size);
    }
    return values;
}

/* A leaf in chunks, in memory, or constant, of values that `like` could have. */
static struct model *random_leaf(struct trees *trees, const struct model *like,
                                 enum forge_dtype dtype, unsigned rank, const uint64_t *shape)
{
    struct model *model = new_model(trees, LEAF, NULL);
    struct forge_region all = forge_region_all(rank, shape);
    uint64_t count = 0, chunk[FORGE_RANK_MAX], kind = below(6);

    *model = (struct model){
        .kind = LEAF, .low = like->low, .high = like->high, .fill = like->fill, .whole = true};
    assert_true(forge_region_count(&count, rank, &all));
    model->values = random_values(trees, model, dtype, count > 0 ? count : 1);
    if (kind == 0) {
        union forge_value value = {0};

        memcpy(value.bytes, model->values, forge_dtype_size(dtype));
        model->kind = CONSTANT;
        model->array = forge_array_constant(&trees->arena, dtype, rank, shape, &value);
    } else if (kind == 1 || trees->leaves_count == MOST_LEAVES) {
        model->array = forge_array_memory(&trees->arena, dtype, rank, shape, model->values);
    } else {
        struct leaf *leaf = NULL;

        for (unsigned d = 0; d < rank; d++)
            chunk[d] = 1 + below(shape[d] + 2);
        leaf = leaf_new(&trees->arena, dtype, rank, shape, chunk, model->values);
        trees->leaves[trees->leaves_count++] = leaf;
        model->array = &leaf->array;
    }
    return model;
}

static struct forge_region random_region(const struct forge_array *array, bool may_be_empty)
{
    struct forge_region region = {0};

    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t most;

        region.step[d] = below(3) > 0 ? 1 : 1 + below(4);
        if (array->shape[d] == 0)
            continue;
        region.start[d] = below(2) == 0 ? 0 : below(array->shape[d]);
        most = (array->shape[d] - 1 - region.start[d]) / region.step[d] + 1;
        region.count[d] = below(2) == 0 ? most : 1 + below(most);
        if (region.count[d] == 1 && below(4) == 0)
            region.step[d] = UINT64_MAX - below(3); /* never taken: any step will do */
        if (may_be_empty && below(50) == 0)
            region.count[d] = 0;
    }
    return region;
}

static struct model *random_concat(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, CONCAT, child);
    const struct forge_array *parts[MOST_PARTS];

    model->axis = (unsigned)below(child->array->rank);
    model->parts_count = 1 + (unsigned)below(MOST_PARTS);
    for (unsigned i = 0; i < model->parts_count; i++) {
        uint64_t shape[FORGE_RANK_MAX];

        memcpy(shape, child->array->shape, sizeof shape);
        shape[model->axis] = below(5) == 0 ? shape[model->axis] : below(6);
        model->parts[i] = below(4) == 0 ? child
                                        : random_leaf(trees, child, child->array->dtype,
                                                      child->array->rank, shape);
        parts[i] = model->parts[i]->array;
    }
    model->array = forge_array_concat(&trees->arena, model->axis, parts, model->parts_count);
    return model;
}

static struct model *random_slice(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, SLICE, child);

    model->region = random_region(child->array, true);
    model->array = forge_array_slice(&trees->arena, child->array, &model->region);
    return model;
}

static struct model *random_take(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, TAKE, child);
    uint64_t length, count = 1 + below(14), at = 0;
    union forge_value fill = number_as(child->array->dtype, child->fill);

    model->axis = (unsigned)below(child->array->rank);
    length = child->array->shape[model->axis];
    model->indices = forge_arena_array(&trees->arena, count, sizeof *model->indices);
    for (uint64_t i = 0; i < count; i++) {
        at = below(3) == 0 ? below(length + 1) : (at + 1) % (length + 1);
        model->indices[i] = at == length ? -1 : (int64_t)at;
    }
    model->array = forge_array_take(&trees->arena, child->array, model->axis, model->indices,
                                    count, &fill);
    return model;
}

static struct model *random_permute(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, PERMUTE, child);
    unsigned rank = 0;

    for (unsigned d = 0; d < child->array->rank; d++) {
        unsigned at;

        if (child->array->shape[d] == 1 && below(2) == 0)
            continue;
        at = (unsigned)below(rank + 1);
        memmove(&model->order[at + 1], &model->order[at], (rank - at) * sizeof(unsigned));
        model->order[at] = d;
        rank++;
    }
    if (rank < 5 && below(3) == 0)
        model->order[rank++] = FORGE_NEW_DIM;
    model->array = forge_array_permute(&trees->arena, child->array, model->order, rank);
    return model;
}

static struct model *random_reverse(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, REVERSE, child);

    model->axis = (unsigned)below(child->array->rank);
    model->array = forge_array_reverse(&trees->arena, child->array, model->axis);
    return model;
}

static struct model *random_same(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, SAME, child);
    const struct forge_array *arrays[] = {child->array, child->array};
    const char *const urls[] = {"a", "b"};

    model->array = forge_array_same(&trees->arena, "v", arrays, urls, 2);
    return model;
}

static struct model *random_cast(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, CAST, child);
    enum forge_dtype dtype = (enum forge_dtype)below(FORGE_STRING);
    union forge_value from = number_as(child->array->dtype, child->fill), to;

    model->fill = random_fill(dtype);
    model->low = floor(child->low);
    model->high = ceil(child->high);
    model->whole = child->whole || forge_dtype_is_integer(dtype);
    to = number_as(dtype, model->fill);
    model->array = forge_array_cast(&trees->arena, child->array, dtype, &from, &to, "v");
    return model;
}

static struct model *random_refill(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, REFILL, child);
    enum forge_dtype dtype = child->array->dtype;
    union forge_value from = number_as(dtype, child->fill), to;

    model->fill = random_fill(dtype);
    to = number_as(dtype, model->fill);
    model->array = forge_array_refill(&trees->arena, child->array, &from, &to, "v");
    return model;
}

static struct model *random_unpack(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, UNPACK, child);
    enum forge_dtype dtype = below(2) == 0 ? FORGE_FLOAT32 : FORGE_FLOAT64;
    union forge_value fill = number_as(child->array->dtype, child->fill);

    model->scale = 0.1;
    model->offset = (double)below(50);
    model->low = child->low * 0.1 + model->offset - 0.001;
    model->high = child->high * 0.1 + model->offset + 0.001;
    if (model->low < 0)
        model->low = 0;
    model->whole = false;
    model->fill = (double)NAN;
    model->array = forge_array_unpack(&trees->arena, child->array, dtype, model->scale,
                                      model->offset, below(2) == 0 ? &fill : NULL, &fill);
    return model;
}

static struct model *random_pack(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, PACK, child);
    enum forge_dtype dtype = (enum forge_dtype)below(FORGE_STRING);
    union forge_value fill;

    model->scale = 2.5;
    model->offset = -(double)below(20);
    model->low = floor((child->low - model->offset) / 2.5);
    model->high = ceil((child->high - model->offset) / 2.5);
    model->whole = forge_dtype_is_integer(dtype);
    model->fill = random_fill(dtype);
    fill = number_as(dtype, model->fill);
    model->array = forge_array_pack(&trees->arena, child->array, dtype, model->scale,
                                    model->offset, &fill, "v");
    return model;
}

static struct model *random_rescale(struct trees *trees, const struct model *child)
{
    struct model *model = new_model(trees, RESCALE, child);
    union forge_value fill = number_as(child->array->dtype, child->fill);
    enum forge_dtype dtype = isnan(child->fill) || below(2) == 0 ? FORGE_FLOAT64 : FORGE_INT64;
    int64_t add = (int64_t)below((uint64_t)(100 - child->high));

    model->scale = child->high < 33 ? 3 : 1;
    model->offset = model->scale > 1 ? 0 : (double)add;
    model->low = child->low * model->scale + model->offset;
    model->high = child->high * model->scale + model->offset;
    model->array =
        forge_array_rescale(&trees->arena, child->array, dtype, 4 * (int64_t)model->scale, 4,
                            (int64_t)model->offset, &fill, "v");
    return model;
}

#endif

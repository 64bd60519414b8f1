/* unify.c: one dtype, packing and fill value for the parts of a variable, exactly. */
#include "plan/combine_parts.h"

#include <string.h>

static bool same_value(enum forge_dtype dtype, const union forge_value *a,
                       const union forge_value *b)
{
    return memcmp(a->bytes, b->bytes, forge_dtype_size(dtype)) == 0;
}

static bool same_packing(const struct forge_packing *a, const struct forge_packing *b)
{
    return a->packed == b->packed && a->scale == b->scale && a->offset == b->offset;
}

static void note_unpacked(const struct forge_combining *combining,
                          const struct forge_variable *first,
                          const struct forge_variable *other)
{
    forge_note(combining->notes,
               "\"%s\": packed differently in %s and %s: stored as decoded values", first->name,
               forge_origin(first), forge_origin(other));
}

/* Parts with other scale_factor or add_offset: all become decoded floats with NaN. */
static void unpack_all(const struct forge_combining *combining,
                       struct forge_variable *const *parts, size_t count)
{
    enum forge_dtype dtype = FORGE_FLOAT32;

    for (size_t i = 0; i < count; i++) {
        struct forge_packing packing = forge_variable_packing(parts[i]);
        enum forge_dtype own = packing.packed ? packing.dtype : parts[i]->array->dtype;

        if (own != FORGE_FLOAT32)
            dtype = FORGE_FLOAT64;
    }
    for (size_t i = 0; i < count; i++) {
        struct forge_variable *part = parts[i];
        struct forge_packing packing = forge_variable_packing(part);

        part->array = forge_array_unpack(combining->arena, part->array, dtype, packing.scale,
                                         packing.offset, part->has_fill ? &part->fill : NULL,
                                         packing.has_missing ? &packing.missing : NULL);
        part->has_fill = true;
        if (dtype == FORGE_FLOAT32)
            part->fill.float32 = __builtin_nanf("");
        else
            part->fill.float64 = __builtin_nan("");
        forge_attributes_remove(&part->attributes, "scale_factor");
        forge_attributes_remove(&part->attributes, "add_offset");
        forge_attributes_remove(&part->attributes, "missing_value");
    }
}

/* The smallest type that holds both exactly; false when there is none. */
static bool common_dtype(enum forge_dtype *out, enum forge_dtype a, enum forge_dtype b)
{
    static const enum forge_dtype wider[] = {FORGE_INT16, FORGE_INT32, FORGE_INT64};
    size_t size_a = forge_dtype_size(a), size_b = forge_dtype_size(b);

    if (a == b) {
        *out = a;
        return true;
    }
    if (a == FORGE_STRING || b == FORGE_STRING)
        return false;
    if (forge_dtype_is_float(a) || forge_dtype_is_float(b)) {
        size_t integer =
            forge_dtype_is_float(a) ? (forge_dtype_is_float(b) ? 0 : size_b) : size_a;

        if (integer == 8)
            return false;
        *out = FORGE_FLOAT64;
        return true;
    }
    if (forge_dtype_is_signed(a) == forge_dtype_is_signed(b)) {
        *out = size_a > size_b ? a : b;
        return true;
    }
    for (size_t i = 0; i < sizeof wider / sizeof wider[0]; i++) {
        size_t unsigned_size = forge_dtype_is_signed(a) ? size_b : size_a;
        size_t signed_size = forge_dtype_is_signed(a) ? size_a : size_b;

        if (forge_dtype_size(wider[i]) > unsigned_size &&
            forge_dtype_size(wider[i]) >= signed_size) {
            *out = wider[i];
            return true;
        }
    }
    return false;
}

static bool widen_all(const struct forge_combining *combining,
                      struct forge_variable *const *parts, size_t count,
                      struct forge_error *err)
{
    enum forge_dtype dtype = parts[0]->array->dtype;

    for (size_t i = 1; i < count; i++) {
        enum forge_dtype before = dtype;

        if (!common_dtype(&dtype, dtype, parts[i]->array->dtype)) {
            forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is %s in %s and %s in %s",
                       parts[i]->name, forge_dtype_name(before), forge_origin(parts[0]),
                       forge_dtype_name(parts[i]->array->dtype), forge_origin(parts[i]));
            return forge_fail_help(err, "bring it to one type: each: [{cast: {%s: float64}}]",
                                   parts[i]->name);
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct forge_variable *part = parts[i];
        union forge_value fill = {0};

        if (part->array->dtype == dtype)
            continue;
        forge_note(combining->notes, "\"%s\": %s in %s, stored as %s", part->name,
                   forge_dtype_name(part->array->dtype), forge_origin(part),
                   forge_dtype_name(dtype));
        if (part->has_fill &&
            !forge_value_convert(&fill, dtype, part->fill.bytes, part->array->dtype))
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "variable \"%s\": the fill value of %s has no place in %s",
                              part->name, forge_origin(part), forge_dtype_name(dtype));
        part->array = forge_array_cast(combining->arena, part->array, dtype,
                                       part->has_fill ? &part->fill : NULL,
                                       part->has_fill ? &fill : NULL, part->name);
        part->fill = fill;
    }
    return true;
}

/* One fill value: the first that there is. A part where it occurs as a valid value fails the
 * read, by name. */
static void refill_all(const struct forge_combining *combining,
                       struct forge_variable *const *parts, size_t count)
{
    const struct forge_variable *with = NULL;
    enum forge_dtype dtype = parts[0]->array->dtype;

    for (size_t i = 0; i < count && !with; i++)
        with = parts[i]->has_fill ? parts[i] : NULL;
    if (!with || dtype == FORGE_STRING)
        return;
    for (size_t i = 0; i < count; i++) {
        struct forge_variable *part = parts[i];

        if (part->has_fill && same_value(dtype, &part->fill, &with->fill))
            continue;
        if (!part->has_fill && forge_dtype_is_float(dtype) &&
            forge_value_as_double(dtype, with->fill.bytes) !=
                forge_value_as_double(dtype, with->fill.bytes)) {
            part->has_fill = true; /* NaN means missing whether it is said or not */
            part->fill = with->fill;
            continue;
        }
        forge_note(combining->notes, "\"%s\": the fill value of %s becomes that of %s",
                   part->name, forge_origin(part), forge_origin(with));
        part->array = forge_array_refill(
            combining->arena, part->array, part->has_fill ? &part->fill : NULL, &with->fill,
            forge_arena_print(combining->arena, "%s of %s", part->name, forge_origin(part)));
        part->has_fill = true;
        part->fill = with->fill;
    }
}

/* missing_value goes the way of the fill value: parts that disagree on it keep none. */
static bool unify_missing_value(struct forge_variable *const *parts, size_t count,
                                struct forge_error *err)
{
    const struct forge_attribute *first =
        forge_attributes_find(&parts[0]->attributes, "missing_value");

    for (size_t i = 1; i < count; i++) {
        const struct forge_attribute *other =
            forge_attributes_find(&parts[i]->attributes, "missing_value");
        struct forge_packing packing = forge_variable_packing(parts[i]);

        if (!first && !other)
            continue;
        if (first && other && forge_attribute_equal(first, other))
            continue;
        if (other && packing.has_missing && parts[i]->has_fill &&
            same_value(parts[i]->array->dtype, &packing.missing, &parts[i]->fill))
            continue; /* it said the same as _FillValue, which is unified */
        if (!other)
            continue;
        forge_fail(err, FORGE_BAD_SOURCE,
                   "variable \"%s\": missing_value differs between %s and %s", parts[i]->name,
                   forge_origin(parts[0]), forge_origin(parts[i]));
        return forge_fail_help(err, "decode it in every file: each: [{decode: [%s]}]",
                               parts[i]->name);
    }
    return true;
}

bool forge_unify(const struct forge_combining *combining, struct forge_variable *const *parts,
                 size_t count, struct forge_error *err)
{
    struct forge_packing first = forge_variable_packing(parts[0]);
    bool dtypes = true, strings = parts[0]->array->dtype == FORGE_STRING;

    for (size_t i = 1; i < count; i++) {
        struct forge_packing packing = forge_variable_packing(parts[i]);
        bool same_dtype = parts[i]->array->dtype == parts[0]->array->dtype;

        if (!strings && (!same_packing(&first, &packing) || (first.packed && !same_dtype))) {
            note_unpacked(combining, parts[0], parts[i]);
            unpack_all(combining, parts, count);
            return true;
        }
        dtypes &= same_dtype;
    }
    if (!unify_missing_value(parts, count, err) ||
        (!dtypes && !widen_all(combining, parts, count, err)))
        return false;
    refill_all(combining, parts, count);
    return true;
}

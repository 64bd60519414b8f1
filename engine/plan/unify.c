/* unify.c: one dtype, packing and fill value for the parts of a variable, exactly. */
#include "plan/combine_parts.h"

#include <string.h>

static bool same_value(enum forge_dtype dtype, const union forge_value *a,
                       const union forge_value *b)
{
    return memcmp(a->bytes, b->bytes, forge_dtype_size(dtype)) == 0;
}

static uint64_t bits_of(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* An offset of 0.0 is not the same as none: it makes -0.0 positive. */
static bool same_packing(const struct forge_packing *a, const struct forge_packing *b)
{
    return a->packed == b->packed && (!a->packed || a->dtype == b->dtype) &&
           bits_of(a->scale) == bits_of(b->scale) && bits_of(a->offset) == bits_of(b->offset);
}

static void note_unpacked(const struct forge_combining *combining,
                          const struct forge_variable *first,
                          const struct forge_variable *other)
{
    forge_note(combining->notes,
               "\"%s\": packed differently in %s and %s: stored as decoded values", first->name,
               forge_origin(first), forge_origin(other));
}

/* The decoded values of one part, each in its own type first, as readers of the file see
 * them. */
static const struct forge_array *decode_part(const struct forge_combining *combining,
                                             const struct forge_variable *part,
                                             enum forge_dtype dtype)
{
    struct forge_packing packing = forge_variable_packing(part);
    enum forge_dtype own = forge_dtype_is_float(packing.dtype) ? packing.dtype : FORGE_FLOAT64;
    const struct forge_array *decoded = forge_array_unpack(
        combining->arena, part->array, own, packing.scale, packing.offset,
        part->has_fill ? &part->fill : NULL, packing.has_missing ? &packing.missing : NULL);

    return forge_array_cast(combining->arena, decoded, dtype, NULL, NULL, part->name);
}

/* Parts with other scale_factor or add_offset: all become decoded floats with NaN. */
static bool unpack_all(const struct forge_combining *combining,
                       struct forge_variable *const *parts, size_t count,
                       struct forge_error *err)
{
    enum forge_dtype dtype = FORGE_FLOAT32;

    for (size_t i = 0; i < count; i++) {
        struct forge_packing packing = forge_variable_packing(parts[i]);
        const char *name = forge_dtype_name(parts[i]->array->dtype);

        if (packing.dtype != FORGE_FLOAT32)
            dtype = FORGE_FLOAT64;
        if (parts[i]->array->dtype == FORGE_STRING ||
            (!packing.packed && forge_dtype_is_integer(packing.dtype) &&
             forge_dtype_size(packing.dtype) == 8))
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "variable \"%s\" is packed in some files and %s in %s, which has "
                              "no exact decoded values",
                              parts[i]->name, name, forge_origin(parts[i]));
    }
    for (size_t i = 0; i < count; i++) {
        struct forge_variable *part = parts[i];

        part->array = decode_part(combining, part, dtype);
        part->has_fill = true;
        (void)forge_value_from_double(&part->fill, dtype, __builtin_nan(""));
        forge_attributes_remove(&part->attributes, "scale_factor");
        forge_attributes_remove(&part->attributes, "add_offset");
        forge_attributes_remove(&part->attributes, "missing_value");
    }
    return true;
}

/* What kinds of numbers there are among the parts of a variable, and the largest of each. */
struct kinds {
    size_t floats, integers, unsigned_integers; /* bytes; 0: none */
    bool texts;
};

static struct kinds kinds_of(struct kinds kinds, enum forge_dtype dtype)
{
    size_t size = forge_dtype_size(dtype);
    size_t *largest = forge_dtype_is_float(dtype)    ? &kinds.floats
                      : forge_dtype_is_signed(dtype) ? &kinds.integers
                                                     : &kinds.unsigned_integers;

    if (dtype == FORGE_STRING)
        kinds.texts = true;
    else if (size > *largest)
        *largest = size;
    return kinds;
}

/* The smallest type that holds all of them exactly; false when there is none. */
static bool common_dtype(enum forge_dtype *out, struct kinds kinds)
{
    static const enum forge_dtype of[2][9] = {
        {[1] = FORGE_UINT8, [2] = FORGE_UINT16, [4] = FORGE_UINT32, [8] = FORGE_UINT64},
        {[1] = FORGE_INT8, [2] = FORGE_INT16, [4] = FORGE_INT32, [8] = FORGE_INT64},
    };
    size_t size = kinds.integers;

    if (kinds.texts)
        return false;
    if (kinds.floats > 0) {
        *out = FORGE_FLOAT64;
        return kinds.integers < 8 && kinds.unsigned_integers < 8;
    }
    if (kinds.integers == 0) {
        *out = of[0][kinds.unsigned_integers];
        return true;
    }
    if (kinds.unsigned_integers >= size)
        size = 2 * kinds.unsigned_integers;
    if (size > 8)
        return false;
    *out = of[1][size];
    return true;
}

static struct kinds kinds_of_two(enum forge_dtype a, enum forge_dtype b)
{
    return kinds_of(kinds_of((struct kinds){0}, a), b);
}

/* Name the first two parts that no type holds. */
static bool refuse_dtypes(struct forge_variable *const *parts, size_t count,
                          struct forge_error *err)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            enum forge_dtype a = parts[k]->array->dtype, b = parts[i]->array->dtype;
            enum forge_dtype common;

            if (a == b || common_dtype(&common, kinds_of_two(a, b)))
                continue;
            forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is %s in %s and %s in %s",
                       parts[i]->name, forge_dtype_name(a), forge_origin(parts[k]),
                       forge_dtype_name(b), forge_origin(parts[i]));
            if (a == FORGE_STRING || b == FORGE_STRING)
                return false;
            return forge_fail_help(err, "bring it to one type: each: [{cast: {%s: float64}}]",
                                   parts[i]->name);
        }
    }
    return false;
}

static bool widen_all(const struct forge_combining *combining,
                      struct forge_variable *const *parts, size_t count,
                      struct forge_error *err)
{
    struct kinds kinds = {0};
    enum forge_dtype dtype;

    for (size_t i = 0; i < count; i++)
        kinds = kinds_of(kinds, parts[i]->array->dtype);
    if (!common_dtype(&dtype, kinds))
        return refuse_dtypes(parts, count, err);
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

/* A missing_value that is no fill value: a second marker, which cannot be moved. NaN is
 * missing whatever is said. */
static bool is_second_marker(const struct forge_variable *part,
                             const struct forge_packing *packing)
{
    double number;

    if (!packing->has_missing || !part->has_fill)
        return false;
    number = forge_value_as_double(part->array->dtype, packing->missing.bytes);
    return number == number && !same_value(part->array->dtype, &packing->missing, &part->fill);
}

static bool same_missing_value(const struct forge_variable *a, const struct forge_variable *b)
{
    const struct forge_attribute *one = forge_attributes_find(&a->attributes, "missing_value");
    const struct forge_attribute *other =
        forge_attributes_find(&b->attributes, "missing_value");

    return one && other ? forge_attribute_equal(one, other) : one == other;
}

/* Where parts differ in missing_value, or in dtype so that one means other numbers, it becomes
 * the fill value of those that have none, and goes: fill values are brought together
 * afterwards. */
static bool unify_missing_value(struct forge_variable *const *parts, size_t count,
                                struct forge_error *err)
{
    size_t differs = 0;

    for (size_t i = 1; i < count && differs == 0; i++)
        differs = same_missing_value(parts[0], parts[i]) &&
                          parts[0]->array->dtype == parts[i]->array->dtype
                      ? 0
                      : i;
    if (differs == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        struct forge_variable *part = parts[i];
        struct forge_packing packing = forge_variable_packing(part);

        if (is_second_marker(part, &packing)) {
            forge_fail(
                err, FORGE_BAD_SOURCE,
                "variable \"%s\": missing_value or its type differs between %s and %s, and "
                "_FillValue is another number",
                part->name, forge_origin(parts[0]), forge_origin(parts[differs]));
            return forge_fail_help(err,
                                   "store floats with NaN: each: [{cast: {%s: float64}}, "
                                   "{decode: [%s]}]",
                                   part->name, part->name);
        }
        if (packing.has_missing && !part->has_fill) {
            part->has_fill = true;
            part->fill = packing.missing;
        }
    }
    for (size_t i = 0; i < count; i++)
        forge_attributes_remove(&parts[i]->attributes, "missing_value");
    return true;
}

bool forge_unify(const struct forge_combining *combining, struct forge_variable *const *parts,
                 size_t count, struct forge_error *err)
{
    struct forge_packing first = forge_variable_packing(parts[0]);
    bool dtypes = true;

    for (size_t i = 1; i < count; i++) {
        struct forge_packing packing = forge_variable_packing(parts[i]);
        bool same_dtype = parts[i]->array->dtype == parts[0]->array->dtype;

        if (!same_packing(&first, &packing) || (first.packed && !same_dtype)) {
            note_unpacked(combining, parts[0], parts[i]);
            return unpack_all(combining, parts, count, err);
        }
        dtypes &= same_dtype;
    }
    if (!unify_missing_value(parts, count, err) ||
        (!dtypes && !widen_all(combining, parts, count, err)))
        return false;
    refill_all(combining, parts, count);
    return true;
}

/* agree.c: what several files say of one thing, when it should be the same. */
#include "plan/combine_parts.h"

#include <string.h>

#define COMPARED_MAX (UINT64_C(64) << 20)

const char *forge_origin(const struct forge_variable *variable)
{
    return variable->origin ? variable->origin : "a computed variable";
}

/* Attributes that say what values mean: they never differ silently. */
static bool is_meaning(const char *name)
{
    static const char *const names[] = {"units", "calendar", "scale_factor", "add_offset",
                                        NULL};

    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static const char *attribute_text(const struct forge_combining *combining,
                                  const struct forge_attribute *attribute)
{
    char number[64];

    if (!attribute)
        return "nothing";
    if (attribute->dtype == FORGE_STRING)
        return attribute->count == 1
                   ? forge_arena_print(combining->arena, "\"%.120s\"",
                                       *(const char *const *)attribute->values)
                   : "a list of texts";
    if (attribute->count != 1)
        return "a list of numbers";
    return forge_arena_text(
        combining->arena,
        forge_value_format(number, sizeof number, attribute->dtype, attribute->values));
}

/* One attribute of the first set against the others: the position of one that differs, or 0. */
static size_t first_different(const struct forge_attribute *attribute, const char *name,
                              const struct forge_attributes *const *parts, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct forge_attribute *other = forge_attributes_find(parts[i], name);

        if (!other != !attribute || (other && !forge_attribute_equal(attribute, other)))
            return i;
    }
    return 0;
}

struct difference {
    const char *what; /* variable, or NULL */
    const char *name;
    const struct forge_attribute *first, *other;
    const char *first_url, *other_url;
};

static bool refuse(const struct forge_combining *combining, const struct difference *d,
                   struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_SOURCE, "%s%s%sattribute \"%s\" is %s in %s and %s in %s",
               d->what ? "variable \"" : "", d->what ? d->what : "global ",
               d->what ? "\": " : "", d->name, attribute_text(combining, d->first),
               d->first_url, attribute_text(combining, d->other), d->other_url);
    if (d->what && is_meaning(d->name))
        forge_fail_help(
            err,
            "files with other %s cannot be joined as they are; make them agree under "
            "\"each\", or leave the file out with \"except\"",
            d->name);
    else
        forge_fail_help(err, "conflicts: first keeps the first, conflicts: drop leaves it out");
    return false;
}

static bool names_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static void note_difference(struct forge_text *list, const char *name)
{
    if (!names_listed(forge_text_string(list), name))
        forge_text_print(list, "%s%s", list->length > 0 ? ", " : "", name);
}

struct agreement {
    struct forge_attributes *out;
    const struct forge_combining *combining;
    const char *what; /* variable, or NULL */
    const struct forge_attributes *const *parts;
    const char *const *urls;
    size_t count;
    struct forge_text differ; /* names of attributes */
};

/* The attribute is another one, or none, in part `at`: may it be? */
static bool allow(struct agreement *agreement, const struct forge_attribute *first,
                  const struct forge_attribute *other, size_t at, struct forge_error *err)
{
    const char *name = first ? first->name : other->name;
    struct difference d = {agreement->what,    name, first, other, agreement->urls[0],
                           agreement->urls[at]};

    note_difference(&agreement->differ, name);
    if (agreement->combining->conflicts == FORGE_CONFLICTS_ERROR ||
        (agreement->what && is_meaning(name)))
        return refuse(agreement->combining, &d, err);
    return true;
}

static bool agree_first(struct agreement *agreement, struct forge_error *err)
{
    const struct forge_attributes *first = agreement->parts[0];

    for (size_t i = 0; i < first->count; i++) {
        const struct forge_attribute *attribute = &first->items[i];
        size_t at =
            first_different(attribute, attribute->name, agreement->parts, agreement->count);

        if (at > 0 &&
            !allow(agreement, attribute,
                   forge_attributes_find(agreement->parts[at], attribute->name), at, err))
            return false;
        if (at == 0 || agreement->combining->conflicts != FORGE_CONFLICTS_DROP)
            forge_attributes_set(agreement->out, agreement->combining->arena, attribute->name,
                                 attribute->dtype, attribute->count, attribute->values);
    }
    return true;
}

/* What part `at` has and the first has not. */
static bool agree_others(struct agreement *agreement, size_t at, struct forge_error *err)
{
    const struct forge_attributes *part = agreement->parts[at];

    for (size_t i = 0; i < part->count; i++) {
        if (!forge_attributes_find(agreement->parts[0], part->items[i].name) &&
            !allow(agreement, NULL, &part->items[i], at, err))
            return false;
    }
    return true;
}

bool forge_agree_attributes(struct forge_attributes *out,
                            const struct forge_combining *combining, const char *what,
                            const struct forge_attributes *const *parts,
                            const char *const *urls, size_t count, struct forge_error *err)
{
    struct agreement agreement = {out, combining, what, parts, urls, count, {0}};
    bool good;

    *out = (struct forge_attributes){0};
    good = agree_first(&agreement, err);
    for (size_t p = 1; p < count && good; p++)
        good = agree_others(&agreement, p, err);
    if (good && agreement.differ.length > 0)
        forge_note(combining->notes, "%s%s%s: attributes differ between files: %s (%s)",
                   what ? "\"" : "", what ? what : "the dataset", what ? "\"" : "",
                   agreement.differ.bytes,
                   combining->conflicts == FORGE_CONFLICTS_DROP ? "left out"
                                                                : "the first is kept");
    forge_text_clear(&agreement.differ);
    return good;
}

static bool same_shape(const struct forge_variable *a, const struct forge_variable *b,
                       struct forge_error *err)
{
    if (a->array->dtype != b->array->dtype)
        return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is %s in %s and %s in %s",
                          a->name, forge_dtype_name(a->array->dtype), forge_origin(a),
                          forge_dtype_name(b->array->dtype), forge_origin(b));
    if (a->array->rank != b->array->rank)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "variable \"%s\" has %u dimensions in %s and %u in %s", a->name,
                          a->array->rank, forge_origin(a), b->array->rank, forge_origin(b));
    for (unsigned d = 0; d < a->array->rank; d++) {
        if (strcmp(a->dims[d], b->dims[d]) != 0)
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "variable \"%s\": dimension %u is \"%s\" in %s and \"%s\" in %s",
                              a->name, d, a->dims[d], forge_origin(a), b->dims[d],
                              forge_origin(b));
        if (a->array->shape[d] != b->array->shape[d])
            return forge_fail(
                err, FORGE_BAD_SOURCE,
                "variable \"%s\": dimension \"%s\" has length %llu in %s and %llu "
                "in %s",
                a->name, a->dims[d], (unsigned long long)a->array->shape[d], forge_origin(a),
                (unsigned long long)b->array->shape[d], forge_origin(b));
    }
    return true;
}

/* The first of two elements that differ, as an error. */
static bool compare_two(const struct forge_variable *a, const struct forge_variable *b,
                        const unsigned char *first, const unsigned char *other,
                        struct forge_error *err)
{
    enum forge_dtype dtype = a->array->dtype;
    size_t size = forge_dtype_size(dtype);
    uint64_t elements = forge_array_count(a->array);
    char left[64], right[64];

    for (uint64_t i = 0; i < elements; i++, first += size, other += size) {
        if (dtype == FORGE_STRING ? strcmp(*(const char *const *)(const void *)first,
                                           *(const char *const *)(const void *)other) == 0
                                  : memcmp(first, other, size) == 0)
            continue;
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "variable \"%s\" differs: element %llu is %s in %s and %s in %s",
                          a->name, (unsigned long long)i,
                          forge_value_format(left, sizeof left, dtype, first), forge_origin(a),
                          forge_value_format(right, sizeof right, dtype, other),
                          forge_origin(b));
    }
    return true;
}

static bool read_part(const unsigned char **out, const struct forge_combining *combining,
                      const struct forge_variable *part, struct forge_arena *arena,
                      struct forge_error *err)
{
    return forge_array_values((const void **)out, part->array, combining->reader, arena,
                              COMPARED_MAX, err) ||
           forge_fail_while(err, "variable \"%s\" of %s", part->name, forge_origin(part));
}

/* The values of arrays in memory, compared now. */
static bool compare_values(const struct forge_combining *combining,
                           const struct forge_variable *const *parts, size_t count,
                           struct forge_error *err)
{
    struct forge_arena arena = {0};
    const unsigned char *first = NULL, *other = NULL;
    bool good = read_part(&first, combining, parts[0], &arena, err);

    for (size_t p = 1; p < count && good; p++) {
        struct forge_arena once = {0};

        if (parts[p]->array == parts[0]->array)
            continue;
        good = read_part(&other, combining, parts[p], &once, err) &&
               compare_two(parts[0], parts[p], first, other, err);
        forge_arena_clear(&once);
    }
    forge_arena_clear(&arena);
    return good;
}

/* Small enough to be read now, whatever the rest of the memory is for. */
static bool all_in_memory(const struct forge_variable *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i]->array->in_memory ||
            forge_array_count(parts[i]->array) >
                COMPARED_MAX / forge_dtype_size(parts[i]->array->dtype))
            return false;
    }
    return true;
}

/* What an element must equal to be missing: up to two markers, NaN left out. */
static size_t markers_of(union forge_value out[2], const struct forge_variable *variable)
{
    struct forge_packing packing = forge_variable_packing(variable);
    size_t count = 0;

    if (variable->array->dtype == FORGE_STRING)
        return 0;
    if (variable->has_fill)
        out[count++] = variable->fill;
    if (packing.has_missing)
        out[count++] = packing.missing;
    for (size_t i = count; i-- > 0;) {
        double number = forge_value_as_double(variable->array->dtype, out[i].bytes);

        if (number != number)
            out[i] = out[--count];
    }
    return count;
}

static bool is_marker(const union forge_value *markers, size_t count, enum forge_dtype dtype,
                      const unsigned char *element)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(markers[i].bytes, element, forge_dtype_size(dtype)) == 0)
            return true;
    }
    return false;
}

static bool same_markers(const struct forge_variable *a, const struct forge_variable *b)
{
    union forge_value one[2], other[2];
    size_t one_count = markers_of(one, a), other_count = markers_of(other, b);
    bool same = true;

    for (size_t i = 0; i < one_count; i++)
        same &= is_marker(other, other_count, a->array->dtype, one[i].bytes);
    for (size_t i = 0; i < other_count; i++)
        same &= is_marker(one, one_count, a->array->dtype, other[i].bytes);
    return same;
}

/* Equal numbers may be missing in one file and valid in the other: where fill values differ,
 * no element may be one of them. */
static bool same_missing(const struct forge_combining *combining,
                         const struct forge_variable *a, const struct forge_variable *b,
                         struct forge_error *err)
{
    enum forge_dtype dtype = a->array->dtype;
    size_t size = forge_dtype_size(dtype);
    struct forge_arena arena = {0};
    const unsigned char *values = NULL;
    union forge_value one[2], other[2];
    size_t one_count, other_count;
    bool good = true, same = true;

    if (same_markers(a, b))
        return true;
    one_count = markers_of(one, a);
    other_count = markers_of(other, b);
    same = all_in_memory(&a, 1);
    if (same)
        good = read_part(&values, combining, a, &arena, err);
    for (uint64_t i = 0; good && same && i < forge_array_count(a->array); i++)
        same = is_marker(one, one_count, dtype, values + i * size) ==
               is_marker(other, other_count, dtype, values + i * size);
    forge_arena_clear(&arena);
    if (!good || same)
        return good;
    forge_fail(err, FORGE_BAD_SOURCE,
               "variable \"%s\": _FillValue or missing_value differs between %s and %s",
               a->name, forge_origin(a), forge_origin(b));
    return forge_fail_help(err, "decode it in every file: each: [{decode: [%s]}]", a->name);
}

/* Each array once: many files may share one. */
static size_t distinct(const struct forge_array **arrays, const char **urls, size_t count)
{
    size_t kept = 1;

    for (size_t i = 1; i < count; i++) {
        if (arrays[i] == arrays[0])
            continue;
        arrays[kept] = arrays[i];
        urls[kept++] = urls[i];
    }
    return kept;
}

bool forge_agree(struct forge_variable *out, const struct forge_combining *combining,
                 const struct forge_variable *const *parts, size_t count,
                 struct forge_error *err)
{
    const struct forge_attributes **attributes =
        forge_arena_array(combining->arena, count, sizeof *attributes);
    const struct forge_array **arrays =
        forge_arena_array(combining->arena, count, sizeof(*arrays));
    const char **urls = forge_arena_array(combining->arena, count, sizeof *urls);

    for (size_t i = 0; i < count; i++) {
        if (!same_shape(parts[0], parts[i], err))
            return false;
        attributes[i] = &parts[i]->attributes;
        arrays[i] = parts[i]->array;
        urls[i] = forge_origin(parts[i]);
    }
    *out = *parts[0];
    if (count == 1)
        return true;
    if (!forge_agree_attributes(&out->attributes, combining, out->name, attributes, urls, count,
                                err) ||
        (all_in_memory(parts, count) && !compare_values(combining, parts, count, err)))
        return false;
    for (size_t i = 1; i < count; i++) {
        if (!same_missing(combining, parts[0], parts[i], err))
            return false;
    }
    if (all_in_memory(parts, count))
        return true;
    count = distinct(arrays, urls, count);
    if (count > 1)
        out->array = forge_array_same(combining->arena, out->name, arrays, urls, count);
    return true;
}

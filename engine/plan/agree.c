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

bool forge_agree_attributes(struct forge_attributes *out,
                            const struct forge_combining *combining, const char *what,
                            const struct forge_attributes *const *parts,
                            const char *const *urls, size_t count, struct forge_error *err)
{
    struct forge_text differ = {0};
    bool good = true;

    *out = (struct forge_attributes){0};
    for (size_t i = 0; i < parts[0]->count && good; i++) {
        const struct forge_attribute *attribute = &parts[0]->items[i];
        size_t at = first_different(attribute, attribute->name, parts, count);
        struct difference d = {what, attribute->name, attribute, NULL, urls[0], urls[at]};

        if (at > 0) {
            d.other = forge_attributes_find(parts[at], attribute->name);
            note_difference(&differ, attribute->name);
            if (combining->conflicts == FORGE_CONFLICTS_ERROR ||
                (what && is_meaning(attribute->name)))
                good = refuse(combining, &d, err);
            if (combining->conflicts == FORGE_CONFLICTS_DROP)
                continue;
        }
        forge_attributes_set(out, combining->arena, attribute->name, attribute->dtype,
                             attribute->count, attribute->values);
    }
    for (size_t p = 1; p < count && good; p++) {
        for (size_t i = 0; i < parts[p]->count && good; i++) {
            const struct forge_attribute *attribute = &parts[p]->items[i];
            struct difference d = {what, attribute->name, NULL, attribute, urls[0], urls[p]};

            if (forge_attributes_find(parts[0], attribute->name))
                continue;
            note_difference(&differ, attribute->name);
            if (combining->conflicts == FORGE_CONFLICTS_ERROR ||
                (what && is_meaning(attribute->name)))
                good = refuse(combining, &d, err);
        }
    }
    if (good && differ.length > 0)
        forge_note(
            combining->notes, "%s%s%s: attributes differ between files: %s (%s)",
            what ? "\"" : "", what ? what : "the dataset", what ? "\"" : "", differ.bytes,
            combining->conflicts == FORGE_CONFLICTS_DROP ? "left out" : "the first is kept");
    forge_text_clear(&differ);
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

/* The values of arrays in memory, compared now. */
static bool compare_values(const struct forge_combining *combining,
                           const struct forge_variable *const *parts, size_t count,
                           struct forge_error *err)
{
    struct forge_arena arena = {0};
    const struct forge_array *array = parts[0]->array;
    size_t size = forge_dtype_size(array->dtype);
    uint64_t elements = forge_array_count(array);
    const unsigned char *first = NULL, *other = NULL;
    bool good = forge_array_values((const void **)&first, array, combining->reader, &arena,
                                   COMPARED_MAX, err);

    for (size_t p = 1; p < count && good; p++) {
        struct forge_arena once = {0};

        if (parts[p]->array == array)
            continue;
        good = forge_array_values((const void **)&other, parts[p]->array, combining->reader,
                                  &once, COMPARED_MAX, err);
        for (uint64_t i = 0; good && i < elements; i++) {
            const unsigned char *a = first + i * size, *b = other + i * size;
            char left[64], right[64];

            if (array->dtype == FORGE_STRING
                    ? strcmp(*(const char *const *)a, *(const char *const *)b) == 0
                    : memcmp(a, b, size) == 0)
                continue;
            good = forge_fail(err, FORGE_BAD_SOURCE,
                              "variable \"%s\" differs: element %llu is %s in %s and %s in %s",
                              parts[0]->name, (unsigned long long)i,
                              forge_value_format(left, sizeof left, array->dtype, a),
                              forge_origin(parts[0]),
                              forge_value_format(right, sizeof right, array->dtype, b),
                              forge_origin(parts[p]));
        }
        forge_arena_clear(&once);
    }
    forge_arena_clear(&arena);
    return good;
}

static bool all_in_memory(const struct forge_variable *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!parts[i]->array->in_memory)
            return false;
    }
    return true;
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
                                err))
        return false;
    if (all_in_memory(parts, count))
        return compare_values(combining, parts, count, err);
    out->array = forge_array_same(combining->arena, out->name, arrays, urls, count);
    return true;
}

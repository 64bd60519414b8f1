#include "plan/combine_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTES_MAX 200

void forge_note(struct forge_notes *notes, const char *format, ...)
{
    char text[512];
    va_list args;

    if (!notes || notes->count == NOTES_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (size_t i = 0; i < notes->count; i++) {
        if (strcmp(notes->items[i], text) == 0)
            return;
    }
    if (!notes->items)
        notes->items = forge_arena_array(notes->arena, NOTES_MAX, sizeof *notes->items);
    notes->items[notes->count++] = forge_arena_text(notes->arena, text);
}

/* Every variable of every member is in the first too, and the other way round. */
static bool same_names(const struct forge_dataset *members, size_t count,
                       struct forge_error *err)
{
    for (size_t m = 1; m < count; m++) {
        for (size_t v = 0; v < members[0].variables_count; v++) {
            const char *name = members[0].variables[v].name;

            if (!forge_dataset_variable(&members[m], name)) {
                forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is in %s and not in %s",
                           name, members[0].url, members[m].url);
                return forge_fail_help(
                    err, "leave it out of every file: each: [{drop: [\"%s?\"]}]", name);
            }
        }
        for (size_t v = 0; v < members[m].variables_count; v++) {
            const char *name = members[m].variables[v].name;

            if (!forge_dataset_variable(&members[0], name)) {
                forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is in %s and not in %s",
                           name, members[m].url, members[0].url);
                return forge_fail_help(
                    err, "leave it out of every file: each: [{drop: [\"%s?\"]}]", name);
            }
        }
    }
    return true;
}

/* Dimensions that are not joined must have one length. */
static bool same_dimensions(const struct forge_dataset *members, size_t count,
                            const char *except, struct forge_error *err)
{
    for (size_t m = 1; m < count; m++) {
        for (size_t d = 0; d < members[m].dims_count; d++) {
            const struct forge_dimension *dim = &members[m].dims[d];
            const struct forge_dimension *first =
                forge_dataset_dimension(&members[0], dim->name);

            if ((except && strcmp(dim->name, except) == 0) || !first ||
                first->size == dim->size)
                continue;
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "dimension \"%s\" has length %llu in %s and %llu in %s",
                              dim->name, (unsigned long long)first->size, members[0].url,
                              (unsigned long long)dim->size, members[m].url);
        }
    }
    return true;
}

/* The same dimensions in the same order, whatever their lengths. */
static bool same_dims(const struct forge_variable *a, const struct forge_variable *b,
                      struct forge_error *err)
{
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
    }
    return true;
}

static bool concat_variable(struct forge_variable *out, const struct forge_combining *combining,
                            struct forge_variable *const *parts, size_t count, unsigned axis,
                            struct forge_error *err)
{
    const struct forge_attributes **attributes =
        forge_arena_array(combining->arena, count, sizeof *attributes);
    const struct forge_array **arrays =
        forge_arena_array(combining->arena, count, sizeof(*arrays));
    const char **urls = forge_arena_array(combining->arena, count, sizeof *urls);

    for (size_t i = 1; i < count; i++) {
        if (!same_dims(parts[0], parts[i], err))
            return false;
    }
    if (!forge_unify(combining, parts, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        attributes[i] = &parts[i]->attributes;
        arrays[i] = parts[i]->array;
        urls[i] = forge_origin(parts[i]);
    }
    *out = *parts[0];
    if (!forge_agree_attributes(&out->attributes, combining, out->name, attributes, urls, count,
                                err))
        return false;
    for (size_t i = 1; i < count; i++)
        out->is_coordinate |= parts[i]->is_coordinate;
    if (count > 1)
        out->array = forge_array_concat(combining->arena, axis, arrays, count);
    return true;
}

/* A value that differs from file to file and has no dimension wants one. */
static bool explain_scalar(struct forge_error *err, const struct forge_variable *variable,
                           const char *dim)
{
    if (err->help[0] != '\0')
        return false;
    if (variable->array->rank == 0)
        return forge_fail_help(err,
                               "if every file is one step along \"%s\", say so: "
                               "each: [{add_dim: {%s: \"%s\"}}]",
                               dim, dim, variable->name);
    return forge_fail_help(
        err, "variables without the dimension \"%s\" must be equal in all files", dim);
}

static bool concat_variables(struct forge_dataset *out, const struct forge_combining *combining,
                             const struct forge_dataset *members, size_t count, const char *dim,
                             struct forge_error *err)
{
    struct forge_variable **parts = forge_arena_array(combining->arena, count, sizeof(*parts));

    for (size_t v = 0; v < members[0].variables_count; v++) {
        int axis = forge_variable_axis(&members[0].variables[v], dim);
        struct forge_variable result = {0};

        for (size_t m = 0; m < count; m++) {
            parts[m] = forge_dataset_variable(&members[m], members[0].variables[v].name);
            if (!parts[m]->origin)
                parts[m]->origin = members[m].url;
            if (forge_variable_axis(parts[m], dim) < 0 && axis >= 0)
                return forge_fail(
                    err, FORGE_BAD_SOURCE,
                    "variable \"%s\" has the dimension \"%s\" in %s and not in %s",
                    parts[m]->name, dim, members[0].url, members[m].url);
        }
        if (axis >= 0) {
            if (!concat_variable(&result, combining, parts, count, (unsigned)axis, err))
                return false;
        } else if (!forge_agree(&result, combining, (const struct forge_variable *const *)parts,
                                count, err)) {
            return explain_scalar(err, parts[0], dim);
        }
        *forge_dataset_add_variable(out, result.name) = result;
    }
    return true;
}

static bool dataset_attributes(struct forge_dataset *out,
                               const struct forge_combining *combining,
                               const struct forge_dataset *members, size_t count,
                               struct forge_error *err)
{
    const struct forge_attributes **attributes =
        forge_arena_array(combining->arena, count, sizeof *attributes);
    const char **urls = forge_arena_array(combining->arena, count, sizeof *urls);

    for (size_t m = 0; m < count; m++) {
        attributes[m] = &members[m].attributes;
        urls[m] = members[m].url;
    }
    return forge_agree_attributes(&out->attributes, combining, NULL, attributes, urls, count,
                                  err);
}

bool forge_combine_concat(struct forge_dataset *out, const struct forge_combining *combining,
                          const struct forge_dataset *given, size_t count, const char *dim,
                          struct forge_error *err)
{
    struct forge_dataset *members = forge_arena_array(combining->arena, count, sizeof *members);
    uint64_t length = 0;

    for (size_t m = 0; m < count; m++) {
        const struct forge_dimension *found = forge_dataset_dimension(&given[m], dim);

        if (!found) {
            forge_fail(err, FORGE_BAD_SOURCE, "%s has no dimension \"%s\" to join along",
                       given[m].url, dim);
            forge_fail_place(err, combining->place);
            return forge_fail_help(err, "each: [{add_dim: {%s: \"key.%s\"}}] makes one", dim,
                                   combining->key ? combining->key : dim);
        }
        length += found->size;
        forge_dataset_copy(&members[m], combining->arena, &given[m]);
    }
    *out = (struct forge_dataset){.arena = combining->arena, .url = members[0].url};
    if (!same_names(members, count, err) ||
        !forge_unify_times(combining, members, count, err) ||
        !forge_align(combining, members, count, dim, err) ||
        !same_dimensions(members, count, dim, err))
        return false;
    for (size_t d = 0; d < members[0].dims_count; d++) {
        const struct forge_dimension *from = &members[0].dims[d];
        bool joined = strcmp(from->name, dim) == 0;
        struct forge_dimension *made =
            forge_dataset_add_dimension(out, from->name, joined ? length : from->size);

        made->unlimited = from->unlimited;
    }
    return concat_variables(out, combining, members, count, dim, err) &&
           dataset_attributes(out, combining, members, count, err);
}

/* The variable of this name in every member that has it. */
static size_t gather(const struct forge_variable **parts, const struct forge_dataset *members,
                     size_t first, size_t count, const char *name)
{
    size_t found = 0;

    for (size_t m = first; m < count; m++) {
        struct forge_variable *variable = forge_dataset_variable(&members[m], name);

        if (!variable)
            continue;
        if (!variable->origin)
            variable->origin = members[m].url;
        parts[found++] = variable;
    }
    return found;
}

static bool merge_variables(struct forge_dataset *out, const struct forge_combining *combining,
                            const struct forge_dataset *members, size_t count,
                            struct forge_error *err)
{
    const struct forge_variable **parts =
        forge_arena_array(combining->arena, count, sizeof(*parts));

    for (size_t m = 0; m < count; m++) {
        for (size_t v = 0; v < members[m].variables_count; v++) {
            const char *name = members[m].variables[v].name;
            struct forge_variable result = {0};

            if (forge_dataset_variable(out, name))
                continue;
            if (!forge_agree(&result, combining, parts, gather(parts, members, m, count, name),
                             err)) {
                if (err->help[0] == '\0')
                    forge_fail_help(err, "leave it out of one of them, or rename it, under "
                                         "\"each\"");
                return false;
            }
            for (size_t i = 0; i < count; i++) {
                const struct forge_variable *other = forge_dataset_variable(&members[i], name);

                result.is_coordinate |= other && other->is_coordinate;
            }
            *forge_dataset_add_variable(out, name) = result;
        }
    }
    return true;
}

bool forge_combine_merge(struct forge_dataset *out, const struct forge_combining *combining,
                         const struct forge_dataset *given, size_t count,
                         struct forge_error *err)
{
    struct forge_dataset *members = forge_arena_array(combining->arena, count, sizeof *members);

    for (size_t m = 0; m < count; m++)
        forge_dataset_copy(&members[m], combining->arena, &given[m]);
    *out = (struct forge_dataset){.arena = combining->arena, .url = members[0].url};
    if (!forge_unify_times(combining, members, count, err) ||
        !forge_align(combining, members, count, NULL, err))
        return false;
    for (size_t m = 0; m < count; m++) {
        for (size_t d = 0; d < members[m].dims_count; d++) {
            const struct forge_dimension *from = &members[m].dims[d];
            const struct forge_dimension *have = forge_dataset_dimension(out, from->name);

            if (!have) {
                struct forge_dimension *made =
                    forge_dataset_add_dimension(out, from->name, from->size);

                made->unlimited = from->unlimited;
            } else if (have->size != from->size) {
                return forge_fail(err, FORGE_BAD_SOURCE,
                                  "dimension \"%s\" has length %llu in %s and %llu in %s",
                                  from->name, (unsigned long long)have->size, members[0].url,
                                  (unsigned long long)from->size, members[m].url);
            }
        }
    }
    return merge_variables(out, combining, members, count, err) &&
           dataset_attributes(out, combining, members, count, err);
}

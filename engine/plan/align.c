/* align.c: indexes that should agree and do not: refuse, or keep the common or all labels. */
#include "plan/combine_parts.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_MAX (UINT64_C(256) << 20)

/* The labels of one dimension in one member. */
struct labels {
    const struct forge_variable *variable; /* NULL: the dimension has no coordinate there */
    const void *values;
    uint64_t count;
    bool has_dim;
};

static bool read_labels(struct labels *out, const struct forge_combining *combining,
                        struct forge_dataset *member, const char *dim, struct forge_error *err)
{
    const struct forge_dimension *found = forge_dataset_dimension(member, dim);

    *out = (struct labels){.has_dim = found != NULL, .count = found ? found->size : 0};
    out->variable = found ? forge_dataset_variable(member, dim) : NULL;
    if (!out->variable || !forge_variable_is_index(out->variable)) {
        out->variable = NULL;
        return true;
    }
    return forge_array_values(&out->values, out->variable->array, combining->reader,
                              combining->arena, INDEX_MAX, err);
}

static bool equal_element(enum forge_dtype dtype, const void *a, const void *b)
{
    if (dtype == FORGE_STRING)
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    return memcmp(a, b, forge_dtype_size(dtype)) == 0;
}

static const unsigned char *element(const struct labels *labels, uint64_t i)
{
    return (const unsigned char *)labels->values +
           i * forge_dtype_size(labels->variable->array->dtype);
}

static bool equal_labels(const struct labels *a, const struct labels *b)
{
    if (a->count != b->count || a->variable->array->dtype != b->variable->array->dtype)
        return false;
    for (uint64_t i = 0; i < a->count; i++) {
        if (!equal_element(a->variable->array->dtype, element(a, i), element(b, i)))
            return false;
    }
    return true;
}

static int compare_element(enum forge_dtype dtype, const void *a, const void *b)
{
    double x, y;

    if (dtype == FORGE_STRING)
        return strcmp(*(const char *const *)a, *(const char *const *)b);
    x = forge_value_as_double(dtype, a);
    y = forge_value_as_double(dtype, b);
    return (x > y) - (x < y);
}

/* All labels of all members, each once, in rising order; dtype is the same everywhere. */
struct label_set {
    enum forge_dtype dtype;
    unsigned char *values;
    uint64_t count;
};

static int64_t find_label(const struct label_set *set, const void *wanted)
{
    size_t size = forge_dtype_size(set->dtype);

    for (uint64_t low = 0, high = set->count; low < high;) {
        uint64_t middle = low + (high - low) / 2;
        int order = compare_element(set->dtype, wanted, set->values + middle * size);

        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static void insert_labels(struct label_set *set, const struct labels *from)
{
    size_t size = forge_dtype_size(set->dtype);

    for (uint64_t i = 0; i < from->count; i++) {
        uint64_t at = 0;

        if (find_label(set, element(from, i)) >= 0)
            continue;
        for (at = set->count;
             at > 0 &&
             compare_element(set->dtype, set->values + (at - 1) * size, element(from, i)) > 0;
             at--)
            memcpy(set->values + at * size, set->values + (at - 1) * size, size);
        memcpy(set->values + at * size, element(from, i), size);
        set->count++;
    }
}

static int64_t position(const struct labels *labels, const void *wanted)
{
    for (uint64_t i = 0; i < labels->count; i++) {
        if (equal_element(labels->variable->array->dtype, element(labels, i), wanted))
            return (int64_t)i;
    }
    return -1;
}

/* The labels to keep: those of all (outer), or those that every member has (inner). */
static struct label_set target_labels(const struct forge_combining *combining,
                                      const struct labels *labels, size_t count, size_t first)
{
    struct label_set set = {.dtype = labels[first].variable->array->dtype};
    size_t size = forge_dtype_size(set.dtype);
    uint64_t room = 0;

    for (size_t m = 0; m < count; m++)
        room += labels[m].variable ? labels[m].count : 0;
    set.values = forge_arena_array(combining->arena, room, size);
    if (combining->join == FORGE_JOIN_OUTER) {
        for (size_t m = 0; m < count; m++) {
            if (labels[m].variable)
                insert_labels(&set, &labels[m]);
        }
        return set;
    }
    for (uint64_t i = 0; i < labels[first].count; i++) {
        bool everywhere = true;

        for (size_t m = 0; m < count; m++)
            everywhere &=
                !labels[m].variable || position(&labels[m], element(&labels[first], i)) >= 0;
        if (everywhere)
            memcpy(set.values + set.count++ * size, element(&labels[first], i), size);
    }
    return set;
}

/* What stands where an outer join has no value. */
static bool absent_value(union forge_value *fill, struct forge_variable *variable,
                         const char *dim, struct forge_error *err)
{
    *fill = variable->fill;
    if (variable->has_fill)
        return true;
    if (variable->array->dtype == FORGE_FLOAT32)
        fill->float32 = __builtin_nanf("");
    else if (variable->array->dtype == FORGE_FLOAT64)
        fill->float64 = __builtin_nan("");
    else
        return forge_fail(
            err, FORGE_BAD_SOURCE,
            "variable \"%s\" of %s has no fill value for the places that an outer "
            "join along \"%s\" adds",
            variable->name, forge_origin(variable), dim);
    variable->has_fill = true;
    variable->fill = *fill;
    return true;
}

static bool reindex(const struct forge_combining *combining, struct forge_dataset *member,
                    const char *dim, const struct labels *labels, const struct label_set *set,
                    struct forge_error *err)
{
    int64_t *indices = forge_arena_array(combining->arena, set->count, sizeof *indices);
    size_t size = forge_dtype_size(set->dtype);
    bool gaps = false;

    for (uint64_t i = 0; i < set->count; i++) {
        indices[i] = position(labels, set->values + i * size);
        gaps |= indices[i] < 0;
    }
    for (size_t v = 0; v < member->variables_count; v++) {
        struct forge_variable *variable = &member->variables[v];
        int axis = forge_variable_axis(variable, dim);
        union forge_value fill = {0};

        if (axis < 0)
            continue;
        if (strcmp(variable->name, dim) == 0) {
            variable->array =
                forge_array_memory(combining->arena, set->dtype, 1, &set->count, set->values);
            continue;
        }
        if (gaps && !absent_value(&fill, variable, dim, err))
            return false;
        variable->array = forge_array_take(combining->arena, variable->array, (unsigned)axis,
                                           indices, set->count, &fill);
    }
    forge_dataset_dimension(member, dim)->size = set->count;
    return true;
}

static bool refuse(const struct labels *a, const struct labels *b, const char *dim,
                   struct forge_error *err)
{
    uint64_t i = 0;

    if (a->count != b->count) {
        forge_fail(err, FORGE_BAD_SOURCE,
                   "coordinate \"%s\" has %llu values in %s and %llu in %s", dim,
                   (unsigned long long)a->count, forge_origin(a->variable),
                   (unsigned long long)b->count, forge_origin(b->variable));
    } else if (a->variable->array->dtype != b->variable->array->dtype) {
        forge_fail(err, FORGE_BAD_SOURCE, "coordinate \"%s\" is %s in %s and %s in %s", dim,
                   forge_dtype_name(a->variable->array->dtype), forge_origin(a->variable),
                   forge_dtype_name(b->variable->array->dtype), forge_origin(b->variable));
    } else {
        char left[64], right[64];

        while (equal_element(a->variable->array->dtype, element(a, i), element(b, i)))
            i++;
        forge_fail(
            err, FORGE_BAD_SOURCE,
            "coordinate \"%s\" differs: element %llu is %s in %s and %s in %s", dim,
            (unsigned long long)i,
            forge_value_format(left, sizeof left, a->variable->array->dtype, element(a, i)),
            forge_origin(a->variable),
            forge_value_format(right, sizeof right, b->variable->array->dtype, element(b, i)),
            forge_origin(b->variable));
    }
    return forge_fail_help(err, "join: inner keeps what all files have, join: outer keeps all");
}

static bool align_dimension(const struct forge_combining *combining,
                            struct forge_dataset *members, size_t count, const char *dim,
                            struct forge_error *err)
{
    struct labels *labels = forge_arena_array(combining->arena, count, sizeof *labels);
    size_t first = count, differs = count;
    struct label_set set;

    for (size_t m = 0; m < count; m++) {
        if (!read_labels(&labels[m], combining, &members[m], dim, err))
            return false;
        if (!labels[m].variable)
            continue;
        if (!labels[m].variable->origin)
            forge_dataset_variable(&members[m], dim)->origin = members[m].url;
        if (first == count)
            first = m;
        else if (differs == count && !equal_labels(&labels[first], &labels[m]))
            differs = m;
    }
    if (differs == count)
        return true;
    if (combining->join == FORGE_JOIN_EXACT ||
        labels[first].variable->array->dtype != labels[differs].variable->array->dtype)
        return refuse(&labels[first], &labels[differs], dim, err);
    set = target_labels(combining, labels, count, first);
    if (set.count == 0)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "coordinate \"%s\": the files have no value in "
                          "common",
                          dim);
    forge_note(combining->notes, "\"%s\": an %s join gives %llu values", dim,
               combining->join == FORGE_JOIN_INNER ? "inner" : "outer",
               (unsigned long long)set.count);
    for (size_t m = 0; m < count; m++) {
        if (labels[m].variable && !reindex(combining, &members[m], dim, &labels[m], &set, err))
            return false;
    }
    return true;
}

bool forge_align(const struct forge_combining *combining, struct forge_dataset *members,
                 size_t count, const char *except, struct forge_error *err)
{
    for (size_t m = 0; m < count; m++) {
        for (size_t d = 0; d < members[m].dims_count; d++) {
            const char *dim = members[m].dims[d].name;
            bool seen = except && strcmp(dim, except) == 0;

            for (size_t k = 0; k < m && !seen; k++)
                seen = forge_dataset_dimension(&members[k], dim) != NULL;
            if (!seen && !align_dimension(combining, members, count, dim, err))
                return false;
        }
    }
    return true;
}

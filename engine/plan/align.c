/* align.c: indexes that should agree and do not: refuse, or keep the common or all labels. */
#include "plan/combine_parts.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_MAX (UINT64_C(256) << 20)

/* The labels of one dimension in one member. */
struct labels {
    struct forge_variable *variable; /* NULL: the dimension has no coordinate there */
    const unsigned char *values;
    uint64_t count;
};

/* One label, in the widest type of its kind, so that labels sort and compare exactly. */
struct label {
    enum forge_dtype kind; /* int64, uint64, float64 or string */
    union forge_value value;
    uint64_t at; /* position in its file */
};

struct label_list {
    struct label *items;
    uint64_t count;
};

static struct forge_variable *index_of(const struct forge_dataset *member, const char *dim)
{
    struct forge_variable *variable = forge_dataset_variable(member, dim);

    if (!variable || !forge_variable_is_index(variable))
        return NULL;
    if (!variable->origin)
        variable->origin = member->url;
    return variable;
}

static bool read_labels(struct labels *out, const struct forge_combining *combining,
                        struct forge_variable *variable, struct forge_arena *arena,
                        struct forge_error *err)
{
    const void *values = NULL;

    if (!forge_array_values(&values, variable->array, combining->reader, arena, INDEX_MAX,
                            err)) {
        forge_fail_while(err, "coordinate \"%s\" of %s", variable->name,
                         forge_origin(variable));
        return false;
    }
    *out = (struct labels){variable, values, variable->array->shape[0]};
    return true;
}

static bool equal_element(enum forge_dtype dtype, const void *a, const void *b)
{
    if (dtype == FORGE_STRING)
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    return memcmp(a, b, forge_dtype_size(dtype)) == 0;
}

static const unsigned char *element(const struct labels *labels, uint64_t i)
{
    return labels->values + i * forge_dtype_size(labels->variable->array->dtype);
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

static bool refuse(const struct labels *a, const struct labels *b, struct forge_error *err)
{
    enum forge_dtype dtype = a->variable->array->dtype, other = b->variable->array->dtype;
    const char *dim = a->variable->name;
    char left[64], right[64];
    uint64_t i = 0;

    if (dtype != other) {
        forge_fail(err, FORGE_BAD_SOURCE, "coordinate \"%s\" is %s in %s and %s in %s", dim,
                   forge_dtype_name(dtype), forge_origin(a->variable), forge_dtype_name(other),
                   forge_origin(b->variable));
        if (dtype == FORGE_STRING || other == FORGE_STRING)
            return false;
        return forge_fail_help(err, "bring it to one type: each: [{cast: {%s: %s}}]", dim,
                               forge_dtype_name(dtype));
    }
    if (a->count != b->count) {
        forge_fail(err, FORGE_BAD_SOURCE,
                   "coordinate \"%s\" has %llu values in %s and %llu in %s", dim,
                   (unsigned long long)a->count, forge_origin(a->variable),
                   (unsigned long long)b->count, forge_origin(b->variable));
    } else {
        while (equal_element(dtype, element(a, i), element(b, i)))
            i++;
        forge_fail(err, FORGE_BAD_SOURCE,
                   "coordinate \"%s\" differs: element %llu is %s in %s and %s in %s", dim,
                   (unsigned long long)i,
                   forge_value_format(left, sizeof left, dtype, element(a, i)),
                   forge_origin(a->variable),
                   forge_value_format(right, sizeof right, dtype, element(b, i)),
                   forge_origin(b->variable));
    }
    return forge_fail_help(err, "join: inner keeps what all files have, join: outer keeps all");
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *left = a, *right = b;
    const union forge_value *x = &left->value, *y = &right->value;

    if (left->kind == FORGE_STRING)
        return strcmp(x->string, y->string);
    if (left->kind == FORGE_INT64)
        return (x->int64 > y->int64) - (x->int64 < y->int64);
    if (left->kind == FORGE_UINT64)
        return (x->uint64 > y->uint64) - (x->uint64 < y->uint64);
    return (x->float64 > y->float64) - (x->float64 < y->float64);
}

static struct label label_of(const struct labels *labels, uint64_t i)
{
    enum forge_dtype dtype = labels->variable->array->dtype;
    struct label label = {.kind = dtype, .at = i};

    if (dtype == FORGE_STRING) {
        label.value.string = *(const char *const *)(const void *)element(labels, i);
        return label;
    }
    if (forge_dtype_is_float(dtype))
        label.kind = FORGE_FLOAT64;
    else
        label.kind = forge_dtype_is_signed(dtype) ? FORGE_INT64 : FORGE_UINT64;
    (void)forge_value_convert(&label.value, label.kind, element(labels, i), dtype);
    return label;
}

/* The labels in rising order, or in the order of the file; a join needs each of them once. */
static bool list_labels(struct label_list *out, const struct labels *labels, bool sorted,
                        struct forge_arena *arena, struct forge_error *err)
{
    const char *dim = labels->variable->name, *origin = forge_origin(labels->variable);
    struct label *items = forge_arena_array(arena, labels->count + 1, sizeof *items);
    char text[64];

    for (uint64_t i = 0; i < labels->count; i++) {
        items[i] = label_of(labels, i);
        if (items[i].kind == FORGE_FLOAT64 && items[i].value.float64 != items[i].value.float64)
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "coordinate \"%s\" has missing values in %s: only an exact join "
                              "is possible",
                              dim, origin);
    }
    *out = (struct label_list){items, labels->count};
    if (!sorted)
        return true;
    qsort(items, labels->count, sizeof *items, compare_labels);
    for (uint64_t i = 1; i < labels->count; i++) {
        if (compare_labels(&items[i - 1], &items[i]) == 0)
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "coordinate \"%s\" has the value %s more than once in %s: only "
                              "an exact join is possible",
                              dim,
                              forge_value_format(text, sizeof text,
                                                 labels->variable->array->dtype,
                                                 element(labels, items[i].at)),
                              origin);
    }
    return true;
}

static const struct label *find_label(const struct label_list *sorted,
                                      const struct label *wanted)
{
    return bsearch(wanted, sorted->items, sorted->count, sizeof *wanted, compare_labels);
}

/* Keep those that `other` has. */
static void intersect(struct label_list *list, const struct label_list *other)
{
    uint64_t kept = 0;

    for (uint64_t i = 0; i < list->count; i++) {
        if (find_label(other, &list->items[i]))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* Both are sorted, and so is the result. Texts of `other` are copied into the arena. */
static void unite(struct label_list *list, const struct label_list *other,
                  struct forge_arena *arena)
{
    struct label *items;
    uint64_t added = 0, a = 0, b = 0, count = 0;

    for (uint64_t i = 0; i < other->count; i++)
        added += !find_label(list, &other->items[i]);
    if (added == 0)
        return;
    items = forge_arena_array(arena, list->count + added, sizeof *items);
    while (a < list->count || b < other->count) {
        int order = a == list->count    ? 1
                    : b == other->count ? -1
                                        : compare_labels(&list->items[a], &other->items[b]);

        if (order <= 0) {
            items[count++] = list->items[a++];
            b += order == 0;
            continue;
        }
        items[count] = other->items[b++];
        if (items[count].kind == FORGE_STRING)
            items[count].value.string = forge_arena_text(arena, items[count].value.string);
        count++;
    }
    *list = (struct label_list){items, count};
}

/* The labels to keep: all of them in rising order (outer), or those that every member has, in
 * the order of the first (inner). `arena` is for work; what lasts is in that of combining. */
static bool target_labels(struct label_list *out, const struct forge_combining *combining,
                          const struct forge_dataset *members, size_t count,
                          const struct labels *first, struct forge_error *err)
{
    bool outer = combining->join == FORGE_JOIN_OUTER, good = true;

    if (!list_labels(out, first, true, combining->arena, err) ||
        (!outer && !list_labels(out, first, false, combining->arena, err)))
        return false;
    for (size_t m = 0; m < count && good; m++) {
        struct forge_variable *variable = index_of(&members[m], first->variable->name);
        struct forge_arena once = {0};
        struct label_list list = {0};
        struct labels labels = {0};

        if (!variable)
            continue;
        good = read_labels(&labels, combining, variable, &once, err) &&
               (variable->array->dtype == first->variable->array->dtype ||
                refuse(first, &labels, err)) &&
               list_labels(&list, &labels, true, &once, err);
        if (good && outer)
            unite(out, &list, combining->arena);
        else if (good)
            intersect(out, &list);
        forge_arena_clear(&once);
    }
    return good;
}

/* What stands where an outer join has no value. */
static bool absent_value(union forge_value *fill, struct forge_variable *variable,
                         const char *dim, struct forge_error *err)
{
    if (!variable->has_fill) {
        if (!forge_dtype_is_float(variable->array->dtype)) {
            forge_fail(err, FORGE_BAD_SOURCE,
                       "variable \"%s\" of %s has no fill value for the places that an outer "
                       "join along \"%s\" adds",
                       variable->name, forge_origin(variable), dim);
            return forge_fail_help(err, "make it float: each: [{cast: {%s: float64}}]",
                                   variable->name);
        }
        (void)forge_value_from_double(&variable->fill, variable->array->dtype,
                                      __builtin_nan(""));
        variable->has_fill = true;
    }
    *fill = variable->fill;
    return true;
}

static bool reindex(const struct forge_combining *combining, struct forge_dataset *member,
                    const char *dim, const struct forge_array *index, const int64_t *indices,
                    bool gaps, struct forge_error *err)
{
    uint64_t count = index->shape[0];

    for (size_t v = 0; v < member->variables_count; v++) {
        struct forge_variable *variable = &member->variables[v];
        int axis = forge_variable_axis(variable, dim);
        union forge_value fill = {0};

        if (axis < 0)
            continue;
        if (!variable->origin)
            variable->origin = member->url;
        if (strcmp(variable->name, dim) == 0) {
            variable->array = index;
            continue;
        }
        if (gaps && !absent_value(&fill, variable, dim, err))
            return false;
        variable->array = forge_array_take(combining->arena, variable->array, (unsigned)axis,
                                           indices, count, &fill);
    }
    forge_dataset_dimension(member, dim)->size = count;
    return true;
}

/* Where the target's labels are in one member. */
static bool reindex_member(const struct forge_combining *combining,
                           struct forge_dataset *member, const struct label_list *target,
                           const struct forge_array *index, const char *dim,
                           struct forge_error *err)
{
    struct forge_variable *variable = index_of(member, dim);
    struct forge_arena once = {0};
    struct label_list list = {0};
    struct labels labels = {0};
    int64_t *indices;
    bool gaps = false, good;

    if (!variable)
        return true;
    good = read_labels(&labels, combining, variable, &once, err) &&
           list_labels(&list, &labels, true, &once, err);
    indices = forge_arena_array(&once, target->count, sizeof *indices);
    for (uint64_t i = 0; good && i < target->count; i++) {
        const struct label *found = find_label(&list, &target->items[i]);

        indices[i] = found ? (int64_t)found->at : -1;
        gaps |= !found;
    }
    good = good && reindex(combining, member, dim, index, indices, gaps, err);
    forge_arena_clear(&once);
    return good;
}

/* The target's labels as a coordinate of the dtype that all have. */
static const struct forge_array *index_array(const struct forge_combining *combining,
                                             const struct label_list *target,
                                             enum forge_dtype dtype)
{
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(combining->arena, target->count, size);

    for (uint64_t i = 0; i < target->count; i++) {
        const struct label *label = &target->items[i];
        union forge_value value = label->value;

        if (dtype == FORGE_STRING)
            value.string = forge_arena_text(combining->arena, value.string);
        else
            (void)forge_value_convert(&value, dtype, &label->value, label->kind);
        memcpy(values + i * size, value.bytes, size);
    }
    return forge_array_memory(combining->arena, dtype, 1, &target->count, values);
}

static bool join_dimension(const struct forge_combining *combining,
                           struct forge_dataset *members, size_t count,
                           const struct labels *first, struct forge_error *err)
{
    const char *dim = first->variable->name;
    struct label_list target = {0};
    const struct forge_array *index;

    if (!target_labels(&target, combining, members, count, first, err))
        return false;
    if (target.count == 0)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "coordinate \"%s\": the files have no value in common", dim);
    forge_note(combining->notes, "\"%s\": an %s join gives %llu values", dim,
               combining->join == FORGE_JOIN_INNER ? "inner" : "outer",
               (unsigned long long)target.count);
    index = index_array(combining, &target, first->variable->array->dtype);
    for (size_t m = 0; m < count; m++) {
        if (!reindex_member(combining, &members[m], &target, index, dim, err))
            return false;
    }
    return true;
}

static bool align_dimension(const struct forge_combining *combining,
                            struct forge_dataset *members, size_t count, const char *dim,
                            struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct labels first = {0};
    bool good = true, same = true;

    for (size_t m = 0; m < count && good && same; m++) {
        struct forge_variable *variable = index_of(&members[m], dim);
        struct forge_arena once = {0};
        struct labels other = {0};

        if (!variable)
            continue;
        if (!first.variable) {
            good = read_labels(&first, combining, variable, &arena, err);
            continue;
        }
        good = read_labels(&other, combining, variable, &once, err);
        same = !good || equal_labels(&first, &other);
        if (!same && combining->join == FORGE_JOIN_EXACT)
            good = refuse(&first, &other, err);
        forge_arena_clear(&once);
    }
    if (good && !same)
        good = join_dimension(combining, members, count, &first, err);
    forge_arena_clear(&arena);
    return good;
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

/* diff_axes.c: which elements along a dimension of both sides belong together. */
#include "audit/diff_parts.h"

#include "array/reader.h"
#include "base/checked.h"
#include "time/units.h"

#include <string.h>

#define LABELS_BYTES_MAX (UINT64_C(256) << 20)

/* One side's coordinate. */
struct labels {
    enum forge_dtype dtype;
    const unsigned char *values;
    uint64_t count;
    bool falling;
};

/* <0, 0 or >0; a NaN is in no order: 2. Exact, also for integers of 64 bits. */
static int compare(enum forge_dtype dtype, const void *a, const void *b)
{
    double x, y;

    if (forge_dtype_is_float(dtype)) {
        x = forge_value_as_double(dtype, a);
        y = forge_value_as_double(dtype, b);
        return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    }
    if (dtype == FORGE_UINT64) {
        uint64_t m, n;

        memcpy(&m, a, sizeof m);
        memcpy(&n, b, sizeof n);
        return (m > n) - (m < n);
    }
    if (dtype == FORGE_INT64) {
        int64_t m, n;

        memcpy(&m, a, sizeof m);
        memcpy(&n, b, sizeof n);
        return (m > n) - (m < n);
    }
    x = forge_value_as_double(dtype, a);
    y = forge_value_as_double(dtype, b);
    return (x > y) - (x < y);
}

static const void *label(const struct labels *labels, uint64_t i)
{
    return labels->values + i * forge_dtype_size(labels->dtype);
}

/* Does it rise or fall all the way? */
static bool is_monotonic(struct labels *labels)
{
    int first;

    if (labels->count == 1)
        return compare(labels->dtype, label(labels, 0), label(labels, 0)) == 0;
    if (labels->count == 0)
        return false;
    first = compare(labels->dtype, label(labels, 0), label(labels, 1));
    labels->falling = first == 1;
    for (uint64_t i = 1; i < labels->count; i++) {
        if ((first != -1 && first != 1) ||
            compare(labels->dtype, label(labels, i - 1), label(labels, i)) != first)
            return false;
    }
    return true;
}

static const struct forge_variable *coordinate(const struct forge_dataset *dataset,
                                               const char *dim)
{
    const struct forge_variable *variable = forge_dataset_variable(dataset, dim);
    const struct forge_source *source = variable && forge_variable_is_index(variable)
                                            ? forge_array_source(variable->array)
                                            : NULL;

    return source && source->manifest.kind == FORGE_MANIFEST_KEYED &&
                   variable->array->dtype != FORGE_STRING
               ? variable
               : NULL;
}

static bool same_attribute(const struct forge_variable *a, const struct forge_variable *b,
                           const char *name)
{
    const struct forge_attribute *x = forge_attributes_find(&a->attributes, name);
    const struct forge_attribute *y = forge_attributes_find(&b->attributes, name);

    return x && y ? forge_attribute_equal(x, y) : x == y;
}

/* Do the numbers of both mean the same? */
static bool comparable(const struct forge_variable *a, const struct forge_variable *b)
{
    static const char *const names[] = {"units", "calendar", "scale_factor", "add_offset",
                                        NULL};

    if (!a || !b || a->array->dtype != b->array->dtype)
        return false;
    for (size_t i = 0; names[i]; i++) {
        if (!same_attribute(a, b, names[i]))
            return false;
    }
    return true;
}

static bool read_labels(struct labels *labels, struct forge_diffing *d,
                        const struct forge_variable *variable, struct forge_error *err)
{
    struct forge_reader reader = {.cancelled = d->request->cancelled};
    const void *values = NULL;
    bool good = forge_array_values(&values, variable->array, &reader, &d->out->arena,
                                   LABELS_BYTES_MAX, err);

    forge_reader_close(&reader);
    *labels = (struct labels){variable->array->dtype, values,
                              forge_array_count(variable->array), false};
    return good;
}

/* Pairs with the same label, in the order of a. */
static void pair(struct forge_diff_axis *axis, struct forge_arena *arena,
                 const struct labels *a, const struct labels *b)
{
    uint64_t most = forge_minimum(a->count, b->count), j = 0;
    int64_t *from = forge_arena_array(arena, (size_t)most + 1, sizeof *from);
    int64_t *to = forge_arena_array(arena, (size_t)most + 1, sizeof *to);
    bool back = a->falling != b->falling && b->count > 1 && a->count > 1;

    axis->count = 0;
    for (uint64_t i = 0; i < a->count && j < b->count;) {
        uint64_t at = back ? b->count - 1 - j : j;
        int order = compare(a->dtype, label(a, i), label(b, at));
        bool falling = a->count > 1 ? a->falling : b->falling;

        if (order == 0) {
            from[axis->count] = (int64_t)i;
            to[axis->count++] = (int64_t)at;
        }
        i += order == 0 || (order < 0) != falling;
        j += order == 0 || (order > 0) != falling;
    }
    axis->a = from;
    axis->b = to;
}

/* A run of neighbours needs no table. */
static void shorten(const int64_t **table, uint64_t *start, uint64_t count)
{
    for (uint64_t i = 1; i < count; i++) {
        if ((*table)[i] != (*table)[i - 1] + 1)
            return;
    }
    *start = count > 0 ? (uint64_t)(*table)[0] : 0;
    *table = NULL;
}

bool forge_diff_align(struct forge_diff_axis *axis, struct forge_diffing *d, const char *dim,
                      struct forge_error *err)
{
    const struct forge_variable *a = coordinate(&d->a.dataset, dim);
    const struct forge_variable *b = coordinate(&d->b.dataset, dim);
    struct labels from, to;

    *axis = (struct forge_diff_axis){
        .dim = dim,
        .size_a = forge_dataset_dimension(&d->a.dataset, dim)->size,
        .size_b = forge_dataset_dimension(&d->b.dataset, dim)->size,
    };
    axis->count = forge_minimum(axis->size_a, axis->size_b);
    if (a && (!read_labels(&from, d, a, err)))
        return false;
    axis->labels = a ? from.values : NULL;
    if (!comparable(a, b))
        return true;
    if (!read_labels(&to, d, b, err))
        return false;
    if (!is_monotonic(&from) || !is_monotonic(&to))
        return true;
    pair(axis, &d->out->arena, &from, &to);
    axis->labelled = true;
    shorten(&axis->a, &axis->start_a, axis->count);
    shorten(&axis->b, &axis->start_b, axis->count);
    return true;
}

uint64_t forge_diff_at_a(const struct forge_diff_axis *axis, uint64_t i)
{
    return axis->a ? (uint64_t)axis->a[i] : axis->start_a + i;
}

uint64_t forge_diff_at_b(const struct forge_diff_axis *axis, uint64_t i)
{
    return axis->b ? (uint64_t)axis->b[i] : axis->start_b + i;
}

void forge_diff_label(struct forge_json *json, const struct forge_diffing *d,
                      const struct forge_diff_axis *axis, uint64_t index)
{
    const struct forge_variable *variable = coordinate(&d->a.dataset, axis->dim);
    const char *units = variable ? forge_attributes_text(&variable->attributes, "units") : NULL;
    const unsigned char *element;
    struct forge_time_units parsed;
    struct forge_error ignored;
    struct forge_text text = {0};
    char number[64];
    int64_t time_us;

    if (!variable || !axis->labels) {
        forge_json_unsigned(json, index);
        return;
    }
    element =
        (const unsigned char *)axis->labels + index * forge_dtype_size(variable->array->dtype);
    if (units && forge_time_units_likely(units) &&
        forge_time_units_parse(&parsed, units,
                               forge_attributes_text(&variable->attributes, "calendar"),
                               &ignored) &&
        forge_time_decode(&time_us, &parsed,
                          forge_value_as_double(variable->array->dtype, element)))
        forge_time_print(&text, parsed.calendar, time_us);
    else
        forge_text_add(
            &text, forge_value_format(number, sizeof number, variable->array->dtype, element));
    forge_json_string(json, forge_text_string(&text));
    forge_text_clear(&text);
}

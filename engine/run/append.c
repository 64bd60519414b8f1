#include "run/append.h"

#include "array/reader.h"
#include "run/origin.h"
#include "run/unchanged.h"
#include "time/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define INDEX_MAX (UINT64_C(256) << 20)

/* The coordinate's value as people write it: a date where it is a time. */
static const char *value_text(struct forge_arena *arena, const struct forge_variable *variable,
                              double value)
{
    const char *units_text = forge_attributes_text(&variable->attributes, "units");
    const char *calendar = forge_attributes_text(&variable->attributes, "calendar");
    struct forge_time_units units;
    struct forge_error not_a_time;
    struct forge_text text = {0};
    const char *out;
    int64_t time_us;

    if (!units_text || !forge_time_units_likely(units_text) ||
        !forge_time_units_parse(&units, units_text, calendar, &not_a_time) ||
        !forge_time_decode(&time_us, &units, value))
        return forge_arena_print(arena, "%.17g", value);
    forge_time_format(&text, units.calendar, time_us, "%Y-%m-%dT%H:%M:%S", NULL);
    out = forge_arena_text(arena, forge_text_string(&text));
    forge_text_clear(&text);
    return out;
}

static bool out_of_order(const struct forge_plan *plan, const struct forge_variable *index,
                         const double *values, uint64_t at, struct forge_error *err)
{
    struct forge_arena arena = {0};
    const char *url = forge_origin_along(plan, index->name, at);
    const char *before = forge_origin_along(plan, index->name, at - 1);

    forge_fail(err, FORGE_BAD_SOURCE, "%s: %s %s does not follow %s%s%s",
               url ? url : "the inputs", index->name, value_text(&arena, index, values[at]),
               value_text(&arena, index, values[at - 1]), before ? " of " : "",
               before ? before : "");
    forge_arena_clear(&arena);
    forge_fail_place(err, plan->recipe->target.append_place);
    return forge_fail_help(err,
                           "a dimension that may grow runs in one direction without "
                           "overlaps: leave the file out with \"except\", or put it in order");
}

/* Strictly up, or strictly down. */
static bool check_order(const struct forge_plan *plan, const struct forge_variable *index,
                        struct forge_reader *reader, struct forge_error *err)
{
    struct forge_arena arena = {0};
    enum forge_dtype dtype = index->array->dtype;
    uint64_t count = forge_array_count(index->array);
    const unsigned char *raw = NULL;
    double *values, direction = 1;
    bool good =
        forge_array_values((const void **)&raw, index->array, reader, &arena, INDEX_MAX, err);

    values = forge_arena_array(&arena, good ? count + 1 : 1, sizeof *values);
    for (uint64_t i = 0; i < count && good; i++) {
        values[i] = forge_value_as_double(dtype, raw + i * forge_dtype_size(dtype));
        if (i == 1 && values[1] < values[0])
            direction = -1;
        if (i > 0 && !(direction * values[i] > direction * values[i - 1]))
            good = out_of_order(plan, index, values, i, err);
    }
    forge_arena_clear(&arena);
    return good;
}

/* Stored attributes have lost their dtype: numbers compare as the less exact of the two. */
static bool same_attribute(const struct forge_variable *now, const struct forge_variable *old,
                           const char *name)
{
    const struct forge_attribute *a = forge_attributes_find(&now->attributes, name);
    const struct forge_attribute *b = forge_attributes_find(&old->attributes, name);
    const char *text = forge_attributes_text(&now->attributes, name);
    const char *other = forge_attributes_text(&old->attributes, name);
    double x, y;

    if (!a || !b || text || other)
        return (!a && !b) || (text && other && strcmp(text, other) == 0);
    if (!forge_attributes_number(&x, &now->attributes, name) ||
        !forge_attributes_number(&y, &old->attributes, name))
        return forge_attribute_equal(a, b);
    return a->dtype == FORGE_FLOAT32 ? (float)x == (float)y : x == y;
}

/* What about a variable differs from what is stored; NULL: nothing that matters. */
static const char *difference(const struct forge_variable *now,
                              const struct forge_variable *old)
{
    static const char *const names[] = {"units", "calendar", "scale_factor", "add_offset"};

    if (now->array->dtype != old->array->dtype)
        return "dtype";
    if (now->array->rank != old->array->rank)
        return "dimensions";
    for (unsigned d = 0; d < now->array->rank; d++) {
        if (strcmp(now->dims[d], old->dims[d]) != 0)
            return "dimensions";
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!same_attribute(now, old, names[i]))
            return names[i];
    }
    return NULL;
}

/* The plan beside what is stored. */
struct growth {
    const struct forge_plan *plan;
    const char *current; /* folder */
    struct forge_dataset stored;
    struct forge_reader *reader;
};

static bool same_values(const struct forge_array *a, const struct forge_array *b,
                        struct forge_reader *reader)
{
    struct forge_arena arena = {0};
    struct forge_error ignored;
    const unsigned char *x = NULL, *y = NULL;
    uint64_t count = forge_array_count(a);
    bool same = a->dtype != FORGE_STRING && b->dtype != FORGE_STRING &&
                forge_array_values((const void **)&x, a, reader, &arena, INDEX_MAX, &ignored) &&
                forge_array_values((const void **)&y, b, reader, &arena, INDEX_MAX, &ignored);

    for (uint64_t i = 0; i < count && same; i++)
        same = forge_value_as_double(a->dtype, x + i * forge_dtype_size(a->dtype)) ==
               forge_value_as_double(b->dtype, y + i * forge_dtype_size(b->dtype));
    forge_arena_clear(&arena);
    return same;
}

static bool same_axis(const struct growth *growth, const struct forge_dataset *dataset,
                      const char *dim)
{
    const struct forge_dimension *now = forge_dataset_dimension(dataset, dim);
    const struct forge_dimension *old = forge_dataset_dimension(&growth->stored, dim);
    const struct forge_variable *a = forge_dataset_variable(dataset, dim);
    const struct forge_variable *b = forge_dataset_variable(&growth->stored, dim);

    if (!now || !old || now->size != old->size)
        return !now || !old;
    return !a || !b || !forge_variable_is_index(a) || !forge_variable_is_index(b) ||
           same_values(a->array, b->array, growth->reader);
}

/* The last file that has the variable, or the dimension, otherwise than it is stored: new files
 * come last. */
static const char *culprit(const struct growth *growth, const struct forge_variable *old,
                           const char *dim)
{
    for (uint64_t c = growth->plan->cells_count; c-- > 0;) {
        const struct forge_dataset *dataset = growth->plan->cell_datasets[c];
        const struct forge_variable *variable =
            dataset ? forge_dataset_variable(dataset, old->name) : NULL;
        const char *what = variable && !dim ? difference(variable, old) : NULL;

        if ((what && strcmp(what, "dimensions") != 0) ||
            (dim && dataset && !same_axis(growth, dataset, dim)))
            return dataset->url;
    }
    return NULL;
}

/* `dim`: whose length it is that differs; NULL: something else. */
static bool contradicts(const struct growth *growth, const struct forge_variable *old,
                        const char *what, const char *dim, struct forge_error *err)
{
    const char *url = culprit(growth, old, dim);
    const char *slash = strrchr(growth->current, '/');

    forge_fail(err, FORGE_BAD_SOURCE,
               "%s%svariable \"%s\" would get another %s than version %s has", url ? url : "",
               url ? ": " : "", old->name, what, slash ? slash + 1 : growth->current);
    forge_fail_place(err, growth->plan->recipe->target.append_place);
    return forge_fail_help(err,
                           "make the new files fit under \"each\", or leave them out with "
                           "\"except\"; a recipe that was changed rewrites what it has to");
}

static bool check_variable(const struct growth *growth, const struct forge_variable *old,
                           struct forge_error *err)
{
    const struct forge_plan *plan = growth->plan;
    const struct forge_variable *now = forge_dataset_variable(&plan->dataset, old->name);
    const char *what = now ? difference(now, old) : NULL;

    if (!now)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "no input has the variable \"%s\" any more, which is stored",
                          old->name) ||
               forge_fail_place(err, plan->recipe->target.append_place);
    if (what)
        return contradicts(growth, old, what, NULL, err);
    for (unsigned d = 0; d < now->array->rank; d++) {
        const char *dim = now->dims[d];

        if (strcmp(dim, plan->recipe->target.append) != 0 &&
            now->array->shape[d] != old->array->shape[d])
            return contradicts(growth, old,
                               forge_arena_print(growth->stored.arena, "length of \"%s\"", dim),
                               dim, err);
    }
    return true;
}

static bool check_stored(const struct forge_plan *plan, const char *current,
                         struct forge_reader *reader, struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct growth growth = {.plan = plan, .current = current, .reader = reader};
    const struct forge_dataset *stored = &growth.stored;
    struct forge_store *store = NULL;
    const char *path = forge_arena_print(&arena, "%s/data.zarr", current);
    bool good = forge_store_open_file(&store, path, err) &&
                forge_zarr_open(&growth.stored, &arena, store, path, err);

    for (size_t v = 0; good && v < stored->variables_count; v++)
        good = check_variable(&growth, &stored->variables[v], err);
    if (store)
        forge_store_close(store);
    forge_arena_clear(&arena);
    return good;
}

bool forge_append_check(const struct forge_plan *plan, const char *current,
                        struct forge_reader *reader, struct forge_error *err)
{
    const char *dim = plan->recipe->target.append;
    const struct forge_variable *index =
        dim ? forge_dataset_variable(&plan->dataset, dim) : NULL;

    return !index || (check_order(plan, index, reader, err) &&
                      (!current || !forge_has_same_form(current, plan->recipe) ||
                       check_stored(plan, current, reader, err)));
}

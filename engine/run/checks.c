#include "run/checks.h"

#include "recipe/check.h"
#include "run/origin.h"
#include "run/scan_values.h"
#include "time/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AXIS_MAX (UINT64_C(256) << 20)
#define ASSERT_BYTES_MAX (UINT64_C(512) << 20)

/* What every check needs: the plan, and the store as it reads back. */
struct checking {
    const struct forge_plan *plan;
    struct forge_dataset written;
    struct forge_arena arena;
    struct forge_reader reader;
    const struct forge_bake_request *request;
    struct forge_held *held;
    struct forge_progress progress; /* of checks */
};

static bool named(struct checking *checking, const char *name, const char *what,
                  struct forge_error *err)
{
    const char *near;

    if (forge_dataset_variable(&checking->written, name))
        return true;
    near = forge_text_nearest(name,
                              forge_dataset_names(&checking->written, &checking->arena, false));
    forge_fail(err, FORGE_CHECK_FAILED, "%s: there is no variable \"%s\"", what, name);
    return near ? forge_fail_help(err, "did you mean \"%s\"?", near) : false;
}

static bool check_present(struct checking *checking, const struct forge_check_settings *s,
                          struct forge_error *err)
{
    for (size_t i = 0; i < s->names.count; i++) {
        if (!named(checking, s->names.items[i], "present", err))
            return false;
    }
    return true;
}

static bool check_shape(struct checking *checking, const struct forge_check_settings *s,
                        struct forge_error *err)
{
    for (size_t i = 0; i < s->values.count; i++) {
        const struct forge_node *pair = s->values.nodes[i];
        const struct forge_dimension *dim =
            forge_dataset_dimension(&checking->written, pair->key);
        int64_t wanted = 0;

        if (!dim)
            return forge_fail(err, FORGE_CHECK_FAILED, "shape: there is no dimension \"%s\"",
                              pair->key);
        if (forge_node_integer(&wanted, pair) && (uint64_t)wanted != dim->size)
            return forge_fail(err, FORGE_CHECK_FAILED,
                              "shape: dimension \"%s\" has length %llu, not %lld", pair->key,
                              (unsigned long long)dim->size, (long long)wanted);
    }
    return true;
}

/* The coordinate of a dimension as doubles. */
static bool read_axis(double **out, uint64_t *count, struct checking *checking,
                      const char *what, const char *dim, struct forge_error *err)
{
    const struct forge_variable *variable = forge_dataset_variable(&checking->written, dim);
    const struct forge_array *decoded;
    const unsigned char *values = NULL;

    if (!variable || !forge_variable_is_index(variable) ||
        variable->array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_CHECK_FAILED,
                          "%s: dimension \"%s\" has no numeric coordinate", what, dim);
    decoded = forge_variable_decoded(variable, &checking->arena);
    if (!forge_array_values((const void **)&values, decoded, &checking->reader,
                            &checking->arena, AXIS_MAX, err))
        return false;
    *count = forge_array_count(decoded);
    *out = forge_arena_array(&checking->arena, *count + 1, sizeof **out);
    for (uint64_t i = 0; i < *count; i++)
        (*out)[i] = forge_value_as_double(decoded->dtype,
                                          values + i * forge_dtype_size(decoded->dtype));
    return true;
}

/* One element of a coordinate for people: a date where it is a time. */
static const char *axis_text(struct checking *checking, const char *dim, double number)
{
    const struct forge_variable *variable = forge_dataset_variable(&checking->written, dim);
    const char *units = forge_attributes_text(&variable->attributes, "units");
    struct forge_time_units parsed;
    struct forge_error ignored;
    struct forge_text text = {0};
    const char *made;
    int64_t time_us;

    if (units && forge_time_units_likely(units) &&
        forge_time_units_parse(&parsed, units,
                               forge_attributes_text(&variable->attributes, "calendar"),
                               &ignored) &&
        forge_time_decode(&time_us, &parsed, number))
        forge_time_print(&text, parsed.calendar, time_us);
    else
        forge_text_print(&text, "%.10g", number);
    made = forge_arena_text(&checking->arena, forge_text_string(&text));
    forge_text_clear(&text);
    return made;
}

static bool broken_axis(struct checking *checking, const char *what, const char *dim,
                        const char *how, const double *values, uint64_t i,
                        struct forge_error *err)
{
    const char *url = forge_origin_along(checking->plan, dim, i);

    return forge_fail(err, FORGE_CHECK_FAILED, "%s: \"%s\" %s at index %llu: %s, then %s%s%s",
                      what, dim, how, (unsigned long long)i,
                      axis_text(checking, dim, values[i - 1]),
                      axis_text(checking, dim, values[i]), url ? " from " : "", url ? url : "");
}

static bool check_monotonic(struct checking *checking, const struct forge_check_settings *s,
                            struct forge_error *err)
{
    double *values = NULL;
    uint64_t count = 0;

    if (!read_axis(&values, &count, checking, "monotonic", s->dim, err))
        return false;
    for (uint64_t i = 1; i < count; i++) {
        bool rising = values[1] > values[0];

        if (rising ? !(values[i] > values[i - 1]) : !(values[i] < values[i - 1]))
            return broken_axis(checking, "monotonic", s->dim,
                               isnan(values[i])             ? "is missing"
                               : values[i] == values[i - 1] ? "repeats"
                               : rising                     ? "does not rise"
                                                            : "does not fall",
                               values, i, err);
    }
    return true;
}

/* One step, but for the rounding of the coordinate's own type. */
static bool check_regular(struct checking *checking, const struct forge_check_settings *s,
                          struct forge_error *err)
{
    double *values = NULL, step, most = 0, slack;
    uint64_t count = 0;
    bool single;

    if (!read_axis(&values, &count, checking, "regular", s->dim, err))
        return false;
    if (count < 3)
        return true;
    single = forge_dataset_variable(&checking->written, s->dim)->array->dtype == FORGE_FLOAT32;
    for (uint64_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    step = values[1] - values[0];
    slack = 4 * most * (single ? 0x1p-23 : 0x1p-52);
    for (uint64_t i = 1; i < count; i++) {
        if (!(fabs(values[i] - values[i - 1] - step) <= slack) || step == 0)
            return broken_axis(checking, "regular", s->dim, "changes its step", values, i, err);
    }
    return true;
}

static bool check_values(struct checking *checking, const struct forge_check_use *use,
                         struct forge_error *err)
{
    const struct forge_check_settings *s = use->settings;
    bool range = use->type->kind == FORGE_CHECK_RANGE;
    size_t count = range ? s->values.count : s->names.count;

    for (size_t i = 0; i < count; i++) {
        struct forge_value_rule rule = {
            .what = use->type->name, .no_missing = !range, .progress = checking->progress};
        const char *name = range ? s->values.nodes[i]->key : s->names.items[i];

        if (!named(checking, name, use->type->name, err))
            return false;
        rule.variable = forge_dataset_variable(&checking->written, name);
        if (range && (!forge_node_number(&rule.low, s->values.nodes[i]->first) ||
                      !forge_node_number(&rule.high, s->values.nodes[i]->first->next)))
            return forge_fail(err, FORGE_BAD_RECIPE, "range: \"%s\" needs two numbers", name);
        if (!forge_values_hold(checking->plan, &rule, checking->held, checking->reader.budget,
                               checking->request, err))
            return false;
    }
    return true;
}

/* A quarter of the budget; the rest is for a chunk, as stored and decoded. In pieces as large
 * as that, few chunks are decoded twice. */
static uint64_t assert_bytes(const struct checking *checking)
{
    uint64_t part = checking->reader.budget->limit / 4;

    return part > 0 && part < ASSERT_BYTES_MAX ? part : ASSERT_BYTES_MAX;
}

static bool check_assert(struct checking *checking, const struct forge_check_use *use,
                         struct forge_error *err)
{
    const struct forge_variable *variable = NULL;
    uint64_t index[FORGE_RANK_MAX] = {0};
    const char *url;
    bool holds = false;

    if (!forge_expression_holds(&holds, index, &variable, use->expression, &checking->written,
                                &checking->reader, assert_bytes(checking), err))
        return forge_fail_while(err, "assert");
    if (holds)
        return true;
    err->code = FORGE_CHECK_FAILED;
    forge_fail_while(err, "assert: \"%s\" does not hold", use->settings->expression);
    url = variable ? forge_origin_of(checking->plan, variable->name, index) : NULL;
    if (url)
        snprintf(err->text + strlen(err->text), sizeof err->text - strlen(err->text),
                 ", from %s", url);
    return false;
}

static bool check_one(struct checking *checking, const struct forge_check_use *use,
                      struct forge_error *err)
{
    switch (use->type->kind) {
    case FORGE_CHECK_ASSERT:
        return check_assert(checking, use, err);
    case FORGE_CHECK_MONOTONIC:
        return check_monotonic(checking, use->settings, err);
    case FORGE_CHECK_NO_MISSING:
    case FORGE_CHECK_RANGE:
        return check_values(checking, use, err);
    case FORGE_CHECK_PRESENT:
        return check_present(checking, use->settings, err);
    case FORGE_CHECK_REGULAR:
        return check_regular(checking, use->settings, err);
    case FORGE_CHECK_SHAPE:
        return check_shape(checking, use->settings, err);
    }
    return false;
}

bool forge_checks_hold(const struct forge_plan *plan, struct forge_store *store,
                       struct forge_held *held, struct forge_budget *budget,
                       const struct forge_bake_request *request, struct forge_error *err)
{
    const struct forge_recipe *recipe = plan->recipe;
    struct checking checking = {.plan = plan, .request = request, .held = held};
    bool good = true;

    checking.progress = (struct forge_progress){"check", 0, recipe->checks_count, 0};
    checking.reader.budget = budget;
    checking.reader.cancelled = request->cancelled;
    if (recipe->checks_count > 0)
        good = forge_zarr_open(&checking.written, &checking.arena, store, recipe->name, err);
    for (size_t i = 0; i < recipe->checks_count && good; i++) {
        good = check_one(&checking, &recipe->checks[i], err) ||
               forge_fail_place(err, recipe->checks[i].place);
        checking.progress.done = i + 1;
        if (request->progress && good)
            request->progress(request->progress_context, &checking.progress);
    }
    forge_reader_close(&checking.reader);
    forge_arena_clear(&checking.arena);
    return good;
}

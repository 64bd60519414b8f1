#include "run/scan_values.h"

#include "array/nodes.h"
#include "array/reader.h"
#include "base/checked.h"
#include "run/held.h"
#include "run/origin.h"
#include "run/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SLAB 8192U /* values decoded at once: few, and not counted as array data */

struct scanning {
    const struct forge_plan *plan;
    const struct forge_plan_array *array;
    const struct forge_value_rule *rule;
    struct forge_budget *budget;
    const struct forge_bake_request *request;
    struct forge_held *held;
    const bool *where; /* the rule is held */
    uint64_t *tasks;   /* of the array, with something to read */
    uint64_t count;
};

/* The values of a block as decoded doubles, missing ones NaN: a lazy view on it. */
static const struct forge_array *as_doubles(const struct forge_variable *variable,
                                            const void *bytes, uint64_t count,
                                            struct forge_arena *arena)
{
    struct forge_variable flat = *variable;
    union forge_value missing;
    const struct forge_array *decoded;
    bool fills;

    flat.array = forge_array_memory(arena, variable->array->dtype, 1, &count, bytes);
    decoded = forge_variable_decoded(&flat, arena);
    missing.float64 = NAN;
    fills = decoded == flat.array && variable->has_fill;
    if (decoded->dtype == FORGE_FLOAT64)
        return decoded;
    return forge_array_cast(arena, decoded, FORGE_FLOAT64, fills ? &variable->fill : NULL,
                            fills ? &missing : NULL, variable->name);
}

static bool broken(const struct scanning *scanning, const struct forge_region *region,
                   uint64_t number, double value, struct forge_error *err)
{
    const struct forge_value_rule *rule = scanning->rule;
    const struct forge_array *array = rule->variable->array;
    uint64_t index[FORGE_RANK_MAX];
    struct forge_text at = {0};
    const char *url;

    forge_grid_index(index, array->rank, region->count, number);
    for (unsigned d = 0; d < array->rank; d++) {
        index[d] += region->start[d];
        forge_text_print(&at, "%s%s=%llu", d > 0 ? ", " : "", rule->variable->dims[d],
                         (unsigned long long)index[d]);
    }
    url = forge_origin_of(scanning->plan, rule->variable->name, index);
    if (rule->no_missing)
        forge_fail(err, FORGE_CHECK_FAILED, "%s: \"%s\" is missing at (%s)%s%s", rule->what,
                   rule->variable->name, forge_text_string(&at), url ? ", from " : "",
                   url ? url : "");
    else
        forge_fail(err, FORGE_CHECK_FAILED,
                   "%s: \"%s\" is %.9g at (%s), outside [%.9g, %.9g]%s%s", rule->what,
                   rule->variable->name, value, forge_text_string(&at), rule->low, rule->high,
                   url ? ", from " : "", url ? url : "");
    forge_text_clear(&at);
    return false;
}

static bool hold_slab(const struct scanning *scanning, const double *values, uint64_t count,
                      uint64_t first, const struct forge_region *region,
                      struct forge_error *err)
{
    const struct forge_value_rule *rule = scanning->rule;

    for (uint64_t i = 0; i < count; i++) {
        bool bad = rule->no_missing ? isnan(values[i])
                                    : values[i] < rule->low || values[i] > rule->high;

        if (bad)
            return broken(scanning, region, first + i, values[i], err);
    }
    return true;
}

static bool is_to_be_read(const void *context, const struct forge_work_object *object)
{
    const struct scanning *scanning = context;

    return !forge_held_covers(scanning->held, scanning->where, object);
}

/* What a task of the array has to read; false: nothing. */
static bool region_of(struct forge_region *region, const struct scanning *scanning,
                      uint64_t task)
{
    struct forge_region whole;

    forge_plan_task(scanning->plan, scanning->array->first_task + task, &whole);
    return forge_work_box(region, scanning->held->work, scanning->array, &whole, is_to_be_read,
                          scanning);
}

static bool hold_task(const struct scanning *scanning, uint64_t task,
                      struct forge_reader *reader, struct forge_block *raw,
                      struct forge_block *slab, struct forge_error *err)
{
    const struct forge_variable *variable = scanning->rule->variable;
    const struct forge_array *array = variable->array, *doubles;
    struct forge_arena arena = {0};
    struct forge_budget uncounted = {0}; /* a slab's worth */
    struct forge_reader decoding = {.budget = &uncounted};
    struct forge_region region;
    struct forge_view view;
    uint64_t count = 0, size;
    bool good;

    if (!region_of(&region, scanning, task))
        return true;
    if (!forge_region_count(&count, array->rank, &region) ||
        !forge_checked_multiply(&size, count, forge_dtype_size(array->dtype)))
        return forge_fail(err, FORGE_FAILED, "too many values in one task");
    if (!forge_block_reserve(raw, size, err))
        return false;
    view = forge_view_of(raw->bytes, array->rank, region.count, forge_dtype_size(array->dtype));
    good = forge_array_read(array, reader, &region, &view, err);
    doubles = as_doubles(variable, raw->bytes, count, &arena);
    for (uint64_t at = 0; at < count && good; at += SLAB) {
        struct forge_region part = {.start = {at}, .count = {SLAB}, .step = {1}};

        if (count - at < SLAB)
            part.count[0] = count - at;
        view = forge_view_of(slab->bytes, 1, part.count, sizeof(double));
        good = forge_array_read(doubles, &decoding, &part, &view, err) &&
               hold_slab(scanning, (const double *)(const void *)slab->bytes, part.count[0], at,
                         &region, err);
    }
    forge_reader_close(&decoding);
    forge_arena_clear(&arena);
    return good;
}

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    const struct scanning *scanning = context;
    struct forge_reader reader = {.budget = scanning->budget,
                                  .cancelled = scanning->request->cancelled,
                                  .stopped = forge_watch_stop(unit->watch)};
    struct forge_block raw = {.budget = scanning->budget}, slab = {0};
    bool good = forge_block_open(&slab, NULL, SLAB * sizeof(double), err);

    for (uint64_t t = unit->first; t < unit->first + unit->count && good; t++) {
        *failed = t;
        forge_watch_begin(unit->watch, t);
        good = hold_task(scanning, scanning->tasks[t], &reader, &raw, &slab, err);
    }
    atomic_fetch_add(&scanning->held->chunks, reader.counts.chunks);
    forge_block_close(&raw);
    forge_block_close(&slab);
    forge_reader_close(&reader);
    return good;
}

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    const struct scanning *scanning = context;

    (void)stage;
    (void)done;
    (void)total;
    if (scanning->request->progress)
        scanning->request->progress(scanning->request->progress_context,
                                    &scanning->rule->progress);
}

static bool list_tasks(struct scanning *scanning, struct forge_error *err)
{
    const uint64_t count = scanning->array ? scanning->array->tasks_count : 0;
    struct forge_region ignored;

    scanning->tasks = malloc((count + 1) * sizeof *scanning->tasks);
    if (!scanning->tasks)
        return forge_fail(err, FORGE_FAILED, "no memory for %llu tasks",
                          (unsigned long long)count);
    for (uint64_t t = 0; t < count; t++) {
        if (region_of(&ignored, scanning, t))
            scanning->tasks[scanning->count++] = t;
    }
    scanning->held->tasks_skipped += count - scanning->count;
    return true;
}

bool forge_values_hold(const struct forge_plan *plan, const struct forge_value_rule *rule,
                       struct forge_held *held, struct forge_budget *budget,
                       const struct forge_bake_request *request, struct forge_error *err)
{
    struct forge_digest digest;
    bool good;
    struct scanning scanning = {
        .plan = plan, .rule = rule, .budget = budget, .request = request, .held = held};
    struct forge_stage stage = {.name = "check",
                                .rule = FORGE_AFTER_NONE,
                                .attempts = 3,
                                .deadline_ms = request->deadline_ms};
    struct forge_driver driver = {
        .executor = request->executor,
        .workers = plan->workers,
        .perform = perform,
        .context = &scanning,
        .cancelled = request->cancelled,
        .progress = progress,
        .fail_fast = true,
        .grace_ms = request->grace_ms,
        .hung = request->hung,
        .hung_context = request->hung_context,
    };

    if (rule->variable->array->dtype == FORGE_STRING)
        return rule->no_missing || forge_fail(err, FORGE_CHECK_FAILED, "%s: \"%s\" holds text",
                                              rule->what, rule->variable->name);
    for (size_t i = 0; i < plan->arrays_count; i++) {
        if (strcmp(plan->arrays[i].target.variable->name, rule->variable->name) == 0)
            scanning.array = &plan->arrays[i];
    }
    forge_held_digest(&digest, rule);
    scanning.where = forge_held_where(held, &digest);
    good = list_tasks(&scanning, err);
    stage.count = scanning.count;
    good = good && (stage.count == 0 || forge_driver_run(&driver, &stage, 1, err));
    if (good)
        forge_held_add(held, &digest);
    free(scanning.tasks);
    return good;
}

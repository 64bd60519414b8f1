/* layout.c: every variable as tasks, and the proof that they fit the memory. */
#include "plan/plan_parts.h"

#include "base/checked.h"

#include <string.h>

#define VISITS_MAX 4000000U
#define SLACK_DIVISOR 8 /* an eighth of the memory is kept for what is not array data */

static void add_touch(void *context, const struct forge_touch *touch)
{
    struct forge_plan_reads *reads = context;

    reads->chunks += touch->decoded > 0;
    reads->stored_bytes += touch->stored;
    reads->decoded_bytes += touch->decoded;
    if (touch->through_library)
        reads->library_bytes += touch->decoded;
}

/* What the tasks of one array will read; a part of them stands for all where there are very
 * many. */
static void sum_reads(struct forge_plan *plan, const struct forge_plan_array *array)
{
    struct forge_plan_reads reads = {0};
    uint64_t looked = 0;

    for (; looked < array->tasks_count && reads.chunks + looked < VISITS_MAX; looked++) {
        struct forge_region region;

        forge_plan_task(plan, array->first_task + looked, &region);
        forge_array_touch(array->target.variable->array, &region, add_touch, &reads);
    }
    if (looked > 0 && looked < array->tasks_count) {
        double more = (double)array->tasks_count / (double)looked;

        plan->reads.estimated = true;
        reads.chunks = (uint64_t)((double)reads.chunks * more);
        reads.stored_bytes = (uint64_t)((double)reads.stored_bytes * more);
        reads.decoded_bytes = (uint64_t)((double)reads.decoded_bytes * more);
        reads.library_bytes = (uint64_t)((double)reads.library_bytes * more);
    }
    plan->reads.chunks += reads.chunks;
    plan->reads.stored_bytes += reads.stored_bytes;
    plan->reads.decoded_bytes += reads.decoded_bytes;
    plan->reads.library_bytes += reads.library_bytes;
}

static uint64_t usable(const struct forge_plan_limits *limits)
{
    return limits->memory_bytes - limits->memory_bytes / SLACK_DIVISOR;
}

/* The least whole MiB whose usable part holds so many bytes. */
static uint64_t least_budget_mib(uint64_t bytes)
{
    struct forge_plan_limits limits = {.memory_bytes = bytes};
    uint64_t mib = bytes >> 20;

    for (limits.memory_bytes = mib << 20; usable(&limits) < bytes;
         limits.memory_bytes = ++mib << 20) {
        uint64_t short_of = (bytes - usable(&limits)) >> 20;

        mib += short_of;
    }
    return mib;
}

static bool refuse(const struct forge_plan *plan, const struct forge_plan_array *array,
                   struct forge_error *err)
{
    char have[32], need[32];

    forge_fail_at(
        err, plan->recipe->target.place,
        "variable \"%s\": one task needs %s of memory, more than the budget of %s allows",
        array->target.variable->name, forge_text_bytes(need, sizeof need, array->least_bytes),
        forge_text_bytes(have, sizeof have, plan->limits.memory_bytes));
    return forge_fail_help(err,
                           "the smallest budget that would do is --memory %lluMiB; smaller "
                           "chunks need less",
                           (unsigned long long)least_budget_mib(array->least_bytes));
}

/* Fewer workers where all of them would not fit; none is an error, of the variable that needs
 * most. */
static bool choose_workers(struct forge_plan *plan, struct forge_error *err)
{
    uint64_t memory = usable(&plan->limits);
    const struct forge_plan_array *largest = NULL;

    for (size_t i = 0; i < plan->arrays_count; i++) {
        if (!largest || plan->arrays[i].least_bytes > largest->least_bytes)
            largest = &plan->arrays[i];
    }
    plan->workers = plan->limits.workers;
    if (!largest)
        return true;
    if (largest->least_bytes > memory)
        return refuse(plan, largest, err);
    while (plan->workers > 1 && largest->least_bytes > memory / plan->workers)
        plan->workers--;
    return true;
}

bool forge_plan_lay_out(struct forge_plan *plan, const struct forge_plan_limits *limits,
                        struct forge_error *err)
{
    const struct forge_target_type *type = plan->recipe->target.type;
    const struct forge_dataset *dataset = &plan->dataset;

    plan->limits = *limits;
    plan->arrays_count = dataset->variables_count;
    plan->arrays = forge_arena_array(&plan->arena, plan->arrays_count, sizeof *plan->arrays);
    for (size_t i = 0; i < plan->arrays_count; i++) {
        if (!forge_plan_chunks(&plan->arrays[i], plan, &dataset->variables[i], err))
            return false;
        forge_plan_group(&plan->arrays[i], &plan->arena, type, 0);
    }
    if (!choose_workers(plan, err))
        return false;
    plan->tasks_count = plan->objects_count = plan->task_bytes = 0;
    plan->reads = (struct forge_plan_reads){0};
    for (size_t i = 0; i < plan->arrays_count; i++) {
        struct forge_plan_array *array = &plan->arrays[i];

        forge_plan_group(array, &plan->arena, type, usable(limits) / plan->workers);
        array->first_task = plan->tasks_count;
        plan->tasks_count += array->tasks_count;
        array->first_object = plan->objects_count;
        plan->objects_count += array->objects_count;
        plan->task_bytes = forge_maximum(plan->task_bytes, array->task_bytes);
    }
    for (size_t i = 0; i < plan->arrays_count; i++)
        sum_reads(plan, &plan->arrays[i]);
    return true;
}

const struct forge_plan_array *forge_plan_task(const struct forge_plan *plan, uint64_t task,
                                               struct forge_region *region)
{
    size_t low = 0, high = plan->arrays_count;
    const struct forge_plan_array *array;
    const struct forge_array *from;
    uint64_t index[FORGE_RANK_MAX];

    /* The last array that begins at or before the task; arrays without tasks share a start. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (plan->arrays[middle].first_task <= task)
            low = middle;
        else
            high = middle;
    }
    while (plan->arrays[low].tasks_count == 0)
        low--;
    array = &plan->arrays[low];
    from = array->target.variable->array;
    forge_grid_index(index, from->rank, array->groups, task - array->first_task);
    *region = forge_region_of_chunk(from->rank, from->shape, array->group, index);
    return array;
}

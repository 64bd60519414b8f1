/* groups.c: how many objects one task writes.
 *
 * Objects that share source chunks belong to one task, so that a chunk is
 * decoded once; as many as the memory allows. Small objects are written
 * together, so that a task is worth starting.
 */
#include "plan/plan_parts.h"

#include "base/checked.h"

#include <string.h>

#define SMALL_TASK_BYTES (UINT64_C(8) << 20)
#define SCRATCH_TOLERANCE 16 /* a sixteenth more is about the same */
#define LOOKED_AT_MAX (UINT64_C(1) << 20)
#define GROWTH_TRIES 4

static struct forge_region first_group(const struct forge_plan_array *array)
{
    const uint64_t index[FORGE_RANK_MAX] = {0};
    const struct forge_array *from = array->target.variable->array;

    return forge_region_of_chunk(from->rank, from->shape, array->group, index);
}

static uint64_t group_bytes(const struct forge_plan_array *array)
{
    const struct forge_array *from = array->target.variable->array;
    struct forge_region region = first_group(array);
    uint64_t count = 0;

    if (!forge_region_count(&count, from->rank, &region) ||
        !forge_checked_multiply(&count, count, forge_dtype_size(from->dtype)))
        return UINT64_MAX / 4;
    return count;
}

static uint64_t with_scratch(const struct forge_plan_array *array,
                             const struct forge_target_type *type, uint64_t scratch)
{
    uint64_t total = group_bytes(array);

    if (!forge_checked_add(&total, total, scratch) ||
        !forge_checked_add(&total, total, type->scratch(&array->target)))
        return UINT64_MAX / 4;
    return total;
}

/* Memory of the first task with the present group: what it holds, what reading and encoding
 * take. Others may take more. */
static uint64_t first_task_bytes(const struct forge_plan_array *array,
                                 const struct forge_target_type *type)
{
    struct forge_region region = first_group(array);

    return with_scratch(array, type,
                        forge_array_scratch(array->target.variable->array, &region));
}

/* Peak memory of every task. Reading all of the array never takes less than reading a part:
 * where that is about the same the bound is at hand, else every task is looked at. */
static uint64_t task_bytes(const struct forge_plan_array *array,
                           const struct forge_target_type *type)
{
    const struct forge_array *from = array->target.variable->array;
    struct forge_region region = forge_region_all(from->rank, from->shape);
    uint64_t all = forge_array_scratch(from, &region), most = 0;
    uint64_t groups[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, count;

    region = first_group(array);
    most = forge_array_scratch(from, &region);
    if (all - most <= most / SCRATCH_TOLERANCE ||
        !forge_grid_shape(groups, &count, from->rank, from->shape, array->group) ||
        count > LOOKED_AT_MAX)
        return with_scratch(array, type, all);
    for (uint64_t i = 0; i < count; i++) {
        region = forge_region_of_chunk(from->rank, from->shape, array->group, index);
        most = forge_maximum(most, forge_array_scratch(from, &region));
        forge_grid_next(index, from->rank, groups);
    }
    return with_scratch(array, type, most);
}

/* Grow the group along one dimension towards `wanted` elements, within the budget. */
static bool grow(struct forge_plan_array *array, const struct forge_target_type *type,
                 unsigned d, uint64_t wanted, uint64_t budget)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t object = array->object[d], before = array->group[d];
    uint64_t most = forge_divide_up(forge_minimum(wanted, from->shape[d]), object);
    uint64_t low = before / object, high = most;

    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;

        array->group[d] = middle * object;
        if (first_task_bytes(array, type) <= budget)
            low = middle;
        else
            high = middle - 1;
    }
    array->group[d] = forge_maximum(before, low * object);
    return array->group[d] > before;
}

static const char *describe(const struct forge_plan_array *array, struct forge_arena *arena,
                            bool shared, bool cut, bool together)
{
    uint64_t objects = 1;
    const char *what = array->target.sharded ? "shard" : "chunk";

    for (unsigned d = 0; d < array->target.variable->array->rank; d++)
        objects *= forge_divide_up(
            forge_minimum(array->group[d],
                          forge_maximum(1, array->target.variable->array->shape[d])),
            array->object[d]);
    if (cut)
        return forge_arena_print(
            arena,
            "%llu %ss a task, as many as fit the memory: source chunks that "
            "several tasks need are read again",
            (unsigned long long)objects, what);
    if (shared)
        return forge_arena_print(arena, "%llu %ss a task: they share source chunks",
                                 (unsigned long long)objects, what);
    if (together && objects > 1)
        return forge_arena_print(arena, "%llu small %ss a task", (unsigned long long)objects,
                                 what);
    return forge_arena_print(arena, "a task for each %s", what);
}

struct growth {
    bool shared;   /* objects that share source chunks are together */
    bool cut;      /* not all of them fit the memory */
    bool together; /* small ones are together */
};

/* Grow the group as far as the first task stays within `budget`. */
static struct growth grow_group(struct forge_plan_array *array,
                                const struct forge_target_type *type, uint64_t budget)
{
    const struct forge_array *from = array->target.variable->array;
    struct growth growth = {0};

    memcpy(array->group, array->object, sizeof array->group);
    for (unsigned d = from->rank; d-- > 0 && !from->in_memory;) {
        uint64_t wanted = forge_minimum(from->chunk[d], from->shape[d]);

        if (wanted <= array->group[d])
            continue;
        growth.shared |= grow(array, type, d, wanted, budget);
        growth.cut |= array->group[d] < wanted;
    }
    for (unsigned d = from->rank; d-- > 0 && !growth.cut;) {
        uint64_t bytes = forge_maximum(1, group_bytes(array));

        if (bytes * 2 > SMALL_TASK_BYTES)
            break;
        growth.together |=
            grow(array, type, d, array->group[d] * (SMALL_TASK_BYTES / bytes), budget);
    }
    return growth;
}

void forge_plan_group(struct forge_plan_array *array, struct forge_arena *arena,
                      const struct forge_target_type *type, uint64_t budget)
{
    const struct forge_array *from = array->target.variable->array;
    struct growth growth = {0};
    uint64_t allowed = budget;

    memcpy(array->group, array->object, sizeof array->group);
    array->least_bytes = array->task_bytes = task_bytes(array, type);
    for (unsigned i = 0; i < GROWTH_TRIES && allowed > array->least_bytes; i++) {
        growth = grow_group(array, type, allowed);
        array->task_bytes = task_bytes(array, type);
        if (array->task_bytes <= budget)
            break;
        /* Later tasks take more than the first: leave room for the difference. */
        allowed -= forge_minimum(allowed, array->task_bytes - budget);
    }
    if (array->task_bytes > forge_maximum(budget, array->least_bytes)) {
        memcpy(array->group, array->object, sizeof array->group);
        array->task_bytes = array->least_bytes;
        growth = (struct growth){.cut = growth.shared || growth.cut};
    }
    array->reason = describe(array, arena, growth.shared, growth.cut, growth.together);
    if (!forge_grid_shape(array->groups, &array->tasks_count, from->rank, from->shape,
                          array->group))
        array->tasks_count = 0;
}

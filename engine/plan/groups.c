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

/* Peak memory of a task with the present group: what it holds, what reading and encoding take.
 */
static uint64_t task_bytes(const struct forge_plan_array *array,
                           const struct forge_target_type *type)
{
    const struct forge_array *from = array->target.variable->array;
    struct forge_region region = first_group(array);
    uint64_t total = group_bytes(array);

    if (!forge_checked_add(&total, total, forge_array_scratch(from, &region)) ||
        !forge_checked_add(&total, total, type->scratch(&array->target)))
        return UINT64_MAX / 4;
    return total;
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
        if (task_bytes(array, type) <= budget)
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

void forge_plan_group(struct forge_plan_array *array, struct forge_arena *arena,
                      const struct forge_target_type *type, uint64_t budget)
{
    const struct forge_array *from = array->target.variable->array;
    bool shared = false, cut = false, together = false;

    memcpy(array->group, array->object, sizeof array->group);
    array->least_bytes = task_bytes(array, type);
    for (unsigned d = from->rank; d-- > 0;) {
        uint64_t wanted = forge_minimum(from->chunk[d], from->shape[d]);

        if (wanted <= array->group[d])
            continue;
        shared |= grow(array, type, d, wanted, budget);
        cut |= array->group[d] < wanted;
    }
    for (unsigned d = from->rank; d-- > 0 && !cut;) {
        if (group_bytes(array) * 2 > SMALL_TASK_BYTES)
            break;
        together |=
            grow(array, type, d,
                 array->group[d] * (SMALL_TASK_BYTES / forge_maximum(1, group_bytes(array))),
                 budget);
    }
    array->task_bytes = task_bytes(array, type);
    array->reason = describe(array, arena, shared, cut, together);
    if (!forge_grid_shape(array->groups, &array->tasks_count, from->rank, from->shape,
                          array->group))
        array->tasks_count = 0;
}

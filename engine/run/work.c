#include "run/work.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

enum { BY_KEY, BY_PATH };

static uint64_t hash_key(const struct forge_digest *key)
{
    uint64_t head;

    memcpy(&head, key->bytes, sizeof head); /* a digest is as good a hash as any part of it */
    return head;
}

/* FNV-1a. */
static uint64_t hash_path(const char *path)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(1099511628211);
    return hash;
}

static void insert(struct forge_work *work, int table, uint64_t hash, uint64_t number)
{
    uint32_t *head = &work->heads[table][hash & work->mask];

    work->objects[number].next[table] = *head;
    *head = (uint32_t)(number + 1);
}

static bool take_memory(struct forge_work *work, struct forge_error *err)
{
    uint64_t count = work->plan->objects_count, slots = 1;

    while (slots < count)
        slots *= 2;
    work->mask = slots - 1;
    work->objects = calloc(count + 1, sizeof *work->objects);
    work->heads[BY_KEY] = calloc(slots, sizeof *work->heads[BY_KEY]);
    work->heads[BY_PATH] = calloc(slots, sizeof *work->heads[BY_PATH]);
    if (work->objects && work->heads[BY_KEY] && work->heads[BY_PATH])
        return true;
    return forge_fail(err, FORGE_FAILED, "no memory for %llu objects",
                      (unsigned long long)count);
}

static bool is_again(const struct forge_plan_array *array, const uint64_t *index,
                     const struct forge_work_range *again)
{
    int axis =
        again && again->dim ? forge_variable_axis(array->target.variable, again->dim) : -1;
    uint64_t start;

    if (axis < 0)
        return false;
    start = index[axis] * array->object[axis];
    return start < again->first + again->count && start + array->object[axis] > again->first;
}

static void add_array(struct forge_work *work, const struct forge_plan_array *array,
                      const struct forge_work_range *again)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t counts[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total;
    uint64_t number = array->first_object;
    struct forge_text path = {0};

    if (array->objects_count == 0 ||
        !forge_grid_shape(counts, &total, from->rank, from->shape, array->object))
        return;
    do {
        struct forge_work_object *object = &work->objects[number];

        forge_object_key(&object->key, work->plan, array, index);
        object->forced = is_again(array, index, again);
        if (!object->key.unknown)
            insert(work, BY_KEY, hash_key(&object->key.digest), number);
        path.length = 0;
        work->plan->recipe->target.type->key(&path, &array->target, index);
        insert(work, BY_PATH, hash_path(forge_text_string(&path)), number);
        number++;
    } while (forge_grid_next(index, from->rank, counts));
    forge_text_clear(&path);
}

bool forge_work_open(struct forge_work *work, const struct forge_plan *plan,
                     const struct forge_work_range *again, struct forge_error *err)
{
    *work = (struct forge_work){.plan = plan};
    if (!take_memory(work, err))
        return false;
    for (size_t i = 0; i < plan->arrays_count; i++)
        add_array(work, &plan->arrays[i], again);
    return true;
}

void forge_work_close(struct forge_work *work)
{
    free(work->objects);
    free(work->heads[BY_KEY]);
    free(work->heads[BY_PATH]);
    free(work->tasks);
    *work = (struct forge_work){0};
}

static uint64_t number_of(const struct forge_work *work, const struct forge_work_object *object)
{
    return (uint64_t)(object - work->objects);
}

struct forge_work_object *forge_work_by_key(const struct forge_work *work,
                                            const struct forge_digest *key,
                                            const struct forge_work_object *last)
{
    uint32_t at = last ? last->next[BY_KEY] : work->heads[BY_KEY][hash_key(key) & work->mask];

    for (; at > 0; at = work->objects[at - 1].next[BY_KEY]) {
        struct forge_work_object *object = &work->objects[at - 1];

        if (memcmp(&object->key.digest, key, sizeof *key) == 0)
            return object;
    }
    return NULL;
}

void forge_work_path(struct forge_text *out, const struct forge_work *work,
                     const struct forge_work_object *object)
{
    uint64_t index[FORGE_RANK_MAX];
    const struct forge_plan_array *array =
        forge_plan_object(work->plan, number_of(work, object), index);

    work->plan->recipe->target.type->key(out, &array->target, index);
}

struct forge_work_object *forge_work_by_path(const struct forge_work *work, const char *path)
{
    uint32_t at = work->heads[BY_PATH][hash_path(path) & work->mask];
    struct forge_work_object *found = NULL;
    struct forge_text own = {0};

    for (; at > 0 && !found; at = work->objects[at - 1].next[BY_PATH]) {
        own.length = 0;
        forge_work_path(&own, work, &work->objects[at - 1]);
        if (strcmp(forge_text_string(&own), path) == 0)
            found = &work->objects[at - 1];
    }
    forge_text_clear(&own);
    return found;
}

struct forge_work_object *forge_work_at(const struct forge_work *work,
                                        const struct forge_plan_array *array,
                                        const uint64_t *index)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t counts[FORGE_RANK_MAX], total = 0;

    if (!forge_grid_shape(counts, &total, from->rank, from->shape, array->object))
        return NULL; /* the plan was refused then */
    return &work->objects[array->first_object + forge_grid_number(from->rank, counts, index)];
}

bool forge_work_box(struct forge_region *out, const struct forge_work *work,
                    const struct forge_plan_array *array, const struct forge_region *task,
                    forge_work_wants *wants, const void *context)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t counts[FORGE_RANK_MAX], within[FORGE_RANK_MAX] = {0}, total;
    uint64_t low[FORGE_RANK_MAX], high[FORGE_RANK_MAX], index[FORGE_RANK_MAX];
    bool any = false;

    if (!forge_grid_shape(counts, &total, from->rank, task->count, array->object) || total == 0)
        return false;
    do {
        for (unsigned d = 0; d < from->rank; d++)
            index[d] = task->start[d] / array->object[d] + within[d];
        if (!wants(context, forge_work_at(work, array, index)))
            continue;
        for (unsigned d = 0; d < from->rank; d++) {
            low[d] = any ? forge_minimum(low[d], index[d]) : index[d];
            high[d] = any ? forge_maximum(high[d], index[d]) : index[d];
        }
        any = true;
    } while (forge_grid_next(within, from->rank, counts));
    *out = *task;
    for (unsigned d = 0; any && d < from->rank; d++) {
        uint64_t end = forge_minimum((high[d] + 1) * array->object[d], from->shape[d]);

        out->start[d] = low[d] * array->object[d];
        out->count[d] = end - out->start[d];
    }
    return any;
}

static bool is_to_be_written(const void *context, const struct forge_work_object *object)
{
    (void)context;
    return object->state == FORGE_WORK_WANTED;
}

bool forge_work_region(struct forge_region *out, const struct forge_work *work,
                       const struct forge_plan_array *array, const struct forge_region *task)
{
    return forge_work_box(out, work, array, task, is_to_be_written, NULL);
}

bool forge_work_list_tasks(struct forge_work *work, struct forge_error *err)
{
    const struct forge_plan *plan = work->plan;

    free(work->tasks);
    work->tasks = malloc((plan->tasks_count + 1) * sizeof *work->tasks);
    work->tasks_count = 0;
    if (!work->tasks)
        return forge_fail(err, FORGE_FAILED, "no memory for %llu tasks",
                          (unsigned long long)plan->tasks_count);
    for (uint64_t t = 0; t < plan->tasks_count; t++) {
        struct forge_region task, left;
        const struct forge_plan_array *array = forge_plan_task(plan, t, &task);

        if (forge_work_region(&left, work, array, &task))
            work->tasks[work->tasks_count++] = t;
    }
    return true;
}

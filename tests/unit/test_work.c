/* The objects of a plan as work: found by key and by path, asked for again by range, and what
 * of a task is left to write. Judged by loops over all objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/work.h"
#include "support/days.h"
#include "support/random.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define FINE "format: zarr, chunks: {time: 3, y: 2, x: 4}"

struct world {
    struct forge_recipe recipe;
    struct forge_plan plan;
    struct forge_work work;
};

static void open_work(struct world *world, const struct forge_work_range *again)
{
    struct forge_error err;

    if (!forge_work_open(&world->work, &world->plan, again, &err))
        fail_msg("%s", err.text);
}

static void open_world(struct world *world, const struct archive *archive)
{
    open_plan(&world->plan, &world->recipe, archive);
}

static void close_world(struct world *world)
{
    forge_work_close(&world->work);
    forge_plan_close(&world->plan);
    forge_recipe_close(&world->recipe);
}

/* Every file has the same bytes. */
static void make_all_equal(struct forge_plan *plan)
{
    for (uint64_t i = 0; i < plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;

        memset(&forge_plan_cell(plan, i, &grid, &at)->file.digest, 7,
               sizeof(struct forge_digest));
    }
}

static bool same_key(const struct forge_work_object *a, const struct forge_work_object *b)
{
    return memcmp(&a->key.digest, &b->key.digest, sizeof a->key.digest) == 0;
}

/* Objects with the key of one of them, as the table has them; each is another. */
static uint64_t count_by_key(const struct forge_work *work,
                             const struct forge_work_object *like, bool *itself)
{
    struct forge_work_object *object = NULL;
    uint64_t count = 0;

    *itself = false;
    while ((object = forge_work_by_key(work, &like->key.digest, object))) {
        assert_true(same_key(object, like));
        assert_false(object->key.unknown);
        *itself = *itself || object == like;
        count++;
    }
    return count;
}

static uint64_t check_tables(const struct forge_work *work)
{
    uint64_t duplicates = 0;

    for (uint64_t i = 0; i < work->plan->objects_count; i++) {
        struct forge_work_object *object = &work->objects[i];
        struct forge_text path = {0};
        uint64_t index[FORGE_RANK_MAX], same = 0;
        bool itself;

        assert_ptr_equal(forge_work_at(work, forge_plan_object(work->plan, i, index), index),
                         object);
        forge_work_path(&path, work, object);
        assert_ptr_equal(forge_work_by_path(work, forge_text_string(&path)), object);
        forge_text_add(&path, "x");
        assert_null(forge_work_by_path(work, forge_text_string(&path)));
        forge_text_clear(&path);
        for (uint64_t k = 0; k < work->plan->objects_count && !object->key.unknown; k++)
            same += !work->objects[k].key.unknown && same_key(&work->objects[k], object);
        assert_int_equal(count_by_key(work, object, &itself), same);
        assert_int_equal(itself, !object->key.unknown);
        duplicates += same > 1;
        assert_int_equal(object->state, FORGE_WORK_WANTED);
    }
    return duplicates;
}

static void objects_are_found_by_key_and_by_path(void **state)
{
    static const struct archive archives[] = {
        {.target = FINE},
        {.target = FINE, .unhashed = "20010105"},
        {.to = "2001-04-10", .target = "format: zarr, chunks: {time: 1}"},
        {.target = "format: zarr2, chunks: {time: 4, y: 3}"},
        {.target = "format: zarr, chunks: {time: 2, y: 2}, shards: {time: 4, y: 4}"},
        {.transforms = "keep: time"},
    };
    const struct forge_digest other = {{1, 2, 3}};
    uint64_t objects = 0, duplicates = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * LENGTH(archives); i++) {
        struct world world;
        uint64_t found;

        open_world(&world, &archives[i / 2]);
        if (i % 2 == 1)
            make_all_equal(&world.plan);
        open_work(&world, NULL);
        found = check_tables(&world.work);
        assert_true(i % 2 == 1 || found == 0);
        assert_null(forge_work_by_key(&world.work, &other, NULL));
        assert_null(forge_work_by_path(&world.work, ""));
        assert_null(forge_work_by_path(&world.work, "zarr.json"));
        objects += world.plan.objects_count;
        duplicates += found;
        close_world(&world);
    }
    assert_true(duplicates > 100);
    print_message("%llu objects of %zu plans, %llu with the key of another\n",
                  (unsigned long long)objects, 2 * LENGTH(archives),
                  (unsigned long long)duplicates);
}

/* An input that was not hashed: nothing may be taken for these objects. */
static void an_unknown_key_is_in_no_table(void **state)
{
    const struct archive archive = {.unhashed = "20010105"};
    struct world world;
    uint64_t unknown = 0;

    (void)state;
    open_world(&world, &archive);
    open_work(&world, NULL);
    for (uint64_t i = 0; i < world.plan.objects_count; i++) {
        if (!world.work.objects[i].key.unknown)
            continue;
        assert_null(forge_work_by_key(&world.work, &world.work.objects[i].key.digest, NULL));
        unknown++;
    }
    assert_int_equal(unknown, 3); /* of sst, ice and time */
    close_world(&world);
}

/* ---- asked for again ---- */

static bool must_be_forced(const struct world *world, uint64_t number,
                           const struct forge_work_range *again)
{
    uint64_t index[FORGE_RANK_MAX];
    const struct forge_plan_array *array = forge_plan_object(&world->plan, number, index);
    const struct forge_variable *variable = array->target.variable;
    struct forge_region held = forge_object_region(array, index);

    for (unsigned d = 0; d < variable->array->rank; d++) {
        for (uint64_t at = held.start[d]; at < held.start[d] + held.count[d]; at++) {
            if (again->dim && strcmp(variable->dims[d], again->dim) == 0 &&
                at >= again->first && at - again->first < again->count)
                return true;
        }
    }
    return false;
}

static unsigned check_forced(const struct world *world, const struct forge_work_range *again)
{
    unsigned forced = 0;

    for (uint64_t i = 0; i < world->plan.objects_count; i++) {
        assert_int_equal(world->work.objects[i].forced, must_be_forced(world, i, again));
        forced += world->work.objects[i].forced;
    }
    return forced;
}

static void a_range_is_asked_for_again(void **state)
{
    /* 10 days in chunks of 4: sst and ice have three objects each, mask, time, y, x one. */
    static const struct {
        struct forge_work_range again;
        unsigned forced;
    } rows[] = {
        {{NULL, 0, 0}, 0},    {{"time", 0, 0}, 0}, {{"time", 0, 1}, 3}, {{"time", 3, 1}, 3},
        {{"time", 4, 1}, 3},  {{"time", 3, 2}, 5}, {{"time", 9, 1}, 3}, {{"time", 0, 10}, 7},
        {{"y", 0, 1}, 8},     {{"y", 4, 1}, 0},    {{"x", 5, 1}, 8},    {{"depth", 0, 1}, 0},
        {{"time", 7, 99}, 5},
    };
    const struct archive plain = {0}, fine = {.target = FINE};
    struct world world;

    (void)state;
    open_world(&world, &plain);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        open_work(&world, &rows[i].again);
        if (check_forced(&world, &rows[i].again) != rows[i].forced)
            fail_msg("row %zu", i);
        forge_work_close(&world.work);
    }
    close_world(&world);
    open_world(&world, &fine);
    for (int i = 0; i < 200; i++) {
        static const char *const dims[] = {"time", "y", "x"};
        struct forge_work_range again = {dims[below(3)], below(4), 1 + below(10)};

        again.first += strcmp(again.dim, "time") == 0 ? below(7) : 0; /* that are there */

        open_work(&world, &again);
        check_forced(&world, &again);
        forge_work_close(&world.work);
    }
    close_world(&world);
    print_message("%zu ranges, and 200 at random\n", LENGTH(rows));
}

/* ---- what is left ---- */

/* The box of the wanted objects that lie in a task; false: none. */
static bool box_of(struct forge_region *out, const struct world *world,
                   const struct forge_plan_array *array, const struct forge_region *task)
{
    unsigned rank = array->target.variable->array->rank;
    uint64_t end[FORGE_RANK_MAX];
    bool any = false;

    for (uint64_t i = array->first_object; i < array->first_object + array->objects_count;
         i++) {
        uint64_t index[FORGE_RANK_MAX];
        struct forge_region held =
            forge_object_region(forge_plan_object(&world->plan, i, index), index);
        bool inside = world->work.objects[i].state == FORGE_WORK_WANTED;

        for (unsigned d = 0; d < rank; d++)
            inside = inside && held.start[d] >= task->start[d] &&
                     held.start[d] < task->start[d] + task->count[d];
        for (unsigned d = 0; d < rank && inside; d++) {
            uint64_t stop = held.start[d] + held.count[d];

            out->start[d] =
                any && out->start[d] < held.start[d] ? out->start[d] : held.start[d];
            end[d] = any && end[d] > stop ? end[d] : stop;
        }
        any = any || inside;
    }
    for (unsigned d = 0; d < rank && any; d++)
        out->count[d] = end[d] - out->start[d];
    return any;
}

/* Every task's region, and the list of tasks; how many tasks are left. */
static uint64_t check_tasks(struct world *world, uint64_t *smaller)
{
    struct forge_error err;
    uint64_t left = 0;

    assert_true(forge_work_list_tasks(&world->work, &err));
    for (uint64_t t = 0; t < world->plan.tasks_count; t++) {
        struct forge_region task, want, got;
        const struct forge_plan_array *array = forge_plan_task(&world->plan, t, &task);
        unsigned rank = array->target.variable->array->rank;
        bool any = box_of(&want, world, array, &task);

        assert_int_equal(forge_work_region(&got, &world->work, array, &task), any);
        if (!any)
            continue;
        assert_memory_equal(got.start, want.start, rank * sizeof *got.start);
        assert_memory_equal(got.count, want.count, rank * sizeof *got.count);
        *smaller += memcmp(got.count, task.count, rank * sizeof *got.count) != 0;
        assert_true(left < world->work.tasks_count);
        assert_int_equal(world->work.tasks[left++], t);
    }
    assert_int_equal(world->work.tasks_count, left);
    return left;
}

static void what_is_left_is_a_box_and_a_list_of_tasks(void **state)
{
    static const struct archive archives[] = {
        {.target = FINE},
        {.target = FINE, .workers = 3},
        {0},
        {.to = "2001-02-10", .target = "format: zarr, chunks: {time: 2, y: 3, x: 2}"},
        {.target = "format: zarr, chunks: {time: 2, y: 2}, shards: {time: 4, y: 4}"},
    };
    uint64_t smaller = 0, rounds = 0, most = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(archives); i++) {
        struct world world;

        open_world(&world, &archives[i]);
        open_work(&world, NULL);
        assert_int_equal(check_tasks(&world, &smaller), world.plan.tasks_count);
        for (unsigned round = 0; round < 60; round++, rounds++) {
            for (uint64_t k = 0; k < world.plan.objects_count; k++)
                world.work.objects[k].state = below(60) < round
                                                  ? (uint8_t)(FORGE_WORK_FOUND + below(3))
                                                  : FORGE_WORK_WANTED;
            check_tasks(&world, &smaller);
        }
        for (uint64_t k = 0; k < world.plan.objects_count; k++)
            world.work.objects[k].state = FORGE_WORK_WRITTEN;
        assert_int_equal(check_tasks(&world, &smaller), 0);
        if (world.plan.objects_count - world.plan.tasks_count > most)
            most = world.plan.objects_count - world.plan.tasks_count;
        close_world(&world);
    }
    assert_true(most > 20 && smaller > 100);
    print_message("%llu states of work, %llu regions smaller than their task\n",
                  (unsigned long long)rounds, (unsigned long long)smaller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_found_by_key_and_by_path),
        cmocka_unit_test(an_unknown_key_is_in_no_table),
        cmocka_unit_test(a_range_is_asked_for_again),
        cmocka_unit_test(what_is_left_is_a_box_and_a_list_of_tasks),
    };

    return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}

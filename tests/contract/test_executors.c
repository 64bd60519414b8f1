/* The contract of every executor, seen through the driver and alone: the same rows, the same
 * promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/world.h"

static const struct forge_executor_type *spied;
static unsigned spied_out, spied_most;

static void spy_submit(struct forge_executor *executor, const struct forge_unit *unit)
{
    spied_out++;
    spied_most = spied_out > spied_most ? spied_out : spied_most;
    spied->submit(executor, unit);
}

static bool spy_wait(struct forge_executor *executor, int wait_ms,
                     struct forge_outcome *outcome)
{
    bool ended = spied->wait(executor, wait_ms, outcome);

    assert_true(spied_out > 0);
    spied_out -= ended;
    return ended;
}

static void spy_close(struct forge_executor *executor)
{
    assert_int_equal(spied_out, 0);
    spied->close(executor);
}

static void never_more_than_two_units_a_worker_are_out(void **state)
{
    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(pipeline);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_executor_type spy = *driver.executor;
        struct forge_error err = {0};

        spied = driver.executor;
        spied_out = spied_most = 0;
        spy.submit = spy_submit;
        spy.wait = spy_wait;
        spy.close = spy_close;
        driver.executor = &spy;
        world->faults[0] = (struct fault){0, 17, FORGE_BAD_SOURCE, ALWAYS};
        world->faults[1] = (struct fault){1, 20, FORGE_SOURCE_IO, 2};
        assert_false(forge_driver_run(&driver, pipeline, 4, &err));
        assert_int_equal(spied_most, 2 * subjects[s].workers);
        free(world);
    }
}

static void executors_are_found_by_name(void **state)
{
    const struct forge_executor_type *const *all = forge_executor_all();

    (void)state;
    for (size_t i = 0; all[i]; i++) {
        assert_ptr_equal(forge_executor_find(all[i]->name), all[i]);
        assert_true(i == 0 || strcmp(all[i - 1]->name, all[i]->name) < 0);
        assert_true(all[i]->summary[0] != '\0');
    }
    assert_null(forge_executor_find("slrum"));
}

static void wait_comes_back_when_nothing_ended_in_time(void **state)
{
    static const struct forge_stage stages[] = {{.name = "write", .count = 1}};
    const struct forge_executor_type *type = forge_executor_find("threads");
    struct forge_executor *executor = NULL;
    struct world *world = open_world(stages);
    struct forge_unit unit = {.attempt = 1, .count = 1};
    struct forge_outcome outcome = {0};
    struct forge_error err = {0};

    (void)state;
    atomic_store(&world->held, true);
    assert_true(type->open(&executor, 1, perform, world, &err));
    type->submit(executor, &unit);
    assert_false(type->wait(executor, 0, &outcome));
    assert_false(type->wait(executor, 50, &outcome));
    atomic_store(&world->held, false);
    assert_true(type->wait(executor, -1, &outcome));
    assert_true(outcome.good);
    assert_int_equal(outcome.unit.count, 1);
    type->close(executor);
    free(world);
}

struct size_row {
    const char *name;
    unsigned workers;
    uint64_t tasks, size;
};

static void units_are_of_a_size_that_balances(void **state)
{
    static const struct size_row rows[] = {
        {"local", 1, 1000000, 1}, {"threads", 1, 0, 1},           {"threads", 1, 15, 1},
        {"threads", 1, 32, 2},    {"threads", 4, 640, 10},        {"threads", 4, 1000000, 64},
        {"threads", 8, 127, 1},   {"threads", 8, UINT64_MAX, 64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct forge_executor_type *type = forge_executor_find(rows[i].name);
        struct forge_executor *executor = NULL;
        struct forge_error err = {0};

        assert_true(type->open(&executor, rows[i].workers, perform, NULL, &err));
        assert_int_equal(type->unit_size(executor, rows[i].tasks), rows[i].size);
        type->close(executor);
    }
}

static void threads_refuse_a_number_of_workers_that_makes_no_sense(void **state)
{
    const struct forge_executor_type *type = forge_executor_find("threads");
    struct forge_executor *executor = NULL;
    struct forge_error err = {0};

    (void)state;
    assert_false(type->open(&executor, 0, perform, NULL, &err));
    assert_string_equal(err.text, "0 workers, must be 1 to 4096");
    assert_int_equal(err.code, FORGE_USAGE);
    assert_false(type->open(&executor, 4097, perform, NULL, &err));
    assert_null(executor);
}

static void run_shape(const struct subject *subject, uint64_t count, const uint64_t *unit_max)
{
    const struct forge_stage stages[] = {
        {.name = "fetch", .count = count, .unit_max = unit_max[0]},
        {.name = "scan", .count = count, .rule = FORGE_AFTER_SAME, .unit_max = unit_max[1]},
        {.name = "plan", .count = 3, .rule = FORGE_AFTER_ALL, .after = 1},
        {.name = "write",
         .count = count,
         .rule = FORGE_AFTER_SAME,
         .after = 1,
         .unit_max = unit_max[2]},
    };
    struct world *world = open_world(stages);
    struct forge_driver driver = driver_of(subject, world);
    struct forge_error err = {0};

    if (!forge_driver_run(&driver, stages, 4, &err))
        fail_msg("%s", err.text);
    check_world(subject, world);
    for (uint32_t s = 0; s < 4; s++) {
        assert_int_equal(total_tries(world, s), stages[s].count);
        assert_int_equal(world->last_done[s], stages[s].count);
        for (uint64_t i = 0; i < stages[s].count; i++) {
            if (atomic_load(&world->tries[s][i]) != 1)
                fail_msg("%s %u was tried %u times", stages[s].name, (unsigned)i,
                         atomic_load(&world->tries[s][i]));
        }
    }
    free(world);
}

static void every_task_is_performed_once_after_what_it_waits_for(void **state)
{
    static const uint64_t counts[] = {0, 1, 2, 63, 64, 65, 1000, 4999};
    static const uint64_t unit_max[][3] = {{0, 0, 0}, {1, 1, 1}, {1, 7, 0}, {64, 5, 1}};

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        for (size_t i = 0; i < 8; i++) {
            for (size_t j = 0; j < 4; j++)
                run_shape(&subjects[s], counts[i], unit_max[j]);
        }
    }
}

static void no_stages_are_a_run_that_succeeds(void **state)
{
    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(NULL);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};

        assert_true(forge_driver_run(&driver, NULL, 0, &err));
        free(world);
    }
}

static bool perform_nothing(void *context, const struct forge_unit *unit, uint64_t *failed,
                            struct forge_error *err)
{
    (void)failed;
    (void)err;
    atomic_fetch_add((atomic_ullong *)context, unit->count);
    return true;
}

static void a_million_empty_tasks_are_no_work(void **state)
{
    static const struct forge_stage stages[] = {
        {.name = "fetch", .count = 1000000},
        {.name = "write", .count = 1000000, .rule = FORGE_AFTER_SAME},
    };

    (void)state;
    for (size_t s = 0; s < SUBJECTS * 2; s++) {
        const struct subject *subject = &subjects[s / 2];
        atomic_ullong performed = 0;
        struct forge_driver driver = {.executor = forge_executor_find(subject->name),
                                      .workers = subject->workers,
                                      .perform = perform_nothing,
                                      .context = &performed};
        struct forge_error err = {0};
        double start = seconds();

        assert_true(forge_driver_run(&driver, stages, 1 + s % 2, &err));
        print_message("%s %u, %zu stages of a million empty tasks: %.2f s\n", subject->name,
                      subject->workers, 1 + s % 2, seconds() - start);
        assert_int_equal(atomic_load(&performed), 1000000 * (1 + s % 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executors_are_found_by_name),
        cmocka_unit_test(units_are_of_a_size_that_balances),
        cmocka_unit_test(threads_refuse_a_number_of_workers_that_makes_no_sense),
        cmocka_unit_test(wait_comes_back_when_nothing_ended_in_time),
        cmocka_unit_test(no_stages_are_a_run_that_succeeds),
        cmocka_unit_test(every_task_is_performed_once_after_what_it_waits_for),
        cmocka_unit_test(never_more_than_two_units_a_worker_are_out),
        cmocka_unit_test(a_million_empty_tasks_are_no_work),
    };

    return cmocka_run_group_tests_name("executors", tests, NULL, NULL);
}

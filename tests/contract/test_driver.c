/* The contract of the driver on every executor: order, failures, retries, cancellation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/world.h"

static void a_task_does_not_wait_for_the_neighbours_of_its_counterpart(void **state)
{
    static const struct forge_stage stages[] = {
        {.name = "fetch", .count = 500, .unit_max = 1},
        {.name = "write", .count = 500, .rule = FORGE_AFTER_SAME, .unit_max = 1},
    };

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};
        unsigned last_fetch = 0, first_write = UINT32_MAX;

        assert_true(forge_driver_run(&driver, stages, 2, &err));
        check_world(&subjects[s], world);
        for (size_t i = 0; i < 500; i++) {
            unsigned fetched = atomic_load(&world->ended_at[0][i]);
            unsigned written = atomic_load(&world->ended_at[1][i]);

            last_fetch = fetched > last_fetch ? fetched : last_fetch;
            first_write = written < first_write ? written : first_write;
        }
        assert_true(first_write < last_fetch);
        free(world);
    }
}

struct failure_row {
    const char *what;
    struct fault faults[6];
    const char *text;
    uint64_t good[4]; /* tasks that end well; UINT64_MAX: whatever */
    enum forge_code code;
    unsigned tries; /* of the task of the first fault */
    unsigned failed_calls, retried_calls;
    bool fail_fast;
};

static const struct failure_row failure_rows[] = {
    {.what = "a broken task is named, what follows it is left out, the rest finishes",
     .faults = {{0, 17, FORGE_BAD_SOURCE, ALWAYS}},
     .text = "fetch 17: no such luck",
     .code = FORGE_BAD_SOURCE,
     .good = {99, 99, 99, 0},
     .tries = 1,
     .failed_calls = 1},
    {.what = "the same in the middle of the pipeline",
     .faults = {{1, 99, FORGE_FAILED, ALWAYS}},
     .text = "scan 99: no such luck",
     .code = FORGE_FAILED,
     .good = {100, 99, 99, 0},
     .tries = 1,
     .failed_calls = 1},
    {.what = "of several the lowest is named",
     .faults = {{0, 50, FORGE_BAD_SOURCE, ALWAYS},
                {0, 49, FORGE_MISSING, ALWAYS},
                {0, 51, FORGE_BAD_SOURCE, ALWAYS},
                {0, 99, FORGE_BAD_SOURCE, ALWAYS}},
     .text = "fetch 49: no such luck (and 3 more)",
     .code = FORGE_MISSING,
     .good = {96, 96, 96, 0},
     .tries = 1,
     .failed_calls = 4},
    {.what = "of several stages the lowest is named",
     .faults = {{2, 0, FORGE_TARGET_IO, ALWAYS}, {1, 90, FORGE_BAD_SOURCE, ALWAYS}},
     .text = "scan 90: no such luck (and 1 more)",
     .code = FORGE_BAD_SOURCE,
     .good = {100, 99, 98, 0},
     .tries = 1,
     .failed_calls = 2},
    {.what = "trouble with a source that passes is tried again",
     .faults = {{0, 17, FORGE_SOURCE_IO, 2}, {1, 3, FORGE_SOURCE_IO, 1}},
     .good = {100, 100, 100, 10},
     .tries = 3,
     .retried_calls = 3},
    {.what = "every task of a unit has all its tries",
     .faults = {{0, 16, FORGE_SOURCE_IO, 2},
                {0, 17, FORGE_SOURCE_IO, 2},
                {0, 18, FORGE_SOURCE_IO, 2},
                {0, 19, FORGE_SOURCE_IO, 2}},
     .good = {100, 100, 100, 10},
     .tries = 3,
     .retried_calls = 8},
    {.what = "tries are bounded",
     .faults = {{0, 17, FORGE_SOURCE_IO, ALWAYS}},
     .text = "fetch 17: no such luck",
     .code = FORGE_SOURCE_IO,
     .good = {99, 99, 99, 0},
     .tries = 3,
     .failed_calls = 1,
     .retried_calls = 2},
    {.what = "a stage without attempts tries once",
     .faults = {{2, 17, FORGE_SOURCE_IO, 1}},
     .text = "write 17: no such luck",
     .code = FORGE_SOURCE_IO,
     .good = {100, 100, 99, 0},
     .tries = 1,
     .failed_calls = 1},
    {.what = "nothing but a source is tried again",
     .faults = {{0, 17, FORGE_TARGET_IO, 1}},
     .text = "fetch 17: no such luck",
     .code = FORGE_TARGET_IO,
     .good = {99, 99, 99, 0},
     .tries = 1,
     .failed_calls = 1},
    {.what = "fail fast: a run that passes passes",
     .fail_fast = true,
     .faults = {{0, 17, FORGE_SOURCE_IO, 2}},
     .good = {100, 100, 100, 10},
     .tries = 3,
     .retried_calls = 2},
    {.what = "fail fast: nothing more is started",
     .fail_fast = true,
     .faults = {{0, 0, FORGE_BAD_SOURCE, ALWAYS}},
     .text = "fetch 0: no such luck",
     .code = FORGE_BAD_SOURCE,
     .good = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0},
     .tries = 1,
     .failed_calls = 1},
};

static void run_failure_row(const struct subject *subject, const struct failure_row *row)
{
    struct world *world = open_world(pipeline);
    struct forge_driver driver = driver_of(subject, world);
    struct forge_error err = {0};
    bool good;

    memcpy(world->faults, row->faults, sizeof world->faults);
    driver.fail_fast = row->fail_fast;
    good = forge_driver_run(&driver, pipeline, 4, &err);
    check_world(subject, world);
    assert_string_equal(good ? "" : err.text, row->text ? row->text : "");
    assert_int_equal(good ? FORGE_OK : err.code, row->code);
    for (size_t s = 0; s < 4; s++) {
        if (row->good[s] != UINT64_MAX)
            assert_int_equal(atomic_load(&world->good[s]), row->good[s]);
    }
    assert_int_equal(atomic_load(&world->tries[row->faults[0].stage][row->faults[0].task]),
                     row->tries);
    assert_int_equal(world->failed_calls, row->failed_calls);
    assert_int_equal(world->retried_calls, row->retried_calls);
    /* What went well is not done again. */
    for (size_t s = 0; s < 4; s++)
        assert_true(total_tries(world, (uint32_t)s) <=
                    atomic_load(&world->good[s]) + world->failed_calls + world->retried_calls);
    free(world);
}

static void failures_are_named_retried_and_contained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failure_rows / sizeof failure_rows[0] * SUBJECTS; i++) {
        print_message("%s %u: %s\n", subjects[i % SUBJECTS].name,
                      subjects[i % SUBJECTS].workers, failure_rows[i / SUBJECTS].what);
        run_failure_row(&subjects[i % SUBJECTS], &failure_rows[i / SUBJECTS]);
    }
}

static void fail_fast_leaves_at_most_what_was_out(void **state)
{
    static const struct forge_stage stages[] = {
        {.name = "write", .count = 5000, .unit_max = 1}};

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};

        world->faults[0] = (struct fault){0, 100, FORGE_TARGET_IO, ALWAYS};
        world->wall = 100;
        driver.fail_fast = true;
        assert_false(forge_driver_run(&driver, stages, 1, &err));
        check_world(&subjects[s], world);
        assert_string_equal(err.text, "write 100: no such luck");
        assert_in_range(total_tries(world, 0), 101, 101 + 4 * subjects[s].workers);
        free(world);
    }
}

static void a_run_that_is_cancelled_starts_nothing_more(void **state)
{
    static const struct forge_stage stages[] = {
        {.name = "write", .count = 5000, .unit_max = 1}};

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};

        world->cancel_task = 100;
        world->faults[0] = (struct fault){0, 50, FORGE_BAD_SOURCE, ALWAYS};
        world->faults[1] = (struct fault){0, 100, FORGE_CANCELLED, ALWAYS};
        assert_false(forge_driver_run(&driver, stages, 1, &err));
        check_world(&subjects[s], world);
        assert_int_equal(err.code, FORGE_CANCELLED);
        assert_string_equal(err.text, "interrupted");
        assert_int_equal(world->failed_calls, 1);
        assert_in_range(total_tries(world, 0), 101, 101 + 4 * subjects[s].workers);
        free(world);
    }
}

static void a_run_cancelled_when_all_was_done_is_done(void **state)
{
    static const struct forge_stage stages[] = {{.name = "write", .count = 10, .unit_max = 1}};

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};

        world->cancel_task = 9;
        assert_true(forge_driver_run(&driver, stages, 1, &err));
        assert_true(atomic_load(&world->cancelled));
        free(world);
    }
}

static void *cancel_soon(void *argument)
{
    struct world *world = argument;

    nap(100000);
    atomic_store(&world->cancelled, true);
    return NULL;
}

static void no_wait_for_a_retry_outlasts_a_cancellation(void **state)
{
    static const struct forge_stage stages[] = {{.name = "fetch", .count = 1, .attempts = 5}};

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};
        double start = seconds();
        pthread_t thread;

        driver.retry_ms = 30000;
        world->faults[0] = (struct fault){0, 0, FORGE_SOURCE_IO, ALWAYS};
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, world), 0);
        assert_false(forge_driver_run(&driver, stages, 1, &err));
        pthread_join(thread, NULL);
        assert_int_equal(err.code, FORGE_CANCELLED);
        assert_int_equal(world->retried_calls, 1);
        assert_true(seconds() - start < 10);
        free(world);
    }
}

static void a_task_that_waits_for_its_next_try_holds_up_nobody(void **state)
{
    static const struct forge_stage stages[] = {
        {.name = "fetch", .count = 200, .attempts = 2, .unit_max = 1},
        {.name = "write", .count = 200, .rule = FORGE_AFTER_SAME, .unit_max = 1},
    };

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s += 2) {
        struct world *world = open_world(stages);
        struct forge_driver driver = driver_of(&subjects[s], world);
        struct forge_error err = {0};

        driver.retry_ms = 800;
        world->faults[0] = (struct fault){0, 0, FORGE_SOURCE_IO, 1};
        assert_true(forge_driver_run(&driver, stages, 2, &err));
        check_world(&subjects[s], world);
        assert_in_range(world->wait_ms, 400, 800);
        assert_int_equal(atomic_load(&world->ended_at[0][0]), 399);
        assert_int_equal(atomic_load(&world->ended_at[1][0]), 400);
        free(world);
    }
}

static void progress_is_told_while_a_long_task_runs(void **state)
{
    static const struct forge_stage stages[] = {{.name = "write", .count = 1}};
    static const struct subject threads = {"threads", 1};
    struct world *world = open_world(stages);
    struct forge_driver driver = driver_of(&threads, world);
    struct forge_error err = {0};

    (void)state;
    world->sleep_us = 700000;
    assert_true(forge_driver_run(&driver, stages, 1, &err));
    check_world(&threads, world);
    assert_true(world->progress_calls >= 2);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_does_not_wait_for_the_neighbours_of_its_counterpart),
        cmocka_unit_test(failures_are_named_retried_and_contained),
        cmocka_unit_test(fail_fast_leaves_at_most_what_was_out),
        cmocka_unit_test(a_run_that_is_cancelled_starts_nothing_more),
        cmocka_unit_test(a_run_cancelled_when_all_was_done_is_done),
        cmocka_unit_test(no_wait_for_a_retry_outlasts_a_cancellation),
        cmocka_unit_test(a_task_that_waits_for_its_next_try_holds_up_nobody),
        cmocka_unit_test(progress_is_told_while_a_long_task_runs),
    };

    return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}

/* No task takes for ever: who stops when told is tried again, who does not is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/watch.h"
#include "support/world.h"

/* What the task BAD does, as often as `bad_tries` says; the others are done at once. */
enum behaviour { WAITS_FOR_STOP, WAITS_FOR_RELEASE, FAILS_WHEN_STOPPED, TAKES_A_WHILE };

#define BAD 2
#define UNIT 6 /* tasks in one, where there is one worker and 16 units */

struct clock {
    enum behaviour behaviour;
    bool tells_tasks, one_worker, cancels; /* once the bad one is at work */
    atomic_uint bad_tries, performed;
    atomic_bool cancelled, released;
    /* kept by callbacks, in the driver's thread */
    unsigned hung_calls, retried_calls, failed_calls;
    struct forge_error told; /* by the last of them */
    double hung_after;
    double began;
};

static bool be_bad(struct clock *clock, struct forge_watch *watch, struct forge_error *err)
{
    switch (clock->behaviour) {
    case WAITS_FOR_STOP:
        while (!forge_watch_is_stopped(watch))
            nap(5000);
        return forge_fail(err, FORGE_CANCELLED, "interrupted");
    case FAILS_WHEN_STOPPED:
        while (!forge_watch_is_stopped(watch))
            nap(5000);
        return forge_fail(err, FORGE_BAD_SOURCE, "it is rubbish anyway");
    case WAITS_FOR_RELEASE:
        atomic_store(&clock->cancelled, clock->cancels);
        while (!atomic_load(&clock->released))
            nap(5000);
        return true;
    case TAKES_A_WHILE:
        break;
    }
    return true;
}

static bool watched_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                            struct forge_error *err)
{
    struct clock *clock = context;
    unsigned left;

    for (uint64_t t = unit->first; t < unit->first + unit->count; t++) {
        *failed = t;
        if (clock->tells_tasks)
            forge_watch_begin(unit->watch, 100 + t);
        if (clock->behaviour == TAKES_A_WHILE && t < UNIT)
            nap(300000);
        if (clock->behaviour == TAKES_A_WHILE && forge_watch_is_stopped(unit->watch))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        left = atomic_load(&clock->bad_tries);
        if (t == BAD && left > 0) {
            atomic_store(&clock->bad_tries, left - 1);
            forge_watch_reading(unit->watch, "in/b.nc");
            if (!be_bad(clock, unit->watch, err))
                return false;
        }
        atomic_fetch_add(&clock->performed, 1);
    }
    return true;
}

static void was_retried(void *context, const struct forge_outcome *outcome, uint64_t wait_ms)
{
    struct clock *clock = context;

    (void)wait_ms;
    clock->retried_calls++;
    clock->told = outcome->error;
}

static void has_failed(void *context, const struct forge_outcome *outcome)
{
    struct clock *clock = context;

    clock->failed_calls++;
    clock->told = outcome->error;
}

/* A process would end here. */
static void has_hung(void *context, const struct forge_error *err)
{
    struct clock *clock = context;

    clock->hung_calls++;
    clock->told = *err;
    clock->hung_after = seconds() - clock->began;
    nap(400000); /* the driver must not tell again */
    atomic_store(&clock->released, true);
}

static bool run_tasks(struct clock *clock, uint64_t deadline_ms, struct forge_error *err)
{
    const struct forge_stage stage = {.name = "write",
                                      .count = clock->one_worker ? UNIT * 16 : 6,
                                      .attempts = 2,
                                      .deadline_ms = deadline_ms};
    const struct forge_driver driver = {.executor = forge_executor_find("threads"),
                                        .workers = clock->one_worker ? 1 : 2,
                                        .perform = watched_perform,
                                        .context = clock,
                                        .cancelled = &clock->cancelled,
                                        .retry_ms = 1,
                                        .grace_ms = 300,
                                        .failed = has_failed,
                                        .retried = was_retried,
                                        .hung = has_hung,
                                        .hung_context = clock};

    *err = (struct forge_error){0};
    clock->began = seconds();
    return forge_driver_run(&driver, &stage, 1, err);
}

static void a_task_that_takes_too_long_is_stopped_and_tried_again(void **state)
{
    struct clock clock = {.behaviour = WAITS_FOR_STOP, .tells_tasks = true, .bad_tries = 1};
    struct forge_error err;

    (void)state;
    assert_true(run_tasks(&clock, 300, &err));
    assert_int_equal(clock.retried_calls, 1);
    assert_string_equal(clock.told.text,
                        "write/102 has not ended within 300 ms, reading in/b.nc");
    assert_int_equal(clock.told.code, FORGE_SOURCE_IO);
    assert_int_equal(atomic_load(&clock.performed), 6);
    assert_int_equal(clock.hung_calls, 0);
}

static void its_last_try_fails_the_run_and_all_others_are_done(void **state)
{
    struct clock clock = {.behaviour = WAITS_FOR_STOP, .tells_tasks = true, .bad_tries = 9};
    struct forge_error err;

    (void)state;
    assert_false(run_tasks(&clock, 300, &err));
    assert_int_equal(clock.retried_calls, 1);
    assert_int_equal(clock.failed_calls, 1);
    assert_int_equal(err.code, FORGE_SOURCE_IO);
    assert_string_equal(err.text, "write/102 has not ended within 300 ms, reading in/b.nc");
    assert_int_equal(atomic_load(&clock.performed), 5);
    assert_int_equal(clock.hung_calls, 0);
}

static void what_fails_by_itself_keeps_its_own_error(void **state)
{
    struct clock clock = {.behaviour = FAILS_WHEN_STOPPED, .tells_tasks = true, .bad_tries = 9};
    struct forge_error err;

    (void)state;
    assert_false(run_tasks(&clock, 300, &err));
    assert_int_equal(clock.retried_calls, 0);
    assert_string_equal(err.text, "it is rubbish anyway");
}

/* Six tasks of 300 ms in one unit: 1.8 s, but none of them takes longer than 1.5 s. */
static void the_time_of_each_task_is_its_own(void **state)
{
    struct clock clock = {.behaviour = TAKES_A_WHILE, .tells_tasks = true, .one_worker = true};
    struct forge_error err;

    (void)state;
    assert_true(run_tasks(&clock, 1500, &err));
    assert_int_equal(clock.retried_calls, 0);
    assert_int_equal(atomic_load(&clock.performed), UNIT * 16);
}

static void who_does_not_tell_its_tasks_is_timed_as_a_whole(void **state)
{
    struct clock clock = {.behaviour = TAKES_A_WHILE, .one_worker = true};
    struct forge_error err;

    (void)state;
    assert_true(run_tasks(&clock, 1500, &err));
    assert_int_equal(clock.retried_calls, 1);
    assert_string_equal(clock.told.text, "write/0 has not ended within 1500 ms");
}

static void without_a_deadline_a_task_takes_as_long_as_it_takes(void **state)
{
    struct clock clock = {.behaviour = TAKES_A_WHILE};
    struct forge_error err;

    (void)state;
    assert_true(run_tasks(&clock, 0, &err));
    assert_int_equal(atomic_load(&clock.performed), 6);
}

static void who_does_not_stop_when_told_is_left_behind(void **state)
{
    struct clock clock = {.behaviour = WAITS_FOR_RELEASE, .tells_tasks = true, .bad_tries = 1};
    struct forge_error err;

    (void)state;
    assert_true(run_tasks(&clock, 300, &err)); /* it came back, so that this test ends */
    assert_int_equal(clock.hung_calls, 1);
    assert_string_equal(clock.told.text,
                        "write/102 has not ended within 300 ms, reading in/b.nc");
    assert_non_null(strstr(clock.told.help, "it did not stop when it was told to"));
    assert_true(clock.hung_after >= 0.6 && clock.hung_after < 60);
    assert_int_equal(atomic_load(&clock.performed), 6);
}

static void nor_does_a_cancelled_run_wait_for_it(void **state)
{
    struct clock clock = {.behaviour = WAITS_FOR_RELEASE, .bad_tries = 1, .cancels = true};
    struct forge_error err;

    (void)state;
    assert_false(run_tasks(&clock, 0, &err));
    assert_int_equal(err.code, FORGE_CANCELLED);
    assert_int_equal(clock.hung_calls, 1);
    assert_int_equal(clock.told.code, FORGE_CANCELLED);
    assert_true(clock.hung_after >= 0.3 && clock.hung_after < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_takes_too_long_is_stopped_and_tried_again),
        cmocka_unit_test(its_last_try_fails_the_run_and_all_others_are_done),
        cmocka_unit_test(what_fails_by_itself_keeps_its_own_error),
        cmocka_unit_test(the_time_of_each_task_is_its_own),
        cmocka_unit_test(who_does_not_tell_its_tasks_is_timed_as_a_whole),
        cmocka_unit_test(without_a_deadline_a_task_takes_as_long_as_it_takes),
        cmocka_unit_test(who_does_not_stop_when_told_is_left_behind),
        cmocka_unit_test(nor_does_a_cancelled_run_wait_for_it),
    };

    return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL);
}

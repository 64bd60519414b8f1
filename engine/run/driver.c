#include "run/driver.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "run/frontier.h"
#include "run/retry.h"
#include "run/watch.h"

#define TICK_MS 250U
#define RETRY_MS 500U
#define GRACE_MS 60000U

struct run {
    const struct forge_driver *driver;
    const struct forge_stage *stages;
    size_t count;
    struct forge_executor *executor;
    struct forge_frontier *frontier;
    struct forge_retries retries;
    struct forge_watch *watches; /* one a worker */
    uint64_t looked_ms;          /* when all of them were looked at */
    uint64_t cancelled_ms;       /* when that was seen; 0: it was not */
    unsigned out;                /* units submitted and not back */
    bool stopping, cancelled, hung;
    uint64_t failures;
    struct forge_outcome first; /* the lowest failure of the lowest stage */
};

static void sleep_ms(uint64_t wait_ms)
{
    struct timespec wait = {(time_t)(wait_ms / 1000), (long)(wait_ms % 1000) * 1000000};

    nanosleep(&wait, NULL);
}

static void tell_progress(const struct run *run, uint32_t stage)
{
    const struct forge_driver *driver = run->driver;

    if (driver->progress)
        driver->progress(driver->context, stage, forge_frontier_done(run->frontier, stage),
                         run->stages[stage].count);
}

static void tick(const struct run *run)
{
    for (uint32_t i = 0; i < run->count; i++) {
        if (forge_frontier_is_busy(run->frontier, i))
            tell_progress(run, i);
    }
}

static bool was_cancelled(const struct forge_driver *driver)
{
    return driver->cancelled && atomic_load(driver->cancelled);
}

/* In whatever thread the executor has: the driver's perform, watched. */
static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    const struct run *run = context;
    const struct forge_driver *driver = run->driver;
    const struct forge_stage *stage = &run->stages[unit->stage];
    struct forge_unit watched = *unit;
    bool good;

    watched.watch = forge_watch_take(run->watches, driver->workers, unit);
    good = driver->perform(driver->context, &watched, failed, err);
    if (!good && err->code == FORGE_CANCELLED && forge_watch_is_stopped(watched.watch) &&
        !was_cancelled(driver))
        forge_watch_fail(watched.watch, stage->name, stage->deadline_ms, err);
    forge_watch_give_back(watched.watch);
    return good;
}

static void tell_hung(struct run *run, struct forge_watch *watch, uint32_t stage)
{
    const struct forge_driver *driver = run->driver;
    struct forge_error err;

    run->hung = true;
    if (run->cancelled)
        forge_fail(&err, FORGE_CANCELLED, "interrupted");
    else
        forge_watch_fail(watch, run->stages[stage].name, run->stages[stage].deadline_ms, &err);
    forge_fail_help(&err, "it did not stop when it was told to, so the run ends without it");
    driver->hung(driver->hung_context, &err);
}

/* Stop what has taken too long, and tell of what does not stop. */
static void watch(struct run *run)
{
    const struct forge_driver *driver = run->driver;
    const uint64_t now_ms = forge_now_ms();
    const uint64_t grace_ms = driver->grace_ms > 0 ? driver->grace_ms : GRACE_MS;

    if (now_ms - run->looked_ms < TICK_MS)
        return;
    run->looked_ms = now_ms;
    if (run->cancelled && run->cancelled_ms == 0)
        run->cancelled_ms = now_ms;
    for (unsigned i = 0; i < driver->workers; i++) {
        uint32_t stage;
        enum forge_overdue overdue;

        if (!forge_watch_stage(&stage, &run->watches[i]))
            continue;
        overdue = forge_watch_look(&run->watches[i], run->stages[stage].deadline_ms, grace_ms);
        if (run->cancelled && now_ms - run->cancelled_ms > grace_ms)
            overdue = FORGE_HUNG;
        if (overdue == FORGE_HUNG && driver->hung && !run->hung)
            tell_hung(run, &run->watches[i], stage);
    }
}

static void submit(struct run *run, const struct forge_unit *unit)
{
    run->driver->executor->submit(run->executor, unit);
    run->out++;
}

static void submit_ready(struct run *run)
{
    struct forge_unit unit;

    while (!run->stopping && run->out < 2 * run->driver->workers &&
           (forge_retries_take(&run->retries, forge_now_ms(), &unit) ||
            forge_frontier_next(run->frontier, &unit)))
        submit(run, &unit);
}

static bool is_lower(const struct forge_outcome *a, const struct forge_outcome *b)
{
    if (a->unit.stage != b->unit.stage)
        return a->unit.stage < b->unit.stage;
    return a->failed < b->failed;
}

static void retry(struct run *run, const struct forge_outcome *outcome, uint32_t tries)
{
    const struct forge_driver *driver = run->driver;
    const struct forge_unit *unit = &outcome->unit;
    struct forge_unit next = {.stage = unit->stage,
                              .attempt = tries + 1,
                              .first = outcome->failed,
                              .count = unit->first + unit->count - outcome->failed};
    struct forge_unit failed = {.stage = unit->stage, .attempt = tries, .first = next.first};
    uint64_t wait_ms =
        forge_retry_backoff(&failed, driver->retry_ms > 0 ? driver->retry_ms : RETRY_MS);

    forge_retries_add(&run->retries, &next, forge_now_ms() + wait_ms);
    if (driver->retried)
        driver->retried(driver->context, outcome, wait_ms);
}

/* A task has failed for good; the tasks of its unit behind it go on. */
static void give_up(struct run *run, const struct forge_outcome *outcome)
{
    const struct forge_driver *driver = run->driver;
    struct forge_unit rest = {.stage = outcome->unit.stage,
                              .attempt = 1,
                              .first = outcome->failed + 1,
                              .count = outcome->unit.first + outcome->unit.count -
                                       outcome->failed - 1};

    if (run->failures++ == 0 || is_lower(outcome, &run->first))
        run->first = *outcome;
    forge_frontier_end(run->frontier, rest.stage, outcome->failed, 1, false);
    if (driver->failed)
        driver->failed(driver->context, outcome);
    run->stopping = run->stopping || driver->fail_fast;
    if (rest.count > 0 && !run->stopping)
        submit(run, &rest);
}

static void settle_failure(struct run *run, const struct forge_outcome *outcome)
{
    const struct forge_unit *unit = &outcome->unit;
    uint32_t tries = outcome->failed == unit->first ? unit->attempt : 1;
    bool again =
        outcome->error.code == FORGE_SOURCE_IO && tries < run->stages[unit->stage].attempts;

    assert(outcome->failed >= unit->first && outcome->failed - unit->first < unit->count);
    forge_frontier_end(run->frontier, unit->stage, unit->first, outcome->failed - unit->first,
                       true);
    /* Neither a task that was told to stop nor one that had tries left has failed. */
    if (run->stopping && (again || outcome->error.code == FORGE_CANCELLED))
        return;
    if (again)
        retry(run, outcome, tries);
    else
        give_up(run, outcome);
}

static void check_cancelled(struct run *run)
{
    if (was_cancelled(run->driver))
        run->cancelled = run->stopping = true;
}

static void settle(struct run *run, const struct forge_outcome *outcome)
{
    const struct forge_unit *unit = &outcome->unit;

    run->out--;
    check_cancelled(run);
    if (outcome->good)
        forge_frontier_end(run->frontier, unit->stage, unit->first, unit->count, true);
    else
        settle_failure(run, outcome);
    tell_progress(run, unit->stage);
}

static void run_to_the_end(struct run *run)
{
    for (;;) {
        struct forge_outcome outcome = {0};
        uint64_t wait_ms;

        check_cancelled(run);
        watch(run);
        submit_ready(run);
        if (run->out == 0 && (run->stopping || run->retries.count == 0))
            break;
        wait_ms = forge_retries_wait(&run->retries, forge_now_ms(), TICK_MS);
        if (run->out == 0)
            sleep_ms(wait_ms);
        else if (run->driver->executor->wait(run->executor, (int)wait_ms, &outcome))
            settle(run, &outcome);
        if (outcome.unit.count == 0)
            tick(run);
    }
}

static bool report(const struct run *run, struct forge_error *err)
{
    size_t used;

    if (forge_frontier_is_complete(run->frontier))
        return true;
    if (run->cancelled)
        return forge_fail(err, FORGE_CANCELLED, "interrupted");
    assert(run->failures > 0);
    *err = run->first.error;
    used = strlen(err->text);
    if (run->failures > 1)
        snprintf(err->text + used, sizeof err->text - used, " (and %" PRIu64 " more)",
                 run->failures - 1);
    return false;
}

static bool open_frontier(struct run *run, struct forge_error *err)
{
    const struct forge_driver *driver = run->driver;
    uint64_t *sizes = calloc(run->count + 1, sizeof *sizes);
    bool good;

    if (!sizes)
        return forge_fail(err, FORGE_FAILED, "no memory for %zu stages", run->count);
    for (size_t i = 0; i < run->count; i++) {
        const struct forge_stage *stage = &run->stages[i];

        sizes[i] = driver->executor->unit_size(run->executor, stage->count);
        if (stage->unit_max > 0)
            sizes[i] = forge_minimum(sizes[i], stage->unit_max);
    }
    good = forge_frontier_open(&run->frontier, run->stages, sizes, run->count, err);
    free(sizes);
    return good;
}

bool forge_driver_run(const struct forge_driver *driver, const struct forge_stage *stages,
                      size_t count, struct forge_error *err)
{
    struct run run = {.driver = driver, .stages = stages, .count = count};
    bool good = false;

    if (!driver->executor->open(&run.executor, driver->workers, perform, &run, err))
        return false;
    run.watches = forge_watches_open(driver->workers);
    if (!run.watches) {
        forge_fail(err, FORGE_FAILED, "no memory for %u workers", driver->workers);
        goto out;
    }
    if (!open_frontier(&run, err))
        goto out;
    run_to_the_end(&run);
    good = report(&run, err);
out:
    forge_retries_clear(&run.retries);
    forge_frontier_close(run.frontier);
    driver->executor->close(run.executor);
    forge_watches_close(run.watches, driver->workers);
    return good;
}

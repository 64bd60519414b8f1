/* world.h: stages whose tasks do nothing but keep account, for the contract of driver and
 * executors. A fault table says which tasks fail, how often, and with what.
 */
#ifndef FORGE_TESTS_WORLD_H
#define FORGE_TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run/driver.h"

struct subject {
    const char *name;
    unsigned workers;
};

static const struct subject subjects[] = {
    {"local", 1}, {"local", 4}, {"threads", 1}, {"threads", 2}, {"threads", 8}};

#define SUBJECTS (sizeof subjects / sizeof subjects[0])
#define STAGES_MAX 4
#define TASKS_MAX 5000

/* A task that fails so many times. */
struct fault {
    uint32_t stage;
    uint64_t task;
    enum forge_code code;
    unsigned times;
};

struct world {
    const struct forge_stage *stages;
    struct fault faults[6];
    uint32_t cancel_stage;
    uint64_t cancel_task; /* sets `cancelled`; UINT64_MAX: none */
    uint64_t wall; /* tasks behind it do not end before a failure was told; UINT64_MAX: none */
    unsigned sleep_us;

    atomic_bool cancelled, held; /* tasks do not end while held */
    atomic_bool told;            /* of a failure, in the driver's thread */
    atomic_uint clock, busy, most_busy, out_of_order;
    atomic_uint tries[STAGES_MAX][TASKS_MAX], ended_at[STAGES_MAX][TASKS_MAX];
    atomic_uint good[STAGES_MAX];

    /* kept by callbacks, in the driver's thread */
    pthread_t driver_thread;
    unsigned progress_calls, failed_calls, retried_calls;
    uint64_t last_done[STAGES_MAX], wait_ms;
    bool strange;
};

static inline double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void nap(unsigned microseconds)
{
    struct timespec wait = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};

    nanosleep(&wait, NULL);
}

/* May this task start? What it counts on was written before by another thread. */
static inline bool may_start(struct world *world, uint32_t index, uint64_t task)
{
    const struct forge_stage *stage = &world->stages[index];

    if (stage->rule == FORGE_AFTER_ALL)
        return atomic_load(&world->good[stage->after]) == world->stages[stage->after].count;
    if (stage->rule == FORGE_AFTER_SAME)
        return atomic_load(&world->ended_at[stage->after][task]) > 0;
    return true;
}

static inline bool perform_task(struct world *world, uint32_t stage, uint64_t task,
                                struct forge_error *err)
{
    unsigned tries = atomic_fetch_add(&world->tries[stage][task], 1) + 1;

    if (!may_start(world, stage, task))
        atomic_fetch_add(&world->out_of_order, 1);
    if (stage == world->cancel_stage && task == world->cancel_task)
        atomic_store(&world->cancelled, true);
    if (world->sleep_us > 0)
        nap(world->sleep_us);
    while (atomic_load(&world->held) || (task > world->wall && !atomic_load(&world->told)))
        nap(1000);
    for (size_t i = 0; i < sizeof world->faults / sizeof world->faults[0]; i++) {
        const struct fault *fault = &world->faults[i];

        if (fault->times >= tries && fault->stage == stage && fault->task == task)
            return forge_fail(err, fault->code, "%s %llu: no such luck",
                              world->stages[stage].name, (unsigned long long)task);
    }
    atomic_store(&world->ended_at[stage][task], atomic_fetch_add(&world->clock, 1) + 1);
    atomic_fetch_add(&world->good[stage], 1);
    return true;
}

static inline bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                           struct forge_error *err)
{
    struct world *world = context;
    unsigned busy = atomic_fetch_add(&world->busy, 1) + 1;
    unsigned most = atomic_load(&world->most_busy);
    bool good = true;

    while (busy > most && !atomic_compare_exchange_weak(&world->most_busy, &most, busy))
        continue;
    for (uint64_t i = 0; i < unit->count && good; i++) {
        *failed = unit->first + i;
        good = perform_task(world, unit->stage, *failed, err);
    }
    atomic_fetch_sub(&world->busy, 1);
    return good;
}

static inline void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    struct world *world = context;

    world->progress_calls++;
    world->strange = world->strange || !pthread_equal(pthread_self(), world->driver_thread) ||
                     total != world->stages[stage].count || done > total ||
                     done < world->last_done[stage];
    world->last_done[stage] = done;
}

static inline void failed(void *context, const struct forge_outcome *outcome)
{
    struct world *world = context;

    world->failed_calls++;
    atomic_store(&world->told, true);
    world->strange = world->strange || outcome->good || outcome->error.text[0] == '\0';
}

static inline void retried(void *context, const struct forge_outcome *outcome, uint64_t wait_ms)
{
    struct world *world = context;

    world->retried_calls++;
    world->wait_ms += wait_ms;
    world->strange = world->strange || outcome->error.code != FORGE_SOURCE_IO;
}

static inline struct world *open_world(const struct forge_stage *stages)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->stages = stages;
    world->cancel_task = UINT64_MAX;
    world->wall = UINT64_MAX;
    world->driver_thread = pthread_self();
    return world;
}

static inline struct forge_driver driver_of(const struct subject *subject, struct world *world)
{
    return (struct forge_driver){.executor = forge_executor_find(subject->name),
                                 .workers = subject->workers,
                                 .perform = perform,
                                 .context = world,
                                 .cancelled = &world->cancelled,
                                 .retry_ms = 1,
                                 .progress = progress,
                                 .failed = failed,
                                 .retried = retried};
}

/* The promises that hold whatever happens. */
static inline void check_world(const struct subject *subject, const struct world *world)
{
    assert_int_equal(atomic_load(&world->out_of_order), 0);
    assert_int_equal(atomic_load(&world->busy), 0);
    assert_in_range(atomic_load(&world->most_busy), 0, subject->workers);
    assert_false(world->strange);
}

static inline uint64_t total_tries(const struct world *world, uint32_t stage)
{
    uint64_t total = 0;

    for (size_t i = 0; i < TASKS_MAX; i++)
        total += atomic_load(&world->tries[stage][i]);
    return total;
}

#define ALWAYS 1000

/* fetch 100 -> scan 100 (same) -> write 100 (same); check 10 after all of write. */
static const struct forge_stage pipeline[] = {
    {.name = "fetch", .count = 100, .attempts = 3, .unit_max = 4},
    {.name = "scan", .count = 100, .rule = FORGE_AFTER_SAME, .attempts = 3, .unit_max = 7},
    {.name = "write", .count = 100, .rule = FORGE_AFTER_SAME, .after = 1, .unit_max = 8},
    {.name = "check", .count = 10, .rule = FORGE_AFTER_ALL, .after = 2},
};

#endif

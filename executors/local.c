/* local.c: one unit at a time, in the caller's thread. For tests and debuggers. */
#include <stdlib.h>

#include "run/executor.h"

/* A unit is performed while it is waited for, so that the driver hears of each one at once. */
struct forge_executor {
    forge_perform *perform;
    void *context;
    struct forge_unit *inbox; /* a ring */
    unsigned room, first, count;
};

static void local_close(struct forge_executor *executor)
{
    if (executor)
        free(executor->inbox);
    free(executor);
}

static bool local_open(struct forge_executor **out, unsigned workers, forge_perform *perform,
                       void *context, struct forge_error *err)
{
    struct forge_executor *executor = calloc(1, sizeof *executor);

    if (!executor)
        return forge_fail(err, FORGE_FAILED, "no memory for the local executor");
    *executor = (struct forge_executor){.perform = perform, .context = context};
    executor->room = 2 * workers;
    executor->inbox = calloc(executor->room, sizeof *executor->inbox);
    if (!executor->inbox) {
        local_close(executor);
        return forge_fail(err, FORGE_FAILED, "no memory for the local executor");
    }
    *out = executor;
    return true;
}

static uint64_t local_unit_size(const struct forge_executor *executor, uint64_t tasks)
{
    (void)executor;
    (void)tasks;
    return 1;
}

static void local_submit(struct forge_executor *executor, const struct forge_unit *unit)
{
    executor->inbox[(executor->first + executor->count++) % executor->room] = *unit;
}

static bool local_wait(struct forge_executor *executor, int wait_ms,
                       struct forge_outcome *outcome)
{
    (void)wait_ms;
    outcome->unit = executor->inbox[executor->first];
    executor->first = (executor->first + 1) % executor->room;
    executor->count--;
    outcome->good =
        executor->perform(executor->context, &outcome->unit, &outcome->failed, &outcome->error);
    return true;
}

const struct forge_executor_type forge_executor_local = {
    .name = "local",
    .summary = "one unit at a time in this thread, whatever the number of workers",
    .open = local_open,
    .unit_size = local_unit_size,
    .submit = local_submit,
    .wait = local_wait,
    .close = local_close,
};

/* driver.h: run the stages of a plan on an executor, in order, to the end.
 *
 * Tasks are numbers and are never stored: a million of them cost two bits each, and
 * those only where a later stage follows task by task. One thread calls this,
 * and every callback but `perform` comes from that thread.
 *
 * A task that fails is tried again where that may help (FORGE_SOURCE_IO), after
 * a wait that doubles; else everything that does not depend on it still runs. So
 * it is with a task that passes its deadline (run/watch.h); an executor that
 * performs in the driver's own thread has none.
 */
#ifndef FORGE_RUN_DRIVER_H
#define FORGE_RUN_DRIVER_H

#include <stdatomic.h>

#include "run/executor.h"

enum forge_stage_rule {
    FORGE_AFTER_NONE,
    FORGE_AFTER_ALL,  /* starts when every task of the earlier stage is done */
    FORGE_AFTER_SAME, /* task i starts when task i of the earlier stage is done; equal counts */
};

struct forge_stage {
    const char *name; /* borrowed; for messages */
    uint64_t count;   /* tasks; may be 0 */
    enum forge_stage_rule rule;
    uint32_t after;       /* index of the earlier stage */
    uint64_t unit_max;    /* tasks in a unit at most; 0: the executor decides */
    unsigned attempts;    /* tries of a task; 0 is 1 */
    uint64_t deadline_ms; /* of a task, or of a unit that does not tell its tasks; 0: none */
};

struct forge_driver {
    const struct forge_executor_type *executor;
    unsigned workers;
    forge_perform *perform;       /* of units whose `attempt` counts from 1 */
    void *context;                /* of perform and of the callbacks */
    const atomic_bool *cancelled; /* borrowed; NULL: never */
    unsigned retry_ms;            /* wait before the second try; doubles up to 30 s; 0: 500 */
    bool fail_fast;               /* start nothing more once a task has failed for good */
    uint64_t grace_ms;            /* for a task to end that was told to stop; 0: a minute */

    /* Any of these may be NULL. `done` tasks of `total` ended well: told after each outcome,
     * and of every stage at work at least every 250 ms. */
    void (*progress)(void *context, uint32_t stage, uint64_t done, uint64_t total);
    /* outcome->failed has failed for good. */
    void (*failed)(void *context, const struct forge_outcome *outcome);
    /* outcome->failed will be tried again. */
    void (*retried)(void *context, const struct forge_outcome *outcome, uint64_t wait_ms);

    /* A task passed its deadline, or was cancelled, and has not ended within the grace. There
     * is no way to end its thread: this should end the process, and if it returns the driver
     * waits on. Told once. */
    void (*hung)(void *hung_context, const struct forge_error *err);
    void *hung_context;
};

/* True when every task was done. Else, whatever ran when: FORGE_CANCELLED when told to stop, or
 * the error of the lowest task that failed in the lowest stage, and how many more did. No unit
 * is out any more when this returns. */
FORGE_MUST_CHECK bool forge_driver_run(const struct forge_driver *driver,
                                       const struct forge_stage *stages, size_t count,
                                       struct forge_error *err);

#endif

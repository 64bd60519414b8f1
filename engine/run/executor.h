/* executor.h: a mailbox for units of work.
 *
 * An executor knows nothing of order, retries, resume or recipes. It takes
 * units, has them performed somewhere, and hands back outcomes; the driver does
 * the rest. A unit is a range of the tasks of one stage; it names its work by
 * numbers only, so that a process elsewhere can do it.
 *
 * To add one: executors/<name>.c with a `const struct forge_executor_type
 * forge_executor_<name>` and one line in executors/list.h.
 */
#ifndef FORGE_RUN_EXECUTOR_H
#define FORGE_RUN_EXECUTOR_H

#include <stdint.h>

#include "base/error.h"

struct forge_watch;

struct forge_unit {
    uint32_t stage;
    uint32_t attempt;
    uint64_t first, count; /* tasks */
    struct forge_watch
        *watch; /* set while it is performed: run/watch.h; NULL: nobody watches */
};

struct forge_outcome {
    struct forge_unit unit;
    bool good;
    uint64_t failed;          /* the task that failed, when not good */
    struct forge_error error; /* set when not good */
};

/* Does every task of a unit; called from any thread, for several units at once. On failure
 * *failed names the task. */
typedef bool forge_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                           struct forge_error *err);

struct forge_executor; /* each executor defines its own */

struct forge_executor_type {
    const char *name;
    const char *summary;

    /* `workers` units are performed at once. */
    bool (*open)(struct forge_executor **out, unsigned workers, forge_perform *perform,
                 void *context, struct forge_error *err);

    /* How many tasks a unit should have, of a stage with so many tasks. */
    uint64_t (*unit_size)(const struct forge_executor *executor, uint64_t tasks);

    /* Take a unit. The driver never has more than 2 * workers out. */
    void (*submit)(struct forge_executor *executor, const struct forge_unit *unit);

    /* Wait for one submitted unit to end, at most `wait_ms` (negative: for ever). False: none
     * ended in that time. Called only while one is out. */
    bool (*wait)(struct forge_executor *executor, int wait_ms, struct forge_outcome *outcome);

    /* Stop and free. Nothing is out when this is called. */
    void (*close)(struct forge_executor *executor);
};

/* executors/ */
const struct forge_executor_type *forge_executor_find(const char *name);
const struct forge_executor_type *const *forge_executor_all(void);

#endif

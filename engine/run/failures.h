/* failures.h: what failed in a run: a line of its log each, and a list of what failed for good.
 *
 * Not safe from several threads: the callbacks of a driver come from one.
 */
#ifndef FORGE_RUN_FAILURES_H
#define FORGE_RUN_FAILURES_H

#include "document/json.h"
#include "run/driver.h"
#include "run/runs.h"

/* {0} with a run is empty. */
struct forge_failures {
    struct forge_run *run; /* borrowed; NULL: there is no log */
    struct forge_text text;
    struct forge_json json; /* an array in `text`; not begun before something failed */
};

/* A task has failed, and will be tried again: a warning in the log. `input` is the url that the
 * task is about, or NULL. */
void forge_failures_retried(struct forge_failures *failures, const char *stage, uint64_t task,
                            const char *input, const struct forge_error *error);

/* A task has failed for good: an error in the log, and {"input" or "task", "text"} in the list.
 */
void forge_failures_add(struct forge_failures *failures, const char *stage, uint64_t task,
                        const char *input, const struct forge_error *error);

/* The list as a JSON array in `arena`; NULL: nothing failed. Clears it. */
const char *forge_failures_finish(struct forge_failures *failures, struct forge_arena *arena);

#endif

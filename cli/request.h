/* request.h: what `plan` and `bake` have in common. */
#ifndef FORGE_CLI_REQUEST_H
#define FORGE_CLI_REQUEST_H

#include "cli/command.h"
#include "cli/progress.h"
#include "run/bake.h"

#define RUN_HELP                                                                               \
    "  --executor NAME  where tasks run: threads (default) or local\n"                         \
    "  --workers N      tasks at once; default: as many as processors\n"                       \
    "  --memory SIZE    of all workers together, such as 256MiB; default: half of the "        \
    "machine's\n"                                                                              \
    "  --prune[=N]      only the first and last N (2) keys of every concat dimension\n"

/* The executor of that name, or why there is none. */
FORGE_MUST_CHECK bool request_executor(const struct forge_executor_type **out, const char *name,
                                       struct forge_error *err);

/* How many workers, and how much memory: what was said, or what the machine has. */
unsigned request_workers(const struct arguments *arguments);
uint64_t request_memory(const struct arguments *arguments);

/* Load the recipe and fill a request. Returns 0, or the exit status of what was told. Close the
 * recipe in both cases. */
int request_open(struct forge_bake_request *request, struct forge_recipe *recipe,
                 struct session *session, const struct arguments *arguments,
                 struct progress *progress);

#endif

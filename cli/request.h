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

/* Fill a request from arguments; false (told) when an executor is unknown. */
bool request_fill(struct forge_bake_request *request, struct session *session,
                  const struct arguments *arguments, const struct forge_recipe *recipe,
                  struct progress *progress);

#endif

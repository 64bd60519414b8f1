/* progress.h: how far a run is: a bar on a terminal, else a line every ten seconds. */
#ifndef FORGE_CLI_PROGRESS_H
#define FORGE_CLI_PROGRESS_H

#include <stdint.h>

#include "run/bake.h"

struct progress {
    bool terminal, quiet;
    const char *stage; /* that is shown */
    int64_t began_ms;  /* of the stage */
    int64_t shown_ms;
    bool open; /* a line without its end stands on the terminal */
};

/* A forge_progress_show; `context` is a struct progress. */
void progress_show(void *context, const struct forge_progress *now);

/* End the line, if one is open. */
void progress_end(struct progress *progress);

#endif

/* retry.h: units that wait for their next try. */
#ifndef FORGE_RUN_RETRY_H
#define FORGE_RUN_RETRY_H

#include "run/executor.h"

struct forge_retry {
    uint64_t due_ms;
    struct forge_unit unit;
};

/* A heap, the next one due on top. {0} is empty. */
struct forge_retries {
    struct forge_retry *items;
    size_t count, room;
};

void forge_retries_add(struct forge_retries *retries, const struct forge_unit *unit,
                       uint64_t due_ms);

/* Take a unit that is due; false when none is. */
bool forge_retries_take(struct forge_retries *retries, uint64_t now_ms,
                        struct forge_unit *unit);

/* Milliseconds until one is due, at most `most_ms`. */
uint64_t forge_retries_wait(const struct forge_retries *retries, uint64_t now_ms,
                            uint64_t most_ms);

void forge_retries_clear(struct forge_retries *retries);

/* How long to wait before the next try of a unit: doubles with each attempt up to 30 s, and is
 * spread over the upper half of that, so that units that failed together come back apart. */
uint64_t forge_retry_backoff(const struct forge_unit *unit, uint64_t first_ms);

#endif

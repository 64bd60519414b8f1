/* watch.h: what a unit is at, and since when; so that no task takes for ever.
 *
 * Whoever performs a unit says which of its tasks begins, and gives up with
 * FORGE_CANCELLED soon after `stop` is set: a reader does so by itself when its
 * `stopped` and `reading` are those of the watch. The driver makes of that
 * FORGE_SOURCE_IO, "write/17 has not ended within 1 h". Nobody watches where a
 * watch is NULL; every function takes that.
 */
#ifndef FORGE_RUN_WATCH_H
#define FORGE_RUN_WATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "run/executor.h"

struct forge_watch {
    atomic_bool stop;
    _Atomic(const char *) reading; /* url of the input file that is being read, or NULL; lives
                                      as long as the run */

    pthread_mutex_t lock; /* guards what follows */
    bool taken;           /* a unit is being performed */
    uint32_t stage;
    uint64_t task;                 /* as messages call it */
    uint64_t began_ms, stopped_ms; /* 0: it was not stopped */
};

/* A task begins; its time starts anew. `task` is its number, as messages call it. */
void forge_watch_begin(struct forge_watch *watch, uint64_t task);

/* The file that is read from now on; NULL: none. */
void forge_watch_reading(struct forge_watch *watch, const char *url);

bool forge_watch_is_stopped(const struct forge_watch *watch);

/* For a reader; NULL where nobody watches. */
const atomic_bool *forge_watch_stop(const struct forge_watch *watch);

/* The driver's. */

enum forge_overdue { FORGE_IN_TIME, FORGE_OVERDUE, FORGE_HUNG };

uint64_t forge_now_ms(void); /* of a clock that nobody sets */

/* One for each unit that can be performed at once. NULL: no memory. */
struct forge_watch *forge_watches_open(unsigned count);
void forge_watches_close(struct forge_watch *watches, unsigned count);

/* A free one, for this unit; NULL: there is none. Any thread. */
struct forge_watch *forge_watch_take(struct forge_watch *watches, unsigned count,
                                     const struct forge_unit *unit);
void forge_watch_give_back(struct forge_watch *watch);

/* The stage of the unit that has it; false: none has. */
bool forge_watch_stage(uint32_t *stage, struct forge_watch *watch);

/* Stop its task where that has taken longer than `deadline_ms` (0: for ever). FORGE_HUNG: it
 * was stopped more than `grace_ms` ago. */
enum forge_overdue forge_watch_look(struct forge_watch *watch, uint64_t deadline_ms,
                                    uint64_t grace_ms);

/* "write/17 has not ended within 1 h, reading in/day.nc", FORGE_SOURCE_IO. False. */
bool forge_watch_fail(struct forge_watch *watch, const char *stage, uint64_t deadline_ms,
                      struct forge_error *err);

#endif

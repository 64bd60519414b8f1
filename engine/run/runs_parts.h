/* runs_parts.h: what the files that implement runs.h share. Private to run. */
#ifndef FORGE_RUN_RUNS_PARTS_H
#define FORGE_RUN_RUNS_PARTS_H

#include <stdatomic.h>

#include "document/json.h"
#include "run/runs.h"

#define FORGE_RUN_ID_LENGTH 23 /* 20010203T040506Z-0123ab */

struct forge_run {
    struct forge_arena arena; /* owned: id, folder, request */
    const char *id, *folder;
    struct forge_run_request request;
    unsigned attempt;
    int alive, log;       /* descriptors, or -1 */
    atomic_int log_cause; /* errno of the first line that could not be written; 0: none */
    atomic_bool log_torn; /* the last line of the log has no end */
    atomic_llong look_ms; /* when to look for the marker again */
    atomic_bool cancelled;
};

int64_t forge_run_now_us(void);

/* 2001-02-03T04:05:06.000007Z, in UTC; 0 when it is no such text. */
const char *forge_run_time_print(struct forge_arena *arena, int64_t time_us);
int64_t forge_run_time_read(const char *text);

/* A file of a run's folder, whole or not there, durable. */
FORGE_MUST_CHECK bool forge_run_file_write(const char *folder, const char *name,
                                           const char *text, struct forge_error *err);
/* NULL where it is not there, cannot be read, or is larger than any such file. */
const char *forge_run_file_read(const char *folder, const char *name,
                                struct forge_arena *arena);

const char *forge_run_folder(const struct forge_bakery *bakery, const char *id);

/* One more attempt begins now. */
FORGE_MUST_CHECK bool forge_run_attempt_add(const char *folder, struct forge_arena *arena,
                                            struct forge_error *err);

/* How many attempts there were, and when the first and the last of them began. */
unsigned forge_run_attempts(const char *folder, struct forge_arena *arena, int64_t *first_us,
                            int64_t *last_us);

void forge_run_request_json(struct forge_text *out, const struct forge_run_request *request);

/* False: it is not there, or damaged; then it is empty. */
bool forge_run_request_read(struct forge_run_request *request, const char *folder,
                            struct forge_arena *arena);

/* Is its process there? */
bool forge_run_is_alive(const char *folder, struct forge_arena *arena);

FORGE_MUST_CHECK bool forge_run_log_open(struct forge_run *run, struct forge_error *err);

#endif

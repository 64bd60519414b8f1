/* runs.h: every run has a folder, a log and an end, also one that could not even start.
 *
 *     BAKERY/state/runs/RUN/request.json   what was asked for: enough to do it again
 *     BAKERY/state/runs/RUN/recipe.yaml    the recipe as it was (absent: it could not be read)
 *     BAKERY/state/runs/RUN/log.jsonl      what happened, a line each, appended
 *     BAKERY/state/runs/RUN/attempts       when each attempt began, a line each
 *     BAKERY/state/runs/RUN/end.json       how it ended; not there: it runs, or it died
 *     BAKERY/state/runs/RUN/alive          locked as long as its process lives
 *     BAKERY/state/runs/RUN/cancel         somebody asks it to stop
 *
 * RUN is <time>-<6 hexadecimal digits>. A run that is resumed or retried keeps
 * its name and its request (with the moment that "now" meant) and gets another
 * attempt.
 */
#ifndef FORGE_RUN_RUNS_H
#define FORGE_RUN_RUNS_H

#include "base/text.h"
#include "catalog/bakery.h"

/* What was asked for; in the arena of whoever read it. */
struct forge_run_request {
    const char *dataset; /* "" where the recipe could not be read */
    const char *recipe;  /* absolute path; relative paths in the recipe start in its folder */
    const char *recipe_text; /* NULL where it could not be read */
    const char *executor;
    unsigned workers;
    uint64_t memory_bytes;
    uint64_t prune;
    const char *only;  /* "time=2004..2006", or NULL */
    const char *drift; /* "accept" or "fail" */
    bool fail_fast;
    uint64_t deadline_ms; /* of a task; 0: none */
    int64_t now_us;       /* what "now" means */
};

enum forge_run_state {
    FORGE_RUN_RUNNING,
    FORGE_RUN_PUBLISHED,
    FORGE_RUN_UNCHANGED, /* there was nothing to do */
    FORGE_RUN_FAILED,
    FORGE_RUN_CANCELLED,
    FORGE_RUN_DIED, /* no end, and its process is gone */
};
const char *forge_run_state_name(enum forge_run_state state);

struct forge_run; /* of this process; log from any thread */

/* Begin a new run: its folder, request, log and lock. */
FORGE_MUST_CHECK bool forge_run_begin(struct forge_run **out, const struct forge_bakery *bakery,
                                      const struct forge_run_request *request,
                                      struct forge_error *err);

/* Begin another attempt of a run (its id, a head of it, or "last"); FORGE_LOCKED while it is
 * running, FORGE_USAGE when it has nothing left to do or there is no such run. Fills `request`
 * from its folder, in the bakery's arena. */
FORGE_MUST_CHECK bool forge_run_again(struct forge_run **out, struct forge_run_request *request,
                                      const struct forge_bakery *bakery, const char *id,
                                      struct forge_error *err);

/* The recipe was read: it is about this dataset. */
FORGE_MUST_CHECK bool forge_run_set_dataset(struct forge_run *run, const char *dataset,
                                            struct forge_error *err);

const char *forge_run_id(const struct forge_run *run);
unsigned forge_run_attempt(const struct forge_run *run);

/* One line of the log: what happened, and what to (each may be NULL). Never fails: a log that
 * cannot be written must not end a run; forge_run_close tells. */
struct forge_log_entry {
    const char *level; /* "info", "warning", "error" */
    const char *stage; /* "fetch", "scan", "write", .. */
    const char *task;  /* "write/17" */
    const char *input; /* url */
    const char *text;
};
void forge_run_log(struct forge_run *run, const struct forge_log_entry *entry);

/* The same for an error, with its place and help. */
void forge_run_log_error(struct forge_run *run, const struct forge_log_entry *entry,
                         const struct forge_error *error);

/* Has somebody asked it to stop? Looks at the folder at most every 200 ms; any thread. */
bool forge_run_is_cancelled(struct forge_run *run);

/* How it ended. `error` where it failed, `version` where it published or stands; `report` is a
 * JSON object or NULL, `failed` a JSON array of {"input" or "task", "text"}, or of mistakes of
 * the recipe, or NULL. */
struct forge_run_end {
    enum forge_run_state state;
    const struct forge_error *error;
    const char *version, *report, *failed;
};
/* Write end.json and give up the lock. Frees the run, whatever comes of it. False: the end or a
 * line of the log could not be written. */
FORGE_MUST_CHECK bool forge_run_close(struct forge_run *run, const struct forge_run_end *end,
                                      struct forge_error *err);

/* A run as others see it. */
struct forge_run_info {
    const char *id;
    struct forge_run_request request;
    enum forge_run_state state;
    unsigned attempts;
    int64_t began_us, ended_us; /* ended_us 0: it has not */
    int64_t attempt_us;         /* when the last attempt began */
    const char *error, *help;   /* NULL unless it failed; `error` begins with its place */
    const char *version;        /* NULL unless it published or stands */
    const char *report;         /* JSON object, or NULL */
    const char *failed;         /* JSON array of what failed, or NULL */
    const char *log;            /* path */
};

/* All runs of a bakery, oldest first; or one of them (an unambiguous head of its id, or
 * "last"; FORGE_USAGE when there is none). Folders that are none are left out; what cannot be
 * read of one is left empty. */
FORGE_MUST_CHECK bool forge_runs_read(struct forge_run_info **runs, size_t *count,
                                      const struct forge_bakery *bakery,
                                      struct forge_error *err);
FORGE_MUST_CHECK bool forge_run_find(struct forge_run_info *run,
                                     const struct forge_bakery *bakery, const char *id,
                                     struct forge_error *err);

/* Ask a run to stop; fine when it has ended. */
FORGE_MUST_CHECK bool forge_run_cancel(const struct forge_run_info *run,
                                       const struct forge_bakery *bakery,
                                       struct forge_error *err);

#endif

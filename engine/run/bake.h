/* bake.h: from a recipe to a published version; and the half of it that `plan` needs.
 *
 *     prepare    fetch (hash), scan, combine, lay out
 *     bake       prepare, write, check, publish
 *
 * Work is done by `perform` on whatever executor is given; this module keeps
 * the order of steps and sums what was counted. A version appears whole, after
 * its checks, or not at all.
 */
#ifndef FORGE_RUN_BAKE_H
#define FORGE_RUN_BAKE_H

#include "catalog/provenance.h"
#include "run/driver.h"

struct forge_failures;
struct forge_known;
struct forge_run;
struct forge_scanners;

/* How far a run is, for people. `total` 0: not known yet. */
struct forge_progress {
    const char *stage; /* "scan", "write", .. */
    uint64_t done, total;
    uint64_t bytes; /* decoded by this stage so far */
};
typedef void forge_progress_show(void *context, const struct forge_progress *progress);

struct forge_bake_request {
    const struct forge_recipe *recipe;
    const char *recipe_path; /* absolute, as whoever asked wrote it: what provenance says; NULL:
                                the recipe's own */
    const char *bakery;      /* directory */
    const struct forge_executor_type *executor;
    unsigned workers;
    uint64_t memory_bytes;
    uint64_t prune;
    int64_t now_us;
    bool hash_inputs;      /* sha256 of every input: a bake does, a plan does not */
    const char *only;      /* "time=2004..2006": do the objects of that range again; or NULL */
    bool drift_fails;      /* an input that changed since the last version fails the run */
    bool fail_fast;        /* else all other work goes on to the end before the run fails */
    struct forge_run *run; /* its log, and who wants it to stop; NULL: none */
    struct forge_known *known;       /* inputs of earlier runs; NULL: nothing is known */
    struct forge_failures *failures; /* takes what failed; NULL: nobody asks. Made by a bake */
    struct forge_scanners *scanners;
    const atomic_bool *cancelled;
    uint64_t deadline_ms; /* of every task; 0: none */
    uint64_t grace_ms;    /* as in driver.h */
    /* As in driver.h: the report says what had failed until then. */
    void (*hung)(void *hung_context, const struct forge_error *err);
    void *hung_context;
    forge_progress_show *progress;
    void *progress_context;
};

/* What a run did. */
struct forge_run_report {
    struct forge_run_summary summary;
    const char *version, *path; /* published, or current; in the plan's arena */
    bool unchanged;             /* the current version is what this run would have written */
    const char *failed;         /* JSON array of {"input" or "task", "text"}: what failed for
                                   good; in the plan's arena; NULL: nothing did */
};

/* Resolve and fetch: find every input and its digest, if the request wants it hashed or it is
 * known. Close the plan in any case. `digests` gets one digest per cell, zero where there is no
 * file or it was not hashed; `file.hashed` of the cells says which. */
FORGE_MUST_CHECK bool forge_prepare_inputs(struct forge_plan *plan,
                                           const struct forge_bake_request *request,
                                           struct forge_digest **digests,
                                           struct forge_error *err);

/* What follows: scan, combine and lay out. */
FORGE_MUST_CHECK bool forge_prepare_scans(struct forge_plan *plan,
                                          const struct forge_bake_request *request,
                                          struct forge_error *err);

/* Both, and files are scanned as they are fetched. `digests` may be NULL. */
FORGE_MUST_CHECK bool forge_prepare(struct forge_plan *plan,
                                    const struct forge_bake_request *request,
                                    struct forge_digest **digests, struct forge_error *err);

/* Is every input still the file that was hashed and scanned? */
FORGE_MUST_CHECK bool forge_inputs_unchanged(const struct forge_plan *plan,
                                             struct forge_error *err);

/* Forget what is known of inputs that this plan does not have, when that is most of what is
 * known. Under the dataset's lock; does nothing for a plan that was pruned. */
FORGE_MUST_CHECK bool forge_inputs_compact(const struct forge_plan *plan,
                                           const struct forge_bake_request *request,
                                           struct forge_error *err);

/* All of it. The plan stays open for the caller to explain, and to close. */
FORGE_MUST_CHECK bool forge_bake(struct forge_plan *plan, struct forge_run_report *report,
                                 const struct forge_bake_request *request,
                                 struct forge_error *err);

#endif

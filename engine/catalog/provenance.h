/* provenance.h: where a version came from, beside its data.
 *
 *     provenance/recipe.yaml             as written
 *     provenance/recipe.json             the same as JSON, resolved: as forge_recipe_resolved
 * says provenance/inputs.jsonl.gz         one line for each file: url, size, sha256, times
 *     provenance/environment.json        forge, its libraries, the machine
 *     provenance/run.json                when and where it ran, and what it did
 *     provenance/ro-crate-metadata.json  all of it for programs that know RO-Crate
 *
 * docs/provenance.md has every key.
 */
#ifndef FORGE_CATALOG_PROVENANCE_H
#define FORGE_CATALOG_PROVENANCE_H

#include "array/reader.h"
#include "base/digest.h"
#include "catalog/environment.h"
#include "plan/plan.h"

struct forge_run_summary {
    uint64_t inputs, absent_inputs, input_bytes;
    uint64_t objects, objects_left_out, bytes_written; /* by this run */
    uint64_t objects_shared, bytes_copied; /* with earlier versions and attempts; bytes where
                                              the file system has no links */
    uint64_t check_chunks;                 /* that checks of values read back */
    uint64_t check_tasks_skipped;          /* of them: an older version holds the same check */
    struct forge_read_counts reads;        /* by write tasks */
    uint64_t memory_peak;                  /* of array blocks */
};

/* The circumstances of a run: here they belong, and never into the store. */
struct forge_run_record {
    const char *version, *executor;
    const char *run;    /* its id; NULL: it has none */
    unsigned attempt;   /* of the run, from 1 */
    const char *recipe; /* absolute path; NULL: found from the recipe's own */
    unsigned workers;
    uint64_t memory_bytes; /* the budget */
    int64_t now_us;        /* what "now" meant in the recipe */
    int64_t started_us, finished_us;
    const struct forge_library_version *libraries; /* as in environment.h */
    const char *failed; /* JSON array of what failed for good and was let pass; NULL: nothing */
    const char
        *drift; /* JSON array of inputs that changed since the last version; NULL: none */
    struct forge_run_summary summary;
};

/* One digest of all inputs, as inputs_list.h says. `digests` has one per cell of the plan. */
void forge_provenance_digest(struct forge_digest *out, const struct forge_plan *plan,
                             const struct forge_digest *digests);

/* Write the folder below a version's. */
FORGE_MUST_CHECK bool forge_provenance_write(const char *version_folder,
                                             const struct forge_plan *plan,
                                             const struct forge_digest *digests,
                                             const struct forge_run_record *record,
                                             struct forge_error *err);

/* The summary as one JSON object; the run's report shows the same. */
void forge_run_summary_json(struct forge_text *out, const struct forge_run_summary *summary);

#endif

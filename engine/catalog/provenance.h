/* provenance.h: where a version came from, beside its data.
 *
 *     provenance/recipe.yaml     as written
 *     provenance/recipe.json     the same as JSON, as it was understood
 *     provenance/inputs.jsonl.gz one line for each file: url, size, sha256, times
 *     provenance/run.json        when and where it ran, and what it did
 */
#ifndef FORGE_CATALOG_PROVENANCE_H
#define FORGE_CATALOG_PROVENANCE_H

#include "array/reader.h"
#include "base/digest.h"
#include "plan/plan.h"

struct forge_run_summary {
    uint64_t inputs, absent_inputs, input_bytes;
    uint64_t objects, objects_left_out, bytes_written;
    struct forge_read_counts reads; /* by write tasks */
    uint64_t memory_peak;           /* of array blocks */
};

/* The circumstances of a run: here they belong, and never into the store. */
struct forge_run_record {
    const char *version, *executor;
    unsigned workers;
    uint64_t memory_bytes; /* the budget */
    int64_t started_us, finished_us;
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

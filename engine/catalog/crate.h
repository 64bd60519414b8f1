/* crate.h: the provenance of a version as a Workflow Run RO-Crate.
 *
 * provenance/ro-crate-metadata.json, by RO-Crate 1.1 and the profiles Process Run
 * Crate 0.5, Workflow Run Crate 0.5 and Workflow RO-Crate 1.0: the recipe is the
 * workflow, forge the software that ran it, the bake an action from inputs to
 * data. The crate's root is the folder provenance/, so the data are ../data.zarr/.
 * Entities are in a fixed order, keys are sorted: only what the run itself says
 * (times, paths, versions of software) tells two of them apart.
 */
#ifndef FORGE_CATALOG_CRATE_H
#define FORGE_CATALOG_CRATE_H

#include "catalog/provenance.h"

#define FORGE_CRATE_INPUTS_MAX 1000 /* that are entities of their own; the list has all */

/* Another file of the folder. */
struct forge_crate_file {
    const char *name, *media, *about; /* "run.json", "application/json", what it tells */
    uint64_t size;
};

struct forge_crate {
    const struct forge_plan *plan;
    const struct forge_digest *digests; /* one per cell of the plan */
    const struct forge_run_record *record;
    const struct forge_crate_file *files; /* the first is the recipe as written, the second the
                                             list of inputs */
    size_t files_count;
};

void forge_crate_json(struct forge_text *out, const struct forge_crate *crate);

#endif

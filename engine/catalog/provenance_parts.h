/* provenance_parts.h: the files of the folder, one source file each. Private to provenance. */
#ifndef FORGE_CATALOG_PROVENANCE_PARTS_H
#define FORGE_CATALOG_PROVENANCE_PARTS_H

#include "catalog/inputs_list.h"
#include "catalog/provenance.h"
#include "document/json.h"

/* An input as it is listed. */
struct forge_input_record forge_input_record_of(const struct forge_cell *cell,
                                                const struct forge_digest *digest);

/* Visit every input that was looked for, in the order of the grids; stops where `visit` returns
 * false. */
bool forge_provenance_inputs(const struct forge_plan *plan, const struct forge_digest *digests,
                             forge_input_record_visit *visit, void *context,
                             struct forge_error *err);

/* provenance_run.c */
void forge_run_record_json(struct forge_text *out, const struct forge_plan *plan,
                           const struct forge_digest *digests,
                           const struct forge_run_record *record);

/* "2001-02-03T04:05:06Z". */
void forge_moment_print(struct forge_text *out, int64_t time_us);

#endif

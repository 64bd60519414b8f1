/* preview.h: what `plan` does: everything up to the first byte that would be written. */
#ifndef FORGE_RUN_PREVIEW_H
#define FORGE_RUN_PREVIEW_H

#include "run/bake.h"
#include "run/changes.h"

/* Prepare the plan and compare it with the current version of the dataset in the bakery, which
 * need not be there. Close the plan in both cases; the changes live in its arena. */
FORGE_MUST_CHECK bool forge_preview(struct forge_plan *plan, struct forge_changes *changes,
                                    const struct forge_bake_request *request,
                                    struct forge_error *err);

#endif

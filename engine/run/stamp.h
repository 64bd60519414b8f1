/* stamp.h: the root attributes that say what a store was made from.
 *
 * Only what any run of this recipe on these inputs would write: no clock, no
 * host, no run.
 */
#ifndef FORGE_RUN_STAMP_H
#define FORGE_RUN_STAMP_H

#include "run/bake.h"

/* `digests`: one per cell of the plan. */
void forge_stamp(struct forge_plan *plan, const struct forge_digest *digests);

/* And from when to when its values hold: valid_time_start and valid_time_stop, as
 * plan/valid_time.h finds them; neither is there where nothing is known. Values that are not in
 * memory are read. */
FORGE_MUST_CHECK bool forge_stamp_times(struct forge_plan *plan,
                                        const struct forge_bake_request *request,
                                        struct forge_error *err);

#endif

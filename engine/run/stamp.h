/* stamp.h: the root attributes that say what a store was made from.
 *
 * Only what any run of this recipe on these inputs would write: no clock, no
 * host, no run.
 */
#ifndef FORGE_RUN_STAMP_H
#define FORGE_RUN_STAMP_H

#include "plan/plan.h"

/* `digests`: one per cell of the plan. */
void forge_stamp(struct forge_plan *plan, const struct forge_digest *digests);

#endif

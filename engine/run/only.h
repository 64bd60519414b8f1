/* only.h: `bake --only time=2004..2006`: positions of a dimension by coordinate value. */
#ifndef FORGE_RUN_ONLY_H
#define FORGE_RUN_ONLY_H

#include "run/work.h"

/* "DIM=A..B", both ends inclusive, or "DIM=A"; as in `select:`. From the first position inside
 * to the last. The name is in the plan's arena. */
FORGE_MUST_CHECK bool forge_only_read(struct forge_work_range *range, struct forge_plan *plan,
                                      const char *text, struct forge_reader *reader,
                                      struct forge_error *err);

#endif

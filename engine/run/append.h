/* append.h: what a dataset that may grow keeps to (`append:` of a target).
 *
 * Its coordinate runs in one direction without overlaps, and what is new fits
 * what is stored: a new file may not turn packed integers into floats or
 * change the units of what others have read already.
 */
#ifndef FORGE_RUN_APPEND_H
#define FORGE_RUN_APPEND_H

#include "plan/plan.h"

/* After laying out. `current` is the folder of the current version, or NULL; it is compared as
 * long as the recipe does the same to its files, whichever it names: an edited `to:` is no
 * reason to let other units in. FORGE_BAD_SOURCE names the file. */
FORGE_MUST_CHECK bool forge_append_check(const struct forge_plan *plan, const char *current,
                                         struct forge_reader *reader, struct forge_error *err);

#endif

/* unchanged.h: is the current version what a run would write? Known before anything is scanned.
 *
 *     provenance/made-from.json    digests of recipe, inputs and what is done to
 *                                 them, versions of keys and scans
 *
 * The same recipe on the same inputs by a forge that writes the same bytes
 * makes the same version: then there is nothing to do.
 */
#ifndef FORGE_RUN_UNCHANGED_H
#define FORGE_RUN_UNCHANGED_H

#include "plan/plan.h"

#define FORGE_MADE_FROM "provenance/made-from.json"

/* Write it into the folder of a version. `digests`: one per cell of the plan. */
FORGE_MUST_CHECK bool forge_unchanged_write(const char *version_folder,
                                            const struct forge_plan *plan,
                                            const struct forge_digest *digests,
                                            struct forge_error *err);

/* Would this plan, whose inputs were fetched, make that version again? False also where an
 * input was not hashed, or what was written about the version cannot be read. */
bool forge_is_unchanged(const char *version_folder, const struct forge_plan *plan,
                        const struct forge_digest *digests);

/* Was that version made by a recipe that does the same to its files (transforms, target,
 * `each`), whichever files it names? */
bool forge_has_same_form(const char *version_folder, const struct forge_recipe *recipe);

/* Is every object that the version lists there, with its length? No bytes are read: that is
 * what verify is for. */
bool forge_has_all_objects(const char *version_folder, const char *store);

#endif

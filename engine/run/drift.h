/* drift.h: how the inputs of a plan differ from those that a version was made from.
 *
 * An input that has other bytes under the same url drifted: the archive was
 * corrected, or damaged. A bake accepts that and says so, or fails, as asked.
 */
#ifndef FORGE_RUN_DRIFT_H
#define FORGE_RUN_DRIFT_H

#include "run/bake.h"

struct forge_drifted {
    const char *url;
    struct forge_digest before, now;
};

/* In the order of the plan, `gone` in that of the version; each url once. */
struct forge_drift {
    struct forge_drifted *changed;
    const char **added, **gone;
    size_t changed_count, added_count, gone_count;
    size_t same_count, unknown_count; /* unknown: this plan did not hash them */
};

/* Compare with the inputs of a version. Everything lives in `arena`, urls are borrowed from the
 * plan. `digests`: one per cell. */
FORGE_MUST_CHECK bool forge_drift_find(struct forge_drift *drift, struct forge_arena *arena,
                                       const struct forge_plan *plan,
                                       const struct forge_digest *digests,
                                       const char *version_folder, struct forge_error *err);

/* Log what changed; with request->drift_fails an input that did is FORGE_BAD_SOURCE, and a list
 * that cannot be read an error. */
FORGE_MUST_CHECK bool forge_drift_check(const struct forge_plan *plan,
                                        const struct forge_digest *digests,
                                        const char *version_folder,
                                        const struct forge_bake_request *request,
                                        struct forge_error *err);

/* What changed, for provenance: a JSON array of {"before", "now", "url"} with digests, at most
 * 1,000 of them, in the arena. NULL: nothing did, or the version does not tell. */
const char *forge_drift_json(struct forge_arena *arena, const struct forge_plan *plan,
                             const struct forge_digest *digests, const char *version_folder);

#endif

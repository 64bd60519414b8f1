/* reuse.h: objects that were written before are shared, not written again.
 *
 * They are found by their keys: in the current version, in older ones, and in
 * what runs left behind that died or failed. What was published is durable and
 * is shared as it is; what was left behind is read and compared with its digest
 * first, for a power loss may have taken its bytes and left its name.
 */
#ifndef FORGE_RUN_REUSE_H
#define FORGE_RUN_REUSE_H

#include "catalog/bakery.h"
#include "run/bake.h"
#include "run/work.h"

/* What stands in the current version and would not in the new one. */
struct forge_reuse_removed {
    const char *variable; /* the folder of the objects: a variable that is no more, or shrank */
    uint64_t count;
};

struct forge_reuse {
    struct forge_work *work;
    struct forge_arena arena; /* owned */
    const char **folders;     /* searched: versions first, then leftovers; absolute */
    size_t folders_count, versions_count;
    struct forge_reuse_removed *removed;
    size_t removed_count;
    _Atomic uint64_t shared, copied_bytes, spoiled;
};

/* The folder of the current version, in the bakery's arena; NULL where there is none. */
const char *forge_current_folder(const struct forge_bakery *bakery, const char *name);

/* Find what there is: states become FOUND, `was` is set. Nothing is written. `current` is the
 * folder of the current version or NULL. Close it in both cases. */
FORGE_MUST_CHECK bool forge_reuse_find(struct forge_reuse *reuse, struct forge_work *work,
                                       const struct forge_bakery *bakery, const char *name,
                                       const char *current, struct forge_error *err);

/* Share all that was found into the folder of a new version; what turns out to be spoiled is
 * WANTED again, with a line in the run's log. */
FORGE_MUST_CHECK bool forge_reuse_share(struct forge_reuse *reuse,
                                        const struct forge_version *version,
                                        const struct forge_bake_request *request,
                                        struct forge_error *err);

void forge_reuse_close(struct forge_reuse *reuse);

#endif

/* bakery_parts.h: paths and links of a bakery, for the files of this folder.
 *
 * Paths are absolute, in the bakery's arena. What changes anything wants the
 * dataset's lock.
 */
#ifndef FORGE_CATALOG_BAKERY_PARTS_H
#define FORGE_CATALOG_BAKERY_PARTS_H

#include <sys/stat.h>

#include "catalog/history.h"

#define FORGE_STORE_NAME "data.zarr"
#define FORGE_PART_PREFIX ".part-" /* a version that is written, or was begun */
#define FORGE_GONE_PREFIX ".gone-" /* one that is being deleted */

/* BAKERY/KIND/NAME */
const char *forge_bakery_path(const struct forge_bakery *bakery, const char *kind,
                              const char *name);

/* When a file or folder was last changed. */
static inline int64_t forge_modified_us(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * 1000000 + status->st_mtim.tv_nsec / 1000;
}

/* Can it be the name of a dataset? FORGE_USAGE when it cannot. */
FORGE_MUST_CHECK bool forge_bakery_name_is_safe(const char *name, struct forge_error *err);

/* The names of folder KIND/NAME that begin with a prefix, or of all that are not hidden where
 * it is NULL; sorted by name as bytes. A folder that is not there has none. */
FORGE_MUST_CHECK bool forge_bakery_names(const char ***names, size_t *count,
                                         const struct forge_bakery *bakery, const char *kind,
                                         const char *name, const char *prefix,
                                         struct forge_error *err);

/* The version that datasets/NAME leads to, and since when (may be NULL); NULL: it is no link.
 */
const char *forge_link_version(const struct forge_bakery *bakery, const char *name,
                               int64_t *since_us);

/* Is this what forge calls versions: <time>-<8 hexadecimal digits>, maybe with a number? What
 * somebody put beside them is nothing of forge's. */
bool forge_version_is_id(const char *name);

/* Make a version current by renaming a link over datasets/NAME; on failure the old one is.
 * Nothing is durable before forge_link_sync. */
FORGE_MUST_CHECK bool forge_link_flip(const struct forge_bakery *bakery, const char *name,
                                      const char *id, struct forge_error *err);

/* Leave the dataset without a current version. */
FORGE_MUST_CHECK bool forge_link_remove(const struct forge_bakery *bakery, const char *name,
                                        struct forge_error *err);
FORGE_MUST_CHECK bool forge_link_sync(const struct forge_bakery *bakery,
                                      struct forge_error *err);

/* The link that is about to become datasets/NAME; whoever holds the lock may have it. */
const char *forge_link_next(const struct forge_bakery *bakery, const char *name);

/* As forge_history_read; `damaged`: a line that is not the last cannot be read, so what the
 * history does not know of may have been published all the same. */
FORGE_MUST_CHECK bool forge_history_load(struct forge_event **events, size_t *count,
                                         bool *damaged, const struct forge_bakery *bakery,
                                         const char *name, struct forge_error *err);

/* Bring history, link and folders of a dataset together where a process died between them. */
FORGE_MUST_CHECK bool forge_history_reconcile(const struct forge_bakery *bakery,
                                              const char *name, struct forge_error *err);

/* After a version was withdrawn: where it is current, make the newest that can be current, or
 * none. `now_current` may be NULL. */
FORGE_MUST_CHECK bool forge_withdraw_finish(const struct forge_bakery *bakery, const char *name,
                                            int64_t now_us, const char **now_current,
                                            struct forge_error *err);

/* Remove what dead and failed runs left. */
FORGE_MUST_CHECK bool forge_leftovers_remove(const struct forge_bakery *bakery,
                                             const char *name, struct forge_error *err);

#endif

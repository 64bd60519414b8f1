/* bakery.h: the directory where datasets are published, and its one atomic step.
 *
 *     BAKERY/datasets/NAME -> ../versions/NAME/ID    the one thing that flips
 *     BAKERY/versions/NAME/ID/data.zarr  provenance/
 *     BAKERY/state/locks/NAME
 *
 * A version is written under a hidden name beside the others, made durable,
 * renamed, and then made current by renaming a symbolic link: a reader sees the
 * old version or the new one, whole. One bake of a dataset at a time holds its
 * lock, which the kernel drops when the holder dies.
 */
#ifndef FORGE_CATALOG_BAKERY_H
#define FORGE_CATALOG_BAKERY_H

#include "base/arena.h"
#include "storage/store.h"

struct forge_bakery {
    const char *root; /* absolute; in the arena */
    struct forge_arena *arena;
};

/* Where the bakery is; its folders are made when they are first needed. */
FORGE_MUST_CHECK bool forge_bakery_open(struct forge_bakery *bakery, struct forge_arena *arena,
                                        const char *directory, struct forge_error *err);

/* A version that is being written. */
struct forge_version {
    const struct forge_bakery *bakery;
    const char *name, *id;
    const char *staging; /* absolute path of the hidden folder */
    const char *store;   /* name of the data inside it: data.zarr */
    int lock;            /* descriptor that holds the dataset's lock, or -1 */
    int folder;          /* descriptor of the hidden folder, open since it was made, or -1 */
};

/* Take the dataset's lock (FORGE_LOCKED when another bake holds it), and add to the history
 * what its last holder did not get to. Abandon the version in both cases. */
FORGE_MUST_CHECK bool forge_version_lock(struct forge_version *version,
                                         const struct forge_bakery *bakery, const char *name,
                                         struct forge_error *err);

/* Name the version and make its hidden folder, empty. The name is the time and the first 8 of
 * `seed`, hexadecimal digits, with a number where a version has that name already. */
FORGE_MUST_CHECK bool forge_version_begin(struct forge_version *version, int64_t now_us,
                                          const char *seed, struct forge_error *err);

/* Make everything in it durable, give it its name, make it current, write the event (`run` may
 * be NULL), and remove all leftovers of the dataset: nothing needs them now. */
FORGE_MUST_CHECK bool forge_version_publish(struct forge_version *version, int64_t now_us,
                                            const char *run, struct forge_error *err);

/* Drop the lock. What was written stays as a leftover where `keep`, else it is removed; a
 * version that was published is left alone. */
void forge_version_abandon(struct forge_version *version, bool keep);

/* Hidden folders of runs of a dataset that died or failed, newest first, absolute paths in the
 * bakery's arena. Only under the lock is it sure that nobody writes them. */
FORGE_MUST_CHECK bool forge_leftovers_list(const char ***folders, size_t *count,
                                           const struct forge_bakery *bakery, const char *name,
                                           struct forge_error *err);

/* One published dataset. */
struct forge_listed {
    const char *name, *version;
    const char *path; /* of the current data.zarr, link resolved; NULL: they are gone */
};
typedef void forge_list_visit(void *context, const struct forge_listed *listed);

/* Every dataset of the bakery by name; what is no link is none. A bakery that is not there yet
 * has none. */
FORGE_MUST_CHECK bool forge_bakery_list(const struct forge_bakery *bakery,
                                        forge_list_visit *visit, void *context,
                                        struct forge_error *err);

/* The resolved path of a dataset's current data; FORGE_MISSING when there is none. */
FORGE_MUST_CHECK bool forge_bakery_current(const char **path, const struct forge_bakery *bakery,
                                           const char *name, struct forge_error *err);

#endif

/* gc.h: the only thing that deletes versions, and what it keeps.
 *
 * Kept: the current version; the newest `keep` of those that are not withdrawn;
 * whatever was current since `since_us`, withdrawn or not, because readers may
 * still be reading it; what a run left that may be resumed, as young as that.
 * Each dataset is cleaned under its lock: one that is being baked is left
 * alone. What is deleted loses its name first, so nobody sees half of it.
 */
#ifndef FORGE_CATALOG_GC_H
#define FORGE_CATALOG_GC_H

#include "catalog/bakery.h"

struct forge_gc_request {
    uint64_t keep;
    int64_t since_us; /* now without the grace */
    int64_t now_us;   /* of the events */
    bool dry_run;     /* decide and measure, remove nothing */
};

enum forge_gc_kind {
    FORGE_GC_DATASET,  /* left alone as a whole */
    FORGE_GC_VERSION,  /* `name` is its id */
    FORGE_GC_LEFTOVER, /* of a run that died or failed; `name` is its hidden folder's */
    FORGE_GC_GONE,     /* of a gc that died */
};

struct forge_gc_item {
    enum forge_gc_kind kind;
    const char *dataset, *name; /* name NULL for a dataset */
    bool removed;
    const char *reason;
    uint64_t files; /* in a removed one */
    uint64_t bytes; /* freed: of files that nothing else shares */
};
/* Told when it is done; borrowed texts. */
typedef void forge_gc_visit(void *context, const struct forge_gc_item *item);

/* Clean one dataset, or all where `name` is NULL: then those that fail do not keep the others
 * from being cleaned, and the first failure is returned. */
FORGE_MUST_CHECK bool forge_gc(const struct forge_bakery *bakery, const char *name,
                               const struct forge_gc_request *request, forge_gc_visit *visit,
                               void *context, struct forge_error *err);

#endif

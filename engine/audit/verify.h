/* verify.h: is what is published what it should be?
 *
 * A version vouches for itself in three places: tagmanifest-sha256.txt holds the
 * digest of manifest-sha256.txt, that one the digest of every other file, and
 * provenance/objects the digest, the length and the place of every object. What
 * is wrong is told of the file that changed, not of those that it speaks of:
 * witnesses that were changed themselves are not heard.
 *
 * Shallow, the bytes of objects are not read: their names and lengths are
 * compared, and every other file is read. Deep, every byte is.
 */
#ifndef FORGE_AUDIT_VERIFY_H
#define FORGE_AUDIT_VERIFY_H

#include "run/bake.h"

#define FORGE_FINDINGS_MAX 1000U /* kept; all are counted */

/* One thing that is wrong. */
struct forge_finding {
    const char *kind; /* "changed", "missing", "length", "unlisted", "unreadable",
                         "disagreement", "store", "stale" */
    const char *path; /* of the file, below the version's folder; "": the version as a whole */
    const char *variable, *index; /* of an object: "sst", "0, 1, 0"; else NULL */
    const char *text;
};

struct forge_verify_request {
    const char *folder;   /* of the version */
    int64_t published_us; /* 0: not known */
    bool deep;
    bool fresh; /* stale data are wrong, and not only worth a warning */
    const struct forge_executor_type *executor;
    unsigned workers;
    int64_t now_us;
    const atomic_bool *cancelled;
    forge_progress_show *progress;
    void *progress_context;
};

struct forge_verified {
    struct forge_arena arena;       /* owned */
    struct forge_finding *findings; /* sorted by path */
    size_t count, room;
    uint64_t found;          /* findings, also those that were not kept */
    const char *stale;       /* a warning, or NULL */
    uint64_t files, objects; /* that should be there, and how many of them are objects */
    uint64_t read_files, read_bytes;
};

/* False when it could not be found out: no such folder, cancelled. Clear the result in both
 * cases. */
FORGE_MUST_CHECK bool forge_verify(struct forge_verified *out,
                                   const struct forge_verify_request *request,
                                   struct forge_error *err);
void forge_verified_clear(struct forge_verified *verified);

#endif

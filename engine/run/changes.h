/* changes.h: what a bake would add, rewrite, keep and delete in the current version, and why.
 *
 * Found from keys, lists of objects and descriptions of files alone: no array
 * data is read, nothing is written.
 */
#ifndef FORGE_RUN_CHANGES_H
#define FORGE_RUN_CHANGES_H

#include "catalog/bakery.h"
#include "run/reuse.h"

struct forge_change {
    const char *variable; /* or "metadata": documents, not objects */
    uint64_t add, rewrite, share, keep, remove;
    const char *reason; /* of what is not kept; "" where all is */
};

struct forge_changes {
    const char *version; /* the current one; NULL: there is none yet */
    struct forge_change *items;
    size_t count;
    struct forge_change total;
    bool pending;    /* a bake would publish another version */
    bool up_to_date; /* known before anything was scanned: the plan is not laid out */
    uint64_t inputs; /* of the plan that is not laid out */
};

/* `work` after forge_reuse_find(). Everything is in the plan's arena. */
FORGE_MUST_CHECK bool forge_changes_find(struct forge_changes *changes,
                                         const struct forge_reuse *reuse,
                                         struct forge_plan *plan, const char *current,
                                         struct forge_error *err);

/* A table for people; and one JSON object. */
void forge_changes_explain(struct forge_text *out, const struct forge_changes *changes);
void forge_changes_json(struct forge_text *out, const struct forge_changes *changes);

#endif

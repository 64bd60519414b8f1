/* held.h: rules that every value of a variable was found to hold, here and in older versions.
 *
 *     provenance/held.json    {"held": ["<sha256>", ..]}
 *
 * A digest stands for a rule, the variable's name, and how its values are decoded. An object
 * that is shared from a version whose list has the digest need not be read again.
 */
#ifndef FORGE_RUN_HELD_H
#define FORGE_RUN_HELD_H

#include "run/reuse.h"
#include "run/scan_values.h"

#define FORGE_HELD_LIST "provenance/held.json"

struct forge_held {
    const struct forge_work *work;   /* borrowed: what is shared, and from where */
    const struct forge_reuse *reuse; /* borrowed */
    struct forge_arena arena;
    struct forge_held_list *lists; /* one a version */
    struct forge_text text;        /* of this version's list, a line each */
    uint64_t tasks_skipped;
    _Atomic uint64_t chunks; /* that were read */
};

/* Read the lists of the versions that are shared from; those that cannot be read say nothing.
 * Close it. */
void forge_held_open(struct forge_held *held, const struct forge_work *work,
                     const struct forge_reuse *reuse);
void forge_held_close(struct forge_held *held);

void forge_held_digest(struct forge_digest *out, const struct forge_value_rule *rule);

/* Which versions hold it: a flag for each, in the arena. */
const bool *forge_held_where(struct forge_held *held, const struct forge_digest *digest);

/* Is this object shared from a version that holds the rule, where it was of the same variable?
 * Any thread. */
bool forge_held_covers(const struct forge_held *held, const bool *where,
                       const struct forge_work_object *object);

/* All values of this version hold it. */
void forge_held_add(struct forge_held *held, const struct forge_digest *digest);

FORGE_MUST_CHECK bool forge_held_write(struct forge_held *held, const char *version_folder,
                                       struct forge_error *err);

#endif

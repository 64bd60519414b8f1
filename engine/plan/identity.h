/* identity.h: the key of every object that a plan would write: what it depends on.
 *
 * A key is the digest of the encoding, of what is done to the sources, and of
 * the identity of every source chunk that the object touches. An object with a
 * key that was written before, in any version or run, need not be written
 * again. Keys do not depend on how objects are grouped into tasks, nor on
 * memory, workers, paths, urls or clocks.
 */
#ifndef FORGE_PLAN_IDENTITY_H
#define FORGE_PLAN_IDENTITY_H

#include "base/digest.h"
#include "plan/plan.h"

/* Part of every key: raise it when the same recipe and files would give other bytes. */
#define FORGE_KEY_VERSION 1U

struct forge_object_key {
    struct forge_digest digest;
    /* Why two keys differ: each is the head of a digest of one of its parts. What the object
     * covers is in structure and files: look at encoding first, then at files. */
    uint64_t encoding, structure, files;
    bool unknown; /* an input was not hashed: no object has this key */
};

/* The key of the object of `array` at `index` of its grid of objects. */
void forge_object_key(struct forge_object_key *out, const struct forge_plan *plan,
                      const struct forge_plan_array *array, const uint64_t *index);

/* Objects are numbered through the arrays of a plan, C order in each; `first_object` and
 * `objects_count` of the plan and its arrays say where. */
const struct forge_plan_array *forge_plan_object(const struct forge_plan *plan, uint64_t number,
                                                 uint64_t *index);

/* The elements that an object holds, cut at the edge of the array. */
struct forge_region forge_object_region(const struct forge_plan_array *array,
                                        const uint64_t *index);

#endif

/* refused.h: a variable that a file has and forge cannot read: a compound type, say.
 *
 * It is carried so that a recipe can drop it; reading it, or planning to store
 * it, fails with the reason. Planning asks forge_array_source(): the manifest is
 * of kind FORGE_MANIFEST_REFUSED.
 */
#ifndef FORGE_FORMATS_REFUSED_H
#define FORGE_FORMATS_REFUSED_H

#include "formats/source.h"

/* A leaf of dtype uint8 and this shape. `path` and `reason` must live in the arena. */
FORGE_MUST_CHECK bool forge_array_refused(const struct forge_array **out,
                                          struct forge_arena *arena,
                                          const struct forge_file *file, const char *path,
                                          unsigned rank, const uint64_t *shape,
                                          const char *reason, struct forge_error *err);

/* The reason why a node cannot be read, or NULL when it can: asked of leaves. */
const char *forge_array_refusal(const struct forge_array *array);

#endif

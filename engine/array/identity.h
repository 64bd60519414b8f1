/* identity.h: what the values of a region depend on, without reading them.
 *
 * Two regions with the same identity hold the same values, wherever in their
 * arrays they lie: positions enter only relative to the region. So a file put
 * in front of a thousand others changes the identity of nothing but itself.
 * Values in memory enter as themselves; chunks of files as the identity of the
 * file, the offset and the length. Names, urls and times of files never enter.
 */
#ifndef FORGE_ARRAY_IDENTITY_H
#define FORGE_ARRAY_IDENTITY_H

#include "array/array.h"
#include "base/digest.h"

struct forge_identity {
    struct forge_hasher *structure; /* kinds of nodes, their settings, what is taken from each,
                                       computed values */
    struct forge_hasher *files;     /* identities of the files, chunks in them and how they are
                                       stored, values in memory that came from a file */
    bool unknown; /* set where a file was never hashed: then the identity is of no use */
};

/* Add a region of an array; it lies inside the shape. Both hashers get bytes from which what
 * was added could be told again, so that other things never are the same bytes. */
void forge_array_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity);

/* For nodes: add to the structure, so that no two sequences of calls add the same bytes. */
void forge_identity_text(struct forge_identity *identity, const char *text);
void forge_identity_number(struct forge_identity *identity, uint64_t number);
void forge_identity_bytes(struct forge_identity *identity, const void *bytes, size_t length);
/* A value of a dtype, or that there is none (NULL). */
void forge_identity_value(struct forge_identity *identity, enum forge_dtype dtype,
                          const union forge_value *value);

#endif

/* identity.h: identities as values that can be compared. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_IDENTITY_H
#define FORGE_TESTS_SUPPORT_IDENTITY_H

#include <string.h>

#include "array/identity.h"

struct identity {
    struct forge_digest structure, files;
};

static inline struct identity identity_of(const struct forge_array *array,
                                          const struct forge_region *region)
{
    struct forge_identity identity = {forge_hasher_open(), forge_hasher_open(), false};
    struct identity out;

    forge_array_identify(array, region, &identity);
    assert_false(identity.unknown);
    forge_hasher_finish(identity.structure, &out.structure);
    forge_hasher_finish(identity.files, &out.files);
    return out;
}

static inline struct identity identity_of_all(const struct forge_array *array)
{
    struct forge_region all = forge_region_all(array->rank, array->shape);

    return identity_of(array, &all);
}

static inline bool is_equal(const struct identity *a, const struct identity *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

#endif

#include "transforms/transform.h"

#include <string.h>

#define FORGE_TRANSFORM(name) extern const struct forge_transform_type forge_transform_##name;
#include "transforms/list.h"
#undef FORGE_TRANSFORM

static const struct forge_transform_type *const all[] = {
#define FORGE_TRANSFORM(name) &forge_transform_##name,
#include "transforms/list.h"
#undef FORGE_TRANSFORM
    NULL,
};

const struct forge_transform_type *forge_transform_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

const struct forge_transform_type *const *forge_transform_all(void)
{
    return all;
}

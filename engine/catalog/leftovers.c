/* leftovers.c: hidden folders of runs that died or failed. */
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"

bool forge_leftovers_list(const char ***folders, size_t *count,
                          const struct forge_bakery *bakery, const char *name,
                          struct forge_error *err)
{
    const char *folder = forge_bakery_path(bakery, "versions", name);
    const char **names;
    size_t found;

    if (!forge_bakery_names(&names, &found, bakery, "versions", name, FORGE_PART_PREFIX, err))
        return false;
    *count = found;
    *folders = forge_arena_array(bakery->arena, found + 1, sizeof **folders);
    for (size_t i = 0; i < found; i++) /* names begin with the time */
        (*folders)[i] = forge_arena_print(bakery->arena, "%s/%s", folder, names[found - 1 - i]);
    return true;
}

static bool remove_prefix(const struct forge_bakery *bakery, const char *name,
                          const char *prefix, struct forge_error *err)
{
    const char *folder = forge_bakery_path(bakery, "versions", name);
    const char **names;
    size_t count;
    bool good = forge_bakery_names(&names, &count, bakery, "versions", name, prefix, err);

    for (size_t i = 0; good && i < count; i++)
        good = forge_folder_remove(forge_arena_print(bakery->arena, "%s/%s", folder, names[i]),
                                   err);
    return good;
}

bool forge_leftovers_remove(const struct forge_bakery *bakery, const char *name,
                            struct forge_error *err)
{
    return remove_prefix(bakery, name, FORGE_PART_PREFIX, err) &&
           remove_prefix(bakery, name, FORGE_GONE_PREFIX, err);
}

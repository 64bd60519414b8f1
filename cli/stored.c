#include "cli/stored.h"

#include "document/json.h"
#include "storage/store.h"

#include <string.h>
#include <sys/stat.h>

#define RECORD_MAX (16U << 20)

bool stored_is_dataset(const struct forge_bakery *bakery, const char *name)
{
    struct forge_error ignored;
    struct stat status;
    const char *path;

    return !strchr(name, '/') && (stat(name, &status) != 0 || S_ISDIR(status.st_mode)) &&
           forge_bakery_current(&path, bakery, name, &ignored);
}

/* Where the recipe of a version was; NULL when that was not recorded. */
static const char *recorded_path(struct forge_store *store, struct forge_arena *arena)
{
    const struct forge_json_value *recipe;
    struct forge_json_value *root = NULL;
    struct forge_error ignored;
    size_t length = 0;
    char *text = NULL;

    if (!forge_store_get(&text, &length, store, "provenance/run.json", arena, RECORD_MAX,
                         &ignored) ||
        !forge_json_parse(&root, arena, text, length, &ignored))
        return NULL;
    recipe = forge_json_find(root, "recipe");
    return recipe && recipe->kind == FORGE_JSON_STRING && recipe->string[0] == '/'
               ? recipe->string
               : NULL;
}

bool stored_recipe(struct recipe_text *text, const struct forge_bakery *bakery,
                   const char *name, struct forge_error *err)
{
    struct forge_arena *arena = bakery->arena;
    struct forge_store *store = NULL;
    const char *path = NULL, *folder;
    char *bytes = NULL;
    bool good;

    *text = (struct recipe_text){0};
    if (!forge_bakery_current(&path, bakery, name, err))
        return false;
    folder = forge_arena_copy(arena, path, (size_t)(strrchr(path, '/') - path));
    good = forge_store_open_file(&store, folder, err) &&
           forge_store_get(&bytes, &text->length, store, "provenance/recipe.yaml", arena,
                           RECORD_MAX, err);
    if (!good) {
        err->code = FORGE_BAD_TARGET;
        forge_fail_while(err, "the recipe of dataset \"%s\"", name);
    }
    text->bytes = bytes;
    text->path = good ? recorded_path(store, arena) : NULL;
    forge_store_close(store);
    if (good && !text->path) {
        good = forge_fail(err, FORGE_BAD_TARGET,
                          "dataset \"%s\" does not say where its recipe was: %s/provenance/"
                          "run.json has no path of it",
                          name, folder);
        forge_fail_help(err, "bake the recipe's own file");
    }
    return good;
}

#include "run/unchanged.h"

#include "catalog/objects.h"
#include "catalog/provenance.h"
#include "document/json.h"
#include "plan/identity.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX 65536U

static void add_digest(struct forge_json *json, const char *key,
                       const struct forge_digest *digest)
{
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(digest, hex);
    forge_json_key(json, key);
    forge_json_string(json, hex);
}

static void add_node(struct forge_text *out, const struct forge_node *map, const char *key)
{
    const struct forge_node *node = map ? forge_node_find(map, key) : NULL;

    if (node)
        forge_node_canonical(out, node);
    forge_text_add(out, "\n");
}

/* Of what is done to the files, whichever they are: transforms, target, and `each`. */
static void form_of(struct forge_digest *form, const struct forge_recipe *recipe)
{
    const struct forge_node *input =
        recipe->root ? forge_node_find(recipe->root, "input") : NULL;
    struct forge_text text = {0};

    add_node(&text, recipe->root, "transforms");
    add_node(&text, recipe->root, "target");
    if (input && input->kind == FORGE_NODE_MAP)
        add_node(&text, input, "each");
    else
        for (const struct forge_node *one = input ? input->first : NULL; one; one = one->next)
            add_node(&text, one, "each");
    forge_digest_of(form, forge_text_string(&text), text.length);
    forge_text_clear(&text);
}

static void describe(struct forge_text *out, const struct forge_plan *plan,
                     const struct forge_digest *digests)
{
    struct forge_json json = {.out = out};
    struct forge_digest inputs, form;

    forge_provenance_digest(&inputs, plan, digests);
    form_of(&form, plan->recipe);
    forge_json_object(&json);
    add_digest(&json, "form_sha256", &form);
    add_digest(&json, "inputs_sha256", &inputs);
    forge_json_key(&json, "key_version");
    forge_json_unsigned(&json, FORGE_KEY_VERSION);
    add_digest(&json, "recipe_sha256", &plan->recipe->digest);
    forge_json_key(&json, "scan_version");
    forge_json_unsigned(&json, FORGE_SCAN_VERSION);
    forge_json_key(&json, "target");
    forge_json_string(&json, plan->recipe->target.type->name);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

bool forge_unchanged_write(const char *version_folder, const struct forge_plan *plan,
                           const struct forge_digest *digests, struct forge_error *err)
{
    struct forge_store *store = NULL;
    struct forge_text text = {0};
    bool good;

    describe(&text, plan, digests);
    good = forge_store_open_file(&store, version_folder, err) &&
           forge_store_put(store, FORGE_MADE_FROM, text.bytes, text.length, err);
    forge_store_close(store);
    forge_text_clear(&text);
    return good;
}

static bool all_hashed(const struct forge_plan *plan)
{
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            const struct forge_cell *cell = &plan->grids[g].cells[c];

            if (cell->state == FORGE_CELL_WANTED && !cell->file.hashed)
                return false;
        }
    }
    return true;
}

bool forge_is_unchanged(const char *version_folder, const struct forge_plan *plan,
                        const struct forge_digest *digests)
{
    struct forge_store *store = NULL;
    struct forge_arena arena = {0};
    struct forge_text text = {0};
    struct forge_error err;
    char *written = NULL;
    size_t length = 0;
    bool same;

    if (!all_hashed(plan))
        return false;
    same = forge_store_open_file(&store, version_folder, &err) &&
           forge_store_get(&written, &length, store, FORGE_MADE_FROM, &arena, TEXT_MAX, &err);
    if (same) {
        describe(&text, plan, digests);
        same = length == text.length && memcmp(written, text.bytes, length) == 0;
    }
    forge_store_close(store);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return same;
}

bool forge_has_same_form(const char *version_folder, const struct forge_recipe *recipe)
{
    char hex[2 * FORGE_DIGEST_BYTES + 1];
    struct forge_store *store = NULL;
    struct forge_arena arena = {0};
    struct forge_digest form;
    struct forge_error err;
    char *written = NULL;
    size_t length = 0;
    bool same =
        forge_store_open_file(&store, version_folder, &err) &&
        forge_store_get(&written, &length, store, FORGE_MADE_FROM, &arena, TEXT_MAX, &err);

    form_of(&form, recipe);
    forge_digest_format(&form, hex);
    same = same && strstr(written, forge_arena_print(&arena, "\"form_sha256\":\"%s\"", hex));
    forge_store_close(store);
    forge_arena_clear(&arena);
    return same;
}

struct objects {
    int store; /* descriptor of its folder */
    bool whole;
};

static bool look(void *context, const struct forge_object_record *record,
                 struct forge_error *err)
{
    struct objects *objects = context;
    struct stat status;

    (void)err;
    if (!record->absent &&
        (fstatat(objects->store, record->path, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
         (uint64_t)status.st_size != record->length))
        objects->whole = false;
    return objects->whole;
}

bool forge_has_all_objects(const char *version_folder, const char *store)
{
    struct forge_arena arena = {0};
    struct forge_error err;
    struct objects objects = {
        .store = open(forge_arena_print(&arena, "%s/%s", version_folder, store),
                      O_PATH | O_DIRECTORY | O_CLOEXEC),
        .whole = true,
    };
    bool read = objects.store >= 0 && forge_objects_read(version_folder, look, &objects, &err);

    if (objects.store >= 0)
        close(objects.store);
    forge_arena_clear(&arena);
    return read && objects.whole;
}

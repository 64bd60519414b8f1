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

static void describe(struct forge_text *out, const struct forge_plan *plan,
                     const struct forge_digest *digests)
{
    struct forge_json json = {.out = out};
    struct forge_digest inputs;

    forge_provenance_digest(&inputs, plan, digests);
    forge_json_object(&json);
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

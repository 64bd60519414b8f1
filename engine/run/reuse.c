#include "run/reuse.h"

#include "base/mutant.h"
#include "catalog/history.h"
#include "run/runs.h"
#include "run/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (1U << 20)

const char *forge_current_folder(const struct forge_bakery *bakery, const char *name)
{
    struct forge_error none;
    const char *path = NULL, *slash;

    if (!forge_bakery_current(&path, bakery, name, &none))
        return NULL;
    slash = strrchr(path, '/');
    return forge_arena_copy(bakery->arena, path, (size_t)(slash - path));
}

/* Finding. */

struct finding {
    struct forge_reuse *reuse;
    const struct forge_bakery *bakery;
    uint32_t folder;
    bool current;
    uint64_t wanted; /* objects that nothing was found for yet */
};

/* "sst" of "sst/c/0/0" and of "sst/0.0". */
static char *variable_of(struct forge_arena *arena, const char *path)
{
    const char *end = strstr(path, "/c/");
    size_t length = strlen(path);

    if (!end && length > 2 && strcmp(path + length - 2, "/c") == 0)
        end = path + length - 2;
    if (!end)
        end = strrchr(path, '/');
    return forge_arena_copy(arena, path, end ? (size_t)(end - path) : length);
}

static void count_removed(struct forge_reuse *reuse, const char *path)
{
    struct forge_reuse_removed *last =
        reuse->removed_count > 0 ? &reuse->removed[reuse->removed_count - 1] : NULL;
    size_t length = last ? strlen(last->variable) : 0;
    struct forge_reuse_removed *more;

    /* Records of one variable come one behind the other. */
    if (last && strncmp(path, last->variable, length) == 0 && path[length] == '/') {
        last->count++;
        return;
    }
    more = realloc(reuse->removed, (reuse->removed_count + 1) * sizeof *more);
    if (!more)
        return; /* the count is for people */
    reuse->removed = more;
    reuse->removed[reuse->removed_count++] =
        (struct forge_reuse_removed){variable_of(&reuse->arena, path), 1};
}

static void compare(struct finding *finding, const struct forge_object_record *record)
{
    struct forge_work_object *object = forge_work_by_path(finding->reuse->work, record->path);

    if (!object) {
        if (!record->absent)
            count_removed(finding->reuse, record->path);
        return;
    }
    object->was = FORGE_WAS_THERE;
    if (object->key.encoding != record->key.encoding)
        object->was |= FORGE_OTHER_ENCODING;
    if (object->key.structure != record->key.structure)
        object->was |= FORGE_OTHER_STRUCTURE;
    if (object->key.files != record->key.files || object->key.unknown)
        object->was |= FORGE_OTHER_FILES;
}

static void found(struct finding *finding, struct forge_work_object *object,
                  const struct forge_object_record *record)
{
    struct forge_text own = {0};

    object->state = record->absent ? FORGE_WORK_SHARED : FORGE_WORK_FOUND;
    object->absent = record->absent;
    object->digest = record->digest;
    object->length = record->length;
    object->folder = finding->folder;
    forge_work_path(&own, finding->reuse->work, object);
    if (strcmp(forge_text_string(&own), record->path) != 0)
        object->path = forge_arena_text(&finding->reuse->arena, record->path);
    forge_text_clear(&own);
    finding->wanted--;
}

static bool visit(void *context, const struct forge_object_record *record,
                  struct forge_error *err)
{
    struct finding *finding = context;
    struct forge_work_object *object = NULL;

    (void)err;
    if (finding->current)
        compare(finding, record);
    while ((object = forge_work_by_key(finding->reuse->work, &record->key.digest, object))) {
        if (object->state == FORGE_WORK_WANTED && !object->forced)
            found(finding, object, record);
    }
    return true;
}

static void add_folder(struct forge_reuse *reuse, const char *folder)
{
    for (size_t i = 0; i < reuse->folders_count; i++) {
        if (strcmp(reuse->folders[i], folder) == 0)
            return;
    }
    reuse->folders[reuse->folders_count++] = forge_arena_text(&reuse->arena, folder);
}

/* The current version, then the others from the newest on, then what was left behind. What was
 * withdrawn is not to be used, nor its objects. */
static bool list_folders(struct forge_reuse *reuse, const struct forge_bakery *bakery,
                         const char *name, const char *current, struct forge_error *err)
{
    struct forge_version_info *versions = NULL;
    const char **leftovers = NULL;
    size_t versions_count = 0, leftovers_count = 0;

    if (!forge_versions_read(&versions, &versions_count, bakery, name, err) &&
        err->code != FORGE_MISSING)
        return false;
    if (!forge_leftovers_list(&leftovers, &leftovers_count, bakery, name, err))
        return false;
    reuse->folders = forge_arena_array(&reuse->arena, versions_count + leftovers_count + 1,
                                       sizeof *reuse->folders);
    if (current)
        add_folder(reuse, current);
    for (size_t i = versions_count; i-- > 0;) {
        if (versions[i].folder && !versions[i].withdrawn)
            add_folder(reuse, versions[i].folder);
    }
    reuse->versions_count = reuse->folders_count;
    for (size_t i = 0; i < leftovers_count; i++)
        add_folder(reuse, leftovers[i]);
    return true;
}

bool forge_reuse_find(struct forge_reuse *reuse, struct forge_work *work,
                      const struct forge_bakery *bakery, const char *name, const char *current,
                      struct forge_error *err)
{
    struct finding finding = {
        .reuse = reuse, .bakery = bakery, .wanted = work->plan->objects_count};

    *reuse = (struct forge_reuse){.work = work};
    if (!list_folders(reuse, bakery, name, current, err))
        return false;
    for (size_t i = 0; i < reuse->folders_count && finding.wanted > 0; i++) {
        struct forge_error damaged;

        finding.folder = (uint32_t)i;
        finding.current = i == 0 && current;
        /* A list that cannot be read offers nothing beyond what was read of it. */
        if (!forge_objects_read(reuse->folders[i], visit, &finding, &damaged) &&
            damaged.code != FORGE_BAD_TARGET && damaged.code != FORGE_MISSING) {
            *err = damaged;
            return false;
        }
    }
    return true;
}

/* Sharing. */

struct sharing {
    struct forge_reuse *reuse;
    const struct forge_version *version;
    const struct forge_bake_request *request;
    uint64_t *numbers; /* of the objects that were found */
    uint64_t count;
};

/* Are these the bytes that were journaled? */
static bool is_intact(const char *folder, const char *path,
                      const struct forge_work_object *object, const struct forge_watch *watch,
                      struct forge_error *err)
{
    struct forge_object_status status;
    struct forge_store *store = NULL;
    struct forge_object *file = NULL;
    struct forge_hasher *hasher = forge_hasher_open();
    unsigned char *buffer = malloc(BUFFER_BYTES);
    struct forge_digest digest;
    uint64_t at = 0;
    bool good = buffer || forge_fail(err, FORGE_FAILED, "no memory to read %s", path);

    good = good && forge_store_open_file(&store, folder, err) &&
           forge_object_open(&file, store, path, &status, err);
    if (good && status.size != object->length)
        good = forge_fail(err, FORGE_BAD_TARGET, "%s has another size", path);
    while (good && at < object->length) {
        uint64_t left = object->length - at;
        size_t part = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;

        if (forge_watch_is_stopped(watch))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else
            good = forge_object_read(file, at, buffer, part, err);
        if (good)
            forge_hasher_add(hasher, buffer, part);
        at += part;
    }
    forge_hasher_finish(hasher, &digest);
    if (good && memcmp(&digest, &object->digest, sizeof digest) != 0)
        good = forge_fail(err, FORGE_BAD_TARGET, "%s has other bytes", path);
    if (file)
        forge_object_close(file);
    forge_store_close(store);
    free(buffer);
    return good;
}

/* It is written again. */
static void spoiled(struct sharing *sharing, struct forge_work_object *object, const char *path,
                    const struct forge_error *why)
{
    struct forge_log_entry entry = {.level = "warning", .stage = "reuse"};
    struct forge_text text = {0};

    object->state = FORGE_WORK_WANTED;
    object->path = NULL;
    atomic_fetch_add(&sharing->reuse->spoiled, 1);
    if (sharing->request->run) {
        forge_text_print(&text,
                         "%s of an earlier run is not what it was, and is written again: %s",
                         path, why->text);
        entry.text = forge_text_string(&text);
        forge_run_log(sharing->request->run, &entry);
    }
    forge_text_clear(&text);
}

static bool share(struct sharing *sharing, struct forge_work_object *object,
                  const struct forge_watch *watch, struct forge_error *err)
{
    struct forge_reuse *reuse = sharing->reuse;
    struct forge_text from = {0}, to = {0}, own = {0};
    const char *path;
    uint64_t copied = 0;
    bool good = true;

    forge_work_path(&own, reuse->work, object);
    path = object->path ? object->path : forge_text_string(&own);
    forge_text_print(&from, "%s/%s", reuse->folders[object->folder], sharing->version->store);
    forge_text_print(&to, "%s/%s", sharing->version->staging, sharing->version->store);
    if (object->folder >= reuse->versions_count && !FORGE_MUTANT("no-verify"))
        good = is_intact(forge_text_string(&from), path, object, watch, err);
    good = good && forge_object_share(forge_text_string(&from), path, forge_text_string(&to),
                                      forge_text_string(&own), object->length, &copied, err);
    if (good) {
        object->state = FORGE_WORK_SHARED;
        atomic_fetch_add(&reuse->shared, 1);
        atomic_fetch_add(&reuse->copied_bytes, copied);
    } else if (err->code == FORGE_MISSING || err->code == FORGE_BAD_TARGET ||
               err->code == FORGE_SOURCE_IO || err->code == FORGE_BAD_SOURCE) {
        spoiled(sharing, object, path, err);
        good = true;
    }
    forge_text_clear(&from);
    forge_text_clear(&to);
    forge_text_clear(&own);
    return good;
}

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    struct sharing *sharing = context;
    const atomic_bool *cancelled = sharing->request->cancelled;

    for (uint64_t t = unit->first; t < unit->first + unit->count; t++) {
        *failed = t;
        forge_watch_begin(unit->watch, sharing->numbers[t]);
        if (cancelled && atomic_load(cancelled))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        if (!share(sharing, &sharing->reuse->work->objects[sharing->numbers[t]], unit->watch,
                   err))
            return false;
    }
    return true;
}

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    const struct sharing *sharing = context;
    struct forge_progress now = {.stage = "reuse", .done = done, .total = total};

    (void)stage;
    if (sharing->request->progress)
        sharing->request->progress(sharing->request->progress_context, &now);
}

static bool list_found(struct sharing *sharing, struct forge_error *err)
{
    const struct forge_work *work = sharing->reuse->work;
    uint64_t count = work->plan->objects_count;

    sharing->numbers = malloc((count + 1) * sizeof *sharing->numbers);
    if (!sharing->numbers)
        return forge_fail(err, FORGE_FAILED, "no memory for %llu objects",
                          (unsigned long long)count);
    for (uint64_t i = 0; i < count; i++) {
        if (work->objects[i].state == FORGE_WORK_FOUND)
            sharing->numbers[sharing->count++] = i;
    }
    return true;
}

bool forge_reuse_share(struct forge_reuse *reuse, const struct forge_version *version,
                       const struct forge_bake_request *request, struct forge_error *err)
{
    struct sharing sharing = {.reuse = reuse, .version = version, .request = request};
    struct forge_stage stage = {.name = "reuse",
                                .rule = FORGE_AFTER_NONE,
                                .attempts = 3,
                                .deadline_ms = request->deadline_ms};
    struct forge_driver driver = {
        .executor = request->executor,
        .workers = request->workers,
        .perform = perform,
        .context = &sharing,
        .cancelled = request->cancelled,
        .progress = progress,
        .fail_fast = true,
        .grace_ms = request->grace_ms,
        .hung = request->hung,
        .hung_context = request->hung_context,
    };
    bool good = list_found(&sharing, err);

    stage.count = sharing.count;
    good = good && (sharing.count == 0 || forge_driver_run(&driver, &stage, 1, err));
    free(sharing.numbers);
    return good;
}

void forge_reuse_close(struct forge_reuse *reuse)
{
    free(reuse->removed);
    forge_arena_clear(&reuse->arena);
    *reuse = (struct forge_reuse){0};
}

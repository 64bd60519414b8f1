#include "catalog/bakery.h"

#include "catalog/folders.h"
#include "time/calendar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_NAME "data.zarr"
#define PART_PREFIX ".part-"

bool forge_bakery_open(struct forge_bakery *bakery, struct forge_arena *arena,
                       const char *directory, struct forge_error *err)
{
    char here[PATH_MAX];

    *bakery = (struct forge_bakery){.arena = arena};
    if (directory[0] == '/') {
        bakery->root = forge_arena_text(arena, directory);
        return true;
    }
    if (!getcwd(here, sizeof here))
        return forge_fail_errno(err, FORGE_TARGET_IO, "the current folder");
    bakery->root = forge_arena_print(arena, "%s/%s", here, directory);
    return true;
}

static const char *path_of(const struct forge_bakery *bakery, const char *kind,
                           const char *name)
{
    return forge_arena_print(bakery->arena, "%s/%s/%s", bakery->root, kind, name);
}

/* The link that is about to become datasets/NAME; whoever holds the lock may have it. */
static const char *next_link(const struct forge_bakery *bakery, const char *name)
{
    return forge_arena_print(bakery->arena, "%s/datasets/.%s", bakery->root, name);
}

static bool take_lock(int *lock, const struct forge_bakery *bakery, const char *name,
                      struct forge_error *err)
{
    const char *path = path_of(bakery, "state/locks", name);
    int fd;

    if (!forge_folder_make(path_of(bakery, "state", "locks"), err))
        return false;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open the lock %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *lock = fd;
        return true;
    }
    if (errno == EWOULDBLOCK)
        forge_fail(err, FORGE_LOCKED, "dataset \"%s\" is being baked by another run", name);
    else
        forge_fail_errno(err, FORGE_TARGET_IO, "cannot lock %s", path);
    close(fd);
    return false;
}

static int is_leftover(const struct dirent *entry)
{
    return strncmp(entry->d_name, PART_PREFIX, strlen(PART_PREFIX)) == 0;
}

static int newest_first(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*b)->d_name, (*a)->d_name);
}

bool forge_leftovers_list(const char ***folders, size_t *count,
                          const struct forge_bakery *bakery, const char *name,
                          struct forge_error *err)
{
    const char *folder = path_of(bakery, "versions", name);
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, is_leftover, newest_first);

    *folders = NULL;
    *count = 0;
    if (found < 0 && errno == ENOENT)
        return true;
    if (found < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot list %s", folder);
    *folders = forge_arena_array(bakery->arena, (size_t)found + 1, sizeof **folders);
    for (int i = 0; i < found; i++) {
        (*folders)[(*count)++] =
            forge_arena_print(bakery->arena, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free((void *)entries);
    return true;
}

/* A version was published: nothing needs what dead and failed runs left. The lock is held. */
static bool remove_leftovers(const struct forge_bakery *bakery, const char *name,
                             struct forge_error *err)
{
    const char **folders;
    size_t count;
    bool good = forge_leftovers_list(&folders, &count, bakery, name, err);

    for (size_t i = 0; i < count && good; i++)
        good = forge_folder_remove(folders[i], err);
    return good;
}

/* datasets/NAME must be ours to flip: a link, or nothing yet. */
static bool check_link(const struct forge_bakery *bakery, const char *name,
                       struct forge_error *err)
{
    const char *link = path_of(bakery, "datasets", name);
    struct stat status;

    if (lstat(link, &status) != 0 || S_ISLNK(status.st_mode))
        return true;
    forge_fail(err, FORGE_BAD_TARGET, "%s is no link to a version: it was not made by forge",
               link);
    return forge_fail_help(err, "move it away, or choose another bakery or name");
}

bool forge_version_lock(struct forge_version *version, const struct forge_bakery *bakery,
                        const char *name, struct forge_error *err)
{
    *version =
        (struct forge_version){.bakery = bakery, .name = name, .store = STORE_NAME, .lock = -1};
    if (!take_lock(&version->lock, bakery, name, err) || !check_link(bakery, name, err))
        return false;
    unlink(next_link(bakery, name)); /* of a holder that died */
    return true;
}

static bool is_taken(const struct forge_version *version, const char *id)
{
    const char *folder = path_of(version->bakery, "versions", version->name);
    struct forge_arena *arena = version->bakery->arena;
    struct stat status;

    return lstat(forge_arena_print(arena, "%s/%s", folder, id), &status) == 0 ||
           lstat(forge_arena_print(arena, "%s/" PART_PREFIX "%s", folder, id), &status) == 0;
}

/* <time>-<seed>, or <time>-<seed>-2 and so on: one that neither a version has nor a leftover.
 */
static const char *new_id(const struct forge_version *version, int64_t now_us, const char *seed)
{
    struct forge_arena *arena = version->bakery->arena;
    struct forge_text stamp = {0};
    const char *first, *id;

    forge_time_format(&stamp, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, now_us, "%Y%m%dT%H%M%SZ",
                      NULL);
    id = first = forge_arena_print(arena, "%s-%.8s", forge_text_string(&stamp), seed);
    forge_text_clear(&stamp);
    for (unsigned i = 2; is_taken(version, id); i++)
        id = forge_arena_print(arena, "%s-%u", first, i);
    return id;
}

bool forge_version_begin(struct forge_version *version, int64_t now_us, const char *seed,
                         struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *folder = path_of(bakery, "versions", version->name);

    if (!forge_folder_make(folder, err) ||
        !forge_folder_make(path_of(bakery, "datasets", "."), err))
        return false;
    version->id = new_id(version, now_us, seed);
    version->staging =
        forge_arena_print(bakery->arena, "%s/" PART_PREFIX "%s", folder, version->id);
    return forge_folder_make(version->staging, err);
}

/* Point datasets/NAME at the version, by renaming a link over it. */
static bool flip(struct forge_version *version, struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *current = path_of(bakery, "datasets", version->name);
    const char *next = next_link(bakery, version->name);
    const char *to =
        forge_arena_print(bakery->arena, "../versions/%s/%s", version->name, version->id);

    if (symlink(to, next) != 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make the link %s", next);
    if (rename(next, current) != 0) {
        forge_fail_errno(err, FORGE_TARGET_IO, "cannot make version %s current", version->id);
        unlink(next);
        return false;
    }
    version->staging = NULL;
    return forge_folder_sync(path_of(bakery, "datasets", "."), err) ||
           forge_fail_while(err, "version %s is current, but a power loss may undo that",
                            version->id);
}

bool forge_version_publish(struct forge_version *version, int64_t now_us, const char *run,
                           struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *folder = path_of(bakery, "versions", version->name);
    const char *final = forge_arena_print(bakery->arena, "%s/%s", folder, version->id);

    if (!forge_folder_sync_all(version->staging, err))
        return false;
    if (rename(version->staging, final) != 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot name the version %s",
                                version->id);
    version->staging = final;
    (void)now_us;
    (void)run;
    if (!forge_folder_sync(folder, err) || !flip(version, err) ||
        !remove_leftovers(bakery, version->name, err))
        return false;
    forge_version_abandon(version, true);
    return true;
}

void forge_version_abandon(struct forge_version *version, bool keep)
{
    struct forge_error ignored;

    /* What cannot be removed now is removed by the next bake of the dataset. */
    if (version->staging && !keep && forge_folder_remove(version->staging, &ignored))
        rmdir(path_of(version->bakery, "versions", version->name));
    version->staging = NULL;
    if (version->lock >= 0)
        close(version->lock);
    version->lock = -1;
}

/* Where datasets/NAME leads, as text; NULL when it is no link. */
static const char *link_target(const struct forge_bakery *bakery, const char *name)
{
    char to[PATH_MAX];
    ssize_t length = readlink(path_of(bakery, "datasets", name), to, sizeof to);

    return length > 0 ? forge_arena_copy(bakery->arena, to, (size_t)length) : NULL;
}

bool forge_bakery_current(const char **path, const struct forge_bakery *bakery,
                          const char *name, struct forge_error *err)
{
    const char *link = path_of(bakery, "datasets", name);
    char resolved[PATH_MAX];

    if (!link_target(bakery, name)) {
        forge_fail(err, FORGE_MISSING, "the bakery %s has no dataset \"%s\"", bakery->root,
                   name);
        return forge_fail_help(err, "forge list shows which it has");
    }
    if (!realpath(link, resolved))
        return forge_fail_errno(err, FORGE_BAD_TARGET, "the version of dataset \"%s\"", name);
    *path = forge_arena_print(bakery->arena, "%s/" STORE_NAME, resolved);
    return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool forge_bakery_list(const struct forge_bakery *bakery, forge_list_visit *visit,
                       void *context, struct forge_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(path_of(bakery, "datasets", ""), &entries, not_hidden, by_name);

    if (count < 0 && errno == ENOENT)
        return true;
    if (count < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot list the bakery %s",
                                bakery->root);
    for (int i = 0; i < count; i++) {
        struct forge_error ignored;
        struct forge_listed listed = {.name = entries[i]->d_name};
        const char *to = link_target(bakery, listed.name);
        const char *slash = to ? strrchr(to, '/') : NULL;

        if (to) {
            listed.version = slash ? slash + 1 : to;
            if (!forge_bakery_current(&listed.path, bakery, listed.name, &ignored))
                listed.path = NULL;
            visit(context, &listed);
        }
        free(entries[i]);
    }
    free((void *)entries);
    return true;
}

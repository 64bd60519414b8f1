#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"
#include "storage/fd.h"

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

const char *forge_bakery_path(const struct forge_bakery *bakery, const char *kind,
                              const char *name)
{
    return forge_arena_print(bakery->arena, "%s/%s/%s", bakery->root, kind, name);
}

bool forge_bakery_name_is_safe(const char *name, struct forge_error *err)
{
    struct forge_text shown = {0};

    if (name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_MAX)
        return true;
    forge_text_add_safe(&shown, name);
    forge_fail(err, FORGE_USAGE, "\"%s\" cannot be the name of a dataset",
               forge_text_string(&shown));
    forge_text_clear(&shown);
    return false;
}

static bool take_lock(int *lock, const struct forge_bakery *bakery, const char *name,
                      struct forge_error *err)
{
    const char *path = forge_bakery_path(bakery, "state/locks", name);
    int fd, failed;

    if (!forge_folder_make(forge_bakery_path(bakery, "state", "locks"), err))
        return false;
    fd = forge_fd_open(AT_FDCWD, path, O_RDWR | O_CREAT);
    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open the lock %s", path);
    do
        failed = flock(fd, LOCK_EX | LOCK_NB);
    while (failed && errno == EINTR);
    if (!failed) {
        *lock = fd;
        return true;
    }
    if (errno == EWOULDBLOCK)
        forge_fail(err, FORGE_LOCKED, "dataset \"%s\" is being baked by another run", name);
    else
        forge_fail_errno(err, FORGE_TARGET_IO, "cannot lock %s", path);
    forge_fd_drop(fd);
    return false;
}

/* datasets/NAME must be ours to flip: a link, or nothing yet. */
static bool check_link(const struct forge_bakery *bakery, const char *name,
                       struct forge_error *err)
{
    const char *link = forge_bakery_path(bakery, "datasets", name);
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
    *version = (struct forge_version){
        .bakery = bakery, .name = name, .store = FORGE_STORE_NAME, .lock = -1, .folder = -1};
    if (!forge_bakery_name_is_safe(name, err) ||
        !take_lock(&version->lock, bakery, name, err) || !check_link(bakery, name, err))
        return false;
    forge_fd_discard(AT_FDCWD, forge_link_next(bakery, name)); /* of a holder that died */
    return forge_history_reconcile(bakery, name, err);
}

bool forge_bakery_current(const char **path, const struct forge_bakery *bakery,
                          const char *name, struct forge_error *err)
{
    const char *link = forge_bakery_path(bakery, "datasets", name);
    char resolved[PATH_MAX];

    if (!forge_link_version(bakery, name, NULL)) {
        forge_fail(err, FORGE_MISSING, "the bakery %s has no dataset \"%s\"", bakery->root,
                   name);
        return forge_fail_help(err, "forge list shows which it has");
    }
    if (!realpath(link, resolved))
        return forge_fail_errno(err, FORGE_BAD_TARGET, "the version of dataset \"%s\"", name);
    *path = forge_arena_print(bakery->arena, "%s/" FORGE_STORE_NAME, resolved);
    return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool forge_bakery_names(const char ***names, size_t *count, const struct forge_bakery *bakery,
                        const char *kind, const char *name, const char *prefix,
                        struct forge_error *err)
{
    const char *folder = forge_bakery_path(bakery, kind, name);
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, NULL, by_name);

    *names = NULL;
    *count = 0;
    if (found < 0 && errno == ENOENT)
        return true;
    if (found < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot list %s", folder);
    *names = forge_arena_array(bakery->arena, (size_t)found + 1, sizeof **names);
    for (int i = 0; i < found; i++) {
        const char *entry = entries[i]->d_name;

        if (prefix ? strncmp(entry, prefix, strlen(prefix)) == 0 : entry[0] != '.')
            (*names)[(*count)++] = forge_arena_text(bakery->arena, entry);
        free(entries[i]);
    }
    free((void *)entries);
    return true;
}

bool forge_bakery_list(const struct forge_bakery *bakery, forge_list_visit *visit,
                       void *context, struct forge_error *err)
{
    const char **names;
    size_t count;

    if (!forge_bakery_names(&names, &count, bakery, "datasets", "", NULL, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct forge_error ignored;
        struct forge_listed listed = {.name = names[i],
                                      .version = forge_link_version(bakery, names[i], NULL)};

        if (!listed.version)
            continue;
        if (!forge_bakery_current(&listed.path, bakery, listed.name, &ignored))
            listed.path = NULL;
        visit(context, &listed);
    }
    return true;
}

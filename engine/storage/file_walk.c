/* file_walk.c: listing and sweeping a directory. */
#include "storage/file.h"

#include "storage/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 100

struct walk {
    struct forge_store *store;
    int root;
    bool sweep; /* remove unfinished files instead of visiting finished ones */
    forge_store_visit *visit;
    void *context;
    bool stopped;
    char key[PATH_MAX];
    char base[PATH_MAX]; /* of the root, as the kernel names it */
    struct forge_error *err;
};

struct names {
    char **items; /* folders end in "/": so they sort as their keys do */
    size_t count, room;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free((void *)names->items);
}

static void names_add(struct names *names, const char *name, bool folder)
{
    size_t length = strlen(name);
    char *item = forge_file_store_must(malloc(length + 2));

    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 32;
        names->items = forge_file_store_must(
            reallocarray((void *)names->items, names->room, sizeof *names->items));
    }
    snprintf(item, length + 2, "%s%s", name, folder ? "/" : "");
    names->items[names->count++] = item;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool path_of(int fd, char out[PATH_MAX])
{
    char link[64];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, out, PATH_MAX - 1);
    if (length < 0)
        return false;
    out[length] = '\0';
    return true;
}

static bool fail_listing(struct walk *walk)
{
    return forge_file_store_fail(walk->err, FORGE_SOURCE_IO, "listing", walk->store, walk->key);
}

/* *stays: a link leads to a file inside the store. One that leads nowhere does not. */
static bool follow_link(bool *stays, struct walk *walk, int folder, const char *name,
                        struct stat *found)
{
    int fd = forge_fd_open(folder, name, O_PATH);
    char path[PATH_MAX];
    size_t length = strcmp(walk->base, "/") == 0 ? 0 : strlen(walk->base);
    bool known = fd >= 0 && fstat(fd, found) == 0 && path_of(fd, path);

    *stays = known && S_ISREG(found->st_mode) && strncmp(path, walk->base, length) == 0 &&
             path[length] == '/';
    forge_fd_drop(fd);
    return known || forge_file_store_is_absence(errno) || errno == ELOOP || errno == EACCES ||
           fail_listing(walk);
}

static bool walk_folder(struct walk *walk, int fd, size_t length, unsigned depth);

static bool walk_into(struct walk *walk, int folder, const char *name, size_t length,
                      unsigned depth)
{
    int fd = forge_fd_open(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

    if (fd < 0 && forge_file_store_is_absence(errno))
        return true;
    if (fd < 0)
        return fail_listing(walk);
    return walk_folder(walk, fd, length, depth + 1);
}

static bool visit_file(struct walk *walk, int folder, const char *name)
{
    struct forge_object_status status;
    struct stat found;
    bool stays = true;

    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return forge_file_store_is_absence(errno) || fail_listing(walk);
    if (S_ISLNK(found.st_mode) && !follow_link(&stays, walk, folder, name, &found))
        return false;
    if (!stays || !S_ISREG(found.st_mode))
        return true;
    status = (struct forge_object_status){
        .size = (uint64_t)found.st_size,
        .modified_ns = found.st_mtim.tv_sec * INT64_C(1000000000) + found.st_mtim.tv_nsec,
        .serial = found.st_ino,
    };
    walk->stopped = !walk->visit(walk->context, walk->key, &status);
    return true;
}

static bool walk_entry(struct walk *walk, int folder, char *name, size_t length, unsigned depth)
{
    size_t name_length = strlen(name);
    bool is_folder = name[name_length - 1] == '/';
    bool unfinished =
        strncmp(name, FORGE_FILE_STORE_UNFINISHED, strlen(FORGE_FILE_STORE_UNFINISHED)) == 0;

    if (is_folder)
        name[--name_length] = '\0';
    if (length + name_length + 2 > sizeof walk->key) {
        errno = ENAMETOOLONG;
        return fail_listing(walk);
    }
    if (length > 0)
        walk->key[length++] = '/';
    memcpy(walk->key + length, name, name_length + 1);
    if (is_folder)
        return walk_into(walk, folder, name, length + name_length, depth);
    if (walk->sweep)
        return !unfinished || forge_fd_unlink(folder, name) || errno == ENOENT ||
               forge_file_store_fail(walk->err, FORGE_TARGET_IO, "removing", walk->store,
                                     walk->key);
    return unfinished || visit_file(walk, folder, name);
}

/* False with errno. What is gone by now is no folder. */
static bool names_folder(bool *is_folder, int fd, const struct dirent *entry)
{
    struct stat found;

    *is_folder = entry->d_type == DT_DIR;
    if (entry->d_type != DT_UNKNOWN)
        return true;
    if (fstatat(fd, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return forge_file_store_is_absence(errno);
    *is_folder = S_ISDIR(found.st_mode);
    return true;
}

static bool read_names(struct names *names, DIR *folder)
{
    const struct dirent *entry;
    bool is_folder;
    int cause;

    errno = 0;
    while ((entry = readdir(folder)) != NULL) {
        if (forge_key_is_safe(entry->d_name)) {
            if (!names_folder(&is_folder, dirfd(folder), entry))
                break;
            names_add(names, entry->d_name, is_folder);
        }
        errno = 0;
    }
    cause = errno;
    if (names->count > 0)
        qsort((void *)names->items, names->count, sizeof *names->items, compare_names);
    errno = cause;
    return cause == 0;
}

/* Takes `fd`. walk->key[0..length) is the folder's key. */
static bool walk_folder(struct walk *walk, int fd, size_t length, unsigned depth)
{
    DIR *folder = fdopendir(fd);
    struct names names = {0};
    bool done = folder && depth <= DEPTH_MAX && read_names(&names, folder);

    if (depth > DEPTH_MAX)
        forge_fail(walk->err, FORGE_BAD_SOURCE, "%s/%s: folders are nested deeper than %d",
                   walk->store->url, walk->key, DEPTH_MAX);
    else if (!done)
        forge_file_store_fail(walk->err, FORGE_SOURCE_IO, "listing", walk->store, walk->key);
    for (size_t i = 0; i < names.count && done && !walk->stopped; i++)
        done = walk_entry(walk, fd, names.items[i], length, depth);
    names_clear(&names);
    if (folder)
        closedir(folder);
    else
        forge_fd_drop(fd);
    return done;
}

static bool walk_from(struct walk *walk, const char *prefix)
{
    size_t length = strlen(prefix);
    int fd = -1;

    walk->root = forge_file_store_root((struct forge_file_store *)walk->store);
    if (length >= sizeof walk->key) {
        errno = ENAMETOOLONG;
        return forge_file_store_fail(walk->err, FORGE_SOURCE_IO, "listing", walk->store,
                                     prefix);
    }
    memcpy(walk->key, prefix, length + 1);
    if (walk->root >= 0)
        fd = forge_fd_open(walk->root, length ? prefix : ".", O_RDONLY | O_DIRECTORY);
    if (fd < 0 && forge_file_store_is_absence(errno))
        return true;
    if (fd < 0 || !path_of(walk->root, walk->base)) {
        forge_file_store_fail(walk->err, FORGE_SOURCE_IO, "listing", walk->store,
                              length ? prefix : NULL);
        forge_fd_drop(fd);
        return false;
    }
    return walk_folder(walk, fd, length, 0);
}

bool forge_file_store_list(struct forge_store *store, const char *prefix,
                           forge_store_visit *visit, void *context, struct forge_error *err)
{
    struct walk walk = {.store = store, .visit = visit, .context = context, .err = err};

    return walk_from(&walk, prefix);
}

bool forge_file_store_sweep(struct forge_store *store, struct forge_error *err)
{
    struct walk walk = {.store = store, .sweep = true, .err = err};

    return walk_from(&walk, "");
}

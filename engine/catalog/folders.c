#include "catalog/folders.h"

#include "base/mutant.h"
#include "storage/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* The folder that a path of `length` bytes is in. */
static bool sync_parent(const char *path, size_t length, struct forge_error *err)
{
    char parent[PATH_MAX];

    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    memcpy(parent, path, length);
    parent[length] = '\0';
    return forge_folder_sync(length > 0 ? parent : ".", err);
}

static bool make(const char *path, bool durable, struct forge_error *err)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    struct stat status;

    if (length >= sizeof part)
        return forge_fail(err, FORGE_TARGET_IO, "the path %.80s.. is too long", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (forge_fd_mkdir(AT_FDCWD, part)) {
            if (durable && !FORGE_MUTANT("no-folder-sync") && !sync_parent(part, i, err))
                return false;
        } else if (errno != EEXIST)
            return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make the folder %s", part);
    }
    if (stat(path, &status) != 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make the folder %s", path);
    return S_ISDIR(status.st_mode) ||
           forge_fail(err, FORGE_TARGET_IO, "cannot make the folder %s: a file is in the way",
                      path);
}

bool forge_folder_make(const char *path, struct forge_error *err)
{
    return make(path, false, err);
}

bool forge_folder_make_durable(const char *path, struct forge_error *err)
{
    return make(path, true, err);
}

static bool remove_at(int parent, const char *name, int depth, struct forge_error *err)
{
    const struct dirent *entry;
    DIR *listing;
    bool good = true;
    int fd;

    if (forge_fd_unlink(parent, name) || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", name);
    if (depth == DEPTH_MAX)
        return forge_fail(err, FORGE_TARGET_IO, "cannot remove %s: too deep", name);
    fd = forge_fd_open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    listing = fd >= 0 ? fdopendir(fd) : NULL;
    if (!listing) {
        forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", name);
        forge_fd_drop(fd);
        return false;
    }
    while (errno = 0, good && (entry = readdir(listing))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = remove_at(dirfd(listing), entry->d_name, depth + 1, err);
    }
    if (good && errno != 0)
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot list %s", name);
    closedir(listing);
    if (good && !forge_fd_rmdir(parent, name))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", name);
    return good;
}

bool forge_folder_remove(const char *path, struct forge_error *err)
{
    return remove_at(AT_FDCWD, path, 0, err);
}

static bool sync_at(const char *path, int flags, struct forge_error *err)
{
    int fd = forge_fd_open(AT_FDCWD, path, O_RDONLY | flags);
    bool good;

    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open %s", path);
    good = forge_fd_sync(fd) ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot make %s durable", path);
    forge_fd_drop(fd);
    return good;
}

bool forge_folder_sync(const char *path, struct forge_error *err)
{
    return sync_at(path, O_DIRECTORY, err);
}

bool forge_file_sync(const char *path, struct forge_error *err)
{
    return sync_at(path, O_NOFOLLOW, err);
}

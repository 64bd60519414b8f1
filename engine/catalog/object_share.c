/* object_share.c: an object of one version in another, without moving its bytes if that can be.
 */
#include "catalog/folders.h"
#include "catalog/objects.h"
#include "storage/fd.h"
#include "storage/file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS_MAX 4
#define BUFFER_BYTES (1U << 20)
#define PART_MAX (1U << 30)

struct share {
    char from[PATH_MAX], to[PATH_MAX];
    uint64_t length;
};

static bool join(char out[PATH_MAX], const char *folder, const char *name,
                 struct forge_error *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", folder, name);

    return (length >= 0 && length < PATH_MAX) ||
           forge_fail(err, FORGE_TARGET_IO, "the path %.80s../%.80s is too long", folder, name);
}

static bool check_source(const struct share *share, struct stat *status,
                         struct forge_error *err)
{
    if (lstat(share->from, status) != 0)
        return forge_fail_errno(
            err, errno == ENOENT || errno == ENOTDIR ? FORGE_MISSING : FORGE_SOURCE_IO,
            "cannot use %s again", share->from);
    if (!S_ISREG(status->st_mode))
        return forge_fail(err, FORGE_MISSING, "%s is no file", share->from);
    if ((uint64_t)status->st_size != share->length)
        return forge_fail(err, FORGE_MISSING,
                          "%s has %" PRIu64 " bytes where %" PRIu64 " should be", share->from,
                          (uint64_t)status->st_size, share->length);
    return true;
}

static bool same_file(const struct stat *source, const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && status.st_dev == source->st_dev &&
           status.st_ino == source->st_ino;
}

static bool make_parents(const char *path, struct forge_error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return forge_folder_make(folder, err);
}

/* Files cannot be linked here: between file systems, by permission, once more, or at all. */
static bool wants_copy(int cause)
{
    return cause == EXDEV || cause == EPERM || cause == EMLINK || cause == EOPNOTSUPP ||
           cause == ENOSYS;
}

/* The folders are nearly always there, so they are made only when they are missed. */
static bool link_file(const struct share *share, const struct stat *source, bool *copy,
                      struct forge_error *err)
{
    *copy = false;
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (forge_fd_link(AT_FDCWD, share->from, share->to))
            return true;
        *copy = wants_copy(errno);
        if (*copy)
            return true;
        if (errno == ENOENT) {
            if (!make_parents(share->to, err))
                return false;
            continue;
        }
        if (errno != EEXIST)
            break;
        if (same_file(source, share->to))
            return true;
        if (!forge_fd_unlink(AT_FDCWD, share->to) && errno != ENOENT)
            return forge_fail_errno(err, FORGE_TARGET_IO, "cannot replace %s", share->to);
    }
    return forge_fail_errno(err, FORGE_TARGET_IO, "cannot link %s", share->to);
}

/* In the kernel as far as it can, which may move no bytes at all; the number that is done. */
static uint64_t copy_in_kernel(int from, int to, uint64_t length)
{
    uint64_t done = 0;

    while (done < length) {
        uint64_t left = length - done;
        ssize_t moved =
            copy_file_range(from, NULL, to, NULL, left < PART_MAX ? left : PART_MAX, 0);

        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            break;
        done += (uint64_t)moved;
    }
    return done;
}

static bool copy_bytes(const struct share *share, int from, int to, struct forge_error *err)
{
    uint64_t at = copy_in_kernel(from, to, share->length);
    unsigned char *buffer = at < share->length ? malloc(BUFFER_BYTES) : NULL;
    bool good = true;

    if (at < share->length && !buffer)
        return forge_fail(err, FORGE_FAILED, "no memory to copy %s", share->from);
    while (at < share->length && good) {
        uint64_t left = share->length - at;
        size_t part = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
        ssize_t got = forge_fd_read(from, buffer, part, at);

        if (got < 0)
            good = forge_fail_errno(err, FORGE_SOURCE_IO, "cannot read %s", share->from);
        else if ((size_t)got < part)
            good = forge_fail(err, FORGE_MISSING, "%s became shorter", share->from);
        else if (!forge_fd_write(to, buffer, part, at))
            good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", share->to);
        at += part;
    }
    free(buffer);
    return good;
}

/* A name beside the final one that stores do not list and sweep away. */
static bool unfinished_name(char out[PATH_MAX], const char *path, struct forge_error *err)
{
    const char *slash = strrchr(path, '/');
    int length = snprintf(out, PATH_MAX, "%.*s/" FORGE_FILE_STORE_UNFINISHED "%s",
                          (int)(slash - path), path, slash + 1);

    return (length >= 0 && length < PATH_MAX) ||
           forge_fail(err, FORGE_TARGET_IO, "the path %.80s.. is too long", path);
}

static bool open_copy(int *fd, const char *path, struct forge_error *err)
{
    *fd = forge_fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC);
    if (*fd < 0 && errno == ENOENT) {
        if (!make_parents(path, err))
            return false;
        *fd = forge_fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC);
    }
    return *fd >= 0 || forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", path);
}

static bool copy_file(const struct share *share, struct forge_error *err)
{
    char name[PATH_MAX];
    int from = -1, to = -1;
    bool good;

    if (!unfinished_name(name, share->to, err))
        return false;
    from = forge_fd_open(AT_FDCWD, share->from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0)
        return forge_fail_errno(err, errno == ENOENT ? FORGE_MISSING : FORGE_SOURCE_IO,
                                "cannot read %s", share->from);
    if (!open_copy(&to, name, err)) {
        forge_fd_drop(from);
        return false;
    }
    good = copy_bytes(share, from, to, err);
    forge_fd_drop(from);
    if (!forge_fd_close(to) && good)
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", share->to);
    if (good && !forge_fd_rename(AT_FDCWD, name, share->to))
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot name %s", share->to);
    if (!good)
        forge_fd_discard(AT_FDCWD, name);
    return good;
}

bool forge_object_share(const char *from_folder, const char *from, const char *to_folder,
                        const char *to, uint64_t length, uint64_t *copied_bytes,
                        struct forge_error *err)
{
    struct share share = {.length = length};
    struct stat source;
    bool copy = false;

    if (!join(share.from, from_folder, from, err) || !join(share.to, to_folder, to, err) ||
        !check_source(&share, &source, err) || !link_file(&share, &source, &copy, err) ||
        (copy && !copy_file(&share, err)))
        return false;
    *copied_bytes = copy ? length : 0;
    return true;
}

/* verify_walk.c: every file of a version, whatever it is called and whatever it is. */
#include "audit/verify_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

static void add_file(struct forge_verifying *v, const char *path, const struct stat *status)
{
    struct forge_found_file *more;

    if (v->files_count == v->files_room) {
        v->files_room = v->files_room ? 2 * v->files_room : 256;
        more = forge_arena_array(&v->out->arena, v->files_room, sizeof *more);
        if (v->files_count > 0)
            memcpy(more, v->files, v->files_count * sizeof *more);
        v->files = more;
    }
    v->files[v->files_count++] = (struct forge_found_file){
        .path = path, .size = (uint64_t)status->st_size, .regular = S_ISREG(status->st_mode)};
}

static bool walk(struct forge_verifying *v, int fd, const char *path, unsigned depth,
                 struct forge_error *err);

static bool walk_entry(struct forge_verifying *v, int folder, const char *name,
                       const char *path, unsigned depth, struct forge_error *err)
{
    const char *below =
        forge_arena_print(&v->out->arena, "%s%s%s", path, path[0] ? "/" : "", name);
    struct stat status;
    int fd;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ||
               forge_fail_errno(err, FORGE_SOURCE_IO, "%s/%s", v->request->folder, below);
    if (!S_ISDIR(status.st_mode)) {
        add_file(v, below, &status);
        return true;
    }
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "cannot list %s/%s", v->request->folder,
                                below);
    return walk(v, fd, below, depth + 1, err);
}

/* Takes `fd`. */
static bool walk(struct forge_verifying *v, int fd, const char *path, unsigned depth,
                 struct forge_error *err)
{
    DIR *listing = fdopendir(fd);
    const struct dirent *entry;
    bool good = true;

    if (!listing) {
        forge_fail_errno(err, FORGE_SOURCE_IO, "cannot list %s/%s", v->request->folder, path);
        close(fd);
        return false;
    }
    if (depth > DEPTH_MAX)
        good = forge_fail(err, FORGE_BAD_TARGET, "%s/%s: folders are nested deeper than %d",
                          v->request->folder, path, DEPTH_MAX);
    errno = 0;
    while (good && (entry = readdir(listing))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = walk_entry(v, dirfd(listing), entry->d_name, path, depth, err);
        errno = 0;
    }
    if (good && errno != 0)
        good = forge_fail_errno(err, FORGE_SOURCE_IO, "cannot list %s/%s", v->request->folder,
                                path);
    closedir(listing);
    return good;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct forge_found_file *)a)->path,
                  ((const struct forge_found_file *)b)->path);
}

bool forge_verify_walk(struct forge_verifying *v, struct forge_error *err)
{
    int fd = open(v->request->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return forge_fail_errno(err, errno == ENOENT ? FORGE_MISSING : FORGE_SOURCE_IO,
                                "cannot list %s", v->request->folder);
    if (!walk(v, fd, "", 0, err))
        return false;
    if (v->files_count > 0)
        qsort(v->files, v->files_count, sizeof *v->files, by_path);
    return true;
}

bool forge_verify_digest(struct forge_digest *out, uint64_t *size,
                         const struct forge_verifying *v, const char *path)
{
    unsigned char bytes[65536];
    struct forge_text full = {0};
    struct forge_hasher *hasher;
    ssize_t length = -1;
    int fd, cause;

    forge_text_print(&full, "%s/%s", v->request->folder, path);
    fd = open(forge_text_string(&full), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    forge_text_clear(&full);
    if (fd < 0)
        return false;
    *size = 0;
    hasher = forge_hasher_open();
    do {
        length = read(fd, bytes, sizeof bytes);
        if (length > 0) {
            forge_hasher_add(hasher, bytes, (size_t)length);
            *size += (uint64_t)length;
        }
    } while (length > 0 || (length < 0 && errno == EINTR));
    cause = errno;
    forge_hasher_finish(hasher, out);
    close(fd);
    errno = cause;
    return length == 0;
}

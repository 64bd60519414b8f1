/* shim_files.c: opening, writing and closing. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opening. */

static enum place place_for(int flags)
{
    return (flags & O_ACCMODE) == O_RDONLY ? BELOW : WRITABLE;
}

static mode_t mode_of(int flags, va_list *rest)
{
    return flags & O_CREAT ? va_arg(*rest, mode_t) : 0;
}

static int open_any(int at, const char *path, int flags, mode_t mode)
{
    struct operation operation;
    bool changes = (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY;
    int fd;

    if (!is_below(at, path)) {
        fd = real.openat(at, path, flags, mode);
        put_place(fd, OUTSIDE);
        return fd;
    }
    operation = begin(changes ? OPEN_WRITE : OPEN_READ, at, path, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    fd = real.openat(at, path, flags, mode);
    put_place(fd, place_for(flags));
    return (int)finish(&operation, fd);
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = mode_of(flags, &rest);
    va_end(rest);
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;

    va_start(rest, flags);
    mode = mode_of(flags, &rest);
    va_end(rest);
    return open_any(at, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int at, const char *path, int flags, ...) __attribute__((alias("openat")));

int creat(const char *path, mode_t mode)
{
    return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

DIR *opendir(const char *path)
{
    struct operation operation;
    DIR *opened = NULL;

    if (!is_below(AT_FDCWD, path))
        return real.opendir(path);
    operation = begin(OPEN_READ, AT_FDCWD, path, 0, NULL);
    if (operation.error) {
        refuse(&operation);
    } else {
        opened = real.opendir(path);
        finish(&operation, opened ? 0 : -1);
    }
    return opened;
}

int scandir(const char *path, struct dirent ***entries, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    struct operation operation;

    if (!is_below(AT_FDCWD, path))
        return real.scandir(path, entries, filter, compare);
    operation = begin(OPEN_READ, AT_FDCWD, path, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.scandir(path, entries, filter, compare));
}

/* Takes descriptors as files do. */
int socketpair(int domain, int type, int protocol, int fds[2])
{
    struct operation operation;

    if (!real.close)
        load();
    if (!page)
        return real.socketpair(domain, type, protocol, fds);
    operation = begin(OPEN_READ, AT_FDCWD, "/socketpair", 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.socketpair(domain, type, protocol, fds));
}

/* Writing. */

static bool is_written(int fd)
{
    if (place_of(fd) < WRITABLE)
        return false;
    put_place(fd, WRITTEN);
    return true;
}

/* Really a part, and at least one byte where there are two. */
static size_t part_of(const struct operation *operation, size_t length)
{
    return operation->partly && length > 1 ? length / 2 : length;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    struct operation operation;

    if (!is_written(fd))
        return real.write(fd, bytes, length);
    operation = begin(WRITE, fd, NULL, 0, NULL);
    if (operation.error)
        return refuse(&operation);
    return finish(&operation, real.write(fd, bytes, part_of(&operation, length)));
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    struct operation operation;

    if (!is_written(fd))
        return real.pwrite(fd, bytes, length, offset);
    operation = begin(WRITE, fd, NULL, 0, NULL);
    if (operation.error)
        return refuse(&operation);
    return finish(&operation, real.pwrite(fd, bytes, part_of(&operation, length), offset));
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
    __attribute__((alias("pwrite")));

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct operation operation;
    struct iovec first;

    if (!is_written(fd))
        return real.writev(fd, parts, count);
    operation = begin(WRITE, fd, NULL, 0, NULL);
    if (operation.error)
        return refuse(&operation);
    if (!operation.partly || count == 0)
        return finish(&operation, real.writev(fd, parts, count));
    first = parts[0];
    if (count == 1)
        first.iov_len = part_of(&operation, first.iov_len);
    return finish(&operation, real.writev(fd, &first, 1));
}

ssize_t copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t length,
                        unsigned flags)
{
    struct operation operation;

    if (!is_written(to))
        return real.copy_file_range(from, from_at, to, to_at, length, flags);
    operation = begin(WRITE, to, NULL, 0, NULL);
    if (operation.error)
        return refuse(&operation);
    return finish(&operation, real.copy_file_range(from, from_at, to, to_at,
                                                   part_of(&operation, length), flags));
}

ssize_t sendfile(int to, int from, off_t *offset, size_t length)
{
    struct operation operation;

    if (!is_written(to))
        return real.sendfile(to, from, offset, length);
    operation = begin(WRITE, to, NULL, 0, NULL);
    if (operation.error)
        return refuse(&operation);
    return finish(&operation, real.sendfile(to, from, offset, part_of(&operation, length)));
}

int ftruncate(int fd, off_t length)
{
    struct operation operation;

    if (!is_written(fd))
        return real.ftruncate(fd, length);
    operation = begin(TRUNCATE, fd, NULL, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.ftruncate(fd, length));
}

int ftruncate64(int fd, off_t length) __attribute__((alias("ftruncate")));

int truncate(const char *path, off_t length)
{
    struct operation operation;

    if (!is_below(AT_FDCWD, path))
        return real.truncate(path, length);
    operation = begin(TRUNCATE, AT_FDCWD, path, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.truncate(path, length));
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    struct operation operation;

    if (!is_written(fd))
        return real.fallocate(fd, mode, offset, length);
    operation = begin(TRUNCATE, fd, NULL, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.fallocate(fd, mode, offset, length));
}

/* A descriptor is gone even where closing it failed, and with it what was not written yet. */
int close(int fd)
{
    struct operation operation;
    enum place place = place_of(fd);
    off_t length;

    put_place(fd, OUTSIDE);
    if (place < WRITTEN)
        return real.close(fd);
    operation = begin(CLOSE, fd, NULL, 0, NULL);
    if (!operation.error)
        return (int)finish(&operation, real.close(fd));
    length = lseek(fd, 0, SEEK_END);
    if (operation.error != EINTR && place == WRITTEN && length > 0)
        (void)!real.ftruncate(fd, length / 2);
    real.close(fd);
    return (int)refuse(&operation);
}

int close_range(unsigned first, unsigned last, int flags)
{
    for (unsigned fd = first; fd <= last && fd < DESCRIPTORS_MAX; fd++)
        put_place((int)fd, OUTSIDE);
    return (int)syscall(SYS_close_range, first, last, flags);
}

int dup2(int from, int to)
{
    put_place(to, place_of(from));
    return real.dup2(from, to);
}

int dup3(int from, int to, int flags)
{
    put_place(to, place_of(from));
    return real.dup3(from, to, flags);
}

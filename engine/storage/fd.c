#include "storage/fd.h"

#include "base/mutant.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_MAX (1U << 30) /* Linux moves at most 2 GiB at once */

int forge_fd_open(int at, const char *path, int flags)
{
    int fd;

    do
        fd = openat(at, path, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

bool forge_fd_close(int fd)
{
    /* EINTR: what is still to be written stays so, and the next sync tells of it. */
    return close(fd) == 0 || errno == EINTR;
}

void forge_fd_drop(int fd)
{
    int cause = errno;

    if (fd >= 0)
        close(fd);
    errno = cause;
}

bool forge_fd_write(int fd, const void *bytes, size_t length, uint64_t offset)
{
    const unsigned char *from = bytes;

    while (length > 0) {
        size_t part = length < PART_MAX ? length : PART_MAX;
        ssize_t done;

        if (offset > INT64_MAX - part) {
            errno = EFBIG;
            return false;
        }
        done = pwrite(fd, from, part, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return FORGE_MUTANT("unchecked-write");
        if (FORGE_MUTANT("short-write"))
            return true;
        from += done;
        length -= (size_t)done;
        offset += (uint64_t)done;
    }
    return true;
}

ssize_t forge_fd_read(int fd, void *bytes, size_t length, uint64_t offset)
{
    unsigned char *to = bytes;
    size_t got = 0;

    while (got < length) {
        size_t part = length - got < PART_MAX ? length - got : PART_MAX;
        ssize_t done;

        if (offset > INT64_MAX - part)
            break;
        done = pread(fd, to + got, part, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        if (done == 0)
            break;
        got += (size_t)done;
        offset += (uint64_t)done;
    }
    return (ssize_t)got;
}

bool forge_fd_truncate(int fd, uint64_t length)
{
    int failed;

    do
        failed = ftruncate(fd, (off_t)length);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_sync(int fd)
{
    int failed;

    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_sync_all(int fd)
{
    int failed;

    do
        failed = syncfs(fd);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_rename(int at, const char *from, const char *to)
{
    int failed;

    do
        failed = renameat(at, from, at, to);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_link(int at, const char *from, const char *to)
{
    int failed;

    do
        failed = linkat(at, from, at, to, 0);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_symlink(const char *content, int at, const char *path)
{
    int failed;

    do
        failed = symlinkat(content, at, path);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_mkdir(int at, const char *path)
{
    int failed;

    do
        failed = mkdirat(at, path, 0777);
    while (failed && errno == EINTR);
    return !failed;
}

static bool remove_name(int at, const char *path, int flags)
{
    int failed;

    do
        failed = unlinkat(at, path, flags);
    while (failed && errno == EINTR);
    return !failed;
}

bool forge_fd_unlink(int at, const char *path)
{
    return remove_name(at, path, 0);
}

bool forge_fd_rmdir(int at, const char *path)
{
    return remove_name(at, path, AT_REMOVEDIR);
}

void forge_fd_discard(int at, const char *path)
{
    int cause = errno;

    remove_name(at, path, 0);
    errno = cause;
}

/* shim_names.c: names of files, and making durable. */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names. */

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    struct operation operation;

    if (!is_below(from_at, from) && !is_below(to_at, to))
        return real.renameat(from_at, from, to_at, to);
    operation = begin(RENAME, from_at, from, to_at, to);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.renameat(from_at, from, to_at, to));
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    struct operation operation;

    if (!is_below(from_at, from) && !is_below(to_at, to))
        return real.renameat2(from_at, from, to_at, to, flags);
    operation = begin(RENAME, from_at, from, to_at, to);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.renameat2(from_at, from, to_at, to, flags));
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    struct operation operation;

    if (!is_below(to_at, to))
        return real.linkat(from_at, from, to_at, to, flags);
    operation = begin(LINK, from_at, from, to_at, to);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.linkat(from_at, from, to_at, to, flags));
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int symlinkat(const char *target, int at, const char *path)
{
    struct operation operation;

    if (!is_below(at, path))
        return real.symlinkat(target, at, path);
    operation = begin(SYMLINK, at, path, 0, NULL);
    if (operation.record) /* as it is written, not where it leads */
        snprintf(operation.record->to, sizeof operation.record->to, "%s", target);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.symlinkat(target, at, path));
}

int symlink(const char *target, const char *path)
{
    return symlinkat(target, AT_FDCWD, path);
}

int unlinkat(int at, const char *path, int flags)
{
    struct operation operation;

    if (!is_below(at, path))
        return real.unlinkat(at, path, flags);
    operation = begin(flags & AT_REMOVEDIR ? RMDIR : UNLINK, at, path, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.unlinkat(at, path, flags));
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int at, const char *path, mode_t mode)
{
    struct operation operation;

    if (!is_below(at, path))
        return real.mkdirat(at, path, mode);
    operation = begin(MKDIR, at, path, 0, NULL);
    if (operation.error)
        return (int)refuse(&operation);
    return (int)finish(&operation, real.mkdirat(at, path, mode));
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* Making durable. */

static int sync_with(enum kind kind, int (*sync)(int), int fd)
{
    struct operation operation = begin(kind, fd, NULL, 0, NULL);

    if (operation.error)
        return (int)refuse(&operation);
    if (place_of(fd) == WRITTEN)
        put_place(fd, SYNCED);
    return (int)finish(&operation, page->options & DROP_SYNCS ? 0 : sync(fd));
}

int fsync(int fd)
{
    return place_of(fd) ? sync_with(FSYNC, real.fsync, fd) : real.fsync(fd);
}

int fdatasync(int fd)
{
    return place_of(fd) ? sync_with(FDATASYNC, real.fdatasync, fd) : real.fdatasync(fd);
}

int syncfs(int fd)
{
    return place_of(fd) ? sync_with(SYNCFS, real.syncfs, fd) : real.syncfs(fd);
}

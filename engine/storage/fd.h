/* fd.h: system calls on files, done whole: a signal interrupts none of them.
 *
 * EINTR is tried again and what was done in part is gone on with, so that any
 * failure is one: errno has it. Not close: Linux gives the descriptor back
 * whatever it returns, and by then it may be somebody else's.
 */
#ifndef FORGE_STORAGE_FD_H
#define FORGE_STORAGE_FD_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Below the folder `at`, or AT_FDCWD; mode 0666, closed on exec. -1 with errno. */
FORGE_MUST_CHECK int forge_fd_open(int at, const char *path, int flags);

/* False: what it said of the bytes that were written is not to be relied on. errno. */
FORGE_MUST_CHECK bool forge_fd_close(int fd);

/* Remove a file of our own after a failure: what cannot be removed is left. errno stays. */
void forge_fd_discard(int at, const char *path);

/* Give back a descriptor of which nothing is expected; takes -1, leaves errno alone. */
void forge_fd_drop(int fd);

/* All of the bytes; on failure any part of them may be there. */
FORGE_MUST_CHECK bool forge_fd_write(int fd, const void *bytes, size_t length, uint64_t offset);

/* How many bytes were read: fewer only at the end of the file. -1 with errno. */
FORGE_MUST_CHECK ssize_t forge_fd_read(int fd, void *bytes, size_t length, uint64_t offset);

FORGE_MUST_CHECK bool forge_fd_truncate(int fd, uint64_t length);
FORGE_MUST_CHECK bool forge_fd_sync(int fd);
FORGE_MUST_CHECK bool forge_fd_sync_all(int fd); /* its whole file system */

/* Names, below the folder `at` or AT_FDCWD. */
FORGE_MUST_CHECK bool forge_fd_rename(int at, const char *from, const char *to);
FORGE_MUST_CHECK bool forge_fd_link(int at, const char *from, const char *to);
FORGE_MUST_CHECK bool forge_fd_symlink(const char *content, int at, const char *path);
FORGE_MUST_CHECK bool forge_fd_mkdir(int at, const char *path); /* mode 0777 */
FORGE_MUST_CHECK bool forge_fd_unlink(int at, const char *path);
FORGE_MUST_CHECK bool forge_fd_rmdir(int at, const char *path);

#endif

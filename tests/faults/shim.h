/* shim.h: what the files of the preloaded library share; shim.c says what it is. */
#ifndef FORGE_TESTS_FAULTS_SHIM_H
#define FORGE_TESTS_FAULTS_SHIM_H

#include <dirent.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define RECORDS_MAX 16384
#define DESCRIPTORS_MAX 65536

#pragma GCC visibility push(hidden)

/* The same numbers as in shim.py. */
enum kind {
    OPEN_READ,
    OPEN_WRITE,
    WRITE,
    RENAME,
    LINK,
    SYMLINK,
    UNLINK,
    MKDIR,
    RMDIR,
    TRUNCATE,
    FSYNC,
    FDATASYNC,
    SYNCFS,
    CLOSE,
};

enum mode {
    COUNT,
    KILL_BEFORE, /* SIGKILL to the process group */
    KILL_AFTER,
    KILL_TORN,  /* after a part of what is written */
    FAIL,       /* with `error` instead of doing it; on and on where `on` */
    SHORT,      /* write a part, and say so */
    SHORT_FAIL, /* the same, and the thread's next write fails with `error` */
    POWER_LOSS, /* shut the file system down with `flags`, then SIGKILL */
};

#define DROP_SYNCS 1U /* in `options` */

/* Strings are below the root and cut where they are too long. */
struct record {
    uint32_t kind;
    int32_t error;   /* -1: was not done (yet) */
    uint64_t number; /* 0: of a kind that is not counted */
    uint64_t end;    /* how many records there were when it was done */
    int64_t result;
    uint32_t process, thread;
    char path[232], to[232];
};

struct page {
    uint32_t mode, kinds; /* a bit for each kind that is counted */
    uint64_t at;          /* the operation that `mode` is about, from 1 */
    int32_t error;
    uint32_t on, options, flags;
    char root[472]; /* absolute, no link in it */
    _Atomic uint64_t count, records_count;
    struct record records[RECORDS_MAX];
};

struct operation {
    struct record *record; /* NULL: the log is full */
    uint64_t number;
    int error; /* not 0: do not do it, fail */
    bool partly;
};

/* What a descriptor leads to. */
enum place { OUTSIDE, BELOW, WRITABLE, WRITTEN, SYNCED /* since it was written */ };

extern struct page *page; /* NULL: nothing is counted */

/* The functions of the C library. */
extern struct real {
    int (*open)(const char *, int, ...);
    int (*openat)(int, const char *, int, ...);
    DIR *(*opendir)(const char *);
    int (*scandir)(const char *, struct dirent ***, int (*)(const struct dirent *),
                   int (*)(const struct dirent **, const struct dirent **));
    int (*socketpair)(int, int, int, int *);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*copy_file_range)(int, off_t *, int, off_t *, size_t, unsigned);
    ssize_t (*sendfile)(int, int, off_t *, size_t);
    int (*renameat)(int, const char *, int, const char *);
    int (*renameat2)(int, const char *, int, const char *, unsigned);
    int (*linkat)(int, const char *, int, const char *, int);
    int (*symlinkat)(const char *, int, const char *);
    int (*unlinkat)(int, const char *, int);
    int (*mkdirat)(int, const char *, mode_t);
    int (*truncate)(const char *, off_t);
    int (*ftruncate)(int, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*syncfs)(int);
    int (*close)(int);
    int (*dup2)(int, int);
    int (*dup3)(int, int, int);
} real;

/* Before the first use of `page` or `real`: other libraries may open files before this one is
 * initialised. */
void load(void);

void put_place(int fd, enum place place);
enum place place_of(int fd);

/* Is the path at or below the root? */
bool is_below(int at, const char *path);

/* Count and log an operation, and find what is to become of it; may not return. `path` NULL:
 * what the descriptor `at` leads to. */
struct operation begin(enum kind kind, int at, const char *path, int to_at, const char *to);

/* Log how it ended; may not return. Returns the result. */
int64_t finish(const struct operation *operation, int64_t result);

/* Instead of doing it: -1 and its errno. */
int64_t refuse(const struct operation *operation);

#pragma GCC visibility pop

#endif

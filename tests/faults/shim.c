/* shim.c: a preloaded library that counts, logs and breaks what a process tree does to files.
 *
 *     LD_PRELOAD=libfault_shim.so FORGE_SHIM=PAGE forge bake ..
 *
 * PAGE is a file with a struct page; tests/faults/shim.py fills and reads it. It is mapped when
 * the library is loaded and shared by all processes that are forked from there, so that one
 * counter serves the whole tree and the log survives SIGKILL. Only what happens below the
 * page's root counts: which descriptors lead there is known from how they were opened, so that
 * sandboxed scanners, which never change a file, make no call that they did not make before.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXT4_SHUTDOWN _IOR('X', 125, uint32_t)

struct page *page;
struct real real;
static _Atomic unsigned char places[DESCRIPTORS_MAX];
static _Thread_local bool fail_next_write;

static void find(void *to, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(to, &found, sizeof found);
}

#define FIND(name) find(&real.name, #name)

static void find_all(void)
{
    FIND(open);
    FIND(openat);
    FIND(opendir);
    FIND(scandir);
    FIND(socketpair);
    FIND(write);
    FIND(pwrite);
    FIND(writev);
    FIND(copy_file_range);
    FIND(sendfile);
    FIND(renameat);
    FIND(renameat2);
    FIND(linkat);
    FIND(symlinkat);
    FIND(unlinkat);
    FIND(mkdirat);
    FIND(truncate);
    FIND(ftruncate);
    FIND(fallocate);
    FIND(fsync);
    FIND(fdatasync);
    FIND(syncfs);
    FIND(dup2);
    FIND(dup3);
    FIND(close);
}

__attribute__((constructor)) void load(void)
{
    const char *path = getenv("FORGE_SHIM");
    void *mapped;
    int fd;

    if (real.close)
        return;
    find_all();
    fd = path ? real.open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    real.close(fd);
    if (mapped != MAP_FAILED)
        page = mapped;
}

void put_place(int fd, enum place place)
{
    if (fd >= 0 && fd < DESCRIPTORS_MAX)
        atomic_store(&places[fd], (unsigned char)place);
}

enum place place_of(int fd)
{
    if (!real.close)
        load();
    return fd >= 0 && fd < DESCRIPTORS_MAX ? (enum place)atomic_load(&places[fd]) : OUTSIDE;
}

bool is_below(int at, const char *path)
{
    size_t length;
    char here[PATH_MAX];

    if (!real.close)
        load();
    if (!page || !path)
        return false;
    length = strlen(page->root);
    if (path[0] != '/' && at != AT_FDCWD)
        return place_of(at) != OUTSIDE;
    if (path[0] != '/') {
        if (!getcwd(here, sizeof here))
            return false;
        path = here;
    }
    return strncmp(path, page->root, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

/* The path below the root, for the log. */
static void write_path(char *out, size_t size, int at, const char *path)
{
    char whole[2 * PATH_MAX], link[64];
    size_t root = strlen(page->root);
    ssize_t length = 0;

    if (!path || path[0] != '/') {
        snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
        length = readlink(link, whole, PATH_MAX);
        length = length < 0 ? 0 : length;
        if (path)
            whole[length++] = '/';
    }
    snprintf(whole + length, sizeof whole - (size_t)length, "%s", path ? path : "");
    if (strncmp(whole, page->root, root) == 0 && whole[root] == '/')
        root++;
    else
        root = 0;
    snprintf(out, size, "%.*s", (int)size - 1, whole + root);
}

static _Noreturn void kill_all(void)
{
    kill(0, SIGKILL);
    for (;;)
        pause();
}

static _Noreturn void lose_power(void)
{
    uint32_t flags = page->flags;
    int fd = real.open(page->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || ioctl(fd, EXT4_SHUTDOWN, &flags) != 0)
        page->error = errno ? errno : EBADF;
    kill_all();
}

/* Fill the caller's operation: what is to become of it. */
static void decide(struct operation *operation, enum kind kind)
{
    uint64_t number = operation->number;

    if (kind == WRITE && fail_next_write) {
        fail_next_write = false;
        operation->error = page->error;
        return;
    }
    if (number == 0 || number < page->at || (number > page->at && !page->on))
        return;
    switch ((enum mode)page->mode) {
    case COUNT:
    case KILL_AFTER:
        break;
    case KILL_BEFORE:
        kill_all();
    case POWER_LOSS:
        lose_power();
    case FAIL:
        operation->error = page->error;
        break;
    case SHORT:
    case SHORT_FAIL:
    case KILL_TORN:
        operation->partly = kind == WRITE;
        fail_next_write = kind == WRITE && page->mode == SHORT_FAIL;
        break;
    }
}

struct operation begin(enum kind kind, int at, const char *path, int to_at, const char *to)
{
    struct operation operation = {0};
    bool counts = page->kinds & (1U << kind);
    uint64_t index = RECORDS_MAX;
    int cause = errno;

    if (kind != OPEN_READ || counts)
        index = atomic_fetch_add(&page->records_count, 1);
    if (index < RECORDS_MAX) {
        struct record *record = &page->records[index];

        record->kind = kind;
        record->error = -1;
        record->process = (uint32_t)getpid();
        record->thread = (uint32_t)gettid();
        if (kind != OPEN_READ) /* scanners open too, and may not ask */
            write_path(record->path, sizeof record->path, at, path);
        if (to)
            write_path(record->to, sizeof record->to, to_at, to);
        operation.record = record;
    }
    if (counts)
        operation.number = atomic_fetch_add(&page->count, 1) + 1;
    if (operation.record)
        operation.record->number = operation.number;
    decide(&operation, kind);
    errno = cause;
    return operation;
}

int64_t finish(const struct operation *operation, int64_t result)
{
    struct record *record = operation->record;

    if (record) {
        record->result = result;
        record->end = atomic_load(&page->records_count);
        record->error = result < 0 ? errno : 0;
    }
    if ((page->mode == KILL_AFTER || page->mode == KILL_TORN) &&
        operation->number == page->at && operation->number > 0)
        kill_all();
    return result;
}

int64_t refuse(const struct operation *operation)
{
    errno = operation->error;
    return finish(operation, -1);
}

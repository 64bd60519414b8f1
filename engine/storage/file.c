/* file.c: a directory of the local file system as a store.
 *
 * A put writes a file of its own beside the final name and renames it, so a
 * name always has one whole value. What a killed process leaves is named
 * ".forge-put-..": never listed, removed by sweep().
 */
#include "storage/file.h"

#include "base/mutant.h"
#include "storage/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS_MAX 1000

struct file_object {
    struct forge_object object;
    int fd;
    char *key;
};

void *forge_file_store_must(void *taken)
{
    if (!taken) {
        fputs("forge: out of memory\n", stderr);
        abort();
    }
    return taken;
}

static struct forge_file_store *as_file(struct forge_store *store)
{
    return (struct forge_file_store *)store;
}

static const char *cause_text(int cause)
{
    switch (cause) {
    case ENOSPC:
        return "no space left on the device";
    case EDQUOT:
        return "the disk quota is used up";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EROFS:
        return "the file system is read-only";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case EIO:
        return "input/output error";
    case ENAMETOOLONG:
        return "the name is too long";
    case EFBIG:
        return "the file would be too large";
    case EISDIR:
        return "a folder is in the way";
    case ENOTDIR:
    case EEXIST:
        return "a file is in the way";
    case ELOOP:
        return "links lead in a circle";
    default:
        return strerror(cause);
    }
}

bool forge_file_store_fail(struct forge_error *err, enum forge_code code, const char *doing,
                           const struct forge_store *store, const char *key)
{
    const char *cause = cause_text(errno);

    return forge_fail(err, code, "%s while %s %s%s%s", cause, doing, store->url, key ? "/" : "",
                      key ? key : "");
}

/* The first to open it wins. */
int forge_file_store_root(struct forge_file_store *file)
{
    int none = -1, fd = atomic_load(&file->root);

    if (fd >= 0)
        return fd;
    fd = forge_fd_open(AT_FDCWD, file->directory, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return -1;
    if (atomic_compare_exchange_strong(&file->root, &none, fd))
        return fd;
    close(fd);
    return none;
}

bool forge_file_store_is_absence(int cause)
{
    return cause == ENOENT || cause == ENOTDIR;
}

static void close_file(struct forge_store *store)
{
    struct forge_file_store *file = as_file(store);

    forge_fd_drop(atomic_load(&file->root));
    free(file->directory);
    free(file);
}

/* Reading. */

static bool object_open(struct forge_object **out, struct forge_store *store, const char *key,
                        struct forge_object_status *status, struct forge_error *err)
{
    struct file_object *object;
    struct stat found;
    int root = forge_file_store_root(as_file(store)), fd = -1;

    if (root >= 0) /* without waiting for the other end of a FIFO */
        fd = forge_fd_open(root, key, O_RDONLY | O_NONBLOCK);
    if (fd < 0 && forge_file_store_is_absence(errno))
        return forge_fail(err, FORGE_MISSING, "%s/%s is not there", store->url, key);
    if (fd < 0 || fstat(fd, &found) != 0) {
        forge_file_store_fail(err, FORGE_SOURCE_IO, "opening", store, key);
        forge_fd_drop(fd);
        return false;
    }
    if (!S_ISREG(found.st_mode)) {
        close(fd);
        return forge_fail(err, FORGE_BAD_SOURCE, "%s/%s is %s, not a file", store->url, key,
                          S_ISDIR(found.st_mode) ? "a folder" : "a device");
    }
    object = forge_file_store_must(calloc(1, sizeof *object));
    object->object.store = store;
    object->fd = fd;
    object->key = forge_file_store_must(strdup(key));
    *status = (struct forge_object_status){
        .size = (uint64_t)found.st_size,
        .modified_ns = found.st_mtim.tv_sec * INT64_C(1000000000) + found.st_mtim.tv_nsec,
        .serial = found.st_ino,
    };
    *out = &object->object;
    return true;
}

static bool object_read(struct forge_object *object, uint64_t offset, void *bytes,
                        size_t length, struct forge_error *err)
{
    const struct file_object *file = (const struct file_object *)object;
    ssize_t got = forge_fd_read(file->fd, bytes, length, offset);
    unsigned long long end;

    if (got < 0)
        return forge_file_store_fail(err, FORGE_SOURCE_IO, "reading", object->store, file->key);
    end = offset + (size_t)got;
    return (size_t)got == length ||
           forge_fail(err, FORGE_BAD_SOURCE,
                      "%s/%s ends before byte %llu: %zu more bytes should be there",
                      object->store->url, file->key, end, length - (size_t)got);
}

static void object_close(struct forge_object *object)
{
    struct file_object *file = (struct file_object *)object;

    close(file->fd);
    free(file->key);
    free(file);
}

/* Writing. */

/* mkdir of every folder on the way to `path`, below `at`; those that are there are fine. */
static bool make_parents(int at, const char *path)
{
    char *folder = forge_file_store_must(strdup(path));
    bool made = true;

    for (char *slash = strchr(folder + 1, '/'); slash && made; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = forge_fd_mkdir(at, folder) || errno == EEXIST;
        *slash = '/';
    }
    free(folder);
    return made;
}

/* The directory's descriptor; the directory is made when it is not there. */
static int make_root(struct forge_file_store *file)
{
    int root = forge_file_store_root(file);

    if (root >= 0 || errno != ENOENT)
        return root;
    if (!make_parents(AT_FDCWD, file->directory) ||
        (!forge_fd_mkdir(AT_FDCWD, file->directory) && errno != EEXIST))
        return -1;
    return forge_file_store_root(file);
}

/* A new file of our own beside `key`. Its folders may be removed while we make them, and the
 * name may be left over from a process that had our number: then again. */
static int open_unfinished(struct forge_file_store *file, int root, const char *key,
                           char name[PATH_MAX])
{
    const char *slash = strrchr(key, '/');
    int folder_length = slash ? (int)(slash + 1 - key) : 0;
    int fd = -1;

    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        unsigned long long number = atomic_fetch_add(&file->puts, 1);
        int length = snprintf(name, PATH_MAX, "%.*s" FORGE_FILE_STORE_UNFINISHED "%ld-%llu",
                              folder_length, key, (long)getpid(), number);

        if (length < 0 || length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = forge_fd_open(root, name, O_WRONLY | O_CREAT | O_EXCL);
        if (fd >= 0 || (errno != EEXIST && errno != ENOENT))
            break;
        if (errno == ENOENT && !make_parents(root, key))
            break;
    }
    return fd;
}

static bool put(struct forge_store *store, const char *key, const void *bytes, size_t length,
                struct forge_error *err)
{
    struct forge_file_store *file = as_file(store);
    char name[PATH_MAX];
    int root = make_root(file), fd = -1;
    bool written;

    if (root >= 0)
        fd = open_unfinished(file, root, key, name);
    if (fd < 0)
        return forge_file_store_fail(err, FORGE_TARGET_IO, "writing", store, key);
    written = forge_fd_write(fd, bytes, length, 0);
    if (!written)
        forge_fd_drop(fd);
    else
        written = forge_fd_close(fd) || FORGE_MUTANT("unchecked-close");
    if (written && (forge_fd_rename(root, name, key) || FORGE_MUTANT("unchecked-rename")))
        return true;
    forge_file_store_fail(err, FORGE_TARGET_IO, "writing", store, key);
    forge_fd_discard(root, name);
    return false;
}

/* Folders that became empty go too: other stores have none. */
static void remove_empty_parents(int root, const char *key)
{
    char *folder = forge_file_store_must(strdup(key));
    char *slash;

    while ((slash = strrchr(folder, '/')) != NULL) {
        *slash = '\0';
        if (!forge_fd_rmdir(root, folder))
            break;
    }
    free(folder);
}

static bool remove_key(struct forge_store *store, const char *key, struct forge_error *err)
{
    int root = forge_file_store_root(as_file(store));

    if (root < 0 && errno == ENOENT)
        return true;
    if (root >= 0 && forge_fd_unlink(root, key)) {
        remove_empty_parents(root, key);
        return true;
    }
    return forge_file_store_is_absence(errno) ||
           forge_file_store_fail(err, FORGE_TARGET_IO, "removing", store, key);
}

static bool sync_all(struct forge_store *store, struct forge_error *err)
{
    int root = forge_file_store_root(as_file(store)), fd = -1;
    bool done;

    if (root < 0 && errno == ENOENT)
        return true;
    if (root >= 0)
        fd = forge_fd_open(root, ".", O_RDONLY | O_DIRECTORY);
    done = fd >= 0 && forge_fd_sync_all(fd);
    if (!done)
        forge_file_store_fail(err, FORGE_TARGET_IO, "making durable", store, NULL);
    forge_fd_drop(fd);
    return done;
}

static const struct forge_store_type file_type = {
    .name = "file",
    .close = close_file,
    .object_open = object_open,
    .object_read = object_read,
    .object_close = object_close,
    .put = put,
    .remove = remove_key,
    .list = forge_file_store_list,
    .sync = sync_all,
    .sweep = forge_file_store_sweep,
};

bool forge_store_open_file(struct forge_store **out, const char *directory,
                           struct forge_error *err)
{
    struct forge_file_store *file = forge_file_store_must(calloc(1, sizeof *file));
    size_t length = strlen(directory);

    while (length > 0 && directory[length - 1] == '/')
        length--;
    file->directory =
        forge_file_store_must(strndup(length > 0 ? directory : "/", length > 0 ? length : 1));
    file->store.type = &file_type;
    file->store.url = length > 0 ? file->directory : "";
    atomic_init(&file->root, -1);
    if (directory[0] == '\0') {
        forge_fail(err, FORGE_USAGE, "the path of a folder is empty");
    } else if (forge_file_store_root(file) >= 0 || errno == ENOENT) {
        *out = &file->store;
        return true;
    } else {
        forge_file_store_fail(err, FORGE_SOURCE_IO, "opening", &file->store, NULL);
    }
    close_file(&file->store);
    return false;
}

#include "catalog/gc_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define BLOCK 512 /* what st_blocks counts */

struct forge_shared_file {
    dev_t device;
    ino_t serial;
    nlink_t links;
    uint64_t bytes;
    size_t item;
};

static void add_shared(struct forge_gc_measure *measure, const struct stat *status, size_t item)
{
    if (measure->count == measure->room) {
        measure->room = measure->room ? 2 * measure->room : 256;
        measure->shared = reallocarray(measure->shared, measure->room, sizeof *measure->shared);
        if (!measure->shared) {
            fputs("forge: out of memory\n", stderr);
            abort();
        }
    }
    measure->shared[measure->count++] =
        (struct forge_shared_file){.device = status->st_dev,
                                   .serial = status->st_ino,
                                   .links = status->st_nlink,
                                   .bytes = (uint64_t)status->st_blocks * BLOCK,
                                   .item = item};
}

struct walk {
    struct forge_gc_measure *measure;
    struct forge_gc_item *items;
    size_t at;
    struct forge_error *err;
};

static bool walk_entry(const struct walk *walk, int parent, const char *name, int depth);

static bool walk_folder(const struct walk *walk, int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool good = true;

    if (!listing || depth == DEPTH_MAX) {
        forge_fail_errno(walk->err, FORGE_TARGET_IO, "cannot list %s", name);
        if (listing)
            closedir(listing);
        else if (fd >= 0)
            close(fd);
        return false;
    }
    while (good && (errno = 0, entry = readdir(listing))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = walk_entry(walk, dirfd(listing), entry->d_name, depth + 1);
    }
    if (good && errno != 0)
        good = forge_fail_errno(walk->err, FORGE_TARGET_IO, "cannot list %s", name);
    closedir(listing);
    return good;
}

static bool walk_entry(const struct walk *walk, int parent, const char *name, int depth)
{
    struct forge_gc_item *item = &walk->items[walk->at];
    struct stat status;

    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return forge_fail_errno(walk->err, FORGE_TARGET_IO, "cannot look at %s", name);
    if (S_ISDIR(status.st_mode))
        return walk_folder(walk, parent, name, depth);
    item->files++;
    if (S_ISREG(status.st_mode) && status.st_nlink > 1)
        add_shared(walk->measure, &status, walk->at);
    else
        item->bytes += (uint64_t)status.st_blocks * BLOCK;
    return true;
}

bool forge_gc_measure_add(struct forge_gc_measure *measure, struct forge_gc_item *items,
                          size_t at, const char *folder, struct forge_error *err)
{
    const struct walk walk = {.measure = measure, .items = items, .at = at, .err = err};

    return walk_entry(&walk, AT_FDCWD, folder, 0);
}

static int by_file(const void *a, const void *b)
{
    const struct forge_shared_file *one = a, *other = b;

    if (one->device != other->device)
        return one->device < other->device ? -1 : 1;
    if (one->serial != other->serial)
        return one->serial < other->serial ? -1 : 1;
    return (one->item > other->item) - (one->item < other->item);
}

void forge_gc_measure_share(struct forge_gc_measure *measure, struct forge_gc_item *items)
{
    const struct forge_shared_file *files = measure->shared;
    size_t end;

    if (measure->count > 1)
        qsort(measure->shared, measure->count, sizeof *measure->shared, by_file);
    for (size_t first = 0; first < measure->count; first = end) {
        for (end = first + 1; end < measure->count &&
                              files[end].device == files[first].device &&
                              files[end].serial == files[first].serial;)
            end++;
        if (end - first == files[first].links)
            items[files[end - 1].item].bytes += files[first].bytes;
    }
}

void forge_gc_measure_clear(struct forge_gc_measure *measure)
{
    free(measure->shared);
    *measure = (struct forge_gc_measure){0};
}

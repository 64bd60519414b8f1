/* manifest.c: the digest of every file of a version, for people and programs that know nothing
 * of forge. The folder is walked in the order of its paths, by the side of the list of objects
 * in the same order.
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

#define BUFFER_BYTES (1U << 20)

struct entry {
    size_t path; /* offset of it in the text of all */
    uint64_t length;
    struct forge_digest digest;
    bool absent;
};

struct manifest {
    const char *folder, *store;
    struct forge_text paths; /* of the entries, each with its NUL */
    struct entry *entries;   /* sorted by path once all are there */
    size_t count, room, next;
    struct forge_store *files;
    unsigned char *buffer;
    char name[PATH_MAX]; /* of the manifest until it is whole */
    int fd;
    uint64_t written;
    struct forge_text lines;
    struct forge_hasher *hasher; /* of the lines */
    bool failed;
    struct forge_error *err;
};

static const char *path_of(const struct manifest *manifest, const struct entry *entry)
{
    return manifest->paths.bytes + entry->path;
}

static bool add_entry(void *context, const struct forge_object_record *record,
                      struct forge_error *err)
{
    struct manifest *manifest = context;

    if (manifest->count == manifest->room) {
        size_t room = manifest->room ? 2 * manifest->room : 1024;
        struct entry *entries = reallocarray(manifest->entries, room, sizeof *entries);

        if (!entries)
            return forge_fail(err, FORGE_FAILED, "no memory for the digests of %zu objects",
                              room);
        manifest->entries = entries;
        manifest->room = room;
    }
    manifest->entries[manifest->count++] =
        (struct entry){manifest->paths.length, record->length, record->digest, record->absent};
    forge_text_add_bytes(&manifest->paths, record->path, strlen(record->path) + 1);
    return true;
}

static int by_path(const void *a, const void *b, void *paths)
{
    return strcmp((const char *)paths + ((const struct entry *)a)->path,
                  (const char *)paths + ((const struct entry *)b)->path);
}

static bool read_list(struct manifest *manifest, struct forge_error *err)
{
    if (!forge_objects_read(manifest->folder, add_entry, manifest, err))
        return false;
    if (manifest->count > 0)
        qsort_r(manifest->entries, manifest->count, sizeof *manifest->entries, by_path,
                manifest->paths.bytes);
    for (size_t i = 1; i < manifest->count; i++) {
        const char *path = path_of(manifest, &manifest->entries[i]);

        if (strcmp(path_of(manifest, &manifest->entries[i - 1]), path) == 0)
            return forge_fail(err, FORGE_BAD_TARGET, "%s/%s/%s is listed twice",
                              manifest->folder, manifest->store, path);
    }
    return true;
}

static bool flush(struct manifest *manifest)
{
    struct forge_text *lines = &manifest->lines;

    if (!forge_fd_write(manifest->fd, lines->bytes, lines->length, manifest->written))
        return forge_fail_errno(manifest->err, FORGE_TARGET_IO, "cannot write %s",
                                manifest->name);
    forge_hasher_add(manifest->hasher, lines->bytes, lines->length);
    manifest->written += lines->length;
    lines->length = 0;
    return true;
}

/* As sha256sum writes them: a path with a backslash is quoted, and the line says so. */
static bool add_line(struct manifest *manifest, const char *path,
                     const struct forge_digest *digest)
{
    struct forge_text *lines = &manifest->lines;
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(digest, hex);
    if (strchr(path, '\\'))
        forge_text_add(lines, "\\");
    forge_text_add(lines, hex);
    forge_text_add(lines, "  ");
    for (const char *slash; (slash = strchr(path, '\\')); path = slash + 1) {
        forge_text_add_bytes(lines, path, (size_t)(slash - path));
        forge_text_add(lines, "\\\\");
    }
    forge_text_add(lines, path);
    forge_text_add(lines, "\n");
    return lines->length < BUFFER_BYTES || flush(manifest);
}

/* Any file but an object of the list. */
static bool hash_file(struct manifest *manifest, const char *path)
{
    struct forge_error *err = manifest->err;
    struct forge_object_status status;
    struct forge_object *file = NULL;
    struct forge_hasher *hasher;
    struct forge_digest digest;
    bool good = true;

    if (!forge_object_open(&file, manifest->files, path, &status, err))
        return false;
    hasher = forge_hasher_open();
    for (uint64_t at = 0; at < status.size && good;) {
        uint64_t left = status.size - at;
        size_t part = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;

        good = forge_object_read(file, at, manifest->buffer, part, err);
        if (good)
            forge_hasher_add(hasher, manifest->buffer, part);
        at += part;
    }
    forge_hasher_finish(hasher, &digest);
    forge_object_close(file);
    return good && add_line(manifest, path, &digest);
}

/* Objects of the list before `path` (NULL: all that are left) should have been met by now. */
static bool pass_absent(struct manifest *manifest, const char *path)
{
    for (; manifest->next < manifest->count; manifest->next++) {
        const struct entry *entry = &manifest->entries[manifest->next];

        if (path && strcmp(path_of(manifest, entry), path) >= 0)
            break;
        if (!entry->absent)
            return forge_fail(manifest->err, FORGE_BAD_TARGET,
                              "the object %s/%s/%s is listed, and is not there",
                              manifest->folder, manifest->store, path_of(manifest, entry));
    }
    return true;
}

/* `path` is below the store. *listed: it is the next object, as it should be. */
static bool meet_object(struct manifest *manifest, const char *path, uint64_t size,
                        bool *listed)
{
    const struct entry *entry;

    *listed = false;
    if (!pass_absent(manifest, path))
        return false;
    entry = &manifest->entries[manifest->next];
    if (manifest->next == manifest->count || strcmp(path_of(manifest, entry), path) != 0)
        return true;
    if (entry->absent)
        return forge_fail(manifest->err, FORGE_BAD_TARGET,
                          "the object %s/%s/%s is there, and is listed as left out",
                          manifest->folder, manifest->store, path);
    if (entry->length != size)
        return forge_fail(manifest->err, FORGE_BAD_TARGET,
                          "the object %s/%s/%s has %" PRIu64 " bytes, and is listed with "
                          "%" PRIu64,
                          manifest->folder, manifest->store, path, size, entry->length);
    *listed = true;
    return true;
}

static bool visit(void *context, const char *key, const struct forge_object_status *status)
{
    struct manifest *manifest = context;
    size_t length = strlen(manifest->store);
    bool listed = false;

    if (strcmp(key, FORGE_MANIFEST) == 0 || strcmp(key, FORGE_TAG_MANIFEST) == 0)
        return true;
    manifest->failed = true;
    if (strncmp(key, manifest->store, length) == 0 && key[length] == '/' &&
        !meet_object(manifest, key + length + 1, status->size, &listed))
        return false;
    manifest->failed =
        listed ? !add_line(manifest, key, &manifest->entries[manifest->next++].digest)
               : !hash_file(manifest, key);
    return !manifest->failed;
}

static bool write_lines(struct manifest *manifest, struct forge_error *err)
{
    snprintf(manifest->name, sizeof manifest->name,
             "%s/" FORGE_FILE_STORE_UNFINISHED FORGE_MANIFEST, manifest->folder);
    manifest->fd = forge_fd_open(AT_FDCWD, manifest->name, O_WRONLY | O_CREAT | O_TRUNC);
    if (manifest->fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", manifest->name);
    return forge_store_list(manifest->files, "", visit, manifest, err) && !manifest->failed &&
           pass_absent(manifest, NULL) && flush(manifest) &&
           (forge_fd_sync(manifest->fd) ||
            forge_fail_errno(err, FORGE_TARGET_IO, "cannot make %s durable", manifest->name));
}

/* Close it and give it its name, or let it go. */
static bool finish(struct manifest *manifest, bool good, struct forge_error *err)
{
    char name[PATH_MAX];

    if (manifest->fd < 0)
        return good;
    if (!forge_fd_close(manifest->fd) && good)
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot close %s", manifest->name);
    snprintf(name, sizeof name, "%s/" FORGE_MANIFEST, manifest->folder);
    if (good && !forge_fd_rename(AT_FDCWD, manifest->name, name))
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot name %s", name);
    if (!good)
        forge_fd_discard(AT_FDCWD, manifest->name);
    return good;
}

/* The digest of the manifest, in a file beside it. */
static bool write_tag(struct manifest *manifest, struct forge_error *err)
{
    char hex[2 * FORGE_DIGEST_BYTES + 1], line[sizeof hex + sizeof FORGE_MANIFEST + 3];
    struct forge_digest digest;
    int length;

    forge_hasher_finish(manifest->hasher, &digest);
    manifest->hasher = NULL;
    forge_digest_format(&digest, hex);
    length = snprintf(line, sizeof line, "%s  " FORGE_MANIFEST "\n", hex);
    return forge_store_put(manifest->files, FORGE_TAG_MANIFEST, line, (size_t)length, err) &&
           forge_folder_sync(manifest->folder, err);
}

bool forge_manifest_write(const char *folder, const char *store, struct forge_error *err)
{
    struct manifest manifest = {.folder = folder, .store = store, .fd = -1, .err = err};
    bool good;

    if (strlen(folder) + sizeof FORGE_FILE_STORE_UNFINISHED FORGE_MANIFEST >= PATH_MAX)
        return forge_fail(err, FORGE_TARGET_IO, "the path %.80s.. is too long", folder);
    manifest.buffer = malloc(BUFFER_BYTES);
    if (!manifest.buffer)
        return forge_fail(err, FORGE_FAILED, "no memory to write a manifest");
    manifest.hasher = forge_hasher_open();
    good = read_list(&manifest, err) && forge_store_open_file(&manifest.files, folder, err) &&
           write_lines(&manifest, err);
    good = finish(&manifest, good, err) && write_tag(&manifest, err);
    if (!good && (err->code == FORGE_SOURCE_IO || err->code == FORGE_BAD_SOURCE ||
                  err->code == FORGE_MISSING))
        err->code = FORGE_TARGET_IO; /* what a run reads here is its own */
    forge_hasher_close(manifest.hasher);
    forge_store_close(manifest.files);
    forge_text_clear(&manifest.paths);
    forge_text_clear(&manifest.lines);
    free(manifest.entries);
    free(manifest.buffer);
    return good;
}

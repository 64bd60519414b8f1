#include "run/known_parts.h"

#include "catalog/folders.h"
#include "storage/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETTLED_NS (INT64_C(2) * 1000000000)
#define FILE_BYTES (3 * sizeof(uint64_t) + FORGE_DIGEST_BYTES) /* before the url */

static void add_u64(struct forge_text *payload, uint64_t number)
{
    forge_text_add_bytes(payload, &number, sizeof number);
}

static uint64_t take_u64(const unsigned char **at)
{
    uint64_t number;

    memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return number;
}

void forge_known_write_file(struct forge_text *payload, const struct forge_known_file *file)
{
    add_u64(payload, file->status.size);
    add_u64(payload, (uint64_t)file->status.modified_ns);
    add_u64(payload, file->status.serial);
    forge_text_add_bytes(payload, file->digest.bytes, sizeof file->digest.bytes);
    forge_text_add(payload, file->url);
}

/* The last that is said of a url counts. */
static void keep_file(struct forge_known *known, const struct forge_known_file *given)
{
    size_t length = strlen(given->url);
    struct forge_known_file *file = forge_map_find(&known->files.index, given->url, length);
    const char *url = file ? file->url : forge_arena_text(&known->arena, given->url);

    if (!file) {
        file = forge_arena_take(&known->arena, sizeof *file);
        forge_map_put(&known->files.index, url, length, file);
    }
    *file = *given;
    file->url = url;
    known->files.records++;
}

bool forge_known_visit_file(void *context, const void *payload, size_t length, uint64_t at,
                            struct forge_error *err)
{
    struct forge_known *known = context;
    struct forge_known_file file;
    const unsigned char *bytes = payload;
    struct forge_text url = {0};

    (void)at;
    (void)err;
    if (length <= FILE_BYTES)
        return true;
    file.status.size = take_u64(&bytes);
    file.status.modified_ns = (int64_t)take_u64(&bytes);
    file.status.serial = take_u64(&bytes);
    memcpy(file.digest.bytes, bytes, sizeof file.digest.bytes);
    forge_text_add_bytes(&url, bytes + FORGE_DIGEST_BYTES, length - FILE_BYTES);
    file.url = forge_text_string(&url);
    keep_file(known, &file);
    forge_text_clear(&url);
    return true;
}

bool forge_known_load(struct forge_known *known, struct forge_known_journal *journal,
                      forge_journal_visit *visit, struct forge_error *err)
{
    struct forge_error why;
    bool good = forge_journal_read(journal->path, visit, known, NULL, &why);

    if (!known->writable)
        return true;
    if (!good && why.code == FORGE_BAD_TARGET && !forge_fd_unlink(AT_FDCWD, journal->path) &&
        errno != ENOENT)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", journal->path);
    return forge_journal_open(&journal->journal, journal->path, err);
}

bool forge_known_open(struct forge_known **out, const struct forge_bakery *bakery,
                      const char *name, bool writable, struct forge_error *err)
{
    struct forge_known *known = calloc(1, sizeof *known);
    const char *folder;

    if (!known)
        return forge_fail(err, FORGE_FAILED, "no memory for what is known of inputs");
    known->writable = writable;
    known->scans_fd = -1;
    pthread_mutex_init(&known->lock, NULL);
    folder = forge_arena_print(&known->arena, "%s/state/inputs/%s", bakery->root, name);
    known->files.path = forge_arena_print(&known->arena, "%s/files", folder);
    known->scans.path = forge_arena_print(&known->arena, "%s/scans", folder);
    if ((writable && !forge_folder_make(folder, err)) ||
        !forge_known_load(known, &known->files, forge_known_visit_file, err)) {
        forge_known_close(known);
        return false;
    }
    *out = known;
    return true;
}

/* Nothing is lost when closing fails: a record that is not whole is found out anew. */
static void close_journal(struct forge_known_journal *journal)
{
    struct forge_error ignored;

    if (journal->journal)
        (void)!forge_journal_close(journal->journal, &ignored);
    forge_map_clear(&journal->index);
}

void forge_known_close(struct forge_known *known)
{
    if (!known)
        return;
    close_journal(&known->files);
    close_journal(&known->scans);
    forge_fd_drop(known->scans_fd);
    pthread_mutex_destroy(&known->lock);
    forge_arena_clear(&known->arena);
    free(known);
}

static bool is_same(const struct forge_object_status *a, const struct forge_object_status *b)
{
    return a->size == b->size && a->modified_ns == b->modified_ns && a->serial == b->serial;
}

bool forge_known_digest(struct forge_known *known, const char *url,
                        const struct forge_object_status *status, struct forge_digest *digest)
{
    const struct forge_known_file *file;
    bool found;

    pthread_mutex_lock(&known->lock);
    file = forge_map_find(&known->files.index, url, strlen(url));
    found = file && is_same(&file->status, status);
    if (found)
        *digest = file->digest;
    pthread_mutex_unlock(&known->lock);
    return found;
}

bool forge_known_add_digest(struct forge_known *known, const char *url,
                            const struct forge_object_status *status,
                            const struct forge_digest *digest, int64_t hashed_ns,
                            struct forge_error *err)
{
    const struct forge_known_file file = {*status, *digest, url};
    struct forge_text payload = {0};
    bool good;

    if (!known->writable || status->modified_ns > hashed_ns - SETTLED_NS)
        return true;
    forge_known_write_file(&payload, &file);
    good = forge_journal_append(known->files.journal, payload.bytes, payload.length, NULL, err);
    forge_text_clear(&payload);
    if (good) {
        pthread_mutex_lock(&known->lock);
        keep_file(known, &file);
        pthread_mutex_unlock(&known->lock);
    }
    return good;
}

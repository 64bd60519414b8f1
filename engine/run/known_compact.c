/* known_compact.c: forget what no input needs any more. */
#include "run/known_parts.h"

#include "storage/fd.h"

#include <errno.h>
#include <string.h>

/* Files of a few records are not worth rewriting. */
#define RECORDS_FEW 64

struct compacting {
    struct forge_known *known;
    const char *const *urls;
    size_t count;
    struct forge_map digests; /* of the files that are kept */
    struct forge_journal *to; /* NULL: only count */
    uint64_t kept;
};

static const struct forge_known_file *file_of(const struct compacting *c, size_t i)
{
    if (i > 0 && strcmp(c->urls[i], c->urls[i - 1]) == 0)
        return NULL;
    return forge_map_find(&c->known->files.index, c->urls[i], strlen(c->urls[i]));
}

/* Append each file that is kept. */
static bool keep_files(struct compacting *c, struct forge_error *err)
{
    struct forge_text payload = {0};
    bool good = true;

    for (size_t i = 0; i < c->count && good; i++) {
        const struct forge_known_file *file = file_of(c, i);

        if (!file)
            continue;
        payload.length = 0;
        forge_known_write_file(&payload, file);
        good = forge_journal_append(c->to, payload.bytes, payload.length, NULL, err);
    }
    forge_text_clear(&payload);
    return good;
}

/* One scan of the old journal: is it of a file that is kept, and the last one of its key? */
static bool visit_old_scan(void *context, const void *payload, size_t length, uint64_t at,
                           struct forge_error *err)
{
    struct compacting *c = context;
    const unsigned char *key = (const unsigned char *)payload + sizeof(uint32_t);
    const struct forge_known_place *place = NULL;
    uint32_t key_length = 0;

    if (length < sizeof key_length)
        return true;
    memcpy(&key_length, payload, sizeof key_length);
    if (key_length <= length - sizeof key_length)
        place = forge_map_find(&c->known->scans.index, key, key_length);
    if (!place || place->at != at || !forge_map_find(&c->digests, key, FORGE_DIGEST_BYTES))
        return true;
    c->kept++;
    return !c->to || forge_journal_append(c->to, payload, length, NULL, err);
}

static bool keep_scans(struct compacting *c, struct forge_error *err)
{
    return forge_journal_read(c->known->scans.path, visit_old_scan, c, NULL, err);
}

static bool is_mostly_unneeded(const struct forge_known_journal *journal, uint64_t needed)
{
    return journal->records > 2 * needed + RECORDS_FEW;
}

/* Write what `keep` keeps into a new journal and put it in place of the old one. */
static bool rewrite(struct compacting *c, struct forge_known_journal *journal,
                    bool (*keep)(struct compacting *c, struct forge_error *err),
                    struct forge_error *err)
{
    const char *path = forge_arena_print(&c->known->arena, "%s.new", journal->path);
    struct forge_error ignored;
    bool good;

    if (!forge_fd_unlink(AT_FDCWD, path) && errno != ENOENT) /* of one that died */
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", path);
    if (!forge_journal_open(&c->to, path, err))
        return false;
    good = keep(c, err) && forge_journal_sync(c->to, err);
    if (!forge_journal_close(c->to, good ? err : &ignored))
        good = false;
    c->to = NULL;
    if (good && !forge_fd_rename(AT_FDCWD, path, journal->path))
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot replace %s", journal->path);
    if (!good) {
        forge_fd_discard(AT_FDCWD, path);
        return false;
    }
    if (journal->journal)
        (void)!forge_journal_close(journal->journal, &ignored); /* the old one */
    journal->journal = NULL;
    forge_map_clear(&journal->index);
    journal->records = 0;
    return true;
}

static bool compact_scans(struct compacting *c, struct forge_error *err)
{
    struct forge_known *known = c->known;

    if (known->scans_fd < 0 || !keep_scans(c, err))
        return known->scans_fd < 0;
    if (!is_mostly_unneeded(&known->scans, c->kept))
        return true;
    if (!rewrite(c, &known->scans, keep_scans, err))
        return false;
    forge_fd_drop(known->scans_fd);
    known->scans_fd = -1;
    return forge_known_load_scans(known, err);
}

bool forge_known_compact(struct forge_known *known, const char *const *urls, size_t count,
                         struct forge_error *err)
{
    struct compacting c = {.known = known, .urls = urls, .count = count};
    uint64_t needed = 0;
    bool good;

    if (!known->writable)
        return true;
    for (size_t i = 0; i < count; i++) {
        const struct forge_known_file *file = file_of(&c, i);

        if (file)
            forge_map_put(&c.digests, file->digest.bytes, FORGE_DIGEST_BYTES, &needed);
        needed += file != NULL;
    }
    good = compact_scans(&c, err);
    if (good && is_mostly_unneeded(&known->files, needed))
        good = rewrite(&c, &known->files, keep_files, err) &&
               forge_known_load(known, &known->files, forge_known_visit_file, err);
    forge_map_clear(&c.digests);
    return good;
}

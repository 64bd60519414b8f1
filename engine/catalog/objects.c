/* objects.c: records of objects, one behind the other in the payloads of a journal.
 *
 *     object   kind u8 (1, bit 4: absent, bit 5: unknown), key 32, encoding, structure and
 *              files u64 each, [digest 32, length varint,] length of the path varint, path
 *     count    kind u8 (2), objects varint; in front of a list, alone in its payload
 */
#include "catalog/objects.h"

#include "catalog/folders.h"
#include "storage/fd.h"
#include "storage/store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LIST_UNFINISHED "provenance/.objects"
#define PAYLOAD_BYTES (64U << 10) /* of the payloads of a list, about */

enum {
    KIND_OBJECT = 1,
    KIND_COUNT = 2,
    KIND_ABSENT = 1 << 4,
    KIND_UNKNOWN = 1 << 5,
};

static void add_byte(struct forge_text *payload, unsigned byte)
{
    unsigned char one = (unsigned char)byte;

    forge_text_add_bytes(payload, &one, 1);
}

static void add_varint(struct forge_text *payload, uint64_t number)
{
    unsigned char bytes[10];
    size_t length = 0;

    for (; number >= 0x80; number >>= 7)
        bytes[length++] = (unsigned char)(number | 0x80);
    bytes[length++] = (unsigned char)number;
    forge_text_add_bytes(payload, bytes, length);
}

static void add_u64(struct forge_text *payload, uint64_t number)
{
    unsigned char bytes[8];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    forge_text_add_bytes(payload, bytes, sizeof bytes);
}

void forge_object_record_write(struct forge_text *payload,
                               const struct forge_object_record *record)
{
    size_t path_length = strlen(record->path);

    add_byte(payload, KIND_OBJECT | (record->absent ? KIND_ABSENT : 0U) |
                          (record->key.unknown ? KIND_UNKNOWN : 0U));
    forge_text_add_bytes(payload, record->key.digest.bytes, FORGE_DIGEST_BYTES);
    add_u64(payload, record->key.encoding);
    add_u64(payload, record->key.structure);
    add_u64(payload, record->key.files);
    if (!record->absent) {
        forge_text_add_bytes(payload, record->digest.bytes, FORGE_DIGEST_BYTES);
        add_varint(payload, record->length);
    }
    add_varint(payload, path_length);
    forge_text_add_bytes(payload, record->path, path_length);
}

/* Reading: nothing of a payload is believed. */

struct cursor {
    const unsigned char *at, *end;
};

static bool take(struct cursor *cursor, void *out, size_t length)
{
    if (length > (size_t)(cursor->end - cursor->at))
        return false;
    memcpy(out, cursor->at, length);
    cursor->at += length;
    return true;
}

static bool take_varint(struct cursor *cursor, uint64_t *number)
{
    unsigned char byte;

    *number = 0;
    for (unsigned shift = 0; shift < 64 && take(cursor, &byte, 1); shift += 7) {
        uint64_t bits = byte & 0x7fU;

        if (bits << shift >> shift != bits)
            return false;
        *number |= bits << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_u64(struct cursor *cursor, uint64_t *number)
{
    unsigned char bytes[8];

    *number = 0;
    if (!take(cursor, bytes, sizeof bytes))
        return false;
    for (unsigned i = 0; i < sizeof bytes; i++)
        *number |= (uint64_t)bytes[i] << (8 * i);
    return true;
}

static bool take_path(struct cursor *cursor, char path[PATH_MAX])
{
    uint64_t length;

    if (!take_varint(cursor, &length) || length >= PATH_MAX ||
        !take(cursor, path, (size_t)length))
        return false;
    path[length] = '\0';
    return strlen(path) == length && forge_key_is_safe(path);
}

static bool take_record(struct cursor *cursor, struct forge_object_record *record,
                        char path[PATH_MAX])
{
    unsigned char kind = 0;

    *record = (struct forge_object_record){.path = path};
    if (!take(cursor, &kind, 1) ||
        (kind & ~(unsigned)(KIND_ABSENT | KIND_UNKNOWN)) != KIND_OBJECT)
        return false;
    record->absent = kind & KIND_ABSENT;
    record->key.unknown = kind & KIND_UNKNOWN;
    return take(cursor, record->key.digest.bytes, FORGE_DIGEST_BYTES) &&
           take_u64(cursor, &record->key.encoding) &&
           take_u64(cursor, &record->key.structure) && take_u64(cursor, &record->key.files) &&
           (record->absent || (take(cursor, record->digest.bytes, FORGE_DIGEST_BYTES) &&
                               take_varint(cursor, &record->length))) &&
           take_path(cursor, path);
}

struct listing {
    const char *path; /* of the list or journal */
    bool is_list;
    bool counted;
    uint64_t count, left; /* of a list, as it says itself */
    bool stopped;
    forge_object_record_visit *visit;
    void *context;
};

static bool fail_damaged(const struct listing *listing, uint64_t at, struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_TARGET, "%s: the record at byte %" PRIu64 " makes no sense",
               listing->path, at);
    return forge_fail_help(err, "it was written by another version of forge, or was damaged");
}

static bool fail_incomplete(const struct listing *listing, struct forge_error *err)
{
    if (!listing->counted)
        return forge_fail(err, FORGE_BAD_TARGET,
                          "%s is not complete: it does not say how many objects there are",
                          listing->path);
    return forge_fail(err, FORGE_BAD_TARGET,
                      "%s is not complete: it has %" PRIu64 " of its %" PRIu64 " objects",
                      listing->path, listing->count - listing->left, listing->count);
}

/* The count in front of a list, or a damaged record. */
static bool visit_count(struct listing *listing, struct cursor cursor, uint64_t at,
                        struct forge_error *err)
{
    unsigned char kind = 0;

    if (!take(&cursor, &kind, 1) || kind != KIND_COUNT ||
        !take_varint(&cursor, &listing->count) || cursor.at != cursor.end)
        return fail_damaged(listing, at, err);
    listing->left = listing->count;
    listing->counted = true;
    return true;
}

static bool visit_payload(void *context, const void *payload, size_t length, uint64_t at,
                          struct forge_error *err)
{
    struct listing *listing = context;
    struct cursor cursor = {.at = payload, .end = (const unsigned char *)payload + length};
    char path[PATH_MAX];

    if (listing->is_list && !listing->counted)
        return visit_count(listing, cursor, at, err);
    while (cursor.at < cursor.end) {
        uint64_t here = at + (uint64_t)(cursor.at - (const unsigned char *)payload);
        struct forge_object_record record;

        if (!take_record(&cursor, &record, path))
            return fail_damaged(listing, here, err);
        if (listing->is_list && listing->left == 0)
            return forge_fail(err, FORGE_BAD_TARGET, "%s has more than its %" PRIu64 " objects",
                              listing->path, listing->count);
        listing->left -= listing->is_list;
        if (!listing->visit(listing->context, &record, err)) {
            listing->stopped = true;
            return false;
        }
    }
    return true;
}

static bool path_below(char out[PATH_MAX], const char *folder, const char *name,
                       struct forge_error *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s", folder, name);

    return (length >= 0 && length < PATH_MAX) ||
           forge_fail(err, FORGE_TARGET_IO, "the path %.80s..%s is too long", folder, name);
}

bool forge_objects_read(const char *folder, forge_object_record_visit *visit, void *context,
                        struct forge_error *err)
{
    struct listing listing = {.is_list = true, .visit = visit, .context = context};
    char path[PATH_MAX];
    struct stat status;

    if (!path_below(path, folder, FORGE_OBJECTS_LIST, err))
        return false;
    if (lstat(path, &status) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return forge_fail_errno(err, FORGE_TARGET_IO, "cannot read %s", path);
        listing.is_list = false;
        if (!path_below(path, folder, FORGE_OBJECTS_JOURNAL, err))
            return false;
    }
    listing.path = path;
    return forge_journal_read(path, visit_payload, &listing, NULL, err) &&
           (!listing.is_list || listing.stopped || (listing.counted && listing.left == 0) ||
            fail_incomplete(&listing, err));
}

/* Writing a list. */

bool forge_objects_begin(struct forge_objects_writer *writer, const char *folder,
                         uint64_t count, struct forge_error *err)
{
    char path[PATH_MAX];
    struct forge_text payload = {0};
    bool good;

    *writer = (struct forge_objects_writer){.folder = folder, .left = count};
    if (!path_below(path, folder, "provenance", err) || !forge_folder_make(path, err) ||
        !path_below(path, folder, LIST_UNFINISHED, err))
        return false;
    if (!forge_fd_unlink(AT_FDCWD, path) && errno != ENOENT)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", path);
    if (!forge_journal_open(&writer->journal, path, err))
        return false;
    add_byte(&payload, KIND_COUNT);
    add_varint(&payload, count);
    good = forge_journal_append(writer->journal, payload.bytes, payload.length, NULL, err);
    forge_text_clear(&payload);
    if (!good)
        forge_objects_abandon(writer);
    return good;
}

static bool flush(struct forge_objects_writer *writer, struct forge_error *err)
{
    bool good = forge_journal_append(writer->journal, writer->payload.bytes,
                                     writer->payload.length, NULL, err);

    writer->payload.length = 0;
    return good;
}

bool forge_objects_add(struct forge_objects_writer *writer,
                       const struct forge_object_record *record, struct forge_error *err)
{
    if (writer->left == 0)
        return forge_fail(err, FORGE_FAILED, "more objects than were said are listed in %s",
                          writer->folder);
    writer->left--;
    forge_object_record_write(&writer->payload, record);
    return writer->payload.length < PAYLOAD_BYTES || flush(writer, err);
}

/* Durable before it has its name: a list that is there is complete. */
bool forge_objects_end(struct forge_objects_writer *writer, struct forge_error *err)
{
    char from[PATH_MAX], to[PATH_MAX], folder[PATH_MAX];
    struct forge_journal *journal = writer->journal;

    if (writer->left > 0)
        return forge_fail(err, FORGE_FAILED, "%" PRIu64 " objects are not listed in %s",
                          writer->left, writer->folder);
    if (!path_below(from, writer->folder, LIST_UNFINISHED, err) ||
        !path_below(to, writer->folder, FORGE_OBJECTS_LIST, err) ||
        !path_below(folder, writer->folder, "provenance", err) || !flush(writer, err) ||
        !forge_journal_sync(journal, err))
        return false;
    writer->journal = NULL;
    if (!forge_journal_close(journal, err))
        return false;
    if (!forge_fd_rename(AT_FDCWD, from, to))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot name %s", to);
    forge_text_clear(&writer->payload);
    *writer = (struct forge_objects_writer){0};
    return forge_folder_sync(folder, err);
}

void forge_objects_abandon(struct forge_objects_writer *writer)
{
    struct forge_error ignored;
    char path[PATH_MAX];
    bool closed = forge_journal_close(writer->journal, &ignored);

    (void)closed;
    if (writer->folder && path_below(path, writer->folder, LIST_UNFINISHED, &ignored))
        forge_fd_discard(AT_FDCWD, path);
    forge_text_clear(&writer->payload);
    *writer = (struct forge_objects_writer){0};
}

/* known_parts.h: how the inputs of earlier runs are kept. Private to the files of known.
 *
 *     files    u64 size, i64 modification time, u64 serial, sha256, url
 *     scans    u32 length of the key, key, 32 bytes name of the format, record
 * (formats/record.h) key      sha256, u32 FORGE_SCAN_VERSION, u64 inline bytes, u8 whether
 * there is a group, group, NUL, format that was asked for (empty: none), NUL
 *
 * One payload of a journal each, little-endian.
 */
#ifndef FORGE_RUN_KNOWN_PARTS_H
#define FORGE_RUN_KNOWN_PARTS_H

#include <pthread.h>

#include "base/map.h"
#include "catalog/journal.h"
#include "run/known.h"

#define FORGE_KNOWN_FORMAT_NAME 32

struct forge_known_file {
    struct forge_object_status status;
    struct forge_digest digest;
    const char *url;
};

/* Where a scan lies in the journal: the payload. */
struct forge_known_place {
    uint64_t at;
    size_t length;
    size_t key_length;
};

struct forge_known_journal {
    const char *path;
    struct forge_journal *journal; /* NULL: only read */
    struct forge_map index;        /* url, or key of a scan -> the structs above */
    uint64_t records;              /* in the file, also those that later ones replace */
};

struct forge_known {
    bool writable;
    pthread_mutex_t lock; /* guards the indexes, their counts, and the arena */
    struct forge_arena arena;
    struct forge_known_journal files, scans;
    int scans_fd; /* to read them again; -1: none were loaded */
};

/* Read one journal through `visit` (whose context is `known`), and open it for appending when
 * writable. A file that is none is as if it were not there. */
bool forge_known_load(struct forge_known *known, struct forge_known_journal *journal,
                      forge_journal_visit *visit, struct forge_error *err);

/* Index what a journal holds. */
forge_journal_visit forge_known_visit_file, forge_known_visit_scan;

/* The payload of one file. */
void forge_known_write_file(struct forge_text *payload, const struct forge_known_file *file);

#endif

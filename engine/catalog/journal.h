/* journal.h: records in a file that only grows, each whole or not there.
 *
 *     file     "forge journal 1\n" record*
 *     record   length u32, CRC-32C of the payload u32, payload; little-endian
 *
 * A process that dies in the middle of a record leaves a torn tail: readers
 * stop there, and the next writer cuts it off. A record that was appended
 * survives the death of the process; of the machine only after a sync.
 */
#ifndef FORGE_CATALOG_JOURNAL_H
#define FORGE_CATALOG_JOURNAL_H

#include <stdint.h>

#include "base/error.h"

#define FORGE_JOURNAL_RECORD_MAX (UINT32_C(1) << 30)

struct forge_journal; /* safe from any thread; one writer of a file at a time */

/* Open for appending; made when it is not there (its folder must be). A torn tail is cut off; a
 * file that is no journal is FORGE_BAD_TARGET. */
FORGE_MUST_CHECK bool forge_journal_open(struct forge_journal **out, const char *path,
                                         struct forge_error *err);

/* Whole or not at all: what could be written in part only is cut off again, and where even that
 * fails, every later append fails. An empty payload adds nothing. `at` (may be NULL) gets the
 * offset of the payload. */
FORGE_MUST_CHECK bool forge_journal_append(struct forge_journal *journal, const void *payload,
                                           size_t length, uint64_t *at,
                                           struct forge_error *err);
/* The records and the file's name. Once this failed, every later call fails. */
FORGE_MUST_CHECK bool forge_journal_sync(struct forge_journal *journal,
                                         struct forge_error *err);
/* False when what was written may be lost (close(2) failed). Takes NULL. */
FORGE_MUST_CHECK bool forge_journal_close(struct forge_journal *journal,
                                          struct forge_error *err);

/* One record at offset `at`; stops the reading when it returns false, with err set or not. */
typedef bool forge_journal_visit(void *context, const void *payload, size_t length, uint64_t at,
                                 struct forge_error *err);

/* Visit every record that is whole, in order; those added meanwhile are left out. A file that
 * is not there has none. `torn` (may be NULL): bytes behind the last whole record, 0 when the
 * reading was stopped. Memory: that of the largest record. False: it could not be read
 * (FORGE_TARGET_IO), is no journal (FORGE_BAD_TARGET), or `visit` failed with an error. */
FORGE_MUST_CHECK bool forge_journal_read(const char *path, forge_journal_visit *visit,
                                         void *context, uint64_t *torn,
                                         struct forge_error *err);

/* Read again a payload that append or a visit told of, through any descriptor of the file.
 * False when it is not there whole any more. */
bool forge_journal_read_at(int fd, uint64_t at, void *payload, size_t length);

#endif

/* record.h: a virtual dataset as bytes: what a scanner process sends, and what is kept.
 *
 * A record is self-contained: schema, attributes, values in memory, manifests,
 * codec chains by name and settings. Reading one trusts nothing: every count,
 * length and offset is checked, names and texts are checked as UTF-8, and a
 * dataset comes out whole or not at all. Little-endian; version in front.
 */
#ifndef FORGE_FORMATS_RECORD_H
#define FORGE_FORMATS_RECORD_H

#include "array/dataset.h"
#include "base/text.h"
#include "formats/source.h"

/* Append the record of a dataset whose leaves are sources or memory. */
FORGE_MUST_CHECK bool forge_record_write(struct forge_text *out,
                                         const struct forge_dataset *dataset,
                                         struct forge_error *err);

/* The dataset of a record; sources in it borrow `file`. */
FORGE_MUST_CHECK bool forge_record_read(struct forge_dataset *out, struct forge_arena *arena,
                                        const void *bytes, size_t length,
                                        const struct forge_file *file, struct forge_error *err);

#endif

/* inputs_list.h: the input files of a version, one JSON line each.
 *
 *     provenance/inputs.jsonl.gz
 *     {"modified":"..","read":"..","sha256":"..","size":12,"url":"in/a.nc"}
 *
 * One line for each file that was looked for, in the order of the recipe; one
 * that was not there has null for all but its url. Times are UTC. The digest of
 * the inputs is the sha256 of lines that have sha256, size and url only: it
 * depends on no clock. The file is gzip in members of at most a MiB of lines,
 * without a name or a time in it: the same lines give the same bytes.
 */
#ifndef FORGE_CATALOG_INPUTS_LIST_H
#define FORGE_CATALOG_INPUTS_LIST_H

#include "base/digest.h"
#include "base/text.h"
#include "storage/store.h"

#define FORGE_INPUTS_LIST "provenance/inputs.jsonl.gz"
#define FORGE_INPUTS_LIST_PLAIN "provenance/inputs.jsonl" /* of older versions */

struct forge_input_record {
    const char *url; /* borrowed */
    bool absent;     /* then there is nothing but the url */
    uint64_t size;
    struct forge_digest digest;
    int64_t modified_ns; /* since 1970; 0: not known */
    int64_t read_us;     /* when the run looked at it; 0: not known */
};

typedef bool forge_input_record_visit(void *context, const struct forge_input_record *record,
                                      struct forge_error *err);

/* Visit the inputs of a version's folder, in order, without their times; stops where `visit`
 * returns false. A folder without a list has none; a list that is damaged is FORGE_BAD_TARGET.
 */
FORGE_MUST_CHECK bool forge_inputs_list_read(const char *folder,
                                             forge_input_record_visit *visit, void *context,
                                             struct forge_error *err);

/* The line of a record: with its times, as it is kept, or without, as it is digested. */
void forge_input_record_format(struct forge_text *out, const struct forge_input_record *record,
                               bool times);

/* Writes a list: {0}, every record, end. */
struct forge_inputs_writer {
    struct forge_text lines, packed;
    uint64_t size; /* of the file, once it was put */
};
FORGE_MUST_CHECK bool forge_inputs_writer_add(struct forge_inputs_writer *writer,
                                              const struct forge_input_record *record,
                                              struct forge_error *err);
/* Put it below the root of a version. Frees the writer in any case. */
FORGE_MUST_CHECK bool forge_inputs_writer_end(struct forge_inputs_writer *writer,
                                              struct forge_store *version,
                                              struct forge_error *err);
void forge_inputs_writer_abandon(struct forge_inputs_writer *writer);

#endif

/* scanner.h: files are parsed in processes that can do nothing else.
 *
 * A zygote is forked while the program is small and has one thread. For every
 * file it forks a scanner, which gives up everything (run/sandbox.h), parses the
 * file, and sends back a record (formats/record.h) that is checked again here.
 * A crafted file can end its scanner, never the bake: the message names the
 * file. A scanner that nobody waits for any more is killed. One file per scanner: a fork of the
 * small zygote costs about a millisecond, and no file can spoil the reading of another.
 */
#ifndef FORGE_RUN_SCANNER_H
#define FORGE_RUN_SCANNER_H

#include <stdatomic.h>

#include "formats/format.h"
#include "run/sandbox.h"

struct forge_scanners; /* safe from any thread */

struct forge_scanner_limits {
    struct forge_sandbox_limits sandbox;
    unsigned seconds;             /* of wall time for one file */
    const atomic_bool *cancelled; /* borrowed; NULL: never. Set, no scanner is waited for */
};
#define FORGE_SCANNER_LIMITS                                                                   \
    {                                                                                          \
        .sandbox = {.memory_bytes = UINT64_C(2) << 30, .seconds = 120}, .seconds = 180,        \
    }

/* Fork the zygote. Call it first, before any thread is made or secret read: every scanner
 * gets a copy of the memory of this moment. */
FORGE_MUST_CHECK bool forge_scanners_open(struct forge_scanners **out,
                                          const struct forge_scanner_limits *limits,
                                          struct forge_error *err);
void forge_scanners_close(struct forge_scanners *scanners);

/* Describe the open file request->fd into `arena`. `format` may be NULL: then its first bytes
 * tell, and file->format says what they told. Sources borrow `file`. */
FORGE_MUST_CHECK bool forge_scanner_scan(struct forge_scanners *scanners,
                                         struct forge_file *file, const char *format,
                                         const struct forge_scan_request *request,
                                         struct forge_arena *arena, struct forge_dataset *out,
                                         struct forge_error *err);

/* The same with a format that need not be one of the list. */
FORGE_MUST_CHECK bool forge_scanner_scan_as(struct forge_scanners *scanners,
                                            struct forge_file *file,
                                            const struct forge_format_type *format,
                                            const struct forge_scan_request *request,
                                            struct forge_arena *arena,
                                            struct forge_dataset *out, struct forge_error *err);

/* Reads what only a library can decode, in a scanner each time. */
struct forge_library forge_scanner_library(struct forge_scanners *scanners);

#endif

/* known.h: what is known of inputs from earlier runs: digests and scans.
 *
 *     BAKERY/state/inputs/NAME/files   url, size, modification time, serial -> sha256
 *     BAKERY/state/inputs/NAME/scans   sha256, group, format -> record of the scanned file
 *
 * A file whose size, modification time and serial are what they were when it was
 * hashed is not read again: that is the only thing a modification time is good
 * for. Both files are journals; whatever is missing or damaged in them is found
 * out anew. They are written under the dataset's lock only; a plan reads them.
 */
#ifndef FORGE_RUN_KNOWN_H
#define FORGE_RUN_KNOWN_H

#include "base/digest.h"
#include "catalog/bakery.h"
#include "formats/format.h"

struct forge_known; /* safe from any thread, but for opening, loading, compacting, closing */

/* Load the digests. `writable`: what is found out is added; only under the dataset's lock. What
 * cannot be read is as if it were not there; what cannot be written (FORGE_TARGET_IO) fails. */
FORGE_MUST_CHECK bool forge_known_open(struct forge_known **out,
                                       const struct forge_bakery *bakery, const char *name,
                                       bool writable, struct forge_error *err);
void forge_known_close(struct forge_known *known);

/* The digest of a file that is as it was when it was hashed. */
bool forge_known_digest(struct forge_known *known, const char *url,
                        const struct forge_object_status *status, struct forge_digest *digest);

/* Remember one, of a file with this status before and after it was hashed; `hashed_ns`: when
 * that began, since 1970. A file modified within the two seconds before is not remembered: it
 * could change again without showing it. Does nothing unless writable. */
FORGE_MUST_CHECK bool forge_known_add_digest(struct forge_known *known, const char *url,
                                             const struct forge_object_status *status,
                                             const struct forge_digest *digest,
                                             int64_t hashed_ns, struct forge_error *err);

/* Find out which scans there are; they stay on disk. Before it no scan is known, and none is
 * remembered. Loading twice is fine. */
FORGE_MUST_CHECK bool forge_known_load_scans(struct forge_known *known,
                                             struct forge_error *err);

/* The description of a file with these bytes, as the scanner gave it; false when there is none
 * that fits the request. Sources borrow `file`, which gets its format. */
bool forge_known_scan(struct forge_known *known, const struct forge_digest *digest,
                      const char *format, const struct forge_scan_request *request,
                      struct forge_file *file, struct forge_arena *arena,
                      struct forge_dataset *out);

/* Remember one, as the scanner gave it: before any transform. Does nothing unless writable. */
FORGE_MUST_CHECK bool
forge_known_add_scan(struct forge_known *known, const struct forge_digest *digest,
                     const char *format, const struct forge_scan_request *request,
                     const struct forge_file *file, const struct forge_dataset *dataset,
                     struct forge_error *err);

/* Rewrite both without what no url of `urls` (sorted) needs, each when most of it is that.
 * Does nothing unless writable. */
FORGE_MUST_CHECK bool forge_known_compact(struct forge_known *known, const char *const *urls,
                                          size_t count, struct forge_error *err);

#endif

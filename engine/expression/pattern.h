/* pattern.h: PCRE2 patterns with named groups, searched in paths and texts.
 *
 * Patterns come from strangers: at most 1,000 bytes, nothing that begins with
 * "(*", and a search that takes too many steps ends with an error. Texts are
 * UTF-8; where a subject is not, its broken bytes match nothing. Compiled
 * patterns are const and may be searched by many threads at once.
 */
#ifndef FORGE_EXPRESSION_PATTERN_H
#define FORGE_EXPRESSION_PATTERN_H

#include "base/arena.h"
#include "base/text.h"

#define FORGE_PATTERN_BYTES 1000
#define FORGE_PATTERN_SUBJECT_BYTES 8192

struct forge_pattern; /* owned */

/* On failure `*at` is the byte offset of the mistake in `text`. */
FORGE_MUST_CHECK bool forge_pattern_compile(struct forge_pattern **out, const char *text,
                                            size_t *at, struct forge_error *err);
void forge_pattern_close(struct forge_pattern *pattern);

/* The names of its groups, in the order they are written, NULL-terminated; as long as the
 * pattern lives. */
const char *const *forge_pattern_names(const struct forge_pattern *pattern);

/* Is the pattern somewhere in `subject`? Then groups[i] (may be NULL when there are no names)
 * is the text of the i-th named group, in the arena, or NULL where it took no part. */
FORGE_MUST_CHECK bool forge_pattern_search(bool *found, const char **groups,
                                           const struct forge_pattern *pattern,
                                           const char *subject, struct forge_arena *arena,
                                           struct forge_error *err);

/* The version of PCRE2, for provenance. */
void forge_pcre2_version(struct forge_text *out);

#endif

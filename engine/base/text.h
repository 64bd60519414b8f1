/* text.h: bytes that grow, and small questions about names.
 *
 * A `struct forge_text` owns its bytes; {0} is empty and valid, and `bytes`
 * is NUL-terminated whenever it is not NULL. Running out of memory ends the
 * program. `forge_text_string` never returns NULL.
 */
#ifndef FORGE_BASE_TEXT_H
#define FORGE_BASE_TEXT_H

#include <stdint.h>

#include "base/error.h"

struct forge_text {
    char *bytes;
    size_t length, room;
};

void forge_text_add(struct forge_text *text, const char *string);
void forge_text_add_bytes(struct forge_text *text, const void *bytes, size_t length);
void forge_text_print(struct forge_text *text, const char *format, ...) FORGE_PRINTF(2, 3);
const char *forge_text_string(const struct forge_text *text);
void forge_text_clear(struct forge_text *text);

/* Append `string` so that a terminal or log shows it and obeys none of it: control, escape
 * and bidirectional bytes and broken UTF-8 become \xNN. */
void forge_text_add_safe(struct forge_text *text, const char *string);

/* The name of `names` (NULL-terminated) nearest to `wrong` by edit distance, or NULL when
 * nothing is near. */
const char *forge_text_nearest(const char *wrong, const char *const *names);

/* Does `name` match a glob of *, ? and literal bytes? */
bool forge_text_glob(const char *glob, const char *name);

/* Is this valid UTF-8 without NUL, surrogates or overlong forms? */
bool forge_text_is_utf8(const char *bytes, size_t length);

/* The character at `bytes` and how many bytes it takes; 0 when no UTF-8 character begins there.
 */
size_t forge_text_decode(uint32_t *point, const char *bytes, size_t length);

/* Is it a character that a terminal obeys, hides or reorders text by? */
bool forge_text_is_obeyed(uint32_t point);

/* Natural order: runs of digits compare as numbers ("f2" before "f10"). As strcmp. */
int forge_text_compare_natural(const char *a, const char *b);

/* "64 MiB", "1.5 GiB", "17 B" into out; for people. */
const char *forge_text_bytes(char *out, size_t size, unsigned long long bytes);

/* 100MB, 64MiB, 1.5 GiB, 1000: digits, at most three more behind a point, a unit. False when
 * that is not what the text is, or it is too large. */
bool forge_text_parse_bytes(uint64_t *out, const char *text);

#endif

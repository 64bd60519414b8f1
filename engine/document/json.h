/* json.h: JSON in (small documents, through jansson) and out (ours, exact).
 *
 * Writing: a stack of containers into a text. Numbers are the shortest digits
 * that read back the same; NaN and infinities are never bare (RFC 8259). The
 * caller keeps keys sorted where order matters; the writer asserts nesting.
 */
#ifndef FORGE_DOCUMENT_JSON_H
#define FORGE_DOCUMENT_JSON_H

#include "base/arena.h"
#include "base/text.h"

#include <stdint.h>

#define FORGE_JSON_DEPTH_MAX 64

struct forge_json {
    struct forge_text *out; /* borrowed */
    unsigned indent;        /* spaces a level; 0: compact */
    unsigned depth;
    bool filled[FORGE_JSON_DEPTH_MAX]; /* the container at this depth has a member */
    bool after_key;
};

void forge_json_object(struct forge_json *json);
void forge_json_array(struct forge_json *json);
void forge_json_close(struct forge_json *json, char bracket); /* '}' or ']' */
void forge_json_key(struct forge_json *json, const char *key);
void forge_json_string(struct forge_json *json, const char *string);
void forge_json_integer(struct forge_json *json, int64_t number);
void forge_json_unsigned(struct forge_json *json, uint64_t number);
void forge_json_flag(struct forge_json *json, bool flag);
void forge_json_null(struct forge_json *json);
/* A finite number in the shortest form that reads back as the same double (always with "."
 * or "e", so that it stays a float); as the strings "NaN", "Infinity", "-Infinity" if not. */
void forge_json_number(struct forge_json *json, double number);
void forge_json_float32(struct forge_json *json, float number); /* shortest for a float32 */
void forge_json_raw(struct forge_json *json, const char *text); /* an already written value */

/* A member of an object at once; a text that is NULL is null. */
void forge_json_add_text(struct forge_json *json, const char *key, const char *text);
void forge_json_add_number(struct forge_json *json, const char *key, uint64_t number);
void forge_json_add_raw(struct forge_json *json, const char *key, const char *value);

/* Reading: a tree like jansson's, in the arena, with object members in written order. */
enum forge_json_kind {
    FORGE_JSON_NULL,
    FORGE_JSON_FLAG,
    FORGE_JSON_INTEGER,
    FORGE_JSON_NUMBER,
    FORGE_JSON_STRING,
    FORGE_JSON_ARRAY,
    FORGE_JSON_OBJECT
};

struct forge_json_value {
    enum forge_json_kind kind;
    bool flag;
    int64_t integer;    /* INTEGER; numbers beyond int64 are refused */
    double number;      /* INTEGER and NUMBER */
    const char *string; /* STRING, without NUL inside */
    const char *key;    /* when the parent is an OBJECT */
    size_t count;
    struct forge_json_value *first, *next;
};

/* Refuses: more than 64 MiB, deeper than 64, duplicate keys, NUL in strings, trailing text. */
FORGE_MUST_CHECK bool forge_json_parse(struct forge_json_value **out, struct forge_arena *arena,
                                       const char *text, size_t length,
                                       struct forge_error *err);
const struct forge_json_value *forge_json_find(const struct forge_json_value *object,
                                               const char *key);

/* The version of jansson, for provenance. */
void forge_jansson_version(struct forge_text *out);

#endif

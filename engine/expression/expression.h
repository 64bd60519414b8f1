/* expression.h: the expression language of recipes: total, typed, no loops, no I/O.
 *
 * Grammar and functions are in docs/recipe.md. An expression is parsed once, at
 * recipe time, then evaluated with a scope that says what its names mean.
 * Scalars are int, float, string, bool, time (with calendar), duration, missing.
 * Limits: 4 KiB of text, depth 64. Integer overflow is an error.
 */
#ifndef FORGE_EXPRESSION_EXPRESSION_H
#define FORGE_EXPRESSION_EXPRESSION_H

#include "array/dataset.h"
#include "time/calendar.h"

enum forge_scalar_kind {
    FORGE_SCALAR_MISSING,
    FORGE_SCALAR_INTEGER,
    FORGE_SCALAR_FLOAT,
    FORGE_SCALAR_STRING,
    FORGE_SCALAR_FLAG,
    FORGE_SCALAR_TIME,
    FORGE_SCALAR_DURATION,
};

struct forge_scalar {
    enum forge_scalar_kind kind;
    int64_t integer; /* INTEGER; TIME: microseconds since 1970 */
    double number;   /* FLOAT */
    const char *string;
    bool flag;
    enum forge_calendar calendar; /* TIME */
    struct forge_duration duration;
};

struct forge_dataset;
struct forge_expression; /* in an arena */

/* What names mean. Every function may be NULL (nothing of that kind is known) and returns
 * false without an error when the name is not known. Texts live as long as the scope. */
struct forge_scope {
    void *context;
    /* a plain name, and `key.NAME`, `file.stem`, with the dots in the name */
    bool (*name)(void *context, const char *name, struct forge_scalar *out);
    /* table[key] */
    bool (*table)(void *context, const char *table, const char *key, struct forge_scalar *out);
    /* attr("name") with variable NULL, attr(v, "name") */
    bool (*attribute)(void *context, const char *variable, const char *name,
                      struct forge_scalar *out);
    /* names the author may have meant, NULL-terminated; for help; may be NULL */
    const char *const *names;
};

/* An attribute of a variable, or of the dataset where `variable` is NULL: what `attribute` of a
 * scope gives. False where it is not there or is not one value. */
bool forge_scalar_attribute(struct forge_scalar *out, const struct forge_dataset *dataset,
                            const char *variable, const char *name);

/* Parse. On failure `*at` is the byte offset of the mistake in `text`; err has the text. */
FORGE_MUST_CHECK bool forge_expression_parse(struct forge_expression **out,
                                             struct forge_arena *arena, const char *text,
                                             size_t *at, struct forge_error *err);

/* Evaluate to one scalar. */
FORGE_MUST_CHECK bool forge_expression_scalar(struct forge_scalar *out,
                                              const struct forge_expression *expression,
                                              const struct forge_scope *scope,
                                              struct forge_arena *arena,
                                              struct forge_error *err);

/* Visit every free name ("time", "key.time", "letter" of letter[x] with is_table). */
typedef void forge_name_visit(void *context, const char *name, bool is_table, size_t at);
void forge_expression_names(const struct forge_expression *expression, forge_name_visit *visit,
                            void *context);

/* Does `expression`, on decoded values, hold everywhere in `dataset`? Names are variables;
 * element by element, broadcast by dimension name, in regions that fit `region_bytes`;
 * reductions (mean, sum, min, max, count, any, all) over everything. Missing elements hold.
 * When it does not, *holds is false and err says where: the first index and its values. */
FORGE_MUST_CHECK bool forge_expression_holds(bool *holds, uint64_t *index,
                                             const struct forge_variable **variable,
                                             const struct forge_expression *expression,
                                             const struct forge_dataset *dataset,
                                             struct forge_reader *reader, uint64_t region_bytes,
                                             struct forge_error *err);

/* Write a scalar as templates do: integers and texts as they are, times as ISO 8601; `format`
 * (may be NULL) is strftime's for a time, "04d", ".2f" and such for a number. */
FORGE_MUST_CHECK bool forge_scalar_format(struct forge_text *out,
                                          const struct forge_scalar *scalar, const char *format,
                                          struct forge_error *err);

#endif

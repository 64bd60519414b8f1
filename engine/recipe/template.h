/* template.h: texts with expressions in them: "sst.{time:%Y%m%d}.nc".
 *
 * {EXPR} is the value of an expression, {EXPR:FORMAT} writes it by a format
 * (strftime's for a time, "04d" or ".2f" for a number); "{{" and "}}" are the
 * braces themselves. FORMAT begins at the first ':' that is in no string,
 * parenthesis, bracket or written time, and goes to the "}". What is written
 * is at most 8 KiB long.
 */
#ifndef FORGE_RECIPE_TEMPLATE_H
#define FORGE_RECIPE_TEMPLATE_H

#include "expression/expression.h"

#define FORGE_TEMPLATE_BYTES 8192

struct forge_template; /* in an arena, const afterwards */

/* On failure `*at` is the byte offset of the mistake in `text`. */
FORGE_MUST_CHECK bool forge_template_parse(struct forge_template **out,
                                           struct forge_arena *arena, const char *text,
                                           size_t *at, struct forge_error *err);

/* Append the text to `out`, which is left as it was on failure. */
FORGE_MUST_CHECK bool forge_template_expand(struct forge_text *out,
                                            const struct forge_template *template,
                                            const struct forge_scope *scope,
                                            struct forge_arena *scratch,
                                            struct forge_error *err);

/* Visit the names in all expressions; places are byte offsets in the template. */
void forge_template_names(const struct forge_template *template, forge_name_visit *visit,
                          void *context);

/* Has it no expressions? */
bool forge_template_is_plain(const struct forge_template *template);

#endif

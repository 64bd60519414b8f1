/* parts.h: what the files of this folder share. Private to it. */
#ifndef FORGE_DOCUMENT_PARTS_H
#define FORGE_DOCUMENT_PARTS_H

#include "document/options.h"

/* The text of a document, behind a byte order mark, with a NUL behind it. */
struct forge_document_text {
    const char *file;
    const char *bytes;
    size_t length;
    struct forge_diagnostics *diagnostics;
};

/* Is it UTF-8 without characters that nobody sees? Reports the first that is not. */
bool forge_document_check_characters(const struct forge_document_text *text);

/* Does it begin without directives? libyaml's time for many of them is quadratic. */
bool forge_document_check_directives(const struct forge_document_text *text);

/* Is there nothing but comments from byte `at`, which is at `place`, on? */
bool forge_document_check_end(const struct forge_document_text *text, size_t at,
                              struct forge_place place);

/* What a problem of libyaml's means to somebody who writes a recipe. */
struct forge_document_problem {
    const char *context, *problem; /* beginnings of libyaml's texts; NULL: any */
    enum forge_fault fault;
    bool at_context; /* the place is where the thing began */
    const char *text, *help;
};

/* NULL when the problem is none of those we know. */
const struct forge_document_problem *forge_document_problem_find(const char *context,
                                                                 const char *problem);

struct forge_option_reading {
    struct forge_arena *arena;
    struct forge_diagnostics *diagnostics;
};

/* Check one value and put it into `slot`: of a TABLE the settings struct, of all others the
 * field. `label` names the value in messages. */
bool forge_option_store(void *slot, const struct forge_option *option,
                        const struct forge_node *node, const char *label,
                        const struct forge_option_reading *reading);

/* What an option wants, in words: "a whole number"; into `out`. */
void forge_option_describe(struct forge_text *out, const struct forge_option *option);

/* The value that a fallback stands for; false when there is none. */
bool forge_option_fallback(struct forge_node *out, const struct forge_option *option);

/* Which of the limits hold? */
bool forge_option_has_minimum(const struct forge_option *option);
bool forge_option_has_maximum(const struct forge_option *option);

#endif

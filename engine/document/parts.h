/* parts.h: what the files that read YAML share. Private to this folder. */
#ifndef FORGE_DOCUMENT_PARTS_H
#define FORGE_DOCUMENT_PARTS_H

#include "document/diagnostics.h"

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

#endif

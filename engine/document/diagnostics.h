/* diagnostics.h: every mistake of a document, reported at once, compiler-style.
 *
 *     error[F017]: unknown key "traget"
 *       --> recipe.yaml:14:1
 *        |
 *     14 | traget:
 *        | ^^^^^^
 *        = help: did you mean "target"?
 *
 * Faults have stable codes, one line each in faults.h.
 */
#ifndef FORGE_DOCUMENT_DIAGNOSTICS_H
#define FORGE_DOCUMENT_DIAGNOSTICS_H

#include "base/arena.h"
#include "base/text.h"

enum forge_fault {
#define FORGE_FAULT(code, summary) FORGE_##code,
#include "document/faults.h"
#undef FORGE_FAULT
    FORGE_FAULT_COUNT
};

struct forge_diagnostic {
    enum forge_fault fault;
    struct forge_place place;
    unsigned width; /* of the caret's underline */
    const char *text;
    const char *help; /* may be NULL */
};

/* {0} with an arena is valid. Kept in the order of places when shown. */
struct forge_diagnostics {
    struct forge_arena *arena; /* borrowed */
    const char *source;        /* the document's text, for showing lines; may be NULL */
    struct forge_diagnostic *items;
    size_t count, room;
    bool more; /* there were mistakes that are not kept */
};

/* Add a mistake; returns false so that callers can write `return forge_report(...)`. `help`
 * is copied and may be NULL. At most 100 are kept; the same one is kept once; texts are cut at
 * 1,000 bytes. What recipes say may be in texts as it is: it is made safe when shown. */
bool forge_report(struct forge_diagnostics *diagnostics, enum forge_fault fault,
                  struct forge_place place, unsigned width, const char *help,
                  const char *format, ...) FORGE_PRINTF(6, 7);

/* The code of a fault, "F017", and what it is in one line. */
const char *forge_fault_code(enum forge_fault fault);
const char *forge_fault_summary(enum forge_fault fault);

/* All of them for people (as above, and "2 mistakes" at the end), with colour or not. */
void forge_diagnostics_show(struct forge_text *out, struct forge_diagnostics *diagnostics,
                            bool colour);

/* One JSON array of {code, file, line, column, text, help}. */
void forge_diagnostics_json(struct forge_text *out, struct forge_diagnostics *diagnostics);

#endif

/* parsed.h: a text of YAML, its tree, and what was wrong with it, one line each. */
#ifndef TESTS_SUPPORT_PARSED_H
#define TESTS_SUPPORT_PARSED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "document/document.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

struct parsed {
    struct forge_arena arena;
    struct forge_diagnostics diagnostics;
    struct forge_node *root;
    bool good;
};

static inline void parse(struct parsed *p, const char *text, size_t length)
{
    *p = (struct parsed){0};
    p->diagnostics.arena = &p->arena;
    p->good =
        forge_document_parse(&p->root, &p->arena, "r.yaml", text, length, &p->diagnostics);
}

/* "F001 line:column+width text", one a line. */
static inline void list_mistakes(struct forge_text *out, const struct forge_diagnostics *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct forge_diagnostic *item = &d->items[i];

        assert_string_equal(item->place.file, "r.yaml");
        forge_text_print(out, "%s%s %u:%u+%u %s", i > 0 ? "\n" : "",
                         forge_fault_code(item->fault), item->place.line, item->place.column,
                         item->width, item->text);
    }
}

static inline void assert_mistakes(const char *yaml, size_t length, const char *want, bool tree)
{
    struct forge_text out = {0};
    struct parsed p;

    parse(&p, yaml, length);
    list_mistakes(&out, &p.diagnostics);
    assert_string_equal(forge_text_string(&out), want);
    assert_int_equal(p.good, tree);
    assert_int_equal(p.root != NULL, tree);
    forge_text_clear(&out);
    forge_arena_clear(&p.arena);
}

#endif

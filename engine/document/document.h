/* document.h: a YAML text as a tree in which every node knows its place.
 *
 * Only document.c sees libyaml (event API). Limits: 1 MiB, depth 32, 20,000
 * events. Aliases, anchors, tags, directives and second documents are refused,
 * and so are characters that nobody sees or that reorder text: a recipe reads
 * top to bottom and means what it shows. Values are text until somebody asks; a
 * plain scalar is known from a quoted one. Of a key given twice the first
 * counts; columns count characters, not bytes.
 */
#ifndef FORGE_DOCUMENT_DOCUMENT_H
#define FORGE_DOCUMENT_DOCUMENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "document/diagnostics.h"

enum forge_node_kind { FORGE_NODE_TEXT, FORGE_NODE_LIST, FORGE_NODE_MAP };

struct forge_node {
    enum forge_node_kind kind;
    struct forge_place place;
    unsigned width;   /* columns of a scalar or a flow collection that is on one line, quotes
                         and brackets included, for the caret; else 1 */
    bool quoted;      /* TEXT in quotes or a block: never a number, null or flag */
    const char *text; /* TEXT, else NULL */
    const char *key;  /* set when the parent is a MAP */
    struct forge_place key_place;
    unsigned key_width;
    size_t count;             /* children */
    struct forge_node *first; /* LIST and MAP: children in written order */
    struct forge_node *next;
};

/* Parse one document. The tree lives in `arena`; `name` is what places call the file. Every
 * mistake goes to `diagnostics`; false when there is no tree to go on with. */
FORGE_MUST_CHECK bool forge_document_parse(struct forge_node **root, struct forge_arena *arena,
                                           const char *name, const char *text, size_t length,
                                           struct forge_diagnostics *diagnostics);

/* The child of a MAP with this key, or NULL. */
const struct forge_node *forge_node_find(const struct forge_node *map, const char *key);

/* Scalars as YAML 1.2's core schema reads plain ones; false when the node is something else. */
bool forge_node_is_null(const struct forge_node *node);
bool forge_node_flag(bool *out, const struct forge_node *node);
bool forge_node_integer(int64_t *out, const struct forge_node *node);
bool forge_node_number(double *out, const struct forge_node *node);

/* The tree as canonical JSON, keys sorted: what digests of a recipe are taken of. Two trees
 * have the same one only when no reader can tell them apart: a plain scalar that could be read
 * as a number or flag but is not written as JSON writes it (01, +1, .5, True) keeps its
 * spelling, as {"": "01"}. */
void forge_node_canonical(struct forge_text *out, const struct forge_node *node);

/* The tree as JSON for programs to read, keys sorted; spellings that JSON lacks are texts. */
void forge_node_json(struct forge_text *out, const struct forge_node *node);

/* The version of libyaml, for provenance. */
void forge_libyaml_version(struct forge_text *out);

#endif

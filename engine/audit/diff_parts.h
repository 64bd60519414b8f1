/* diff_parts.h: what the files of diff share. */
#ifndef FORGE_AUDIT_DIFF_PARTS_H
#define FORGE_AUDIT_DIFF_PARTS_H

#include "audit/diff.h"
#include "audit/objects_table.h"
#include "document/json.h"

struct forge_diff_half {
    struct forge_diff_side side;
    struct forge_store *store; /* owned */
    struct forge_dataset dataset;
    bool has_objects;
    struct forge_objects_table objects;
};

struct forge_diffing {
    const struct forge_diff_request *request;
    struct forge_diff *out;
    struct forge_diff_half a, b;
};

/* Add a change; texts are copied. */
void forge_diff_add(struct forge_diffing *d, const struct forge_change *change);

/* JSON text in the arena, from what was written to `text`, which is cleared. */
const char *forge_diff_text(struct forge_diffing *d, struct forge_text *text);

/* Attributes and encodings of what both have, and what only one has. */
void forge_diff_structure(struct forge_diffing *d);

/* Recipes, inputs and objects, where both sides have them. */
FORGE_MUST_CHECK bool forge_diff_provenance(struct forge_diffing *d, struct forge_error *err);

/* Lines of two texts: what went, what came, and a few lines around. */
void forge_diff_lines(const char ***out, size_t *count, struct forge_arena *arena,
                      const char *was, const char *is);

FORGE_MUST_CHECK bool forge_diff_values(struct forge_diffing *d, struct forge_error *err);

/* How one dimension of both sides goes together. Element i of what they have in common is
 * a[i] of one and b[i] of the other; NULL: start + i. */
struct forge_diff_axis {
    const char *dim;
    bool labelled;      /* by their coordinates */
    const void *labels; /* of a, decoded to nothing: raw elements; NULL: none */
    uint64_t size_a, size_b;
    uint64_t count;
    const int64_t *a, *b;
    uint64_t start_a, start_b;
};

FORGE_MUST_CHECK bool forge_diff_align(struct forge_diff_axis *axis, struct forge_diffing *d,
                                       const char *dim, struct forge_error *err);
uint64_t forge_diff_at_a(const struct forge_diff_axis *axis, uint64_t i);
uint64_t forge_diff_at_b(const struct forge_diff_axis *axis, uint64_t i);

/* The label of an element of a, as JSON: a date where it is a time; its index without labels.
 */
void forge_diff_label(struct forge_json *json, const struct forge_diffing *d,
                      const struct forge_diff_axis *axis, uint64_t index);

#endif

/* diff_pairing.h: two variables whose values are compared.
 *
 * What both have in common is cut into cells: the part of it that one object of
 * a holds. A task compares a cell, in pieces that fit the memory; a cell whose
 * bytes are known to be the same in b is not read.
 */
#ifndef FORGE_AUDIT_DIFF_PAIRING_H
#define FORGE_AUDIT_DIFF_PAIRING_H

#include <pthread.h>

#include "audit/diff_parts.h"

/* One variable that both sides have. */
struct forge_diff_pairing {
    struct forge_diffing *d;
    const struct forge_variable *a, *b;
    const struct forge_source *source_a, *source_b;
    const struct forge_array *from, *to; /* in common, aligned, decoded; same shape */
    unsigned rank;
    const struct forge_diff_axis *axes[FORGE_RANK_MAX];
    uint64_t *cells[FORGE_RANK_MAX]; /* where each begins, and the end of the last */
    uint64_t cells_count[FORGE_RANK_MAX], cells_total;
    bool same_elements; /* elements with the same bytes are the same values */
    bool same_bytes;    /* and so are objects */
    uint64_t tile_bytes;
    struct forge_budget budget;

    pthread_mutex_t lock; /* guards what follows */
    struct forge_values_diff *result;
    uint64_t first[FORGE_RANK_MAX]; /* of the elements that differ, in common */
    union forge_value was, is;      /* there */
    bool was_missing, is_missing;
};

/* The elements in common of a cell. */
struct forge_region forge_diff_cell(const struct forge_diff_pairing *p, uint64_t number);

/* A forge_perform: compare cells, and add what was found to the result. */
bool forge_diff_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                        struct forge_error *err);

#endif

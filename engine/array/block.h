/* block.h: memory for array data, counted against the budget.
 *
 * A block has one owner and moves; it is never shared. Closing gives large
 * blocks back to the system at once, so that what is measured is what is used.
 */
#ifndef FORGE_ARRAY_BLOCK_H
#define FORGE_ARRAY_BLOCK_H

#include "base/budget.h"

struct forge_block {
    unsigned char *bytes;
    uint64_t size; /* bytes that can be used */
    struct forge_budget *budget;
};

/* Room for `size` bytes, contents undefined. `budget` may be NULL. False when the budget or
 * the system refuses. */
FORGE_MUST_CHECK bool forge_block_open(struct forge_block *out, struct forge_budget *budget,
                                       uint64_t size, struct forge_error *err);

/* Make room for at least `size` bytes; contents are lost. {0} with a budget set is fine. */
FORGE_MUST_CHECK bool forge_block_reserve(struct forge_block *block, uint64_t size,
                                          struct forge_error *err);
void forge_block_close(struct forge_block *block);

#endif

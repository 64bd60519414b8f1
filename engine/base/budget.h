/* budget.h: bytes of array data in use, against a promise.
 *
 * The plan proves that the tasks running together fit; the budget counts while
 * they run. A take that would go over the limit is refused, never waited for.
 * Safe from any thread.
 */
#ifndef FORGE_BASE_BUDGET_H
#define FORGE_BASE_BUDGET_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

struct forge_budget {
    uint64_t limit; /* bytes; 0 is no limit */
    _Atomic uint64_t used, peak;
};

/* Count `size` bytes. False (FORGE_FAILED) when that would pass the limit. */
FORGE_MUST_CHECK bool forge_budget_take(struct forge_budget *budget, uint64_t size,
                                        struct forge_error *err);
void forge_budget_give(struct forge_budget *budget, uint64_t size);

#endif

#include "base/budget.h"

#include "base/text.h"

#include <assert.h>

static bool refuse(const struct forge_budget *budget, uint64_t used, uint64_t size,
                   struct forge_error *err)
{
    char limit_text[32], used_text[32], size_text[32];

    return forge_fail(err, FORGE_FAILED,
                      "%s more would pass the memory budget of %s, of which %s are in use",
                      forge_text_bytes(size_text, sizeof size_text, size),
                      forge_text_bytes(limit_text, sizeof limit_text, budget->limit),
                      forge_text_bytes(used_text, sizeof used_text, used));
}

bool forge_budget_take(struct forge_budget *budget, uint64_t size, struct forge_error *err)
{
    uint64_t used = atomic_load(&budget->used);
    uint64_t peak = atomic_load(&budget->peak);
    uint64_t sum;

    do {
        if (__builtin_add_overflow(used, size, &sum) ||
            (budget->limit > 0 && sum > budget->limit))
            return refuse(budget, used, size, err);
    } while (!atomic_compare_exchange_weak(&budget->used, &used, sum));
    while (sum > peak && !atomic_compare_exchange_weak(&budget->peak, &peak, sum))
        continue;
    return true;
}

void forge_budget_give(struct forge_budget *budget, uint64_t size)
{
    uint64_t before = atomic_fetch_sub(&budget->used, size);

    assert(before >= size);
    (void)before;
}

#include "run/retry.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/checked.h"

#define BACKOFF_MAX_MS 30000U

static void swap(struct forge_retry *a, struct forge_retry *b)
{
    struct forge_retry kept = *a;

    *a = *b;
    *b = kept;
}

static void grow(struct forge_retries *retries)
{
    size_t room = retries->room > 0 ? 2 * retries->room : 16;
    struct forge_retry *items = realloc(retries->items, room * sizeof *items);

    if (!items) {
        fputs("forge: out of memory\n", stderr);
        abort();
    }
    retries->items = items;
    retries->room = room;
}

void forge_retries_add(struct forge_retries *retries, const struct forge_unit *unit,
                       uint64_t due_ms)
{
    size_t i = retries->count;

    if (retries->count == retries->room)
        grow(retries);
    retries->items[retries->count++] = (struct forge_retry){due_ms, *unit};
    for (; i > 0 && retries->items[i].due_ms < retries->items[(i - 1) / 2].due_ms;
         i = (i - 1) / 2)
        swap(&retries->items[i], &retries->items[(i - 1) / 2]);
}

static void sink(struct forge_retries *retries)
{
    size_t i = 0, child = 1;

    while (child < retries->count) {
        if (child + 1 < retries->count &&
            retries->items[child + 1].due_ms < retries->items[child].due_ms)
            child++;
        if (retries->items[i].due_ms <= retries->items[child].due_ms)
            return;
        swap(&retries->items[i], &retries->items[child]);
        i = child;
        child = 2 * i + 1;
    }
}

bool forge_retries_take(struct forge_retries *retries, uint64_t now_ms, struct forge_unit *unit)
{
    if (retries->count == 0 || retries->items[0].due_ms > now_ms)
        return false;
    *unit = retries->items[0].unit;
    retries->items[0] = retries->items[--retries->count];
    sink(retries);
    return true;
}

uint64_t forge_retries_wait(const struct forge_retries *retries, uint64_t now_ms,
                            uint64_t most_ms)
{
    if (retries->count == 0)
        return most_ms;
    if (retries->items[0].due_ms <= now_ms)
        return 0;
    return forge_minimum(retries->items[0].due_ms - now_ms, most_ms);
}

void forge_retries_clear(struct forge_retries *retries)
{
    free(retries->items);
    *retries = (struct forge_retries){0};
}

/* Any function of the unit that tells neighbours apart does: nothing here must be unguessable.
 */
static uint64_t scatter(const struct forge_unit *unit)
{
    uint64_t mixed =
        unit->first + ((uint64_t)unit->stage << 40) + ((uint64_t)unit->attempt << 52);

    mixed = (mixed ^ mixed >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 32;
}

uint64_t forge_retry_backoff(const struct forge_unit *unit, uint64_t first_ms)
{
    uint64_t wait_ms = forge_minimum(first_ms, BACKOFF_MAX_MS);

    for (uint32_t i = 1; i < unit->attempt && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms = forge_minimum(2 * wait_ms, BACKOFF_MAX_MS);
    return wait_ms - scatter(unit) % (wait_ms / 2 + 1);
}

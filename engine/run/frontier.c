#include "run/frontier.h"

#include <assert.h>
#include <stdlib.h>

#include "base/checked.h"

/* A stage under way. */
struct lane {
    const struct forge_stage *stage;
    uint64_t unit_size, units;
    uint64_t next;         /* NONE, ALL: the first task not taken yet */
    uint64_t taken;        /* tasks taken, or left out */
    uint64_t done, broken; /* tasks that ended well; that failed or were left out */

    unsigned followers;     /* stages that go after the same task of this one, not over yet */
    uint64_t *ended, *bad;  /* a bit per task, while there are followers */
    uint64_t *ready;        /* SAME: a bit per unit whose counterparts have ended */
    uint64_t ready_count;   /* of those */
    uint64_t lowest;        /* no ready unit is below */
    uint64_t piece, border; /* SAME: tasks of the unit being given out */
};

struct forge_frontier {
    size_t count;
    struct lane lanes[];
};

static uint64_t *bits_open(uint64_t count)
{
    return calloc(count / 64 + 1, sizeof(uint64_t));
}

static void bits_set(uint64_t *bits, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++)
        bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void bits_clear(uint64_t *bits, uint64_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* The first bit of [from, end) that is `value`, or `end`. */
static uint64_t bits_find(const uint64_t *bits, uint64_t from, uint64_t end, bool value)
{
    while (from < end) {
        uint64_t word = value ? bits[from / 64] : ~bits[from / 64];

        word >>= from % 64;
        if (word != 0)
            return forge_minimum(from + (uint64_t)__builtin_ctzll(word), end);
        from += 64 - from % 64;
    }
    return end;
}

static bool is_over(const struct lane *lane)
{
    return lane->done + lane->broken == lane->stage->count;
}

static bool is_complete(const struct lane *lane)
{
    return lane->done == lane->stage->count;
}

static bool open_lane(struct forge_frontier *frontier, uint32_t index,
                      const struct forge_stage *stage, uint64_t unit_size)
{
    struct lane *lane = &frontier->lanes[index], *before = NULL;

    *lane = (struct lane){.stage = stage, .unit_size = forge_maximum(unit_size, 1)};
    lane->units = forge_divide_up(stage->count, lane->unit_size);
    if (stage->rule == FORGE_AFTER_NONE)
        return true;
    assert(stage->after < index);
    if (stage->rule == FORGE_AFTER_ALL)
        return true;
    before = &frontier->lanes[stage->after];
    assert(before->stage->count == stage->count);
    lane->ready = bits_open(lane->units);
    if (before->followers++ == 0) {
        before->ended = bits_open(stage->count);
        before->bad = bits_open(stage->count);
    }
    return lane->ready && before->ended && before->bad;
}

bool forge_frontier_open(struct forge_frontier **out, const struct forge_stage *stages,
                         const uint64_t *unit_sizes, size_t count, struct forge_error *err)
{
    struct forge_frontier *frontier =
        calloc(1, sizeof *frontier + count * sizeof frontier->lanes[0]);

    if (!frontier)
        return forge_fail(err, FORGE_FAILED, "no memory for %zu stages", count);
    frontier->count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (!open_lane(frontier, i, &stages[i], unit_sizes[i])) {
            forge_frontier_close(frontier);
            return forge_fail(err, FORGE_FAILED, "no memory for the tasks of stage %s",
                              stages[i].name);
        }
    }
    *out = frontier;
    return true;
}

static void clear_bits(uint64_t **bits)
{
    free(*bits);
    *bits = NULL;
}

void forge_frontier_close(struct forge_frontier *frontier)
{
    if (!frontier)
        return;
    for (size_t i = 0; i < frontier->count; i++) {
        clear_bits(&frontier->lanes[i].ended);
        clear_bits(&frontier->lanes[i].bad);
        clear_bits(&frontier->lanes[i].ready);
    }
    free(frontier);
}

static bool take_next(struct lane *lane, struct forge_unit *unit)
{
    uint64_t left = lane->stage->count - lane->next;

    unit->first = lane->next;
    unit->count = forge_minimum(left, lane->unit_size);
    lane->next += unit->count;
    return left > 0;
}

/* Go to the next unit whose counterparts have all ended. */
static bool open_piece(struct lane *lane)
{
    uint64_t unit;

    if (lane->ready_count == 0)
        return false;
    assert(lane->ready);
    unit = bits_find(lane->ready, lane->lowest, lane->units, true);
    bits_clear(lane->ready, unit);
    lane->ready_count--;
    lane->lowest = unit + 1;
    lane->piece = unit * lane->unit_size;
    lane->border = forge_minimum(lane->piece + lane->unit_size, lane->stage->count);
    return true;
}

/* Take the tasks of one run of good counterparts; leave out those of bad ones. */
static bool take_same(struct forge_frontier *frontier, uint32_t index, struct forge_unit *unit)
{
    struct lane *lane = &frontier->lanes[index];
    const struct lane *before = &frontier->lanes[lane->stage->after];

    while (!is_over(lane) && (lane->piece < lane->border || open_piece(lane))) {
        uint64_t from = lane->piece;
        uint64_t first = bits_find(before->bad, from, lane->border, false);
        uint64_t end = bits_find(before->bad, first, lane->border, true);

        lane->piece = end;
        if (first > from) {
            lane->taken += first - from;
            forge_frontier_end(frontier, index, from, first - from, false);
        }
        if (end > first) {
            unit->first = first;
            unit->count = end - first;
            return true;
        }
    }
    return false;
}

static bool take(struct forge_frontier *frontier, uint32_t index, struct forge_unit *unit)
{
    struct lane *lane = &frontier->lanes[index];

    switch (lane->stage->rule) {
    case FORGE_AFTER_NONE:
        return take_next(lane, unit);
    case FORGE_AFTER_ALL:
        return is_complete(&frontier->lanes[lane->stage->after]) && take_next(lane, unit);
    case FORGE_AFTER_SAME:
        break;
    }
    return take_same(frontier, index, unit);
}

bool forge_frontier_next(struct forge_frontier *frontier, struct forge_unit *unit)
{
    for (uint32_t i = (uint32_t)frontier->count; i-- > 0;) {
        *unit = (struct forge_unit){.stage = i, .attempt = 1};
        if (take(frontier, i, unit)) {
            frontier->lanes[i].taken += unit->count;
            return true;
        }
    }
    return false;
}

/* Find the units of `lane` that waited only for tasks [first, first + count) of `before`. */
static void release(struct lane *lane, const struct lane *before, uint64_t first,
                    uint64_t count)
{
    uint64_t last = (first + count - 1) / lane->unit_size;

    for (uint64_t unit = first / lane->unit_size; unit <= last; unit++) {
        uint64_t from = unit * lane->unit_size;
        uint64_t end = forge_minimum(from + lane->unit_size, lane->stage->count);

        if (bits_find(before->ended, from, end, false) == end) {
            bits_set(lane->ready, unit, 1);
            lane->lowest = lane->ready_count++ == 0 ? unit : forge_minimum(lane->lowest, unit);
        }
    }
}

/* Give up what a stage that is over needed. */
static void finish_lane(struct forge_frontier *frontier, struct lane *lane)
{
    struct lane *before = NULL;

    if (lane->stage->rule != FORGE_AFTER_SAME)
        return;
    before = &frontier->lanes[lane->stage->after];
    clear_bits(&lane->ready);
    if (--before->followers == 0) {
        clear_bits(&before->ended);
        clear_bits(&before->bad);
    }
}

void forge_frontier_end(struct forge_frontier *frontier, uint32_t stage, uint64_t first,
                        uint64_t count, bool good)
{
    struct lane *lane = &frontier->lanes[stage];

    if (count == 0)
        return;
    *(good ? &lane->done : &lane->broken) += count;
    if (lane->ended) {
        bits_set(lane->ended, first, count);
        if (!good)
            bits_set(lane->bad, first, count);
    }
    for (size_t i = stage + 1; lane->ended && i < frontier->count; i++) {
        struct lane *later = &frontier->lanes[i];

        if (later->stage->rule == FORGE_AFTER_SAME && later->stage->after == stage)
            release(later, lane, first, count);
    }
    if (is_over(lane))
        finish_lane(frontier, lane);
}

uint64_t forge_frontier_done(const struct forge_frontier *frontier, uint32_t stage)
{
    return frontier->lanes[stage].done;
}

bool forge_frontier_is_busy(const struct forge_frontier *frontier, uint32_t stage)
{
    const struct lane *lane = &frontier->lanes[stage];

    return lane->taken > lane->done + lane->broken;
}

bool forge_frontier_is_complete(const struct forge_frontier *frontier)
{
    for (size_t i = 0; i < frontier->count; i++) {
        if (!is_complete(&frontier->lanes[i]))
            return false;
    }
    return true;
}

/* reduce.c: mean, sum, min, max, count, any and all, over everything or some dimensions.
 *
 * Values are added in the order in which pieces come, with what rounding loses kept aside
 * (Neumaier), so that the order matters to the last bits only.
 */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "expression/program.h"

enum rule { MEAN, SUM, MIN, MAX, COUNT, ANY, ALL };

struct slot {
    double value, lost; /* the sum, the extreme, or the flag; what adding lost */
    double count;       /* of values that are not missing */
};

struct reduction {
    enum rule rule;
    struct forge_program inner;
    unsigned rank; /* of what is left */
    const char *dims[FORGE_RANK_MAX];
    uint64_t shape[FORGE_RANK_MAX];
    uint64_t stride[FORGE_RANK_MAX]; /* of slots, by dimension of the inner program */
    struct forge_block slots;
    uint64_t slots_count;
};

static enum rule rule_of(const char *name)
{
    static const char *const names[] = {"mean", "sum", "min", "max", "count", "any", "all"};
    int rule = MEAN;

    while (rule < ALL && strcmp(names[rule], name) != 0)
        rule++;
    return (enum rule)rule;
}

static void add(struct slot *slot, double value)
{
    double sum = slot->value + value;

    slot->lost += fabs(slot->value) >= fabs(value) ? (slot->value - sum) + value
                                                   : (value - sum) + slot->value;
    slot->value = sum;
}

static void take(struct slot *slot, enum rule rule, double value)
{
    if (isnan(value))
        return;
    if (rule == MEAN || rule == SUM)
        add(slot, value);
    else if (slot->count == 0 || (rule == MIN && value < slot->value) ||
             (rule == MAX && value > slot->value) || (rule == ANY && value != 0) ||
             (rule == ALL && value == 0))
        slot->value = value;
    slot->count++;
}

static double result_of(const struct slot *slot, enum rule rule)
{
    /* What adding lost means nothing beside an infinite sum. */
    double sum = isfinite(slot->value) ? slot->value + slot->lost : slot->value;

    switch (rule) {
    case COUNT:
        return slot->count;
    case SUM:
        return sum;
    case ANY:
    case ALL:
        return slot->count == 0 ? rule == ALL : slot->value;
    case MEAN:
        return slot->count == 0 ? NAN : sum / slot->count;
    case MIN:
    case MAX:
        break;
    }
    return slot->count == 0 ? NAN : slot->value;
}

static bool visit(void *context, const struct forge_batch *batch, const double *values,
                  bool *more, struct forge_error *err)
{
    struct reduction *r = context;
    struct slot *slots = (struct slot *)(void *)r->slots.bytes;
    uint64_t offset, origin = 0,
                     step = batch->program->rank > 0 ? r->stride[batch->program->rank - 1] : 0;
    struct forge_walk walk;
    size_t row;

    (void)more;
    (void)err;
    for (unsigned d = 0; d < batch->program->rank; d++)
        origin += batch->tile->start[d] * r->stride[d];
    forge_walk_open(&walk, batch);
    while ((row = forge_walk_next(&offset, &walk, r->stride)) > 0) {
        for (size_t i = 0; i < row; i++)
            take(&slots[origin + offset + i * step], r->rule, values[i]);
        values += row;
    }
    return true;
}

static bool is_named(const struct forge_expression *call, const char *dim)
{
    if (call->count == 1)
        return true;
    for (size_t i = 1; i < call->count; i++)
        if (strcmp(call->parts[i]->value.string, dim) == 0)
            return true;
    return false;
}

static bool check_dims(const struct reduction *r, const struct forge_expression *call,
                       struct forge_error *err)
{
    for (size_t i = 1; i < call->count; i++) {
        const char *dim = call->parts[i]->value.string;
        unsigned d = 0;

        while (d < r->inner.rank && strcmp(r->inner.dims[d], dim) != 0)
            d++;
        if (d == r->inner.rank)
            return forge_fail(err, FORGE_BAD_RECIPE,
                              "%s over \"%s\", which is no dimension of what it is taken of",
                              call->function->name, dim);
    }
    return true;
}

static bool open_slots(struct reduction *r, const struct forge_expression *call,
                       struct forge_error *err)
{
    const struct forge_material *material = r->inner.material;
    uint64_t bytes;

    r->slots_count = 1;
    for (unsigned d = r->inner.rank; d-- > 0;) {
        if (is_named(call, r->inner.dims[d]))
            continue;
        r->stride[d] = r->slots_count;
        if (!forge_checked_multiply(&r->slots_count, r->slots_count, r->inner.shape[d]))
            r->slots_count = UINT64_MAX;
    }
    for (unsigned d = 0; d < r->inner.rank; d++)
        if (!is_named(call, r->inner.dims[d])) {
            r->dims[r->rank] = r->inner.dims[d];
            r->shape[r->rank++] = r->inner.shape[d];
        }
    if (!forge_checked_multiply(&bytes, r->slots_count, sizeof(struct slot)) ||
        (bytes > material->piece_bytes && r->slots_count > 1))
        return forge_fail(err, FORGE_BAD_RECIPE, "%s leaves %llu values: too many to hold",
                          call->function->name, (unsigned long long)r->slots_count);
    bytes = forge_maximum(bytes, sizeof(struct slot));
    if (!forge_block_open(&r->slots, material->reader->budget, bytes, err))
        return false;
    memset(r->slots.bytes, 0, bytes);
    return true;
}

static bool type_result(struct forge_meaning *out, const struct reduction *r,
                        const struct forge_expression *call, struct forge_error *err)
{
    struct forge_meaning of = r->inner.root->meaning;
    bool flags = r->rule == ANY || r->rule == ALL;
    struct forge_call named = {.function = call->function};

    *out = of;
    if (r->rule == MEAN || r->rule == SUM)
        out->single = false;
    if (r->rule == COUNT)
        *out = (struct forge_meaning){.kind = FORGE_SCALAR_FLOAT};
    if (of.kind == FORGE_SCALAR_MISSING || r->rule == COUNT)
        return true;
    if (flags != (of.kind == FORGE_SCALAR_FLAG))
        return forge_function_fail(err, &named, flags ? "bools" : "numbers or times", of.kind);
    if (r->rule == SUM && of.kind == FORGE_SCALAR_TIME)
        return forge_function_fail(err, &named, "numbers", of.kind);
    return true;
}

/* The values replace the slots that they come from, one after the other. */
static void finish(struct reduction *r)
{
    const struct slot *slots = (const struct slot *)(void *)r->slots.bytes;
    double *values = (double *)(void *)r->slots.bytes;

    for (uint64_t i = 0; i < r->slots_count; i++) {
        double value = result_of(&slots[i], r->rule);

        memcpy(&values[i], &value, sizeof value);
    }
}

static bool build(struct forge_lane **out, struct reduction *r, struct forge_program *program,
                  const struct forge_expression *call, struct forge_error *err)
{
    struct forge_lane *lane = forge_lane_new(program, FORGE_LANE_CONSTANT, call);
    struct forge_operand *operand;

    if (!type_result(&lane->meaning, r, call, err) || !check_dims(r, call, err) ||
        !open_slots(r, call, err) || !forge_program_run(&r->inner, visit, r, err))
        return false;
    finish(r);
    memcpy(&lane->constant, r->slots.bytes, sizeof lane->constant);
    *out = lane;
    if (r->rank == 0)
        return true;
    if (!forge_program_result(&operand, program, r->rank, r->dims, r->shape, err))
        return false;
    operand->block = r->slots;
    operand->meaning = lane->meaning;
    r->slots = (struct forge_block){0};
    lane->kind = FORGE_LANE_OPERAND;
    lane->operand = operand;
    return true;
}

bool forge_reduction_build(struct forge_lane **out, struct forge_program *program,
                           const struct forge_expression *call, enum forge_calendar calendar,
                           struct forge_error *err)
{
    struct reduction r = {.rule = rule_of(call->function->name)};
    bool good =
        forge_program_open(&r.inner, call->parts[0], calendar, program->material, err) &&
        build(out, &r, program, call, err);

    forge_block_close(&r.slots);
    forge_program_close(&r.inner);
    return good;
}

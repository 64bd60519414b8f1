/* kernels.c: the values of lanes, a batch at a time. */
#include <math.h>

#include "expression/evaluate.h"
#include "expression/program.h"

/* Beyond this a double is no time in microseconds any more. */
#define TIME_LIMIT 9.2e18

static void load_operand(double *out, const struct forge_operand *operand,
                         const struct forge_batch *batch)
{
    const double *from = (const double *)(const void *)operand->block.bytes;
    unsigned rank = batch->program->rank;
    uint64_t stride[FORGE_RANK_MAX], origin, offset, step;
    struct forge_walk walk;
    size_t row;

    forge_operand_strides(stride, &origin, operand, batch->program, batch->tile);
    step = rank > 0 ? stride[rank - 1] : 0;
    forge_walk_open(&walk, batch);
    while ((row = forge_walk_next(&offset, &walk, stride)) > 0) {
        const double *at = from + origin + offset;

        for (size_t i = 0; i < row; i++)
            out[i] = at[i * step];
        out += row;
    }
}

static void fill(double *out, double value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = value;
}

typedef void kernel(double *out, const double *a, const double *b, size_t count);

#define KERNEL(name, value)                                                                    \
    static void name(double *out, const double *a, const double *b, size_t count)              \
    {                                                                                          \
        (void)b;                                                                               \
        for (size_t i = 0; i < count; i++)                                                     \
            out[i] = (value);                                                                  \
    }

/* One side that decides is enough, whether the other is missing or not. */
static double decided(double a, double b, double decides)
{
    double open = isnan(a) || isnan(b) ? NAN : 1 - decides;

    return a == decides || b == decides ? decides : open;
}

KERNEL(one_or_other, decided(a[i], b[i], 1))
KERNEL(one_and_other, decided(a[i], b[i], 0))
KERNEL(invert, 1 - a[i])

/* A comparison with a missing value is missing. */
#define COMPARED(sign) (isnan(a[i]) || isnan(b[i]) ? NAN : (double)(a[i] sign b[i]))

KERNEL(equal, COMPARED(==))
KERNEL(not_equal, COMPARED(!=))
KERNEL(less, COMPARED(<))
KERNEL(less_equal, COMPARED(<=))
KERNEL(greater, COMPARED(>))
KERNEL(greater_equal, COMPARED(>=))

KERNEL(add, a[i] + b[i])
KERNEL(subtract, a[i] - b[i])
KERNEL(multiply, a[i] * b[i])
KERNEL(divide, a[i] / b[i])
KERNEL(floor_divide, forge_floor_quotient(a[i], b[i]))
KERNEL(modulo, forge_floor_remainder(a[i], b[i]))
KERNEL(negate, -a[i])
/* C has 1 for 1 ^ NaN and NaN ^ 0. */
KERNEL(power, isnan(a[i]) || isnan(b[i]) ? NAN : pow(a[i], b[i]))

static kernel *const kernels[] = {
    [FORGE_OPERATOR_OR] = one_or_other,
    [FORGE_OPERATOR_AND] = one_and_other,
    [FORGE_OPERATOR_NOT] = invert,
    [FORGE_OPERATOR_EQUAL] = equal,
    [FORGE_OPERATOR_NOT_EQUAL] = not_equal,
    [FORGE_OPERATOR_LESS] = less,
    [FORGE_OPERATOR_LESS_EQUAL] = less_equal,
    [FORGE_OPERATOR_GREATER] = greater,
    [FORGE_OPERATOR_GREATER_EQUAL] = greater_equal,
    [FORGE_OPERATOR_ADD] = add,
    [FORGE_OPERATOR_SUBTRACT] = subtract,
    [FORGE_OPERATOR_MULTIPLY] = multiply,
    [FORGE_OPERATOR_DIVIDE] = divide,
    [FORGE_OPERATOR_FLOOR_DIVIDE] = floor_divide,
    [FORGE_OPERATOR_MODULO] = modulo,
    [FORGE_OPERATOR_NEGATE] = negate,
    [FORGE_OPERATOR_POWER] = power,
};

static void call_number(const struct forge_lane *lane, const double *const *parts, size_t count)
{
    double x[FORGE_ARGUMENTS_MAX];

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lane->count; k++)
            x[k] = parts[k][i];
        lane->values[i] = lane->tree->function->number(x, lane->count);
    }
}

static bool is_time(double value)
{
    return fabs(value) < TIME_LIMIT;
}

static double field_of(const struct forge_lane *lane, double time)
{
    enum forge_calendar calendar = lane->parts[0]->meaning.calendar;
    struct forge_date date;

    forge_date_from_time(&date, calendar, llrint(time));
    return (double)lane->tree->function->field(calendar, &date);
}

static double year_end_of(const struct forge_lane *lane, double time)
{
    enum forge_calendar calendar = lane->meaning.calendar;
    struct forge_date date;
    int64_t end;

    forge_date_from_time(&date, calendar, llrint(time));
    date = (struct forge_date){
        .year = date.year, .month = 12, .day = forge_days_in_month(calendar, date.year, 12)};
    return forge_time_from_date(&end, calendar, &date) ? (double)end : NAN;
}

static double moved(const struct forge_lane *lane, double time)
{
    int64_t out;

    return forge_time_add(&out, lane->meaning.calendar, llrint(time), &lane->duration, 1)
               ? (double)out
               : NAN;
}

static void call_times(const struct forge_lane *lane, const double *a, size_t count,
                       double (*function)(const struct forge_lane *lane, double time))
{
    for (size_t i = 0; i < count; i++)
        lane->values[i] = is_time(a[i]) ? function(lane, a[i]) : NAN;
}

static void choose(double *out, const double *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = isnan(parts[0][i]) ? NAN : parts[0][i] != 0 ? parts[1][i] : parts[2][i];
}

const double *forge_lane_values(const struct forge_lane *lane, const struct forge_batch *batch)
{
    double *out = lane->values;
    const double *parts[FORGE_ARGUMENTS_MAX] = {out, out, out}; /* unary kernels look at one */
    size_t count = batch->count;

    for (size_t i = 0; i < lane->count; i++)
        parts[i] = forge_lane_values(lane->parts[i], batch);
    switch (lane->kind) {
    case FORGE_LANE_CONSTANT:
        fill(out, lane->constant, count);
        break;
    case FORGE_LANE_OPERAND:
        load_operand(out, lane->operand, batch);
        break;
    case FORGE_LANE_OPERATOR:
        kernels[lane->tree->operation](out, parts[0], parts[1], count);
        break;
    case FORGE_LANE_MONTHS:
        call_times(lane, parts[0], count, moved);
        break;
    case FORGE_LANE_NUMBER:
        call_number(lane, parts, count);
        break;
    case FORGE_LANE_FIELD:
        call_times(lane, parts[0], count, field_of);
        break;
    case FORGE_LANE_YEAR_END:
        call_times(lane, parts[0], count, year_end_of);
        break;
    case FORGE_LANE_IF:
        choose(out, parts, count);
        break;
    case FORGE_LANE_IS_MISSING:
        for (size_t i = 0; i < count; i++)
            out[i] = isnan(parts[0][i]);
        break;
    }
    return out;
}

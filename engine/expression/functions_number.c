/* functions_number.c: functions of numbers; abs, min, max and clip keep ints, and min, max and
 * clip take times too. */
#include <math.h>

#include "expression/functions.h"

static double number_abs(const double *x, size_t count)
{
    (void)count;
    return fabs(x[0]);
}

static double number_min(const double *x, size_t count)
{
    double out = x[0];

    for (size_t i = 1; i < count; i++)
        out = x[i] < out || isnan(x[i]) ? x[i] : out;
    return out;
}

static double number_max(const double *x, size_t count)
{
    double out = x[0];

    for (size_t i = 1; i < count; i++)
        out = x[i] > out || isnan(x[i]) ? x[i] : out;
    return out;
}

static double number_clip(const double *x, size_t count)
{
    (void)count;
    if (isnan(x[1]) || isnan(x[2]))
        return NAN;
    return x[0] < x[1] ? x[1] : x[0] > x[2] ? x[2] : x[0];
}

static double number_sqrt(const double *x, size_t count)
{
    (void)count;
    return sqrt(x[0]);
}

static double number_exp(const double *x, size_t count)
{
    (void)count;
    return exp(x[0]);
}

static double number_log(const double *x, size_t count)
{
    (void)count;
    return log(x[0]);
}

static double number_log10(const double *x, size_t count)
{
    (void)count;
    return log10(x[0]);
}

static double number_sin(const double *x, size_t count)
{
    (void)count;
    return sin(x[0]);
}

static double number_cos(const double *x, size_t count)
{
    (void)count;
    return cos(x[0]);
}

static double number_tan(const double *x, size_t count)
{
    (void)count;
    return tan(x[0]);
}

static double number_atan2(const double *x, size_t count)
{
    (void)count;
    return atan2(x[0], x[1]);
}

static double number_floor(const double *x, size_t count)
{
    (void)count;
    return floor(x[0]);
}

static double number_ceil(const double *x, size_t count)
{
    (void)count;
    return ceil(x[0]);
}

/* Halves go to the even neighbour, as in Python and numpy. */
static double number_round(const double *x, size_t count)
{
    double factor;

    if (count == 1)
        return rint(x[0]);
    factor = pow(10, fabs(rint(x[1])));
    return x[1] < 0 ? rint(x[0] / factor) * factor : rint(x[0] * factor) / factor;
}

static bool is_number(const struct forge_scalar *value)
{
    return value->kind == FORGE_SCALAR_INTEGER || value->kind == FORGE_SCALAR_FLOAT;
}

static bool all_of_kind(const struct forge_call *call, enum forge_scalar_kind kind)
{
    for (size_t i = 0; i < call->count; i++)
        if (call->arguments[i].kind != kind)
            return false;
    return true;
}

static bool single_number(struct forge_scalar *out, const struct forge_call *call,
                          struct forge_error *err)
{
    double x[FORGE_ARGUMENTS_MAX] = {0};
    double number;
    bool finite = true;

    for (size_t i = 0; i < call->count; i++) {
        const struct forge_scalar *value = &call->arguments[i];

        if (!is_number(value))
            return forge_function_fail(err, call, "a number", value->kind);
        x[i] = value->kind == FORGE_SCALAR_INTEGER ? (double)value->integer : value->number;
        finite = finite && isfinite(x[i]);
    }
    number = call->function->number(x, call->count);
    if (isnan(number) || (finite && isinf(number)))
        return forge_fail(err, FORGE_BAD_RECIPE, "%s of %g %s", call->function->name, x[0],
                          isnan(number) ? "has no value" : "is infinite");
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_FLOAT, .number = number};
    return true;
}

static bool single_abs(struct forge_scalar *out, const struct forge_call *call,
                       struct forge_error *err)
{
    if (!all_of_kind(call, FORGE_SCALAR_INTEGER))
        return single_number(out, call, err);
    *out = call->arguments[0];
    if (out->integer < 0 && __builtin_sub_overflow(0, out->integer, &out->integer))
        return forge_fail(err, FORGE_BAD_RECIPE, "integer overflow in abs(%lld)",
                          (long long)call->arguments[0].integer);
    return true;
}

/* round(x), floor(x) and ceil(x) are ints; round(x, digits) is of the kind of x. */
static bool single_whole(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    struct forge_scalar number;

    if (call->count == 1 && call->arguments[0].kind == FORGE_SCALAR_INTEGER) {
        *out = call->arguments[0];
        return true;
    }
    if (!single_number(&number, call, err))
        return false;
    *out = number;
    if (call->count == 2 && call->arguments[0].kind == FORGE_SCALAR_FLOAT)
        return true;
    if (number.number < -0x1p63 || number.number >= 0x1p63)
        return forge_fail(err, FORGE_BAD_RECIPE, "%g is too large for an int", number.number);
    out->kind = FORGE_SCALAR_INTEGER;
    out->integer = (int64_t)number.number;
    return true;
}

/* Ints and times are compared as they are, exactly. */
static bool all_exact(const struct forge_call *call)
{
    for (size_t i = 1; i < call->count; i++)
        if (call->arguments[i].calendar != call->arguments[0].calendar)
            return false;
    return all_of_kind(call, FORGE_SCALAR_INTEGER) || all_of_kind(call, FORGE_SCALAR_TIME);
}

static bool fail_mixed(const struct forge_call *call, struct forge_error *err)
{
    for (size_t i = 0; i < call->count; i++)
        if (!is_number(&call->arguments[i]) && call->arguments[i].kind != FORGE_SCALAR_TIME)
            return forge_function_fail(err, call, "numbers or times", call->arguments[i].kind);
    if (all_of_kind(call, FORGE_SCALAR_TIME))
        return forge_fail(err, FORGE_BAD_RECIPE, "%s needs times of one calendar",
                          call->function->name);
    return forge_fail(err, FORGE_BAD_RECIPE, "%s cannot mix numbers and times",
                      call->function->name);
}

static bool all_numbers(const struct forge_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        if (!is_number(&call->arguments[i]))
            return false;
    return true;
}

static bool single_extreme(struct forge_scalar *out, const struct forge_call *call,
                           bool largest, struct forge_error *err)
{
    if (!all_exact(call))
        return all_numbers(call) ? single_number(out, call, err) : fail_mixed(call, err);
    *out = call->arguments[0];
    for (size_t i = 1; i < call->count; i++) {
        int64_t integer = call->arguments[i].integer;

        if (largest ? integer > out->integer : integer < out->integer)
            out->integer = integer;
    }
    return true;
}

static bool single_min(struct forge_scalar *out, const struct forge_call *call,
                       struct forge_error *err)
{
    return single_extreme(out, call, false, err);
}

static bool single_max(struct forge_scalar *out, const struct forge_call *call,
                       struct forge_error *err)
{
    return single_extreme(out, call, true, err);
}

static bool single_clip(struct forge_scalar *out, const struct forge_call *call,
                        struct forge_error *err)
{
    const struct forge_scalar *low = &call->arguments[1], *high = &call->arguments[2];

    if (!all_exact(call))
        return all_numbers(call) ? single_number(out, call, err) : fail_mixed(call, err);
    *out = call->arguments[0];
    if (out->integer < low->integer)
        *out = *low;
    else if (out->integer > high->integer)
        *out = *high;
    return true;
}

#define NUMBER(function) FORGE_FUNCTION_NUMBER, .number = number_##function

const struct forge_function forge_functions_of_numbers[] = {
    {"abs", "abs(x)", 1, 1, NUMBER(abs), .single = single_abs},
    {"min", "min(a, b, ..) or min(x, \"dimension\", ..)", 1, FORGE_ARGUMENTS_MAX, NUMBER(min),
     .single = single_min, .reduces = true},
    {"max", "max(a, b, ..) or max(x, \"dimension\", ..)", 1, FORGE_ARGUMENTS_MAX, NUMBER(max),
     .single = single_max, .reduces = true},
    {"clip", "clip(x, low, high)", 3, 3, NUMBER(clip), .single = single_clip},
    {"round", "round(x) or round(x, digits)", 1, 2, NUMBER(round), .single = single_whole},
    {"floor", "floor(x)", 1, 1, NUMBER(floor), .single = single_whole},
    {"ceil", "ceil(x)", 1, 1, NUMBER(ceil), .single = single_whole},
    {"sqrt", "sqrt(x)", 1, 1, NUMBER(sqrt), .single = single_number},
    {"exp", "exp(x)", 1, 1, NUMBER(exp), .single = single_number},
    {"log", "log(x)", 1, 1, NUMBER(log), .single = single_number},
    {"log10", "log10(x)", 1, 1, NUMBER(log10), .single = single_number},
    {"sin", "sin(x)", 1, 1, NUMBER(sin), .single = single_number},
    {"cos", "cos(x)", 1, 1, NUMBER(cos), .single = single_number},
    {"tan", "tan(x)", 1, 1, NUMBER(tan), .single = single_number},
    {"atan2", "atan2(y, x)", 2, 2, NUMBER(atan2), .single = single_number},
    {0},
};

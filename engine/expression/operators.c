#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "expression/evaluate.h"

#define STRING_BYTES 8192

/* The first day on which standard and proleptic_gregorian agree, for ever after. */
#define REFORM_US (INT64_C(-141427) * INT64_C(86400000000))

const char *forge_scalar_kind_name(enum forge_scalar_kind kind)
{
    static const char *const names[] = {
        [FORGE_SCALAR_MISSING] = "a missing value",
        [FORGE_SCALAR_INTEGER] = "an int",
        [FORGE_SCALAR_FLOAT] = "a float",
        [FORGE_SCALAR_STRING] = "a string",
        [FORGE_SCALAR_FLAG] = "a bool",
        [FORGE_SCALAR_TIME] = "a time",
        [FORGE_SCALAR_DURATION] = "a duration",
    };

    return names[kind];
}

bool forge_operator_fail(struct forge_error *err, enum forge_operator operation,
                         enum forge_scalar_kind a, enum forge_scalar_kind b)
{
    static const struct {
        const char *verb, *between;
    } words[] = {
        [FORGE_OPERATOR_EQUAL] = {"compare", "and"},
        [FORGE_OPERATOR_NOT_EQUAL] = {"compare", "and"},
        [FORGE_OPERATOR_LESS] = {"order", "and"},
        [FORGE_OPERATOR_LESS_EQUAL] = {"order", "and"},
        [FORGE_OPERATOR_GREATER] = {"order", "and"},
        [FORGE_OPERATOR_GREATER_EQUAL] = {"order", "and"},
        [FORGE_OPERATOR_ADD] = {"add", "and"},
        [FORGE_OPERATOR_SUBTRACT] = {"subtract", "from"},
        [FORGE_OPERATOR_MULTIPLY] = {"multiply", "and"},
        [FORGE_OPERATOR_DIVIDE] = {"divide", "by"},
        [FORGE_OPERATOR_FLOOR_DIVIDE] = {"divide", "by"},
        [FORGE_OPERATOR_MODULO] = {"divide", "by"},
        [FORGE_OPERATOR_POWER] = {"raise", "to the power of"},
    };
    bool swapped = operation == FORGE_OPERATOR_SUBTRACT;

    if (operation <= FORGE_OPERATOR_NOT)
        return forge_fail(err, FORGE_BAD_RECIPE, "cannot use %s as a condition",
                          forge_scalar_kind_name(a));
    if (operation == FORGE_OPERATOR_NEGATE)
        return forge_fail(err, FORGE_BAD_RECIPE, "cannot negate %s", forge_scalar_kind_name(a));
    return forge_fail(err, FORGE_BAD_RECIPE, "cannot %s %s %s %s", words[operation].verb,
                      forge_scalar_kind_name(swapped ? b : a), words[operation].between,
                      forge_scalar_kind_name(swapped ? a : b));
}

double forge_floor_remainder(double a, double b)
{
    double remainder = fmod(a, b);

    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double forge_floor_quotient(double a, double b)
{
    return rint((a - forge_floor_remainder(a, b)) / b);
}

static bool give_integer(struct forge_scalar *out, int64_t integer)
{
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER, .integer = integer};
    return true;
}

static bool give_float(struct forge_scalar *out, double number, struct forge_error *err)
{
    if (isnan(number))
        return forge_fail(err, FORGE_BAD_RECIPE, "the result has no value");
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_FLOAT, .number = number};
    return true;
}

static bool give_flag(struct forge_scalar *out, bool flag)
{
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_FLAG, .flag = flag};
    return true;
}

static bool is_number(const struct forge_scalar *value)
{
    return value->kind == FORGE_SCALAR_INTEGER || value->kind == FORGE_SCALAR_FLOAT;
}

static double as_double(const struct forge_scalar *value)
{
    return value->kind == FORGE_SCALAR_INTEGER ? (double)value->integer : value->number;
}

static bool fail_zero(struct forge_error *err)
{
    return forge_fail(err, FORGE_BAD_RECIPE, "division by zero");
}

/* a ^ b by squaring; false on overflow. */
static bool power(int64_t *out, int64_t a, int64_t b)
{
    int64_t result = 1;

    while (b > 0) {
        if (b % 2 == 1 && __builtin_mul_overflow(result, a, &result))
            return false;
        b /= 2;
        if (b > 0 && __builtin_mul_overflow(a, a, &a))
            return false;
    }
    *out = result;
    return true;
}

static bool divides(int64_t a, int64_t b)
{
    return !(a == INT64_MIN && b == -1);
}

static int64_t floor_modulo(int64_t a, int64_t b)
{
    int64_t remainder = b == -1 ? 0 : a % b;

    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

static bool operate_integers(struct forge_scalar *out, enum forge_operator operation, int64_t a,
                             int64_t b, struct forge_error *err)
{
    static const char *const signs[] = {
        [FORGE_OPERATOR_ADD] = "+",      [FORGE_OPERATOR_SUBTRACT] = "-",
        [FORGE_OPERATOR_MULTIPLY] = "*", [FORGE_OPERATOR_FLOOR_DIVIDE] = "//",
        [FORGE_OPERATOR_MODULO] = "%",   [FORGE_OPERATOR_POWER] = "^",
    };
    int64_t result = 0;
    bool good = true;

    if (b == 0 &&
        (operation == FORGE_OPERATOR_FLOOR_DIVIDE || operation == FORGE_OPERATOR_MODULO))
        return fail_zero(err);
    if (operation == FORGE_OPERATOR_ADD)
        good = !__builtin_add_overflow(a, b, &result);
    else if (operation == FORGE_OPERATOR_SUBTRACT)
        good = !__builtin_sub_overflow(a, b, &result);
    else if (operation == FORGE_OPERATOR_MULTIPLY)
        good = !__builtin_mul_overflow(a, b, &result);
    else if (operation == FORGE_OPERATOR_MODULO)
        result = floor_modulo(a, b);
    else if (operation == FORGE_OPERATOR_FLOOR_DIVIDE && (good = divides(a, b)))
        result = a / b - (a % b != 0 && (a < 0) != (b < 0));
    else if (operation == FORGE_OPERATOR_POWER)
        good = power(&result, a, b);
    if (!good)
        return forge_fail(err, FORGE_BAD_RECIPE, "integer overflow in %" PRId64 " %s %" PRId64,
                          a, signs[operation], b);
    return give_integer(out, result);
}

static bool operate_floats(struct forge_scalar *out, enum forge_operator operation, double a,
                           double b, struct forge_error *err)
{
    switch (operation) {
    case FORGE_OPERATOR_ADD:
        return give_float(out, a + b, err);
    case FORGE_OPERATOR_SUBTRACT:
        return give_float(out, a - b, err);
    case FORGE_OPERATOR_MULTIPLY:
        return give_float(out, a * b, err);
    case FORGE_OPERATOR_DIVIDE:
        return b == 0 ? fail_zero(err) : give_float(out, a / b, err);
    case FORGE_OPERATOR_FLOOR_DIVIDE:
        return b == 0 ? fail_zero(err) : give_float(out, forge_floor_quotient(a, b), err);
    case FORGE_OPERATOR_MODULO:
        return b == 0 ? fail_zero(err) : give_float(out, forge_floor_remainder(a, b), err);
    default:
        return a == 0 && b < 0 ? fail_zero(err) : give_float(out, pow(a, b), err);
    }
}

static bool operate_numbers(struct forge_scalar *out, enum forge_operator operation,
                            const struct forge_scalar *a, const struct forge_scalar *b,
                            struct forge_error *err)
{
    bool integers = a->kind == FORGE_SCALAR_INTEGER && b->kind == FORGE_SCALAR_INTEGER;

    if (operation == FORGE_OPERATOR_DIVIDE ||
        (operation == FORGE_OPERATOR_POWER && integers && b->integer < 0))
        integers = false;
    if (integers)
        return operate_integers(out, operation, a->integer, b->integer, err);
    return operate_floats(out, operation, as_double(a), as_double(b), err);
}

static bool operate_strings(struct forge_scalar *out, const struct forge_scalar *a,
                            const struct forge_scalar *b, struct forge_arena *arena,
                            struct forge_error *err)
{
    if (strlen(a->string) + strlen(b->string) > STRING_BYTES)
        return forge_fail(err, FORGE_BAD_RECIPE, "a string longer than %d bytes", STRING_BYTES);
    *out =
        (struct forge_scalar){.kind = FORGE_SCALAR_STRING,
                              .string = forge_arena_print(arena, "%s%s", a->string, b->string)};
    return true;
}

static bool shift_time(struct forge_scalar *out, const struct forge_scalar *time,
                       const struct forge_duration *step, int64_t count,
                       struct forge_error *err)
{
    struct forge_scalar moved = *time;

    if (!forge_time_add(&moved.integer, time->calendar, time->integer, step, count))
        return forge_fail(err, FORGE_BAD_RECIPE, "the time is out of range");
    *out = moved;
    return true;
}

/* Standard and proleptic_gregorian count the same days since the reform. */
static bool same_calendar(const struct forge_scalar *a, const struct forge_scalar *b)
{
    if (a->calendar == b->calendar)
        return true;
    return a->calendar <= FORGE_CALENDAR_PROLEPTIC_GREGORIAN &&
           b->calendar <= FORGE_CALENDAR_PROLEPTIC_GREGORIAN && a->integer >= REFORM_US &&
           b->integer >= REFORM_US;
}

static bool fail_calendars(struct forge_error *err, const struct forge_scalar *a,
                           const struct forge_scalar *b)
{
    return forge_fail(err, FORGE_BAD_RECIPE,
                      "a time of the calendar %s and one of the calendar %s do not compare",
                      forge_calendar_name(a->calendar), forge_calendar_name(b->calendar));
}

static bool subtract_times(struct forge_scalar *out, const struct forge_scalar *a,
                           const struct forge_scalar *b, struct forge_error *err)
{
    struct forge_scalar between = {.kind = FORGE_SCALAR_DURATION};

    if (!same_calendar(a, b))
        return fail_calendars(err, a, b);
    if (__builtin_sub_overflow(a->integer, b->integer, &between.duration.us))
        return forge_fail(err, FORGE_BAD_RECIPE, "the duration is out of range");
    *out = between;
    return true;
}

/* The one number of a duration; false when it has both months and microseconds. */
static bool lengths(int64_t *a_length, int64_t *b_length, bool *months,
                    const struct forge_duration *a, const struct forge_duration *b)
{
    *months = a->months != 0 || b->months != 0;
    *a_length = *months ? a->months : a->us;
    *b_length = *months ? b->months : b->us;
    return !*months || (a->us == 0 && b->us == 0);
}

static bool give_duration(struct forge_scalar *out, const struct forge_scalar *length,
                          bool months)
{
    int64_t number = length->integer;

    *out = (struct forge_scalar){.kind = FORGE_SCALAR_DURATION};
    *(months ? &out->duration.months : &out->duration.us) = number;
    return true;
}

static bool operate_durations(struct forge_scalar *out, enum forge_operator operation,
                              const struct forge_duration *a, const struct forge_duration *b,
                              struct forge_error *err)
{
    int64_t a_length, b_length;
    struct forge_scalar length = {0};
    bool months;

    if (!lengths(&a_length, &b_length, &months, a, b))
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "months differ in length: they do not mix with other durations");
    if (operation == FORGE_OPERATOR_DIVIDE)
        return b_length == 0 ? fail_zero(err)
                             : give_float(out, (double)a_length / (double)b_length, err);
    if (operation == FORGE_OPERATOR_MULTIPLY || operation == FORGE_OPERATOR_POWER)
        return forge_operator_fail(err, operation, FORGE_SCALAR_DURATION,
                                   FORGE_SCALAR_DURATION);
    if (!operate_integers(&length, operation, a_length, b_length, err))
        return false;
    if (operation == FORGE_OPERATOR_FLOOR_DIVIDE)
        return give_integer(out, length.integer);
    return give_duration(out, &length, months);
}

static bool multiply_duration(struct forge_scalar *out, const struct forge_duration *duration,
                              int64_t count, struct forge_error *err)
{
    bool months = duration->months != 0;
    struct forge_scalar length = {0};

    return operate_integers(&length, FORGE_OPERATOR_MULTIPLY,
                            months ? duration->months : duration->us, count, err) &&
           give_duration(out, &length, months);
}

static bool calculate(struct forge_scalar *out, enum forge_operator operation,
                      const struct forge_scalar *a, const struct forge_scalar *b,
                      struct forge_arena *arena, struct forge_error *err)
{
    bool adds = operation == FORGE_OPERATOR_ADD,
         subtracts = operation == FORGE_OPERATOR_SUBTRACT;
    bool multiplies = operation == FORGE_OPERATOR_MULTIPLY;
    enum forge_scalar_kind ak = a->kind, bk = b->kind;

    if (is_number(a) && is_number(b))
        return operate_numbers(out, operation, a, b, err);
    if (adds && ak == FORGE_SCALAR_STRING && bk == FORGE_SCALAR_STRING)
        return operate_strings(out, a, b, arena, err);
    if ((adds || subtracts) && ak == FORGE_SCALAR_TIME && bk == FORGE_SCALAR_DURATION)
        return shift_time(out, a, &b->duration, adds ? 1 : -1, err);
    if (adds && ak == FORGE_SCALAR_DURATION && bk == FORGE_SCALAR_TIME)
        return shift_time(out, b, &a->duration, 1, err);
    if (subtracts && ak == FORGE_SCALAR_TIME && bk == FORGE_SCALAR_TIME)
        return subtract_times(out, a, b, err);
    if (ak == FORGE_SCALAR_DURATION && bk == FORGE_SCALAR_DURATION)
        return operate_durations(out, operation, &a->duration, &b->duration, err);
    if (multiplies && ak == FORGE_SCALAR_DURATION && bk == FORGE_SCALAR_INTEGER)
        return multiply_duration(out, &a->duration, b->integer, err);
    if (multiplies && ak == FORGE_SCALAR_INTEGER && bk == FORGE_SCALAR_DURATION)
        return multiply_duration(out, &b->duration, a->integer, err);
    return forge_operator_fail(err, operation, ak, bk);
}

static int sign_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Ints and floats compare exactly: a long double holds either. */
static int compare_numbers(const struct forge_scalar *a, const struct forge_scalar *b)
{
    long double x = a->kind == FORGE_SCALAR_INTEGER ? (long double)a->integer : a->number;
    long double y = b->kind == FORGE_SCALAR_INTEGER ? (long double)b->integer : b->number;

    return (x > y) - (x < y);
}

static bool compare_durations(int *order, const struct forge_scalar *a,
                              const struct forge_scalar *b, struct forge_error *err)
{
    int64_t a_length, b_length;
    bool months;

    if (!lengths(&a_length, &b_length, &months, &a->duration, &b->duration))
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "months differ in length: they do not compare with other durations");
    *order = sign_of(a_length, b_length);
    return true;
}

/* The sign of a - b, where that has a meaning. */
static bool compare(int *order, enum forge_operator operation, const struct forge_scalar *a,
                    const struct forge_scalar *b, struct forge_error *err)
{
    bool equality = operation == FORGE_OPERATOR_EQUAL || operation == FORGE_OPERATOR_NOT_EQUAL;

    if (is_number(a) && is_number(b))
        *order = compare_numbers(a, b);
    else if (a->kind != b->kind || (a->kind == FORGE_SCALAR_FLAG && !equality))
        return forge_operator_fail(err, operation, a->kind, b->kind);
    else if (a->kind == FORGE_SCALAR_STRING)
        *order = strcmp(a->string, b->string);
    else if (a->kind == FORGE_SCALAR_FLAG)
        *order = a->flag - b->flag;
    else if (a->kind == FORGE_SCALAR_DURATION)
        return compare_durations(order, a, b, err);
    else if (!same_calendar(a, b))
        return fail_calendars(err, a, b);
    else
        *order = sign_of(a->integer, b->integer);
    return true;
}

static bool judge(enum forge_operator operation, int order)
{
    switch (operation) {
    case FORGE_OPERATOR_EQUAL:
        return order == 0;
    case FORGE_OPERATOR_NOT_EQUAL:
        return order != 0;
    case FORGE_OPERATOR_LESS:
        return order < 0;
    case FORGE_OPERATOR_LESS_EQUAL:
        return order <= 0;
    case FORGE_OPERATOR_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool negate(struct forge_scalar *out, const struct forge_scalar *a,
                   struct forge_error *err)
{
    static const struct forge_scalar zero = {.kind = FORGE_SCALAR_INTEGER};

    if (a->kind == FORGE_SCALAR_INTEGER)
        return operate_integers(out, FORGE_OPERATOR_SUBTRACT, zero.integer, a->integer, err);
    if (a->kind == FORGE_SCALAR_FLOAT)
        return give_float(out, -a->number, err);
    if (a->kind == FORGE_SCALAR_DURATION)
        return multiply_duration(out, &a->duration, -1, err);
    return forge_operator_fail(err, FORGE_OPERATOR_NEGATE, a->kind, a->kind);
}

bool forge_operate(struct forge_scalar *out, enum forge_operator operation,
                   const struct forge_scalar *a, const struct forge_scalar *b,
                   struct forge_arena *arena, struct forge_error *err)
{
    int order = 0;

    if (operation == FORGE_OPERATOR_NEGATE)
        return negate(out, a, err);
    if (operation == FORGE_OPERATOR_NOT)
        return a->kind == FORGE_SCALAR_FLAG
                   ? give_flag(out, !a->flag)
                   : forge_operator_fail(err, operation, a->kind, a->kind);
    if (operation >= FORGE_OPERATOR_ADD)
        return calculate(out, operation, a, b, arena, err);
    return compare(&order, operation, a, b, err) && give_flag(out, judge(operation, order));
}

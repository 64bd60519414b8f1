#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression/tree.h"

/* printf's "04d", "+.2f", "8.3e": what a number may be written by. */
struct number_format {
    bool zeros, plus;
    int width, precision; /* -1: not given */
    char conversion;      /* 0: not given */
};

static int take_number(const char **at)
{
    int number = 0;

    while (**at >= '0' && **at <= '9' && number < 100)
        number = number * 10 + (*(*at)++ - '0');
    return number;
}

/* At most two digits of width and precision. */
static bool parse_number_format(struct number_format *out, const char *format)
{
    struct number_format read = {.precision = -1};
    const char *at = format + (*format == '%');

    for (; *at == '+' || *at == '0'; at++)
        *(*at == '+' ? &read.plus : &read.zeros) = true;
    read.width = take_number(&at);
    if (*at == '.') {
        at++;
        read.precision = take_number(&at);
    }
    if (*at && strchr("dfeg", *at))
        read.conversion = *at++;
    *out = read;
    return *at == '\0' && *format != '\0' && read.width < 100 && read.precision < 100;
}

static bool fail_format(struct forge_error *err, const struct forge_scalar *scalar,
                        const char *format)
{
    static const char *const help[] = {
        [FORGE_SCALAR_INTEGER] = "a number is written by formats like 04d, .2f or +.1e",
        [FORGE_SCALAR_FLOAT] = "a number is written by formats like 04d, .2f or +.1e",
        [FORGE_SCALAR_TIME] = "a time is written by formats like %Y%m%d",
        [FORGE_SCALAR_DURATION] = NULL,
    };
    const char *advice =
        scalar->kind < sizeof help / sizeof help[0] ? help[scalar->kind] : NULL;

    forge_fail(err, FORGE_BAD_RECIPE, "cannot write %s by the format \"%s\"",
               forge_scalar_kind_name(scalar->kind), format);
    if (advice)
        forge_fail_help(err, "%s", advice);
    return false;
}

/* Digits with their sign, filled up to the width. */
static void write_padded(struct forge_text *out, const struct number_format *format,
                         bool negative, const char *digits)
{
    const char *sign = negative ? "-" : format->plus ? "+" : "";
    int fill = format->width - (int)strlen(digits) - (int)strlen(sign);

    if (!format->zeros)
        forge_text_print(out, "%*s", fill > 0 ? fill : 0, "");
    forge_text_add(out, sign);
    for (; format->zeros && fill > 0; fill--)
        forge_text_add(out, "0");
    forge_text_add(out, digits);
}

static void write_integer(struct forge_text *out, const struct number_format *format,
                          int64_t integer)
{
    uint64_t size = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    char digits[32];

    snprintf(digits, sizeof digits, "%" PRIu64, size);
    write_padded(out, format, integer < 0, digits);
}

static void write_float(struct forge_text *out, const struct number_format *format,
                        double number)
{
    int precision = format->precision < 0 ? 6 : format->precision;
    char written[512];

    /* One constant format for each conversion: 309 digits and 99 decimals at most. */
    if (format->conversion == 'f')
        snprintf(written, sizeof written, "%+.*f", precision, number);
    else if (format->conversion == 'e')
        snprintf(written, sizeof written, "%+.*e", precision, number);
    else
        snprintf(written, sizeof written, "%+.*g", precision, number);
    write_padded(out, format, written[0] == '-', written + 1);
}

static bool whole_of(int64_t *out, const struct forge_scalar *scalar)
{
    if (scalar->kind == FORGE_SCALAR_FLOAT &&
        (scalar->number != rint(scalar->number) || fabs(scalar->number) >= 0x1p63))
        return false;
    *out = scalar->kind == FORGE_SCALAR_FLOAT ? (int64_t)scalar->number : scalar->integer;
    return true;
}

static bool format_number(struct forge_text *out, const struct forge_scalar *scalar,
                          const char *text, struct forge_error *err)
{
    struct number_format format;
    int64_t whole;

    if (!parse_number_format(&format, text))
        return fail_format(err, scalar, text);
    if (format.conversion == 0 && format.precision < 0 && scalar->kind == FORGE_SCALAR_INTEGER)
        format.conversion = 'd';
    if (format.conversion == 'd') {
        if (format.precision >= 0)
            return fail_format(err, scalar, text);
        if (!whole_of(&whole, scalar))
            return forge_fail(err, FORGE_BAD_RECIPE, "%g is no whole number, as \"%s\" needs",
                              scalar->number, text);
        write_integer(out, &format, whole);
        return true;
    }
    if (format.conversion == 0)
        return fail_format(err, scalar, text);
    write_float(out, &format,
                scalar->kind == FORGE_SCALAR_INTEGER ? (double)scalar->integer
                                                     : scalar->number);
    return true;
}

/* The shortest digits that read back the same; a point or an exponent says it is a float. */
static void print_float(struct forge_text *out, double number)
{
    char digits[40];
    const char *exponent;
    int precision = 0, power, decimals;

    do
        snprintf(digits, sizeof digits, "%.*e", precision, number);
    while (strtod(digits, NULL) != number && ++precision < 17);
    exponent = strchr(digits, 'e');
    power = exponent ? (int)strtol(exponent + 1, NULL, 10) : 0;
    decimals = precision > power ? precision - power : 0;
    if (!exponent || power < -4 || power >= 16)
        forge_text_add(out, digits);
    else
        forge_text_print(out, "%.*f", decimals > 0 ? decimals : 1, number);
}

static void print_duration(struct forge_text *out, const struct forge_duration *duration)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"d", INT64_C(86400000000)},
        {"h", INT64_C(3600000000)},
        {"min", 60000000},
        {"s", 1000000},
        {"ms", 1000},
        {"us", 1},
    };
    size_t i = 0;

    if (duration->months != 0) {
        bool years = duration->months % 12 == 0;

        forge_text_print(out, "%" PRId64 "%s", years ? duration->months / 12 : duration->months,
                         years ? "y" : "mo");
        return;
    }
    while (duration->us % units[i].us != 0)
        i++;
    forge_text_print(out, "%" PRId64 "%s", duration->us / units[i].us, units[i].name);
}

static bool format_time(struct forge_text *out, const struct forge_scalar *scalar,
                        const char *format, struct forge_error *err)
{
    struct forge_text written = {0};
    const char *wrong = NULL;
    bool good = strchr(format, '%') != NULL;

    if (!good)
        return fail_format(err, scalar, format);
    good = forge_time_format(&written, scalar->calendar, scalar->integer, format, &wrong);
    if (good)
        forge_text_add(out, forge_text_string(&written));
    else
        forge_fail(err, FORGE_BAD_RECIPE, "unknown conversion \"%.*s\" in the format \"%s\"",
                   wrong[1] == '-' ? 3 : 2, wrong, format);
    forge_text_clear(&written);
    return good;
}

static void print_scalar(struct forge_text *out, const struct forge_scalar *scalar)
{
    switch (scalar->kind) {
    case FORGE_SCALAR_INTEGER:
        forge_text_print(out, "%" PRId64, scalar->integer);
        break;
    case FORGE_SCALAR_FLOAT:
        print_float(out, scalar->number);
        break;
    case FORGE_SCALAR_STRING:
        forge_text_add(out, scalar->string);
        break;
    case FORGE_SCALAR_FLAG:
        forge_text_add(out, scalar->flag ? "true" : "false");
        break;
    case FORGE_SCALAR_TIME:
        forge_time_print(out, scalar->calendar, scalar->integer);
        break;
    case FORGE_SCALAR_DURATION:
        print_duration(out, &scalar->duration);
        break;
    case FORGE_SCALAR_MISSING:
        break;
    }
}

bool forge_scalar_format(struct forge_text *out, const struct forge_scalar *scalar,
                         const char *format, struct forge_error *err)
{
    if (scalar->kind == FORGE_SCALAR_MISSING)
        return forge_fail(err, FORGE_BAD_RECIPE, "cannot write a missing value");
    if (!format) {
        print_scalar(out, scalar);
        return true;
    }
    if (scalar->kind == FORGE_SCALAR_TIME)
        return format_time(out, scalar, format, err);
    if (scalar->kind == FORGE_SCALAR_INTEGER || scalar->kind == FORGE_SCALAR_FLOAT)
        return format_number(out, scalar, format, err);
    return fail_format(err, scalar, format);
}

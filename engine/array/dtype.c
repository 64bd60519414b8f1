#include "array/dtype.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { SIGNED, UNSIGNED, FLOAT, TEXT };

static const struct {
    const char *name;
    size_t size;
    enum kind kind;
    int64_t least; /* of integers */
    uint64_t most;
} dtypes[FORGE_DTYPE_COUNT] = {
    [FORGE_INT8] = {"int8", 1, SIGNED, INT8_MIN, INT8_MAX},
    [FORGE_UINT8] = {"uint8", 1, UNSIGNED, 0, UINT8_MAX},
    [FORGE_INT16] = {"int16", 2, SIGNED, INT16_MIN, INT16_MAX},
    [FORGE_UINT16] = {"uint16", 2, UNSIGNED, 0, UINT16_MAX},
    [FORGE_INT32] = {"int32", 4, SIGNED, INT32_MIN, INT32_MAX},
    [FORGE_UINT32] = {"uint32", 4, UNSIGNED, 0, UINT32_MAX},
    [FORGE_INT64] = {"int64", 8, SIGNED, INT64_MIN, INT64_MAX},
    [FORGE_UINT64] = {"uint64", 8, UNSIGNED, 0, UINT64_MAX},
    [FORGE_FLOAT32] = {"float32", 4, FLOAT, 0, 0},
    [FORGE_FLOAT64] = {"float64", 8, FLOAT, 0, 0},
    [FORGE_STRING] = {"string", sizeof(const char *), TEXT, 0, 0},
};

size_t forge_dtype_size(enum forge_dtype dtype)
{
    assert(dtype < FORGE_DTYPE_COUNT);
    return dtypes[dtype].size;
}

const char *forge_dtype_name(enum forge_dtype dtype)
{
    assert(dtype < FORGE_DTYPE_COUNT);
    return dtypes[dtype].name;
}

bool forge_dtype_find(enum forge_dtype *out, const char *name)
{
    for (unsigned i = 0; i < FORGE_DTYPE_COUNT; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            *out = (enum forge_dtype)i;
            return true;
        }
    }
    return false;
}

bool forge_dtype_is_float(enum forge_dtype dtype)
{
    return dtypes[dtype].kind == FLOAT;
}

bool forge_dtype_is_integer(enum forge_dtype dtype)
{
    return dtypes[dtype].kind == SIGNED || dtypes[dtype].kind == UNSIGNED;
}

bool forge_dtype_is_signed(enum forge_dtype dtype)
{
    return dtypes[dtype].kind == SIGNED || dtypes[dtype].kind == FLOAT;
}

int64_t forge_dtype_least(enum forge_dtype dtype)
{
    assert(forge_dtype_is_integer(dtype));
    return dtypes[dtype].least;
}

uint64_t forge_dtype_most(enum forge_dtype dtype)
{
    assert(forge_dtype_is_integer(dtype));
    return dtypes[dtype].most;
}

static union forge_value load(enum forge_dtype dtype, const void *element)
{
    union forge_value value = {0};

    memcpy(value.bytes, element, forge_dtype_size(dtype));
    return value;
}

static int64_t as_signed(enum forge_dtype dtype, union forge_value value)
{
    switch (dtypes[dtype].size) {
    case 1:
        return value.int8;
    case 2:
        return value.int16;
    case 4:
        return value.int32;
    default:
        return value.int64;
    }
}

double forge_value_as_double(enum forge_dtype dtype, const void *element)
{
    union forge_value value = load(dtype, element);

    assert(dtype != FORGE_STRING);
    if (dtype == FORGE_FLOAT64)
        return value.float64;
    if (dtype == FORGE_FLOAT32)
        return (double)value.float32;
    if (dtypes[dtype].kind == SIGNED)
        return (double)as_signed(dtype, value);
    return (double)value.uint64;
}

/* Little-endian: the low bytes of a wide integer are the narrow one. */
static bool store_unsigned(union forge_value *out, enum forge_dtype to, uint64_t number)
{
    if (number > dtypes[to].most)
        return false;
    *out = (union forge_value){0};
    memcpy(out->bytes, &number, dtypes[to].size);
    return true;
}

static bool store_signed(union forge_value *out, enum forge_dtype to, int64_t number)
{
    if (number >= 0)
        return store_unsigned(out, to, (uint64_t)number);
    if (number < dtypes[to].least)
        return false;
    *out = (union forge_value){0};
    memcpy(out->bytes, &number, dtypes[to].size);
    return true;
}

static bool store_float32(union forge_value *out, double number)
{
    if (isfinite(number) && (fabs(number) > (double)FLT_MAX || (double)(float)number != number))
        return false;
    *out = (union forge_value){.float32 = (float)number};
    return true;
}

bool forge_value_from_double(union forge_value *out, enum forge_dtype dtype, double number)
{
    assert(dtype != FORGE_STRING);
    if (dtype == FORGE_FLOAT32)
        return store_float32(out, number);
    if (dtype == FORGE_FLOAT64) {
        *out = (union forge_value){.float64 = number};
        return true;
    }
    if (!isfinite(number) || trunc(number) != number)
        return false;
    if (number < 0)
        return number >= -0x1p63 && store_signed(out, dtype, (int64_t)number);
    return number < 0x1p64 && store_unsigned(out, dtype, (uint64_t)number);
}

/* Is the double nearest to an integer that integer? */
static bool integer_from_double(enum forge_dtype dtype, union forge_value value, double number)
{
    if (dtypes[dtype].kind == SIGNED)
        return number < 0x1p63 && (int64_t)number == as_signed(dtype, value);
    return number < 0x1p64 && (uint64_t)number == value.uint64;
}

bool forge_value_convert(union forge_value *out, enum forge_dtype to, const void *element,
                         enum forge_dtype from)
{
    union forge_value value = load(from, element);
    double number;

    assert(to != FORGE_STRING && from != FORGE_STRING);
    if (dtypes[from].kind != FLOAT && dtypes[to].kind != FLOAT) {
        if (dtypes[from].kind == SIGNED)
            return store_signed(out, to, as_signed(from, value));
        return store_unsigned(out, to, value.uint64);
    }
    number = forge_value_as_double(from, element);
    if (dtypes[from].kind != FLOAT && !integer_from_double(from, value, number))
        return false;
    return forge_value_from_double(out, to, number);
}

static bool reads_back(enum forge_dtype dtype, const char *text, double number)
{
    if (dtype == FORGE_FLOAT32)
        return (double)strtof(text, NULL) == number;
    return strtod(text, NULL) == number;
}

static void format_float(char *out, size_t size, enum forge_dtype dtype, double number)
{
    int most = dtype == FORGE_FLOAT32 ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    double normal = dtype == FORGE_FLOAT32 ? (double)FLT_MIN : DBL_MIN;
    /* %g drops zeros at the end, so that with as many digits as every decimal survives the
     * first try is the shortest; subnormal numbers have fewer digits than that. */
    int digits = fabs(number) < normal ? 1 : dtype == FORGE_FLOAT32 ? FLT_DIG : DBL_DIG;
    char text[40];

    if (isnan(number)) {
        snprintf(out, size, "NaN");
        return;
    }
    if (isinf(number)) {
        snprintf(out, size, number < 0 ? "-Infinity" : "Infinity");
        return;
    }
    do
        snprintf(text, sizeof text, "%.*g", digits++, number);
    while (digits <= most && !reads_back(dtype, text, number));
    snprintf(out, size, "%s", text);
}

const char *forge_value_format(char *out, size_t size, enum forge_dtype dtype,
                               const void *element)
{
    union forge_value value = load(dtype, element);

    switch (dtypes[dtype].kind) {
    case SIGNED:
        snprintf(out, size, "%" PRId64, as_signed(dtype, value));
        break;
    case UNSIGNED:
        snprintf(out, size, "%" PRIu64, value.uint64);
        break;
    case FLOAT:
        format_float(out, size, dtype, forge_value_as_double(dtype, element));
        break;
    case TEXT:
        snprintf(out, size, "%s", value.string ? value.string : "");
        break;
    }
    return out;
}

/* dtype.h: the types of array elements.
 *
 * In memory every element is in the machine's byte order (little-endian is
 * required). A string element is a `const char *`, UTF-8, borrowed from memory
 * that outlives the read: the dataset's arena, or the reader's. char arrays of
 * netCDF do not exist here: scanners join them into strings.
 */
#ifndef FORGE_ARRAY_DTYPE_H
#define FORGE_ARRAY_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum forge_dtype {
    FORGE_INT8,
    FORGE_UINT8,
    FORGE_INT16,
    FORGE_UINT16,
    FORGE_INT32,
    FORGE_UINT32,
    FORGE_INT64,
    FORGE_UINT64,
    FORGE_FLOAT32,
    FORGE_FLOAT64,
    FORGE_STRING,
    FORGE_DTYPE_COUNT
};

/* One element of any type; which member is right is for the dtype to say. */
union forge_value {
    int8_t int8;
    uint8_t uint8;
    int16_t int16;
    uint16_t uint16;
    int32_t int32;
    uint32_t uint32;
    int64_t int64;
    uint64_t uint64;
    float float32;
    double float64;
    const char *string;
    unsigned char bytes[8];
};

/* Bytes of one element in memory. */
size_t forge_dtype_size(enum forge_dtype dtype);

/* "int16": the name that numpy, Zarr 3 and recipes use. */
const char *forge_dtype_name(enum forge_dtype dtype);

/* The dtype of that name; false when there is none. */
bool forge_dtype_find(enum forge_dtype *out, const char *name);

bool forge_dtype_is_float(enum forge_dtype dtype);
bool forge_dtype_is_integer(enum forge_dtype dtype);
bool forge_dtype_is_signed(enum forge_dtype dtype);

/* Bounds of an integer dtype. */
int64_t forge_dtype_least(enum forge_dtype dtype);
uint64_t forge_dtype_most(enum forge_dtype dtype);

/* An element as double. int64 and uint64 beyond 2^53 round. Not for strings. */
double forge_value_as_double(enum forge_dtype dtype, const void *element);

/* Convert one number to `dtype`. False when it is not exactly representable there (NaN is,
 * in floats only). */
bool forge_value_from_double(union forge_value *out, enum forge_dtype dtype, double number);

/* Convert an element between numeric types; false when the value would change. */
bool forge_value_convert(union forge_value *out, enum forge_dtype to, const void *element,
                         enum forge_dtype from);

/* The element as text: shortest digits that read back the same. */
const char *forge_value_format(char *out, size_t size, enum forge_dtype dtype,
                               const void *element);

#endif

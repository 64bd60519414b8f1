/* numeric.h: what kernels of numeric nodes share: the types, and casts that C leaves undefined.
 */
#ifndef FORGE_ARRAY_NUMERIC_H
#define FORGE_ARRAY_NUMERIC_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* X(dtype, type, member of forge_value) */
#define FORGE_INTEGERS(X)                                                                      \
    X(FORGE_INT8, int8_t, int8)                                                                \
    X(FORGE_UINT8, uint8_t, uint8)                                                             \
    X(FORGE_INT16, int16_t, int16)                                                             \
    X(FORGE_UINT16, uint16_t, uint16)                                                          \
    X(FORGE_INT32, int32_t, int32)                                                             \
    X(FORGE_UINT32, uint32_t, uint32)                                                          \
    X(FORGE_INT64, int64_t, int64)                                                             \
    X(FORGE_UINT64, uint64_t, uint64)
#define FORGE_FLOATS(X)                                                                        \
    X(FORGE_FLOAT32, float, float32)                                                           \
    X(FORGE_FLOAT64, double, float64)
#define FORGE_NUMBERS(X)                                                                       \
    FORGE_INTEGERS(X)                                                                          \
    FORGE_FLOATS(X)

/* Is v the marker? A NaN marks every NaN. */
#define FORGE_IS_MARKER(v, marker) (((v) == (marker)) | (((v) != (v)) & ((marker) != (marker))))

/* To the nearest integer, ties to even, in the default rounding mode; as rint(), but inlined
 * and vectorised: from 2^52 on doubles have no fraction, and adding that much rounds it away.
 */
static inline double forge_round_even(double number)
{
    double big = copysign(0x1p52, number);

    return fabs(number) < 0x1p52 ? (number + big) - big : number;
}

/* The nearest float, infinite where it is out of range, as IEEE 754 has it. */
static inline float forge_narrow(double number)
{
    if (fabs(number) > (double)FLT_MAX)
        return copysignf(fabs(number) < 0x1.ffffffp127 ? FLT_MAX : INFINITY,
                         signbit(number) ? -1.0F : 1.0F);
    return (float)number;
}

#endif

/* checked.h: sizes multiply and add through one place, which refuses overflow. */
#ifndef FORGE_BASE_CHECKED_H
#define FORGE_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool forge_checked_multiply(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool forge_checked_add(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

/* a / b, rounded up; b > 0. */
static inline uint64_t forge_divide_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static inline uint64_t forge_minimum(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t forge_maximum(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif

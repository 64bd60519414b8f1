/* sizes.c: amounts of memory as people write them. */
#include "base/text.h"

#include <string.h>

static bool find_unit(uint64_t *out, const char *text)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {
        {"B", 1},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
        {"KiB", UINT64_C(1) << 10},
        {"MiB", UINT64_C(1) << 20},
        {"GiB", UINT64_C(1) << 30},
        {"TiB", UINT64_C(1) << 40},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].name) == 0) {
            *out = units[i].bytes;
            return true;
        }
    }
    return false;
}

static bool take_digits(uint64_t *value, const char **at)
{
    const char *start = *at;

    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (__builtin_mul_overflow(*value, 10U, value) ||
            __builtin_add_overflow(*value, (uint64_t)(**at - '0'), value))
            return false;
    }
    return *at > start;
}

bool forge_text_parse_bytes(uint64_t *out, const char *text)
{
    uint64_t whole = 0, thousandths = 0, unit = 1;
    const char *at = text, *point = NULL;

    if (!take_digits(&whole, &at))
        return false;
    if (*at == '.') {
        point = ++at;
        if (!take_digits(&thousandths, &at) || at - point > 3)
            return false;
        for (ptrdiff_t i = at - point; i < 3; i++)
            thousandths *= 10;
    }
    if (*at == '\0' && !point) {
        *out = whole;
        return true;
    }
    at += *at == ' ';
    return find_unit(&unit, at) && !__builtin_mul_overflow(whole, unit, out) &&
           !__builtin_add_overflow(*out, thousandths * unit / 1000, out);
}

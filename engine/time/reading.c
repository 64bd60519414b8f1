#include "time/reading.h"

#include <string.h>
#include <strings.h>

struct cursor {
    const char *at;
    enum forge_date_style style;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

static int take_digits(struct cursor *cursor, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++)
        value = value * 10 + (*cursor->at++ - '0');
    return value;
}

static bool take_byte(struct cursor *cursor, char byte)
{
    if (*cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

/* A part of two digits; units may write one. */
static bool take_pair(int *out, struct cursor *cursor)
{
    size_t digits = count_digits(cursor->at);

    if (digits != 2 && !(digits == 1 && cursor->style == FORGE_DATE_UNITS))
        return false;
    *out = take_digits(cursor, digits);
    return true;
}

static bool take_year(struct forge_date_text *out, struct cursor *cursor)
{
    bool negative = take_byte(cursor, '-');
    size_t digits = count_digits(cursor->at);
    int year;

    if (digits < (cursor->style == FORGE_DATE_ISO ? 4 : 1) || digits > 6)
        return false;
    year = take_digits(cursor, digits);
    out->date.year = negative ? -year : year;
    out->last = FORGE_DATE_YEAR;
    return true;
}

static bool take_packed(struct forge_date_text *out, struct cursor *cursor)
{
    out->date.year = take_digits(cursor, 4);
    out->date.month = take_digits(cursor, 2);
    out->date.day = take_digits(cursor, 2);
    out->last = FORGE_DATE_DAY;
    return true;
}

static bool take_date(struct forge_date_text *out, struct cursor *cursor)
{
    out->date.month = out->date.day = 1;
    if (cursor->style == FORGE_DATE_UNITS && count_digits(cursor->at) == 8)
        return take_packed(out, cursor);
    if (!take_year(out, cursor))
        return false;
    if (!take_byte(cursor, '-'))
        return true;
    if (!take_pair(&out->date.month, cursor))
        return false;
    out->last = FORGE_DATE_MONTH;
    if (!take_byte(cursor, '-'))
        return true;
    if (!take_pair(&out->date.day, cursor))
        return false;
    out->last = FORGE_DATE_DAY;
    return true;
}

/* Digits behind the point; what is finer than a microsecond must be zero. */
static bool take_fraction(struct forge_date_text *out, struct cursor *cursor)
{
    size_t digits = count_digits(cursor->at), kept = digits < 6 ? digits : 6;

    if (digits == 0)
        return cursor->style == FORGE_DATE_UNITS;
    out->date.microsecond = take_digits(cursor, kept);
    for (size_t i = kept; i < 6; i++)
        out->date.microsecond *= 10;
    cursor->at += strspn(cursor->at, "0");
    out->last = FORGE_DATE_FRACTION;
    out->fraction_digits = (int)kept;
    return !is_digit(*cursor->at);
}

static bool take_clock(struct forge_date_text *out, struct cursor *cursor)
{
    if (!take_pair(&out->date.hour, cursor))
        return false;
    out->last = FORGE_DATE_HOUR;
    if (!take_byte(cursor, ':'))
        return true;
    if (!take_pair(&out->date.minute, cursor))
        return false;
    out->last = FORGE_DATE_MINUTE;
    if (!take_byte(cursor, ':'))
        return true;
    if (!take_pair(&out->date.second, cursor))
        return false;
    out->last = FORGE_DATE_SECOND;
    return !take_byte(cursor, '.') || take_fraction(out, cursor);
}

/* "+0100", "+01:00", "-7:00", "+1". */
static bool take_offset(struct forge_date_text *out, struct cursor *cursor)
{
    int sign = *cursor->at == '-' ? -1 : 1, hours = 0, minutes = 0;
    size_t digits;

    cursor->at++;
    digits = count_digits(cursor->at);
    if (digits == 4) {
        hours = take_digits(cursor, 2);
        minutes = take_digits(cursor, 2);
    } else if (digits == 1 || digits == 2) {
        hours = take_digits(cursor, digits);
        if (take_byte(cursor, ':')) {
            if (count_digits(cursor->at) != 2)
                return false;
            minutes = take_digits(cursor, 2);
        }
    } else {
        return false;
    }
    out->zone_us = sign * (hours * INT64_C(60) + minutes) * 60000000;
    return hours < 24 && minutes < 60;
}

static bool take_zone(struct forge_date_text *out, struct cursor *cursor)
{
    static const char *const zero[] = {"Z", "UTC", "GMT"};

    for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
        if (strncasecmp(cursor->at, zero[i], strlen(zero[i])) == 0) {
            cursor->at += strlen(zero[i]);
            return true;
        }
    if (out->last >= FORGE_DATE_HOUR && (*cursor->at == '+' || *cursor->at == '-'))
        return take_offset(out, cursor);
    return *cursor->at == '\0';
}

static void skip_spaces(struct cursor *cursor)
{
    if (cursor->style == FORGE_DATE_UNITS)
        cursor->at += strspn(cursor->at, " ");
}

bool forge_date_read(struct forge_date_text *out, const char *text, enum forge_date_style style)
{
    struct cursor cursor = {text, style};

    *out = (struct forge_date_text){0};
    skip_spaces(&cursor);
    if (!take_date(out, &cursor))
        return false;
    if (out->last == FORGE_DATE_DAY && (*cursor.at == 'T' || *cursor.at == ' ')) {
        cursor.at++;
        skip_spaces(&cursor);
        if (is_digit(*cursor.at) ? !take_clock(out, &cursor) : style == FORGE_DATE_ISO)
            return false;
    }
    skip_spaces(&cursor);
    if (out->last >= FORGE_DATE_DAY && !take_zone(out, &cursor))
        return false;
    skip_spaces(&cursor);
    return *cursor.at == '\0';
}

#include <string.h>
#include <strings.h>

#include "time/days.h"
#include "time/reading.h"

static struct forge_duration period_of(const struct forge_date_text *text)
{
    static const struct forge_duration periods[] = {
        [FORGE_DATE_YEAR] = {12, 0},          [FORGE_DATE_MONTH] = {1, 0},
        [FORGE_DATE_DAY] = {0, FORGE_DAY_US}, [FORGE_DATE_HOUR] = {0, INT64_C(3600000000)},
        [FORGE_DATE_MINUTE] = {0, 60000000},  [FORGE_DATE_SECOND] = {0, 1000000},
        [FORGE_DATE_FRACTION] = {0, 1000000},
    };
    struct forge_duration period = periods[text->last];

    for (int i = 0; i < text->fraction_digits; i++)
        period.us /= 10;
    return period;
}

bool forge_time_parse(int64_t *time_us, struct forge_duration *period,
                      enum forge_calendar calendar, const char *text)
{
    struct forge_date_text read;
    int64_t local;

    if (!forge_date_read(&read, text, FORGE_DATE_ISO) ||
        !forge_time_from_date(&local, calendar, &read.date))
        return false;
    *time_us = local - read.zone_us;
    if (period)
        *period = period_of(&read);
    return true;
}

/* What a format has given so far; 0 months and days are not given. */
struct parts {
    struct forge_date date;
    int day_of_year;
};

static bool take_number(int *out, const char **at, size_t least, size_t most)
{
    size_t digits = 0;

    *out = 0;
    while (digits < most && (*at)[digits] >= '0' && (*at)[digits] <= '9')
        *out = *out * 10 + ((*at)[digits++] - '0');
    *at += digits;
    return digits >= least;
}

static bool take_fraction(int *out, const char **at)
{
    const char *start = *at;

    if (!take_number(out, at, 1, 6))
        return false;
    for (size_t i = (size_t)(*at - start); i < 6; i++)
        *out *= 10;
    return true;
}

/* The full name of a month is tried before its first three letters. */
static bool take_month_name(int *out, const char **at)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};

    for (int i = 0; i < 12; i++) {
        size_t full = strlen(names[i]);
        size_t length = strncasecmp(*at, names[i], full) == 0 ? full : 3;

        if (strncasecmp(*at, names[i], length) == 0) {
            *at += length;
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_year(struct parts *parts, const char **at, bool two_digits)
{
    bool negative = !two_digits && **at == '-';
    int year;

    *at += negative;
    if (!take_number(&year, at, two_digits ? 2 : 4, two_digits ? 2 : 4))
        return false;
    if (two_digits)
        year += year < 69 ? 2000 : 1900;
    parts->date.year = negative ? -year : year;
    return true;
}

static bool take_conversion(struct parts *parts, const char **at, char conversion)
{
    switch (conversion) {
    case 'Y':
    case 'y':
        return take_year(parts, at, conversion == 'y');
    case 'm':
        return take_number(&parts->date.month, at, 1, 2);
    case 'b':
    case 'B':
        return take_month_name(&parts->date.month, at);
    case 'd':
        return take_number(&parts->date.day, at, 1, 2) && parts->date.day > 0;
    case 'H':
        return take_number(&parts->date.hour, at, 1, 2);
    case 'M':
        return take_number(&parts->date.minute, at, 1, 2);
    case 'S':
        return take_number(&parts->date.second, at, 1, 2);
    case 'f':
        return take_fraction(&parts->date.microsecond, at);
    case 'j':
        return take_number(&parts->day_of_year, at, 1, 3) && parts->day_of_year > 0;
    case '%':
        return *(*at)++ == '%';
    default:
        return false;
    }
}

/* Put the day of the year, where it is given, in the place of month and day. */
static bool settle_day(struct parts *parts, enum forge_calendar calendar)
{
    struct forge_date date = parts->date;
    int left = parts->day_of_year;

    if (parts->day_of_year == 0) {
        parts->date.month += date.month == 0;
        parts->date.day += date.day == 0;
        return true;
    }
    for (date.month = 1; date.month <= 12; date.month++) {
        int length = forge_days_in_month(calendar, date.year, date.month);

        if (left <= length)
            break;
        left -= length;
    }
    date.day = left;
    if (date.month > 12 || (parts->date.month != 0 && parts->date.month != date.month) ||
        (parts->date.day != 0 && parts->date.day != date.day))
        return false;
    parts->date = date;
    return true;
}

bool forge_time_parse_format(int64_t *time_us, enum forge_calendar calendar, const char *text,
                             const char *format)
{
    struct parts parts = {.date = {.year = 1970}};

    for (; *format; format++) {
        if (*format != '%') {
            if (*text++ != *format)
                return false;
            continue;
        }
        format++;
        if (*format == '-')
            format++;
        if (!take_conversion(&parts, &text, *format))
            return false;
    }
    return *text == '\0' && settle_day(&parts, calendar) &&
           forge_time_from_date(time_us, calendar, &parts.date);
}

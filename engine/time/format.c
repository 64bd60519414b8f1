#include <inttypes.h>
#include <stdio.h>

#include "time/days.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

static void add_year(struct forge_text *out, int64_t year, bool padded)
{
    if (padded)
        forge_text_print(out, "%s%04" PRId64, year < 0 ? "-" : "", year < 0 ? -year : year);
    else
        forge_text_print(out, "%" PRId64, year);
}

static void add_number(struct forge_text *out, int number, int width, bool padded)
{
    forge_text_print(out, "%0*d", padded ? width : 1, number);
}

static bool add_date(struct forge_text *out, const struct forge_date *date,
                     enum forge_calendar calendar, char conversion, bool padded)
{
    switch (conversion) {
    case 'Y':
        add_year(out, date->year, padded);
        return true;
    case 'y':
        add_number(out, (int)forge_floor_modulo(date->year, 100), 2, padded);
        return true;
    case 'm':
        add_number(out, date->month, 2, padded);
        return true;
    case 'd':
        add_number(out, date->day, 2, padded);
        return true;
    case 'e':
        forge_text_print(out, "%*d", padded ? 2 : 1, date->day);
        return true;
    case 'j':
        add_number(out, forge_day_of_year(calendar, date), 3, padded);
        return true;
    case 'b':
        forge_text_add_bytes(out, months[date->month - 1], 3);
        return true;
    case 'B':
        forge_text_add(out, months[date->month - 1]);
        return true;
    default:
        return false;
    }
}

static bool add_clock(struct forge_text *out, const struct forge_date *date, int64_t time_us,
                      char conversion, bool padded)
{
    switch (conversion) {
    case 'H':
        add_number(out, date->hour, 2, padded);
        return true;
    case 'M':
        add_number(out, date->minute, 2, padded);
        return true;
    case 'S':
        add_number(out, date->second, 2, padded);
        return true;
    case 'f':
        add_number(out, date->microsecond, 6, true);
        return true;
    case 's':
        forge_text_print(out, "%" PRId64, forge_floor_divide(time_us, 1000000));
        return true;
    default:
        return false;
    }
}

bool forge_time_format(struct forge_text *out, enum forge_calendar calendar, int64_t time_us,
                       const char *format, const char **wrong)
{
    struct forge_date date;

    forge_date_from_time(&date, calendar, time_us);
    for (; *format; format++) {
        const char *start = format;
        bool padded = true;

        if (*format != '%') {
            forge_text_add_bytes(out, format, 1);
            continue;
        }
        format++;
        if (*format == '-') {
            padded = false;
            format++;
        }
        if (*format == '%') {
            forge_text_add(out, "%");
        } else if (!add_date(out, &date, calendar, *format, padded) &&
                   !add_clock(out, &date, time_us, *format, padded)) {
            if (wrong)
                *wrong = start;
            return false;
        }
    }
    return true;
}

void forge_time_print(struct forge_text *out, enum forge_calendar calendar, int64_t time_us)
{
    struct forge_date date;
    char fraction[16];
    int length = 6;

    forge_date_from_time(&date, calendar, time_us);
    add_year(out, date.year, true);
    forge_text_print(out, "-%02d-%02d", date.month, date.day);
    if (date.hour == 0 && date.minute == 0 && date.second == 0 && date.microsecond == 0)
        return;
    forge_text_print(out, "T%02d:%02d:%02d", date.hour, date.minute, date.second);
    if (date.microsecond == 0)
        return;
    snprintf(fraction, sizeof fraction, "%06d", date.microsecond);
    while (fraction[length - 1] == '0')
        length--;
    forge_text_print(out, ".%.*s", length, fraction);
}

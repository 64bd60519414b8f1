#include "time/calendar.h"

#include <string.h>
#include <strings.h>

#include "time/days.h"

/* Microseconds of such a year are well inside an int64. */
#define YEAR_LIMIT INT64_C(290000)

static const struct {
    const char *name;
    enum forge_calendar calendar;
} names[] = {
    {"standard", FORGE_CALENDAR_STANDARD},
    {"proleptic_gregorian", FORGE_CALENDAR_PROLEPTIC_GREGORIAN},
    {"julian", FORGE_CALENDAR_JULIAN},
    {"noleap", FORGE_CALENDAR_NOLEAP},
    {"all_leap", FORGE_CALENDAR_ALL_LEAP},
    {"360_day", FORGE_CALENDAR_360_DAY},
    {"gregorian", FORGE_CALENDAR_STANDARD},
    {"365_day", FORGE_CALENDAR_NOLEAP},
    {"366_day", FORGE_CALENDAR_ALL_LEAP},
};

bool forge_calendar_find(enum forge_calendar *out, const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i].name) == 0) {
            *out = names[i].calendar;
            return true;
        }
    return false;
}

const char *forge_calendar_name(enum forge_calendar calendar)
{
    return names[calendar].name;
}

static bool clock_is_good(const struct forge_date *date)
{
    return date->hour >= 0 && date->hour < 24 && date->minute >= 0 && date->minute < 60 &&
           date->second >= 0 && date->second < 60 && date->microsecond >= 0 &&
           date->microsecond < 1000000;
}

static bool is_date(enum forge_calendar calendar, int64_t year, int month, int day)
{
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= forge_days_month_length(calendar, year, month) &&
           !forge_days_left_out(calendar, year, month, day);
}

bool forge_time_from_date(int64_t *time_us, enum forge_calendar calendar,
                          const struct forge_date *date)
{
    int64_t year, days, clock;

    if (date->year < -YEAR_LIMIT || date->year > YEAR_LIMIT || !clock_is_good(date) ||
        !forge_year_to_astronomical(&year, calendar, date->year) ||
        !is_date(calendar, year, date->month, date->day))
        return false;
    days = forge_days_from_date(calendar, year, date->month, date->day);
    clock = ((date->hour * 60 + date->minute) * 60 + date->second) * INT64_C(1000000) +
            date->microsecond;
    *time_us = days * FORGE_DAY_US + clock;
    return true;
}

void forge_date_from_time(struct forge_date *date, enum forge_calendar calendar,
                          int64_t time_us)
{
    int64_t clock = forge_floor_modulo(time_us, FORGE_DAY_US);

    forge_days_to_date(date, calendar, forge_floor_divide(time_us, FORGE_DAY_US));
    date->year = forge_year_from_astronomical(calendar, date->year);
    date->microsecond = (int)(clock % 1000000);
    clock /= 1000000;
    date->second = (int)(clock % 60);
    date->minute = (int)(clock / 60 % 60);
    date->hour = (int)(clock / 3600);
}

/* The astronomical year; year 0 where there is none counts as the year before 1. */
static int64_t astronomical(enum forge_calendar calendar, int64_t year)
{
    int64_t out = 0;

    return forge_year_to_astronomical(&out, calendar, year) ? out : 0;
}

int forge_days_in_month(enum forge_calendar calendar, int64_t year, int month)
{
    return forge_days_month_length(calendar, astronomical(calendar, year), month);
}

int forge_day_of_year(enum forge_calendar calendar, const struct forge_date *date)
{
    return date->day +
           forge_days_before_month(calendar, astronomical(calendar, date->year), date->month);
}

static bool add_months(int64_t *out, enum forge_calendar calendar, int64_t time_us,
                       int64_t months)
{
    struct forge_date date;
    int64_t month_number, year;
    int last;

    forge_date_from_time(&date, calendar, time_us);
    month_number = astronomical(calendar, date.year) * 12 + date.month - 1;
    if (__builtin_add_overflow(month_number, months, &month_number))
        return false;
    year = forge_floor_divide(month_number, 12);
    if (year < -YEAR_LIMIT || year > YEAR_LIMIT)
        return false;
    date.month = (int)forge_floor_modulo(month_number, 12) + 1;
    last = forge_days_month_length(calendar, year, date.month);
    date.day = date.day < last ? date.day : last;
    if (forge_days_left_out(calendar, year, date.month, date.day))
        date.day = 15;
    date.year = forge_year_from_astronomical(calendar, year);
    return forge_time_from_date(out, calendar, &date);
}

bool forge_time_add(int64_t *out, enum forge_calendar calendar, int64_t time_us,
                    const struct forge_duration *step, int64_t count)
{
    int64_t months, us, sum;

    if (__builtin_mul_overflow(step->months, count, &months) ||
        __builtin_mul_overflow(step->us, count, &us) ||
        __builtin_add_overflow(time_us, us, &sum))
        return false;
    if (months != 0)
        return add_months(out, calendar, sum, months);
    *out = sum;
    return true;
}

bool forge_duration_parse(struct forge_duration *out, const char *text)
{
    static const struct {
        const char *unit;
        struct forge_duration one;
    } units[] = {
        {"us", {0, 1}},
        {"ms", {0, 1000}},
        {"s", {0, 1000000}},
        {"min", {0, 60 * INT64_C(1000000)}},
        {"h", {0, 3600 * INT64_C(1000000)}},
        {"d", {0, FORGE_DAY_US}},
        {"w", {0, 7 * FORGE_DAY_US}},
        {"mo", {1, 0}},
        {"y", {12, 0}},
    };
    size_t digits = strspn(text, "0123456789");
    int64_t count = 0;

    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++)
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, text[i] - '0', &count))
            return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text + digits, units[i].unit) == 0) {
            struct forge_duration product;

            if (__builtin_mul_overflow(units[i].one.months, count, &product.months) ||
                __builtin_mul_overflow(units[i].one.us, count, &product.us))
                return false;
            *out = product;
            return true;
        }
    return false;
}

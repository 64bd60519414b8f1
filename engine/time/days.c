#include "time/days.h"

/* Days before the months of a common year. */
static const int before_month[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

/* The average year, to guess a year from days: `days` days in `years` years. */
static const struct {
    int64_t days, years;
} average_year[] = {
    [FORGE_CALENDAR_STANDARD] = {146097, 400},
    [FORGE_CALENDAR_PROLEPTIC_GREGORIAN] = {146097, 400},
    [FORGE_CALENDAR_JULIAN] = {1461, 4},
    [FORGE_CALENDAR_NOLEAP] = {365, 1},
    [FORGE_CALENDAR_ALL_LEAP] = {366, 1},
    [FORGE_CALENDAR_360_DAY] = {360, 1},
};

/* Julian 1582-10-05 is Gregorian 1582-10-15: the first day of the reform, in days since
 * 1970-01-01 of the standard calendar. */
enum { REFORM_YEAR = 1582, REFORM_MONTH = 10, LAST_JULIAN = 4, FIRST_GREGORIAN = 15 };
#define REFORM_DAYS INT64_C(-141427)

/* Days from Julian 1970-01-01 back to standard 1970-01-01. */
#define JULIAN_LAG 13

static bool has_year_zero(enum forge_calendar calendar)
{
    return calendar != FORGE_CALENDAR_STANDARD && calendar != FORGE_CALENDAR_JULIAN;
}

bool forge_year_to_astronomical(int64_t *out, enum forge_calendar calendar, int64_t year)
{
    if (has_year_zero(calendar) || year > 0)
        *out = year;
    else if (year == 0)
        return false;
    else
        *out = year + 1;
    return true;
}

int64_t forge_year_from_astronomical(enum forge_calendar calendar, int64_t year)
{
    return has_year_zero(calendar) || year > 0 ? year : year - 1;
}

static bool leap_gregorian(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool leap(enum forge_calendar calendar, int64_t year)
{
    switch (calendar) {
    case FORGE_CALENDAR_STANDARD:
        return year > REFORM_YEAR ? leap_gregorian(year) : year % 4 == 0;
    case FORGE_CALENDAR_PROLEPTIC_GREGORIAN:
        return leap_gregorian(year);
    case FORGE_CALENDAR_JULIAN:
        return year % 4 == 0;
    case FORGE_CALENDAR_ALL_LEAP:
        return true;
    case FORGE_CALENDAR_NOLEAP:
    case FORGE_CALENDAR_360_DAY:
        break;
    }
    return false;
}

int forge_days_before_month(enum forge_calendar calendar, int64_t year, int month)
{
    if (calendar == FORGE_CALENDAR_360_DAY)
        return 30 * (month - 1);
    return before_month[month - 1] + (month > 2 && leap(calendar, year));
}

int forge_days_month_length(enum forge_calendar calendar, int64_t year, int month)
{
    if (calendar == FORGE_CALENDAR_360_DAY)
        return 30;
    if (month == 12)
        return 31;
    return forge_days_before_month(calendar, year, month + 1) -
           forge_days_before_month(calendar, year, month);
}

/* Days from 0001-01-01 to the first of `year`, both of a calendar with one rule of leap years.
 */
static int64_t year_start(enum forge_calendar calendar, int64_t year)
{
    int64_t past = year - 1;

    switch (calendar) {
    case FORGE_CALENDAR_PROLEPTIC_GREGORIAN:
        return 365 * past + forge_floor_divide(past, 4) - forge_floor_divide(past, 100) +
               forge_floor_divide(past, 400);
    case FORGE_CALENDAR_STANDARD:
    case FORGE_CALENDAR_JULIAN:
        return 365 * past + forge_floor_divide(past, 4);
    case FORGE_CALENDAR_NOLEAP:
    case FORGE_CALENDAR_ALL_LEAP:
    case FORGE_CALENDAR_360_DAY:
        break;
    }
    return average_year[calendar].days * past;
}

static int64_t days_one_rule(enum forge_calendar calendar, int64_t year, int month, int day)
{
    return year_start(calendar, year) - year_start(calendar, 1970) +
           forge_days_before_month(calendar, year, month) + day - 1;
}

/* Is the date after the reform of 1582, or on its first day? */
static bool reformed(int64_t year, int month, int day)
{
    if (year != REFORM_YEAR)
        return year > REFORM_YEAR;
    return month > REFORM_MONTH || (month == REFORM_MONTH && day >= FIRST_GREGORIAN);
}

bool forge_days_left_out(enum forge_calendar calendar, int64_t year, int month, int day)
{
    return calendar == FORGE_CALENDAR_STANDARD && year == REFORM_YEAR &&
           month == REFORM_MONTH && day > LAST_JULIAN && day < FIRST_GREGORIAN;
}

int64_t forge_days_from_date(enum forge_calendar calendar, int64_t year, int month, int day)
{
    if (calendar != FORGE_CALENDAR_STANDARD)
        return days_one_rule(calendar, year, month, day);
    if (reformed(year, month, day))
        return days_one_rule(FORGE_CALENDAR_PROLEPTIC_GREGORIAN, year, month, day);
    return days_one_rule(FORGE_CALENDAR_JULIAN, year, month, day) + JULIAN_LAG;
}

static void date_one_rule(struct forge_date *date, enum forge_calendar calendar, int64_t days)
{
    int64_t since_one = days + year_start(calendar, 1970);
    int64_t year = 1 + forge_floor_divide(since_one * average_year[calendar].years,
                                          average_year[calendar].days);
    int of_year, month = 12;

    while (year_start(calendar, year) > since_one)
        year--;
    while (year_start(calendar, year + 1) <= since_one)
        year++;
    of_year = (int)(since_one - year_start(calendar, year));
    while (forge_days_before_month(calendar, year, month) > of_year)
        month--;
    date->year = year;
    date->month = month;
    date->day = of_year - forge_days_before_month(calendar, year, month) + 1;
}

void forge_days_to_date(struct forge_date *date, enum forge_calendar calendar, int64_t days)
{
    if (calendar != FORGE_CALENDAR_STANDARD)
        date_one_rule(date, calendar, days);
    else if (days >= REFORM_DAYS)
        date_one_rule(date, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, days);
    else
        date_one_rule(date, FORGE_CALENDAR_JULIAN, days - JULIAN_LAG);
}

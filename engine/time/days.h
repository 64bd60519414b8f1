/* days.h: whole days of the CF calendars, for the files of this folder.
 *
 * Years are astronomical here: year 0 exists and comes before year 1. Day 0 is
 * 1970-01-01 of the calendar itself. Every year that fits an int64 of
 * microseconds is exact.
 */
#ifndef FORGE_TIME_DAYS_H
#define FORGE_TIME_DAYS_H

#include "time/calendar.h"

#define FORGE_DAY_US INT64_C(86400000000)

static inline int64_t forge_floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static inline int64_t forge_floor_modulo(int64_t a, int64_t b)
{
    return a - b * forge_floor_divide(a, b);
}

/* The year as its calendar writes it <-> the astronomical one; they differ before year 1
 * where there is no year 0. False: year 0 there. */
bool forge_year_to_astronomical(int64_t *out, enum forge_calendar calendar, int64_t year);
int64_t forge_year_from_astronomical(enum forge_calendar calendar, int64_t year);

/* The number of the month's last day; that of standard 1582-10 is 31 too. */
int forge_days_month_length(enum forge_calendar calendar, int64_t year, int month);

/* Days before the month in its year, by the lengths above. */
int forge_days_before_month(enum forge_calendar calendar, int64_t year, int month);

/* Year, month and day -> days since 1970-01-01. They must be a date, but those that the
 * change of 1582 left out count on as Julian dates. */
int64_t forge_days_from_date(enum forge_calendar calendar, int64_t year, int month, int day);

/* The inverse; sets year (astronomical), month and day only. */
void forge_days_to_date(struct forge_date *date, enum forge_calendar calendar, int64_t days);

/* Was this day left out of the standard calendar? */
bool forge_days_left_out(enum forge_calendar calendar, int64_t year, int month, int day);

#endif

/* calendar.h: dates of all CF calendars, exactly (CF 1.11, section 4.4).
 *
 * A time is microseconds since 1970-01-01T00:00:00 counted in its own calendar:
 * never a float. `standard` (alias gregorian) is mixed Julian/Gregorian with the
 * change at 1582-10-15; year 0 exists in proleptic_gregorian, 360_day, 365_day
 * and 366_day, not in standard and julian (cftime's defaults).
 */
#ifndef FORGE_TIME_CALENDAR_H
#define FORGE_TIME_CALENDAR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum forge_calendar {
    FORGE_CALENDAR_STANDARD,
    FORGE_CALENDAR_PROLEPTIC_GREGORIAN,
    FORGE_CALENDAR_JULIAN,
    FORGE_CALENDAR_NOLEAP,   /* 365_day */
    FORGE_CALENDAR_ALL_LEAP, /* 366_day */
    FORGE_CALENDAR_360_DAY,
};

struct forge_date {
    int64_t year;
    int month, day; /* from 1 */
    int hour, minute, second, microsecond;
};

/* CF names and aliases, any case; false when unknown ("none" and "" included). */
bool forge_calendar_find(enum forge_calendar *out, const char *name);
const char *forge_calendar_name(enum forge_calendar calendar); /* "standard", "noleap", .. */

/* False: no such date in this calendar, or beyond +-290,000 years. */
bool forge_time_from_date(int64_t *time_us, enum forge_calendar calendar,
                          const struct forge_date *date);
void forge_date_from_time(struct forge_date *date, enum forge_calendar calendar,
                          int64_t time_us);
int forge_days_in_month(enum forge_calendar calendar, int64_t year, int month);
int forge_day_of_year(enum forge_calendar calendar, const struct forge_date *date);

/* A step of time: months (years are 12) or microseconds, not both. "8d", "3h", "1mo", "29min",
 * "2w", "1y", "30s", "500ms", "1us". */
struct forge_duration {
    int64_t months, us;
};
bool forge_duration_parse(struct forge_duration *out, const char *text);
/* time + count * step; months clip the day to the month's end, counted from `time`. */
bool forge_time_add(int64_t *out, enum forge_calendar calendar, int64_t time_us,
                    const struct forge_duration *step, int64_t count);

/* "1981-09-01", "2017-01-01T06:00", "2017-01-01 06:00:00.5Z", "2017-06", "2017": the parts that
 * are not given are the first; `*period` (may be NULL) says how long what was written lasts (a
 * year, a month, a day, a minute, ..). False: not a date of this calendar. */
bool forge_time_parse(int64_t *time_us, struct forge_duration *period,
                      enum forge_calendar calendar, const char *text);

/* Read by strptime's conversions: %Y %m %d %H %M %S %f %j %y %b %B %%; all of `text` is used.
 */
bool forge_time_parse_format(int64_t *time_us, enum forge_calendar calendar, const char *text,
                             const char *format);

/* Write by strftime's: %Y %m %d %H %M %S %j %y %b %B %e %f %-m %-d %-H %-j %s %%. False on an
 * unknown conversion, which *wrong (may be NULL) points to. */
bool forge_time_format(struct forge_text *out, enum forge_calendar calendar, int64_t time_us,
                       const char *format, const char **wrong);

/* ISO 8601, without the parts that are zero at the end: "1981-09-01", "2017-01-01T06:00:00". */
void forge_time_print(struct forge_text *out, enum forge_calendar calendar, int64_t time_us);

#endif

/* units.h: "days since 1850-01-01": numbers in files <-> exact times. */
#ifndef FORGE_TIME_UNITS_H
#define FORGE_TIME_UNITS_H

#include "time/calendar.h"

/* time_us = epoch_us + number * unit_us */
struct forge_time_units {
    enum forge_calendar calendar;
    int64_t epoch_us; /* in that calendar */
    int64_t unit_us;  /* microseconds to the unit: days, hours, minutes, seconds, milliseconds,
                         microseconds, weeks, and their CF/UDUNITS spellings */
};

/* Does this units text look like a time ("X since Y")? */
bool forge_time_units_likely(const char *units);

/* Parse units and calendar (NULL: standard). Months and years as units are refused in calendars
 * where their length varies. A reference year 0 (climatologies) is the year before year 1 where
 * the calendar has no year 0. Refusals say what cannot be read. */
FORGE_MUST_CHECK bool forge_time_units_parse(struct forge_time_units *out, const char *units,
                                             const char *calendar, struct forge_error *err);

/* Exactly: false when `number` is not finite, or is no whole number of microseconds within
 * the precision of a double, or too large. */
bool forge_time_decode(int64_t *time_us, const struct forge_time_units *units, double number);
bool forge_time_decode_integer(int64_t *time_us, const struct forge_time_units *units,
                               int64_t number);

/* The number that stands for a time; false when it is not exact as an integer / as a double. */
bool forge_time_encode_integer(int64_t *number, const struct forge_time_units *units,
                               int64_t time_us);
bool forge_time_encode(double *number, const struct forge_time_units *units, int64_t time_us);

/* "days since 1850-01-01" for these units. */
void forge_time_units_print(struct forge_text *out, const struct forge_time_units *units);

#endif

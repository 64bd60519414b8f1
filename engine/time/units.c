#include "time/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "time/days.h"
#include "time/reading.h"

#define SECOND_US INT64_C(1000000)

/* 2^63: what an int64 cannot hold any more. */
#define TOO_LARGE 9223372036854775808.0

/* CF's and UDUNITS' spellings; the first of each length is the one that is printed. */
static const struct spelling {
    const char *name;
    int64_t us;
} spellings[] = {
    {"days", FORGE_DAY_US},
    {"day", FORGE_DAY_US},
    {"d", FORGE_DAY_US},
    {"hours", 3600 * SECOND_US},
    {"hour", 3600 * SECOND_US},
    {"hrs", 3600 * SECOND_US},
    {"hr", 3600 * SECOND_US},
    {"h", 3600 * SECOND_US},
    {"minutes", 60 * SECOND_US},
    {"minute", 60 * SECOND_US},
    {"mins", 60 * SECOND_US},
    {"min", 60 * SECOND_US},
    {"seconds", SECOND_US},
    {"second", SECOND_US},
    {"secs", SECOND_US},
    {"sec", SECOND_US},
    {"s", SECOND_US},
    {"milliseconds", 1000},
    {"millisecond", 1000},
    {"millisecs", 1000},
    {"millisec", 1000},
    {"msecs", 1000},
    {"msec", 1000},
    {"ms", 1000},
    {"microseconds", 1},
    {"microsecond", 1},
    {"microsecs", 1},
    {"microsec", 1},
    {"us", 1},
    {"weeks", 7 * FORGE_DAY_US},
    {"week", 7 * FORGE_DAY_US},
    {"common_years", 365 * FORGE_DAY_US},
    {"common_year", 365 * FORGE_DAY_US},
    {"leap_years", 366 * FORGE_DAY_US},
    {"leap_year", 366 * FORGE_DAY_US},
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(name, *list) == 0)
            return true;
    return false;
}

/* Where "since" stands as a word of its own, or NULL. */
static const char *find_since(const char *units)
{
    for (const char *at = units; *at; at++)
        if (at > units && at[-1] == ' ' && strncasecmp(at, "since", 5) == 0 && at[5] == ' ')
            return at;
    return NULL;
}

bool forge_time_units_likely(const char *units)
{
    return find_since(units) != NULL;
}

static int64_t year_days(enum forge_calendar calendar)
{
    switch (calendar) {
    case FORGE_CALENDAR_360_DAY:
        return 360;
    case FORGE_CALENDAR_NOLEAP:
        return 365;
    case FORGE_CALENDAR_ALL_LEAP:
        return 366;
    default:
        return 0;
    }
}

/* Months and years, where all of them are equally long. 0: they are not. */
static int64_t long_unit_us(bool month, enum forge_calendar calendar)
{
    if (month)
        return calendar == FORGE_CALENDAR_360_DAY ? 30 * FORGE_DAY_US : 0;
    return year_days(calendar) * FORGE_DAY_US;
}

static bool read_unit(int64_t *unit_us, const char *name, enum forge_calendar calendar,
                      struct forge_error *err)
{
    static const char *const months[] = {"months", "month", NULL};
    static const char *const years[] = {"years", "year", "yrs", "yr", NULL};
    static const char *const too_fine[] = {"nanoseconds", "nanosecond", "nsecs",
                                           "nsec",        "ns",         NULL};
    bool month = is_one_of(name, months);

    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (strcasecmp(name, spellings[i].name) == 0) {
            *unit_us = spellings[i].us;
            return true;
        }
    if (is_one_of(name, too_fine))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "times in %s are finer than the microseconds that forge keeps", name);
    if (!month && !is_one_of(name, years))
        return forge_fail(err, FORGE_BAD_SOURCE, "unknown unit of time \"%s\"", name);
    *unit_us = long_unit_us(month, calendar);
    if (*unit_us == 0)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "a unit of %s has no fixed length in the calendar %s", name,
                          forge_calendar_name(calendar));
    return true;
}

/* Climatologies count from a year 0 also where the calendar has none: the year before 1. */
static bool read_epoch(int64_t *epoch_us, const char *text, enum forge_calendar calendar,
                       struct forge_error *err)
{
    struct forge_date_text read;
    int64_t year, local;

    if (!forge_date_read(&read, text, FORGE_DATE_UNITS))
        return forge_fail(err, FORGE_BAD_SOURCE, "cannot read \"%s\" as a reference time",
                          text);
    if (read.date.year == 0 && !forge_year_to_astronomical(&year, calendar, 0))
        read.date.year = -1;
    if (!forge_time_from_date(&local, calendar, &read.date))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "reference time \"%s\" does not exist in the calendar %s", text,
                          forge_calendar_name(calendar));
    *epoch_us = local - read.zone_us;
    return true;
}

/* False: it is longer than any unit or date that could be read. */
static bool copy_trimmed(char *out, size_t size, const char *from, const char *end)
{
    size_t length;

    while (from < end && *from == ' ')
        from++;
    while (end > from && end[-1] == ' ')
        end--;
    length = (size_t)(end - from);
    if (length >= size)
        return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

bool forge_time_units_parse(struct forge_time_units *out, const char *units,
                            const char *calendar, struct forge_error *err)
{
    struct forge_time_units read = {.calendar = FORGE_CALENDAR_STANDARD};
    const char *since = find_since(units);
    char name[64], epoch[64];

    if (calendar && !forge_calendar_find(&read.calendar, calendar))
        return forge_fail(err, FORGE_BAD_SOURCE, "unknown calendar \"%s\"", calendar);
    if (!since)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "units \"%s\" are not a time: \"days since 1970-01-01\" would be one",
                          units);
    if (!copy_trimmed(name, sizeof name, units, since) ||
        !copy_trimmed(epoch, sizeof epoch, since + strlen("since"), units + strlen(units)))
        return forge_fail(err, FORGE_BAD_SOURCE, "units \"%.100s..\" are too long for a time",
                          units);
    if (!read_unit(&read.unit_us, name, read.calendar, err) ||
        !read_epoch(&read.epoch_us, epoch, read.calendar, err))
        return forge_fail_while(err, "units \"%s\"", units);
    *out = read;
    return true;
}

bool forge_time_decode_integer(int64_t *time_us, const struct forge_time_units *units,
                               int64_t number)
{
    int64_t us;

    return !__builtin_mul_overflow(number, units->unit_us, &us) &&
           !__builtin_add_overflow(us, units->epoch_us, time_us);
}

/* Half the distance to the next double: what the number may have lost when it was written. */
static double half_step(double number)
{
    double size = fabs(number);

    return (nextafter(size, INFINITY) - size) / 2;
}

bool forge_time_decode(int64_t *time_us, const struct forge_time_units *units, double number)
{
    double whole, fraction = modf(number, &whole), exact_us, us, slack;
    int64_t start;

    if (!isfinite(number) || whole >= TOO_LARGE || whole < -TOO_LARGE)
        return false;
    exact_us = fraction * (double)units->unit_us;
    us = round(exact_us);
    /* The product itself rounds once, by at most half a step of its own. */
    slack = half_step(number) * (double)units->unit_us + half_step(exact_us);
    return fabs(exact_us - us) <= slack &&
           forge_time_decode_integer(&start, units, (int64_t)whole) &&
           !__builtin_add_overflow(start, (int64_t)us, time_us);
}

bool forge_time_encode_integer(int64_t *number, const struct forge_time_units *units,
                               int64_t time_us)
{
    int64_t since;

    if (__builtin_sub_overflow(time_us, units->epoch_us, &since) || since % units->unit_us != 0)
        return false;
    *number = since / units->unit_us;
    return true;
}

bool forge_time_encode(double *number, const struct forge_time_units *units, int64_t time_us)
{
    int64_t since, whole, back;
    double value;

    if (__builtin_sub_overflow(time_us, units->epoch_us, &since))
        return false;
    whole = since / units->unit_us;
    value = (double)whole + (double)(since % units->unit_us) / (double)units->unit_us;
    if (!forge_time_decode(&back, units, value) || back != time_us)
        return false;
    *number = value;
    return true;
}

static const char *unit_name(const struct forge_time_units *units)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (spellings[i].us == units->unit_us)
            return spellings[i].name;
    return units->unit_us == 30 * FORGE_DAY_US ? "months" : "years";
}

void forge_time_units_print(struct forge_text *out, const struct forge_time_units *units)
{
    struct forge_text epoch = {0};

    forge_time_print(&epoch, units->calendar, units->epoch_us);
    for (char *at = epoch.bytes; at && *at; at++)
        if (*at == 'T')
            *at = ' ';
    forge_text_print(out, "%s since %s", unit_name(units), forge_text_string(&epoch));
    forge_text_clear(&epoch);
}

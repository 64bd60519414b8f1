/* functions_time.c: parts of times, and times made of parts. */
#include "expression/functions.h"

static int64_t field_year(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->year;
}

static int64_t field_month(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->month;
}

static int64_t field_day(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->day;
}

static int64_t field_doy(enum forge_calendar calendar, const struct forge_date *date)
{
    return forge_day_of_year(calendar, date);
}

static int64_t field_hour(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->hour;
}

static int64_t field_minute(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->minute;
}

static int64_t field_second(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->second;
}

static int64_t field_minute_of_day(enum forge_calendar calendar, const struct forge_date *date)
{
    (void)calendar;
    return date->hour * 60 + date->minute;
}

static int64_t field_second_of_day(enum forge_calendar calendar, const struct forge_date *date)
{
    return field_minute_of_day(calendar, date) * 60 + date->second;
}

static int64_t field_days_in_month(enum forge_calendar calendar, const struct forge_date *date)
{
    return forge_days_in_month(calendar, date->year, date->month);
}

static bool single_field(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    const struct forge_scalar *time = &call->arguments[0];
    struct forge_date date;

    if (time->kind != FORGE_SCALAR_TIME)
        return forge_function_fail(err, call, "a time", time->kind);
    forge_date_from_time(&date, time->calendar, time->integer);
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER,
                                 .integer = call->function->field(time->calendar, &date)};
    return true;
}

/* The start of the last day of the year. */
static bool single_year_end(struct forge_scalar *out, const struct forge_call *call,
                            struct forge_error *err)
{
    const struct forge_scalar *time = &call->arguments[0];
    struct forge_date date;

    if (time->kind != FORGE_SCALAR_TIME)
        return forge_function_fail(err, call, "a time", time->kind);
    *out = *time;
    forge_date_from_time(&date, time->calendar, time->integer);
    date = (struct forge_date){.year = date.year,
                               .month = 12,
                               .day = forge_days_in_month(time->calendar, date.year, 12)};
    return forge_time_from_date(&out->integer, time->calendar, &date) ||
           forge_fail(err, FORGE_BAD_RECIPE, "the end of year %lld is out of range",
                      (long long)date.year);
}

/* The calendar that an argument names; standard when it is not given. */
static bool calendar_of(enum forge_calendar *out, const struct forge_call *call, size_t index,
                        struct forge_error *err)
{
    const struct forge_scalar *name = &call->arguments[index];

    *out = FORGE_CALENDAR_STANDARD;
    if (index >= call->count)
        return true;
    if (name->kind != FORGE_SCALAR_STRING)
        return forge_function_fail(err, call, "the name of a calendar", name->kind);
    return forge_calendar_find(out, name->string) ||
           forge_fail(err, FORGE_BAD_RECIPE, "unknown calendar \"%s\"", name->string);
}

static bool single_time(struct forge_scalar *out, const struct forge_call *call,
                        struct forge_error *err)
{
    struct forge_scalar time = {.kind = FORGE_SCALAR_TIME};
    int64_t parts[3];
    struct forge_date date;

    for (size_t i = 0; i < 3; i++) {
        if (call->arguments[i].kind != FORGE_SCALAR_INTEGER)
            return forge_function_fail(err, call, "ints", call->arguments[i].kind);
        parts[i] = call->arguments[i].integer;
    }
    if (!calendar_of(&time.calendar, call, 3, err))
        return false;
    date = (struct forge_date){.year = parts[0]};
    if (parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 && parts[2] <= 31) {
        date.month = (int)parts[1];
        date.day = (int)parts[2];
    }
    if (!forge_time_from_date(&time.integer, time.calendar, &date))
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "year %lld, month %lld, day %lld is no date of the calendar %s",
                          (long long)parts[0], (long long)parts[1], (long long)parts[2],
                          forge_calendar_name(time.calendar));
    *out = time;
    return true;
}

static bool single_parse_time(struct forge_scalar *out, const struct forge_call *call,
                              struct forge_error *err)
{
    struct forge_scalar time = {.kind = FORGE_SCALAR_TIME};
    const struct forge_scalar *text = &call->arguments[0], *format = &call->arguments[1];

    for (size_t i = 0; i < 2; i++)
        if (call->arguments[i].kind != FORGE_SCALAR_STRING)
            return forge_function_fail(err, call, "strings", call->arguments[i].kind);
    if (!calendar_of(&time.calendar, call, 2, err))
        return false;
    if (!forge_time_parse_format(&time.integer, time.calendar, text->string, format->string))
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "cannot read \"%s\" by \"%s\" as a time of the calendar %s",
                          text->string, format->string, forge_calendar_name(time.calendar));
    *out = time;
    return true;
}

#define FIELD(function)                                                                        \
    {                                                                                          \
#function, #function "(time)", 1, 1, FORGE_FUNCTION_FIELD, .single = single_field,     \
                                                                   .field = field_##function   \
    }

const struct forge_function forge_functions_of_times[] = {
    FIELD(year),
    FIELD(month),
    FIELD(day),
    FIELD(doy),
    FIELD(hour),
    FIELD(minute),
    FIELD(second),
    FIELD(minute_of_day),
    FIELD(second_of_day),
    FIELD(days_in_month),
    {"year_end", "year_end(time)", 1, 1, FORGE_FUNCTION_SINGLE, .single = single_year_end},
    {"time", "time(year, month, day, calendar)", 3, 4, FORGE_FUNCTION_SINGLE,
     .single = single_time, .own_calendar = true},
    {"parse_time", "parse_time(text, format, calendar)", 2, 3, FORGE_FUNCTION_SINGLE,
     .single = single_parse_time, .own_calendar = true},
    {0},
};

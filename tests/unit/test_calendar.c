/* Dates of all CF calendars. Numbers of days are those that cftime gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "time/calendar.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define DAY_US INT64_C(86400000000)

#define STANDARD FORGE_CALENDAR_STANDARD
#define PROLEPTIC FORGE_CALENDAR_PROLEPTIC_GREGORIAN
#define JULIAN FORGE_CALENDAR_JULIAN
#define NOLEAP FORGE_CALENDAR_NOLEAP
#define ALL_LEAP FORGE_CALENDAR_ALL_LEAP
#define DAYS_360 FORGE_CALENDAR_360_DAY

static void calendars_have_cf_names_and_aliases(void **state)
{
    static const struct {
        const char *name, *want;
    } rows[] = {
        {"standard", "standard"},
        {"gregorian", "standard"},
        {"Gregorian", "standard"},
        {"proleptic_gregorian", "proleptic_gregorian"},
        {"julian", "julian"},
        {"noleap", "noleap"},
        {"365_day", "noleap"},
        {"NOLEAP", "noleap"},
        {"all_leap", "all_leap"},
        {"366_day", "all_leap"},
        {"360_day", "360_day"},
        {"none", NULL},
        {"", NULL},
        {"360", NULL},
    };
    enum forge_calendar calendar;

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        bool found = forge_calendar_find(&calendar, rows[i].name);

        assert_int_equal(found, rows[i].want != NULL);
        if (found)
            assert_string_equal(forge_calendar_name(calendar), rows[i].want);
    }
}

#define NO_DATE INT64_MAX

static void dates_are_days_and_back(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        int64_t year;
        int month, day;
        int64_t days; /* since 1970-01-01 of the same calendar */
    } rows[] = {
        {STANDARD, 1970, 1, 1, 0},          {STANDARD, 1969, 12, 31, -1},
        {STANDARD, 2000, 2, 29, 11016},     {STANDARD, 1900, 2, 29, NO_DATE},
        {STANDARD, 1900, 3, 1, -25508},     {STANDARD, 1500, 2, 29, -171596},
        {STANDARD, 1582, 10, 4, -141428},   {STANDARD, 1582, 10, 5, NO_DATE},
        {STANDARD, 1582, 10, 14, NO_DATE},  {STANDARD, 1582, 10, 15, -141427},
        {STANDARD, 1582, 12, 31, -141350},  {STANDARD, 1, 1, 1, -719164},
        {STANDARD, 0, 1, 1, NO_DATE},       {STANDARD, -1, 12, 31, -719165},
        {STANDARD, -1, 2, 29, -719471},     {STANDARD, -4, 2, 29, NO_DATE},
        {STANDARD, -4713, 1, 1, -2440588},  {PROLEPTIC, 1582, 10, 4, -141438},
        {PROLEPTIC, 1582, 10, 10, -141432}, {PROLEPTIC, 1582, 10, 15, -141427},
        {PROLEPTIC, 1500, 2, 29, NO_DATE},  {PROLEPTIC, 1, 1, 1, -719162},
        {PROLEPTIC, 0, 12, 31, -719163},    {PROLEPTIC, 0, 2, 29, -719469},
        {PROLEPTIC, 0, 1, 1, -719528},      {PROLEPTIC, -1, 12, 31, -719529},
        {PROLEPTIC, -4, 2, 29, -720930},    {PROLEPTIC, 9999, 12, 31, 2932896},
        {JULIAN, 1900, 2, 29, -25509},      {JULIAN, 1582, 10, 4, -141441},
        {JULIAN, 1582, 10, 10, -141435},    {JULIAN, 1582, 10, 15, -141430},
        {JULIAN, 1, 1, 1, -719177},         {JULIAN, 0, 6, 1, NO_DATE},
        {JULIAN, -1, 12, 31, -719178},      {NOLEAP, 2000, 2, 29, NO_DATE},
        {NOLEAP, 2000, 3, 1, 11009},        {NOLEAP, 0, 1, 1, -719050},
        {NOLEAP, -1, 12, 31, -719051},      {NOLEAP, 1850, 1, 1, -43800},
        {ALL_LEAP, 2001, 2, 29, 11405},     {ALL_LEAP, 1, 1, 1, -720654},
        {DAYS_360, 2000, 2, 30, 10859},     {DAYS_360, 2000, 2, 31, NO_DATE},
        {DAYS_360, 1999, 12, 31, NO_DATE},  {DAYS_360, 1970, 12, 30, 359},
        {DAYS_360, 0, 1, 1, -709200},       {STANDARD, 2000, 0, 1, NO_DATE},
        {STANDARD, 2000, 13, 1, NO_DATE},   {STANDARD, 2000, 4, 31, NO_DATE},
        {STANDARD, 2000, 4, 0, NO_DATE},    {PROLEPTIC, 290000, 1, 1, 105200797},
        {PROLEPTIC, 290001, 1, 1, NO_DATE}, {PROLEPTIC, -290001, 1, 1, NO_DATE},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_date date = {
            .year = rows[i].year, .month = rows[i].month, .day = rows[i].day};
        struct forge_date back;
        int64_t time_us = NO_DATE;
        bool good = forge_time_from_date(&time_us, rows[i].calendar, &date);

        if (rows[i].days == NO_DATE) {
            assert_false(good);
            continue;
        }
        assert_true(good);
        assert_int_equal(time_us, rows[i].days * DAY_US);
        forge_date_from_time(&back, rows[i].calendar, time_us);
        assert_int_equal(back.year, date.year);
        assert_int_equal(back.month, date.month);
        assert_int_equal(back.day, date.day);
    }
}

static void every_day_of_four_centuries_follows_the_last(void **state)
{
    (void)state;
    for (int calendar = STANDARD; calendar <= DAYS_360; calendar++)
        for (int64_t days = -220000; days < -220000 + 146097; days++) {
            struct forge_date date;
            int64_t time_us;

            forge_date_from_time(&date, (enum forge_calendar)calendar, days * DAY_US + 5);
            assert_int_equal(date.microsecond, 5);
            assert_true(forge_time_from_date(&time_us, (enum forge_calendar)calendar, &date));
            assert_int_equal(time_us, days * DAY_US + 5);
        }
}

static void clocks_are_checked(void **state)
{
    static const struct {
        int hour, minute, second, microsecond;
        bool good;
    } rows[] = {
        {0, 0, 0, 0, true},   {23, 59, 59, 999999, true}, {24, 0, 0, 0, false},
        {0, 60, 0, 0, false}, {0, 0, 60, 0, false},       {0, 0, 0, 1000000, false},
        {-1, 0, 0, 0, false}, {0, -1, 0, 0, false},       {0, 0, -1, 0, false},
        {0, 0, 0, -1, false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_date date = {
            2000, 1, 1, rows[i].hour, rows[i].minute, rows[i].second, rows[i].microsecond};
        int64_t time_us;

        assert_int_equal(forge_time_from_date(&time_us, STANDARD, &date), rows[i].good);
    }
}

static void months_and_days_of_the_year(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        int64_t year;
        int month, day, day_of_year, days_in_month;
    } rows[] = {
        {STANDARD, 2000, 2, 29, 60, 29},   {STANDARD, 2001, 12, 31, 365, 31},
        {STANDARD, 2000, 12, 31, 366, 31}, {STANDARD, 1900, 3, 1, 60, 31},
        {STANDARD, 1500, 2, 1, 32, 29},    {STANDARD, 1582, 10, 4, 277, 31},
        {STANDARD, 1582, 10, 15, 288, 31}, {STANDARD, 1582, 12, 31, 365, 31},
        {STANDARD, -1, 12, 31, 366, 31},   {PROLEPTIC, -1, 12, 31, 365, 31},
        {JULIAN, 1900, 3, 1, 61, 31},      {NOLEAP, 2000, 3, 1, 60, 31},
        {ALL_LEAP, 2001, 3, 1, 61, 31},    {DAYS_360, 2001, 12, 30, 360, 30},
        {DAYS_360, 2001, 2, 30, 60, 30},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_date date = {
            .year = rows[i].year, .month = rows[i].month, .day = rows[i].day};

        assert_int_equal(forge_day_of_year(rows[i].calendar, &date), rows[i].day_of_year);
        assert_int_equal(forge_days_in_month(rows[i].calendar, rows[i].year, rows[i].month),
                         rows[i].days_in_month);
    }
}

static void durations_are_months_or_microseconds(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t months, us;
    } rows[] = {
        {"8d", true, 0, 8 * DAY_US},
        {"3h", true, 0, INT64_C(3600000000) * 3},
        {"29min", true, 0, INT64_C(60000000) * 29},
        {"30s", true, 0, 30 * INT64_C(1000000)},
        {"500ms", true, 0, 500000},
        {"1us", true, 0, 1},
        {"2w", true, 0, 14 * DAY_US},
        {"1mo", true, 1, 0},
        {"10y", true, 120, 0},
        {"0d", true, 0, 0},
        {"", false, 0, 0},
        {"d", false, 0, 0},
        {"8", false, 0, 0},
        {"8 d", false, 0, 0},
        {"-8d", false, 0, 0},
        {"1.5d", false, 0, 0},
        {"8days", false, 0, 0},
        {"1m", false, 0, 0},
        {"99999999999999999999d", false, 0, 0},
        {"999999999999d", false, 0, 0},
        {"999999999999999999y", false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_duration duration = {-7, -7};

        assert_int_equal(forge_duration_parse(&duration, rows[i].text), rows[i].good);
        assert_int_equal(duration.months, rows[i].good ? rows[i].months : -7);
        assert_int_equal(duration.us, rows[i].good ? rows[i].us : -7);
    }
}

static void steps_of_months_clip_to_the_end_of_the_month(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        const char *from, *step;
        int64_t count;
        const char *want; /* NULL: refused */
    } rows[] = {
        {STANDARD, "2001-01-31", "1mo", 1, "2001-02-28"},
        {STANDARD, "2001-01-31", "1mo", 2, "2001-03-31"},
        {STANDARD, "2000-01-31", "1mo", 1, "2000-02-29"},
        {STANDARD, "2000-02-29", "1y", 1, "2001-02-28"},
        {STANDARD, "2000-02-29", "1y", 4, "2004-02-29"},
        {STANDARD, "2000-03-31T06:00", "1mo", -1, "2000-02-29T06:00:00"},
        {STANDARD, "2000-01-15", "1mo", -13, "1998-12-15"},
        {STANDARD, "0001-01-15", "1mo", -1, "-0001-12-15"},
        {PROLEPTIC, "0001-01-15", "1mo", -1, "0000-12-15"},
        {STANDARD, "1582-09-10", "1mo", 1, "1582-10-15"},
        {STANDARD, "1582-10-04", "1d", 1, "1582-10-15"},
        {NOLEAP, "2000-01-31", "1mo", 1, "2000-02-28"},
        {NOLEAP, "2000-02-28", "1d", 1, "2000-03-01"},
        {DAYS_360, "2000-01-30", "1mo", 1, "2000-02-30"},
        {DAYS_360, "2000-02-30", "1d", 1, "2000-03-01"},
        {STANDARD, "2000-01-01", "29min", 3, "2000-01-01T01:27:00"},
        {STANDARD, "2000-01-01", "1us", -1, "1999-12-31T23:59:59.999999"},
        {STANDARD, "2000-01-01", "1y", 300000, NULL},
        {STANDARD, "2000-01-01", "1y", INT64_MAX, NULL},
        {STANDARD, "2000-01-01", "1d", INT64_MAX, NULL},
        {STANDARD, "2000-01-01", "1us", INT64_MAX, NULL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_duration step;
        struct forge_text text = {0};
        int64_t time_us, moved;
        bool good;

        assert_true(forge_time_parse(&time_us, NULL, rows[i].calendar, rows[i].from));
        assert_true(forge_duration_parse(&step, rows[i].step));
        good = forge_time_add(&moved, rows[i].calendar, time_us, &step, rows[i].count);
        assert_int_equal(good, rows[i].want != NULL);
        if (good) {
            forge_time_print(&text, rows[i].calendar, moved);
            assert_string_equal(forge_text_string(&text), rows[i].want);
        }
        forge_text_clear(&text);
    }
}

static void written_times_are_read_with_their_period(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        const char *text, *want; /* NULL: no time */
        const char *period;
    } rows[] = {
        {STANDARD, "1981-09-01", "1981-09-01", "1d"},
        {STANDARD, "2017", "2017-01-01", "1y"},
        {STANDARD, "2017-06", "2017-06-01", "1mo"},
        {STANDARD, "2017-01-01T06", "2017-01-01T06:00:00", "1h"},
        {STANDARD, "2017-01-01T06:00", "2017-01-01T06:00:00", "1min"},
        {STANDARD, "2017-01-01 06:00:00", "2017-01-01T06:00:00", "1s"},
        {STANDARD, "2017-01-01 06:00:00.5Z", "2017-01-01T06:00:00.5", "100ms"},
        {STANDARD, "2017-01-01T06:00:00.000Z", "2017-01-01T06:00:00", "1ms"},
        {STANDARD, "2017-01-01T06:00:00.1234560", "2017-01-01T06:00:00.123456", "1us"},
        {STANDARD, "2017-01-01T06:00+01:00", "2017-01-01T05:00:00", "1min"},
        {STANDARD, "2017-01-01T06:00-0130", "2017-01-01T07:30:00", "1min"},
        {STANDARD, "2017-01-01Z", "2017-01-01", "1d"},
        {STANDARD, "-0044-03-15", "-0044-03-15", "1d"},
        {STANDARD, "12345-03-15", "12345-03-15", "1d"},
        {PROLEPTIC, "0000-02-29", "0000-02-29", "1d"},
        {DAYS_360, "2017-02-30", "2017-02-30", "1d"},
        {STANDARD, "2017-02-30", NULL, NULL},
        {STANDARD, "0000-01-01", NULL, NULL},
        {STANDARD, "1582-10-10", NULL, NULL},
        {STANDARD, "", NULL, NULL},
        {STANDARD, "17-01-01", NULL, NULL},
        {STANDARD, "2017-1-1", NULL, NULL},
        {STANDARD, "20170101", NULL, NULL},
        {STANDARD, "2017-01-01T", NULL, NULL},
        {STANDARD, "2017-01-01 ", NULL, NULL},
        {STANDARD, " 2017-01-01", NULL, NULL},
        {STANDARD, "2017-01-01T24:00", NULL, NULL},
        {STANDARD, "2017-01-01T06:00:60", NULL, NULL},
        {STANDARD, "2017-01-01T06:00:00.", NULL, NULL},
        {STANDARD, "2017-01-01T06:00:00.1234567", NULL, NULL},
        {STANDARD, "2017-01-01T06:00 CET", NULL, NULL},
        {STANDARD, "2017-01-01+01:00", NULL, NULL},
        {STANDARD, "2017-06Z", NULL, NULL},
        {STANDARD, "now", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_duration period, want = {0};
        struct forge_text text = {0};
        int64_t time_us;
        bool good = forge_time_parse(&time_us, &period, rows[i].calendar, rows[i].text);

        if (good != (rows[i].want != NULL))
            fail_msg("%s: %s", rows[i].text, good ? "was read" : "was refused");
        if (!good)
            continue;
        forge_time_print(&text, rows[i].calendar, time_us);
        assert_string_equal(forge_text_string(&text), rows[i].want);
        assert_true(forge_duration_parse(&want, rows[i].period));
        assert_int_equal(period.months, want.months);
        assert_int_equal(period.us, want.us);
        forge_text_clear(&text);
    }
}

static void times_are_read_by_a_format(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        const char *text, *format, *want;
    } rows[] = {
        {STANDARD, "20170304", "%Y%m%d", "2017-03-04"},
        {STANDARD, "2017060", "%Y%j", "2017-03-01"},
        {STANDARD, "2016366", "%Y%j", "2016-12-31"},
        {STANDARD, "2017366", "%Y%j", NULL},
        {STANDARD, "2017000", "%Y%j", NULL},
        {DAYS_360, "2017360", "%Y%j", "2017-12-30"},
        {NOLEAP, "2016060", "%Y%j", "2016-03-01"},
        {STANDARD, "2017-3-4 5:06:07", "%Y-%m-%d %H:%M:%S", "2017-03-04T05:06:07"},
        {STANDARD, "2017-03-04T05:06:07.25", "%Y-%m-%dT%H:%M:%S.%f", "2017-03-04T05:06:07.25"},
        {STANDARD, "Mar2017", "%b%Y", "2017-03-01"},
        {STANDARD, "mar2017", "%B%Y", "2017-03-01"},
        {STANDARD, "September-81", "%B-%y", "1981-09-01"},
        {STANDARD, "June-05", "%b-%y", "2005-06-01"},
        {STANDARD, "Sep81", "%B%y", "1981-09-01"},
        {STANDARD, "100%17", "100%%%y", "2017-01-01"},
        {STANDARD, "2017", "%Y", "2017-01-01"},
        {STANDARD, "2017060 03-01", "%Y%j %m-%d", "2017-03-01"},
        {STANDARD, "2017060 03-02", "%Y%j %m-%d", NULL},
        {STANDARD, "20170230", "%Y%m%d", NULL},
        {STANDARD, "20171301", "%Y%m%d", NULL},
        {STANDARD, "20170100", "%Y%m%d", NULL},
        {STANDARD, "2017010", "%Y%m%d", NULL},
        {STANDARD, "201701", "%Y%m%d", NULL},
        {STANDARD, "201701010", "%Y%m%d", NULL},
        {STANDARD, "17", "%Y", NULL},
        {STANDARD, "xyz2017", "%b%Y", NULL},
        {STANDARD, "2017", "%Q", NULL},
        {STANDARD, "2017", "%", NULL},
        {STANDARD, "2017", "%Y%", NULL},
        {STANDARD, "", "%Y", NULL},
        {STANDARD, "", "x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_text text = {0};
        int64_t time_us;
        bool good =
            forge_time_parse_format(&time_us, rows[i].calendar, rows[i].text, rows[i].format);

        if (good != (rows[i].want != NULL))
            fail_msg("%s by %s: %s", rows[i].text, rows[i].format,
                     good ? "was read" : "was refused");
        if (!good)
            continue;
        forge_time_print(&text, rows[i].calendar, time_us);
        assert_string_equal(forge_text_string(&text), rows[i].want);
        forge_text_clear(&text);
    }
}

static void times_are_written_by_a_format(void **state)
{
    static const struct {
        enum forge_calendar calendar;
        const char *time, *format, *want;
        int64_t wrong; /* offset of the unknown conversion, or -1 */
    } rows[] = {
        {STANDARD, "1981-09-01", "%Y%m%d", "19810901", -1},
        {STANDARD, "1981-09-01", "%Y/%j", "1981/244", -1},
        {STANDARD, "1981-09-01T06:07:08.009", "%H:%M:%S.%f", "06:07:08.009000", -1},
        {STANDARD, "1981-09-01T06:07:08", "%-Y-%-m-%-d %-H %-M %-S %-j %-y",
         "1981-9-1 6 7 8 244 81", -1},
        {STANDARD, "1981-09-01", "%b %B %e|%-e %y", "Sep September  1|1 81", -1},
        {STANDARD, "1969-12-31T23:59:59.5", "%s", "-1", -1},
        {STANDARD, "1970-01-02", "%s", "86400", -1},
        {STANDARD, "1970-01-02", "100%%", "100%", -1},
        {STANDARD, "-0044-03-15", "%Y", "-0044", -1},
        {STANDARD, "0046-03-15", "%Y|%-Y", "0046|46", -1},
        {STANDARD, "12345-03-15", "%Y", "12345", -1},
        {DAYS_360, "2001-02-30", "%Y%m%d %j", "20010230 060", -1},
        {STANDARD, "2001-02-03", "plain", "plain", -1},
        {STANDARD, "2001-02-03", "%Y%Q", NULL, 2},
        {STANDARD, "2001-02-03", "%Y%-", NULL, 2},
        {STANDARD, "2001-02-03", "ab%", NULL, 2},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_text text = {0};
        const char *wrong = NULL;
        int64_t time_us;
        bool good;

        assert_true(forge_time_parse(&time_us, NULL, rows[i].calendar, rows[i].time));
        good = forge_time_format(&text, rows[i].calendar, time_us, rows[i].format, &wrong);
        assert_int_equal(good, rows[i].want != NULL);
        if (good)
            assert_string_equal(forge_text_string(&text), rows[i].want);
        else
            assert_int_equal(wrong - rows[i].format, rows[i].wrong);
        forge_text_clear(&text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendars_have_cf_names_and_aliases),
        cmocka_unit_test(dates_are_days_and_back),
        cmocka_unit_test(every_day_of_four_centuries_follows_the_last),
        cmocka_unit_test(clocks_are_checked),
        cmocka_unit_test(months_and_days_of_the_year),
        cmocka_unit_test(durations_are_months_or_microseconds),
        cmocka_unit_test(steps_of_months_clip_to_the_end_of_the_month),
        cmocka_unit_test(written_times_are_read_with_their_period),
        cmocka_unit_test(times_are_read_by_a_format),
        cmocka_unit_test(times_are_written_by_a_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

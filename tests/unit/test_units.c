/* Units of time: what files write, and exact times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "time/units.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

static void units_are_read_and_printed(void **state)
{
    static const struct {
        const char *units, *calendar, *want;
    } rows[] = {
        {"days since 1850-1-1", NULL, "days since 1850-01-01"},
        {"days since 1850-01-01", "noleap", "days since 1850-01-01"},
        {"hours since 1900-01-01 00:00:00.0", NULL, "hours since 1900-01-01"},
        {"seconds since 1970-01-01T00:00:00Z", NULL, "seconds since 1970-01-01"},
        {"days since 0001-01-01", "proleptic_gregorian", "days since 0001-01-01"},
        {"hours since 1-1-1 00:00:0.0", "standard", "hours since 0001-01-01"},
        {"hour since 0000-01-01 00:00:00", NULL, "hours since -0001-01-01"},
        {"hour since 0000-01-01 00:00:00", "julian", "hours since -0001-01-01"},
        {"hour since 0000-01-01 00:00:00", "noleap", "hours since 0000-01-01"},
        {"days since -4712-01-01 12:00", "standard", "days since -4712-01-01 12:00:00"},
        {"Days Since 1970-01-01", "Gregorian", "days since 1970-01-01"},
        {"  days   since   1970-01-01  ", NULL, "days since 1970-01-01"},
        {"days since 1970", NULL, "days since 1970-01-01"},
        {"days since 1970-02", NULL, "days since 1970-02-01"},
        {"days since 19700203", NULL, "days since 1970-02-03"},
        {"hours since 1970-01-01 12", NULL, "hours since 1970-01-01 12:00:00"},
        {"days since 1970-01-01 00:00:00 UTC", NULL, "days since 1970-01-01"},
        {"days since 1970-01-01 gmt", NULL, "days since 1970-01-01"},
        {"msec since 1970-01-01 00:00 +0100", NULL, "milliseconds since 1969-12-31 23:00:00"},
        {"days since 1970-01-01 00:00 +0100", "360_day", "days since 1969-12-30 23:00:00"},
        {"days since 1970-01-01T00:00:00+01:30", NULL, "days since 1969-12-31 22:30:00"},
        {"days since 1992-10-8 15:15:42.5 -6:00", NULL, "days since 1992-10-08 21:15:42.5"},
        {"days since 1992-10-8 15:15 -6", NULL, "days since 1992-10-08 21:15:00"},
        {"days since 1970-01-01 00:00:0.25000000", NULL, "days since 1970-01-01 00:00:00.25"},
        {"d since 1970-01-01", NULL, "days since 1970-01-01"},
        {"hrs since 1970-01-01", NULL, "hours since 1970-01-01"},
        {"h since 1970-01-01", NULL, "hours since 1970-01-01"},
        {"min since 1970-01-01", NULL, "minutes since 1970-01-01"},
        {"sec since 1970-01-01", NULL, "seconds since 1970-01-01"},
        {"s since 1970-01-01", NULL, "seconds since 1970-01-01"},
        {"ms since 1970-01-01", NULL, "milliseconds since 1970-01-01"},
        {"us since 1970-01-01", NULL, "microseconds since 1970-01-01"},
        {"week since 1970-01-01", NULL, "weeks since 1970-01-01"},
        {"months since 1970-01-01", "360_day", "months since 1970-01-01"},
        {"years since 1970-01-01", "360_day", "years since 1970-01-01"},
        {"years since 1970-01-01", "noleap", "common_years since 1970-01-01"},
        {"days since 2000-02-30", "360_day", "days since 2000-02-30"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_time_units units, again;
        struct forge_text text = {0};
        struct forge_error err;

        if (!forge_time_units_parse(&units, rows[i].units, rows[i].calendar, &err))
            fail_msg("%s: %s", rows[i].units, err.text);
        forge_time_units_print(&text, &units);
        assert_string_equal(forge_text_string(&text), rows[i].want);
        assert_true(forge_time_units_parse(&again, rows[i].want, rows[i].calendar, &err));
        assert_memory_equal(&again, &units, sizeof units);
        forge_text_clear(&text);
    }
}

static void what_cannot_be_read_is_told(void **state)
{
    static const struct {
        const char *units, *calendar, *want;
    } rows[] = {
        {"day as %Y%m%d.%f", NULL,
         "units \"day as %Y%m%d.%f\" are not a time: \"days since 1970-01-01\" would be one"},
        {"K", NULL, "units \"K\" are not a time: \"days since 1970-01-01\" would be one"},
        {"", NULL, "units \"\" are not a time: \"days since 1970-01-01\" would be one"},
        {"days since 1970-01-01", "none", "unknown calendar \"none\""},
        {"months since 1970-01-01", "standard",
         "units \"months since 1970-01-01\": a unit of months has no fixed length in the "
         "calendar standard"},
        {"years since 1970-01-01", NULL,
         "units \"years since 1970-01-01\": a unit of years has no fixed length in the "
         "calendar "
         "standard"},
        {"month since 1970-01-01", "noleap",
         "units \"month since 1970-01-01\": a unit of month has no fixed length in the "
         "calendar "
         "noleap"},
        {"ns since 1970-01-01", NULL,
         "units \"ns since 1970-01-01\": times in ns are finer than the microseconds that "
         "forge "
         "keeps"},
        {"fortnights since 1970-01-01", NULL,
         "units \"fortnights since 1970-01-01\": unknown unit of time \"fortnights\""},
        {" since 1970-01-01", NULL, "units \" since 1970-01-01\": unknown unit of time \"\""},
        {"days since launch", NULL,
         "units \"days since launch\": cannot read \"launch\" as a reference time"},
        {"days since 1970-01-01 -7:00", NULL,
         "units \"days since 1970-01-01 -7:00\": cannot read \"1970-01-01 -7:00\" as a "
         "reference time"},
        {"days since 1970-01-01 00:00:00.0000001", NULL,
         "units \"days since 1970-01-01 00:00:00.0000001\": cannot read "
         "\"1970-01-01 00:00:00.0000001\" as a reference time"},
        {"days since 1582-10-10", "standard",
         "units \"days since 1582-10-10\": reference time \"1582-10-10\" does not exist in the "
         "calendar standard"},
        {"days since 1970-01-01 24:00:00", NULL,
         "units \"days since 1970-01-01 24:00:00\": reference time \"1970-01-01 24:00:00\" "
         "does "
         "not exist in the calendar standard"},
        {"days since 2001-02-29", "noleap",
         "units \"days since 2001-02-29\": reference time \"2001-02-29\" does not exist in the "
         "calendar noleap"},
        {"days since "
         "1970-01-01 00:00:00.000000000000000000000000000000000000000000000000000000000009",
         NULL,
         "units \"days since 1970-01-01 "
         "00:00:00.000000000000000000000000000000000000000000000000000000"
         "000009..\" are too long for a time"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_time_units units;
        struct forge_error err = {0};

        assert_false(forge_time_units_parse(&units, rows[i].units, rows[i].calendar, &err));
        assert_string_equal(err.text, rows[i].want);
        assert_int_equal(err.code, FORGE_BAD_SOURCE);
    }
}

static void times_are_recognised_by_since(void **state)
{
    (void)state;
    assert_true(forge_time_units_likely("days since 1970-01-01"));
    assert_true(forge_time_units_likely("HOURS SINCE yesterday"));
    assert_false(forge_time_units_likely("day as %Y%m%d.%f"));
    assert_false(forge_time_units_likely("since"));
    assert_false(forge_time_units_likely("m sinceK"));
    assert_false(forge_time_units_likely(""));
}

static void numbers_become_exact_times(void **state)
{
    static const struct {
        const char *units, *calendar;
        double number;
        const char *want; /* NULL: not a time */
    } rows[] = {
        {"days since 1850-1-1", "noleap", 43800, "1970-01-01"},
        {"days since 1850-1-1", "noleap", 43800.125, "1970-01-01T03:00:00"},
        {"hours since 1900-01-01", NULL, 613608, "1970-01-01"},
        {"hours since 1900-01-01", NULL, -1, "1899-12-31T23:00:00"},
        {"days since 1970-01-01", NULL, 0.1, "1970-01-01T02:24:00"},
        {"days since 1970-01-01", NULL, -0.1, "1969-12-31T21:36:00"},
        {"hours since 1970-01-01", NULL, 1.0 / 3, "1970-01-01T00:20:00"},
        {"days since 1970-01-01", NULL, 18262 + 1.0 / 3, "2020-01-01T08:00:00"},
        {"seconds since 1970-01-01", NULL, 0.000001, "1970-01-01T00:00:00.000001"},
        {"seconds since 1970-01-01", NULL, 1e9 + 0.5, "2001-09-09T01:46:40.5"},
        {"seconds since 1970-01-01", NULL, 0.0000001, NULL},
        {"days since 1970-01-01", NULL, 0.33333333333, NULL},
        {"days since 1970-01-01", NULL, (double)0.1F, NULL},
        {"days since 1582-10-15", "standard", -1, "1582-10-04"},
        {"days since 1582-10-15", "julian", -1, "1582-10-14"},
        {"days since 0000-01-01", "standard", 366, "0001-01-01"},
        {"days since 0000-01-01", "proleptic_gregorian", 366, "0001-01-01"},
        {"months since 1970-01-01", "360_day", 1.5, "1970-02-16"},
        {"weeks since 1970-01-01", NULL, 1, "1970-01-08"},
        {"days since 1970-01-01", NULL, NAN, NULL},
        {"days since 1970-01-01", NULL, INFINITY, NULL},
        {"days since 1970-01-01", NULL, 1e300, NULL},
        {"days since 1970-01-01", NULL, 1.2e8, NULL},
        {"days since 1970-01-01", NULL, 9.96920996838687e+36, NULL},
        {"microseconds since 1970-01-01", NULL, 9223372036854775808.0, NULL},
        {"microseconds since 1970-01-01", NULL, -9223372036854775808.0 * 1.1, NULL},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_time_units units;
        struct forge_text text = {0};
        struct forge_error err;
        int64_t time_us;
        bool good;

        assert_true(forge_time_units_parse(&units, rows[i].units, rows[i].calendar, &err));
        good = forge_time_decode(&time_us, &units, rows[i].number);
        if (good != (rows[i].want != NULL))
            fail_msg("%s: %.17g %s", rows[i].units, rows[i].number, good ? "read" : "refused");
        if (good) {
            forge_time_print(&text, units.calendar, time_us);
            assert_string_equal(forge_text_string(&text), rows[i].want);
        }
        forge_text_clear(&text);
    }
}

static void integers_become_exact_times(void **state)
{
    struct forge_time_units units;
    struct forge_error err;
    int64_t time_us;

    (void)state;
    assert_true(forge_time_units_parse(&units, "days since 1970-01-02", NULL, &err));
    assert_true(forge_time_decode_integer(&time_us, &units, -1));
    assert_int_equal(time_us, 0);
    assert_false(forge_time_decode_integer(&time_us, &units, INT64_MAX));
    assert_false(forge_time_decode_integer(&time_us, &units, INT64_MIN));
    assert_true(forge_time_units_parse(&units, "us since 1970-01-02", NULL, &err));
    assert_false(forge_time_decode_integer(&time_us, &units, INT64_MAX));
    assert_true(forge_time_decode_integer(&time_us, &units, INT64_MIN));
}

#define NONE INT64_MIN

static void times_become_numbers_only_when_that_is_exact(void **state)
{
    static const struct {
        const char *units, *time;
        int64_t integer; /* NONE: refused */
        double number;   /* NAN: refused */
    } rows[] = {
        {"days since 1970-01-01", "1970-01-03", 2, 2},
        {"days since 1970-01-01", "1970-01-01T06:00", NONE, 0.25},
        {"days since 1970-01-01", "1969-12-31T18:00", NONE, -0.25},
        {"days since 1970-01-01", "1970-01-01T08:00", NONE, 1.0 / 3},
        {"hours since 1970-01-01", "1969-12-31T23:00", -1, -1},
        {"days since 0001-01-01", "2017-01-01T06:00:00.000001", NONE, NAN},
        {"seconds since 1970-01-01", "2017-01-01T00:00:00.000001", NONE, 1483228800.000001},
        {"seconds since 1800-01-01", "2017-01-01", 6847891200, 6847891200.0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_time_units units;
        struct forge_error err;
        int64_t time_us, integer;
        double number;

        assert_true(forge_time_units_parse(&units, rows[i].units, NULL, &err));
        assert_true(forge_time_parse(&time_us, NULL, units.calendar, rows[i].time));
        assert_int_equal(forge_time_encode_integer(&integer, &units, time_us),
                         rows[i].integer != NONE);
        if (rows[i].integer != NONE)
            assert_int_equal(integer, rows[i].integer);
        assert_int_equal(forge_time_encode(&number, &units, time_us), !isnan(rows[i].number));
        if (!isnan(rows[i].number))
            assert_true(number == rows[i].number);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read_and_printed),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(times_are_recognised_by_since),
        cmocka_unit_test(numbers_become_exact_times),
        cmocka_unit_test(integers_become_exact_times),
        cmocka_unit_test(times_become_numbers_only_when_that_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

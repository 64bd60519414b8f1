/* Combining files whose times, packing, types or fill values differ: no value changes its
 * meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "support/combining.h"

static void times_in_other_units_stay_the_same_times(void **state)
{
#define TIMES(units) "\"time\": time units differ between files: stored in \"" units "\""
    static const struct row rows[] = {
        {{"time(time=2) int32 {units=days since 2000-01-01} 0 1",
          "time(time=1) int32 {units=hours since 2000-01-01} 48"},
         .want = "time(time=3) int64 {units=days since 2000-01-01} 0 1 2",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=hours since 2000-01-01} 6"},
         .want = "time(time=2) int64 {units=hours since 2000-01-01} 0 6",
         .note = TIMES("hours since 2000-01-01")},
        {{"time(time=1) float64 {units=days since 2000-01-01} 0.5",
          "time(time=1) int32 {units=hours since 2000-01-02} 6"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 0.5 1.25",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=1) float64 {units=days since 2000-01-01} 0",
          "time(time=1) float64 {units=hours since 2000-01-01} 1"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 0 0.041666666666666664",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=days since 1999-12-31} 2"},
         .want = "time(time=2) int64 {units=days since 2000-01-01} 0 1",
         .note = TIMES("days since 2000-01-01")},
        /* what is only written differently changes no value */
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=days since 2000-1-1 00:00:00} 1"},
         .want = "time(time=2) int32 {units=days since 2000-01-01} 0 1"},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=days since 2000-01-01|calendar=gregorian} 1"},
         .want = "time(time=2) int32 {units=days since 2000-01-01|calendar=standard} 0 1"},
        {{"time(time=1) int32 {units=days since 2000-01-01|calendar=365_day} 0",
          "time(time=1) int32 {units=hours since 2000-01-01|calendar=noleap} 24"},
         .want = "time(time=2) int64 {units=days since 2000-01-01|calendar=365_day} 0 1",
         .note = TIMES("days since 2000-01-01")},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void bounds_and_missing_times_follow(void **state)
{
    static const struct row rows[] = {
        /* bounds without units follow */
        {{"time(time=1) int32 {units=days since 2000-01-01|bounds=b} 0; b(time=1,n=2) int32 {} "
          "0 1",
          "time(time=1) int32 {units=hours since 2000-01-01|bounds=b} 24; b(time=1,n=2) int32 "
          "{} "
          "24 48"},
         .want = "time(time=2) int64 {units=days since 2000-01-01|bounds=b} 0 1; b(time=2,n=2) "
                 "int64 "
                 "{} 0 "
                 "1 1 2",
         .note = TIMES("days since 2000-01-01")},
        /* missing times stay missing */
        {{"time(time=2) int32 {fill=-1|units=days since 2000-01-01} 0 -1",
          "time(time=1) int32 {units=hours since 2000-01-01} 24"},
         .want = "time(time=3) int64 {fill=-9223372036854775808|units=days since 2000-01-01} 0 "
                 "-9223372036854775808 1",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=2) float64 {missing_value=-1|units=days since 2000-01-01} 0 -1",
          "time(time=1) float64 {units=hours since 2000-01-01} 24"},
         .want = "time(time=3) float64 {fill=NaN|units=days since 2000-01-01} 0 NaN 1",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=1) int16 {units=days since 2000-01-01|scale_factor=0.5} 3",
          "time(time=1) int16 {units=hours since 2000-01-01|scale_factor=0.5} 48"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 1.5 1",
         .note = TIMES("days since 2000-01-01")},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0; r(time=1) int64 {units=days "
          "since "
          "2000-01-01} 1",
          "time(time=1) int32 {units=days since 2000-01-01} 1; r(time=1) int64 {units=hours "
          "since "
          "2000-01-01} 24"},
         .want = "time(time=2) int32 {units=days since 2000-01-01} 0 1; r(time=2) int64 "
                 "{units=days "
                 "since "
                 "2000-01-01} 1 1",
         .note = "\"r\": time units differ between files: stored in \"days since 2000-01-01\""},
    };
#undef TIMES

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void times_without_a_common_encoding_are_refused(void **state)
{
    static const struct row rows[] = {
        {{"time(time=1) int32 {units=days since 2000-01-01|calendar=noleap} 0",
          "time(time=1) int32 {units=days since 2000-01-01|calendar=360_day} 0"},
         .want = "!variable \"time\": calendar is noleap in a.nc and 360_day in b.nc?times of "
                 "different "
                 "calendars cannot be joined"},
        {{"time(time=1) float64 {units=days since 2000-01-01} 0.1234567890123",
          "time(time=1) float64 {units=hours since 2000-01-01} 0"},
         .want = "!variable \"time\" in a.nc: 0.1234567890123 is no exact time"},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=m} 0"},
         .want = "!variable \"time\" has no time units in b.nc"},
        {{"time(time=1) int32 {units=m} 0",
          "time(time=1) int32 {units=days since 2000-01-01} 0"},
         .want =
             "!variable \"time\": attribute \"units\" is \"m\" in a.nc and \"days since "
             "2000-01-01\" in "
             "b.nc?files with other units cannot be joined as they are; make them agree under "
             "\"each\", or leave the file out with \"except\""},
        {{"time(time=1) string {units=days since 2000-01-01} x",
          "time(time=1) string {units=hours since 2000-01-01} x"},
         .want = "!variable \"time\" in a.nc holds text, not times"},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=hours since 2000-13-01} 0"},
         .want = "!variable \"time\" in b.nc: units \"hours since 2000-13-01\": "
                 "reference time \"2000-13-01\" does not exist in the calendar standard"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void values_packed_differently_are_decoded(void **state)
{
#define NOTE "\"t\": packed differently in a.nc and b.nc: stored as decoded values"
    static const struct row rows[] = {
        {{"t(time=2) int16 {fill=-1|scale_factor=0.5} 3 -1",
          "t(time=2) int16 {fill=-1|scale_factor=0.25} 3 -1"},
         .want = "t(time=4) float64 {fill=NaN} 1.5 NaN 0.75 NaN",
         .note = NOTE},
        {{"t(time=1) int16 {scale_factor=0.5f} 3", "t(time=1) int16 {scale_factor=0.25f} 3"},
         .want = "t(time=2) float32 {fill=NaN} 1.5 0.75",
         .note = NOTE},
        /* each in its own precision, as readers of the file decode it */
        {{"t(time=1) int16 {scale_factor=0.1f} 3", "t(time=1) int16 {scale_factor=0.1} 3"},
         .want = "t(time=2) float64 {fill=NaN} 0.30000001192092896 0.30000000000000004",
         .note = NOTE},
        {{"t(time=1) int16 {scale_factor=0.5|units=K} 3", "t(time=1) float32 {units=K} 2.5"},
         .want = "t(time=2) float64 {fill=NaN|units=K} 1.5 2.5",
         .note = NOTE},
        {{"t(time=1) float32 {} 2.5", "t(time=1) int16 {add_offset=1f} 3"},
         .want = "t(time=2) float32 {fill=NaN} 2.5 4",
         .note = NOTE},
        {{"t(time=1) int16 {scale_factor=0.5} 3", "t(time=1) int32 {scale_factor=0.5} 3"},
         .want = "t(time=2) float64 {fill=NaN} 1.5 1.5",
         .note = NOTE},
        {{"t(time=2) int16 {scale_factor=0.5|missing_value=9} 3 9",
          "t(time=1) int16 {scale_factor=0.25} 9"},
         .want = "t(time=3) float64 {fill=NaN} 1.5 NaN 2.25",
         .note = NOTE},
        {{"t(time=1) int16 {scale_factor=0.5} 3", "t(time=1) int16 {scale_factor=0.5} 4"},
         .want = "t(time=2) int16 {scale_factor=0.5} 3 4"},
        {{"t(time=1) int16 {scale_factor=0.5|add_offset=0} 3",
          "t(time=1) int16 {scale_factor=0.5} 4"},
         .want = "t(time=2) float64 {fill=NaN} 1.5 2",
         .note = NOTE},
        {{"t(time=1) int16 {scale_factor=0.5} 3", "t(time=1) int64 {} 4"},
         .want =
             "!variable \"t\" is packed in some files and int64 in b.nc, which has no exact "
             "decoded "
             "values"},
        {{"t(time=1) int16 {scale_factor=0.5} 3", "t(time=1) string {} x"},
         .want =
             "!variable \"t\" is packed in some files and string in b.nc, which has no exact "
             "decoded "
             "values"},
        {{"t(time=1) int8 {} 1; m() int16 {scale_factor=0.5} 3",
          "t(time=1) int8 {} 1; m() int16 {scale_factor=0.25} 3"},
         .want = "!variable \"m\": attribute \"scale_factor\" is 0.5 in a.nc and 0.25 in "
                 "b.nc?files "
                 "with "
                 "other scale_factor cannot be joined as they are; make them agree under "
                 "\"each\", or "
                 "leave the file out with \"except\""},
    };
#undef NOTE

    (void)state;
    run_rows(rows, LENGTH(rows));
}

/* Every pair of types: what holds both exactly, or "" where nothing does. */
static void types_widen_without_loss(void **state)
{
    static const char *const names[] = {"int8",   "uint8", "int16",  "uint16",  "int32",
                                        "uint32", "int64", "uint64", "float32", "float64"};
    static const char *const wants[10][10] = {
        {"int8", "int16", "int16", "int32", "int32", "int64", "int64", "", "float64",
         "float64"},
        {"int16", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float64",
         "float64"},
        {"int16", "int16", "int16", "int32", "int32", "int64", "int64", "", "float64",
         "float64"},
        {"int32", "uint16", "int32", "uint16", "int32", "uint32", "int64", "uint64", "float64",
         "float64"},
        {"int32", "int32", "int32", "int32", "int32", "int64", "int64", "", "float64",
         "float64"},
        {"int64", "uint32", "int64", "uint32", "int64", "uint32", "int64", "uint64", "float64",
         "float64"},
        {"int64", "int64", "int64", "int64", "int64", "int64", "int64", "", "", ""},
        {"", "uint64", "", "uint64", "", "uint64", "", "uint64", "", ""},
        {"float64", "float64", "float64", "float64", "float64", "float64", "", "", "float32",
         "float64"},
        {"float64", "float64", "float64", "float64", "float64", "float64", "", "", "float64",
         "float64"},
    };

    (void)state;
    for (size_t a = 0; a < 10; a++) {
        for (size_t b = 0; b < 10; b++) {
            char one[60], other[60], want[200], note[200];
            struct row row = {{one, other}, .want = want, .note = a == b ? NULL : note};
            const char *wide = wants[a][b];
            size_t used = 0;

            snprintf(one, sizeof one, "t(time=1) %s {} 100", names[a]);
            snprintf(other, sizeof other, "t(time=1) %s {} 101", names[b]);
            snprintf(want, sizeof want, "t(time=2) %s {} 100 101", wide);
            if (!*wide)
                snprintf(want, sizeof want,
                         "!variable \"t\" is %s in a.nc and %s in b.nc?bring it to one type: "
                         "each: [{cast: {t: float64}}]",
                         names[a], names[b]);
            if (strcmp(names[a], wide) != 0)
                used = (size_t)snprintf(note, sizeof note, "\"t\": %s in a.nc, stored as %s",
                                        names[a], wide);
            if (strcmp(names[b], wide) != 0)
                snprintf(note + used, sizeof note - used, "%s\"t\": %s in b.nc, stored as %s",
                         used > 0 ? "; " : "", names[b], wide);
            run_row(&row);
        }
    }
}

static void three_types_are_weighed_together(void **state)
{
    static const struct row rows[] = {
        {{"t(time=1) int8 {} 1", "t(time=1) uint32 {} 2", "t(time=1) float32 {} 0.5"},
         .want = "t(time=3) float64 {} 1 2 0.5",
         .note = "\"t\": int8 in a.nc, stored as float64; \"t\": uint32 in b.nc, stored as "
                 "float64; \"t\": float32 in c.nc, stored as float64"},
        {{"t(time=1) int16 {} 1", "t(time=1) uint32 {} 2", "t(time=1) uint64 {} 3"},
         .want =
             "!variable \"t\" is int16 in a.nc and uint64 in c.nc?bring it to one type: each: "
             "[{cast: "
             "{t: float64}}]"},
        {{"t(time=1) int16 {} 1", "t(time=1) string {} a"},
         .want = "!variable \"t\" is int16 in a.nc and string in b.nc"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void fill_values_become_one(void **state)
{
#define NOTE "\"t\": the fill value of b.nc becomes that of a.nc"
    static const struct row rows[] = {
        {{"t(time=2) int16 {fill=-1} 1 -1", "t(time=2) int16 {fill=-2} 3 -2"},
         .want = "t(time=4) int16 {fill=-1} 1 -1 3 -1",
         .note = NOTE},
        {{"t(time=2) int16 {fill=-1} 1 -1", "t(time=2) int16 {} 3 -2"},
         .want = "t(time=4) int16 {fill=-1} 1 -1 3 -2",
         .note = NOTE},
        {{"t(time=2) int16 {} 1 2", "t(time=2) int16 {fill=-2} 3 -2"},
         .want = "t(time=4) int16 {fill=-2} 1 2 3 -2",
         .note = "\"t\": the fill value of a.nc becomes that of b.nc"},
        /* the new fill value is a valid value there */
        {{"t(time=1) int16 {fill=-1} 1", "t(time=2) int16 {fill=-2} -1 -2"},
         .want = "t(time=3) int16 {fill=-1} t of b.nc: -1 is to be the fill value instead of "
                 "-2, but "
                 "there "
                 "are valid values -1",
         .note = NOTE},
        {{"t(time=1) int16 {fill=-1} 1", "t(time=1) int16 {} -1"},
         .want = "t(time=2) int16 {fill=-1} t of b.nc: -1 is to be the fill value, but there "
                 "are valid "
                 "values -1",
         .note = NOTE},
        {{"t(time=2) float32 {fill=nan} 1 nan", "t(time=2) float32 {fill=-9} 3 -9"},
         .want = "t(time=4) float32 {fill=NaN} 1 NaN 3 NaN",
         .note = NOTE},
        {{"t(time=2) float32 {fill=-9} 1 -9", "t(time=2) float32 {fill=nan} 3 nan"},
         .want = "t(time=4) float32 {fill=-9} 1 -9 3 -9",
         .note = NOTE},
        {{"t(time=1) float32 {fill=nan} 1", "t(time=2) float32 {} 3 nan"},
         .want = "t(time=3) float32 {fill=NaN} 1 3 NaN"},
        {{"t(time=2) int16 {fill=-1} 1 -1", "t(time=2) int32 {fill=-2} 3 -2"},
         .want = "t(time=4) int32 {fill=-1} 1 -1 3 -1",
         .note = "\"t\": int16 in a.nc, stored as int32; " NOTE},
        {{"t(time=1) int16 {fill=7|scale_factor=0.5} 7",
          "t(time=1) int16 {fill=8|scale_factor=0.5} 8"},
         .want = "t(time=2) int16 {fill=7|scale_factor=0.5} 7 7",
         .note = NOTE},
    };
#undef NOTE

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void missing_values_stay_missing(void **state)
{
#define NOTE "\"t\": the fill value of b.nc becomes that of a.nc"
    static const struct row rows[] = {
        {{"t(time=2) int16 {missing_value=-1} 1 -1", "t(time=1) int16 {missing_value=-1} -1"},
         .want = "t(time=3) int16 {missing_value=-1} 1 -1 -1"},
        {{"t(time=2) int16 {missing_value=-1} 1 -1", "t(time=2) int16 {missing_value=-2} 3 -2"},
         .want = "t(time=4) int16 {fill=-1} 1 -1 3 -1",
         .note = NOTE},
        {{"t(time=2) int16 {fill=-1|missing_value=-1} 1 -1", "t(time=2) int16 {fill=-2} 3 -2"},
         .want = "t(time=4) int16 {fill=-1} 1 -1 3 -1",
         .note = NOTE},
        {{"t(time=1) int16 {missing_value=-1} -1", "t(time=1) int16 {} -1"},
         .want = "t(time=2) int16 {fill=-1} t of b.nc: -1 is to be the fill value, but there "
                 "are valid "
                 "values -1",
         .note = NOTE},
        {{"t(time=1) int16 {fill=-1|missing_value=-2} 1", "t(time=1) int16 {fill=-1} -2"},
         .want =
             "!variable \"t\": missing_value or its type differs between a.nc and b.nc, and "
             "_FillValue "
             "is another number?store floats with NaN: each: [{cast: {t: float64}}, {decode: "
             "[t]}]"},
        {{"t(time=2) int16 {fill=-1|missing_value=-2} 1 -2",
          "t(time=2) int16 {fill=-1|missing_value=-2} -1 -2"},
         .want = "t(time=4) int16 {fill=-1|missing_value=-2} 1 -2 -1 -2"},
        /* 1e20 is not a float32: its nearest is meant, and is another number in float64 */
        {{"t(time=2) float32 {missing_value=1e20} 1 1e20",
          "t(time=2) float64 {missing_value=1e20} 1 1e20"},
         .want = "t(time=4) float64 {fill=1.0000000200408773e+20} 1 1.0000000200408773e+20 1 "
                 "1.0000000200408773e+20",
         .note = "\"t\": float32 in a.nc, stored as float64; " NOTE},
    };
#undef NOTE

    (void)state;
    run_rows(rows, LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_in_other_units_stay_the_same_times),
        cmocka_unit_test(bounds_and_missing_times_follow),
        cmocka_unit_test(times_without_a_common_encoding_are_refused),
        cmocka_unit_test(values_packed_differently_are_decoded),
        cmocka_unit_test(types_widen_without_loss),
        cmocka_unit_test(three_types_are_weighed_together),
        cmocka_unit_test(fill_values_become_one),
        cmocka_unit_test(missing_values_stay_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

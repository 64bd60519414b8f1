/* From when to when the values of a dataset hold, by its time coordinate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "array/reader.h"
#include "plan/valid_time.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *dataset;
    const char *want; /* "start .. stop", " of bounds" behind it; "none" */
};

static const char *found_in(struct forge_arena *arena, const char *text)
{
    struct forge_dataset dataset = sketch(arena, "a.nc", text);
    struct forge_reader reader = {0};
    struct forge_valid_time found;
    struct forge_error err = {0};
    struct forge_text out = {0};
    const char *made;

    if (!forge_valid_time_find(&found, &dataset, &reader, &err))
        fail_msg("%s: %s", text, err.text);
    forge_reader_close(&reader);
    if (!found.known)
        return "none";
    forge_valid_time_print(&out, found.calendar, found.start_us);
    forge_text_add(&out, " .. ");
    forge_valid_time_print(&out, found.calendar, found.stop_us);
    made = forge_arena_print(arena, "%s: %s%s", found.source, forge_text_string(&out),
                             found.by_bounds ? " of bounds" : "");
    forge_text_clear(&out);
    return made;
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_arena arena = {0};
        const char *got = found_in(&arena, rows[i].dataset);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n   gives %s\nand not %s", rows[i].dataset, got, rows[i].want);
        forge_arena_clear(&arena);
    }
    printf("%zu datasets\n", count);
}

#define DAYS "units=days since 2000-01-01"

static void every_calendar_keeps_its_own_dates(void **state)
{
    static const struct row rows[] = {
        {"time(time=2) int32 {" DAYS "} 0 59",
         "time: 2000-01-01T00:00:00 .. 2000-02-29T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=standard} 59 60",
         "time: 2000-02-29T00:00:00 .. 2000-03-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=gregorian} 59 60",
         "time: 2000-02-29T00:00:00 .. 2000-03-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=proleptic_gregorian} 59 366",
         "time: 2000-02-29T00:00:00 .. 2001-01-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=julian} 59 366",
         "time: 2000-02-29T00:00:00 .. 2001-01-01T00:00:00"},
        {"time(time=2) int32 {units=days since 1900-01-01|calendar=julian} 0 59",
         "time: 1900-01-01T00:00:00 .. 1900-02-29T00:00:00"},
        {"time(time=2) int32 {units=days since 1900-01-01} 0 59",
         "time: 1900-01-01T00:00:00 .. 1900-03-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=noleap} 59 365",
         "time: 2000-03-01T00:00:00 .. 2001-01-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=365_day} 58 364",
         "time: 2000-02-28T00:00:00 .. 2000-12-31T00:00:00"},
        {"time(time=2) int32 {units=days since 2001-01-01|calendar=all_leap} 59 366",
         "time: 2001-02-29T00:00:00 .. 2002-01-01T00:00:00"},
        {"time(time=2) int32 {units=days since 2001-01-01|calendar=366_day} 59 60",
         "time: 2001-02-29T00:00:00 .. 2001-03-01T00:00:00"},
        {"time(time=2) int32 {" DAYS "|calendar=360_day} 59 359",
         "time: 2000-02-30T00:00:00 .. 2000-12-30T00:00:00"},
        {"time(time=2) int32 {units=days since 1582-10-04|calendar=standard} 0 1",
         "time: 1582-10-04T00:00:00 .. 1582-10-15T00:00:00"},
        {"time(time=2) int32 {units=days since 1582-10-04|calendar=proleptic_gregorian} 0 1",
         "time: 1582-10-04T00:00:00 .. 1582-10-05T00:00:00"},
        {"time(time=1) int32 {units=days since 0001-01-01|calendar=360_day} -1",
         "time: 0000-12-30T00:00:00 .. 0000-12-30T00:00:00"},
        {"time(time=1) int32 {" DAYS "|calendar=maya} 1", "none"},
        {"time(time=1) int32 {" DAYS "|calendar=none} 1", "none"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void units_and_types_are_exact(void **state)
{
    static const struct row rows[] = {
        {"time(time=2) int64 {units=hours since 2000-01-01 06:00} 0 18",
         "time: 2000-01-01T06:00:00 .. 2000-01-02T00:00:00"},
        {"time(time=1) int64 {units=microseconds since 2000-01-01} 1",
         "time: 2000-01-01T00:00:00.000001 .. 2000-01-01T00:00:00.000001"},
        {"time(time=2) float64 {" DAYS "} 0.25 0.1",
         "time: 2000-01-01T02:24:00 .. 2000-01-01T06:00:00"},
        {"time(time=2) float32 {" DAYS "} 0.5 100.5",
         "time: 2000-01-01T12:00:00 .. 2000-04-10T12:00:00"},
        /* 0.1 as float32 is no whole number of microseconds: the nearest */
        {"time(time=1) float32 {" DAYS "} 0.1",
         "time: 2000-01-01T02:24:00.000129 .. 2000-01-01T02:24:00.000129"},
        {"time(time=1) float64 {units=days since 1969-12-31} 0.99999999999",
         "time: 1969-12-31T23:59:59.999999 .. 1969-12-31T23:59:59.999999"},
        {"time(time=2) int16 {" DAYS "|scale_factor=0.5|add_offset=10} 0 4",
         "time: 2000-01-11T00:00:00 .. 2000-01-13T00:00:00"},
        {"time(time=2) uint8 {units=seconds since 2000-01-01T00:00:00Z} 1 255",
         "time: 2000-01-01T00:00:01 .. 2000-01-01T00:04:15"},
        {"time(time=1) string {" DAYS "} 2000", "none"},
        {"time(time=2) int32 {units=months since 2000-01-01} 0 1", "none"},
        {"time(time=2) int32 {units=days} 0 1", "none"},
        {"time(time=2) float64 {" DAYS "} 1e300 2",
         "time: 2000-01-03T00:00:00 .. 2000-01-03T00:00:00"},
        {"time(time=1) uint64 {" DAYS "} 9223372036854775807", "none"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void missing_times_do_not_count(void **state)
{
    static const struct row rows[] = {
        {"time(time=3) int32 {fill=-1|" DAYS "} -1 5 3",
         "time: 2000-01-04T00:00:00 .. 2000-01-06T00:00:00"},
        {"time(time=3) int32 {missing_value=99i|" DAYS "} 99 5 3",
         "time: 2000-01-04T00:00:00 .. 2000-01-06T00:00:00"},
        {"time(time=3) float64 {fill=9e36|" DAYS "} 5 9e36 3",
         "time: 2000-01-04T00:00:00 .. 2000-01-06T00:00:00"},
        {"time(time=3) float64 {" DAYS "} nan 5 3",
         "time: 2000-01-04T00:00:00 .. 2000-01-06T00:00:00"},
        {"time(time=3) float64 {fill=nan|" DAYS "} 3 nan nan",
         "time: 2000-01-04T00:00:00 .. 2000-01-04T00:00:00"},
        {"time(time=3) int16 {fill=0|" DAYS "|scale_factor=2} 0 5 3",
         "time: 2000-01-07T00:00:00 .. 2000-01-11T00:00:00"},
        /* a packed value that decodes to what the fill looks like packed */
        {"time(time=2) int16 {fill=8|" DAYS "|scale_factor=2} 4 8",
         "time: 2000-01-09T00:00:00 .. 2000-01-09T00:00:00"},
        {"time(time=2) int32 {fill=7|" DAYS "} 7 7", "none"},
        {"time(time=2) float32 {" DAYS "} nan inf", "none"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void the_order_of_times_is_free(void **state)
{
    static const struct row rows[] = {
        {"time(time=3) int32 {" DAYS "} 2 1 0",
         "time: 2000-01-01T00:00:00 .. 2000-01-03T00:00:00"},
        {"time(time=3) int32 {" DAYS "} 1 2 0",
         "time: 2000-01-01T00:00:00 .. 2000-01-03T00:00:00"},
        {"time(time=3) int32 {" DAYS "} 1 1 1",
         "time: 2000-01-02T00:00:00 .. 2000-01-02T00:00:00"},
        {"time(time=1) int32 {" DAYS "} 4", "time: 2000-01-05T00:00:00 .. 2000-01-05T00:00:00"},
        {"time(time=0) int32 {" DAYS "}", "none"},
        {"x(x=1) int32 {} 1", "none"},
        {":title=nothing", "none"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

#define TIME "time(time=2) int32 {" DAYS "} 0 1; "

static void the_coordinate_is_found_by_cf(void **state)
{
    static const struct row rows[] = {
        {TIME "t(t=2) int32 {" DAYS "|standard_name=time} 10 11",
         "t: 2000-01-11T00:00:00 .. 2000-01-12T00:00:00"},
        {TIME "t(t=2) int32 {" DAYS "|axis=T} 10 11",
         "t: 2000-01-11T00:00:00 .. 2000-01-12T00:00:00"},
        {"t(t=2) int32 {" DAYS "} 10 11; " TIME,
         "time: 2000-01-01T00:00:00 .. 2000-01-02T00:00:00"},
        {"day(day=2) int32 {" DAYS "} 10 11",
         "day: 2000-01-11T00:00:00 .. 2000-01-12T00:00:00"},
        {"a(a=1) int32 {" DAYS "|axis=T} 1; b(b=1) int32 {" DAYS "|axis=T} 2",
         "a: 2000-01-02T00:00:00 .. 2000-01-02T00:00:00"},
        /* a forecast: when its values hold, not when it was begun */
        {"time(time=2) int32 {" DAYS "|standard_name=forecast_reference_time} 0 1;"
         "@valid(time=2,step=2) int32 {" DAYS "|standard_name=time} 1 2 2 3",
         "valid: 2000-01-02T00:00:00 .. 2000-01-04T00:00:00"},
        {"run(run=2) int32 {" DAYS "|standard_name=forecast_reference_time} 0 1", "none"},
        {"@time() int32 {" DAYS "} 3", "time: 2000-01-04T00:00:00 .. 2000-01-04T00:00:00"},
        {"@when() int32 {" DAYS "} 3", "none"},
        {"@when() int32 {" DAYS "|standard_name=time} 3",
         "when: 2000-01-04T00:00:00 .. 2000-01-04T00:00:00"},
        /* data that happen to be times are no coordinate */
        {"time(x=2) int32 {" DAYS "|standard_name=time} 0 1", "none"},
        {"observed(x=2) int32 {" DAYS "} 0 1", "none"},
        /* one without units of time makes room for one that has them */
        {"t(t=2) int32 {axis=T|units=K} 0 1; " TIME,
         "time: 2000-01-01T00:00:00 .. 2000-01-02T00:00:00"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

#define BOUNDED "time(time=2) int32 {" DAYS "|bounds=b} 15 45; "

static void bounds_come_first(void **state)
{
    static const struct row rows[] = {
        {BOUNDED "b(time=2,n=2) int32 {} 0 31 31 60",
         "time: 2000-01-01T00:00:00 .. 2000-03-01T00:00:00 of bounds"},
        {BOUNDED "b(time=2,n=2) float64 {} 31 60 0 31",
         "time: 2000-01-01T00:00:00 .. 2000-03-01T00:00:00 of bounds"},
        {BOUNDED "b(time=2,n=2) int32 {units=hours since 2000-01-01} 0 744 744 1440",
         "time: 2000-01-01T00:00:00 .. 2000-03-01T00:00:00 of bounds"},
        {BOUNDED "b(time=2,n=2) int32 {fill=0} 0 31 31 60",
         "time: 2000-02-01T00:00:00 .. 2000-03-01T00:00:00 of bounds"},
        {"time(time=1) int32 {" DAYS "|climatology=c} 15; c(time=1,n=2) int32 {} 0 3653",
         "time: 2000-01-01T00:00:00 .. 2010-01-01T00:00:00 of bounds"},
        /* bounds that are none: the values */
        {BOUNDED "b(time=2,n=2) int32 {fill=7} 7 7 7 7",
         "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED "b(time=2,n=3) int32 {} 0 1 2 3 4 5",
         "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED "b(y=2,n=2) int32 {} 0 31 31 60",
         "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED "b(time=2) int32 {} 0 31", "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED "b(time=2,n=2) int32 {units=K} 0 31 31 60",
         "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED "b(time=2,n=2) int32 {units=days since 2000-01-01|calendar=360_day} 0 1 1 2",
         "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
        {BOUNDED, "time: 2000-01-16T00:00:00 .. 2000-02-15T00:00:00"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

/* Not in memory, and more than is read at once: 300,000 times in chunks of 70,000. The greatest
 * is wherever a piece begins or ends. */
static void a_long_axis_is_read_in_pieces(void **state)
{
    enum { COUNT = 300000 };
    static const int64_t places[] = {0,      69999,  70000,  139999,
                                     140000, 150000, 210000, COUNT - 1};
    struct forge_arena arena = {0};
    struct forge_dataset dataset = {.arena = &arena, .url = "a.nc"};
    int64_t *values = forge_arena_array(&arena, COUNT, sizeof *values);
    const uint64_t shape[] = {COUNT}, chunk[] = {70000};
    struct forge_variable *time;

    (void)state;
    forge_dataset_add_dimension(&dataset, "time", COUNT);
    time = forge_dataset_add_variable(&dataset, "time");
    time->dims[0] = "time";
    time->array = &leaf_new(&arena, FORGE_INT64, 1, shape, chunk, values)->array;
    time->is_coordinate = true;
    forge_attributes_set_text(&time->attributes, &arena, "units", "seconds since 1970-01-01");
    for (size_t i = 0; i < LENGTH(places); i++) {
        struct forge_reader reader = {0};
        struct forge_valid_time found;
        struct forge_error err = {0};

        values[places[i]] = 7;
        assert_true(forge_valid_time_find(&found, &dataset, &reader, &err));
        assert_true(found.known);
        assert_int_equal(found.start_us, 0);
        assert_int_equal(found.stop_us, 7000000);
        values[places[i]] = 0;
        forge_reader_close(&reader);
    }
    printf("%zu places\n", LENGTH(places));
    forge_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_calendar_keeps_its_own_dates),
        cmocka_unit_test(units_and_types_are_exact),
        cmocka_unit_test(missing_times_do_not_count),
        cmocka_unit_test(the_order_of_times_is_free),
        cmocka_unit_test(the_coordinate_is_found_by_cf),
        cmocka_unit_test(bounds_come_first),
        cmocka_unit_test(a_long_axis_is_read_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Combining: many datasets become one without a value changing its meaning, or are refused by
 * name. Datasets are written as in support/sketch.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "plan/combine.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

enum how { CONCAT, MERGE };

struct row {
    const char *files[4];
    const char *want; /* the result, or "!" and the error, "?" and its help */
    enum how how;
    enum forge_join join;
    enum forge_conflicts conflicts;
    const char *note; /* that is among the notes; NULL: there is none */
};

static const char *all_notes(struct forge_arena *arena, const struct forge_notes *notes)
{
    const char *text = "";

    for (size_t i = 0; i < notes->count; i++)
        text = forge_arena_print(arena, "%s%s%s", text, i > 0 ? "; " : "", notes->items[i]);
    return text;
}

static void run_row(const struct row *row)
{
    static const char *const urls[] = {"a.nc", "b.nc", "c.nc", "d.nc"};
    struct forge_arena arena = {0};
    struct forge_notes notes = {.arena = &arena};
    struct forge_reader reader = {0};
    struct forge_combining combining = {.arena = &arena,
                                        .reader = &reader,
                                        .join = row->join,
                                        .conflicts = row->conflicts,
                                        .notes = &notes};
    struct forge_dataset members[4], out = {0};
    struct forge_error err = {0};
    const char *got;
    size_t count = 0;
    bool good;

    for (; count < 4 && row->files[count]; count++)
        members[count] = sketch(&arena, urls[count], row->files[count]);
    good = row->how == CONCAT
               ? forge_combine_concat(&out, &combining, members, count, "time", &err)
               : forge_combine_merge(&out, &combining, members, count, &err);
    got =
        good ? sketch_of(&arena, &out)
             : forge_arena_print(&arena, "!%s%s%s", err.text, err.help[0] ? "?" : "", err.help);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s + ..\n   gives %s\nand not %s", row->files[0], got, row->want);
    got = all_notes(&arena, &notes);
    if (good && strcmp(got, row->note ? row->note : "") != 0)
        fail_msg("%s: notes are \"%s\"", row->files[0], got);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i]);
}

static void parts_follow_one_another(void **state)
{
    static const struct row rows[] = {
        {{"t(time=2) int16 {} 1 2", "t(time=1) int16 {} 3"},
         .want = "t(time=3) int16 {} 1 2 3"},
        {{"t(time=1) int16 {} 1", "t(time=0) int16 {}", "t(time=2) int16 {} 2 3"},
         .want = "t(time=3) int16 {} 1 2 3"},
        {{"t(time=1) string {} a", "t(time=1) string {} b"}, .want = "t(time=2) string {} a b"},
        {{"t(x=2,time=1) int16 {} 1 2", "t(x=2,time=2) int16 {} 3 4 5 6"},
         .want = "t(x=2,time=3) int16 {} 1 3 4 2 5 6"},
        {{"~t(time=1) int16 {} 1", "t(time=1) int16 {} 2"}, .want = "t(time=2) int16 {} 1 2"},
        {{"x(x=2) int8 {} 1 2; t(time=1,x=2) int8 {} 5 6",
          "x(x=2) int8 {} 1 2; t(time=1,x=2) int8 {} 7 8"},
         .want = "x(x=2) int8 {} 1 2; t(time=2,x=2) int8 {} 5 6 7 8"},
        {{"t(time=1) int8 {} 1; u(time=1) int8 {} 1",
          "u(time=1) int8 {} 2; t(time=1) int8 {} 3"},
         .want = "t(time=2) int8 {} 1 3; u(time=2) int8 {} 1 2"},
        {{"t(time=1) int8 {} 1"}, .want = "t(time=1) int8 {} 1"},
        {{"t(time=1) int8 {} 1; @c(time=1) int8 {} 1",
          "t(time=1) int8 {} 2; c(time=1) int8 {} 2"},
         .want = "t(time=2) int8 {} 1 2; @c(time=2) int8 {} 1 2"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void what_does_not_fit_together_is_named(void **state)
{
    static const struct row rows[] = {
        {{"t(time=1) int8 {} 1", "t(x=1) int8 {} 1"},
         .want = "!b.nc has no dimension \"time\" to join along?each: [{add_dim: {time: "
                 "\"key.time\"}}] "
                 "makes one"},
        {{"t(time=1) int8 {} 1", "t(time=1) int8 {} 1; u() int8 {} 1"},
         .want = "!variable \"u\" is in b.nc and not in a.nc?leave it out of every file: each: "
                 "[{drop: "
                 "[\"u?\"]}]"},
        {{"t(time=1) int8 {} 1; u() int8 {} 1", "t(time=1) int8 {} 1"},
         .want = "!variable \"u\" is in a.nc and not in b.nc?leave it out of every file: each: "
                 "[{drop: "
                 "[\"u?\"]}]"},
        {{"t(time=1,x=2) int8 {} 1 1", "t(time=1,x=3) int8 {} 1 1 1"},
         .want = "!dimension \"x\" has length 2 in a.nc and 3 in b.nc"},
        {{"t(time=1,x=2) int8 {} 1 1", "t(x=2,time=1) int8 {} 1 1"},
         .want = "!variable \"t\": dimension 0 is \"time\" in a.nc and \"x\" in b.nc"},
        {{"t(time=1,x=1) int8 {} 1", "t(time=1) int8 {} 1"},
         .want = "!variable \"t\" has 2 dimensions in a.nc and 1 in b.nc"},
        {{"t(time=1) int8 {} 1; u(time=1) int8 {} 1", "t(time=1) int8 {} 1; u() int8 {} 1"},
         .want = "!variable \"u\" has the dimension \"time\" in a.nc and not in b.nc"},
        {{"t(time=1) int8 {} 1; u() int8 {} 1", "t(time=1) int8 {} 1; u(time=1) int8 {} 1"},
         .want =
             "!variable \"u\" has 0 dimensions in a.nc and 1 in b.nc?if every file is one step "
             "along "
             "\"time\", say so: each: [{add_dim: {time: \"u\"}}]"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void variables_that_are_not_joined_are_equal(void **state)
{
    static const struct row rows[] = {
        {{"t(time=1) int8 {} 1; m(x=2) float32 {} 1 nan",
          "t(time=1) int8 {} 2; m(x=2) float32 {} 1 nan"},
         .want = "t(time=2) int8 {} 1 2; m(x=2) float32 {} 1 NaN"},
        {{"t(time=1) int8 {} 1; m(x=2) float32 {} 1 2",
          "t(time=1) int8 {} 2; m(x=2) float32 {} 1 2.5"},
         .want = "!variable \"m\" differs: element 1 is 2 in a.nc and 2.5 in b.nc?variables "
                 "without "
                 "the "
                 "dimension \"time\" must be equal in all files"},
        {{"t(time=1) int8 {} 1; m(x=1) string {} a", "t(time=1) int8 {} 2; m(x=1) string {} b"},
         .want = "!variable \"m\" differs: element 0 is a in a.nc and b in b.nc?variables "
                 "without the "
                 "dimension \"time\" must be equal in all files"},
        {{"t(time=1) int8 {} 1; m() int8 {} 1", "t(time=1) int8 {} 2; m() int8 {} 1",
          "t(time=1) int8 {} 3; m() int8 {} 9"},
         .want = "!variable \"m\" differs: element 0 is 1 in a.nc and 9 in c.nc?if every file "
                 "is one "
                 "step "
                 "along \"time\", say so: each: [{add_dim: {time: \"m\"}}]"},
        {{"t(time=1) int8 {} 1; m() int8 {} 1", "t(time=1) int8 {} 2; m() int16 {} 1"},
         .want = "!variable \"m\" is int8 in a.nc and int16 in b.nc?if every file is one step "
                 "along "
                 "\"time\", say so: each: [{add_dim: {time: \"m\"}}]"},
        {{"t(time=1) int8 {} 1; ~m(x=2) int8 {} 1 2",
          "t(time=1) int8 {} 2; ~m(x=2) int8 {} 1 2"},
         .want = "t(time=2) int8 {} 1 2; m(x=2) int8 {} 1 2"},
        {{"t(time=1) int8 {} 1; ~m(x=2) int8 {} 1 2",
          "t(time=1) int8 {} 2; ~m(x=2) int8 {} 1 3"},
         .want = "t(time=2) int8 {} 1 2; m(x=2) int8 {} m is not the same in all files: "
                 "at [1] it is 2 in a.nc, but 3 in b.nc"},
        /* equal numbers that are missing in one file only */
        {{"t(time=1) int8 {} 1; m(x=2) int8 {fill=2} 1 2",
          "t(time=1) int8 {} 2; m(x=2) int8 {} 1 2"},
         .want = "!variable \"m\": _FillValue or missing_value differs between a.nc and "
                 "b.nc?decode it "
                 "in "
                 "every file: each: [{decode: [m]}]"},
        {{"t(time=1) int8 {} 1; m(x=2) int8 {missing_value=2} 1 2",
          "t(time=1) int8 {} 2; m(x=2) int8 {fill=2} 1 2"},
         .want = "t(time=2) int8 {} 1 2; m(x=2) int8 {missing_value=2} 1 2",
         .note = "\"m\": attributes differ between files: missing_value (the first is kept)"},
        {{"t(time=1) int8 {} 1; m(x=2) int8 {fill=9} 1 2",
          "t(time=1) int8 {} 2; m(x=2) int8 {fill=8} 1 2"},
         .want = "t(time=2) int8 {} 1 2; m(x=2) int8 {fill=9} 1 2"},
        {{"t(time=1) int8 {} 1; ~m(x=2) int8 {fill=9} 1 2",
          "t(time=1) int8 {} 2; ~m(x=2) int8 {fill=8} 1 2"},
         .want = "!variable \"m\": _FillValue or missing_value differs between a.nc and "
                 "b.nc?decode it "
                 "in "
                 "every file: each: [{decode: [m]}]"},
        {{"t(time=1) int8 {} 1; m(x=1) float32 {fill=nan} nan",
          "t(time=1) int8 {} 2; m(x=1) float32 {} nan"},
         .want = "t(time=2) int8 {} 1 2; m(x=1) float32 {fill=NaN} NaN"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void merging_brings_variables_together(void **state)
{
    static const struct row rows[] = {
        {{"t(x=2) int8 {} 1 2", "u(x=2) int8 {} 3 4"},
         .want = "t(x=2) int8 {} 1 2; u(x=2) int8 {} 3 4",
         .how = MERGE},
        {{"t(x=2) int8 {} 1 2; x(x=2) int8 {} 5 6", "u(x=2) int8 {} 3 4; x(x=2) int8 {} 5 6"},
         .want = "t(x=2) int8 {} 1 2; x(x=2) int8 {} 5 6; u(x=2) int8 {} 3 4",
         .how = MERGE},
        {{"t() int8 {} 1", "c() int8 {} 2", "@t() int8 {} 1"},
         .want = "@t() int8 {} 1; c() int8 {} 2",
         .how = MERGE},
        {{"t() int8 {} 1", "t() int8 {} 2"},
         .want = "!variable \"t\" differs: element 0 is 1 in a.nc and 2 in b.nc?leave it out "
                 "of one of "
                 "them, or rename it, under \"each\"",
         .how = MERGE},
        {{"t(x=2) int8 {} 1 2", "u(x=3) int8 {} 3 4 5"},
         .want = "!dimension \"x\" has length 2 in a.nc and 3 in b.nc",
         .how = MERGE},
        {{"t(x=2) int8 {} 1 2", "t(y=2) int8 {} 1 2"},
         .want = "!variable \"t\": dimension 0 is \"x\" in a.nc and \"y\" in b.nc?leave it out "
                 "of one "
                 "of "
                 "them, or rename it, under \"each\"",
         .how = MERGE},
        /* the series comes after a static grid */
        {{"m() int8 {} 1", "time(time=1) int64 {units=days since 2000-01-01} 1",
          "time(time=1) int64 {units=hours since 2000-01-01} 24; t(time=1) int8 {} 7"},
         .want = "m() int8 {} 1; time(time=1) int64 {units=days since 2000-01-01} 1; t(time=1) "
                 "int8 {} "
                 "7",
         .how = MERGE,
         .note = "\"time\": time units differ between files: stored in \"days since "
                 "2000-01-01\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void times_in_other_units_stay_the_same_times(void **state)
{
#define NOTE(units) "\"time\": time units differ between files: stored in \"" units "\""
    static const struct row rows[] = {
        {{"time(time=2) int32 {units=days since 2000-01-01} 0 1",
          "time(time=1) int32 {units=hours since 2000-01-01} 48"},
         .want = "time(time=3) int64 {units=days since 2000-01-01} 0 1 2",
         .note = NOTE("days since 2000-01-01")},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=hours since 2000-01-01} 6"},
         .want = "time(time=2) int64 {units=hours since 2000-01-01} 0 6",
         .note = NOTE("hours since 2000-01-01")},
        {{"time(time=1) float64 {units=days since 2000-01-01} 0.5",
          "time(time=1) int32 {units=hours since 2000-01-02} 6"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 0.5 1.25",
         .note = NOTE("days since 2000-01-01")},
        {{"time(time=1) float64 {units=days since 2000-01-01} 0",
          "time(time=1) float64 {units=hours since 2000-01-01} 1"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 0 0.041666666666666664",
         .note = NOTE("days since 2000-01-01")},
        {{"time(time=1) int32 {units=days since 2000-01-01} 0",
          "time(time=1) int32 {units=days since 1999-12-31} 2"},
         .want = "time(time=2) int64 {units=days since 2000-01-01} 0 1",
         .note = NOTE("days since 2000-01-01")},
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
         .note = NOTE("days since 2000-01-01")},
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
         .note = NOTE("days since 2000-01-01")},
        /* missing times stay missing */
        {{"time(time=2) int32 {fill=-1|units=days since 2000-01-01} 0 -1",
          "time(time=1) int32 {units=hours since 2000-01-01} 24"},
         .want = "time(time=3) int64 {fill=-9223372036854775808|units=days since 2000-01-01} 0 "
                 "-9223372036854775808 1",
         .note = NOTE("days since 2000-01-01")},
        {{"time(time=2) float64 {missing_value=-1|units=days since 2000-01-01} 0 -1",
          "time(time=1) float64 {units=hours since 2000-01-01} 24"},
         .want = "time(time=3) float64 {fill=NaN|units=days since 2000-01-01} 0 NaN 1",
         .note = NOTE("days since 2000-01-01")},
        {{"time(time=1) int16 {units=days since 2000-01-01|scale_factor=0.5} 3",
          "time(time=1) int16 {units=hours since 2000-01-01|scale_factor=0.5} 48"},
         .want = "time(time=2) float64 {units=days since 2000-01-01} 1.5 1",
         .note = NOTE("days since 2000-01-01")},
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
#undef NOTE

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

static void attributes_that_differ_follow_the_policy(void **state)
{
    static const char a[] = "t(time=1) int8 {long_name=one|k=1} 1; :title=A; :v=1";
    static const char b[] = "t(time=1) int8 {long_name=two|k=1|z=3} 2; :title=B; :v=1; :w=2";
    static const struct row rows[] = {
        {{a, b},
         .want = "t(time=2) int8 {long_name=one|k=1} 1 2; :title=A; :v=1",
         .conflicts = FORGE_CONFLICTS_FIRST,
         .note =
             "\"t\": attributes differ between files: long_name, z (the first is kept); the "
             "dataset: attributes differ between files: title, w (the first is kept)"},
        {{a, b},
         .want = "t(time=2) int8 {k=1} 1 2; :v=1",
         .conflicts = FORGE_CONFLICTS_DROP,
         .note =
             "\"t\": attributes differ between files: long_name, z (left out); the dataset: "
             "attributes differ between files: title, w (left out)"},
        {{a, b},
         .want = "!variable \"t\": attribute \"long_name\" is \"one\" in a.nc and \"two\" in "
                 "b.nc?conflicts: first keeps the first, conflicts: drop leaves it out",
         .conflicts = FORGE_CONFLICTS_ERROR},
        {{"t(time=1) int8 {} 1; :v=1", "t(time=1) int8 {} 1; :v=2"},
         .want = "!global attribute \"v\" is 1 in a.nc and 2 in b.nc?conflicts: first keeps "
                 "the first, "
                 "conflicts: drop leaves it out",
         .conflicts = FORGE_CONFLICTS_ERROR},
        {{"t(time=1) int8 {} 1; :v=1", "t(time=1) int8 {} 1"},
         .want = "!global attribute \"v\" is 1 in a.nc and nothing in b.nc?conflicts: first "
                 "keeps the "
                 "first, conflicts: drop leaves it out",
         .conflicts = FORGE_CONFLICTS_ERROR},
        {{"t(time=1) int8 {} 1", "t(time=1) int8 {} 2; :w=2"},
         .want = "t(time=2) int8 {} 1 2",
         .note = "the dataset: attributes differ between files: w (the first is kept)"},
        /* units are never a matter of policy */
        {{"t(time=1) int8 {units=K} 1", "t(time=1) int8 {units=degC} 1"},
         .want =
             "!variable \"t\": attribute \"units\" is \"K\" in a.nc and \"degC\" in b.nc?files "
             "with "
             "other units cannot be joined as they are; make them agree under \"each\", or "
             "leave "
             "the "
             "file out with \"except\"",
         .conflicts = FORGE_CONFLICTS_DROP},
        {{"t(time=1) int8 {} 1", "t(time=1) int8 {units=degC} 1"},
         .want = "!variable \"t\": attribute \"units\" is nothing in a.nc and \"degC\" in "
                 "b.nc?files "
                 "with "
                 "other units cannot be joined as they are; make them agree under \"each\", or "
                 "leave "
                 "the "
                 "file out with \"except\""},
        {{"t(time=1) int8 {} 1; :units=a", "t(time=1) int8 {} 2; :units=b"},
         .want = "t(time=2) int8 {} 1 2; :units=a",
         .note = "the dataset: attributes differ between files: units (the first is kept)"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void coordinates_that_differ_follow_the_join(void **state)
{
#define HELP "?join: inner keeps what all files have, join: outer keeps all"
    static const char a[] = "x(x=3) int16 {} 30 10 20; t(x=3) float32 {} 3 1 2";
    static const char b[] = "x(x=2) int16 {} 20 40; u(x=2) int8 {fill=-1} 7 9";
    static const struct row rows[] = {
        {{a, b},
         .want = "!coordinate \"x\" has 3 values in a.nc and 2 in b.nc" HELP,
         .how = MERGE},
        {{"x(x=2) float64 {} 1 2", "x(x=2) float64 {} 1 2.5"},
         .want = "!coordinate \"x\" differs: element 1 is 2 in a.nc and 2.5 in b.nc" HELP,
         .how = MERGE},
        {{"x(x=1) float64 {} 1", "x(x=1) float32 {} 1"},
         .want = "!coordinate \"x\" is float64 in a.nc and float32 in b.nc?bring it to one "
                 "type: each: "
                 "[{cast: {x: float64}}]",
         .how = MERGE},
        {{"x(x=1) float64 {} 1", "x(x=2) float32 {} 1 2"},
         .want = "!coordinate \"x\" is float64 in a.nc and float32 in b.nc?bring it to one "
                 "type: each: "
                 "[{cast: {x: float64}}]",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER},
        {{a, b},
         .want = "x(x=1) int16 {} 20; t(x=1) float32 {} 2; u(x=1) int8 {fill=-1} 7",
         .how = MERGE,
         .join = FORGE_JOIN_INNER,
         .note = "\"x\": an inner join gives 1 values"},
        {{"x(x=3) int16 {} 30 10 20; t(x=3) int8 {} 3 1 2",
          "x(x=3) int16 {} 10 20 30; u(x=3) int8 {} 1 2 3"},
         .want = "x(x=3) int16 {} 30 10 20; t(x=3) int8 {} 3 1 2; u(x=3) int8 {} 3 1 2",
         .how = MERGE,
         .join = FORGE_JOIN_INNER,
         .note = "\"x\": an inner join gives 3 values"},
        {{a, b},
         .want =
             "x(x=4) int16 {} 10 20 30 40; t(x=4) float32 {fill=NaN} 1 2 3 NaN; u(x=4) int8 "
             "{fill=-1} "
             "-1 7 -1 9",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER,
         .note = "\"x\": an outer join gives 4 values"},
        {{"x(x=2) string {} b a; t(x=2) float32 {} 2 1",
          "x(x=1) string {} c; u(x=1) float32 {} 3"},
         .want = "x(x=3) string {} a b c; t(x=3) float32 {fill=NaN} 1 2 NaN; u(x=3) float32 "
                 "{fill=NaN} "
                 "NaN "
                 "NaN 3",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER,
         .note = "\"x\": an outer join gives 3 values"},
        {{"x(x=2) int64 {} 9007199254740993 9007199254740992; t(x=2) float32 {} 3 2",
          "x(x=1) int64 {} 9007199254740992; u(x=1) float32 {} 5"},
         .want = "x(x=1) int64 {} 9007199254740992; t(x=1) float32 {} 2; u(x=1) float32 {} 5",
         .how = MERGE,
         .join = FORGE_JOIN_INNER,
         .note = "\"x\": an inner join gives 1 values"},
        {{a, "x(x=1) int16 {} 99"},
         .want = "!coordinate \"x\": the files have no value in common",
         .how = MERGE,
         .join = FORGE_JOIN_INNER},
        {{"x(x=1) int16 {} 1; t(x=1) int8 {} 1", "x(x=1) int16 {} 2"},
         .want = "!variable \"t\" of a.nc has no fill value for the places that an outer join "
                 "along "
                 "\"x\" "
                 "adds?make it float: each: [{cast: {t: float64}}]",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER},
        {{"x(x=2) int16 {} 1 1", "x(x=1) int16 {} 2"},
         .want =
             "!coordinate \"x\" has the value 1 more than once in a.nc: only an exact join is "
             "possible",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER},
        {{"x(x=1) float32 {} 1", "x(x=2) float32 {} nan 1"},
         .want = "!coordinate \"x\" has missing values in b.nc: only an exact join is possible",
         .how = MERGE,
         .join = FORGE_JOIN_INNER},
        /* files without the coordinate go by position */
        {{"x(x=2) int8 {} 1 2; t(x=2) int8 {} 5 6", "u(x=2) int8 {} 7 8"},
         .want = "x(x=2) int8 {} 1 2; t(x=2) int8 {} 5 6; u(x=2) int8 {} 7 8",
         .how = MERGE},
        /* the dimension that is joined is not aligned, the others are */
        {{"time(time=1) int8 {} 1; x(x=2) int8 {} 1 2; t(time=1,x=2) float32 {} 1 2",
          "time(time=1) int8 {} 2; x(x=2) int8 {} 2 3; t(time=1,x=2) float32 {} 5 6"},
         .want = "time(time=2) int8 {} 1 2; x(x=3) int8 {} 1 2 3; t(time=2,x=3) float32 "
                 "{fill=NaN} 1 2 "
                 "NaN "
                 "NaN 5 6",
         .how = CONCAT,
         .join = FORGE_JOIN_OUTER,
         .note = "\"x\": an outer join gives 3 values"},
        /* the same times in other units agree */
        {{"time(time=1) int32 {units=days since 2000-01-01} 1; t(time=1) int8 {} 1",
          "time(time=1) int32 {units=hours since 2000-01-01} 24; u(time=1) int8 {} 2"},
         .want = "time(time=1) int64 {units=days since 2000-01-01} 1; t(time=1) int8 {} 1; "
                 "u(time=1) "
                 "int8 "
                 "{} 2",
         .how = MERGE,
         .note =
             "\"time\": time units differ between files: stored in \"days since 2000-01-01\""},
    };
#undef HELP

    (void)state;
    run_rows(rows, LENGTH(rows));
}

/* A hundred thousand labels in two files, falling and rising: quadratic work would take hours.
 */
static void long_coordinates_join_quickly(void **state)
{
    enum { COUNT = 100000 };
    struct forge_arena arena = {0};
    struct forge_reader reader = {0};
    struct forge_notes notes = {.arena = &arena};
    struct forge_combining combining = {
        .arena = &arena, .reader = &reader, .join = FORGE_JOIN_OUTER, .notes = &notes};
    struct forge_dataset members[2], out = {0};
    struct forge_error err;
    const int64_t *joined = NULL;

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        int64_t *values = forge_arena_array(&arena, COUNT, sizeof *values);
        const uint64_t shape[] = {COUNT};

        for (int64_t i = 0; i < COUNT; i++)
            values[i] = m == 0 ? 2 * (COUNT - i) : 3 * i;
        members[m] = sketch(&arena, "f.nc", "x(x=0) int64 {}");
        members[m].dims[0].size = COUNT;
        members[m].variables[0].array =
            forge_array_memory(&arena, FORGE_INT64, 1, shape, values);
    }
    assert_true(forge_combine_merge(&out, &combining, members, 2, &err));
    /* multiples of 6 up to 200,000 are in both */
    assert_int_equal(out.dims[0].size, 2 * COUNT - COUNT / 3);
    assert_true(forge_array_values((const void **)&joined, out.variables[0].array, &reader,
                                   &arena, 64 << 20, &err));
    for (uint64_t i = 1; i < out.dims[0].size; i++)
        assert_true(joined[i] > joined[i - 1]);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another),
        cmocka_unit_test(what_does_not_fit_together_is_named),
        cmocka_unit_test(variables_that_are_not_joined_are_equal),
        cmocka_unit_test(merging_brings_variables_together),
        cmocka_unit_test(times_in_other_units_stay_the_same_times),
        cmocka_unit_test(times_without_a_common_encoding_are_refused),
        cmocka_unit_test(values_packed_differently_are_decoded),
        cmocka_unit_test(types_widen_without_loss),
        cmocka_unit_test(three_types_are_weighed_together),
        cmocka_unit_test(fill_values_become_one),
        cmocka_unit_test(missing_values_stay_missing),
        cmocka_unit_test(attributes_that_differ_follow_the_policy),
        cmocka_unit_test(coordinates_that_differ_follow_the_join),
        cmocka_unit_test(long_coordinates_join_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

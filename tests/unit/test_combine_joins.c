/* Combining files whose coordinates differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "support/combining.h"

static const char a[] = "x(x=3) int16 {} 30 10 20; t(x=3) float32 {} 3 1 2";
static const char b[] = "x(x=2) int16 {} 20 40; u(x=2) int8 {fill=-1} 7 9";

#define HELP "?join: inner keeps what all files have, join: outer keeps all"

static void an_exact_join_names_what_differs(void **state)
{
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
        /* files without the coordinate go by position */
        {{"x(x=2) int8 {} 1 2; t(x=2) int8 {} 5 6", "u(x=2) int8 {} 7 8"},
         .want = "x(x=2) int8 {} 1 2; t(x=2) int8 {} 5 6; u(x=2) int8 {} 7 8",
         .how = MERGE},
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

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void an_inner_join_keeps_what_all_have(void **state)
{
    static const struct row rows[] = {
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
        {{"x(x=1) float32 {} 1", "x(x=2) float32 {} nan 1"},
         .want = "!coordinate \"x\" has missing values in b.nc: only an exact join is possible",
         .how = MERGE,
         .join = FORGE_JOIN_INNER},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void an_outer_join_keeps_all(void **state)
{
    static const struct row rows[] = {
        {{"x(x=1) float64 {} 1", "x(x=2) float32 {} 1 2"},
         .want = "!coordinate \"x\" is float64 in a.nc and float32 in b.nc?bring it to one "
                 "type: each: "
                 "[{cast: {x: float64}}]",
         .how = MERGE,
         .join = FORGE_JOIN_OUTER},
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
    };

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
        cmocka_unit_test(an_exact_join_names_what_differs),
        cmocka_unit_test(an_inner_join_keeps_what_all_have),
        cmocka_unit_test(an_outer_join_keeps_all),
        cmocka_unit_test(long_coordinates_join_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Combining: many datasets become one; what is not joined agrees, or is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "support/combining.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another),
        cmocka_unit_test(what_does_not_fit_together_is_named),
        cmocka_unit_test(variables_that_are_not_joined_are_equal),
        cmocka_unit_test(merging_brings_variables_together),
        cmocka_unit_test(attributes_that_differ_follow_the_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

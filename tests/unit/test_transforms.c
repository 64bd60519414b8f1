/* Transforms: what each does to a small dataset, and what it says when it cannot. Datasets are
 * written as in support/sketch.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "plan/plan_parts.h"
#include "support/recipes.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *given;
    const char *transform;
    const char *want; /* the result, or "!" and the error, "?" and its help */
};

static void run_row(const struct row *row)
{
    struct forge_arena arena = {0};
    struct forge_reader reader = {0};
    struct forge_recipe recipe = {0};
    struct forge_error err = {0};
    struct forge_dataset dataset = sketch(&arena, "a.nc", row->given);
    const char *got = recipe_mistakes(
        &recipe,
        forge_arena_print(&arena,
                          "forge: 1\nname: n\ninput: {url: a.nc}\ntarget: {format: zarr}\n"
                          "transforms:\n- %s\n",
                          row->transform),
        &arena);

    if (*got)
        got = forge_arena_print(&arena, "!%s", got);
    else if (forge_plan_transform(&dataset, &recipe.transforms, &arena, &reader, NULL, &err))
        got = sketch_of(&arena, &dataset);
    else
        got = error_of(&arena, &err);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s, %s\n   gives %s\nand not %s", row->given, row->transform, got, row->want);
    forge_recipe_close(&recipe);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i]);
}

#define THREE "sst() int8 {} 1; ice() int8 {} 2; ice_flag() int8 {} 3"

static void drop_leaves_variables_out(void **state)
{
    static const struct row rows[] = {
        {THREE, "drop: ice", "sst() int8 {} 1; ice_flag() int8 {} 3"},
        {THREE, "drop: [ice, sst]", "ice_flag() int8 {} 3"},
        {THREE, "drop: \"ice*\"", "sst() int8 {} 1"},
        {THREE, "drop: \"*_flag\"", "sst() int8 {} 1; ice() int8 {} 2"},
        {THREE, "drop: \"?ce\"", "sst() int8 {} 1; ice_flag() int8 {} 3"},
        {THREE, "drop: [\"snow?\", ice]", "sst() int8 {} 1; ice_flag() int8 {} 3"},
        {THREE, "drop: [\"ice?\"]", "sst() int8 {} 1; ice_flag() int8 {} 3"},
        {THREE, "drop: [\"*_bnds?\"]",
         "sst() int8 {} 1; ice() int8 {} 2; ice_flag() int8 {} 3"},
        {THREE, "drop: icf", "!drop: there is no variable \"icf\"?did you mean \"ice\"?"},
        {THREE, "drop: humidity",
         "!drop: there is no variable \"humidity\"?there are: sst, ice, ice_flag; a name that "
         "may "
         "be absent is written \"humidity?\""},
        {THREE, "drop: \"*_bnds\"",
         "!drop: there is no variable \"*_bnds\"?there are: sst, ice, ice_flag; a name that "
         "may be "
         "absent is written \"*_bnds?\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void keep_takes_the_coordinates_along(void **state)
{
    static const char given[] = "t(x=1) int8 {} 1; u(y=1) int8 {} 2; x(x=1) int8 {} 3; y(y=1) "
                                "int8 {} 4; @s() int8 {} 5; "
                                "@a(x=1,y=1) int8 {} 6; b(x=1) int8 {} 7";
    static const struct row rows[] = {
        {given, "keep: t", "t(x=1) int8 {} 1; x(x=1) int8 {} 3; @s() int8 {} 5"},
        {given, "keep: [t, u]",
         "t(x=1) int8 {} 1; u(y=1) int8 {} 2; x(x=1) int8 {} 3; y(y=1) int8 {} 4; @s() int8 {} "
         "5; "
         "@a(x=1,y=1) int8 {} 6"},
        {given, "keep: [b, \"v?\"]", "x(x=1) int8 {} 3; @s() int8 {} 5; b(x=1) int8 {} 7"},
        {given, "keep: \"[bt]\"",
         "!keep: there is no variable \"[bt]\"?there are: t, u, x, y, s, a, b; a name that may "
         "be "
         "absent is written \"[bt]?\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void rename_changes_every_mention(void **state)
{
    static const struct row rows[] = {
        {"lat(lat=1) int8 {} 1; t(lat=1) int8 {} 2", "rename: {lat: y}",
         "y(y=1) int8 {} 1; t(y=1) int8 {} 2"},
        {"t(x=1) int8 {} 2", "rename: {x: lon}", "t(lon=1) int8 {} 2"},
        {"t(x=1) int8 {} 2; lon(x=1) int8 {} 1", "rename: {x: lon}",
         "t(lon=1) int8 {} 2; lon(lon=1) int8 {} 1"},
        {"t() int8 {coordinates=nav_lat nav_lon} 1; nav_lat() int8 {} 1",
         "rename: {nav_lat: lat}", "t() int8 {coordinates=lat nav_lon} 1; lat() int8 {} 1"},
        {"t() int8 {bounds=b|cell_measures=area: b} 1; b() int8 {} 1; bb() int8 {bounds=bb} 1",
         "rename: {b: c}",
         "t() int8 {bounds=c|cell_measures=area: c} 1; c() int8 {} 1; bb() int8 {bounds=bb} 1"},
        {"t() int8 {formula_terms=a: b ps: c} 1; c() int8 {} 1", "rename: {c: p}",
         "t() int8 {formula_terms=a: b ps: p} 1; p() int8 {} 1"},
        {"t() int8 {long_name=a c} 1; c() int8 {} 1", "rename: {c: p}",
         "t() int8 {long_name=a c} 1; p() int8 {} 1"},
        {"a() int8 {} 1", "rename: {\"b?\": c, a: d}", "d() int8 {} 1"},
        {"salt() int8 {} 1", "rename: {salz: c}",
         "!rename: there is no variable or dimension \"salz\"?did you mean \"salt\"?"},
        {"t(lon=1) int8 {} 1", "rename: {lom: x}",
         "!rename: there is no variable or dimension \"lom\"?did you mean \"lon\"?"},
        {"a() int8 {} 1; b() int8 {} 2", "rename: {a: b}", "!rename: there is already a \"b\""},
        {"a(x=1,y=1) int8 {} 1", "rename: {x: y}", "!rename: there is already a \"y\""},
        {"a() int8 {} 1", "rename: {a: b/c}", "!6:15: a: \"b/c\" cannot be a name"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void slice_cuts_by_index(void **state)
{
    static const char given[] = "x(x=5) int8 {} 10 11 12 13 14; t(x=5) int8 {} 0 1 2 3 4";
    static const struct row rows[] = {
        {given, "slice: {x: 2}", "@x() int8 {} 12; t() int8 {} 2"},
        {given, "slice: {x: [1, 3]}", "x(x=2) int8 {} 11 12; t(x=2) int8 {} 1 2"},
        {given, "slice: {x: [0, 5, 2]}", "x(x=3) int8 {} 10 12 14; t(x=3) int8 {} 0 2 4"},
        {given, "slice: {x: [3, 100]}", "x(x=2) int8 {} 13 14; t(x=2) int8 {} 3 4"},
        {given, "slice: {x: [3, 5, 9000000000000000000]}",
         "x(x=1) int8 {} 13; t(x=1) int8 {} 3"},
        {given, "slice: {\"y?\": 3, x: [4, 5]}", "x(x=1) int8 {} 14; t(x=1) int8 {} 4"},
        {given, "slice: {x: 5}", "!slice: \"x\" has length 5: nothing is left from index 5"},
        {given, "slice: {x: [3, 3]}",
         "!slice: \"x\" has length 5: nothing is left from index 3"},
        {given, "slice: {y: 1}",
         "!slice: there is no dimension \"y\"?there are: x; a name that may be absent is "
         "written \"y?\""},
        {given, "slice: {x: -1}",
         "!6:14: slice: \"x\" is cut by an index, [start, stop] or [start, stop, step]"},
        {given, "slice: {x: [1, 2, 0]}", "!6:14: slice: the step of \"x\" is zero"},
        {given, "slice: {x: [1]}",
         "!6:14: slice: \"x\" is cut by an index, [start, stop] or [start, stop, step]"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void select_takes_both_ends_whichever_way_the_axis_runs(void **state)
{
    static const char rising[] = "x(x=4) float64 {} 1 2 3 4; t(x=4) int8 {} 1 2 3 4";
    static const char falling[] = "x(x=4) float64 {} 4 3 2 1; t(x=4) int8 {} 4 3 2 1";
    static const char narrow[] = "x(x=2) float32 {} 50.1 58.1";
    static const char packed[] = "x(x=3) int16 {scale_factor=0.5} 1 2 3";
    static const char mixed[] = "x(x=4) int32 {} 7 1 8 2; t(x=4) int8 {} 1 2 3 4";
    static const char names[] = "x(x=3) string {} a b c";
    static const struct row rows[] = {
        {rising, "select: {x: [2, 3]}", "x(x=2) float64 {} 2 3; t(x=2) int8 {} 2 3"},
        {falling, "select: {x: [2, 3]}", "x(x=2) float64 {} 3 2; t(x=2) int8 {} 3 2"},
        {rising, "select: {x: [1.5, 9]}", "x(x=3) float64 {} 2 3 4; t(x=3) int8 {} 2 3 4"},
        {rising, "select: {x: 3}", "@x() float64 {} 3; t() int8 {} 3"},
        {falling, "select: {x: {nearest: 2.4}}", "@x() float64 {} 2; t() int8 {} 2"},
        {rising, "select: {x: {nearest: -100}}", "@x() float64 {} 1; t() int8 {} 1"},
        {narrow, "select: {x: 50.1}", "@x() float32 {} 50.1"},
        {narrow, "select: {x: [50.1, 58.1]}", "x(x=2) float32 {} 50.1 58.1"},
        {packed, "select: {x: [1, 1.5]}", "x(x=2) int16 {scale_factor=0.5} 2 3"},
        {mixed, "select: {x: [7, 8]}", "x(x=2) int32 {} 7 8; t(x=2) int8 {} 1 3"},
        {names, "select: {x: b}", "@x() string {} b"},
        {names, "select: {x: [b, z]}", "x(x=2) string {} b c"},
        {rising, "select: {\"y?\": 1, x: 1}", "@x() float64 {} 1; t() int8 {} 1"},
        {rising, "select: {x: 2.5}",
         "!select: \"x\" has no value 2.5?take the nearest: {x: {nearest: 2.5}}"},
        {rising, "select: {x: [5, 9]}", "!select: no value of \"x\" lies between 5 and 9"},
        {rising, "select: {x: 2001-01-01}", "!select: \"2001-01-01\" is not a number"},
        {rising, "select: {y: 1}",
         "!select: there is no dimension \"y\"?there are: x; a name that may be absent is "
         "written \"y?\""},
        {"t(x=2) int8 {} 1 2", "select: {x: 1}",
         "!select: dimension \"x\" has no coordinate to select by?cut it by index: - slice: "
         "{x: "
         "..}"},
        {"x(x=2) int8 {} 1 1", "select: {x: 1}",
         "!select: \"x\" has the value 1 more than once?cut it by index: - slice: {x: ..}"},
        {names, "select: {x: {nearest: b}}", "!select: \"x\" holds text: nothing is nearest"},
        {"x(x=2) float32 {} nan nan", "select: {x: {nearest: 1}}",
         "!select: \"x\" has no values"},
        {rising, "select: {x: {near: 1}}",
         "!6:15: select: \"x\" takes a value, [first, last] or {nearest: value}"},
        {rising, "select: {x: [1, 2, 3]}",
         "!6:15: select: \"x\" takes a value, [first, last] or {nearest: value}"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void dates_stand_for_their_period(void **state)
{
#define DAYS "time(time=4) int32 {units=days since 1999-12-30} 0 1 2 33"
#define LEFT(count) "time(time=" count ") int32 {units=days since 1999-12-30} "
    static const struct row rows[] = {
        {DAYS, "select: {time: [2000, 2000]}", LEFT("2") "2 33"},
        {DAYS, "select: {time: [1999-12-31, 2000-01]}", LEFT("2") "1 2"},
        {DAYS, "select: {time: 1999}", LEFT("2") "0 1"},
        {DAYS, "select: {time: 2000-02}", "@time() int32 {units=days since 1999-12-30} 33"},
        {DAYS, "select: {time: 2000-02-01}", "@time() int32 {units=days since 1999-12-30} 33"},
        {DAYS, "select: {time: {nearest: 2000-01-10}}",
         "@time() int32 {units=days since 1999-12-30} 2"},
        {"time(time=2) float64 {units=hours since 2000-01-01} 23.5 24",
         "select: {time: [2000-01-01, 2000-01-01]}",
         "time(time=1) float64 {units=hours since 2000-01-01} 23.5"},
        {"time(time=2) int32 {units=days since 2000-02-01|calendar=360_day} 29 30",
         "select: {time: 2000-02-30}",
         "@time() int32 {units=days since 2000-02-01|calendar=360_day} 29"},
        {DAYS, "select: {time: 2001}",
         "!select: \"time\" has no value 2001?take the nearest: {time: {nearest: 2001}}"},
        {DAYS, "select: {time: 2000-02-30}",
         "!select: \"2000-02-30\" is not a date of the standard calendar"},
        {DAYS, "select: {time: soon}",
         "!select: \"soon\" is not a date of the standard calendar"},
    };
#undef DAYS
#undef LEFT

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void dimensions_are_squeezed_ordered_and_turned(void **state)
{
    static const char given[] = "t(z=1,y=2,x=2) int8 {} 1 2 3 4; z(z=1) int8 {} 9";
    static const struct row rows[] = {
        {given, "squeeze: z", "t(y=2,x=2) int8 {} 1 2 3 4; @z() int8 {} 9"},
        {given, "squeeze: [\"w?\", z]", "t(y=2,x=2) int8 {} 1 2 3 4; @z() int8 {} 9"},
        {given, "squeeze: y",
         "!squeeze: dimension \"y\" has length 2: only length 1 can be squeezed"},
        {given, "squeeze: zz", "!squeeze: there is no dimension \"zz\"?did you mean \"z\"?"},
        {given, "transpose: [x, y, z]", "t(x=2,y=2,z=1) int8 {} 1 3 2 4; z(z=1) int8 {} 9"},
        {given, "transpose: x", "t(x=2,z=1,y=2) int8 {} 1 3 2 4; z(z=1) int8 {} 9"},
        {given, "transpose: [x, x, \"w?\"]",
         "t(x=2,z=1,y=2) int8 {} 1 3 2 4; z(z=1) int8 {} 9"},
        {given, "transpose: [lev]",
         "!transpose: there is no dimension \"lev\"?there are: z, y, x; a name that may be "
         "absent "
         "is written \"lev?\""},
        {given, "reverse: x", "t(z=1,y=2,x=2) int8 {} 2 1 4 3; z(z=1) int8 {} 9"},
        {given, "reverse: [x, y, \"w?\"]", "t(z=1,y=2,x=2) int8 {} 4 3 2 1; z(z=1) int8 {} 9"},
        {"x(x=2) int8 {} 1 2; t(x=2) int8 {} 5 6", "reverse: x",
         "x(x=2) int8 {} 2 1; t(x=2) int8 {} 6 5"},
        {given, "reverse: a",
         "!reverse: there is no dimension \"a\"?there are: z, y, x; a name that may be absent "
         "is written \"a?\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void coordinates_are_named_and_unnamed(void **state)
{
    static const struct row rows[] = {
        {THREE, "set_coords: \"ice*\"",
         "sst() int8 {} 1; @ice() int8 {} 2; @ice_flag() int8 {} 3"},
        {THREE, "set_coords: [\"snow?\", sst]",
         "@sst() int8 {} 1; ice() int8 {} 2; ice_flag() int8 {} 3"},
        {THREE, "set_coords: ssh",
         "!set_coords: there is no variable \"ssh\"?did you mean \"sst\"?"},
        {"@a() int8 {} 1; @b() int8 {} 2", "reset_coords: a", "a() int8 {} 1; @b() int8 {} 2"},
        {"x(x=1) int8 {} 1", "reset_coords: x",
         "!reset_coords: \"x\" is the coordinate of its own dimension and stays one"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void attributes_are_set_and_removed(void **state)
{
    static const char given[] = "t() int8 {units=K|old=x} 1; u() int8 {} 2; :title=A; :v=1";
    static const struct row rows[] = {
        {given, "attrs: {t: {units: degC, old: null, n: 3, r: 1.5, s: \"7\"}}",
         "t() int8 {units=degC|n=3|r=1.5|s=7} 1; u() int8 {} 2; :title=A; :v=1"},
        {given, "attrs: {\"*\": {units: m}}",
         "t() int8 {units=m|old=x} 1; u() int8 {units=m} 2; :title=A; :v=1"},
        {given, "attrs: {\"w?\": {a: 1}, u: {b: [1, 2.5]}}",
         "t() int8 {units=K|old=x} 1; u() int8 {b=1,2.5} 2; :title=A; :v=1"},
        {given, "attrs: {u: {b: [1, two]}}",
         "t() int8 {units=K|old=x} 1; u() int8 {b=1,two} 2; :title=A; :v=1"},
        {given, "attrs: {w: {a: 1}}",
         "!attrs: there is no variable \"w\"?there are: t, u; a name that may be absent is "
         "written \"w?\""},
        {given, "attrs: {t: {_FillValue: 1}}",
         "!attrs: _FillValue is not set as an attribute?use target: {variables: {t: {fill: "
         "..}}}"},
        {given, "attrs: {t: {a: {b: 1}}}",
         "!6:18: attribute \"a\": expected a value, or a list of values"},
        {given, "attrs: {t: 1}", "!6:14: attrs: expected a map of attributes for \"t\""},
        {given, "global_attrs: {title: null, v: 2, w: x y}",
         "t() int8 {units=K|old=x} 1; u() int8 {} 2; :v=2; :w=x y"},
        {given, "global_attrs: {a: [[1]]}",
         "!6:22: attribute \"a\": expected a value, or a list of values"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void values_are_decoded_and_cast(void **state)
{
    static const char packed[] = "t(x=2) int16 {fill=-1|scale_factor=0.5|units=K} 3 -1";
    static const struct row rows[] = {
        {packed, "decode: t", "t(x=2) float64 {fill=NaN|units=K} 1.5 NaN"},
        {"t(x=1) int16 {scale_factor=0.5f} 3", "decode: t", "t(x=1) float32 {} 1.5"},
        {"t(x=3) float32 {fill=-9|missing_value=-8} 1 -8 -9", "decode: t",
         "t(x=3) float32 {fill=NaN} 1 NaN NaN"},
        {"t(x=2) int16 {fill=-1} 1 -1", "decode: t", "t(x=2) int16 {fill=-1} 1 -1"},
        {"t() string {} a", "decode: t", "t() string {} a"},
        {packed, "decode: u",
         "!decode: there is no variable \"u\"?there are: t; a name that may be absent is "
         "written \"u?\""},
        {packed, "cast: {t: float32}", "t(x=2) float32 {fill=NaN|units=K} 1.5 NaN"},
        {"t(x=2) int16 {fill=-1} 1 -1", "cast: {t: int32}", "t(x=2) int32 {fill=-1} 1 -1"},
        {"t(x=2) int16 {fill=-1} 1 -1", "cast: {t: float32}", "t(x=2) float32 {fill=-1} 1 -1"},
        {"t(x=2) int16 {missing_value=-1} 1 -1", "cast: {t: float64}",
         "t(x=2) float64 {fill=-1} 1 -1"},
        {"t(x=2) float32 {missing_value=1e20} 1 1e20", "cast: {t: float64}",
         "t(x=2) float64 {fill=NaN} 1 NaN"},
        {"t(x=2) float64 {fill=1e300} 1 1e300", "cast: {t: float32}",
         "t(x=2) float32 {fill=NaN} 1 NaN"},
        {"t(x=2) float64 {} 1.5 2.5", "cast: {t: int8}", "t(x=2) int8 {} 2 2"},
        {"t(x=1) int16 {scale_factor=0.5} 6", "cast: {t: int8}", "t(x=1) int8 {} 3"},
        {"t(x=1) float64 {} 1000", "cast: {t: int8}",
         "t(x=1) int8 {} t: 1000 does not fit int8"},
        {"t(x=1) float64 {fill=nan} 1", "cast: {t: int8}",
         "!cast: variable \"t\" has missing values, which int8 cannot hold?give it a dtype and "
         "a "
         "fill under target: variables:"},
        {"t(x=1) int16 {fill=-999} 1", "cast: {t: int8}",
         "!cast: variable \"t\" has missing values, which int8 cannot hold?give it a dtype and "
         "a "
         "fill under target: variables:"},
        {"t() string {} a", "cast: {t: int8}", "!cast: variable \"t\" holds text"},
        {"a() int8 {} 1; b() int8 {} 2", "cast: {\"*\": int16, \"c?\": int8}",
         "a() int16 {} 1; b() int16 {} 2"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drop_leaves_variables_out),
        cmocka_unit_test(keep_takes_the_coordinates_along),
        cmocka_unit_test(rename_changes_every_mention),
        cmocka_unit_test(slice_cuts_by_index),
        cmocka_unit_test(select_takes_both_ends_whichever_way_the_axis_runs),
        cmocka_unit_test(dates_stand_for_their_period),
        cmocka_unit_test(dimensions_are_squeezed_ordered_and_turned),
        cmocka_unit_test(coordinates_are_named_and_unnamed),
        cmocka_unit_test(attributes_are_set_and_removed),
        cmocka_unit_test(values_are_decoded_and_cast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

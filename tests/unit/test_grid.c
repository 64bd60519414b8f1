/* Grids of files: folded axis by axis, with holes left out or filled. Datasets are written as
 * in support/sketch.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "plan/combine.h"
#include "support/recipes.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *input;    /* what follows `url:`, indented by two */
    const char *cells[6]; /* "" for a file that is not there */
    const char *want;     /* the result, or "!" and the error, "?" and its help */
};

static const char *combine(struct forge_arena *arena, struct forge_recipe *recipe,
                           const struct row *row)
{
    static const char *const urls[] = {"a.nc", "b.nc", "c.nc", "d.nc", "e.nc", "f.nc"};
    struct forge_inputs_request request = {.folder = "/r"};
    struct forge_notes notes = {.arena = arena};
    struct forge_reader reader = {0};
    struct forge_combining combining = {.arena = arena, .reader = &reader, .notes = &notes};
    struct forge_dataset files[6], out = {0};
    const struct forge_dataset *cells[6] = {0};
    struct forge_grid grid = {0};
    struct forge_error err = {0};
    const char *got;

    recipe_of(recipe,
              forge_arena_print(arena,
                                "forge: 1\nname: n\ntarget: {format: zarr}\ninput:\n"
                                "  url: \"{%s}.nc\"\n%s\n",
                                strstr(row->input, "concat: time") ? "time" : "i", row->input),
              arena);
    combining.join = recipe->inputs[0].join;
    if (!forge_inputs_resolve(&grid, arena, recipe, &recipe->inputs[0], &request, &err))
        return error_of(arena, &err);
    for (size_t i = 0; i < 6 && row->cells[i]; i++) {
        files[i] = sketch(arena, urls[i], row->cells[i]);
        cells[i] = *row->cells[i] ? &files[i] : NULL;
        if (!cells[i] && grid.cells[i].state == FORGE_CELL_WANTED)
            grid.cells[i].state = FORGE_CELL_ABSENT;
    }
    got = forge_combine_grid(&out, &combining, &grid, cells, &err) ? sketch_of(arena, &out)
                                                                   : error_of(arena, &err);
    forge_reader_close(&reader);
    return got;
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_arena arena = {0};
        struct forge_recipe recipe = {0};
        const char *got = combine(&arena, &recipe, &rows[i]);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s, %s ..\n   gives %s\nand not %s", rows[i].input, rows[i].cells[0], got,
                     rows[i].want);
        forge_recipe_close(&recipe);
        forge_arena_clear(&arena);
    }
}

#define DAYS "units=days since 2000-01-01"
#define SERIES "  combine: [{concat: time, dates: {from: 2000-01-01, to: 2000-01-03}}]\n"
#define BOTH                                                                                   \
    "  combine: [{concat: time, dates: {from: 2000-01-01, to: 2000-01-02}}, {merge: v, keys: " \
    "[t, u]}]\n"

static void axes_are_folded_from_within(void **state)
{
    static const struct row rows[] = {
        {.input = "  combine: [{concat: i, ints: {from: 1, to: 2}}, {merge: v, keys: [t, u]}]",
         .cells = {"t(i=1) int8 {} 1", "u(i=1) int8 {} 2", "t(i=1) int8 {} 3",
                   "u(i=1) int8 {} 4"},
         .want = "t(i=2) int8 {} 1 3; u(i=2) int8 {} 2 4"},
        {.input = "  combine: [{merge: v, keys: [t, u]}, {concat: i, ints: {from: 1, to: 2}}]",
         .cells = {"t(i=1) int8 {} 1", "t(i=1) int8 {} 3", "u(i=1) int8 {} 2",
                   "u(i=1) int8 {} 4"},
         .want = "t(i=2) int8 {} 1 3; u(i=2) int8 {} 2 4"},
        {.input =
             "  combine: [{concat: i, ints: {from: 1, to: 2}}, {concat: j, keys: [a, b, c]}]",
         .cells = {"t(i=1,j=1) int8 {} 1", "t(i=1,j=1) int8 {} 2", "t(i=1,j=1) int8 {} 3",
                   "t(i=1,j=1) int8 {} 4", "t(i=1,j=1) int8 {} 5", "t(i=1,j=1) int8 {} 6"},
         .want = "t(i=2,j=3) int8 {} 1 2 3 4 5 6"},
        {.input = "  combine: [{concat: i, ints: {from: 1, to: 2}}, {concat: j, keys: [a, b]}]",
         .cells = {"t(i=1,j=1) int8 {} 1", "t(i=1,j=2) int8 {} 2 3", "t(i=1,j=1) int8 {} 4",
                   "t(i=1,j=1) int8 {} 5"},
         .want = "!dimension \"j\" has length 3 in a.nc and 2 in c.nc"},
        {.input = "  combine: [{concat: x, as: i, ints: {from: 1, to: 2}}]",
         .cells = {"t() int8 {} 1", "t() int8 {} 2"},
         .want = "!a.nc has no dimension \"x\" to join along?each: [{add_dim: {x: \"key.i\"}}] "
                 "makes "
                 "one"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void what_is_not_there_is_left_out(void **state)
{
    static const struct row rows[] = {
        {.input = SERIES "  if_missing: skip",
         .cells = {"t(time=1) int8 {} 1", "", "t(time=1) int8 {} 3"},
         .want = "t(time=2) int8 {} 1 3"},
        {.input = SERIES "  if_missing: skip",
         .cells = {"", "", ""},
         .want = "!none of the input files is there"},
        {.input = SERIES "  if_missing: fill",
         .cells = {"", "", ""},
         .want = "!none of the input files is there"},
        {.input = SERIES "  except: [{time: 2000-01-02}]\n  if_missing: fill",
         .cells = {"time(time=1) int8 {" DAYS "} 0", "", "time(time=1) int8 {" DAYS "} 2"},
         .want = "time(time=2) int8 {" DAYS "} 0 2"},
        {.input = BOTH "  if_missing: skip",
         .cells = {"t(time=1) int8 {} 1", "u(time=1) int8 {} 2", "t(time=1) int8 {} 3", ""},
         .want = "!variable \"u\" is in a.nc and not in c.nc?leave it out of every file: each: "
                 "[{drop: [\"u?\"]}]"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void what_is_not_there_is_filled(void **state)
{
    static const struct row rows[] = {
        {.input = SERIES "  if_missing: fill",
         .cells = {"t(time=1,x=2) int8 {fill=-1} 1 2", "", "t(time=1,x=2) int8 {fill=-1} 3 4"},
         .want = "t(time=3,x=2) int8 {fill=-1} 1 2 -1 -1 3 4"},
        {.input = SERIES "  if_missing: fill",
         .cells = {"", "t(time=1) float32 {} 1; m() int8 {} 9",
                   "t(time=1) float32 {} 2; m() int8 {} 9"},
         .want = "t(time=3) float32 {fill=NaN} NaN 1 2; m() int8 {} 9"},
        /* the time of a missing file follows from its key, and so do its bounds */
        {.input = SERIES "  if_missing: fill",
         .cells = {"time(time=1) float32 {" DAYS "|bounds=b} 0.5; b(time=1,n=2) float32 {} 0 1",
                   "",
                   "time(time=1) float32 {" DAYS
                   "|bounds=b} 2.5; b(time=1,n=2) float32 {} 2 3"},
         .want =
             "time(time=3) float32 {" DAYS "|bounds=b} 0.5 1.5 2.5; b(time=3,n=2) float32 {} 0 "
             "1 1 2 2 3"},
        {.input = SERIES "  if_missing: fill",
         .cells = {"time(time=2) int16 {units=hours since 2000-01-01} 6 18", "",
                   "time(time=2) int16 {units=hours since 2000-01-01} 54 66"},
         .want = "time(time=6) int16 {units=hours since 2000-01-01} 6 18 30 42 54 66"},
        {.input = "  combine: [{concat: time, ints: {from: 1, to: 3}}]\n  if_missing: fill",
         .cells = {"time(time=1) int16 {} 101", "", "time(time=1) int16 {} 103"},
         .want = "time(time=3) int16 {} 101 102 103"},
        {.input = "  combine: [{concat: time, keys: [a, b, c]}]\n  if_missing: fill",
         .cells = {"time(time=1) string {} a", "", "time(time=1) string {} c"},
         .want = "time(time=3) string {} a b c"},
        /* data of another calendar than their keys */
        {.input =
             "  combine: [{concat: time, dates: {from: 2000-02-28, to: 2000-03, step: 2d}, "
             "except: [2000-03-05, 2000-03-07, 2000-03-09, 2000-03-11, 2000-03-13, "
             "2000-03-15, 2000-03-17, 2000-03-19, 2000-03-21, 2000-03-23, 2000-03-25, "
             "2000-03-27, 2000-03-29, 2000-03-31]}]\n  if_missing: fill",
         .cells = {"time(time=1) int16 {units=days since 2000-01-01|calendar=noleap} 58",
                   "time(time=1) int16 {units=days since 2000-01-01|calendar=noleap} 59", ""},
         .want = "time(time=3) int16 {units=days since 2000-01-01|calendar=noleap} 58 59 61"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void holes_inside_a_grid_are_filled(void **state)
{
    static const struct row rows[] = {
        {.input = BOTH "  if_missing: fill",
         .cells = {"t(time=1) int8 {fill=-1} 1", "u(time=1) int8 {fill=-2} 2; g() int8 {} 5",
                   "t(time=1) int8 {fill=-1} 3", ""},
         .want = "t(time=2) int8 {fill=-1} 1 3; u(time=2) int8 {fill=-2} 2 -2; g() int8 {} 5"},
        {.input = BOTH "  if_missing: fill",
         .cells = {"", "u(time=1) int8 {fill=-2} 2", "t(time=1) int8 {fill=-1} 3", ""},
         .want = "u(time=2) int8 {fill=-2} 2 -2; t(time=2) int8 {fill=-1} -1 3"},
        {.input = BOTH "  if_missing: fill",
         .cells = {"t(time=1) int8 {fill=-1} 1", "u(time=1) int8 {fill=-2} 2", "", ""},
         .want = "t(time=2) int8 {fill=-1} 1 -1; u(time=2) int8 {fill=-2} 2 -2"},
        /* a variable that a file does not have is no missing file */
        {.input = BOTH "  if_missing: fill",
         .cells = {"t(time=1) int8 {fill=-1} 1", "u(time=1) int8 {fill=-2} 2",
                   "t(time=1) int8 {fill=-1} 1", "w(time=1) int8 {fill=-2} 2"},
         .want = "!variable \"u\" is in a.nc and not in c.nc?leave it out of every file: each: "
                 "[{drop: [\"u?\"]}]"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void a_place_that_is_not_known_is_refused(void **state)
{
#define HELP "?use if_missing: skip, or leave the key out with \"except\""
    static const struct row rows[] = {
        {.input = SERIES "  if_missing: fill",
         .cells = {"time(time=1) int8 {" DAYS "} 0", "time(time=1) int8 {" DAYS "} 2", ""},
         .want = "!the file for time=2000-01-03 is missing, and its \"time\" cannot be told "
                 "from the "
                 "others" HELP},
        {.input = SERIES "  if_missing: fill",
         .cells = {"time(time=1) int8 {} 0", "time(time=1) int8 {} 1", ""},
         .want = "!the file for time=2000-01-03 is missing, and its \"time\" cannot be told "
                 "from the "
                 "others" HELP},
        /* half a day is no whole number of days */
        {.input = SERIES "  if_missing: fill",
         .cells = {"time(time=1) int8 {" DAYS "} 0", "", "time(time=1) float32 {" DAYS "} 2.5"},
         .want = "!the file for time=2000-01-02 is missing, and its \"time\" cannot be told "
                 "from the "
                 "others" HELP},
        {.input = SERIES "  if_missing: fill",
         .cells = {"t(time=1) int8 {} 0", "", "t(time=1) int8 {} 2"},
         .want =
             "!a file is missing, and variable \"t\" has no fill value to put in its place"},
        {.input = SERIES "  if_missing: fill",
         .cells = {"t(time=1) float32 {} 0", "", "t(time=2) float32 {} 2 3"},
         .want = "!a missing file cannot be filled: files have 1 and 2 items along "
                 "\"time\"?say how "
                 "many with \"items\", or use if_missing: skip"},
        {.input = SERIES "  if_missing: fill\n  items: 3",
         .cells = {"t(time=1) float32 {} 0", "", "t(time=2) float32 {} 2 3"},
         .want = "t(time=6) float32 {fill=NaN} 0 NaN NaN NaN 2 3"},
    };
#undef HELP

    (void)state;
    run_rows(rows, LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_are_folded_from_within),
        cmocka_unit_test(what_is_not_there_is_left_out),
        cmocka_unit_test(what_is_not_there_is_filled),
        cmocka_unit_test(holes_inside_a_grid_are_filled),
        cmocka_unit_test(a_place_that_is_not_known_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Transforms under `each`: what they know of a file, and add_dim. Datasets are written as in
 * support/sketch.h. */
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

/* The file of 2001-02-03 of a series; its level is 500. */
static const char *apply(struct forge_arena *arena, struct forge_recipe *recipe,
                         const struct row *row)
{
    const char *mistakes = recipe_mistakes(
        recipe,
        forge_arena_print(
            arena,
            "forge: 1\nname: n\ntarget: {format: zarr}\ntables: {short: {'500': mid}}\n"
            "input:\n  url: \"x/f{time:%%Y%%m%%d}.nc\"\n  let: {org: \"'o' + level\", "
            "bad: \"1 // 0\"}\n  combine:\n  - {merge: level, keys: ['500']}\n"
            "  - {concat: time, dates: {from: 2001-02-03, to: 2001-02-03, step: 6h}}\n"
            "  each:\n  - %s\n",
            row->transform),
        arena);
    struct forge_inputs_request request = {.folder = "/r"};
    struct forge_plan plan = {0};
    struct forge_reader reader = {0};
    struct forge_dataset dataset = sketch(arena, "a.nc", row->given);
    struct forge_error err = {0};
    const char *got;

    if (*mistakes)
        return forge_arena_print(arena, "!%s", mistakes);
    assert_true(forge_plan_resolve(&plan, recipe, &request, &err));
    got = forge_plan_scanned(&plan, 0, &dataset, &reader, &err)
              ? sketch_of(arena, plan.cell_datasets[0])
              : error_of(arena, &err);
    forge_reader_close(&reader);
    forge_plan_close(&plan);
    return got;
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_arena arena = {0};
        struct forge_recipe recipe = {0};
        const char *got = apply(&arena, &recipe, &rows[i]);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s, %s\n   gives %s\nand not %s", rows[i].given, rows[i].transform, got,
                     rows[i].want);
        forge_recipe_close(&recipe);
        forge_arena_clear(&arena);
    }
}

#define FIELD "t(x=2) int8 {} 1 2"
#define WITH(dim) "t(" dim "=1,x=2) int8 {} 1 2; "

static void a_dimension_is_added_in_front(void **state)
{
    static const struct row rows[] = {
        {FIELD, "add_dim: {time: \"key.time\"}",
         WITH("time") "time(time=1) int64 {units=days since 1970-01-01|calendar=standard|"
                      "standard_name=time} 11356"},
        {FIELD, "add_dim: {time: \"key.time + 6h\"}",
         WITH("time") "time(time=1) int64 {units=seconds since 1970-01-01|calendar=standard|"
                      "standard_name=time} 981180000"},
        {FIELD, "add_dim: {time: \"2001-02-03T00:00:00.5\"}",
         WITH("time") "time(time=1) int64 {units=microseconds since "
                      "1970-01-01|calendar=standard|"
                      "standard_name=time} 981158400500000"},
        {FIELD, "add_dim: {level: level}", WITH("level") "level(level=1) string {} 500"},
        {FIELD, "add_dim: {run: \"7\"}", WITH("run") "run(run=1) int64 {} 7"},
        {FIELD, "add_dim: {run: \"1 / 2\"}", WITH("run") "run(run=1) float64 {} 0.5"},
        {FIELD, "add_dim: {f: file.stem}", WITH("f") "f(f=1) string {} f20010203"},
        {FIELD "; :n=3", "add_dim: {n: \"attr('n')\"}", WITH("n") "n(n=1) float64 {} 3; :n=3"},
        {"t(x=2) int8 {run=r1} 1 2", "add_dim: {run: \"attr(t, 'run')\"}",
         "t(run=1,x=2) int8 {run=r1} 1 2; run(run=1) string {} r1"},
        {FIELD "; s() int32 {units=K} 4", "add_dim: {step: s}",
         WITH("step") "step(step=1) int32 {units=K} 4"},
        {FIELD "; time() int32 {} 4", "add_dim: {time: time}",
         WITH("time") "time(time=1) int32 {} 4"},
        {FIELD "; s(y=1) int32 {} 4", "add_dim: {step: s}",
         WITH("step") "step(step=1) int32 {} 4"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void only_data_get_a_dimension(void **state)
{
    static const struct row rows[] = {
        {FIELD "; x(x=2) int8 {bounds=xb} 1 2; xb(x=2,n=2) int8 {} 1 2 2 3; @h() int8 {} 9",
         "add_dim: {run: \"7\"}",
         WITH(
             "run") "x(x=2) int8 {bounds=xb} 1 2; xb(x=2,n=2) int8 {} 1 2 2 3; @h() int8 {} 9; "
                    "run(run=1) int64 {} 7"},
        {"t() int8 {grid_mapping=crs} 1; crs() int8 {} 0", "add_dim: {run: \"7\"}",
         "t(run=1) int8 {grid_mapping=crs} 1; crs() int8 {} 0; run(run=1) int64 {} 7"},
        /* the bounds of the coordinate itself have one for every file */
        {FIELD "; time() int8 {bounds=b} 4; b(n=2) int8 {} 3 5", "add_dim: {time: time}",
         WITH("time") "time(time=1) int8 {bounds=b} 4; b(time=1,n=2) int8 {} 3 5"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void a_dimension_that_cannot_be_added_is_refused(void **state)
{
#define FILE "x/f20010203.nc: add_dim: "
    static const struct row rows[] = {
        {FIELD, "add_dim: {x: \"7\"}", "!" FILE "there is already a dimension \"x\""},
        {FIELD "; s() int8 {} 1", "add_dim: {s: \"7\"}",
         "!" FILE "there is already a variable \"s\""},
        {FIELD "; s() int8 {} 1; r() int8 {} 2", "add_dim: {s: r}",
         "!" FILE "there is already a variable \"s\""},
        {FIELD, "add_dim: {run: t}",
         "!" FILE "variable \"t\" has 2 values: the coordinate of \"run\" needs one"},
        {FIELD, "add_dim: {run: \"1 < 2\"}",
         "!" FILE "the coordinate of \"run\" must be a time, a number or a text"},
        {FIELD, "add_dim: {run: \"attr('n')\"}",
         "!" FILE "there is no attribute \"n\"?in: attr('n')"},
        {FIELD, "add_dim: {run: bad}",
         "!x/f20010203.nc: let: bad: division by zero?in: 1 // 0"},
        {FIELD, "add_dim: {run: \"1 +\"}", "!12:24: expected a value, but the text ends"},
    };
#undef FILE

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void texts_in_transforms_are_templates(void **state)
{
    static const struct row rows[] = {
        {"v500() int8 {} 1; w() int8 {} 2", "rename: {\"v{level}\": v}",
         "v() int8 {} 1; w() int8 {} 2"},
        {"v() int8 {} 1", "rename: {v: \"v_{short[level]}\"}", "v_mid() int8 {} 1"},
        {"v() int8 {} 1; o500() int8 {} 2", "drop: \"{org}\"", "v() int8 {} 1"},
        {"lev(lev=2) int16 {} 500 850", "select: {lev: \"{level}\"}", "@lev() int16 {} 500"},
        {"m(m=3) int8 {} 1 2 3", "slice: {m: \"{month(time)}\"}", "@m() int8 {} 3"},
        {"v() int8 {} 1", "attrs: {v: {level: \"{level}\", at: \"{time:%Y}\"}}",
         "v() int8 {level=500|at=2001} 1"},
        {"v() int8 {} 1", "global_attrs: {level: \"{level}\", file: \"{{{file.stem}}}\"}",
         "v() int8 {} 1; :level=500; :file={f20010203}"},
        {"v() int8 {} 1", "drop: \"{bad}\"",
         "!x/f20010203.nc: let: bad: division by zero?in: 1 // 0"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dimension_is_added_in_front),
        cmocka_unit_test(only_data_get_a_dimension),
        cmocka_unit_test(a_dimension_that_cannot_be_added_is_refused),
        cmocka_unit_test(texts_in_transforms_are_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Keys: what the dimensions of the grid of files run through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "plan/keys.h"
#include "support/recipes.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *combine; /* behind `concat: time,` */
    const char *want;    /* the keys, or "!" and what is wrong */
    uint64_t prune;
};

static int64_t now(void)
{
    int64_t time_us = 0;

    assert_true(forge_time_parse(&time_us, NULL, FORGE_CALENDAR_STANDARD, "2024-03-01T12:30"));
    return time_us;
}

/* "1981-09-01 1981-09-02 .. (12)": the first three and the last of many. */
static const char *show(struct forge_arena *arena, const struct forge_axis *axis)
{
    const char *text = "";

    for (uint64_t i = 0; i < axis->count; i++) {
        if (axis->count > 6 && i >= 3 && i + 1 < axis->count)
            continue;
        text = forge_arena_print(arena, "%s%s%s%s", text, i > 0 ? " " : "",
                                 axis->count > 6 && i + 1 == axis->count ? ".. " : "",
                                 axis->keys[i].text);
    }
    if (axis->count > 6)
        text = forge_arena_print(arena, "%s (%llu)", text, (unsigned long long)axis->count);
    return text;
}

static const char *resolve(struct forge_arena *arena, struct forge_recipe *recipe,
                           const struct row *row)
{
    const char *mistakes = recipe_mistakes(
        recipe,
        forge_arena_print(arena,
                          "forge: 1\nname: n\ntarget: {format: zarr}\ninput:\n"
                          "  url: \"{time}.nc\"\n  combine:\n  - {concat: time, %s}\n",
                          row->combine),
        arena);
    struct forge_axis axis = {0};
    struct forge_error err = {0};

    if (*mistakes)
        return forge_arena_print(arena, "!%s", mistakes);
    if (!forge_keys_resolve(&axis, arena, &recipe->inputs[0].combine[0], now(), &err))
        return error_of(arena, &err);
    forge_keys_prune(&axis, row->prune);
    return show(arena, &axis);
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_arena arena = {0};
        struct forge_recipe recipe = {0};
        const char *got = resolve(&arena, &recipe, &rows[i]);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n   gives %s\nand not %s", rows[i].combine, got, rows[i].want);
        forge_recipe_close(&recipe);
        forge_arena_clear(&arena);
    }
}

static void lists_are_kept_as_written(void **state)
{
    static const struct row rows[] = {
        {.combine = "keys: [a, 01, NO, 1.50]", .want = "a 01 NO 1.50"},
        {.combine = "keys: [b, a]", .want = "b a"},
        {.combine = "keys: [a, b, c], except: [b]", .want = "a c"},
        {.combine = "keys: [2001032, 2001001], parse: \"%Y%j\"", .want = "2001032 2001001"},
        {.combine = "keys: [2001032, 2001001], parse: \"%Y%j\", except: [2001-02-01]",
         .want = "2001001"},
        {.combine = "keys: [2001x], parse: \"%Y%j\"",
         .want = "!key \"2001x\" of \"time\" cannot be read by \"%Y%j\""},
        {.combine = "keys: [a, b], except: [c]",
         .want = "!except: \"c\" is not a key of \"time\""},
        {.combine = "keys: [a], except: [a]", .want = "!\"time\" has no keys left"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void integers_include_both_ends(void **state)
{
    static const struct row rows[] = {
        {.combine = "ints: {from: 1, to: 3}", .want = "1 2 3"},
        {.combine = "ints: {from: 1, to: 6, step: 2}", .want = "1 3 5"},
        {.combine = "ints: {from: -1, to: 1}", .want = "-1 0 1"},
        {.combine = "ints: {from: 7, to: 7}", .want = "7"},
        {.combine = "ints: {from: 1, to: 3}, except: [2]", .want = "1 3"},
        {.combine = "ints: {from: 1, to: 3}, except: [02]",
         .want = "!except: \"02\" is not a key of \"time\""},
        {.combine = "ints: {from: 0, to: 9000000000000000}",
         .want = "!7:26: the range has 9000000000000001 keys, more than the 10000000 that are "
                 "allowed"},
        {.combine =
             "ints: {from: 8999999999999999, to: 9000000000000000, step: 9000000000000000}",
         .want = "8999999999999999"},
        {.combine = "ints: {from: 2, to: 1}",
         .want = "!7:26: the range is empty: from 2 is after to 1"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void dates_run_to_the_end_of_what_is_written(void **state)
{
    static const struct row rows[] = {
        {.combine = "dates: {from: 2000-02-28, to: 2000-03-01}",
         .want = "2000-02-28 2000-02-29 2000-03-01"},
        {.combine = "dates: {from: 2000-11, to: 2001, step: 6mo}",
         .want = "2000-11-01 2001-05-01 2001-11-01"},
        {.combine = "dates: {from: 2000, to: 2000, step: 1d}",
         .want = "2000-01-01 2000-01-02 2000-01-03 .. 2000-12-31 (366)"},
        {.combine = "dates: {from: 2000-01-01, to: 2000-01-01, step: 6h}",
         .want = "2000-01-01 2000-01-01T06:00:00 2000-01-01T12:00:00 2000-01-01T18:00:00"},
        {.combine = "dates: {from: 2000-01-01T06:00, to: 2000-01-01T12:00, step: 6h}",
         .want = "2000-01-01T06:00:00 2000-01-01T12:00:00"},
        {.combine = "dates: {from: 2000-01-01, to: 2000-01-20, step: 1w}",
         .want = "2000-01-01 2000-01-08 2000-01-15"},
        /* the end of a month is counted from the first date, not from the one before */
        {.combine = "dates: {from: 2001-01-31, to: 2001-04, step: 1mo}",
         .want = "2001-01-31 2001-02-28 2001-03-31 2001-04-30"},
        {.combine = "dates: {from: 2000, to: 2002, step: 1y}",
         .want = "2000-01-01 2001-01-01 2002-01-01"},
        {.combine = "dates: {from: 2000-01-01, to: 2000-01-03}, except: [2000-01-02T00:00]",
         .want = "2000-01-01 2000-01-03"},
        {.combine = "dates: {from: 2001-02-29, to: 2002}",
         .want = "!7:34: \"2001-02-29\" is not a date of the standard calendar"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void dates_follow_their_calendar(void **state)
{
    static const struct row rows[] = {
        {.combine = "dates: {from: 2000-02-28, to: 2000-03-01, calendar: noleap}",
         .want = "2000-02-28 2000-03-01"},
        {.combine = "dates: {from: 2000-02-29, to: 2000-03-01, calendar: 360_day}",
         .want = "2000-02-29 2000-02-30 2000-03-01"},
        {.combine = "dates: {from: 2001-02-28, to: 2001-03-01, calendar: all_leap}",
         .want = "2001-02-28 2001-02-29 2001-03-01"},
        {.combine = "dates: {from: 1582-10-04, to: 1582-10-15}",
         .want = "1582-10-04 1582-10-15"},
        {.combine = "dates: {from: 1900-02-28, to: 1900-03-01, calendar: julian}",
         .want = "1900-02-28 1900-02-29 1900-03-01"},
        {.combine = "dates: {from: 2000-01-01, to: 2000, calendar: 360_day}",
         .want = "2000-01-01 2000-01-02 2000-01-03 .. 2000-12-30 (360)"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void steps_begin_again_with_the_year(void **state)
{
    static const struct row rows[] = {
        {.combine = "dates: {from: 2000-12-20, to: 2001-01-12, step: 8d, restart: yearly}",
         .want = "2000-12-20 2000-12-28 2001-01-01 2001-01-09"},
        {.combine = "dates: {from: 2000-12-20, to: 2001-01-12, step: 8d}",
         .want = "2000-12-20 2000-12-28 2001-01-05"},
        {.combine = "dates: {from: 2001, to: 2002, step: 8d, restart: yearly}",
         .want = "2001-01-01 2001-01-09 2001-01-17 .. 2002-12-27 (92)"},
        {.combine = "dates: {from: 2000, to: 2002, step: 7mo, restart: yearly}",
         .want = "2000-01-01 2000-08-01 2001-01-01 2001-08-01 2002-01-01 2002-08-01"},
        {.combine =
             "dates: {from: 2000-12-29, to: 2001-01-02, calendar: 360_day, restart: yearly}",
         .want = "2000-12-29 2000-12-30 2001-01-01 2001-01-02"},
        {.combine = "dates: {from: 2000, to: 2002, step: 1y, restart: yearly}",
         .want = "2000-01-01 2001-01-01 2002-01-01"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void now_is_when_the_plan_is_made(void **state)
{
    static const struct row rows[] = {
        {.combine = "dates: {from: 2024-02-27, to: now}",
         .want = "2024-02-27 2024-02-28 2024-02-29 2024-03-01"},
        {.combine = "dates: {from: 2024-02-27, to: \"now - 2d\"}",
         .want = "2024-02-27 2024-02-28"},
        {.combine = "dates: {from: 2024-01, to: \"now-1mo\", step: 1mo}",
         .want = "2024-01-01 2024-02-01"},
        {.combine = "dates: {from: 2024-03-01, to: \"now - 2d\"}",
         .want = "!\"time\" has no keys left"},
        {.combine = "dates: {from: 2024-02-01, to: now, calendar: noleap}",
         .want = "!\"now\" has no meaning in the noleap calendar"},
        {.combine = "dates: {from: 2024-02-01, to: nowhere}",
         .want = "!7:50: \"nowhere\" is not a date of the standard calendar"},
        {.combine = "dates: {from: 2024-02-01, to: \"now + 2d\"}",
         .want = "!7:50: \"now + 2d\" is not a date of the standard calendar"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void pruning_keeps_the_ends(void **state)
{
    static const struct row rows[] = {
        {.combine = "ints: {from: 1, to: 9}", .want = "1 9", .prune = 1},
        {.combine = "ints: {from: 1, to: 9}", .want = "1 2 8 9", .prune = 2},
        {.combine = "ints: {from: 1, to: 5}", .want = "1 2 4 5", .prune = 2},
        {.combine = "ints: {from: 1, to: 4}", .want = "1 2 3 4", .prune = 2},
        {.combine = "ints: {from: 1, to: 3}", .want = "1 2 3", .prune = 2},
        {.combine = "ints: {from: 1, to: 3}", .want = "1 2 3", .prune = 3},
        {.combine = "ints: {from: 1, to: 3}", .want = "1 2 3", .prune = UINT64_MAX / 2 + 1},
        {.combine = "ints: {from: 1, to: 3}", .want = "1 2 3", .prune = 0},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void variables_that_are_merged_are_not_pruned(void **state)
{
    struct forge_key keys[5] = {0};
    const struct forge_combine merge = {.merge = true, .dim = "v", .as = "v"};
    struct forge_axis axis = {&merge, keys, 5};

    (void)state;
    forge_keys_prune(&axis, 1);
    assert_int_equal(axis.count, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_kept_as_written),
        cmocka_unit_test(integers_include_both_ends),
        cmocka_unit_test(dates_run_to_the_end_of_what_is_written),
        cmocka_unit_test(dates_follow_their_calendar),
        cmocka_unit_test(steps_begin_again_with_the_year),
        cmocka_unit_test(now_is_when_the_plan_is_made),
        cmocka_unit_test(pruning_keeps_the_ends),
        cmocka_unit_test(variables_that_are_merged_are_not_pruned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

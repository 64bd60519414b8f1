/* What `bake --only DIM=A..B` takes for which positions, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "array/nodes.h"
#include "array/reader.h"
#include "run/only.h"
#include "support/recipes.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

static const double days[] = {0, 1, 2, 31, 59, 365, 730.5};
static const double heights[] = {1000, 850, 500, 200, 50.1};
static const double waves[] = {3, 1, 4, 1.5, 9, 2};
static const int32_t levels[] = {-2, 0, 7};
static const float stretch[] = {0.1F, 0.2F, 0.3F};
static const int16_t packed[] = {0, 10, 20};
static const char *const models[] = {"access", "awi", "nemo"};

static void add(struct forge_plan *plan, const char *name, enum forge_dtype dtype,
                uint64_t count, const void *values)
{
    struct forge_variable *variable;

    forge_dataset_add_dimension(&plan->dataset, name, count);
    variable = forge_dataset_add_variable(&plan->dataset, name);
    variable->dims[0] = name;
    variable->array =
        forge_array_memory_of(&plan->arena, dtype, 1, (const uint64_t[]){count}, values, "f");
    variable->is_coordinate = true;
}

static void set_text(struct forge_plan *plan, const char *name, const char *attribute,
                     const char *text)
{
    forge_attributes_set_text(&forge_dataset_variable(&plan->dataset, name)->attributes,
                              &plan->arena, attribute, text);
}

static int open_axes(void **state)
{
    static struct forge_plan plan;
    const double scale = 0.5;

    plan = (struct forge_plan){0};
    plan.dataset.arena = &plan.arena;
    add(&plan, "time", FORGE_FLOAT64, LENGTH(days), days);
    set_text(&plan, "time", "units", "days since 2001-01-01");
    add(&plan, "noleap", FORGE_FLOAT64, LENGTH(days), days);
    set_text(&plan, "noleap", "units", "days since 2004-02-28");
    set_text(&plan, "noleap", "calendar", "noleap");
    add(&plan, "height", FORGE_FLOAT64, LENGTH(heights), heights);
    add(&plan, "wave", FORGE_FLOAT64, LENGTH(waves), waves);
    add(&plan, "level", FORGE_INT32, LENGTH(levels), levels);
    add(&plan, "stretch", FORGE_FLOAT32, LENGTH(stretch), stretch);
    add(&plan, "packed", FORGE_INT16, LENGTH(packed), packed);
    forge_attributes_set(&forge_dataset_variable(&plan.dataset, "packed")->attributes,
                         &plan.arena, "scale_factor", FORGE_FLOAT64, 1, &scale);
    add(&plan, "model", FORGE_STRING, LENGTH(models), models);
    forge_dataset_add_dimension(&plan.dataset, "x", 8);
    *state = &plan;
    return 0;
}

static int close_axes(void **state)
{
    struct forge_plan *plan = *state;

    forge_arena_clear(&plan->arena);
    return 0;
}

/* What is read, as "DIM FIRST COUNT", or the error, its code in front. */
static const char *read(struct forge_plan *plan, const char *text)
{
    struct forge_work_range range;
    struct forge_reader reader = {0};
    struct forge_error err = {.line = 99, .column = 99};
    const char *out;

    if (forge_only_read(&range, plan, text, &reader, &err)) {
        out =
            forge_arena_print(&plan->arena, "%s %llu %llu", range.dim,
                              (unsigned long long)range.first, (unsigned long long)range.count);
    } else {
        assert_int_equal(err.code, FORGE_USAGE);
        assert_int_equal(err.line, 0); /* no place in a recipe */
        out = error_of(&plan->arena, &err);
    }
    forge_reader_close(&reader);
    return out;
}

static void texts_become_positions(void **state)
{
    static const char *const rows[][2] = {
        /* dates stand for their whole period: 01-01, 01-02, 01-03, 02-01, 03-01, 2002, 2003 */
        {"time=2001", "time 0 5"},
        {"time=2001-01", "time 0 3"},
        {"time=2001-01-02", "time 1 1"},
        {"time=2001-01-02..2001-02", "time 1 3"},
        {"time=2001-01-03T00:00:00..2001-02-01", "time 2 2"},
        {"time=2001-01-03T00:00:01..2001-02-01", "time 3 1"},
        {"time=1990..2050", "time 0 7"},
        {"time=2002..2003", "time 5 2"},
        {"time=2003-01-01T12:00", "time 6 1"},
        {"time=2003-01-01T13:00",
         "!--only time=2003-01-01T13:00: no value of \"time\" lies there"},
        {"time=2001-03-02..2001-12",
         "!--only time=2001-03-02..2001-12: no value of \"time\" lies there"},
        {"time=2003..2001", "!--only time=2003..2001: no value of \"time\" lies there"},
        /* in a calendar without leap days, 2004-03-01 follows 2004-02-28 */
        {"noleap=2004-03-01", "noleap 1 1"},
        {"noleap=2004-02", "noleap 0 1"},
        {"noleap=2004-02-29", "!--only noleap=2004-02-29: \"2004-02-29\" is not a date of the "
                              "noleap calendar"},
        /* a descending axis: as in select, the lower bound is written first */
        {"height=200..850", "height 1 3"},
        {"height=850", "height 1 1"},
        {"height=50.1", "height 4 1"},
        {"height=-1e3..1e3", "height 0 5"},
        {"height=850..200", "!--only height=850..200: no value of \"height\" lies there"},
        /* one in no order: from the first inside to the last */
        {"wave=1..2", "wave 1 5"},
        {"wave=9", "wave 4 1"},
        {"level=-2..0", "level 0 2"},
        {"level=-2", "level 0 1"},
        {"level=1..6", "!--only level=1..6: no value of \"level\" lies there"},
        /* 0.1 is the 0.1 that a float32 holds */
        {"stretch=0.1..0.2", "stretch 0 2"},
        {"stretch=0.3", "stretch 2 1"},
        /* values as they are decoded: 0, 5, 10 */
        {"packed=5", "packed 1 1"},
        {"packed=6..20", "packed 2 1"},
        {"model=awi", "model 1 1"},
        {"model=a..b", "model 0 2"},
        {"model=b..z", "model 2 1"},
        {"model=x..z", "!--only model=x..z: no value of \"model\" lies there"},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(read(*state, rows[i][0]), rows[i][1]);
    print_message("%zu ranges\n", LENGTH(rows));
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const misused[] = {"",      "time",    "=",           "=2001",
                                          "time=", "time=..", "time=..2001", "time=2001..",
                                          "..",    "=.."};
    static const char *const rows[][2] = {
        {"x=1..2", "!--only x=1..2: dimension \"x\" has no coordinate to select by?cut it by "
                   "index: - slice: {x: ..}"},
        {"tme=2001",
         "!--only tme=2001: dimension \"tme\" has no coordinate to select by?cut it "
         "by index: - slice: {tme: ..}"},
        {"time=yesterday",
         "!--only time=yesterday: \"yesterday\" is not a date of the standard "
         "calendar"},
        {"time=2001..soon", "!--only time=2001..soon: \"soon\" is not a date of the standard "
                            "calendar"},
        {"height=tall", "!--only height=tall: \"tall\" is not a number"},
        {"height=1..2..3", "!--only height=1..2..3: \"2..3\" is not a number"},
        {"height=1 m", "!--only height=1 m: \"1 m\" is not a number"},
        {"height=nan", "!--only height=nan: \"nan\" is not a number"},
    };
    struct forge_plan *plan = *state;

    for (size_t i = 0; i < LENGTH(misused); i++)
        assert_string_equal(read(plan, misused[i]),
                            forge_arena_print(&plan->arena,
                                              "!--only takes a dimension and a range, not "
                                              "\"%s\"?such as --only time=2004..2006",
                                              misused[i]));
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(read(plan, rows[i][0]), rows[i][1]);
    print_message("%zu texts refused\n", LENGTH(misused) + LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_become_positions, open_axes, close_axes),
        cmocka_unit_test_setup_teardown(what_is_no_range_is_refused, open_axes, close_axes),
    };

    return cmocka_run_group_tests_name("only", tests, NULL, NULL);
}

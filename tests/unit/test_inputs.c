/* Inputs: from templates, lists and listings to a grid of files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/keys.h"
#include "support/recipes.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *input; /* YAML, indented by two */
    const char *want;  /* every cell: keys -> path, "-" where it is left out; or the error */
    const char *tables;
    uint64_t prune;
    const char *files[8]; /* made below the recipe's folder first */
};

/* "a=1: /recipes/x.nc; a=2: -" */
static const char *show(struct forge_arena *arena, const struct forge_grid *grid,
                        const char *folder)
{
    const char *text = "";

    for (uint64_t c = 0; c < grid->cells_count; c++) {
        const struct forge_cell *cell = &grid->cells[c];
        struct forge_text keys = {0};
        const char *key = cell->file.key;

        forge_grid_cell_print(&keys, grid, c);
        if (key && strncmp(key, folder + 1, strlen(folder) - 1) == 0)
            key += strlen(folder) - 1;
        text = forge_arena_print(arena, "%s%s%s%s%s", text, c > 0 ? "; " : "",
                                 forge_text_string(&keys), keys.length > 0 ? ": " : "",
                                 cell->state == FORGE_CELL_EXCLUDED ? "-" : key);
        forge_text_clear(&keys);
    }
    return text;
}

static void make_files(const char *folder, const char *const *files)
{
    struct forge_store *store = NULL;
    struct forge_error err;

    assert_true(forge_store_open_file(&store, folder, &err));
    for (size_t i = 0; i < 8 && files[i]; i++)
        assert_true(forge_store_put(store, files[i], "x", 1, &err));
    forge_store_close(store);
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static void remove_files(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *resolve(struct forge_arena *arena, struct forge_recipe *recipe,
                           const struct row *row, const char *folder)
{
    const char *mistakes = recipe_mistakes(
        recipe,
        forge_arena_print(arena, "forge: 1\nname: n\ntarget: {format: zarr}\n%s\ninput:\n%s\n",
                          row->tables ? row->tables : "", row->input),
        arena);
    struct forge_inputs_request request = {.prune = row->prune, .folder = folder};
    struct forge_grid grid = {0};
    struct forge_error err = {0};

    if (*mistakes)
        return forge_arena_print(arena, "!%s", mistakes);
    if (!forge_inputs_resolve(&grid, arena, recipe, &recipe->inputs[0], &request, &err))
        return error_of(arena, &err);
    return show(arena, &grid, folder);
}

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_arena arena = {0};
        struct forge_recipe recipe = {0};
        char folder[] = "/tmp/forge-inputs-XXXXXX";
        const char *got;

        assert_non_null(mkdtemp(folder));
        make_files(folder, rows[i].files);
        got = resolve(&arena, &recipe, &rows[i], folder);
        remove_files(folder);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n   gives %s\nand not %s", rows[i].input, got, rows[i].want);
        forge_recipe_close(&recipe);
        forge_arena_clear(&arena);
    }
}

static void templates_name_a_file_for_every_combination(void **state)
{
    static const struct row rows[] = {
        {.input = "  url: a.nc", .want = "/a.nc"},
        {.input = "  url: ./b/../a.nc", .want = "/a.nc"},
        {.input = "  url: /data//x/./a.nc", .want = "data/x/a.nc"},
        {.input = "  url: file:///data/a.nc", .want = "data/a.nc"},
        {.input = "  url: ../../../../../../a.nc", .want = "a.nc"},
        {.input = "  url: \"{time:%Y}/{v}.nc\"\n"
                  "  combine: [{concat: time, dates: {from: 2000, to: 2001, step: 1y}},"
                  " {merge: v, keys: [t, s]}]",
         .want = "time=2000-01-01, v=t: /2000/t.nc; time=2000-01-01, v=s: /2000/s.nc; "
                 "time=2001-01-01, v=t: /2001/t.nc; time=2001-01-01, v=s: /2001/s.nc"},
        {.input = "  url: \"{e}.nc\"\n  combine: [{concat: time, as: e, keys: [hist, ssp]}]",
         .want = "e=hist: /hist.nc; e=ssp: /ssp.nc"},
        {.input = "  url: \"{i:03d}.nc\"\n  combine: [{concat: i, ints: {from: 9, to: 10}}]",
         .want = "i=9: /009.nc; i=10: /010.nc"},
        {.input = "  url: \"{i}.nc\"\n  combine: [{concat: i, ints: {from: 1, to: 9}}]",
         .prune = 1,
         .want = "i=1: /1.nc; i=9: /9.nc"},
        {.input = "  url: \"{letter[v]}.nc\"\n  combine: [{merge: v, keys: [temp, salt]}]",
         .tables = "tables: {letter: {temp: t, salt: s}}",
         .want = "v=temp: /t.nc; v=salt: /s.nc"},
        {.input = "  url: \"{org}-{up}.nc\"\n"
                  "  let: {org: \"if(i >= 2, 'B', 'A')\", up: \"upper(org) + 'x'\"}\n"
                  "  combine: [{concat: i, ints: {from: 1, to: 2}}]",
         .want = "i=1: /A-Ax.nc; i=2: /B-Bx.nc"},
        {.input = "  url: \"{letter[v]}.nc\"\n  combine: [{merge: v, keys: [temp, wind]}]",
         .tables = "tables: {letter: {temp: t}}",
         .want = "!no \"wind\" in table \"letter\"?in: letter[v]"},
        {.input = "  url: \"{b}.nc\"\n  let: {a: \"10 // i\", b: \"a + 1\"}\n"
                  "  combine: [{concat: i, ints: {from: 0, to: 1}}]",
         .want = "!let: a: division by zero?in: 10 // i"},
        {.input = "  url: \"{j}.nc\"\n  combine: [{concat: i, ints: {from: 0, to: 1}}]",
         .want = "!6:10: unknown name \"j\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void files_are_left_out_by_their_keys(void **state)
{
#define GRID                                                                                   \
    "  url: \"{i}{v}.nc\"\n  combine: [{concat: i, ints: {from: 1, to: 2}}, {merge: v, keys: " \
    "[a, b]}]\n"
    static const struct row rows[] = {
        {.input = GRID "  except: [{i: 1, v: b}]",
         .want = "i=1, v=a: /1a.nc; i=1, v=b: -; i=2, v=a: /2a.nc; i=2, v=b: /2b.nc"},
        {.input = GRID "  except: [{i: 1}, {v: b, i: 2}]",
         .want = "i=1, v=a: -; i=1, v=b: -; i=2, v=a: /2a.nc; i=2, v=b: -"},
        {.input = GRID "  except: [{i: 7}]",
         .want = "i=1, v=a: /1a.nc; i=1, v=b: /1b.nc; i=2, v=a: /2a.nc; i=2, v=b: /2b.nc"},
        {.input = GRID "  except: [{w: 7}]", .want = "!8:13: unknown key of combine \"w\""},
        {.input =
             "  url: \"{time:%d}.nc\"\n  combine: [{concat: time, dates: {from: 2022-04-06, "
             "to: 2022-04-07}}]\n  except: [{time: 2022-04-07}]",
         .want = "time=2022-04-06: /06.nc; time=2022-04-07: -"},
    };
#undef GRID

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void listed_files_follow_their_order(void **state)
{
    static const struct row rows[] = {
        {.input = "  files: [b.nc]", .want = "/b.nc"},
        {.input = "  files: [b.nc, /x/a.nc]\n  combine: [{concat: time}]",
         .want = "time=b.nc: /b.nc; time=/x/a.nc: x/a.nc"},
        {.input = "  files: [b.nc, a.nc, c.nc]\n  combine: [{concat: time, except: [a.nc]}]",
         .want = "time=b.nc: /b.nc; time=c.nc: /c.nc"},
        {.input =
             "  files: [b.nc, a.nc]\n  combine: [{concat: time}]\n  except: [{time: a.nc}]",
         .want = "time=b.nc: /b.nc; time=a.nc: -"},
        {.input = "  files: [b.nc, a.nc, c.nc]\n  combine: [{concat: time}]",
         .prune = 1,
         .want = "time=b.nc: /b.nc; time=c.nc: /c.nc"},
        {.input = "  files: [x01.nc, y.nc]\n  combine: [{concat: time, parse: \"x%d.nc\"}]",
         .want = "!key \"y.nc\" of \"time\" cannot be read by \"x%d.nc\""},
        {.input = "  files: [b.nc, a.nc]",
         .want = "!6:3: a list of files is joined along exactly one concat dimension"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void listings_become_grids(void **state)
{
#define TWO "  combine: [{merge: v}, {concat: time}]\n"
#define FIND "  find: data\n  match: '(?<v>[a-z]+)_(?<time>\\d+)\\.nc$'\n"
    static const struct row rows[] = {
        {.input = "  find: data\n  match: 'f(?<time>\\d+)\\.nc$'\n  combine: [{concat: time}]",
         .files = {"data/f10.nc", "data/f2.nc", "data/f1.nc", "data/readme"},
         .want = "time=1: /data/f1.nc; time=2: /data/f2.nc; time=10: /data/f10.nc"},
        {.input = FIND TWO,
         .files = {"data/t_1.nc", "data/s_1.nc", "data/sub/t_2.nc", "data/s_2.nc", "t_3.nc"},
         .want = "v=s, time=1: /data/s_1.nc; v=s, time=2: /data/s_2.nc; v=t, time=1: "
                 "/data/t_1.nc; v=t, time=2: /data/sub/t_2.nc"},
        /* what no file has the keys of is no cell that is wanted */
        {.input = FIND TWO,
         .files = {"data/t_1.nc", "data/s_2.nc"},
         .want = "v=s, time=1: -; v=s, time=2: /data/s_2.nc; v=t, time=1: /data/t_1.nc; v=t, "
                 "time=2: -"},
        {.input = FIND TWO "  except: [{v: s, time: 2}]",
         .files = {"data/t_1.nc", "data/s_1.nc", "data/t_2.nc", "data/s_2.nc"},
         .want = "v=s, time=1: /data/s_1.nc; v=s, time=2: -; v=t, time=1: /data/t_1.nc; v=t, "
                 "time=2: /data/t_2.nc"},
        {.input = FIND "  combine: [{merge: v, except: [s]}, {concat: time}]",
         .files = {"data/t_1.nc", "data/s_1.nc", "data/t_2.nc"},
         .want = "v=t, time=1: /data/t_1.nc; v=t, time=2: /data/t_2.nc"},
        {.input = FIND "  combine: [{merge: v}, {concat: time}]",
         .prune = 1,
         .files = {"data/t_1.nc", "data/t_2.nc", "data/t_3.nc"},
         .want = "v=t, time=1: /data/t_1.nc; v=t, time=3: /data/t_3.nc"},
        {.input = "  find: data/\n  match: '(?<time>\\d+)x'\n  combine: [{concat: time, parse: "
                  "\"%d%m%Y\"}]",
         .files = {"data/02012001x", "data/01022000x"},
         .want = "time=01022000: /data/01022000x; time=02012001: /data/02012001x"},
        {.input = "  find: .\n  match: 'only'", .files = {"only.nc"}, .want = "/only.nc"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void listings_that_do_not_fit_are_refused(void **state)
{
    static const struct row rows[] = {
        {.input = FIND TWO,
         .files = {"data/t_1.nc", "data/old/t_1.nc"},
         .want =
             "!two files match the same keys: \"data/old/t_1.nc\" and \"data/t_1.nc\"?give the "
             "pattern another named group, or make it match only one of them"},
        {.input = "  find: .\n  match: 'nc'",
         .files = {"a.nc", "b.nc"},
         .want = "!two files match the same keys: \"./a.nc\" and \"./b.nc\"?give the pattern "
                 "another "
                 "named group, or make it match only one of them"},
        {.input = FIND TWO,
         .files = {"data/x1.nc", "data/x2.nc"},
         .want = "!find: none of the 2 files below \"data\" match?the pattern is searched in "
                 "the path below the folder, such as \"x1.nc\""},
        {.input = FIND TWO,
         .want = "!find: there are no files below \"data\"?the folder is not there, or it is "
                 "empty"},
        {.input = FIND "  combine: [{concat: w}]",
         .files = {"data/t_1.nc"},
         .want = "!8:13: the pattern of \"match\" has no group named \"w\""},
        {.input = FIND "  combine: [{merge: v, except: [t]}, {concat: time}]",
         .files = {"data/t_1.nc"},
         .want = "!\"v\" has no keys left"},
        {.input = "  find: .\n  match: '(?<time>\\d+)'\n  combine: [{concat: time, parse: "
                  "\"%Y\"}]",
         .files = {"12345.nc"},
         .want = "!key \"12345\" of \"time\" cannot be read by \"%Y\""},
    };
#undef TWO
#undef FIND

    (void)state;
    run_rows(rows, LENGTH(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_name_a_file_for_every_combination),
        cmocka_unit_test(files_are_left_out_by_their_keys),
        cmocka_unit_test(listed_files_follow_their_order),
        cmocka_unit_test(listings_become_grids),
        cmocka_unit_test(listings_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

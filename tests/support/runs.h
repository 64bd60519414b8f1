/* runs.h: a bakery of its own for every test of runs. */
#ifndef FORGE_TESTS_SUPPORT_RUNS_H
#define FORGE_TESTS_SUPPORT_RUNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/folders.h"
#include "run/runs.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define NOW_US (INT64_C(981173106) * 1000000 + 7) /* 2001-02-03T04:05:06.000007Z */

struct place {
    struct forge_arena arena;
    struct forge_bakery bakery;
    char folder[64];
};

static inline int open_place(void **state)
{
    static struct place place;
    struct forge_error err;

    place = (struct place){.folder = "/tmp/forge-runs-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    assert_true(forge_bakery_open(&place.bakery, &place.arena, place.folder, &err));
    *state = &place;
    return 0;
}

static inline int close_place(void **state)
{
    struct place *place = *state;
    struct forge_error err;

    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
    return 0;
}

static const struct forge_run_request asked = {
    .dataset = "",
    .recipe = "/archive/r\xc3\xa9"
              "cipe \"x\".yaml",
    .recipe_text = "forge: 1\nname: rain\n",
    .executor = "threads",
    .workers = 3,
    .memory_bytes = UINT64_C(5) << 40,
    .prune = 2,
    .only = "time=2004..2006",
    .drift = "fail",
    .fail_fast = true,
    .deadline_ms = 5000,
    .now_us = NOW_US,
};

static inline struct forge_run *begin(struct place *place)
{
    struct forge_run *run = NULL;
    struct forge_error err;

    if (!forge_run_begin(&run, &place->bakery, &asked, &err))
        fail_msg("%s", err.text);
    return run;
}

static inline void close_as(struct forge_run *run, enum forge_run_state state)
{
    struct forge_run_end end = {.state = state};
    struct forge_error err;

    if (!forge_run_close(run, &end, &err))
        fail_msg("%s", err.text);
}

static inline struct forge_run_info find(struct place *place, const char *id)
{
    struct forge_run_info info;
    struct forge_error err;

    if (!forge_run_find(&info, &place->bakery, id, &err))
        fail_msg("%s", err.text);
    return info;
}

static inline const char *path_in(struct place *place, const char *id, const char *name)
{
    return forge_arena_print(&place->arena, "%s/state/runs/%s/%s", place->folder, id, name);
}

static inline const char *read_file(struct place *place, const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = forge_arena_take(&place->arena, 1U << 20);

    assert_non_null(file);
    assert_true(fread(text, 1, (1U << 20) - 1, file) < (1U << 20) - 1);
    fclose(file);
    return text;
}

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline bool is_there(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

#define RUN_TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

#endif

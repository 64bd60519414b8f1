/* What is kept beside a version: the resolved recipe, the environment, the run, the inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/folders.h"
#include "catalog/inputs_list.h"
#include "catalog/provenance.h"
#include "document/json.h"
#include "plan/inputs.h"
#include "run/libraries.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define NOW_US (INT64_C(981173106) * 1000000 + 250) /* 2001-02-03T04:05:06.000250Z */

static void parse(struct forge_recipe *recipe, struct forge_arena *arena, const char *text)
{
    struct forge_diagnostics diagnostics = {.arena = arena};

    *recipe = (struct forge_recipe){0};
    if (!forge_recipe_parse(recipe, "recipe.yaml", text, strlen(text), &diagnostics))
        fail_msg("%s is no recipe", text);
}

#define HEAD "forge: 1\nname: rain\ntarget: {format: zarr}\n"
#define INPUT "\"conflicts\":\"first\",\"if_missing\":\"error\",\"join\":\"exact\","
#define REST "\"name\":\"rain\",\"target\":{\"chunk_size\":\"64MiB\",\"format\":\"zarr\"}}"

static void a_recipe_is_resolved(void **state)
{
    static const struct {
        const char *recipe, *want;
    } rows[] = {
        {HEAD "input: {url: a.nc}\n",
         "{\"forge\":1,\"input\":{" INPUT "\"url\":\"a.nc\"}," REST},
        {HEAD "input: {url: \"{time:%Y}.nc\", join: outer, combine: [{concat: time, "
              "dates: {from: 2001-01-01, to: now}}]}\n",
         "{\"forge\":1,\"input\":{\"combine\":[{\"concat\":\"time\",\"dates\":{"
         "\"calendar\":\"standard\",\"from\":\"2001-01-01\",\"step\":\"1d\","
         "\"to\":\"2001-02-03T04:05:06.000250\"}}],\"conflicts\":\"first\","
         "\"if_missing\":\"error\",\"join\":\"outer\",\"url\":\"{time:%Y}.nc\"}," REST},
        {HEAD "input: {url: \"{time:%Y}.nc\", combine: [{concat: time, "
              "dates: {from: now - 1mo, to: \"now-2d\", step: 6h, "
              "calendar: proleptic_gregorian}}]}\n",
         "{\"forge\":1,\"input\":{\"combine\":[{\"concat\":\"time\",\"dates\":{"
         "\"calendar\":\"proleptic_gregorian\",\"from\":\"2001-01-03T04:05:06.000250\","
         "\"step\":\"6h\",\"to\":\"2001-02-01T04:05:06.000250\"}}]," INPUT
         "\"url\":\"{time:%Y}.nc\"}," REST},
        {HEAD "input: {url: \"{n}.nc\", combine: [{concat: n, ints: {from: 1, to: 3}}]}\n",
         "{\"forge\":1,\"input\":{\"combine\":[{\"concat\":\"n\",\"ints\":{\"from\":1,"
         "\"step\":1,\"to\":3}}]," INPUT "\"url\":\"{n}.nc\"}," REST},
        {HEAD "input: [{url: now.nc}, {files: [now, b.nc], combine: [{concat: time}]}]\n"
              "title: now\n",
         "{\"forge\":1,\"input\":[{" INPUT "\"url\":\"now.nc\"},{\"combine\":[{\"concat\":"
         "\"time\"}],\"conflicts\":\"first\",\"files\":[\"now\",\"b.nc\"],\"if_missing\":"
         "\"error\",\"join\":\"exact\"}],\"name\":\"rain\",\"target\":{\"chunk_size\":"
         "\"64MiB\",\"format\":\"zarr\"},\"title\":\"now\"}"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_text out = {0}, again = {0};
        struct forge_recipe recipe, resolved;

        parse(&recipe, &arena, rows[i].recipe);
        forge_recipe_resolved(&out, &recipe, NOW_US);
        if (strcmp(out.bytes, rows[i].want) != 0)
            fail_msg("%s gives\n%s\nand not\n%s", rows[i].recipe, out.bytes, rows[i].want);
        parse(&resolved, &arena, out.bytes);
        forge_recipe_resolved(&again, &resolved, NOW_US + INT64_C(999999999999));
        assert_string_equal(again.bytes, out.bytes);
        forge_text_clear(&out);
        forge_text_clear(&again);
        forge_recipe_close(&recipe);
        forge_recipe_close(&resolved);
        forge_arena_clear(&arena);
    }
    printf("%zu recipes\n", LENGTH(rows));
}

/* The files of a recipe, one a line. */
static const char *files_of(struct forge_arena *arena, const struct forge_recipe *recipe,
                            int64_t now_us)
{
    struct forge_store *store = forge_store_open_memory();
    struct forge_inputs_request request = {.now_us = now_us, .files = store, .folder = "/a"};
    struct forge_error err = {0};
    const char *files = "";

    for (size_t i = 0; i < recipe->inputs_count; i++) {
        struct forge_grid grid;

        if (!forge_inputs_resolve(&grid, arena, recipe, &recipe->inputs[i], &request, &err))
            fail_msg("%s", err.text);
        for (uint64_t c = 0; c < grid.cells_count; c++)
            files = forge_arena_print(arena, "%s%s\n", files, grid.cells[c].file.url);
    }
    forge_store_close(store);
    return files;
}

static void the_resolved_recipe_finds_the_same_files_at_any_time(void **state)
{
    static const char *const dates[] = {
        "from: 2001-01-30, to: now",      "from: 2001-01-30, to: \"now - 3d\"",
        "from: now - 5d, to: now",        "from: now - 5d, to: now - 1d, step: 6h",
        "from: 1999, to: now, step: 1mo", "from: 1999-06, to: 2000, step: 8d, restart: yearly",
    };
    uint64_t files = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(dates); i++) {
        struct forge_arena arena = {0};
        struct forge_text out = {0};
        struct forge_recipe recipe, resolved;
        const char *then, *later;

        parse(&recipe, &arena,
              forge_arena_print(&arena,
                                HEAD "input: {url: \"{time:%%Y%%m%%dT%%H%%M%%S.%%f}.nc\", "
                                     "combine: [{concat: time, dates: {%s}}]}\n",
                                dates[i]));
        forge_recipe_resolved(&out, &recipe, NOW_US);
        parse(&resolved, &arena, out.bytes);
        then = files_of(&arena, &recipe, NOW_US);
        later = files_of(&arena, &resolved, NOW_US + INT64_C(86400000000) * 400);
        assert_string_equal(then, later);
        for (; *then; then++)
            files += *then == '\n';
        forge_text_clear(&out);
        forge_recipe_close(&recipe);
        forge_recipe_close(&resolved);
        forge_arena_clear(&arena);
    }
    assert_true(files > 50);
    printf("%llu files\n", (unsigned long long)files);
}

static bool looks_like(const char *text, const char *pattern)
{
    regex_t compiled;
    bool good;

    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    good = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return good;
}

static void every_library_tells_its_version(void **state)
{
    struct forge_arena arena = {0};
    const struct forge_library_version *libraries = forge_libraries(&arena);
    size_t count = 0;

    (void)state;
    for (; libraries[count].name; count++) {
        if (!looks_like(libraries[count].version, "^[0-9]+\\.[0-9]+(\\.[0-9]+)*$"))
            fail_msg("%s is of version %s", libraries[count].name, libraries[count].version);
        assert_true(count == 0 || strcmp(libraries[count - 1].name, libraries[count].name) < 0);
    }
    assert_int_equal(count, 10);
    assert_true(looks_like(forge_commit(), "^([0-9a-f]{40}(-dirty)?|unknown)$"));
    printf("%zu libraries\n", count);
    forge_arena_clear(&arena);
}

/* ---- a whole folder */

struct place {
    struct forge_arena arena;
    char folder[64];
    struct forge_recipe recipe;
    struct forge_plan plan;
    struct forge_digest *digests;
    struct forge_run_record record;
};

#define RECIPE HEAD "# a comment\ninput: {files: [a.nc]}\n"

static void open_place(struct place *place, uint64_t cells)
{
    static const struct forge_library_version libraries[] = {{"zstd", "1.5.4"}, {0}};
    struct forge_grid *grid;

    *place = (struct place){.folder = "/tmp/forge-provenance-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    parse(&place->recipe, &place->arena, RECIPE);
    grid = forge_arena_take(&place->arena, sizeof *grid);
    grid->cells = forge_arena_array(&place->arena, cells + 1, sizeof *grid->cells);
    grid->cells_count = cells;
    place->digests = forge_arena_array(&place->arena, cells + 1, sizeof *place->digests);
    for (uint64_t i = 0; i < cells; i++) {
        struct forge_file *file = &grid->cells[i].file;

        grid->cells[i].state = (enum forge_cell_state)(i % 3);
        file->url = forge_arena_print(&place->arena, "%llu.nc", (unsigned long long)i);
        file->key = file->url;
        file->status.size = i;
        forge_digest_of(&place->digests[i], file->url, strlen(file->url));
    }
    place->plan = (struct forge_plan){
        .recipe = &place->recipe,
        .grids = grid,
        .grids_count = 1,
        .first_cell = forge_arena_take(&place->arena, sizeof(uint64_t)),
        .cells_count = cells,
    };
    place->record = (struct forge_run_record){
        .version = "20010203T040506Z-01234567",
        .executor = "threads",
        .run = "20010203T040506Z-abcdef",
        .attempt = 2,
        .recipe = "/a/recipe.yaml",
        .workers = 3,
        .memory_bytes = 1000,
        .now_us = NOW_US,
        .started_us = NOW_US + 1000000,
        .finished_us = NOW_US + 2000000,
        .libraries = libraries,
        .failed = "[{\"input\":\"9.nc\",\"text\":\"gone\"}]",
        .drift = "[{\"url\":\"0.nc\"}]",
    };
}

static void close_place(struct place *place)
{
    struct forge_error err;

    assert_true(forge_folder_remove(place->folder, &err));
    forge_recipe_close(&place->recipe);
    forge_arena_clear(&place->arena);
}

static void write_place(struct place *place)
{
    struct forge_error err = {0};

    if (!forge_provenance_write(place->folder, &place->plan, place->digests, &place->record,
                                &err))
        fail_msg("%s", err.text);
}

static char *get(struct place *place, const char *name)
{
    struct forge_store *store = NULL;
    struct forge_error err;
    char *bytes = NULL;
    size_t length = 0;

    assert_true(forge_store_open_file(&store, place->folder, &err));
    assert_true(forge_store_get(&bytes, &length, store,
                                forge_arena_print(&place->arena, "provenance/%s", name),
                                &place->arena, 1 << 24, &err));
    forge_store_close(store);
    return bytes;
}

static const struct forge_json_value *get_json(struct place *place, const char *name)
{
    struct forge_json_value *json = NULL;
    struct forge_error err = {0};
    const char *text = get(place, name), *last = "";

    if (!forge_json_parse(&json, &place->arena, text, strlen(text), &err))
        fail_msg("%s: %s", name, err.text);
    for (const struct forge_json_value *item = json->first; item; item = item->next) {
        assert_true(strcmp(last, item->key) < 0);
        last = item->key;
    }
    return json;
}

static void the_run_is_told(void **state)
{
    static const char *const wanted[] = {
        "\"absent\":[\"2.nc\",\"5.nc\"],\"attempt\":2,\"drift\":[{\"url\":\"0.nc\"}],"
        "\"executor\":\"threads\",\"failed\":[{\"input\":\"9.nc\",\"text\":\"gone\"}],"
        "\"finished\":\"2001-02-03T04:05:08Z\",",
        ",\"key_version\":1,\"memory_bytes\":1000,\"now\":\"2001-02-03T04:05:06Z\","
        "\"recipe\":\"/a/recipe.yaml\",\"recipe_digest\":\"sha256:",
        "\"run\":\"20010203T040506Z-abcdef\",\"started\":\"2001-02-03T04:05:07Z\","
        "\"version\":\"20010203T040506Z-01234567\",\"workers\":3}\n",
    };
    struct place place;

    (void)state;
    open_place(&place, 8);
    write_place(&place);
    assert_non_null(forge_json_find(get_json(&place, "run.json"), "inputs_digest"));
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        if (!strstr(get(&place, "run.json"), wanted[i]))
            fail_msg("%s\nis not in %s", wanted[i], get(&place, "run.json"));
    }
    assert_string_equal(get(&place, "recipe.yaml"), RECIPE);
    assert_string_equal(forge_json_find(get_json(&place, "recipe.json"), "name")->string,
                        "rain");
    assert_string_equal(
        forge_json_find(forge_json_find(get_json(&place, "environment.json"), "libraries"),
                        "zstd")
            ->string,
        "1.5.4");
    close_place(&place);
}

static void at_most_a_thousand_absent_inputs_are_named(void **state)
{
    struct place place;

    (void)state;
    open_place(&place, 6000); /* 2,000 are absent */
    write_place(&place);
    assert_int_equal(forge_json_find(get_json(&place, "run.json"), "absent")->count, 1000);
    close_place(&place);
}

static bool hash(void *context, const struct forge_input_record *record,
                 struct forge_error *err)
{
    struct forge_text line = {0};

    (void)err;
    forge_input_record_format(&line, record, false);
    forge_hasher_add(context, line.bytes, line.length);
    forge_text_clear(&line);
    return true;
}

static void the_digest_is_of_the_list_without_its_times(void **state)
{
    struct forge_digest first, digest, of_list;
    struct forge_hasher *hasher = forge_hasher_open();
    struct forge_error err = {0};
    struct place place;

    (void)state;
    open_place(&place, 500);
    forge_provenance_digest(&first, &place.plan, place.digests);
    for (uint64_t i = 0; i < 500; i++) {
        place.plan.grids->cells[i].read_us = NOW_US + (int64_t)i;
        place.plan.grids->cells[i].file.status.modified_ns = NOW_US;
        place.plan.grids->cells[i].file.status.serial = i;
    }
    forge_provenance_digest(&digest, &place.plan, place.digests);
    assert_memory_equal(&first, &digest, sizeof first);
    write_place(&place);
    assert_true(forge_inputs_list_read(place.folder, hash, hasher, &err));
    forge_hasher_finish(hasher, &of_list);
    assert_memory_equal(&first, &of_list, sizeof first);

    place.plan.grids->cells[0].file.status.size++;
    forge_provenance_digest(&digest, &place.plan, place.digests);
    assert_memory_not_equal(&first, &digest, sizeof first);
    place.plan.grids->cells[0].file.status.size--;
    place.digests[3].bytes[31] ^= 1;
    forge_provenance_digest(&digest, &place.plan, place.digests);
    assert_memory_not_equal(&first, &digest, sizeof first);
    place.digests[3].bytes[31] ^= 1;
    place.digests[4].bytes[31] ^= 1; /* of one that is excluded */
    forge_provenance_digest(&digest, &place.plan, place.digests);
    assert_memory_equal(&first, &digest, sizeof first);
    close_place(&place);
}

static void what_cannot_be_written_is_told(void **state)
{
    struct forge_error err = {0};
    struct place place;
    FILE *file;

    (void)state;
    open_place(&place, 2);
    file = fopen(forge_arena_print(&place.arena, "%s/provenance", place.folder), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_false(
        forge_provenance_write(place.folder, &place.plan, place.digests, &place.record, &err));
    assert_int_equal(err.code, FORGE_TARGET_IO);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recipe_is_resolved),
        cmocka_unit_test(the_resolved_recipe_finds_the_same_files_at_any_time),
        cmocka_unit_test(every_library_tells_its_version),
        cmocka_unit_test(the_run_is_told),
        cmocka_unit_test(at_most_a_thousand_absent_inputs_are_named),
        cmocka_unit_test(the_digest_is_of_the_list_without_its_times),
        cmocka_unit_test(what_cannot_be_written_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

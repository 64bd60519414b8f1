/* Drift: which inputs are others than those that a version was made from, and what is done
 * about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/folders.h"
#include "catalog/inputs_list.h"
#include "run/drift.h"
#include "run/runs.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define VERSION "20010203T040506Z-01234567"

struct place {
    struct forge_arena arena;
    char folder[64];
    const char *version; /* its folder */
    struct forge_plan plan;
    struct forge_digest *digests;
};

static void open_place(struct place *place)
{
    *place = (struct place){.folder = "/tmp/forge-drift-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    place->version = forge_arena_print(&place->arena, "%s/" VERSION, place->folder);
}

static void close_place(struct place *place)
{
    struct forge_error err;

    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
}

/* "a.nc=1": a file of that url whose bytes are "1"; "a.nc": it is not there; "a.nc~1": there,
 * and not hashed. Sizes are those of the bytes. */
struct word {
    const char *url, *bytes;
    bool hashed;
};

static size_t split(struct word *words, struct forge_arena *arena, const char *line)
{
    char *rest = NULL, *copy = forge_arena_text(arena, line);
    size_t count = 0;

    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        size_t length = strcspn(word, "=~");

        words[count] = (struct word){.url = word, .hashed = word[length] == '='};
        if (word[length] != '\0')
            words[count].bytes = word + length + 1;
        word[length] = '\0';
        count++;
    }
    return count;
}

/* The version was made from these. */
static void made_from(struct place *place, const char *line)
{
    struct forge_inputs_writer writer = {0};
    struct forge_store *store = NULL;
    struct forge_error err;
    struct word words[64];
    size_t count = split(words, &place->arena, line);

    for (size_t i = 0; i < count; i++) {
        struct forge_input_record record = {.url = words[i].url, .absent = !words[i].bytes};

        if (words[i].bytes) {
            record.size = strlen(words[i].bytes);
            forge_digest_of(&record.digest, words[i].bytes, record.size);
        }
        assert_true(forge_inputs_writer_add(&writer, &record, &err));
    }
    assert_true(forge_store_open_file(&store, place->version, &err));
    assert_true(forge_inputs_writer_end(&writer, store, &err));
    forge_store_close(store);
}

/* The plan is about these, half of them in a grid each. */
static void plan_for(struct place *place, const char *line)
{
    struct word words[64];
    size_t count = split(words, &place->arena, line);
    struct forge_plan *plan = &place->plan;

    *plan = (struct forge_plan){.grids_count = 2, .cells_count = count};
    plan->grids = forge_arena_array(&place->arena, 2, sizeof *plan->grids);
    plan->first_cell = forge_arena_array(&place->arena, 2, sizeof *plan->first_cell);
    plan->first_cell[1] = count / 2;
    plan->grids[0].cells_count = count / 2;
    plan->grids[1].cells_count = count - count / 2;
    plan->grids[0].cells = forge_arena_array(&place->arena, count, sizeof(struct forge_cell));
    plan->grids[1].cells = plan->grids[0].cells + count / 2;
    place->digests = forge_arena_array(&place->arena, count + 1, sizeof *place->digests);
    for (size_t i = 0; i < count; i++) {
        struct forge_cell *cell = &plan->grids[0].cells[i];

        cell->file.url = words[i].url;
        cell->state = words[i].bytes ? FORGE_CELL_WANTED : FORGE_CELL_ABSENT;
        cell->file.hashed = words[i].hashed;
        if (words[i].bytes)
            cell->file.status.size = strlen(words[i].bytes);
        if (words[i].bytes && words[i].hashed)
            forge_digest_of(&place->digests[i], words[i].bytes, strlen(words[i].bytes));
    }
}

static const char *drift_of(struct place *place)
{
    struct forge_text out = {0};
    struct forge_drift drift;
    struct forge_error err;
    const char *text;

    if (!forge_drift_find(&drift, &place->arena, &place->plan, place->digests, place->version,
                          &err))
        return forge_arena_print(&place->arena, "!%s", err.text);
    for (size_t i = 0; i < drift.changed_count; i++) {
        assert_memory_not_equal(&drift.changed[i].before, &drift.changed[i].now,
                                sizeof(struct forge_digest));
        forge_text_print(&out, "changed %s, ", drift.changed[i].url);
    }
    for (size_t i = 0; i < drift.added_count; i++)
        forge_text_print(&out, "new %s, ", drift.added[i]);
    for (size_t i = 0; i < drift.gone_count; i++)
        forge_text_print(&out, "gone %s, ", drift.gone[i]);
    forge_text_print(&out, "%zu same, %zu unknown", drift.same_count, drift.unknown_count);
    text = forge_arena_text(&place->arena, forge_text_string(&out));
    forge_text_clear(&out);
    return text;
}

static void inputs_are_compared_by_url_and_digest(void **state)
{
    static const struct {
        const char *before, *now, *want;
    } rows[] = {
        {"a=1 b=2", "a=1 b=2", "2 same, 0 unknown"},
        {"a=1 b=2", "b=2 a=1", "2 same, 0 unknown"},
        {"a=1 b=2", "a=1 b=3", "changed b, 1 same, 0 unknown"},
        {"a=1 b=2", "a=1 b=33", "changed b, 1 same, 0 unknown"},
        {"a=1 b=2", "b=1 a=2", "changed b, changed a, 0 same, 0 unknown"},
        {"a=1", "a=1 b=2 c=3", "new b, new c, 1 same, 0 unknown"},
        {"b=2 a=1 c=3", "a=1", "gone b, gone c, 1 same, 0 unknown"},
        {"a=1 b", "a=1 b=2", "new b, 1 same, 0 unknown"},
        {"a=1 b=2", "a=1 b", "gone b, 1 same, 0 unknown"},
        {"a b", "a b", "0 same, 0 unknown"},
        {"", "a=1", "new a, 0 same, 0 unknown"},
        {"a=1", "", "gone a, 0 same, 0 unknown"},
        {"a=1 a=1", "a=1 a=1 a=1", "1 same, 0 unknown"},
        {"a=1 a=1", "b=1 b=1", "new b, gone a, 0 same, 0 unknown"},
        {"a=1 b=2", "a~1 b~22", "changed b, 0 same, 1 unknown"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct place place;
        const char *got;

        open_place(&place);
        made_from(&place, rows[i].before);
        plan_for(&place, rows[i].now);
        got = drift_of(&place);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s -> %s\n   is %s\nand not %s", rows[i].before, rows[i].now, got,
                     rows[i].want);
        close_place(&place);
    }
    printf("%zu rows\n", LENGTH(rows));
}

/* ---- the policy ---- */

static char *log_of(struct place *place, const struct forge_bakery *bakery)
{
    struct forge_store *store = NULL;
    struct forge_run_info run;
    struct forge_error err;
    char *text = NULL;
    size_t length = 0;

    assert_true(forge_run_find(&run, bakery, "last", &err));
    assert_true(forge_store_open_file(&store, "/", &err));
    assert_true(
        forge_store_get(&text, &length, store, run.log + 1, &place->arena, 1 << 20, &err));
    forge_store_close(store);
    return text;
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

/* Check the drift in a run, whose log is returned. */
static const char *check(struct place *place, bool drift_fails, bool *good,
                         struct forge_error *err)
{
    const struct forge_run_request asked = {
        .dataset = "sst", .recipe = "/r.yaml", .executor = "threads", .drift = "accept"};
    const struct forge_run_end end = {.state = FORGE_RUN_UNCHANGED};
    struct forge_bake_request request = {.drift_fails = drift_fails};
    struct forge_bakery bakery;
    struct forge_error other;

    assert_true(forge_bakery_open(&bakery, &place->arena,
                                  forge_arena_print(&place->arena, "%s/bakery", place->folder),
                                  &other));
    if (!forge_run_begin(&request.run, &bakery, &asked, &other))
        fail_msg("%s", other.text);
    *good = forge_drift_check(&place->plan, place->digests, place->version, &request, err);
    assert_true(forge_run_close(request.run, &end, &other));
    return log_of(place, &bakery);
}

static void a_damaged_list_is_named(void **state)
{
    struct place place;
    struct forge_error err;
    const char *got, *path;
    FILE *file;
    bool good;

    (void)state;
    open_place(&place);
    made_from(&place, "a=1");
    plan_for(&place, "a=1");
    path = forge_arena_print(&place.arena, "%s/" FORGE_INPUTS_LIST, place.version);
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 12, SEEK_SET), 0);
    assert_int_equal(fputc(0xff, file), 0xff);
    assert_int_equal(fclose(file), 0);
    got = drift_of(&place);
    assert_int_equal(got[0], '!');
    assert_non_null(strstr(got, place.version));
    assert_non_null(strstr(got, FORGE_INPUTS_LIST));
    assert_non_null(strstr(check(&place, false, &good, &err), FORGE_INPUTS_LIST));
    assert_true(good);
    (void)check(&place, true, &good, &err);
    assert_false(good);
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    close_place(&place);
}

static void accepting_logs_what_changed(void **state)
{
    struct forge_text before = {0}, now = {0};
    struct forge_error err;
    struct place place;
    const char *log;
    bool good;

    (void)state;
    for (int i = 0; i < 25; i++) {
        forge_text_print(&before, "%d.nc=old ", i);
        forge_text_print(&now, "%d.nc=new ", i);
    }
    forge_text_add(&now, "extra.nc=1");
    forge_text_add(&before, "lost.nc=1 lost2.nc=1");
    open_place(&place);
    made_from(&place, before.bytes);
    plan_for(&place, now.bytes);
    log = check(&place, false, &good, &err);
    assert_true(good);
    assert_int_equal(count_of(log, "changed since version " VERSION " was baked (sha256 "), 20);
    assert_int_equal(
        count_of(log, "since version " VERSION ": 25 inputs changed, 1 are new, 2 are gone"),
        1);
    assert_non_null(strstr(log, "warning"));
    forge_text_clear(&before);
    forge_text_clear(&now);
    close_place(&place);
}

static void failing_names_the_first_and_what_to_do(void **state)
{
    struct forge_error err;
    struct place place;
    bool good;

    (void)state;
    open_place(&place);
    made_from(&place, "a.nc=1 b.nc=2 c.nc=3");
    plan_for(&place, "a.nc=1 b.nc=1 c.nc=1");
    (void)check(&place, true, &good, &err);
    assert_false(good);
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
    assert_string_equal(err.text, "input b.nc changed since version " VERSION
                                  " was baked (sha256 d4735e3a265e.. -> 6b86b273ff34..) (and 1 "
                                  "more)");
    assert_string_equal(err.help, "--drift accept bakes it anyway");
    close_place(&place);
}

static void new_and_lost_inputs_are_no_drift(void **state)
{
    struct forge_error err;
    struct place place;
    const char *log;
    bool good;

    (void)state;
    open_place(&place);
    made_from(&place, "a.nc=1 b.nc=2");
    plan_for(&place, "a.nc=1 c.nc=3");
    log = check(&place, true, &good, &err);
    assert_true(good);
    assert_int_equal(count_of(log, "warning"), 0);
    assert_int_equal(count_of(log, ": 0 inputs changed, 1 are new, 1 are gone"), 1);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_compared_by_url_and_digest),
        cmocka_unit_test(a_damaged_list_is_named),
        cmocka_unit_test(accepting_logs_what_changed),
        cmocka_unit_test(failing_names_the_first_and_what_to_do),
        cmocka_unit_test(new_and_lost_inputs_are_no_drift),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

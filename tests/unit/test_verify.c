/* verify: whatever is not what was published is found, and named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>

#include "audit/verify.h"
#include "support/published.h"

#define FILES_MAX 64
#define DAY_US INT64_C(86400000000)

struct world {
    struct published published;
    struct bake bake;
    const char *files[FILES_MAX]; /* below the version */
    size_t files_count;
};

static const double times[3] = {0, 1, 2};
static float rain[3 * 4 * 4];
static const int16_t level = 7;

/* 3 x 2 objects of rain, one of them only fill, a time and a scalar. */
static void open_world(struct world *world, const char *format)
{
    struct bake *bake = &world->bake;
    struct forge_target_array *array;

    *world = (struct world){.files_count = 0};
    published_open(&world->published);
    bake_open(bake);
    for (unsigned i = 0; i < 48; i++)
        rain[i] = i >= 24 && i < 32 ? 0.0F : (float)i / 4 + 1;
    array = bake_add(bake, "rain", FORGE_FLOAT32, "time y x", (uint64_t[4]){3, 4, 4},
                     (uint64_t[4]){1, 2, 4}, rain);
    array->codec = bake_codec(bake, "{\"id\": \"zstd\", \"level\": 3}");
    bake_add(bake, "time", FORGE_FLOAT64, "time", (uint64_t[4]){3}, (uint64_t[4]){3}, times);
    forge_attributes_set_text(&bake->dataset.variables[1].attributes, &bake->arena, "units",
                              "days since 2001-01-01");
    bake_add(bake, "level", FORGE_INT16, "", NULL, NULL, &level);
    forge_attributes_set_text(&bake->dataset.attributes, &bake->arena, "valid_time_stop",
                              "2001-01-03T00:00:00Z");
    published_put(&world->published, "provenance/recipe.yaml", "cadence: 1d\n");
    published_put(&world->published, "provenance/recipe.json", "{\"cadence\":\"1d\"}\n");
    published_write(&world->published, bake, format);
}

static void close_world(struct world *world)
{
    bake_close(&world->bake);
    published_close(&world->published);
}

static struct forge_verify_request request_of(const struct world *world, bool deep)
{
    return (struct forge_verify_request){.folder = world->published.folder,
                                         .deep = deep,
                                         .executor = forge_executor_find("local"),
                                         .workers = 1,
                                         .now_us = 1};
}

static void verify(struct forge_verified *out, const struct world *world, bool deep)
{
    const struct forge_verify_request request = request_of(world, deep);
    struct forge_error err;

    if (!forge_verify(out, &request, &err))
        fail_msg("%s", err.text);
}

static void check_whole(const struct world *world)
{
    for (int deep = 0; deep < 2; deep++) {
        struct forge_verified verified;

        verify(&verified, world, deep == 1);
        if (verified.found > 0)
            fail_msg("%s: %s", verified.findings[0].path, verified.findings[0].text);
        assert_in_range(verified.objects, 7, 8); /* version 2 stores what is all fill */
        /* the list of objects was read before the others */
        assert_int_equal(verified.read_files,
                         verified.files - 1 - (deep ? 0 : verified.objects));
        forge_verified_clear(&verified);
    }
}

/* ---- the files of a version ---- */

static struct world *listing; /* nftw has no context */

static int list_file(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)walk;
    if (kind == FTW_F) {
        assert_true(listing->files_count < FILES_MAX);
        listing->files[listing->files_count++] = forge_arena_text(
            &listing->published.arena, path + strlen(listing->published.folder) + 1);
    }
    return 0;
}

static void list_files(struct world *world)
{
    listing = world;
    assert_int_equal(nftw(world->published.folder, list_file, 16, FTW_PHYS), 0);
    assert_true(world->files_count > 12);
}

static off_t size_of(struct world *world, const char *path)
{
    struct stat status;

    assert_int_equal(stat(published_path(&world->published, path), &status), 0);
    return status.st_size;
}

/* Only this file is named, at least once. */
static void check_named(const struct forge_verified *verified, const char *path,
                        const char *what)
{
    if (verified->found == 0)
        fail_msg("%s: %s was not found", path, what);
    for (size_t i = 0; i < verified->count; i++) {
        if (strcmp(verified->findings[i].path, path) != 0)
            fail_msg("%s: %s was told as %s: %s", path, what, verified->findings[i].path,
                     verified->findings[i].text);
    }
}

static void check_every_byte(const char *format)
{
    static const unsigned char bits[] = {0x01, 0x20, 0xFF};
    struct world world;
    unsigned long flips = 0;

    open_world(&world, format);
    list_files(&world);
    for (size_t f = 0; f < world.files_count; f++) {
        off_t size = size_of(&world, world.files[f]);

        for (off_t at = 0; at < size; at++, flips++) {
            unsigned char flipped = bits[(size_t)at % sizeof bits];
            struct forge_verified verified;
            char what[64];

            snprintf(what, sizeof what, "byte %lld ^ %02x", (long long)at, flipped);
            published_flip(&world.published, world.files[f], at, flipped);
            verify(&verified, &world, true);
            check_named(&verified, world.files[f], what);
            forge_verified_clear(&verified);
            published_flip(&world.published, world.files[f], at, flipped);
        }
    }
    check_whole(&world);
    print_message("%s: %lu of %lu flipped bytes of %zu files named, no other file ever\n",
                  format, flips, flips, world.files_count);
    close_world(&world);
}

static void every_flipped_byte_of_a_version_is_named(void **state)
{
    (void)state;
    check_every_byte("zarr");
    check_every_byte("zarr2");
}

/* ---- files cut, gone, added, exchanged ---- */

static void a_file_that_was_cut_is_named(void **state)
{
    struct world world;
    unsigned cuts = 0;

    (void)state;
    open_world(&world, "zarr");
    list_files(&world);
    for (size_t f = 0; f < world.files_count; f++) {
        const char *path = published_path(&world.published, world.files[f]);
        off_t size = size_of(&world, world.files[f]);
        const off_t lengths[] = {0, 1, size / 2, size - 1};

        for (size_t i = 0; i < 4; i++, cuts++) {
            const char *copy = forge_arena_print(&world.published.arena, "%s.copy", path);
            char command[512], what[64];
            struct forge_verified verified;

            assert_int_equal(rename(path, copy), 0);
            snprintf(command, sizeof command, "head -c %lld '%s' > '%s'", (long long)lengths[i],
                     copy, path);
            assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
            assert_int_equal(rename(copy, forge_arena_print(&world.published.arena, "%s.copy",
                                                            world.published.root)),
                             0);
            snprintf(what, sizeof what, "cut to %lld", (long long)lengths[i]);
            verify(&verified, &world, true);
            check_named(&verified, world.files[f], what);
            forge_verified_clear(&verified);
            assert_int_equal(rename(forge_arena_print(&world.published.arena, "%s.copy",
                                                      world.published.root),
                                    path),
                             0);
        }
    }
    check_whole(&world);
    print_message("%u cuts named\n", cuts);
    close_world(&world);
}

static void a_file_that_is_gone_is_named_also_shallow(void **state)
{
    struct world world;

    (void)state;
    open_world(&world, "zarr");
    list_files(&world);
    for (size_t f = 0; f < world.files_count; f++) {
        const char *path = published_path(&world.published, world.files[f]);
        const char *away =
            forge_arena_print(&world.published.arena, "%s.away", world.published.root);
        struct forge_verified verified;

        assert_int_equal(rename(path, away), 0);
        verify(&verified, &world, false);
        check_named(&verified, world.files[f], "removal");
        assert_string_equal(verified.findings[0].kind, "missing");
        assert_int_equal(verified.found, 1);
        forge_verified_clear(&verified);
        assert_int_equal(rename(away, path), 0);
    }
    check_whole(&world);
    print_message("%zu removed files named\n", world.files_count);
    close_world(&world);
}

static void a_file_that_nobody_published_is_named_also_shallow(void **state)
{
    static const char *const names[] = {"data.zarr/rain/c/9/0/0",
                                        "data.zarr/snow/zarr.json",
                                        "notes.txt",
                                        "provenance/.hidden",
                                        "data.zarr/rain/c/2/0/.forge-put-1",
                                        "data.zarr/rain/c/1/1/0"};
    struct world world;

    (void)state;
    open_world(&world, "zarr");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct forge_verified verified;
        const char *path = published_path(&world.published, names[i]);
        char command[512];

        snprintf(command, sizeof command, "mkdir -p $(dirname '%s') && echo > '%s'", path,
                 path);
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
        verify(&verified, &world, false);
        check_named(&verified, names[i], "addition");
        assert_string_equal(verified.findings[0].kind, "unlisted");
        forge_verified_clear(&verified);
        assert_int_equal(unlink(path), 0);
    }
    check_whole(&world);
    close_world(&world);
}

static void objects_that_changed_places_are_both_named(void **state)
{
    struct world world;
    struct forge_verified verified;
    const char *one, *other, *away;

    (void)state;
    open_world(&world, "zarr");
    one = published_path(&world.published, "data.zarr/rain/c/0/0/0");
    other = published_path(&world.published, "data.zarr/rain/c/2/1/0");
    away = published_path(&world.published, "away");
    assert_int_equal(rename(one, away), 0);
    assert_int_equal(rename(other, one), 0);
    assert_int_equal(rename(away, other), 0);
    verify(&verified, &world, true);
    assert_int_equal(verified.found, 2);
    assert_string_equal(verified.findings[0].path, "data.zarr/rain/c/0/0/0");
    assert_string_equal(verified.findings[0].variable, "rain");
    assert_string_equal(verified.findings[0].index, "0, 0, 0");
    assert_string_equal(verified.findings[1].path, "data.zarr/rain/c/2/1/0");
    assert_string_equal(verified.findings[1].index, "2, 1, 0");
    forge_verified_clear(&verified);
    close_world(&world);
}

static void an_object_of_another_length_is_named_without_reading_it(void **state)
{
    struct world world;
    struct forge_verified verified;

    (void)state;
    open_world(&world, "zarr");
    published_put(&world.published, "data.zarr/rain/c/0/0/0", "short");
    verify(&verified, &world, false);
    check_named(&verified, "data.zarr/rain/c/0/0/0", "another length");
    assert_string_equal(verified.findings[0].kind, "length");
    forge_verified_clear(&verified);
    close_world(&world);
}

static void a_link_in_place_of_a_file_is_named(void **state)
{
    struct world world;
    struct forge_verified verified;
    const char *path;

    (void)state;
    open_world(&world, "zarr");
    path = published_path(&world.published, "data.zarr/rain/c/0/0/0");
    assert_int_equal(rename(path, published_path(&world.published, "../elsewhere")), 0);
    assert_int_equal(symlink(published_path(&world.published, "../elsewhere"), path), 0);
    verify(&verified, &world, true);
    check_named(&verified, "data.zarr/rain/c/0/0/0", "a link");
    assert_string_equal(verified.findings[0].text, "it is no regular file");
    forge_verified_clear(&verified);
    unlink(published_path(&world.published, "../elsewhere"));
    close_world(&world);
}

/* ---- what was published wrongly ---- */

/* Publish again with other records. */
static void list_again(struct world *world, const struct forge_object_record *records,
                       size_t count)
{
    struct forge_objects_writer writer = {0};
    struct forge_error err;

    assert_true(forge_objects_begin(&writer, world->published.folder, count, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(forge_objects_add(&writer, &records[i], &err));
    assert_true(forge_objects_end(&writer, &err));
    if (!forge_manifest_write(world->published.folder, "data.zarr", &err))
        fail_msg("%s", err.text);
}

struct records {
    struct forge_object_record items[32];
    size_t count;
    struct forge_arena *arena;
};

static bool keep_record(void *context, const struct forge_object_record *record,
                        struct forge_error *err)
{
    struct records *records = context;

    (void)err;
    records->items[records->count] = *record;
    records->items[records->count++].path = forge_arena_text(records->arena, record->path);
    return true;
}

static void a_list_that_is_not_that_of_the_store_is_told(void **state)
{
    struct world world;
    struct records records = {.count = 0};
    struct forge_verified verified;
    struct forge_error err;

    (void)state;
    open_world(&world, "zarr");
    records.arena = &world.published.arena;
    assert_true(forge_objects_read(world.published.folder, keep_record, &records, &err));
    assert_int_equal(records.count, 8);

    list_again(&world, records.items + 1, records.count - 1);
    verify(&verified, &world, false);
    assert_int_equal(verified.found, 2);
    assert_string_equal(verified.findings[0].path, "data.zarr/rain/c/0/0/0");
    assert_string_equal(verified.findings[0].kind, "disagreement");
    assert_string_equal(verified.findings[1].path, "provenance/objects");
    assert_string_equal(verified.findings[1].text,
                        "1 of 6 objects of variable \"rain\" are not in it, the first: "
                        "rain/c/0/0/0");
    forge_verified_clear(&verified);

    records.items[0].path = "rain/c/3/0/0"; /* out of the grid of 3 x 2 x 1 */
    records.items[0].absent = true;
    list_again(&world, records.items, records.count);
    verify(&verified, &world, false);
    assert_int_equal(verified.found, 3);
    assert_string_equal(verified.findings[1].path, "data.zarr/rain/c/3/0/0");
    assert_string_equal(verified.findings[1].text,
                        "variable \"rain\" has no such object: its grid is 3 x 2 x 1");
    forge_verified_clear(&verified);
    close_world(&world);
}

static void many_findings_are_counted(void **state)
{
    struct world world;
    struct forge_verified verified;
    char command[256];

    (void)state;
    open_world(&world, "zarr");
    snprintf(command, sizeof command, "cd '%s' && touch $(seq 1 1500)", world.published.folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
    verify(&verified, &world, false);
    assert_int_equal(verified.found, 1500);
    assert_int_equal(verified.count, FORGE_FINDINGS_MAX);
    forge_verified_clear(&verified);
    close_world(&world);
}

/* ---- freshness ---- */

static void data_older_than_twice_their_cadence_are_stale(void **state)
{
    static const struct {
        int day; /* of January 2001, when it is looked at; the data end on the 3rd */
        bool fresh;
        const char *stale;
        unsigned found;
    } rows[] = {
        {4, true, NULL, 0},
        {5, true, NULL, 0},
        {6, true, "stale: last data 2001-01-03, expected every 1d", 1},
        {6, false, "stale: last data 2001-01-03, expected every 1d", 0},
    };
    struct world world;

    (void)state;
    open_world(&world, "zarr");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_verify_request request = request_of(&world, false);
        struct forge_verified verified;
        struct forge_error err;

        request.now_us = INT64_C(978307200000000) + (rows[i].day - 1) * DAY_US;
        request.fresh = rows[i].fresh;
        assert_true(forge_verify(&verified, &request, &err));
        if (rows[i].stale)
            assert_string_equal(verified.stale, rows[i].stale);
        else
            assert_null(verified.stale);
        assert_int_equal(verified.found, rows[i].found);
        forge_verified_clear(&verified);
    }
    close_world(&world);
}

static void it_stops_when_told_to_and_where_there_is_no_version(void **state)
{
    atomic_bool cancelled = true;
    struct world world;
    struct forge_verify_request request;
    struct forge_verified verified;
    struct forge_error err;

    (void)state;
    open_world(&world, "zarr");
    request = request_of(&world, true);
    request.cancelled = &cancelled;
    assert_false(forge_verify(&verified, &request, &err));
    assert_int_equal(err.code, FORGE_CANCELLED);
    forge_verified_clear(&verified);
    request.folder = "/nowhere/at/all";
    assert_false(forge_verify(&verified, &request, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    forge_verified_clear(&verified);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_byte_of_a_version_is_named),
        cmocka_unit_test(a_file_that_was_cut_is_named),
        cmocka_unit_test(a_file_that_is_gone_is_named_also_shallow),
        cmocka_unit_test(a_file_that_nobody_published_is_named_also_shallow),
        cmocka_unit_test(objects_that_changed_places_are_both_named),
        cmocka_unit_test(an_object_of_another_length_is_named_without_reading_it),
        cmocka_unit_test(a_link_in_place_of_a_file_is_named),
        cmocka_unit_test(a_list_that_is_not_that_of_the_store_is_told),
        cmocka_unit_test(many_findings_are_counted),
        cmocka_unit_test(data_older_than_twice_their_cadence_are_stale),
        cmocka_unit_test(it_stops_when_told_to_and_where_there_is_no_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

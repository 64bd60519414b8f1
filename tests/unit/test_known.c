/* What is known of inputs from earlier runs: what was remembered, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/stat.h>

#include "support/known_place.h"

#define THREADS 4
#define EACH 50

static void what_was_hashed_is_known_to_later_runs(void **state)
{
    struct place place;

    (void)state;
    open_place(&place);
    assert_false(is_known(&place, "a.nc", "A"));
    add(&place, "a.nc", "A");
    add(&place, "b.nc", "B");
    assert_true(is_known(&place, "a.nc", "A")); /* in this run */
    for (int writable = 0; writable < 2; writable++) {
        begin(&place, writable);
        assert_true(is_known(&place, "a.nc", "A"));
        assert_true(is_known(&place, "b.nc", "B"));
        assert_false(is_known(&place, "c.nc", "C"));
        assert_false(is_known(&place, "a.n", "A"));
    }
    add(&place, "a.nc", "another"); /* the last that was said counts */
    begin(&place, false);
    assert_true(is_known(&place, "a.nc", "another"));
    assert_true(is_known(&place, "b.nc", "B"));
    close_place(&place);
}

static void a_file_that_is_not_what_it_was_is_unknown(void **state)
{
    static const struct forge_object_status others[] = {
        {1001, MODIFIED_NS, 7},
        {1000, MODIFIED_NS + 1, 7},
        {1000, MODIFIED_NS - 1, 7},
        {1000, MODIFIED_NS, 8},
    };
    struct forge_digest digest;
    struct place place;

    (void)state;
    open_place(&place);
    add(&place, "a.nc", "A");
    for (size_t i = 0; i < LENGTH(others); i++)
        assert_false(forge_known_digest(place.known, "a.nc", &others[i], &digest));
    assert_true(forge_known_digest(place.known, "a.nc", &status_1, &digest));
    close_place(&place);
    printf("%zu statuses that differ: unknown\n", LENGTH(others));
}

static void a_file_modified_just_before_is_not_remembered(void **state)
{
    static const struct {
        int64_t after_ns; /* hashed so long after it was modified */
        bool kept;
    } rows[] = {
        {-3600 * SECOND_NS, false},
        {-1, false},
        {0, false},
        {SECOND_NS, false},
        {2 * SECOND_NS - 1, false},
        {2 * SECOND_NS, true},
        {3600 * SECOND_NS, true},
    };
    struct place place;

    (void)state;
    open_place(&place);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char url[32];

        snprintf(url, sizeof url, "%zu.nc", i);
        add_at(&place, url, "A", MODIFIED_NS + rows[i].after_ns);
        assert_int_equal(is_known(&place, url, "A"), rows[i].kept);
    }
    begin(&place, false);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char url[32];

        snprintf(url, sizeof url, "%zu.nc", i);
        assert_int_equal(is_known(&place, url, "A"), rows[i].kept);
    }
    close_place(&place);
}

static void a_scan_is_known_by_the_bytes_and_by_how_it_was_asked_for(void **state)
{
    struct forge_scan_request group = plain, other = plain, empty = plain, large = plain;
    struct place place;

    (void)state;
    group.group = "Grid";
    other.group = "Mesh";
    empty.group = "";
    large.inline_bytes = 8192;
    open_place(&place);
    add_scan(&place, "A", NULL, &plain, SKETCH);
    for (int again = 0; again < 2; again++) {
        assert_true(scan_is_known(&place, "A", NULL, &plain, SKETCH));
        assert_false(scan_is_known(&place, "B", NULL, &plain, ""));
        assert_false(scan_is_known(&place, "A", "netcdf3", &plain, ""));
        assert_false(scan_is_known(&place, "A", NULL, &group, ""));
        assert_false(scan_is_known(&place, "A", NULL, &empty, ""));
        assert_false(scan_is_known(&place, "A", NULL, &large, ""));
        begin(&place, again == 0);
    }
    begin(&place, true);
    add_scan(&place, "A", NULL, &group, OTHER_SKETCH);
    add_scan(&place, "A", "netcdf3", &plain, OTHER_SKETCH);
    begin(&place, false);
    assert_true(scan_is_known(&place, "A", NULL, &plain, SKETCH));
    assert_true(scan_is_known(&place, "A", NULL, &group, OTHER_SKETCH));
    assert_false(scan_is_known(&place, "A", NULL, &other, ""));
    assert_true(scan_is_known(&place, "A", "netcdf3", &plain, OTHER_SKETCH));
    close_place(&place);
}

static void who_only_reads_writes_nothing(void **state)
{
    struct place place;
    struct stat status;
    struct forge_error err;

    (void)state;
    open_place(&place);
    forge_known_close(place.known);
    place.known = NULL;
    assert_true(forge_folder_remove(place.folder, &err));
    assert_int_equal(mkdir(place.folder, 0755), 0);
    begin(&place, false);
    add(&place, "a.nc", "A");
    add_scan(&place, "A", NULL, &plain, SKETCH);
    assert_true(forge_known_compact(place.known, NULL, 0, &err));
    assert_false(is_known(&place, "a.nc", "A"));
    assert_false(scan_is_known(&place, "A", NULL, &plain, ""));
    assert_int_not_equal(
        stat(forge_arena_print(&place.arena, "%s/state", place.folder), &status), 0);
    close_place(&place);
}

/* ---- threads ---- */

struct adder {
    struct place *place;
    unsigned number;
};

static void *add_many(void *context)
{
    const struct adder *adder = context;
    char url[32], text[32];

    for (unsigned i = 0; i < EACH; i++) {
        struct forge_arena arena = {0};
        const struct forge_file file = {.url = url, .format = "netcdf3", .status = status_1};
        struct forge_dataset dataset = sketch(&arena, "a.nc", SKETCH);
        struct forge_digest digest;
        struct forge_error err;

        snprintf(url, sizeof url, "%u/%u.nc", adder->number, i);
        snprintf(text, sizeof text, "%u %u", adder->number, i);
        digest = digest_of(text);
        assert_true(forge_known_add_digest(adder->place->known, url, &status_1, &digest,
                                           LATER_NS, &err));
        assert_true(forge_known_add_scan(adder->place->known, &digest, NULL, &plain, &file,
                                         &dataset, &err));
        assert_true(is_known(adder->place, url, text));
        assert_true(scan_is_known(adder->place, text, NULL, &plain, SKETCH));
        forge_arena_clear(&arena);
    }
    return NULL;
}

static unsigned count_of_many(struct place *place)
{
    unsigned known = 0;

    for (unsigned t = 0; t < THREADS; t++) {
        for (unsigned i = 0; i < EACH; i++) {
            char url[32], text[32];

            snprintf(url, sizeof url, "%u/%u.nc", t, i);
            snprintf(text, sizeof text, "%u %u", t, i);
            known +=
                is_known(place, url, text) && scan_is_known(place, text, NULL, &plain, SKETCH);
        }
    }
    return known;
}

static void many_threads_add_at_once(void **state)
{
    struct adder adders[THREADS];
    pthread_t threads[THREADS];
    struct place place;

    (void)state;
    open_place(&place);
    for (unsigned t = 0; t < THREADS; t++) {
        adders[t] = (struct adder){&place, t};
        assert_int_equal(pthread_create(&threads[t], NULL, add_many, &adders[t]), 0);
    }
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    assert_int_equal(count_of_many(&place), THREADS * EACH);
    begin(&place, false);
    assert_int_equal(count_of_many(&place), THREADS * EACH);
    close_place(&place);
    printf("%d digests and as many scans from %d threads\n", THREADS * EACH, THREADS);
}

/* ---- compacting ---- */

static uint64_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return (uint64_t)status.st_size;
}

static void what_no_input_needs_is_forgotten(void **state)
{
    static const char *const urls[] = {"0/1.nc", "0/2.nc", "0/2.nc", "none.nc"};
    struct adder adder = {.number = 0};
    struct place place;
    uint64_t files, scans;
    struct forge_error err;

    (void)state;
    open_place(&place);
    adder.place = &place;
    add_many(&adder);
    files = size_of(place.files);
    scans = size_of(place.scans);
    assert_true(forge_known_compact(place.known, urls, LENGTH(urls), &err));
    assert_int_equal(size_of(place.files), files); /* fifty are not worth it */
    adder.number = 1;
    add_many(&adder);
    for (int i = 0; i < EACH; i++) { /* said again and again */
        add(&place, "0/1.nc", "0 1");
        add_scan(&place, "0 1", NULL, &plain, SKETCH);
    }
    assert_true(forge_known_compact(place.known, urls, LENGTH(urls), &err));
    assert_true(size_of(place.files) < files / 10);
    assert_true(size_of(place.scans) < scans / 10);
    assert_int_equal(count_of_many(&place), 2);
    add(&place, "1/0.nc", "1 0"); /* and it goes on */
    add_scan(&place, "1 0", NULL, &plain, SKETCH);
    assert_int_equal(count_of_many(&place), 3);
    begin(&place, false);
    assert_int_equal(count_of_many(&place), 3);
    close_place(&place);
}

static void what_is_needed_is_not_rewritten(void **state)
{
    const char *urls[2 * EACH];
    struct adder adder = {.number = 0};
    struct forge_error err;
    struct place place;
    struct stat before, after;

    (void)state;
    open_place(&place);
    adder.place = &place;
    add_many(&adder);
    adder.number = 1;
    add_many(&adder);
    for (unsigned i = 0; i < 2 * EACH; i++)
        urls[i] = forge_arena_print(&place.arena, "%u/%u.nc", i / EACH, i % EACH);
    assert_int_equal(stat(place.files, &before), 0);
    assert_true(forge_known_compact(place.known, urls, LENGTH(urls), &err));
    assert_int_equal(stat(place.files, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(count_of_many(&place), 2 * EACH);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_hashed_is_known_to_later_runs),
        cmocka_unit_test(a_file_that_is_not_what_it_was_is_unknown),
        cmocka_unit_test(a_file_modified_just_before_is_not_remembered),
        cmocka_unit_test(a_scan_is_known_by_the_bytes_and_by_how_it_was_asked_for),
        cmocka_unit_test(who_only_reads_writes_nothing),
        cmocka_unit_test(many_threads_add_at_once),
        cmocka_unit_test(what_no_input_needs_is_forgotten),
        cmocka_unit_test(what_is_needed_is_not_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

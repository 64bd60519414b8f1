/* What is known of inputs from earlier runs: what was remembered, or nothing; never anything
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/folders.h"
#include "catalog/journal.h"
#include "run/known.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define SECOND_NS INT64_C(1000000000)
#define MODIFIED_NS (981173106 * SECOND_NS) /* 2001-02-03T04:05:06Z */
#define LATER_NS (MODIFIED_NS + 3600 * SECOND_NS)
#define THREADS 4
#define EACH 50

struct place {
    struct forge_arena arena;
    struct forge_bakery bakery;
    char folder[64];
    const char *files, *scans;
    struct forge_known *known;
};

static void begin(struct place *place, bool writable)
{
    struct forge_error err;

    forge_known_close(place->known);
    place->known = NULL;
    if (!forge_known_open(&place->known, &place->bakery, "sst", writable, &err) ||
        !forge_known_load_scans(place->known, &err))
        fail_msg("%s", err.text);
}

static void open_place(struct place *place)
{
    struct forge_error err;

    *place = (struct place){.folder = "/tmp/forge-known-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    assert_true(forge_bakery_open(&place->bakery, &place->arena, place->folder, &err));
    place->files = forge_arena_print(&place->arena, "%s/state/inputs/sst/files", place->folder);
    place->scans = forge_arena_print(&place->arena, "%s/state/inputs/sst/scans", place->folder);
    begin(place, true);
}

static void close_place(struct place *place)
{
    struct forge_error err;

    forge_known_close(place->known);
    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
}

static const struct forge_object_status status_1 = {1000, MODIFIED_NS, 7};

static struct forge_digest digest_of(const char *text)
{
    struct forge_digest digest;

    forge_digest_of(&digest, text, strlen(text));
    return digest;
}

/* The file at `url` holds `text`. */
static void add_at(struct place *place, const char *url, const char *text, int64_t hashed_ns)
{
    const struct forge_digest digest = digest_of(text);
    struct forge_error err;

    if (!forge_known_add_digest(place->known, url, &status_1, &digest, hashed_ns, &err))
        fail_msg("%s", err.text);
}

static void add(struct place *place, const char *url, const char *text)
{
    add_at(place, url, text, LATER_NS);
}

static bool is_known(struct place *place, const char *url, const char *text)
{
    const struct forge_digest want = digest_of(text);
    struct forge_digest got;

    if (!forge_known_digest(place->known, url, &status_1, &got))
        return false;
    assert_memory_equal(&got, &want, sizeof got); /* nothing else, ever */
    return true;
}

/* ---- scans ---- */

static const struct forge_scan_request plain = {
    .fd = -1, .size = 1000, .url = "a.nc", .inline_bytes = 4096};

#define SKETCH "t(time=2,x=2) int16 {fill=-1|units=K} 1 2 3 4; x(x=2) float64 {} 1 2"
#define OTHER_SKETCH "u(x=3) int8 {} 1 2 3"

static void add_scan(struct place *place, const char *text, const char *format,
                     const struct forge_scan_request *request, const char *line)
{
    const struct forge_digest digest = digest_of(text);
    const struct forge_file file = {.url = "a.nc", .format = "netcdf3", .status = status_1};
    struct forge_dataset dataset = sketch(&place->arena, "a.nc", line);
    struct forge_error err;

    if (!forge_known_add_scan(place->known, &digest, format, request, &file, &dataset, &err))
        fail_msg("%s", err.text);
}

static bool scan_is_known(struct place *place, const char *text, const char *format,
                          const struct forge_scan_request *request, const char *want)
{
    const struct forge_digest digest = digest_of(text);
    struct forge_file file = {.url = "b.nc", .status = status_1};
    struct forge_dataset dataset = {0};
    struct forge_arena arena = {0};
    bool found =
        forge_known_scan(place->known, &digest, format, request, &file, &arena, &dataset);

    if (found) {
        assert_string_equal(sketch_of(&arena, &dataset), want);
        assert_string_equal(file.format, "netcdf3");
        assert_string_equal(dataset.url, "b.nc");
    }
    forge_arena_clear(&arena);
    return found;
}

/* ---- */

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
    struct forge_scan_request group = plain, empty = plain, large = plain;
    struct place place;

    (void)state;
    group.group = "Grid";
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

/* ---- damage ---- */

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static unsigned known_of_four(struct place *place)
{
    return (unsigned)is_known(place, "a.nc", "A") + (unsigned)is_known(place, "b.nc", "B") +
           (unsigned)scan_is_known(place, "A", NULL, &plain, SKETCH) +
           (unsigned)scan_is_known(place, "B", NULL, &plain, OTHER_SKETCH);
}

static void remember_four(struct place *place)
{
    add(place, "a.nc", "A");
    add(place, "b.nc", "B");
    add_scan(place, "A", NULL, &plain, SKETCH);
    add_scan(place, "B", NULL, &plain, OTHER_SKETCH);
}

/* Both journals as four things were remembered in them. */
struct saved {
    const char *path[2];
    char *bytes[2];
    size_t length[2];
};

static void save(struct saved *saved, struct place *place)
{
    remember_four(place);
    saved->path[0] = place->files;
    saved->path[1] = place->scans;
    for (int i = 0; i < 2; i++)
        saved->bytes[i] = read_file(saved->path[i], &saved->length[i]);
}

static void drop(struct saved *saved)
{
    free(saved->bytes[0]);
    free(saved->bytes[1]);
}

/* Whatever is in a file: what is said is right (the checks above), and a run that writes mends
 * it. Only so many bytes of file `which` are left. Returns how much was known. */
static unsigned survive(struct place *place, const struct saved *saved, int which,
                        size_t length)
{
    unsigned known;

    forge_known_close(place->known);
    place->known = NULL;
    for (int i = 0; i < 2; i++)
        write_file(saved->path[i], saved->bytes[i], i == which ? length : saved->length[i]);
    begin(place, false);
    known = known_of_four(place);
    begin(place, true);
    assert_int_equal(known_of_four(place), known);
    remember_four(place);
    assert_int_equal(known_of_four(place), 4);
    begin(place, false);
    assert_int_equal(known_of_four(place), 4);
    return known;
}

static void a_flipped_byte_is_never_believed(void **state)
{
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    size_t flipped = 0, unknown = 0;
    struct saved saved;
    struct place place;

    (void)state;
    open_place(&place);
    save(&saved, &place);
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i < saved.length[which]; i++, flipped++) {
            char *byte = &saved.bytes[which][i], was = *byte;
            unsigned known;

            *byte = (char)(was ^ flips[i % LENGTH(flips)]);
            known = survive(&place, &saved, which, saved.length[which]);
            *byte = was;
            assert_true(known < 4); /* each byte counts */
            unknown += 4 - known;
        }
    }
    drop(&saved);
    close_place(&place);
    printf("%zu bytes flipped: %zu answers were \"not known\", none was wrong\n", flipped,
           unknown);
}

static void a_torn_file_is_known_as_far_as_it_goes(void **state)
{
    size_t cuts = 0;
    struct saved saved;
    struct place place;

    (void)state;
    open_place(&place);
    save(&saved, &place);
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i <= saved.length[which]; i++, cuts++) {
            unsigned known = survive(&place, &saved, which, i);

            assert_in_range(known, 2, 4);
            assert_int_equal(known == 4, i == saved.length[which]);
        }
    }
    drop(&saved);
    close_place(&place);
    printf("%zu lengths\n", cuts);
}

/* A record whose checksum is right may still be none that we wrote. */
static void whole_records_of_nonsense_are_passed_over(void **state)
{
    static const char *const payloads[] = {
        "x",
        "no record of ours, but as long as one: sixty bytes of text ..",
        "\xff\xff\xff\xff no record of ours, and its length is too long ...............",
    };
    struct forge_journal *journal = NULL;
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    remember_four(&place);
    forge_known_close(place.known);
    place.known = NULL;
    for (int which = 0; which < 2; which++) {
        assert_true(forge_journal_open(&journal, which == 0 ? place.files : place.scans, &err));
        for (size_t i = 0; i < LENGTH(payloads); i++)
            assert_true(
                forge_journal_append(journal, payloads[i], strlen(payloads[i]), NULL, &err));
        assert_true(forge_journal_close(journal, &err));
    }
    begin(&place, true);
    assert_int_equal(known_of_four(&place), 4);
    close_place(&place);
}

static void a_scan_that_changes_behind_our_back_is_not_believed(void **state)
{
    struct place place;
    size_t length = 0;
    char *bytes;

    (void)state;
    open_place(&place);
    remember_four(&place);
    begin(&place, false);
    bytes = read_file(place.scans, &length);
    bytes[length - 1] ^= 1; /* of B's */
    write_file(place.scans, bytes, length);
    assert_true(scan_is_known(&place, "A", NULL, &plain, SKETCH));
    assert_false(scan_is_known(&place, "B", NULL, &plain, ""));
    free(bytes);
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
    add(&place, "0/1.nc", "0 1"); /* said twice */
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
        cmocka_unit_test(a_flipped_byte_is_never_believed),
        cmocka_unit_test(a_torn_file_is_known_as_far_as_it_goes),
        cmocka_unit_test(whole_records_of_nonsense_are_passed_over),
        cmocka_unit_test(a_scan_that_changes_behind_our_back_is_not_believed),
        cmocka_unit_test(many_threads_add_at_once),
        cmocka_unit_test(what_no_input_needs_is_forgotten),
        cmocka_unit_test(what_is_needed_is_not_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

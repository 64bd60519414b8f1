/* Lists of objects: what is written is read back, what is damaged is refused, and objects are
 * shared between versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "catalog/objects.h"
#include "support/folder.h"
#include "support/random.h"

enum { OBJECTS = 5000, FUZZ = 20000 };

/* Object i has a record of its own. */
static void make_record(struct forge_object_record *record, char path[64], uint64_t i)
{
    snprintf(path, 64, "v%llu/c/%llu", (unsigned long long)i % 5, (unsigned long long)i);
    *record = (struct forge_object_record){
        .key = {.encoding = i, .structure = ~i, .files = i << 40, .unknown = i % 11 == 0},
        .absent = i % 4 == 1,
        .path = path,
    };
    memset(record->key.digest.bytes, (int)i, FORGE_DIGEST_BYTES);
    if (!record->absent) {
        memset(record->digest.bytes, (int)i + 1, FORGE_DIGEST_BYTES);
        record->length = i == 7 ? UINT64_MAX : i * i;
    }
}

struct seen {
    uint64_t count, stop_after;
    bool any; /* of whatever records */
};

static bool see(void *context, const struct forge_object_record *record,
                struct forge_error *err)
{
    struct seen *seen = context;
    struct forge_object_record want;
    char path[64];

    (void)err;
    if (!seen->any) {
        make_record(&want, path, seen->count);
        assert_memory_equal(&record->key.digest, &want.key.digest, FORGE_DIGEST_BYTES);
        assert_true(record->key.encoding == want.key.encoding);
        assert_true(record->key.structure == want.key.structure);
        assert_true(record->key.files == want.key.files);
        assert_int_equal(record->key.unknown, want.key.unknown);
        assert_int_equal(record->absent, want.absent);
        assert_memory_equal(&record->digest, &want.digest, FORGE_DIGEST_BYTES);
        assert_true(record->length == want.length);
        assert_string_equal(record->path, want.path);
    }
    assert_true(record->path[0] != '/' && !strstr(record->path, ".."));
    return ++seen->count != seen->stop_after;
}

static uint64_t count_objects(void)
{
    struct seen seen = {0};
    struct forge_error err;

    if (!forge_objects_read(folder, see, &seen, &err))
        fail_msg("%s", err.text);
    return seen.count;
}

static void write_list(uint64_t count)
{
    struct forge_objects_writer writer = {0};
    struct forge_object_record record;
    struct forge_error err;
    char path[64];

    assert_true(forge_objects_begin(&writer, folder, count, &err));
    for (uint64_t i = 0; i < count; i++) {
        make_record(&record, path, i);
        assert_true(forge_objects_add(&writer, &record, &err));
    }
    if (!forge_objects_end(&writer, &err))
        fail_msg("%s", err.text);
    forge_objects_abandon(&writer);
}

/* Objects of a task are one payload: `each` of them. */
static void write_journal(uint64_t count, uint64_t each)
{
    struct forge_journal *journal = NULL;
    struct forge_text payload = {0};
    struct forge_object_record record;
    struct forge_error err;
    char path[64];

    assert_true(forge_journal_open(&journal, in_folder(FORGE_OBJECTS_JOURNAL), &err));
    for (uint64_t i = 0; i < count; i++) {
        make_record(&record, path, i);
        forge_object_record_write(&payload, &record);
        if ((i + 1) % each == 0 || i + 1 == count) {
            assert_true(
                forge_journal_append(journal, payload.bytes, payload.length, NULL, &err));
            payload.length = 0;
        }
    }
    assert_true(forge_journal_close(journal, &err));
    forge_text_clear(&payload);
}

static void what_is_listed_is_read_back(void **state)
{
    (void)state;
    assert_int_equal(count_objects(), 0);
    write_journal(100, 7);
    assert_int_equal(count_objects(), 100);
    write_list(OBJECTS); /* goes before the journal */
    assert_int_equal(count_objects(), OBJECTS);
    write_list(3);
    assert_int_equal(count_objects(), 3);
    write_list(0);
    assert_int_equal(count_objects(), 0);
    print_message("%d objects\n", OBJECTS);
}

static void a_list_that_was_begun_is_none(void **state)
{
    struct forge_objects_writer writer = {0};
    struct forge_object_record record;
    struct forge_error err;
    char path[64];

    (void)state;
    write_journal(10, 3);
    assert_true(forge_objects_begin(&writer, folder, 2, &err));
    make_record(&record, path, 0);
    assert_true(forge_objects_add(&writer, &record, &err));
    assert_int_equal(count_objects(), 10);
    assert_false(forge_objects_end(&writer, &err)); /* one is left */
    assert_int_equal(err.code, FORGE_FAILED);
    assert_true(forge_objects_add(&writer, &record, &err));
    assert_false(forge_objects_add(&writer, &record, &err)); /* one too many */
    forge_objects_abandon(&writer);
    forge_objects_abandon(&writer);
    assert_int_equal(count_objects(), 10);
    assert_int_equal(rmdir(in_folder("provenance")), 0); /* nothing was left in it */
}

static void a_visit_stops_the_reading(void **state)
{
    struct seen seen = {.stop_after = 4};
    struct forge_error err = {0};

    (void)state;
    write_list(OBJECTS);
    assert_true(forge_objects_read(folder, see, &seen, &err));
    assert_int_equal(seen.count, 4);
}

/* Every prefix of a list is refused, and so is every flipped byte; a journal gives what it has.
 */
static void a_list_that_is_not_complete_is_refused(void **state)
{
    const char *path = in_folder(FORGE_OBJECTS_LIST);
    size_t size, prefixes = 0, flips = 0;
    unsigned char *bytes;
    struct forge_error err;
    char want[256];

    (void)state;
    write_list(12);
    bytes = read_bytes(path, &size);
    for (; prefixes < size; prefixes++) {
        struct seen seen = {0};

        write_bytes(path, bytes, prefixes);
        assert_false(forge_objects_read(folder, see, &seen, &err));
        assert_int_equal(err.code, FORGE_BAD_TARGET);
        assert_non_null(strstr(err.text, path));
    }
    for (; flips < size; flips++) {
        struct seen seen = {0};

        bytes[flips] ^= 0x10;
        write_bytes(path, bytes, size);
        assert_false(forge_objects_read(folder, see, &seen, &err));
        assert_int_equal(err.code, FORGE_BAD_TARGET);
        bytes[flips] ^= 0x10;
    }
    write_bytes(path, bytes, size - 1);
    snprintf(want, sizeof want, "%s is not complete: it has 0 of its 12 objects", path);
    assert_false(forge_objects_read(folder, see, &(struct seen){0}, &err));
    assert_string_equal(err.text, want);
    write_bytes(path, bytes, 16);
    snprintf(want, sizeof want,
             "%s is not complete: it does not say how many objects there are", path);
    assert_false(forge_objects_read(folder, see, &(struct seen){0}, &err));
    assert_string_equal(err.text, want);
    free(bytes);
    print_message("%zu prefixes, %zu flipped bytes\n", prefixes, flips);
}

/* One payload, as if it were a journal's. */
static bool read_payload(const void *payload, size_t length, struct forge_error *err)
{
    const char *path = in_folder(FORGE_OBJECTS_JOURNAL);
    struct forge_journal *journal = NULL;
    struct seen seen = {.any = true};

    unlink(path);
    assert_true(forge_journal_open(&journal, path, err));
    assert_true(forge_journal_append(journal, payload, length, NULL, err));
    assert_true(forge_journal_close(journal, err));
    return forge_objects_read(folder, see, &seen, err);
}

static void payloads_that_make_no_sense_are_refused(void **state)
{
    static const char *const paths[] = {"..",  "/etc/passwd", "a/../b", "",
                                        "a//", "a\nb",        "./a",    "a/"};
    struct forge_text payload = {0};
    struct forge_object_record record;
    struct forge_error err;
    unsigned refused = 0;
    char path[64];

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        make_record(&record, path, 2);
        record.path = paths[i];
        payload.length = 0;
        forge_object_record_write(&payload, &record);
        assert_false(read_payload(payload.bytes, payload.length, &err));
        assert_int_equal(err.code, FORGE_BAD_TARGET);
    }
    payload.length = 0;
    for (uint64_t i = 0; i < 3; i++) {
        make_record(&record, path, i);
        forge_object_record_write(&payload, &record);
    }
    assert_true(read_payload(payload.bytes, payload.length, &err));
    for (unsigned i = 0; i < FUZZ; i++) {
        size_t length = 1 + below(payload.length);
        char *bytes = malloc(length); /* its end is where the sanitizer sees it */

        assert_non_null(bytes);
        memcpy(bytes, payload.bytes, length);
        for (uint64_t n = below(4); n > 0; n--)
            bytes[below(length)] = (char)below(256);
        if (i % 8 == 0) {
            for (size_t at = 0; at < length; at++)
                bytes[at] = (char)below(256);
        }
        if (!read_payload(bytes, length, &err)) {
            assert_int_equal(err.code, FORGE_BAD_TARGET);
            refused++;
        }
        free(bytes);
    }
    assert_true(refused > FUZZ / 2);
    forge_text_clear(&payload);
    print_message("%d payloads, %u refused\n", FUZZ, refused);
}

/* Sharing. */

static void check_share(const char *from_folder, const char *to_folder, const char *to,
                        bool copied)
{
    struct forge_error err;
    uint64_t bytes = 99;
    char path[PATH_MAX];
    struct stat status;
    unsigned char *got;
    size_t size;

    if (!forge_object_share(from_folder, "sst/c/0", to_folder, to, 5, &bytes, &err))
        fail_msg("%s", err.text);
    assert_int_equal(bytes, copied ? 5 : 0);
    snprintf(path, sizeof path, "%s/%s", to_folder, to);
    assert_int_equal(stat(path, &status), 0);
    if (copied)
        assert_int_equal(status.st_nlink, 1);
    else
        assert_true(status.st_nlink > 1);
    got = read_bytes(path, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(got, "bytes", 5);
    free(got);
}

static void make_source(char from[PATH_MAX], char to[PATH_MAX])
{
    struct forge_error err;

    snprintf(from, PATH_MAX, "%s/old", folder);
    snprintf(to, PATH_MAX, "%s/new", folder);
    assert_true(forge_folder_make(in_folder("old/sst/c"), &err));
    write_bytes(in_folder("old/sst/c/0"), "bytes", 5);
}

static void an_object_is_linked_and_its_folders_made(void **state)
{
    char from[PATH_MAX], to[PATH_MAX];

    (void)state;
    make_source(from, to);
    check_share(from, to, "sst/c/0", false);
    check_share(from, to, "sst/c/0", false); /* again */
    check_share(from, to, "other/c/0/7", false);
    write_bytes(in_folder("new/sst/c/1"), "what was there", 14);
    check_share(from, to, "sst/c/1", false);
    check_share(from, from, "sst/c/0", false); /* itself */
}

static void an_object_that_is_gone_or_has_another_size_is_missing(void **state)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct forge_error err;
    uint64_t copied = 99;

    (void)state;
    make_source(from, to);
    assert_false(forge_object_share(from, "sst/c/9", to, "a", 5, &copied, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_false(forge_object_share(from, "sst/c/0/1", to, "a", 5, &copied, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_false(forge_object_share(from, "sst/c", to, "a", 5, &copied, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_int_equal(symlink("0", in_folder("old/sst/c/link")), 0);
    assert_false(forge_object_share(from, "sst/c/link", to, "a", 1, &copied, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_false(forge_object_share(from, "sst/c/0", to, "a", 6, &copied, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_non_null(strstr(err.text, "old/sst/c/0 has 5 bytes where 6 should be"));
    write_bytes(in_folder("file"), "", 0);
    assert_false(forge_object_share(from, "sst/c/0", in_folder("file"), "a", 5, &copied, &err));
    assert_int_equal(err.code, FORGE_TARGET_IO);
    assert_int_equal(copied, 99);
    assert_false(is_file(in_folder("new/a")));
}

static void where_files_cannot_be_linked_objects_are_copied(void **state)
{
    char from[PATH_MAX], to[PATH_MAX], other[] = "/dev/shm/forge-test-XXXXXX";
    char unfinished[PATH_MAX];
    struct stat here, there;
    struct forge_error err;
    uint64_t copied = 0;

    (void)state;
    make_source(from, to);
    if (!mkdtemp(other))
        skip();
    assert_int_equal(stat(folder, &here), 0);
    assert_int_equal(stat(other, &there), 0);
    if (here.st_dev != there.st_dev) {
        size_t size = (3 << 20) + 17, got_size;
        unsigned char *bytes = calloc(1, size), *got;

        assert_non_null(bytes);
        check_share(from, other, "made/sst/c/0", true);
        check_share(from, other, "made/sst/c/0", true); /* replaced */
        snprintf(unfinished, sizeof unfinished, "%s/made/sst/c/.forge-put-0", other);
        assert_false(is_file(unfinished));
        for (size_t i = 0; i < size; i++)
            bytes[i] = (unsigned char)(i * 7 + i / 1000);
        write_bytes(in_folder("old/large"), bytes, size);
        assert_true(forge_object_share(from, "large", other, "large", size, &copied, &err));
        assert_int_equal(copied, size);
        snprintf(unfinished, sizeof unfinished, "%s/large", other);
        got = read_bytes(unfinished, &got_size);
        assert_int_equal(got_size, size);
        assert_memory_equal(got, bytes, size);
        free(got);
        free(bytes);
        print_message("copied between two file systems\n");
    }
    assert_true(forge_folder_remove(other, &err));
}

/* A file system has room for so many names of one file. */
static void one_name_too_many_is_a_copy(void **state)
{
    char from[PATH_MAX], to[PATH_MAX], name[32];
    long most = 0;
    struct forge_error err;
    uint64_t copied = 0;

    (void)state;
    make_source(from, to);
    most = pathconf(from, _PC_LINK_MAX);
    if (most < 2 || most > 70000)
        skip();
    for (long i = 1; i < most; i++) {
        snprintf(name, sizeof name, "%ld/%ld", i % 100, i);
        assert_true(forge_object_share(from, "sst/c/0", to, name, 5, &copied, &err));
        assert_int_equal(copied, 0);
    }
    check_share(from, to, "copy", true);
    print_message("%ld names of one file\n", most);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(what_is_listed_is_read_back),
        ONE(a_list_that_was_begun_is_none),
        ONE(a_visit_stops_the_reading),
        ONE(a_list_that_is_not_complete_is_refused),
        ONE(payloads_that_make_no_sense_are_refused),
        ONE(an_object_is_linked_and_its_folders_made),
        ONE(an_object_that_is_gone_or_has_another_size_is_missing),
        ONE(where_files_cannot_be_linked_objects_are_copied),
        ONE(one_name_too_many_is_a_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

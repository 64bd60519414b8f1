/* The manifest of a version: every file with its digest, as sha256sum reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <spawn.h>
#include <sys/wait.h>

#include "catalog/objects.h"
#include "storage/store.h"
#include "support/folder.h"

extern char **environ;

enum { OBJECTS = 60 };

static void put(const char *path, const void *bytes, size_t length)
{
    struct forge_store *store = NULL;
    struct forge_error err;

    assert_true(forge_store_open_file(&store, folder, &err));
    if (!forge_store_put(store, path, bytes, length, &err))
        fail_msg("%s", err.text);
    forge_store_close(store);
}

/* Object i: "sst/c/0/0", .., "a\b/c/0/59"; every seventh is all fill. */
static bool object(struct forge_object_record *record, char path[64], char bytes[64], int i)
{
    snprintf(path, 64, "%s/c/%d/%d", i % 2 ? "sst" : "a\\b", i / 30, i);
    snprintf(bytes, 64, "the bytes of object %d", i);
    *record = (struct forge_object_record){
        .path = path, .absent = i % 7 == 3, .length = strlen(bytes)};
    memset(record->key.digest.bytes, i, FORGE_DIGEST_BYTES);
    forge_digest_of(&record->digest, bytes, strlen(bytes));
    return !record->absent;
}

static void make_version(void)
{
    struct forge_objects_writer writer = {0};
    struct forge_error err;

    assert_true(forge_objects_begin(&writer, folder, OBJECTS, &err));
    for (int i = 0; i < OBJECTS; i++) {
        struct forge_object_record record;
        char path[64], bytes[64], key[128];

        if (object(&record, path, bytes, i)) {
            snprintf(key, sizeof key, "data.zarr/%s", path);
            put(key, bytes, strlen(bytes));
        }
        assert_true(forge_objects_add(&writer, &record, &err));
    }
    assert_true(forge_objects_end(&writer, &err));
    put("data.zarr/zarr.json", "{}", 2);
    put("data.zarr/sst/zarr.json", "{\"a\": 1}", 8);
    put("provenance/run.json", "", 0);
    put("provenance/recipe \\ with spaces.yaml", "x", 1);
}

static void write_manifest(void)
{
    struct forge_error err;

    if (!forge_manifest_write(folder, "data.zarr", &err))
        fail_msg("%s", err.text);
}

/* The exit status of `sha256sum --check --strict --quiet` in the folder. */
static int judge(void)
{
    char command[] =
        "cd \"$0\" && exec sha256sum -c --strict --quiet *manifest-sha256.txt >out 2>&1";
    char *const args[] = {"sh", "-c", command, folder, NULL};
    pid_t child;
    int status;

    assert_int_equal(posix_spawnp(&child, "sh", NULL, NULL, args, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(in_folder("out"));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static size_t count_lines(void)
{
    size_t length, count = 0;
    char *text = (char *)read_bytes(in_folder(FORGE_MANIFEST), &length);
    char *rest = NULL, before[PATH_MAX] = "";

    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *path = strstr(line, "  ") + 2;

        assert_true(strcmp(before, path) < 0);
        snprintf(before, sizeof before, "%s", path);
        count++;
    }
    free(text);
    return count;
}

static void sha256sum_finds_every_file_as_it_is_listed(void **state)
{
    size_t lines;

    (void)state;
    make_version();
    write_manifest();
    lines = count_lines();
    assert_int_equal(lines, OBJECTS - 9 + 4 + 1); /* 9 are fill; 4 files more, and the list */
    assert_int_equal(judge(), 0);
    write_manifest(); /* again: it does not list itself */
    assert_int_equal(count_lines(), lines);
    assert_int_equal(judge(), 0);
    print_message("sha256sum found %zu files\n", lines);
}

static void sha256sum_names_each_file_that_changed(void **state)
{
    size_t found = 0;

    (void)state;
    make_version();
    write_manifest();
    for (int i = 0; i < OBJECTS; i++) {
        struct forge_object_record record;
        char path[64], bytes[64], key[128];

        if (!object(&record, path, bytes, i))
            continue;
        snprintf(key, sizeof key, "data.zarr/%s", path);
        put(key, "the bytes of nothing..", strlen(bytes));
        assert_int_equal(judge(), 1);
        put(key, bytes, strlen(bytes));
        found++;
    }
    assert_int_equal(judge(), 0);
    print_message("%zu changed objects\n", found);
}

/* Digests of objects are those that the list has: their bytes were hashed when written. */
static void objects_are_not_read_again(void **state)
{
    (void)state;
    make_version();
    put("data.zarr/sst/c/0/1", "the bytes of Object 1", 21);
    write_manifest();
    assert_int_equal(judge(), 1);
}

static void check_refusal(const char *want)
{
    struct forge_error err;
    char text[256];

    snprintf(text, sizeof text, want, folder);
    assert_false(forge_manifest_write(folder, "data.zarr", &err));
    assert_string_equal(err.text, text);
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_false(is_file(in_folder(FORGE_MANIFEST)));
    assert_false(is_file(in_folder(".forge-put-" FORGE_MANIFEST)));
}

static void a_store_that_is_not_as_listed_has_no_manifest(void **state)
{
    (void)state;
    make_version();
    assert_int_equal(unlink(in_folder("data.zarr/sst/c/0/1")), 0);
    check_refusal("the object %s/data.zarr/sst/c/0/1 is listed, and is not there");
    put("data.zarr/sst/c/0/1", "short", 5);
    check_refusal("the object %s/data.zarr/sst/c/0/1 has 5 bytes, and is listed with 21");
    put("data.zarr/sst/c/0/1", "the bytes of object 1", 21);
    put("data.zarr/sst/c/0/3", "", 0);
    check_refusal("the object %s/data.zarr/sst/c/0/3 is there, and is listed as left out");
    assert_int_equal(unlink(in_folder("data.zarr/sst/c/0/3")), 0);
    assert_int_equal(unlink(in_folder("data.zarr/sst/c/1/57")), 0);
    assert_int_equal(unlink(in_folder("data.zarr/sst/zarr.json")), 0);
    check_refusal("the object %s/data.zarr/sst/c/1/57 is listed, and is not there");
}

static void a_list_that_names_an_object_twice_is_refused(void **state)
{
    struct forge_object_record record = {.path = "a", .length = 1};
    struct forge_objects_writer writer = {0};
    struct forge_error err;

    (void)state;
    put("data.zarr/a", "x", 1);
    assert_true(forge_objects_begin(&writer, folder, 2, &err));
    assert_true(forge_objects_add(&writer, &record, &err));
    assert_true(forge_objects_add(&writer, &record, &err));
    assert_true(forge_objects_end(&writer, &err));
    check_refusal("%s/data.zarr/a is listed twice");
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(sha256sum_finds_every_file_as_it_is_listed),
        ONE(sha256sum_names_each_file_that_changed),
        ONE(objects_are_not_read_again),
        ONE(a_store_that_is_not_as_listed_has_no_manifest),
        ONE(a_list_that_names_an_object_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

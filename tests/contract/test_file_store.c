/* A store in a directory: what only a directory can show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/store_world.h"

static void write_beside(const struct place *place, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", place->store->url, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_broken_put_leaves_nothing_that_is_listed(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};
    char path[256];

    put_text(store, "a/k", "x");
    write_beside(*state, "a/.forge-put-1-0", "half");
    check_list(store, "", -1, "a/k=1 ");
    assert_true(forge_store_sweep(store, &err));
    snprintf(path, sizeof path, "%s/a/.forge-put-1-0", store->url);
    assert_int_equal(access(path, F_OK), -1);
    check_text(store, "a/k", "x");
}

static void a_put_goes_around_what_a_process_of_the_same_number_left(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};

    put_text(store, "a/k", "0");
    for (int i = 0; i < 5; i++) {
        char name[64];

        snprintf(name, sizeof name, "a/.forge-put-%ld-%d", (long)getpid(), i);
        write_beside(*state, name, "half");
    }
    put_text(store, "a/k", "1");
    check_text(store, "a/k", "1");
    assert_true(forge_store_sweep(store, &err));
    check_list(store, "", -1, "a/k=1 ");
}

static void a_put_that_breaks_off_is_told_and_the_old_value_stays(void **state)
{
    struct forge_store *store = store_of(state);
    struct rlimit before, small;
    struct forge_error err = {0};
    char want[256], *big = calloc(1, 20000);
    bool done;

    put_text(store, "a/k", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    done = forge_store_put(store, "a/k", big, 20000, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    free(big);
    assert_false(done);
    assert_int_equal(err.code, FORGE_TARGET_IO);
    snprintf(want, sizeof want, "the file would be too large while writing %s/a/k", store->url);
    assert_string_equal(err.text, want);
    check_text(store, "a/k", "old");
    assert_true(forge_store_remove(store, "a/k", &err));
    check_list(store, "", -1, "");
    snprintf(want, sizeof want, "%s/a", store->url);
    assert_int_equal(access(want, F_OK), -1); /* so nothing unfinished is in it either */
}

static void what_stands_in_the_way_is_told(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};
    char want[256];

    put_text(store, "a/k", "x");
    assert_false(forge_store_put(store, "a", "y", 1, &err));
    snprintf(want, sizeof want, "a folder is in the way while writing %s/a", store->url);
    assert_string_equal(err.text, want);
    assert_false(forge_store_put(store, "a/k/l", "y", 1, &err));
    snprintf(want, sizeof want, "a file is in the way while writing %s/a/k/l", store->url);
    assert_string_equal(err.text, want);
    check_list(store, "", -1, "a/k=1 ");
}

static void too_many_open_files_are_told(void **state)
{
    struct forge_store *store = store_of(state);
    struct rlimit before, none;
    struct forge_object *object = NULL;
    struct forge_object_status status;
    struct forge_error put_err = {0}, open_err = {0};
    bool put, opened;
    char want[256];

    put_text(store, "k", "x");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    put = forge_store_put(store, "k", "y", 1, &put_err);
    opened = forge_object_open(&object, store, "k", &status, &open_err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(put);
    assert_false(opened);
    snprintf(want, sizeof want, "too many open files while writing %s/k", store->url);
    assert_string_equal(put_err.text, want);
    snprintf(want, sizeof want, "too many open files while opening %s/k", store->url);
    assert_string_equal(open_err.text, want);
    assert_int_equal(put_err.code, FORGE_TARGET_IO);
    assert_int_equal(open_err.code, FORGE_SOURCE_IO);
    check_text(store, "k", "x");
}

static void links_are_listed_only_where_they_stay_inside(void **state)
{
    struct forge_store *store = store_of(state);
    const struct place *place = *state;
    char at[256], to[256];

    put_text(store, "real/f", "12");
    snprintf(at, sizeof at, "%s/inside", store->url);
    assert_int_equal(symlink("real/f", at), 0);
    snprintf(at, sizeof at, "%s/outside", store->url);
    snprintf(to, sizeof to, "%s/secret", place->folder);
    assert_int_equal(close(open(to, O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(symlink(to, at), 0);
    snprintf(at, sizeof at, "%s/up", store->url);
    assert_int_equal(symlink("..", at), 0);
    snprintf(at, sizeof at, "%s/circle", store->url);
    assert_int_equal(symlink(".", at), 0);
    snprintf(at, sizeof at, "%s/dangling", store->url);
    assert_int_equal(symlink("nothing", at), 0);
    snprintf(at, sizeof at, "%s/pipe", store->url);
    assert_int_equal(mkfifo(at, 0600), 0);
    write_beside(place, "two\nlines", "x");
    check_list(store, "", -1, "inside=2 real/f=2 ");
}

static void folders_and_pipes_are_no_objects(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_object *object = NULL;
    struct forge_object_status status;
    struct forge_error err = {0};
    char path[256];

    put_text(store, "a/k", "x");
    assert_false(forge_object_open(&object, store, "a", &status, &err));
    snprintf(path, sizeof path, "%s/a is a folder, not a file", store->url);
    assert_string_equal(err.text, path);
    snprintf(path, sizeof path, "%s/pipe", store->url);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(forge_object_open(&object, store, "pipe", &status, &err));
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
}

static void folders_nested_without_end_are_refused(void **state)
{
    struct forge_store *store = store_of(state);
    char key[256] = "";
    struct forge_error err = {0};

    for (int i = 0; i < 101; i++)
        memcpy(key + strlen(key), "d/", 3);
    memcpy(key + strlen(key), "k", 2);
    put_text(store, key, "x");
    assert_false(forge_store_list(store, "", note, NULL, &err));
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
    assert_non_null(strstr(err.text, "folders are nested deeper than 100"));
}

static void the_root_reads_any_file_by_its_absolute_path(void **state)
{
    const struct place *place = *state;
    struct forge_store *root = NULL;
    struct forge_error err = {0};

    put_text(place->store, "a/k", "x");
    assert_true(forge_store_open_file(&root, "/", &err));
    assert_string_equal(root->url, "");
    {
        char key[256];

        snprintf(key, sizeof key, "%s/a/k", place->store->url + 1);
        check_text(root, key, "x");
    }
    check_missing(root, "no-such-file");
    forge_store_close(root);
}

static void who_opened_through_a_link_stays_where_it_led(void **state)
{
    const struct place *place = *state;
    struct forge_store *current = NULL;
    struct forge_error err = {0};
    char at[256], next[256];

    put_text(place->store, "1/k", "one");
    put_text(place->store, "2/k", "two");
    snprintf(at, sizeof at, "%s/current", place->store->url);
    snprintf(next, sizeof next, "%s/next", place->store->url);
    assert_int_equal(symlink("1", at), 0);
    assert_true(forge_store_open_file(&current, at, &err));
    assert_int_equal(symlink("2", next), 0);
    assert_int_equal(rename(next, at), 0);
    check_text(current, "k", "one");
    forge_store_close(current);
    assert_true(forge_store_open_file(&current, at, &err));
    check_text(current, "k", "two");
    forge_store_close(current);
}

static void a_file_is_no_directory(void **state)
{
    const struct place *place = *state;
    struct forge_store *store = NULL;
    struct forge_error err = {0};
    char path[256], want[300];

    put_text(place->store, "k", "x");
    snprintf(path, sizeof path, "%s/k", place->store->url);
    assert_false(forge_store_open_file(&store, path, &err));
    snprintf(want, sizeof want, "a file is in the way while opening %s", path);
    assert_string_equal(err.text, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(file, a_broken_put_leaves_nothing_that_is_listed),
        NAMED(file, a_put_goes_around_what_a_process_of_the_same_number_left),
        NAMED(file, a_put_that_breaks_off_is_told_and_the_old_value_stays),
        NAMED(file, what_stands_in_the_way_is_told),
        NAMED(file, too_many_open_files_are_told),
        NAMED(file, links_are_listed_only_where_they_stay_inside),
        NAMED(file, folders_and_pipes_are_no_objects),
        NAMED(file, folders_nested_without_end_are_refused),
        NAMED(file, the_root_reads_any_file_by_its_absolute_path),
        NAMED(file, who_opened_through_a_link_stays_where_it_led),
        NAMED(file, a_file_is_no_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

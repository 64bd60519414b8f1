/* Every store keeps the same promises: one table of stores, one test of each sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store.h"

struct place {
    char folder[64];
    struct forge_store *store;
};

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static int open_file(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct forge_error err = {0};
    char directory[128];

    strcpy(place->folder, "/tmp/forge-stores-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(directory, sizeof directory, "%s/made/later", place->folder);
    assert_true(forge_store_open_file(&place->store, directory, &err));
    *state = place;
    return 0;
}

static int open_memory(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    place->store = forge_store_open_memory();
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    forge_store_close(place->store);
    if (place->folder[0])
        nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(place);
    return 0;
}

static struct forge_store *store_of(void **state)
{
    return ((struct place *)*state)->store;
}

static void put_text(struct forge_store *store, const char *key, const char *text)
{
    struct forge_error err = {0};

    if (!forge_store_put(store, key, text, strlen(text), &err))
        fail_msg("put %s: %s", key, err.text);
}

static void check_text(struct forge_store *store, const char *key, const char *want)
{
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    char *bytes = NULL;
    size_t length = 0;

    if (!forge_store_get(&bytes, &length, store, key, &arena, 1 << 20, &err))
        fail_msg("get %s: %s", key, err.text);
    assert_int_equal(length, strlen(want));
    assert_string_equal(bytes, want);
    forge_arena_clear(&arena);
}

static void check_missing(struct forge_store *store, const char *key)
{
    struct forge_object *object = NULL;
    struct forge_object_status status;
    struct forge_error err = {0};
    char want[256];

    assert_false(forge_object_open(&object, store, key, &status, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    snprintf(want, sizeof want, "%s/%s is not there", store->url, key);
    assert_string_equal(err.text, want);
    assert_null(object);
}

static void what_was_put_is_read_back(void **state)
{
    struct forge_store *store = store_of(state);

    put_text(store, "a/b/c", "first");
    put_text(store, "a/b/d", "");
    put_text(store, "top", "second");
    check_text(store, "a/b/c", "first");
    check_text(store, "a/b/d", "");
    check_text(store, "top", "second");
}

static void what_is_not_there_is_missing(void **state)
{
    struct forge_store *store = store_of(state);

    check_missing(store, "a");
    put_text(store, "a/b", "x");
    check_missing(store, "b");
    check_missing(store, "a/c");
    check_missing(store, "a/b/c");
}

static void a_put_replaces_the_whole_value(void **state)
{
    struct forge_store *store = store_of(state);

    put_text(store, "a/k", "a long first value");
    put_text(store, "a/k", "short");
    check_text(store, "a/k", "short");
}

static void who_opened_a_value_keeps_it(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_object *object = NULL;
    struct forge_object_status before, after;
    struct forge_error err = {0};
    char bytes[4] = "";

    put_text(store, "k", "old");
    assert_true(forge_object_open(&object, store, "k", &before, &err));
    put_text(store, "k", "newer");
    assert_true(forge_object_read(object, 0, bytes, 3, &err));
    assert_string_equal(bytes, "old");
    forge_object_close(object);
    assert_true(forge_object_open(&object, store, "k", &after, &err));
    assert_int_equal(after.size, 5);
    assert_true(before.serial != after.serial);
    assert_true(forge_store_remove(store, "k", &err));
    assert_true(forge_object_read(object, 1, bytes, 3, &err));
    assert_string_equal(bytes, "ewe");
    forge_object_close(object);
}

static void ranges_are_exact_or_refused(void **state)
{
    static const struct {
        uint64_t offset;
        size_t length;
        const char *want; /* NULL: refused */
    } rows[] = {
        {0, 10, "0123456789"}, {3, 4, "3456"},       {9, 1, "9"},
        {10, 0, ""},           {0, 11, NULL},        {10, 1, NULL},
        {UINT64_MAX, 1, NULL}, {INT64_MAX, 2, NULL}, {UINT64_MAX - 1, 4, NULL},
    };
    struct forge_store *store = store_of(state);
    struct forge_object *object = NULL;
    struct forge_object_status status;
    struct forge_error err = {0};

    put_text(store, "k", "0123456789");
    assert_true(forge_object_open(&object, store, "k", &status, &err));
    assert_int_equal(status.size, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char bytes[16] = "";
        bool read = forge_object_read(object, rows[i].offset, bytes, rows[i].length, &err);

        assert_int_equal(read, rows[i].want != NULL);
        if (read)
            assert_string_equal(bytes, rows[i].want);
        else
            assert_int_equal(err.code, FORGE_BAD_SOURCE);
    }
    forge_object_close(object);
}

static void what_was_removed_is_missing(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};

    put_text(store, "a/b/c", "x");
    put_text(store, "a/d", "y");
    assert_true(forge_store_remove(store, "a/b/c", &err));
    check_missing(store, "a/b/c");
    check_text(store, "a/d", "y");
    assert_true(forge_store_remove(store, "a/b/c", &err));
    assert_true(forge_store_remove(store, "never/was", &err));
    put_text(store, "a/b", "a value where a folder was");
    check_text(store, "a/b", "a value where a folder was");
}

struct listing {
    char text[512];
    int left; /* stop after so many; negative: never */
};

static bool note(void *context, const char *key, const struct forge_object_status *status)
{
    struct listing *listing = context;

    snprintf(listing->text + strlen(listing->text),
             sizeof listing->text - strlen(listing->text), "%s=%llu ", key,
             (unsigned long long)status->size);
    return --listing->left != 0;
}

static void check_list(struct forge_store *store, const char *prefix, int stop,
                       const char *want)
{
    struct listing listing = {.left = stop};
    struct forge_error err = {0};

    if (!forge_store_list(store, prefix, note, &listing, &err))
        fail_msg("list \"%s\": %s", prefix, err.text);
    assert_string_equal(listing.text, want);
}

static void lists_are_sorted_by_the_bytes_of_keys(void **state)
{
    static const char *const keys[] = {"b/10",     "a/x", "b/9", "a.b", "a-",      "b/9/..x",
                                       "\xc3\xa9", "z",   "B",   "a0",  "b/10.nc", "b-/1"};
    struct forge_store *store = store_of(state);

    check_list(store, "", -1, "");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i], "b/9") != 0) /* cannot be beside b/9/..x in a directory */
            put_text(store, keys[i], keys[i]);
    }
    check_list(store, "", -1,
               "B=1 a-=2 a.b=3 a/x=3 a0=2 b-/1=4 b/10=4 b/10.nc=7 b/9/..x=7 z=1 \xc3\xa9=2 ");
    check_list(store, "b", -1, "b/10=4 b/10.nc=7 b/9/..x=7 ");
    check_list(store, "b/9", -1, "b/9/..x=7 ");
    check_list(store, "b/1", -1, "");
    check_list(store, "none", -1, "");
    check_list(store, "", 3, "B=1 a-=2 a.b=3 ");
    check_list(store, "b", 1, "b/10=4 ");
}

static bool remove_it(void *context, const char *key, const struct forge_object_status *status)
{
    struct forge_error err = {0};

    (void)status;
    return forge_store_remove(context, key, &err);
}

static void a_visit_may_change_the_store(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};

    put_text(store, "a/1", "x");
    put_text(store, "a/2", "x");
    put_text(store, "b", "x");
    assert_true(forge_store_list(store, "", remove_it, store, &err));
    check_list(store, "", -1, "");
}

static void unsafe_keys_are_refused(void **state)
{
    static const char *const keys[] = {
        "",  "/",   "/a",    "a/",   "a//b",   "..",    "../x",   "a/../b", "a/..",
        ".", "./a", "a/./b", "a\nb", "\x1b[m", "a\x7f", "a/\x01", "//",     "../../etc/passwd"};
    struct forge_store *store = store_of(state);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct forge_object *object = NULL;
        struct forge_object_status status;
        struct forge_error err = {0};
        char want[256];

        snprintf(want, sizeof want, "\"%s\" cannot be a key in %s", keys[i], store->url);
        assert_false(forge_key_is_safe(keys[i]));
        assert_false(forge_store_put(store, keys[i], "x", 1, &err));
        assert_string_equal(err.text, want);
        assert_false(forge_object_open(&object, store, keys[i], &status, &err));
        assert_string_equal(err.text, want);
        assert_false(forge_store_remove(store, keys[i], &err));
        assert_string_equal(err.text, want);
        if (keys[i][0]) {
            assert_false(forge_store_list(store, keys[i], note, NULL, &err));
            assert_string_equal(err.text, want);
        }
    }
    check_list(store, "", -1, "");
}

static void odd_but_safe_keys_are_taken(void **state)
{
    static const char *const keys[] = {"...",  ".zattrs", "a..b/..c", " ",
                                       "a\\b", "-",       "t/c/0/0"};
    struct forge_store *store = store_of(state);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        put_text(store, keys[i], keys[i]);
        check_text(store, keys[i], keys[i]);
    }
}

static void more_than_the_limit_is_not_taken(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    char *bytes = NULL, want[256];
    size_t length = 0;

    put_text(store, "k", "12345");
    assert_true(forge_store_get(&bytes, &length, store, "k", &arena, 5, &err));
    assert_false(forge_store_get(&bytes, &length, store, "k", &arena, 4, &err));
    snprintf(want, sizeof want, "%s/k has 5 bytes, more than the 4 that are allowed",
             store->url);
    assert_string_equal(err.text, want);
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
    forge_arena_clear(&arena);
}

/* Writers put runs of one letter of several lengths; a reader must never see a mix. */
enum { WRITERS = 4, ROUNDS = 150, VALUE_MAX = 70000 };

struct race {
    struct forge_store *store;
    char letter;
    int bad;
};

static void *write_many(void *context)
{
    struct race *race = context;
    char *value = malloc(VALUE_MAX);
    struct forge_error err = {0};

    memset(value, race->letter, VALUE_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        size_t length = (size_t)(i * 7919 % VALUE_MAX) + 1;

        race->bad += !forge_store_put(race->store, "deep/er/k", value, length, &err);
    }
    free(value);
    return NULL;
}

static void *read_many(void *context)
{
    struct race *race = context;

    for (int i = 0; i < ROUNDS; i++) {
        struct forge_arena arena = {0};
        struct forge_error err = {0};
        char *bytes = NULL;
        size_t length = 0;

        if (!forge_store_get(&bytes, &length, race->store, "deep/er/k", &arena, VALUE_MAX,
                             &err))
            race->bad++;
        for (size_t at = 1; at < length && bytes[0] < 't'; at++)
            race->bad += bytes[at] != bytes[0];
        forge_arena_clear(&arena);
    }
    return NULL;
}

static void readers_see_one_whole_value(void **state)
{
    struct race races[WRITERS + 2];
    pthread_t threads[WRITERS + 2];

    put_text(store_of(state), "deep/er/k", "there all along");
    for (int i = 0; i < WRITERS + 2; i++) {
        races[i] = (struct race){store_of(state), (char)('a' + i), 0};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < WRITERS ? write_many : read_many, &races[i]),
            0);
    }
    for (int i = 0; i < WRITERS + 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(races[i].bad, 0);
    }
}

static void syncing_and_sweeping_keep_what_was_put(void **state)
{
    struct forge_store *store = store_of(state);
    struct forge_error err = {0};

    assert_true(forge_store_sync(store, &err));
    assert_true(forge_store_sweep(store, &err));
    put_text(store, "a/k", "x");
    assert_true(forge_store_sync(store, &err));
    assert_true(forge_store_sweep(store, &err));
    check_list(store, "", -1, "a/k=1 ");
}

/* What only a directory can show. */

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

#define NAMED(kind, test)                                                                      \
    {                                                                                          \
#kind ": " #test, test, open_##kind, close_place, NULL                                 \
    }
#define EVERY(test) NAMED(file, test), NAMED(memory, test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERY(what_was_put_is_read_back),
        EVERY(what_is_not_there_is_missing),
        EVERY(a_put_replaces_the_whole_value),
        EVERY(who_opened_a_value_keeps_it),
        EVERY(ranges_are_exact_or_refused),
        EVERY(what_was_removed_is_missing),
        EVERY(lists_are_sorted_by_the_bytes_of_keys),
        EVERY(a_visit_may_change_the_store),
        EVERY(unsafe_keys_are_refused),
        EVERY(odd_but_safe_keys_are_taken),
        EVERY(more_than_the_limit_is_not_taken),
        EVERY(readers_see_one_whole_value),
        EVERY(syncing_and_sweeping_keep_what_was_put),
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

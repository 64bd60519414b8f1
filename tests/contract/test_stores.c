/* Every store keeps the same promises: one table of stores, one test of each sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/store_world.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

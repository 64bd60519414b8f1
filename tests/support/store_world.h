/* store_world.h: what tests of stores share: a store in a folder of its own or in memory, and
 * what is in it. */
#ifndef TESTS_SUPPORT_STORE_WORLD_H
#define TESTS_SUPPORT_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/store.h"

struct place {
    char folder[64];
    struct forge_store *store;
};

static inline int remove_one(const char *path, const struct stat *found, int kind,
                             struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static inline int open_file(void **state)
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

static inline int open_memory(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    place->store = forge_store_open_memory();
    *state = place;
    return 0;
}

static inline int close_place(void **state)
{
    struct place *place = *state;

    forge_store_close(place->store);
    if (place->folder[0])
        nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(place);
    return 0;
}

static inline struct forge_store *store_of(void **state)
{
    return ((struct place *)*state)->store;
}

static inline void put_text(struct forge_store *store, const char *key, const char *text)
{
    struct forge_error err = {0};

    if (!forge_store_put(store, key, text, strlen(text), &err))
        fail_msg("put %s: %s", key, err.text);
}

static inline void check_text(struct forge_store *store, const char *key, const char *want)
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

static inline void check_missing(struct forge_store *store, const char *key)
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

struct listing {
    char text[512];
    int left; /* stop after so many; negative: never */
};

static inline bool note(void *context, const char *key,
                        const struct forge_object_status *status)
{
    struct listing *listing = context;

    snprintf(listing->text + strlen(listing->text),
             sizeof listing->text - strlen(listing->text), "%s=%llu ", key,
             (unsigned long long)status->size);
    return --listing->left != 0;
}

static inline void check_list(struct forge_store *store, const char *prefix, int stop,
                              const char *want)
{
    struct listing listing = {.left = stop};
    struct forge_error err = {0};

    if (!forge_store_list(store, prefix, note, &listing, &err))
        fail_msg("list \"%s\": %s", prefix, err.text);
    assert_string_equal(listing.text, want);
}

#define NAMED(kind, test)                                                                      \
    {                                                                                          \
#kind ": " #test, test, open_##kind, close_place, NULL                                 \
    }

#endif

/* bakery.h: a bakery in a folder of its own, and versions in it, for tests. */
#ifndef FORGE_TESTS_BAKERY_H
#define FORGE_TESTS_BAKERY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "catalog/folders.h"
#include "catalog/history.h"

#define NOW_US (INT64_C(981173106) * 1000000) /* 2001-02-03T04:05:06Z */
#define DAY_US (INT64_C(86400) * 1000000)
#define SEED "0123456789abcdef"

struct place {
    struct forge_arena arena;
    struct forge_bakery bakery;
    char folder[64];
};

static inline void open_place(struct place *place)
{
    struct forge_error err;

    *place = (struct place){.folder = "/tmp/forge-bakery-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    assert_true(forge_bakery_open(&place->bakery, &place->arena, place->folder, &err));
}

static inline void close_place(struct place *place)
{
    struct forge_error err;

    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
}

static inline const char *below(struct place *place, const char *path)
{
    return forge_arena_print(&place->arena, "%s/%s", place->folder, path);
}

static inline bool is_there(struct place *place, const char *path)
{
    struct stat status;

    return lstat(below(place, path), &status) == 0;
}

static inline void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void begin_at(struct forge_version *version, struct place *place, int64_t now_us)
{
    struct forge_error err;

    assert_true(forge_version_lock(version, &place->bakery, "sst", &err));
    assert_true(forge_version_begin(version, now_us, SEED, &err));
    assert_true(forge_folder_make(
        forge_arena_print(&place->arena, "%s/data.zarr", version->staging), &err));
    write_text(forge_arena_print(&place->arena, "%s/data.zarr/zarr.json", version->staging),
               version->id);
}

/* Begin a version of "sst" with one object. */
static inline void begin(struct forge_version *version, struct place *place)
{
    begin_at(version, place, NOW_US);
}

static inline const char *publish_at(struct place *place, int64_t now_us)
{
    struct forge_version version;
    struct forge_error err;

    begin_at(&version, place, now_us);
    assert_true(forge_version_publish(&version, now_us, "run", &err));
    return version.id;
}

static inline void publish(struct place *place)
{
    publish_at(place, NOW_US);
}

#endif

/* known_place.h: a bakery with what is known of inputs, and every answer checked: what was
 * remembered, or nothing. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_KNOWN_PLACE_H
#define FORGE_TESTS_SUPPORT_KNOWN_PLACE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/folders.h"
#include "run/known.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define SECOND_NS INT64_C(1000000000)
#define MODIFIED_NS (981173106 * SECOND_NS) /* 2001-02-03T04:05:06Z */
#define LATER_NS (MODIFIED_NS + 3600 * SECOND_NS)

struct place {
    struct forge_arena arena;
    struct forge_bakery bakery;
    char folder[64];
    const char *files, *scans;
    struct forge_known *known;
};

static inline void begin(struct place *place, bool writable)
{
    struct forge_error err;

    forge_known_close(place->known);
    place->known = NULL;
    if (!forge_known_open(&place->known, &place->bakery, "sst", writable, &err) ||
        !forge_known_load_scans(place->known, &err))
        fail_msg("%s", err.text);
}

static inline void open_place(struct place *place)
{
    struct forge_error err;

    *place = (struct place){.folder = "/tmp/forge-known-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    assert_true(forge_bakery_open(&place->bakery, &place->arena, place->folder, &err));
    place->files = forge_arena_print(&place->arena, "%s/state/inputs/sst/files", place->folder);
    place->scans = forge_arena_print(&place->arena, "%s/state/inputs/sst/scans", place->folder);
    begin(place, true);
}

static inline void close_place(struct place *place)
{
    struct forge_error err;

    forge_known_close(place->known);
    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
}

static const struct forge_object_status status_1 = {1000, MODIFIED_NS, 7};

static inline struct forge_digest digest_of(const char *text)
{
    struct forge_digest digest;

    forge_digest_of(&digest, text, strlen(text));
    return digest;
}

/* The file at `url` holds `text`. */
static inline void add_at(struct place *place, const char *url, const char *text,
                          int64_t hashed_ns)
{
    const struct forge_digest digest = digest_of(text);
    struct forge_error err;

    if (!forge_known_add_digest(place->known, url, &status_1, &digest, hashed_ns, &err))
        fail_msg("%s", err.text);
}

static inline void add(struct place *place, const char *url, const char *text)
{
    add_at(place, url, text, LATER_NS);
}

static inline bool is_known(struct place *place, const char *url, const char *text)
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

static inline void add_scan(struct place *place, const char *text, const char *format,
                            const struct forge_scan_request *request, const char *line)
{
    const struct forge_digest digest = digest_of(text);
    const struct forge_file file = {.url = "a.nc", .format = "netcdf3", .status = status_1};
    struct forge_dataset dataset = sketch(&place->arena, "a.nc", line);
    struct forge_error err;

    if (!forge_known_add_scan(place->known, &digest, format, request, &file, &dataset, &err))
        fail_msg("%s", err.text);
}

static inline bool scan_is_known(struct place *place, const char *text, const char *format,
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

#endif

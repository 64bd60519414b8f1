/* published.h: what tests of published versions share: a small version with everything that one
 * has, in a folder of its own. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_PUBLISHED_H
#define FORGE_TESTS_SUPPORT_PUBLISHED_H

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/objects.h"
#include "support/bake.h"

struct published {
    char root[64];
    const char *folder; /* of the version */
    struct forge_arena arena;
};

static inline const char *published_path(struct published *p, const char *below)
{
    return forge_arena_print(&p->arena, "%s/%s", p->folder, below);
}

static inline void published_open(struct published *p)
{
    *p = (struct published){.root = "/tmp/forge-published-XXXXXX"};
    assert_non_null(mkdtemp(p->root));
    p->folder = p->root;
}

static inline int published_remove(const char *path, const struct stat *found, int kind,
                                   struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static inline void published_close(struct published *p)
{
    assert_int_equal(nftw(p->root, published_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
    forge_arena_clear(&p->arena);
}

static inline void published_put(struct published *p, const char *path, const char *text)
{
    struct forge_store *store = NULL;
    struct forge_error err;

    assert_true(forge_store_open_file(&store, p->folder, &err));
    if (!forge_store_put(store, path, text, strlen(text), &err))
        fail_msg("%s", err.text);
    forge_store_close(store);
}

/* Change bits of one byte of a file. */
static inline void published_flip(struct published *p, const char *path, off_t at,
                                  unsigned char bits)
{
    int fd = open(published_path(p, path), O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= bits;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* A record of the object at a place of an array's grid, from what is stored there. */
static inline struct forge_object_record
published_record(struct published *p, const struct forge_target_type *type,
                 const struct forge_target_array *array, const uint64_t *index)
{
    struct forge_object_record record = {.absent = true};
    struct forge_store *store = NULL;
    struct forge_text key = {0};
    struct forge_error err;
    size_t length = 0;
    char *bytes = NULL;

    type->key(&key, array, index);
    assert_true(forge_store_open_file(&store, published_path(p, "data.zarr"), &err));
    if (forge_store_get(&bytes, &length, store, key.bytes, &p->arena, 1 << 20, &err)) {
        record.absent = false;
        record.length = length;
        forge_digest_of(&record.digest, bytes, length);
    }
    record.path = forge_arena_text(&p->arena, key.bytes);
    forge_digest_of(&record.key.digest, key.bytes, key.length);
    forge_text_clear(&key);
    forge_store_close(store);
    return record;
}

static inline void published_list_array(struct published *p,
                                        struct forge_objects_writer *writer,
                                        const struct forge_target_type *type,
                                        const struct forge_target_array *array)
{
    const struct forge_array *lazy = array->variable->array;
    const uint64_t *box = array->sharded ? array->shard : array->chunk;
    uint64_t grid[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total;
    struct forge_error err;

    assert_true(forge_grid_shape(grid, &total, lazy->rank, lazy->shape, box));
    for (; total > 0; total--) {
        struct forge_object_record record = published_record(p, type, array, index);

        assert_true(forge_objects_add(writer, &record, &err));
        forge_grid_next(index, lazy->rank, grid);
    }
}

/* Objects in all grids of a dataset. */
static inline uint64_t published_objects(const struct bake *bake)
{
    uint64_t all = 0;

    for (size_t i = 0; i < bake->dataset.variables_count; i++) {
        const struct forge_target_array *array = &bake->arrays[i];
        const struct forge_array *lazy = array->variable->array;
        uint64_t grid[FORGE_RANK_MAX], total;

        assert_true(forge_grid_shape(grid, &total, lazy->rank, lazy->shape,
                                     array->sharded ? array->shard : array->chunk));
        all += total;
    }
    return all;
}

/* The store, the list of its objects, and last the manifest of all that is there. */
static inline void published_write(struct published *p, struct bake *bake, const char *format)
{
    const struct forge_target_type *type = forge_target_find(format);
    struct forge_objects_writer writer = {0};
    struct forge_store *store = NULL;
    struct forge_error err;

    assert_true(forge_store_open_file(&store, published_path(p, "data.zarr"), &err));
    bake_store(bake, type, store);
    forge_store_close(store);
    mkdir(published_path(p, "provenance"), 0777);
    if (!forge_objects_begin(&writer, p->folder, published_objects(bake), &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < bake->dataset.variables_count; i++)
        published_list_array(p, &writer, type, &bake->arrays[i]);
    if (!forge_objects_end(&writer, &err) ||
        !forge_manifest_write(p->folder, "data.zarr", &err))
        fail_msg("%s", err.text);
}

#endif

/* source_world.h: a file or a store whose elements tell their place, and every way to read it.
 */
#ifndef TESTS_SUPPORT_SOURCE_WORLD_H
#define TESTS_SUPPORT_SOURCE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/reader.h"
#include "base/text.h"
#include "formats/source.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define FILL (-999)

/* ---- a store that counts, and that the tests can disturb ---- */

struct watched_store {
    struct forge_store store;
    struct forge_store *inner;
    unsigned opens, open_now, open_most, reads;
    uint64_t serial;
    atomic_bool *cancel_on_read;
};

struct watched_object {
    struct forge_object object;
    struct forge_object *inner;
};

static inline struct watched_store *watched(struct forge_store *store)
{
    return (struct watched_store *)store;
}

static inline bool watched_open(struct forge_object **out, struct forge_store *store,
                                const char *key, struct forge_object_status *status,
                                struct forge_error *err)
{
    struct watched_store *self = watched(store);
    struct forge_object *inner = NULL;
    struct watched_object *object;

    if (!forge_object_open(&inner, self->inner, key, status, err))
        return false;
    object = calloc(1, sizeof *object);
    assert_non_null(object);
    object->object.store = store;
    object->inner = inner;
    status->serial = self->serial;
    status->modified_ns = 0;
    self->opens++;
    if (++self->open_now > self->open_most)
        self->open_most = self->open_now;
    *out = &object->object;
    return true;
}

static inline bool watched_read(struct forge_object *object, uint64_t offset, void *bytes,
                                size_t length, struct forge_error *err)
{
    struct watched_store *self = watched(object->store);

    self->reads++;
    if (self->cancel_on_read)
        atomic_store(self->cancel_on_read, true);
    return forge_object_read(((struct watched_object *)object)->inner, offset, bytes, length,
                             err);
}

static inline void watched_close(struct forge_object *object)
{
    watched(object->store)->open_now--;
    forge_object_close(((struct watched_object *)object)->inner);
    free(object);
}

static const struct forge_store_type watched_type = {
    .name = "watched",
    .object_open = watched_open,
    .object_read = watched_read,
    .object_close = watched_close,
};

/* ---- one test's world ---- */

struct world {
    struct forge_arena arena;
    struct watched_store store;
    struct forge_file file;
    struct forge_text bytes; /* of the file */
    uint64_t seed;
};

static inline int open_world(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    if (!world)
        return -1;
    world->store.store = (struct forge_store){&watched_type, "memory"};
    world->store.inner = forge_store_open_memory();
    world->file = (struct forge_file){
        .store = &world->store.store, .key = "a.nc", .url = "data/a.nc", .format = "netcdf3"};
    world->seed = 11;
    *state = world;
    return 0;
}

static inline int close_world(void **state)
{
    struct world *world = *state;

    assert_int_equal(world->store.open_now, 0);
    forge_store_close(world->store.inner);
    forge_text_clear(&world->bytes);
    forge_arena_clear(&world->arena);
    free(world);
    return 0;
}

static inline uint64_t below(struct world *world, uint64_t limit)
{
    world->seed = world->seed * 6364136223846793005U + 1442695040888963407U;
    return (world->seed >> 33) % limit;
}

static inline void put(struct world *world, const char *key, const void *bytes, size_t length)
{
    struct forge_error err = {0};

    assert_true(forge_store_put(world->store.inner, key, bytes, length, &err));
}

/* Store what was gathered as the file; sources may be opened from now on. */
static inline void put_file(struct world *world)
{
    put(world, world->file.key, forge_text_string(&world->bytes), world->bytes.length);
    world->file.status.size = world->bytes.length;
}

/* As if the file had been hashed: files with the same number have the same bytes. */
static inline void set_digest(struct forge_file *file, uint64_t number)
{
    file->hashed = true;
    forge_digest_of(&file->digest, &number, sizeof number);
}

static inline void add_codec(struct world *world, struct forge_codec_chain *chain, size_t size,
                             const char *json, int zarr_format)
{
    struct forge_json_value *value = NULL;
    struct forge_error err = {0};

    assert_true(forge_json_parse(&value, &world->arena, json, strlen(json), &err));
    if (!forge_codec_parse(&chain->items[chain->count++], size, value, zarr_format,
                           &world->arena, &err))
        fail_msg("%s", err.text);
}

/* ---- int32 arrays whose elements tell their place ---- */

struct model {
    unsigned rank;
    uint64_t shape[4], chunk[4];
    uint64_t absent_every; /* every n-th chunk was never written; 0: all are there */
};

static inline bool is_absent(const struct model *m, uint64_t number)
{
    return m->absent_every > 0 && number % m->absent_every == 1;
}

static inline int32_t element_at(const struct model *m, const uint64_t *index)
{
    uint64_t number = 0, chunk = 0;

    for (unsigned d = 0; d < m->rank; d++) {
        number = number * m->shape[d] + index[d];
        chunk = chunk * ((m->shape[d] - 1) / m->chunk[d] + 1) + index[d] / m->chunk[d];
    }
    return is_absent(m, chunk) ? FILL : (int32_t)(number * 7 + 3);
}

/* The bytes of one whole chunk, padded with rubbish at the edge. */
static inline unsigned char *chunk_bytes(struct world *world, const struct model *m,
                                         const uint64_t *index, uint64_t *length)
{
    uint64_t count = 1, at[4] = {0};
    int32_t *elements;

    for (unsigned d = 0; d < m->rank; d++)
        count *= m->chunk[d];
    elements = forge_arena_array(&world->arena, count, sizeof *elements);
    *length = count * sizeof *elements;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t place[4] = {0};
        bool inside = true;

        for (unsigned d = 0; d < m->rank; d++) {
            place[d] = index[d] * m->chunk[d] + at[d];
            inside = inside && place[d] < m->shape[d];
        }
        elements[i] = inside ? element_at(m, place) : 0x55555555;
        forge_grid_next(at, m->rank, m->chunk);
    }
    return (unsigned char *)elements;
}

static inline struct forge_source source_of(const struct world *world, const struct model *m)
{
    struct forge_source source = {.file = &world->file, .path = "sst"};

    source.array.dtype = FORGE_INT32;
    source.array.rank = m->rank;
    for (unsigned d = 0; d < m->rank; d++) {
        source.array.shape[d] = m->shape[d];
        source.array.chunk[d] = m->chunk[d];
    }
    source.fill.int32 = FILL;
    return source;
}

static inline const struct forge_array *open_source(struct world *world,
                                                    const struct forge_source *source)
{
    const struct forge_array *array = NULL;
    struct forge_error err = {0};

    if (!forge_source_open(&array, &world->arena, source, &err))
        fail_msg("%s", err.text);
    return array;
}

static inline struct forge_region random_region(struct world *world, const struct model *m)
{
    struct forge_region region = {0};

    for (unsigned d = 0; d < m->rank; d++) {
        region.start[d] = below(world, m->shape[d]);
        region.step[d] = below(world, 3) == 0 ? 1 + below(world, m->shape[d]) : 1;
        region.count[d] =
            1 + below(world, (m->shape[d] - 1 - region.start[d]) / region.step[d] + 1);
    }
    return region;
}

/* A view whose dimensions lie in memory in any order, with gaps, forwards or backwards. */
static inline struct forge_view random_view(struct world *world, unsigned char **memory,
                                            uint64_t *size, unsigned rank,
                                            const uint64_t *count)
{
    struct forge_view view = {0};
    bool plain = below(world, 3) == 0;
    uint64_t bytes = sizeof(int32_t), shift = 0;
    unsigned first = rank > 0 && !plain ? (unsigned)below(world, rank) : rank - 1;

    for (unsigned i = 0; i < rank; i++) {
        unsigned d = (first + rank - i) % rank;
        bool backwards = !plain && below(world, 4) == 0;

        if (!plain)
            bytes += below(world, 3) * 4;
        view.stride[d] = backwards ? -(int64_t)bytes : (int64_t)bytes;
        if (backwards)
            shift += (count[d] - 1) * bytes;
        bytes *= count[d];
    }
    *size = bytes + 64;
    *memory = malloc(*size);
    assert_non_null(*memory);
    memset(*memory, 0xee, *size);
    view.bytes = *memory + shift;
    return view;
}

/* Read the region and compare every element; nothing else may have been written, and no more
 * memory taken than was said. */
static inline void check_region(struct world *world, const struct forge_array *array,
                                const struct model *m, const struct forge_region *region,
                                const struct forge_library *library)
{
    struct forge_budget budget = {0};
    struct forge_reader reader = {.budget = &budget, .library = library};
    struct forge_error err = {0};
    uint64_t index[4] = {0}, size = 0, untouched = 0, written = sizeof(int32_t);
    unsigned char *memory = NULL;
    struct forge_view view = random_view(world, &memory, &size, m->rank, region->count);

    if (!forge_array_read(array, &reader, region, &view, &err))
        fail_msg("%s", err.text);
    do {
        const unsigned char *place = view.bytes;
        uint64_t there[4] = {0};
        int32_t element;

        for (unsigned d = 0; d < m->rank; d++) {
            place += (int64_t)index[d] * view.stride[d];
            there[d] = region->start[d] + index[d] * region->step[d];
        }
        memcpy(&element, place, sizeof element);
        assert_int_equal(element, element_at(m, there));
    } while (forge_grid_next(index, m->rank, region->count));
    for (unsigned d = 0; d < m->rank; d++)
        written *= region->count[d];
    for (uint64_t i = 0; i < size; i++)
        untouched += memory[i] == 0xee;
    assert_true(untouched >= size - written);
    assert_true(budget.peak <= forge_array_scratch(array, region));
    forge_reader_close(&reader);
    assert_int_equal(budget.used, 0);
    free(memory);
}

static inline void check_regions(struct world *world, const struct forge_array *array,
                                 const struct model *m, const struct forge_library *library)
{
    struct forge_region region = forge_region_all(m->rank, m->shape);

    check_region(world, array, m, &region, library);
    for (int i = 0; i < 60; i++) {
        region = random_region(world, m);
        check_region(world, array, m, &region, library);
    }
}

static const struct model models[] = {
    {0, {0}, {0}, 0},
    {1, {17}, {5}, 0},
    {1, {16}, {1}, 3},
    {2, {9, 13}, {4, 13}, 0},
    {2, {9, 13}, {2, 5}, 4},
    {3, {7, 6, 8}, {2, 3, 4}, 0},
    {3, {5, 6, 7}, {5, 6, 7}, 0},
    {4, {3, 4, 5, 6}, {2, 2, 2, 6}, 5},
    {2, {3, 4}, {8, 8}, 0},
};

static inline void expect_refusal(struct world *world, const struct forge_array *array,
                                  const char *want)
{
    struct forge_region all = forge_region_all(array->rank, array->shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    char elements[4096];
    struct forge_view view =
        forge_view_of(elements, array->rank, array->shape, forge_dtype_size(array->dtype));

    (void)world;
    assert_false(forge_array_read(array, &reader, &all, &view, &err));
    assert_string_equal(err.text, want);
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
    forge_reader_close(&reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

#endif

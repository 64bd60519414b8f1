/* Bytes without chunks, and what only a library reads. */
#include "support/source_world.h"

#include "formats/refused.h"

#define BIG_ENDIAN_JSON "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}"

/* ---- bytes without chunks ---- */

static void every_region_of_contiguous_bytes_is_right(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(models); i++) {
        for (int big = 0; big < 2; big++) {
            struct model m = models[i];
            struct forge_source source;
            uint64_t index[4] = {0}, length = 0;
            int32_t *elements;

            m.absent_every = 0;
            memcpy(m.chunk, m.shape, sizeof m.chunk);
            source = source_of(world, &m);
            elements = (int32_t *)(void *)chunk_bytes(world, &m, index, &length);
            for (uint64_t j = 0; big && j < length / 4; j++)
                elements[j] = (int32_t)__builtin_bswap32((uint32_t)elements[j]);
            forge_text_clear(&world->bytes);
            forge_text_add(&world->bytes, "odd");
            forge_text_add_bytes(&world->bytes, elements, length);
            put_file(world);
            forge_source_contiguous(&source, 3, 0);
            if (big)
                add_codec(world, &source.codecs, sizeof(int32_t), BIG_ENDIAN_JSON, 3);
            check_regions(world, open_source(world, &source), &m, NULL);
        }
    }
}

static void check_records(struct world *world, const struct model *m, bool big)
{
    struct forge_source source = source_of(world, m);
    uint64_t index[4] = {0}, length = 0;

    forge_text_clear(&world->bytes);
    forge_text_add(&world->bytes, "CDF");
    for (; index[0] < m->shape[0]; index[0]++) {
        int32_t *record = (int32_t *)(void *)chunk_bytes(world, m, index, &length);

        for (uint64_t i = 0; big && i < length / sizeof *record; i++)
            record[i] = (int32_t)__builtin_bswap32((uint32_t)record[i]);
        forge_text_add_bytes(&world->bytes, record, length);
        forge_text_add(&world->bytes, "between");
    }
    put_file(world);
    forge_source_contiguous(&source, 3, length + 7);
    assert_int_equal(source.array.chunk[0], 1);
    if (big)
        add_codec(world, &source.codecs, sizeof(int32_t), BIG_ENDIAN_JSON, 3);
    check_regions(world, open_source(world, &source), m, NULL);
}

static void every_region_of_interleaved_records_is_right(void **state)
{
    const struct model all[] = {
        {1, {50}, {1}, 0}, {2, {30, 5}, {1, 5}, 0}, {3, {6, 70, 90}, {1, 70, 90}, 0}};

    for (size_t i = 0; i < COUNT(all); i++) {
        check_records(*state, &all[i], false);
        check_records(*state, &all[i], true);
    }
}

/* Chunks that are not parts of one long row, as no scanner of ours makes them. */
static void strided_chunks_need_not_continue_each_other(void **state)
{
    const struct model m = {2, {6, 8}, {3, 4}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    uint64_t index[4] = {0}, length = 0;
    const uint64_t grid[] = {2, 2};

    do {
        const unsigned char *bytes = chunk_bytes(world, &m, index, &length);

        forge_text_add_bytes(&world->bytes, bytes, length);
        forge_text_add(&world->bytes, "gap");
    } while (forge_grid_next(index, 2, grid));
    put_file(world);
    source.manifest.kind = FORGE_MANIFEST_STRIDED;
    source.manifest.stride[0] = 2 * (length + 3);
    source.manifest.stride[1] = length + 3;
    source.manifest.inner[0] = 16;
    source.manifest.inner[1] = 4;
    check_regions(world, open_source(world, &source), &m, NULL);
}

static void small_records_are_read_in_spans(void **state)
{
    const struct model m = {2, {200000, 3}, {1, 3}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    struct forge_region all = forge_region_all(2, m.shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t *elements = forge_arena_array(&world->arena, 600000, sizeof *elements);
    struct forge_view view = forge_view_of(elements, 2, m.shape, sizeof *elements);
    uint64_t index[4] = {0};

    for (; index[0] < m.shape[0]; index[0]++) {
        int32_t record[10] = {0};

        for (index[1] = 0; index[1] < 3; index[1]++)
            record[index[1]] = element_at(&m, index);
        forge_text_add_bytes(&world->bytes, record, sizeof record);
    }
    put_file(world);
    forge_source_contiguous(&source, 0, 40);
    assert_true(forge_array_read(open_source(world, &source), &reader, &all, &view, &err));
    assert_int_equal(elements[599999], 599999 * 7 + 3);
    assert_int_equal(world->store.reads, 2); /* 8 MB */
    assert_in_range(reader.stored.size, 1, 4 << 20);
    forge_reader_close(&reader);
}

static void far_records_are_not_read_over(void **state)
{
    const struct model m = {1, {20}, {1}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    struct forge_region all = forge_region_all(1, m.shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t elements[20];
    struct forge_view view = forge_view_of(elements, 1, m.shape, 4);
    char *record = calloc(1, 100000);

    assert_non_null(record);
    for (int32_t i = 0; i < 20; i++) {
        memcpy(record, &i, sizeof i);
        forge_text_add_bytes(&world->bytes, record, 100000);
    }
    free(record);
    put_file(world);
    forge_source_contiguous(&source, 0, 100000);
    assert_true(forge_array_read(open_source(world, &source), &reader, &all, &view, &err));
    assert_int_equal(elements[19], 19);
    assert_int_equal(reader.counts.stored_bytes, 80);
    forge_reader_close(&reader);
}

static void contiguous_bytes_are_cut_into_chunks_of_4_mib(void **state)
{
    static const struct {
        unsigned rank;
        uint64_t shape[3], record_stride, chunk[3];
    } rows[] = {
        {0, {0}, 0, {0}},
        {1, {10}, 0, {10}},
        {1, {0}, 0, {1}},
        {1, {5000000}, 0, {1048576}},
        {2, {1000, 10000}, 0, {104, 10000}},
        {2, {1000, 10000}, 40000, {104, 10000}},
        {2, {1000, 10000}, 40004, {1, 10000}},
        {3, {8, 3000, 3000}, 0, {1, 349, 3000}},
        {3, {2, 3, 4}, 0, {2, 3, 4}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_source source = {.array = {.dtype = FORGE_FLOAT32, .rank = rows[i].rank}};

        memcpy(source.array.shape, rows[i].shape, sizeof rows[i].shape);
        forge_source_contiguous(&source, 100, rows[i].record_stride);
        assert_memory_equal(source.array.chunk, rows[i].chunk, rows[i].rank * sizeof(uint64_t));
    }
}

/* ---- what only a library reads, or nothing ---- */

static bool library_read(const struct forge_library *library, const struct forge_source *source,
                         const struct forge_region *region, void *elements, size_t size,
                         struct forge_error *err)
{
    const struct model *m = library->context;
    uint64_t index[4] = {0}, there[4] = {0};
    int32_t *element = elements;

    (void)err;
    assert_string_equal(source->path, "sst");
    do {
        for (unsigned d = 0; d < m->rank; d++) {
            assert_int_equal(region->step[d], 1);
            there[d] = region->start[d] + index[d];
        }
        *element++ = element_at(m, there);
    } while (forge_grid_next(index, m->rank, region->count));
    assert_int_equal((unsigned char *)element - (unsigned char *)elements, size);
    return true;
}

static void every_region_read_through_a_library_is_right(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(models); i++) {
        struct model m = models[i];
        struct forge_source source = source_of(world, &m);
        const struct forge_library library = {library_read, &m};

        source.manifest.kind = FORGE_MANIFEST_LIBRARY;
        check_regions(world, open_source(world, &source), &m, &library);
    }
}

static void large_regions_go_through_the_library_in_chunks(void **state)
{
    struct model m = {2, {6000, 2000}, {500, 2000}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    struct forge_region all = forge_region_all(2, m.shape);
    const struct forge_library library = {library_read, &m};

    source.manifest.kind = FORGE_MANIFEST_LIBRARY;
    check_region(world, open_source(world, &source), &m, &all, &library);
}

static void what_cannot_be_read_says_why(void **state)
{
    const struct model m = {1, {4}, {4}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    const struct forge_array *array = NULL;
    struct forge_error err = {0};
    struct forge_reader reader = {0};
    struct forge_region all = forge_region_all(1, m.shape);
    int32_t elements[4];
    struct forge_view view = forge_view_of(elements, 1, m.shape, 4);

    source.manifest.kind = FORGE_MANIFEST_LIBRARY;
    assert_false(forge_array_read(open_source(world, &source), &reader, &all, &view, &err));
    assert_string_equal(err.text,
                        "data/a.nc: variable \"sst\": only a library can read it, and "
                        "none is at hand");
    forge_reader_close(&reader);
    assert_true(forge_array_refused(&array, &world->arena, &world->file, "point", 1, m.shape,
                                    "compound types are not read", &err));
    assert_string_equal(forge_array_refusal(array), "compound types are not read");
    expect_refusal(world, array, "data/a.nc: variable \"point\": compound types are not read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_region_of_contiguous_bytes_is_right),
        TEST(every_region_of_interleaved_records_is_right),
        TEST(strided_chunks_need_not_continue_each_other),
        TEST(small_records_are_read_in_spans),
        TEST(far_records_are_not_read_over),
        TEST(contiguous_bytes_are_cut_into_chunks_of_4_mib),
        TEST(every_region_read_through_a_library_is_right),
        TEST(large_regions_go_through_the_library_in_chunks),
        TEST(what_cannot_be_read_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Chunk manifests: every region gives the elements that were stored, or a refusal. */
#include "support/source_world.h"

/* ---- chunks at their place in a file ---- */

static const char *const pipelines[][4] = {
    {NULL},
    {"{\"id\":\"zlib\",\"level\":4}", NULL},
    {"{\"id\":\"shuffle\",\"elementsize\":4}", "{\"id\":\"zlib\",\"level\":1}", NULL},
    {"{\"id\":\"shuffle\",\"elementsize\":4}", "{\"id\":\"zlib\",\"level\":9}",
     "{\"id\":\"fletcher32\"}", NULL},
};

/* Append every chunk of the model to the file; each third leaves out its first codec. */
static struct forge_source write_table(struct world *world, const struct model *m,
                                       const struct forge_codec_chain *chain)
{
    struct forge_source source = source_of(world, m);
    uint64_t grid[FORGE_RANK_MAX], index[4] = {0}, total = 0;
    struct forge_block a = {0}, b = {0};
    uint64_t *offsets, *lengths;
    uint32_t *masks;

    forge_text_add(&world->bytes, "header");
    assert_true(forge_grid_shape(grid, &total, m->rank, m->shape, m->chunk));
    offsets = forge_arena_array(&world->arena, total, sizeof *offsets);
    lengths = forge_arena_array(&world->arena, total, sizeof *lengths);
    masks = forge_arena_array(&world->arena, total, sizeof *masks);
    for (uint64_t i = 0; i < total; i++, forge_grid_next(index, m->rank, grid)) {
        struct forge_codec_chain part = *chain;
        const unsigned char *stored = NULL, *bytes;
        uint64_t length = 0;
        struct forge_error err = {0};

        if (i % 3 == 2 && chain->count > 1) {
            masks[i] = 1;
            part.count--;
            memmove(part.items, part.items + 1, part.count * sizeof part.items[0]);
        }
        bytes = chunk_bytes(world, m, index, &length);
        assert_true(
            forge_codec_chain_encode(&part, bytes, length, &a, &b, &stored, &length, &err));
        offsets[i] = is_absent(m, i) ? FORGE_CHUNK_ABSENT : world->bytes.length;
        lengths[i] = length;
        if (!is_absent(m, i))
            forge_text_add_bytes(&world->bytes, stored, length);
        forge_text_add(&world->bytes, "gap");
    }
    forge_block_close(&a);
    forge_block_close(&b);
    put_file(world);
    source.manifest.kind = FORGE_MANIFEST_TABLE;
    source.manifest.offsets = offsets;
    source.manifest.lengths = lengths;
    source.manifest.skip_masks = masks;
    source.codecs = *chain;
    return source;
}

static void every_region_of_chunks_in_a_file_is_right(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(pipelines); i++) {
        struct forge_codec_chain chain = {0};

        for (size_t j = 0; pipelines[i][j]; j++)
            add_codec(world, &chain, 4, pipelines[i][j], 2);
        for (size_t j = 0; j < COUNT(models); j++) {
            struct forge_source source;

            forge_text_clear(&world->bytes);
            source = write_table(world, &models[j], &chain);
            check_regions(world, open_source(world, &source), &models[j], NULL);
        }
    }
}

static void chunks_without_codecs_are_read_into_place(void **state)
{
    const struct model m = {2, {8, 10}, {2, 10}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    const struct forge_array *array = open_source(world, &source);
    struct forge_region all = forge_region_all(2, m.shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t elements[80];
    struct forge_view view = forge_view_of(elements, 2, m.shape, 4);

    assert_true(forge_array_read(array, &reader, &all, &view, &err));
    assert_int_equal(elements[79], 79 * 7 + 3);
    assert_null(reader.stored.bytes);
    assert_null(reader.decoded.bytes);
    assert_int_equal(reader.counts.chunks, 4);
    assert_int_equal(reader.counts.stored_bytes, sizeof elements);
    assert_int_equal(reader.counts.decoded_bytes, sizeof elements);
    assert_int_equal(world->store.reads, 4);
    forge_reader_close(&reader);
}

static void steps_jump_over_chunks_unread(void **state)
{
    const struct model m = {1, {100}, {5}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    const struct forge_array *array = open_source(world, &source);
    const struct forge_region region = {.start = {1}, .count = {4}, .step = {30}};

    check_region(world, array, &m, &region, NULL);
    assert_int_equal(world->store.reads, 4);
}

static void a_damaged_chunk_is_named(void **state)
{
    const struct model m = {2, {4, 6}, {2, 6}, 0};
    struct world *world = *state;
    struct forge_codec_chain chain = {0};
    struct forge_source source;

    add_codec(world, &chain, 4, "{\"id\":\"fletcher32\"}", 2);
    source = write_table(world, &m, &chain);
    world->bytes.bytes[source.manifest.offsets[1] + 5] ^= 1;
    put_file(world);
    expect_refusal(world, open_source(world, &source),
                   "data/a.nc: variable \"sst\": chunk (1, 0) at byte 61: fletcher32: the "
                   "bytes have checksum a85ae206, stored is a844e205");
}

static void a_file_that_changed_is_refused(void **state)
{
    const struct model m = {1, {4}, {4}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    const struct forge_array *array = open_source(world, &source);

    world->file.status.serial = 7;
    world->store.serial = 8;
    expect_refusal(world, array, "data/a.nc changed while it was read");
    world->store.serial = 7;
    check_regions(world, array, &m, NULL);
    put(world, "a.nc", "short", 5);
    expect_refusal(world, array, "data/a.nc changed while it was read");
}

static void a_file_that_changes_behind_the_reader_is_noticed(void **state)
{
    const struct model m = {1, {4}, {4}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    const struct forge_array *array = open_source(world, &source);
    struct forge_region all = forge_region_all(1, m.shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t elements[4];
    struct forge_view view = forge_view_of(elements, 1, m.shape, 4);

    world->file.status.serial = world->store.serial = 7;
    assert_true(forge_array_read(array, &reader, &all, &view, &err));
    assert_true(forge_source_files_stand(&reader, &err));
    /* Open, it is read on as if nothing were; that it changed comes out behind. */
    world->store.serial = 8;
    assert_true(forge_array_read(array, &reader, &all, &view, &err));
    assert_false(forge_source_files_stand(&reader, &err));
    assert_int_equal(err.code, FORGE_BAD_SOURCE);
    assert_string_equal(err.text, "data/a.nc changed while it was read");
    world->store.serial = 7;
    assert_true(forge_source_files_stand(&reader, &err));
    world->store.serial = 8; /* and nothing was read of it since */
    assert_true(forge_source_files_stand(&reader, &err));
    forge_reader_close(&reader);
}

static void manifests_that_cannot_be_right_are_refused(void **state)
{
    static const struct {
        enum forge_manifest_kind kind;
        uint64_t shape, chunk, base, stride, inner, offset, length;
        const char *want;
    } rows[] = {
        {FORGE_MANIFEST_TABLE, 4, 0, 0, 0, 0, 0, 16, "a chunk has length 0"},
        {FORGE_MANIFEST_TABLE, UINT64_MAX / 2, 4, 0, 0, 0, 0, 16,
         "its shape is larger than any file can be"},
        {FORGE_MANIFEST_TABLE, 1U << 31, 1U << 31, 0, 0, 0, 0, 16,
         "its chunks are larger than 4 GiB"},
        {FORGE_MANIFEST_TABLE, 4, 4, 0, 0, 0, 85, 16,
         "chunk (0) at byte 85: its 16 bytes end beyond the file, which has 100"},
        {FORGE_MANIFEST_TABLE, 4, 4, 0, 0, 0, UINT64_MAX - 3, 16,
         "chunk (0) at byte 18446744073709551612: its 16 bytes end beyond the file, which has "
         "100"},
        {FORGE_MANIFEST_TABLE, 4, 4, 0, 0, 0, 4, 0,
         "chunk (0) at byte 4: 0 stored bytes cannot be a chunk of 16"},
        {FORGE_MANIFEST_STRIDED, 4, 4, 85, 16, 4, 0, 0,
         "its values end at byte 101, beyond the file, which has 100"},
        {FORGE_MANIFEST_STRIDED, 20, 10, 0, 4, 8, 0, 0, NULL},
        {FORGE_MANIFEST_STRIDED, 11, 10, 0, 4, 16, 0, 0,
         "its values end at byte 148, beyond the file, which has 100"},
        {FORGE_MANIFEST_STRIDED, 4, 4, 0, 16, UINT64_MAX / 2, 0, 0,
         "its values end beyond any file"},
        {FORGE_MANIFEST_STRIDED, 4, 4, UINT64_MAX - 1, 16, 4, 0, 0,
         "its values end beyond any file"},
        {FORGE_MANIFEST_STRIDED, 0, 4, UINT64_MAX - 1, 16, 4, 0, 0, NULL},
    };
    struct world *world = *state;

    world->file.status.size = 100;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct model m = {1, {rows[i].shape}, {rows[i].chunk}, 0};
        struct forge_source source = source_of(world, &m);
        const struct forge_array *array = NULL;
        struct forge_error err = {0};
        const char *prefix = "data/a.nc: variable \"sst\": ";

        source.manifest = (struct forge_manifest){.kind = rows[i].kind,
                                                  .offsets = &rows[i].offset,
                                                  .lengths = &rows[i].length,
                                                  .base = rows[i].base,
                                                  .stride = {rows[i].stride},
                                                  .inner = {rows[i].inner}};
        if (!rows[i].want) {
            assert_true(forge_source_open(&array, &world->arena, &source, &err));
            continue;
        }
        assert_false(forge_source_open(&array, &world->arena, &source, &err));
        assert_null(array);
        assert_int_equal(strncmp(err.text, prefix, strlen(prefix)), 0);
        assert_string_equal(err.text + strlen(prefix), rows[i].want);
    }
}

static void a_read_stops_between_chunks(void **state)
{
    const struct model m = {1, {40}, {4}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    const struct forge_array *array = open_source(world, &source);
    struct forge_region all = forge_region_all(1, m.shape);
    atomic_bool cancelled = false;
    struct forge_reader reader = {.cancelled = &cancelled};
    struct forge_error err = {0};
    int32_t elements[40];
    struct forge_view view = forge_view_of(elements, 1, m.shape, 4);

    world->store.cancel_on_read = &cancelled;
    assert_false(forge_array_read(array, &reader, &all, &view, &err));
    assert_int_equal(err.code, FORGE_CANCELLED);
    assert_string_equal(err.text, "interrupted");
    assert_int_equal(world->store.reads, 1);
    forge_reader_close(&reader);
}

static void a_reader_keeps_sixteen_files_open(void **state)
{
    const struct model m = {1, {4}, {4}, 0};
    const struct forge_codec_chain none = {0};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    struct forge_region all = forge_region_all(1, m.shape);
    struct forge_file files[40];
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t elements[4];
    struct forge_view view = forge_view_of(elements, 1, m.shape, 4);

    for (unsigned i = 0; i < 80; i++) {
        unsigned which = i % 2 == 0 ? 0 : i / 2;

        files[which] = world->file;
        files[which].key = forge_arena_print(&world->arena, "f%u", which);
        put(world, files[which].key, world->bytes.bytes, world->bytes.length);
        source.file = &files[which];
        elements[3] = 0;
        assert_true(forge_array_read(open_source(world, &source), &reader, &all, &view, &err));
        assert_int_equal(elements[3], 24);
    }
    assert_int_equal(world->store.open_most, 16);
    /* The one in use all the time stays open; 24 others are looked at when they go. */
    assert_int_equal(world->store.opens, 64);
    forge_reader_close(&reader);
}

/* ---- plans ---- */

struct touched {
    unsigned count;
    uint64_t offset, stored, decoded;
    bool through_library;
};

static void visit(void *context, const struct forge_touch *touch)
{
    struct touched *touched = context;

    assert_string_equal(touch->url, "data/a.nc");
    if (touched->count++ == 0)
        touched->offset = touch->offset;
    touched->stored += touch->stored;
    touched->decoded += touch->decoded;
    touched->through_library = touch->through_library;
}

static void a_region_touches_its_chunks(void **state)
{
    const struct model m = {2, {6, 6}, {2, 6}, 3};
    const struct forge_codec_chain none = {0};
    const struct forge_region region = {.start = {1, 0}, .count = {5, 2}, .step = {1, 1}};
    struct world *world = *state;
    struct forge_source source = write_table(world, &m, &none);
    struct touched touched = {0};

    forge_array_touch(open_source(world, &source), &region, visit, &touched);
    assert_int_equal(touched.count, 2); /* the chunk between them was never written */
    assert_int_equal(touched.offset, 6);
    assert_int_equal(touched.stored, 96);
    assert_int_equal(touched.decoded, 96);
    touched = (struct touched){0};
    world->file.status.size = 150;
    source.array.chunk[0] = 1;
    source.manifest.kind = FORGE_MANIFEST_STRIDED;
    source.manifest.stride[0] = 24;
    source.manifest.inner[0] = 24;
    source.manifest.stride[1] = 24;
    source.manifest.inner[1] = 4;
    forge_array_touch(open_source(world, &source), &region, visit, &touched);
    assert_int_equal(touched.count, 5);
    assert_int_equal(touched.offset, 24);
    assert_int_equal(touched.stored, 40);
    assert_false(touched.through_library);
    touched = (struct touched){0};
    source.manifest.kind = FORGE_MANIFEST_LIBRARY;
    forge_array_touch(open_source(world, &source), &region, visit, &touched);
    assert_true(touched.through_library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_region_of_chunks_in_a_file_is_right),
        TEST(chunks_without_codecs_are_read_into_place),
        TEST(steps_jump_over_chunks_unread),
        TEST(a_damaged_chunk_is_named),
        TEST(a_file_that_changed_is_refused),
        TEST(a_file_that_changes_behind_the_reader_is_noticed),
        TEST(manifests_that_cannot_be_right_are_refused),
        TEST(a_read_stops_between_chunks),
        TEST(a_reader_keeps_sixteen_files_open),
        TEST(a_region_touches_its_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

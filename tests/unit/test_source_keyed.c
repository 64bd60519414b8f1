/* Zarr stores as sources: objects, shards, strings. */
#include "support/source_world.h"

/* ---- Zarr stores ---- */

static void put_chunk(struct world *world, const struct model *m, const char *key,
                      const uint64_t *index, const struct forge_codec_chain *chain)
{
    struct forge_block a = {0}, b = {0};
    struct forge_error err = {0};
    const unsigned char *stored = NULL;
    uint64_t length = 0;
    unsigned char *bytes = chunk_bytes(world, m, index, &length);

    assert_true(forge_codec_chain_encode(chain, bytes, length, &a, &b, &stored, &length, &err));
    put(world, key, stored, length);
    forge_block_close(&a);
    forge_block_close(&b);
}

/* Keys as the two specifications write them: "m/1.2", "m/c/1/2", a scalar "m/0", "m/c". */
static void write_key(struct forge_text *key, const struct model *m, bool is_v3,
                      const uint64_t *index)
{
    forge_text_add(key, is_v3 ? "m/c" : "m/");
    for (unsigned d = 0; d < m->rank; d++) {
        forge_text_add(key, is_v3 ? "/" : d > 0 ? "." : "");
        forge_text_print(key, "%u", (unsigned)index[d]);
    }
    if (m->rank == 0 && !is_v3)
        forge_text_add(key, "0");
}

static void check_objects(struct world *world, const struct model *m, bool is_v3)
{
    struct forge_source source = source_of(world, m);
    uint64_t grid[FORGE_RANK_MAX], index[4] = {0}, total = 0;

    source.manifest.kind = FORGE_MANIFEST_KEYED;
    source.manifest.zarr_format = is_v3 ? 3 : 2;
    source.manifest.separator = is_v3 ? '/' : '.';
    source.manifest.prefix = is_v3 ? "m/c/" : "m/";
    add_codec(world, &source.codecs, 4, "{\"id\":\"zstd\",\"level\":3}", 2);
    assert_true(forge_grid_shape(grid, &total, m->rank, m->shape, m->chunk));
    for (uint64_t i = 0; i < total; i++, forge_grid_next(index, m->rank, grid)) {
        struct forge_error err = {0};
        struct forge_text key = {0};

        write_key(&key, m, is_v3, index);
        assert_true(forge_store_remove(world->store.inner, key.bytes, &err));
        if (!is_absent(m, i))
            put_chunk(world, m, key.bytes, index, &source.codecs);
        forge_text_clear(&key);
    }
    check_regions(world, open_source(world, &source), m, NULL);
}

static void every_region_of_one_object_per_chunk_is_right(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(models); i++) {
        check_objects(world, &models[i], false);
        check_objects(world, &models[i], true);
    }
}

/* One shard as the specification has it, made without our own target. */
static void put_shard(struct world *world, const struct model *m, const uint64_t *shard_index,
                      const uint64_t *across, const struct forge_source *source,
                      const char *key)
{
    const struct forge_manifest *manifest = &source->manifest;
    uint64_t inner[4] = {0}, total = 1;
    struct forge_text body = {0}, index = {0}, whole = {0};
    struct forge_block a = {0}, b = {0};
    const unsigned char *stored = NULL;
    uint64_t length = 0, shift;
    struct forge_error err = {0};

    for (unsigned d = 0; d < m->rank; d++)
        total *= across[d];
    shift = manifest->index_at_start ? total * 16 + 4 : 0;
    for (uint64_t i = 0; i < total; i++, forge_grid_next(inner, m->rank, across)) {
        uint64_t entry[2] = {UINT64_MAX, UINT64_MAX}, chunk[4] = {0}, number = 0;
        bool inside = true;

        for (unsigned d = 0; d < m->rank; d++) {
            chunk[d] = shard_index[d] * across[d] + inner[d];
            number = number * ((m->shape[d] - 1) / m->chunk[d] + 1) + chunk[d];
            inside = inside && chunk[d] * m->chunk[d] < m->shape[d];
        }
        if (inside && !is_absent(m, number)) {
            unsigned char *bytes = chunk_bytes(world, m, chunk, &length);

            assert_true(forge_codec_chain_encode(&source->codecs, bytes, length, &a, &b,
                                                 &stored, &length, &err));
            entry[0] = body.length + shift;
            entry[1] = length;
            forge_text_add_bytes(&body, stored, length);
        }
        forge_text_add_bytes(&index, entry, sizeof entry);
    }
    assert_true(forge_codec_chain_encode(&manifest->index_codecs,
                                         (const unsigned char *)index.bytes, index.length, &a,
                                         &b, &stored, &length, &err));
    if (manifest->index_at_start)
        forge_text_add_bytes(&whole, stored, length);
    forge_text_add_bytes(&whole, forge_text_string(&body), body.length);
    if (!manifest->index_at_start)
        forge_text_add_bytes(&whole, stored, length);
    put(world, key, whole.bytes, whole.length);
    forge_text_clear(&body);
    forge_text_clear(&index);
    forge_text_clear(&whole);
    forge_block_close(&a);
    forge_block_close(&b);
}

static struct forge_source sharded_source(struct world *world, const struct model *m,
                                          const uint64_t *across, bool at_start)
{
    struct forge_source source = source_of(world, m);

    source.manifest.kind = FORGE_MANIFEST_KEYED;
    source.manifest.zarr_format = 3;
    source.manifest.separator = '/';
    source.manifest.prefix = "s/c/";
    source.manifest.sharded = true;
    source.manifest.index_at_start = at_start;
    for (unsigned d = 0; d < m->rank; d++)
        source.manifest.shard[d] = m->chunk[d] * across[d];
    add_codec(world, &source.codecs, 4, "{\"id\":\"zstd\",\"level\":3}", 2);
    add_codec(world, &source.manifest.index_codecs, 8,
              "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"little\"}}", 3);
    add_codec(world, &source.manifest.index_codecs, 8, "{\"name\":\"crc32c\"}", 3);
    return source;
}

static void put_shards(struct world *world, const struct model *m, const uint64_t *across,
                       const struct forge_source *source, uint64_t missing)
{
    uint64_t grid[FORGE_RANK_MAX], index[4] = {0}, total = 0;

    assert_true(forge_grid_shape(grid, &total, m->rank, m->shape, source->manifest.shard));
    for (uint64_t i = 0; i < total; i++, forge_grid_next(index, m->rank, grid)) {
        char key[64];

        snprintf(key, sizeof key, "s/c/%u/%u", (unsigned)index[0], (unsigned)index[1]);
        if (i != missing)
            put_shard(world, m, index, across, source, key);
    }
}

static void every_region_of_shards_is_right(void **state)
{
    const struct model m = {2, {13, 17}, {2, 3}, 4};
    const uint64_t across[] = {2, 3};
    struct world *world = *state;

    for (int at_start = 0; at_start < 2; at_start++) {
        struct forge_source source = sharded_source(world, &m, across, at_start);

        put_shards(world, &m, across, &source, UINT64_MAX);
        check_regions(world, open_source(world, &source), &m, NULL);
    }
}

static void an_index_may_be_large_and_big_endian(void **state)
{
    const struct model m = {2, {40, 50}, {1, 1}, 3};
    const uint64_t across[] = {40, 50};
    struct world *world = *state;
    struct forge_source source = sharded_source(world, &m, across, false);

    source.manifest.index_codecs.count = 0;
    add_codec(world, &source.manifest.index_codecs, 8,
              "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3);
    add_codec(world, &source.manifest.index_codecs, 8, "{\"name\":\"crc32c\"}", 3);
    put_shards(world, &m, across, &source, UINT64_MAX);
    check_regions(world, open_source(world, &source), &m, NULL);
}

static void a_chunk_beyond_its_shard_is_refused(void **state)
{
    const struct model m = {2, {2, 2}, {2, 2}, 0};
    const uint64_t across[] = {1, 1}, entry[] = {3, 18};
    struct world *world = *state;
    struct forge_source source = sharded_source(world, &m, across, false);
    struct forge_block a = {0}, b = {0};
    struct forge_error err = {0};
    const unsigned char *index = NULL;
    uint64_t length = 0;

    assert_true(forge_codec_chain_encode(&source.manifest.index_codecs,
                                         (const unsigned char *)entry, sizeof entry, &a, &b,
                                         &index, &length, &err));
    put(world, "s/c/0/0", index, length);
    expect_refusal(world, open_source(world, &source),
                   "data/a.nc: variable \"sst\": chunk (0, 0) in object \"s/c/0/0\": its 18 "
                   "bytes at byte 3 end beyond the shard, which has 20");
    forge_block_close(&a);
    forge_block_close(&b);
}

static void the_index_of_a_shard_is_read_once(void **state)
{
    const struct model m = {2, {4, 6}, {1, 1}, 0};
    const uint64_t across[] = {4, 6};
    struct world *world = *state;
    struct forge_source source = sharded_source(world, &m, across, false);
    struct forge_region all = forge_region_all(2, m.shape);

    put_shards(world, &m, across, &source, UINT64_MAX);
    check_region(world, open_source(world, &source), &m, &all, NULL);
    assert_int_equal(world->store.opens, 1);
    assert_int_equal(world->store.reads, 25);
}

static void shards_that_were_never_written_are_fill(void **state)
{
    const struct model m = {2, {4, 4}, {2, 2}, 0};
    const uint64_t across[] = {1, 1};
    struct world *world = *state;
    struct forge_source source = sharded_source(world, &m, across, false);
    const struct forge_array *array = open_source(world, &source);
    struct forge_region all = forge_region_all(2, m.shape);
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    int32_t elements[16];
    struct forge_view view = forge_view_of(elements, 2, m.shape, 4);

    put_shards(world, &m, across, &source, 3);
    assert_true(forge_array_read(array, &reader, &all, &view, &err));
    assert_int_equal(elements[9], 9 * 7 + 3);
    assert_int_equal(elements[10], FILL);
    assert_int_equal(elements[15], FILL);
    forge_reader_close(&reader);
}

static void a_damaged_shard_index_is_named(void **state)
{
    const struct model m = {2, {4, 4}, {2, 2}, 0};
    const uint64_t across[] = {2, 2};
    struct world *world = *state;
    struct forge_source source = sharded_source(world, &m, across, false);
    struct forge_arena arena = {0};
    struct forge_error err = {0};
    char *bytes = NULL;
    size_t length = 0;

    put_shards(world, &m, across, &source, UINT64_MAX);
    assert_true(
        forge_store_get(&bytes, &length, world->store.inner, "s/c/0/0", &arena, 4096, &err));
    bytes[length - 20] ^= 4;
    put(world, "s/c/0/0", bytes, length);
    expect_refusal(world, open_source(world, &source),
                   "data/a.nc: variable \"sst\": chunk (0, 0) in object \"s/c/0/0\": index of "
                   "the shard: crc32c: the bytes have checksum 34b1ac17, stored is f2b500fc");
    put(world, "s/c/0/0", bytes, 7);
    expect_refusal(world, open_source(world, &source),
                   "data/a.nc: variable \"sst\": chunk (0, 0) in object \"s/c/0/0\": the shard "
                   "has 7 bytes, too few for its index");
    forge_arena_clear(&arena);
}

/* ---- strings ---- */

static struct forge_source strings_source(struct world *world)
{
    const struct model m = {1, {5}, {3}, 0};
    struct forge_source source = source_of(world, &m);

    source.array.dtype = FORGE_STRING;
    source.fill.string = "none";
    source.manifest.kind = FORGE_MANIFEST_KEYED;
    source.manifest.zarr_format = 2;
    source.manifest.separator = '.';
    source.manifest.prefix = "names/";
    add_codec(world, &source.codecs, 1, "{\"id\":\"vlen-utf8\"}", 2);
    add_codec(world, &source.codecs, 1, "{\"id\":\"zstd\",\"level\":3}", 2);
    return source;
}

static void put_strings(struct world *world, const struct forge_codec_chain *chain,
                        const char *key, const char *bytes, size_t size)
{
    const struct forge_codec *codec = &chain->items[1];
    unsigned char stored[70000];
    uint64_t length = 0;
    struct forge_error err = {0};

    assert_true(codec->type->encode(codec->settings, 1, (const unsigned char *)bytes, size,
                                    stored, sizeof stored, &length, &err));
    put(world, key, stored, length);
}

static void strings_live_in_the_reader(void **state)
{
    static const char first[] = "\3\0\0\0\3\0\0\0abc\0\0\0\0\5\0\0\0\xc3\xa4rg!";
    struct world *world = *state;
    struct forge_source source = strings_source(world);
    struct forge_region region = {.start = {0}, .count = {5}, .step = {1}};
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    const char *strings[5];
    struct forge_view view = forge_view_of(strings, 1, region.count, sizeof(char *));

    put_strings(world, &source.codecs, "names/0", first, sizeof first - 1);
    if (!forge_array_read(open_source(world, &source), &reader, &region, &view, &err))
        fail_msg("%s", err.text);
    assert_string_equal(strings[0], "abc");
    assert_string_equal(strings[1], "");
    assert_string_equal(strings[2], "\xc3\xa4rg!");
    assert_string_equal(strings[3], "none");
    assert_string_equal(strings[4], "none");
    forge_reader_close(&reader);
}

static void well_compressed_strings_find_room(void **state)
{
    struct world *world = *state;
    struct forge_source source = strings_source(world);
    struct forge_region region = {.start = {2}, .count = {1}, .step = {1}};
    struct forge_reader reader = {0};
    struct forge_error err = {0};
    const char *string = NULL;
    struct forge_view view = forge_view_of(&string, 1, region.count, sizeof(char *));
    uint32_t length = 5000000, head[] = {3, 0, 0};
    struct forge_text bytes = {0};

    forge_text_add_bytes(&bytes, head, sizeof head);
    forge_text_add_bytes(&bytes, &length, sizeof length);
    for (uint32_t i = 0; i < length; i += 10)
        forge_text_add(&bytes, "aaaaaaaaaa");
    put_strings(world, &source.codecs, "names/0", bytes.bytes, bytes.length);
    if (!forge_array_read(open_source(world, &source), &reader, &region, &view, &err))
        fail_msg("%s", err.text);
    assert_int_equal(strlen(string), length);
    forge_text_clear(&bytes);
    forge_reader_close(&reader);
}

static void damaged_strings_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *want;
    } rows[] = {
        {"", 0, "it does not hold 3 strings"},
        {"\2\0\0\0", 4, "it does not hold 3 strings"},
        {"\3\0\0\0", 4, "string 0 ends beyond the chunk"},
        {"\3\0\0\0\1\0\0", 7, "string 0 ends beyond the chunk"},
        {"\3\0\0\0\0\0\0\0\377\377\377\377ab", 14, "string 1 ends beyond the chunk"},
        {"\3\0\0\0\1\0\0\0\377\0\0\0\0\0\0\0\0", 17, "string 0 is not UTF-8"},
    };
    struct world *world = *state;
    struct forge_source source = strings_source(world);
    const struct forge_array *array = open_source(world, &source);

    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[200];

        snprintf(want, sizeof want,
                 "data/a.nc: variable \"sst\": chunk (0) in object \"names/0\": %s",
                 rows[i].want);
        put_strings(world, &source.codecs, "names/0", rows[i].bytes, rows[i].size);
        expect_refusal(world, array, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_region_of_one_object_per_chunk_is_right),
        TEST(every_region_of_shards_is_right),
        TEST(an_index_may_be_large_and_big_endian),
        TEST(a_chunk_beyond_its_shard_is_refused),
        TEST(the_index_of_a_shard_is_read_once),
        TEST(shards_that_were_never_written_are_fill),
        TEST(a_damaged_shard_index_is_named),
        TEST(strings_live_in_the_reader),
        TEST(well_compressed_strings_find_room),
        TEST(damaged_strings_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every setting that says where the values of a file lie and how they are decoded counts in
 * their identity; names and times do not. */
#include "support/source_world.h"

#include "array/nodes.h"
#include "support/identity.h"

enum { MOST_VARIANTS = 60 };

struct variants {
    struct world *world;
    struct identity found[MOST_VARIANTS];
    size_t count;
};

static void add(struct variants *v, const struct forge_source *source)
{
    assert_in_range(v->count, 0, MOST_VARIANTS - 1);
    v->found[v->count++] = identity_of_all(open_source(v->world, source));
}

static void expect_all_different(const struct variants *v)
{
    for (size_t i = 0; i < v->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (is_equal(&v->found[i], &v->found[j]))
                fail_msg("variants %zu and %zu are alike", j, i);
        }
    }
}

/* What is the same for every kind: dtype, shape, file. */
static void add_common(struct variants *v, const struct forge_source *base)
{
    struct forge_file *other = forge_arena_take(&v->world->arena, sizeof *other);
    struct forge_source source = *base;

    add(v, base);
    source.array.dtype = FORGE_UINT32;
    add(v, &source);
    source = *base;
    source.array.shape[0]--;
    add(v, &source);
    *other = *base->file;
    set_digest(other, 99);
    source = *base;
    source.file = other;
    add(v, &source);
}

static void add_chains(struct variants *v, const struct forge_source *base)
{
    static const char *const chains[][2] = {
        {"{\"id\":\"zlib\",\"level\":1}"},
        {"{\"id\":\"zlib\",\"level\":2}"},
        {"{\"id\":\"gzip\",\"level\":1}"},
        {"{\"id\":\"zstd\",\"level\":1}"},
        {"{\"id\":\"zstd\",\"level\":1,\"checksum\":true}"},
        {"{\"id\":\"shuffle\",\"elementsize\":4}", "{\"id\":\"zlib\",\"level\":1}"},
        {"{\"id\":\"zlib\",\"level\":1}", "{\"id\":\"shuffle\",\"elementsize\":4}"},
        {"{\"id\":\"shuffle\",\"elementsize\":2}", "{\"id\":\"zlib\",\"level\":1}"},
        {"{\"id\":\"zlib\",\"level\":1}", "{\"id\":\"fletcher32\"}"},
        {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":1,\"blocksize\":0}"},
        {"{\"id\":\"blosc\",\"cname\":\"zlib\",\"clevel\":5,\"shuffle\":1,\"blocksize\":0}"},
        {"{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":5,\"shuffle\":1,\"blocksize\":0}"},
        {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":6,\"shuffle\":1,\"blocksize\":0}"},
        {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":2,\"blocksize\":0}"},
        {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":1,\"blocksize\":9}"},
    };

    for (size_t i = 0; i < COUNT(chains); i++) {
        struct forge_source source = *base;

        for (size_t k = 0; k < 2 && chains[i][k]; k++)
            add_codec(v->world, &source.codecs, 4, chains[i][k], 2);
        add(v, &source);
        source.codecs.items[0].element_size = 2;
        add(v, &source);
    }
}

static const struct model four_chunks = {2, {4, 6}, {2, 3}, 0};
static const uint64_t offsets[] = {0, 24, 48, 72}, lengths[] = {24, 24, 24, 24};

static struct forge_source table_source(struct world *world)
{
    struct forge_source source = source_of(world, &four_chunks);

    source.manifest.offsets = offsets;
    source.manifest.lengths = lengths;
    return source;
}

static void every_setting_of_a_table_counts(void **state)
{
    static const uint64_t moved[] = {0, 24, 48, 73}, swapped[] = {24, 0, 48, 72};
    static const uint64_t absent[] = {0, 24, 48, FORGE_CHUNK_ABSENT};
    static const uint64_t longer[] = {24, 24, 24, 25};
    static const uint32_t masks[] = {0, 0, 0, 1};
    struct variants v = {.world = *state};
    struct forge_source base, source;

    v.world->file.status.size = 1000;
    set_digest(&v.world->file, 1);
    source = base = table_source(v.world);
    add_common(&v, &base);
    add_chains(&v, &base);
    source.manifest.offsets = moved;
    add(&v, &source);
    source.manifest.offsets = swapped;
    add(&v, &source);
    source.manifest.offsets = absent;
    add(&v, &source);
    source.fill.int32 = FILL + 1;
    add(&v, &source);
    source = base;
    source.manifest.lengths = longer;
    add(&v, &source);
    source = base;
    source.manifest.skip_masks = masks;
    add(&v, &source);
    source = base;
    source.array.chunk[0] = 3; /* the same four chunks, of another shape */
    source.array.chunk[1] = 4;
    add(&v, &source);
    expect_all_different(&v);
    printf("%zu tables, all different\n", v.count);
}

static void every_setting_of_strides_counts(void **state)
{
    const struct model m = {2, {4, 6}, {1, 6}, 0};
    struct variants v = {.world = *state};
    struct forge_source base, source;

    v.world->file.status.size = 1000;
    set_digest(&v.world->file, 1);
    base = source_of(v.world, &m);
    forge_source_contiguous(&base, 8, 0);
    add_common(&v, &base);
    source = base;
    forge_source_contiguous(&source, 12, 0);
    add(&v, &source);
    source = base;
    forge_source_contiguous(&source, 8, 100);
    add(&v, &source);
    source = base;
    source.manifest.inner[1] = 8;
    add(&v, &source);
    source = base;
    add_codec(v.world, &source.codecs, 4,
              "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3);
    add(&v, &source);
    /* chunks that do not continue each other */
    source = base;
    source.array.chunk[0] = 2;
    source.manifest.stride[0] = 100;
    add(&v, &source);
    source.manifest.stride[0] = 104;
    add(&v, &source);
    source.manifest.inner[0] = 28;
    add(&v, &source);
    source.array.chunk[0] = 3;
    add(&v, &source);
    expect_all_different(&v);
    printf("%zu layouts of strides, all different\n", v.count);
}

static void every_setting_of_keyed_chunks_counts(void **state)
{
    struct variants v = {.world = *state};
    struct forge_source base, source;

    set_digest(&v.world->file, 1);
    base = source_of(v.world, &four_chunks);
    base.manifest.kind = FORGE_MANIFEST_KEYED;
    base.manifest.prefix = "s/";
    base.manifest.separator = '/';
    base.manifest.zarr_format = 2;
    add_common(&v, &base);
    add_chains(&v, &base);
    source = base;
    source.manifest.prefix = "t/";
    add(&v, &source);
    source = base;
    source.manifest.separator = '.';
    add(&v, &source);
    source = base;
    source.manifest.zarr_format = 3;
    add(&v, &source);
    source = base;
    source.fill.int32 = 0;
    add(&v, &source);
    source = base;
    source.array.chunk[0] = 1;
    add(&v, &source);
    source = base;
    source.manifest.sharded = true;
    memcpy(source.manifest.shard, source.array.shape, sizeof source.manifest.shard);
    add(&v, &source);
    source.manifest.index_at_start = true;
    add(&v, &source);
    add_codec(v.world, &source.manifest.index_codecs, 8, "{\"name\":\"crc32c\"}", 3);
    add(&v, &source);
    source.manifest.shard[0] *= 2;
    add(&v, &source);
    source = base;
    source.array.dtype = FORGE_STRING;
    add_codec(v.world, &source.codecs, 1, "{\"id\":\"vlen-utf8\"}", 2);
    source.fill.string = "a";
    add(&v, &source);
    source.fill.string = "b";
    add(&v, &source);
    expect_all_different(&v);
    printf("%zu stores, all different\n", v.count);
}

static void what_only_a_library_reads_counts_by_its_name(void **state)
{
    struct variants v = {.world = *state};
    struct forge_file files[2];
    struct forge_source base, source;

    set_digest(&v.world->file, 1);
    base = source_of(v.world, &four_chunks);
    base.manifest.kind = FORGE_MANIFEST_LIBRARY;
    add_common(&v, &base);
    source = base;
    source.path = "ice";
    add(&v, &source);
    files[0] = files[1] = *base.file;
    files[0].group = "g";
    files[1].format = "hdf5";
    for (size_t i = 0; i < COUNT(files); i++) {
        source = base;
        source.file = &files[i];
        add(&v, &source);
    }
    source = base;
    source.manifest.kind = FORGE_MANIFEST_REFUSED;
    source.manifest.refusal = "no";
    add(&v, &source);
    source.manifest.refusal = "never";
    add(&v, &source);
    expect_all_different(&v);
}

static void names_and_times_of_a_file_do_not_count(void **state)
{
    struct world *world = *state;
    struct forge_store *store = forge_store_open_memory();
    struct forge_source source;
    struct forge_file other;
    struct identity found[2];

    set_digest(&world->file, 1);
    world->file.status.size = 1000;
    source = table_source(world);
    found[0] = identity_of_all(open_source(world, &source));
    other = world->file;
    other.store = store;
    other.key = "b.nc";
    other.url = "elsewhere/b.nc";
    other.format = "hdf5";
    other.group = "g";
    other.status.modified_ns = 7;
    other.status.serial = 8;
    source.file = &other;
    source.path = "ice";
    source.fill.int32 = 0; /* no chunk is absent */
    source.manifest.skip_masks = (const uint32_t[]){0, 0, 0, 0};
    found[1] = identity_of_all(open_source(world, &source));
    assert_true(is_equal(&found[0], &found[1]));
    forge_store_close(store);
}

static void a_file_that_was_not_hashed_has_no_identity(void **state)
{
    struct world *world = *state;
    struct forge_source source;
    const struct forge_array *parts[2], *array;
    struct forge_file unhashed;
    struct forge_region region;

    set_digest(&world->file, 1);
    world->file.status.size = 1000;
    unhashed = world->file;
    unhashed.hashed = false;
    source = table_source(world);
    parts[0] = open_source(world, &source);
    source.file = &unhashed;
    parts[1] = open_source(world, &source);
    array = forge_array_concat(&world->arena, 0, parts, 2);
    region = forge_region_all(2, array->shape);
    for (uint64_t end = 1; end <= 8; end++) {
        struct forge_identity identity = {forge_hasher_open(), forge_hasher_open(), false};

        region.count[0] = end;
        forge_array_identify(array, &region, &identity);
        assert_int_equal(identity.unknown, end > 4);
        forge_hasher_close(identity.structure);
        forge_hasher_close(identity.files);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_setting_of_a_table_counts),
        TEST(every_setting_of_strides_counts),
        TEST(every_setting_of_keyed_chunks_counts),
        TEST(what_only_a_library_reads_counts_by_its_name),
        TEST(names_and_times_of_a_file_do_not_count),
        TEST(a_file_that_was_not_hashed_has_no_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

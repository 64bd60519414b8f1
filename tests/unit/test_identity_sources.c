/* The identity of what is read from files: chunks and files count where they are touched, and
 * nowhere else. */
#include "support/source_world.h"

#include "array/nodes.h"
#include "support/identity.h"

enum { COLLECTED = 20000, FILES = 16000 };

/* ---- only chunks that are touched count ---- */

/* Does the region take an element of this chunk? */
static bool is_touched(const struct model *m, const struct forge_region *region,
                       uint64_t number)
{
    uint64_t grid[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total = 0;

    assert_true(forge_grid_shape(grid, &total, m->rank, m->shape, m->chunk));
    forge_grid_index(index, m->rank, grid, number);
    for (unsigned d = 0; d < m->rank; d++) {
        bool has = false;

        for (uint64_t i = 0; i < region->count[d] && !has; i++)
            has = (region->start[d] + i * region->step[d]) / m->chunk[d] == index[d];
        if (!has)
            return false;
    }
    return true;
}

/* Another place, a hole where there was none, or other bytes at the same place. */
static void change_chunk(struct world *world, uint64_t *offset, uint64_t *length,
                         uint32_t *mask)
{
    switch (*offset == FORGE_CHUNK_ABSENT ? 0 : below(world, 4)) {
    case 0:
        *offset = 1001;
        break;
    case 1:
        *offset = FORGE_CHUNK_ABSENT;
        break;
    case 2:
        ++*length;
        break;
    default:
        *mask = 4;
    }
}

static void only_chunks_that_are_touched_count(void **state)
{
    struct world *world = *state;
    size_t touched = 0, beside = 0, fills[2] = {0};

    set_digest(&world->file, 1);
    world->file.status.size = 1U << 20;
    for (unsigned i = 0; i < 20000; i++) {
        const struct model *m = &models[below(world, COUNT(models))];
        struct forge_region region = random_region(world, m);
        struct forge_source source = source_of(world, m);
        uint64_t grid[FORGE_RANK_MAX], total = 0, chunk, places[3][256];
        uint32_t masks[256] = {0};
        struct identity before, after;
        bool absent = false;

        assert_true(forge_grid_shape(grid, &total, m->rank, m->shape, m->chunk));
        assert_in_range(total, 1, 256);
        for (chunk = 0; chunk < total; chunk++) {
            bool gone = below(world, 6) == 0;

            places[0][chunk] = gone ? FORGE_CHUNK_ABSENT : below(world, 1000);
            places[1][chunk] = 1 + below(world, 9);
            absent = absent || (gone && is_touched(m, &region, chunk));
        }
        source.manifest.offsets = places[0];
        source.manifest.lengths = places[1];
        source.manifest.skip_masks = masks;
        before = identity_of(open_source(world, &source), &region);
        for (unsigned d = 0; d < m->rank; d++) { /* steps that are never taken */
            if (region.count[d] == 1)
                region.step[d] = 1 + below(world, 9);
        }
        after = identity_of(open_source(world, &source), &region);
        assert_true(is_equal(&before, &after));
        source.fill.int32++;
        after = identity_of(open_source(world, &source), &region);
        assert_int_equal(is_equal(&before, &after), !absent);
        fills[absent]++;
        source.fill.int32--;
        chunk = total > 1 ? below(world, total) : 0;
        change_chunk(world, &places[0][chunk], &places[1][chunk], &masks[chunk]);
        after = identity_of(open_source(world, &source), &region);
        assert_int_equal(is_equal(&before, &after), !is_touched(m, &region, chunk));
        touched += is_touched(m, &region, chunk);
        beside += !is_touched(m, &region, chunk);
    }
    printf(
        "a chunk moved: %zu inside, %zu beside; another fill: %zu with a hole, %zu without\n",
        touched, beside, fills[1], fills[0]);
    assert_in_range(touched, 5000, SIZE_MAX);
    assert_in_range(beside, 5000, SIZE_MAX);
}

static void each_of_many_chunks_counts(void **state)
{
    const struct model m = {1, {1000}, {1}, 0};
    struct world *world = *state;
    struct forge_source source = source_of(world, &m);
    uint64_t *places = forge_arena_array(&world->arena, 2000, sizeof *places);
    struct identity before, after;

    set_digest(&world->file, 1);
    world->file.status.size = 10000;
    for (uint64_t i = 0; i < 1000; i++) {
        places[i] = 4 * i;
        places[1000 + i] = 4;
    }
    source.manifest.offsets = places;
    source.manifest.lengths = places + 1000;
    before = identity_of_all(open_source(world, &source));
    for (uint64_t i = 0; i < 1000; i++) {
        places[i]++;
        after = identity_of_all(open_source(world, &source));
        assert_false(is_equal(&before, &after));
        places[i]--;
    }
}

/* ---- the same identity, the same values ---- */

struct collected {
    struct identity identity;
    unsigned source; /* its number */
    uint64_t count;
    int32_t values[16];
};

static int compare_identities(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct identity));
}

/* A small source with chunks, or strides, anywhere in a small file. */
static const struct forge_array *random_source(struct world *world, struct model *m,
                                               struct forge_file *files)
{
    struct forge_source source;
    uint64_t *places = forge_arena_array(&world->arena, 32, sizeof *places);

    *m = (struct model){.rank = 1 + (unsigned)below(world, 2)};
    for (unsigned d = 0; d < m->rank; d++) {
        m->shape[d] = 1 + below(world, 4);
        m->chunk[d] = 1 + below(world, 3);
    }
    source = source_of(world, m);
    source.file = &files[below(world, 2)];
    source.fill.int32 = (int32_t)below(world, 2);
    if (below(world, 3) == 0)
        add_codec(world, &source.codecs, 4,
                  "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3);
    for (unsigned i = 0; i < 16; i++) {
        places[i] = below(world, 5) == 0 ? FORGE_CHUNK_ABSENT : 4 * below(world, 3);
        places[16 + i] = 4 * m->chunk[0] * (m->rank > 1 ? m->chunk[1] : 1);
    }
    source.manifest.offsets = places;
    source.manifest.lengths = places + 16;
    if (below(world, 2) == 0) {
        source.manifest.kind = FORGE_MANIFEST_STRIDED;
        source.manifest.base = 4 * below(world, 3);
        for (unsigned d = 0; d < m->rank; d++) {
            source.manifest.stride[d] = 4 * below(world, 4);
            source.manifest.inner[d] = 4 * below(world, 3);
        }
    }
    return open_source(world, &source);
}

static void collect(struct world *world, struct collected *out, struct forge_file *files,
                    unsigned number)
{
    struct model m;
    const struct forge_array *array = random_source(world, &m, files);
    struct forge_region region = random_region(world, &m);
    struct forge_view view = forge_view_of(out->values, m.rank, region.count, 4);
    struct forge_reader reader = {0};
    struct forge_error err = {0};

    out->identity = identity_of(array, &region);
    out->source = number;
    assert_true(forge_region_count(&out->count, m.rank, &region));
    if (!forge_array_read(array, &reader, &region, &view, &err))
        fail_msg("%s", err.text);
    forge_reader_close(&reader);
    forge_arena_clear(&world->arena);
}

static void regions_with_one_identity_hold_the_same_values(void **state)
{
    struct world *world = *state;
    struct collected *all = calloc(COLLECTED, sizeof *all);
    struct forge_file files[2];
    size_t alike = 0;

    assert_non_null(all);
    for (int file = 0; file < 2; file++) {
        int32_t numbers[64];

        for (int i = 0; i < 64; i++)
            numbers[i] = (int32_t)below(world, 1U << 30);
        files[file] = world->file;
        files[file].key = file == 0 ? "a.nc" : "b.nc";
        files[file].status.size = sizeof numbers;
        forge_digest_of(&files[file].digest, numbers, sizeof numbers);
        files[file].hashed = true;
        put(world, files[file].key, numbers, sizeof numbers);
    }
    for (unsigned i = 0; i < COLLECTED; i++)
        collect(world, &all[i], files, i);
    qsort(all, COLLECTED, sizeof *all, compare_identities);
    for (size_t i = 1; i < COLLECTED; i++) {
        if (!is_equal(&all[i - 1].identity, &all[i].identity))
            continue;
        if (all[i - 1].count != all[i].count ||
            memcmp(all[i - 1].values, all[i].values, all[i].count * 4) != 0)
            fail_msg("sources %u and %u", all[i - 1].source, all[i].source);
        alike++;
    }
    printf("%d regions of sources, %zu with the identity of another\n", COLLECTED, alike);
    assert_in_range(alike, 500, SIZE_MAX);
    free(all);
}

/* ---- a long archive ---- */

struct archive {
    struct forge_file *files;
    const struct forge_array **parts; /* one more in front, and one behind */
    const struct forge_array *array;
};

static void open_archive(struct world *world, struct archive *archive)
{
    static const uint64_t offset[] = {100}, length[] = {96};
    const struct model m = {3, {1, 4, 6}, {1, 4, 6}, 0};

    archive->files = forge_arena_array(&world->arena, FILES + 2, sizeof *archive->files);
    archive->parts = forge_arena_array(&world->arena, FILES + 2, sizeof(void *));
    for (unsigned i = 0; i < FILES + 2; i++) {
        struct forge_source source = source_of(world, &m);

        archive->files[i] = world->file;
        archive->files[i].status.size = 1000;
        set_digest(&archive->files[i], i);
        source.file = &archive->files[i];
        source.manifest.offsets = offset;
        source.manifest.lengths = length;
        archive->parts[i] = open_source(world, &source);
    }
    archive->array = forge_array_concat(&world->arena, 0, archive->parts + 1, FILES);
}

/* All parts, those beside the region in another order. */
static const struct forge_array *shuffle_beside(struct world *world,
                                                const struct archive *archive,
                                                const struct forge_region *region)
{
    const struct forge_array **parts = forge_arena_array(&world->arena, FILES, sizeof(void *));
    uint64_t first = region->start[0], end = first + region->count[0];

    for (uint64_t i = 0; i < FILES; i++)
        parts[i] = archive->parts[1 + i];
    for (uint64_t i = 0; i < FILES; i++) {
        uint64_t other = below(world, FILES);
        const struct forge_array *swapped = parts[i];

        if ((i >= first && i < end) || (other >= first && other < end))
            continue;
        parts[i] = parts[other];
        parts[other] = swapped;
    }
    return forge_array_concat(&world->arena, 0, parts, FILES);
}

static void files_beside_those_of_a_region_do_not_count(void **state)
{
    struct world *world = *state;
    struct archive archive;
    const struct forge_array *longer;
    size_t inside = 0, outside = 0;

    open_archive(world, &archive);
    longer = forge_array_concat(&world->arena, 0, archive.parts, FILES + 2);
    for (unsigned i = 0; i < 2000; i++) {
        struct forge_region region = forge_region_all(3, archive.array->shape), moved;
        struct identity before, after;
        uint64_t file = 1 + below(world, FILES), first, last;

        region.start[0] = below(world, FILES - 100);
        region.count[0] = 1 + below(world, 100);
        first = region.start[0] + 1;
        last = region.start[0] + region.count[0];
        if (below(world, 2) == 0)
            file = first + below(world, region.count[0]);
        before = identity_of(archive.array, &region);
        moved = region;
        moved.start[0]++;
        after = identity_of(longer, &moved);
        assert_true(is_equal(&before, &after));
        archive.files[file].digest.bytes[7] ^= 1;
        after = identity_of(archive.array, &region);
        archive.files[file].digest.bytes[7] ^= 1;
        assert_int_equal(is_equal(&before, &after), file < first || file > last);
        inside += file >= first && file <= last;
        outside += file < first || file > last;
        if (i % 100 != 0)
            continue;
        after = identity_of(shuffle_beside(world, &archive, &region), &region);
        assert_true(is_equal(&before, &after));
    }
    printf("%d files: another digest of one inside %zu regions, beside %zu\n", FILES, inside,
           outside);
    assert_in_range(inside, 500, SIZE_MAX);
    assert_in_range(outside, 500, SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_chunks_that_are_touched_count),
        TEST(each_of_many_chunks_counts),
        TEST(regions_with_one_identity_hold_the_same_values),
        TEST(files_beside_those_of_a_region_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

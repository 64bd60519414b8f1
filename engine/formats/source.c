#include "formats/source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "formats/source_parts.h"

#define DECODED_MAX ((uint64_t)4 << 30)
#define INDEX_MAX ((uint64_t)64 << 20)

/* Blocks of a reader: stored, decoded, spare. Sources share them, so each counts as large as
 * the largest: then the most that any source asks for is also what all of them take. */
#define BLOCKS 3

static const struct forge_array_type source_type;

static bool refuse(const struct forge_source *source, struct forge_error *err, const char *what)
{
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: variable \"%s\": %s", source->file->url,
                      source->path, what);
}

static bool open_shape(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_array *array = &node->source.array;
    uint64_t size = forge_dtype_size(array->dtype);
    uint64_t total = 0;
    bool good = true;

    node->chunk_bytes = size;
    for (unsigned d = 0; d < array->rank; d++) {
        if (array->chunk[d] == 0)
            return refuse(&node->source, err, "a chunk has length 0");
        good = good && forge_checked_multiply(&size, size, array->shape[d]) &&
               forge_checked_multiply(&node->chunk_bytes, node->chunk_bytes, array->chunk[d]);
    }
    if (!good || size > INT64_MAX ||
        !forge_grid_shape(node->grid, &total, array->rank, array->shape, array->chunk))
        return refuse(&node->source, err, "its shape is larger than any file can be");
    if (node->chunk_bytes > DECODED_MAX)
        return refuse(&node->source, err, "its chunks are larger than 4 GiB");
    return true;
}

/* What encoders of others give may be somewhat longer than what ours would. */
static uint64_t stored_limit(const struct forge_source_node *node)
{
    uint64_t bound = forge_codec_chain_bound(&node->source.codecs, node->chunk_bytes);

    return bound + bound / 8 + 4096;
}

static bool fail_entry(const struct forge_source_node *node, uint64_t number,
                       struct forge_error *err)
{
    uint64_t index[FORGE_RANK_MAX];
    char where[64];

    forge_grid_index(index, node->source.array.rank, node->grid, number);
    snprintf(where, sizeof where, " at byte %" PRIu64, node->source.manifest.offsets[number]);
    return forge_source_fail_chunk(node, index, where, err);
}

static bool open_table(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_source *source = &node->source;
    const struct forge_manifest *m = &source->manifest;
    const struct forge_array *array = &source->array;
    uint64_t limit = stored_limit(node);
    uint64_t total = 1;

    for (unsigned d = 0; d < array->rank; d++)
        total *= node->grid[d];
    for (uint64_t i = 0; i < total; i++) {
        uint64_t end = 0;

        if (m->offsets[i] == FORGE_CHUNK_ABSENT)
            continue;
        if (!forge_checked_add(&end, m->offsets[i], m->lengths[i]) ||
            end > source->file->status.size) {
            forge_fail(err, FORGE_BAD_SOURCE,
                       "its %" PRIu64 " bytes end beyond the file, which has %" PRIu64,
                       m->lengths[i], source->file->status.size);
            return fail_entry(node, i, err);
        }
        if (m->lengths[i] == 0 || m->lengths[i] > limit) {
            forge_fail(err, FORGE_BAD_SOURCE,
                       "%" PRIu64 " stored bytes cannot be a chunk of %" PRIu64, m->lengths[i],
                       node->chunk_bytes);
            return fail_entry(node, i, err);
        }
        node->stored_max = forge_maximum(node->stored_max, m->lengths[i]);
    }
    return true;
}

/* The largest offset that an index along dimension d adds: that of the last element, or of the
 * last element of the last whole chunk where chunks overlap. */
static bool farthest(uint64_t *out, const struct forge_source *source, unsigned d)
{
    uint64_t chunk = source->array.chunk[d];
    uint64_t last = source->array.shape[d] - 1;
    uint64_t chunks = last / chunk;
    uint64_t a = 0, b = 0, inside = 0;

    if (!forge_checked_multiply(&a, chunks, source->manifest.stride[d]) ||
        !forge_checked_multiply(&inside, last % chunk, source->manifest.inner[d]) ||
        !forge_checked_add(&a, a, inside))
        return false;
    if (chunks > 0 && (!forge_checked_multiply(&b, chunks - 1, source->manifest.stride[d]) ||
                       !forge_checked_multiply(&inside, chunk - 1, source->manifest.inner[d]) ||
                       !forge_checked_add(&b, b, inside)))
        return false;
    *out = forge_maximum(a, b);
    return true;
}

static void find_affine(struct forge_source_node *node)
{
    const struct forge_source *source = &node->source;

    node->affine = true;
    for (unsigned d = 0; d < source->array.rank; d++) {
        uint64_t chunk = source->array.chunk[d];
        uint64_t inner = source->manifest.inner[d];
        uint64_t stride = 0;

        node->stride[d] = chunk == 1 ? source->manifest.stride[d] : inner;
        if (chunk > 1 && node->grid[d] > 1 &&
            (!forge_checked_multiply(&stride, inner, chunk) ||
             stride != source->manifest.stride[d]))
            node->affine = false;
    }
}

static bool open_strided(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_source *source = &node->source;
    uint64_t end = 0;
    bool good =
        forge_checked_add(&end, source->manifest.base, forge_dtype_size(source->array.dtype));

    if (!node->as_is &&
        (source->codecs.count != 1 || strcmp(source->codecs.items[0].type->name, "bytes") != 0))
        return refuse(source, err, "bytes without chunks can have no codec");
    find_affine(node);
    for (unsigned d = 0; d < source->array.rank; d++) {
        uint64_t far = 0;

        if (source->array.shape[d] == 0)
            return true;
        good = good && farthest(&far, source, d) && forge_checked_add(&end, end, far);
    }
    if (!good)
        return refuse(source, err, "its values end beyond any file");
    if (end > source->file->status.size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: variable \"%s\": its values end at byte %" PRIu64
                          ", beyond the file, which has %" PRIu64,
                          source->file->url, source->path, end, source->file->status.size);
    return true;
}

static bool open_sharded(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_source *source = &node->source;
    const struct forge_manifest *m = &source->manifest;
    uint64_t bytes = 16;

    for (unsigned d = 0; d < source->array.rank; d++) {
        uint64_t chunk = source->array.chunk[d];

        if (m->shard[d] == 0 || m->shard[d] % chunk != 0)
            return refuse(source, err, "its chunks do not divide its shards");
        if (!forge_checked_multiply(&bytes, bytes, m->shard[d] / chunk) || bytes > INDEX_MAX)
            return refuse(source, err, "its shards have more than 4 million chunks");
    }
    node->index_count = bytes / 16;
    node->extra_bytes = bytes;
    node->index_bytes = forge_codec_chain_bound(&m->index_codecs, bytes);
    return true;
}

static bool open_keyed(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_source *source = &node->source;

    if (source->array.dtype == FORGE_STRING) {
        if (node->chunk_bytes > FORGE_SOURCE_STRINGS_MAX)
            return refuse(source, err, "its chunks of strings are larger than 16 MiB");
        if (source->codecs.count == 0 || source->manifest.sharded)
            return refuse(source, err, "strings need the codec vlen-utf8 and no shards");
        node->extra_bytes = node->chunk_bytes;
        node->chunk_bytes = FORGE_SOURCE_STRINGS_MAX;
        if (!source->fill.string)
            node->source.fill.string = "";
    }
    node->stored_max = stored_limit(node);
    return !source->manifest.sharded || open_sharded(node, err);
}

static bool is_identity(const struct forge_codec_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        const struct forge_codec *codec = &chain->items[i];

        if (!codec->type->identity ||
            !codec->type->identity(codec->settings, codec->element_size))
            return false;
    }
    return true;
}

static bool open_manifest(struct forge_source_node *node, struct forge_error *err)
{
    const struct forge_source *source = &node->source;
    bool good = true;

    node->as_is = is_identity(&source->codecs);
    if (source->array.dtype == FORGE_STRING && source->manifest.kind != FORGE_MANIFEST_KEYED)
        return refuse(source, err, "strings cannot be read by offset");
    switch (source->manifest.kind) {
    case FORGE_MANIFEST_TABLE:
        good = open_table(node, err);
        break;
    case FORGE_MANIFEST_STRIDED:
        good = open_strided(node, err);
        break;
    case FORGE_MANIFEST_KEYED:
        good = open_keyed(node, err);
        break;
    case FORGE_MANIFEST_LIBRARY:
    case FORGE_MANIFEST_REFUSED:
        break;
    }
    node->block_max =
        forge_maximum(forge_maximum(node->stored_max, node->index_bytes),
                      forge_codec_chain_bound(&source->codecs, node->chunk_bytes));
    return good;
}

bool forge_source_open(const struct forge_array **out, struct forge_arena *arena,
                       const struct forge_source *source, struct forge_error *err)
{
    struct forge_source_node *node;

    assert(source->file && source->path && source->array.rank <= FORGE_RANK_MAX);
    node = forge_arena_take(arena, sizeof *node);
    node->source = *source;
    node->source.array.type = &source_type;
    node->source.array.in_memory = false;
    if (source->manifest.kind != FORGE_MANIFEST_REFUSED &&
        (!open_shape(node, err) || !open_manifest(node, err)))
        return false;
    *out = &node->source.array;
    return true;
}

static const struct forge_source_node *node_of(const struct forge_array *array)
{
    return (const struct forge_source_node *)(const void *)array;
}

const struct forge_source *forge_array_source(const struct forge_array *array)
{
    return array->type == &source_type ? &node_of(array)->source : NULL;
}

/* What reading the elements of one piece takes; false when it takes nothing. */
static bool touch_piece(struct forge_touch *touch, const struct forge_source_node *node,
                        const struct forge_piece *piece)
{
    const struct forge_source *source = &node->source;
    const struct forge_manifest *m = &source->manifest;
    uint64_t number;

    *touch = (struct forge_touch){.url = source->file->url, .decoded = node->chunk_bytes};
    switch (m->kind) {
    case FORGE_MANIFEST_TABLE:
        number = forge_grid_number(source->array.rank, node->grid, piece->index);
        touch->offset = m->offsets[number];
        touch->stored = m->lengths[number];
        return touch->offset != FORGE_CHUNK_ABSENT;
    case FORGE_MANIFEST_STRIDED:
        touch->offset = forge_source_address(node, piece);
        touch->decoded = forge_dtype_size(source->array.dtype);
        for (unsigned d = 0; d < source->array.rank; d++)
            touch->decoded *= piece->count[d];
        break;
    case FORGE_MANIFEST_LIBRARY:
        touch->through_library = true;
        break;
    case FORGE_MANIFEST_KEYED:
    case FORGE_MANIFEST_REFUSED:
        break;
    }
    touch->stored = touch->decoded;
    return true;
}

static void source_touch(const struct forge_array *array, const struct forge_region *region,
                         forge_touch_visit *visit, void *context)
{
    const struct forge_source_node *node = node_of(array);
    struct forge_piece piece;
    struct forge_touch touch;
    bool more = forge_piece_first(&piece, array->rank, array->chunk, region);

    for (; more; more = forge_piece_next(&piece)) {
        if (touch_piece(&touch, node, &piece))
            visit(context, &touch);
    }
}

static uint64_t source_scratch(const struct forge_array *array,
                               const struct forge_region *region)
{
    const struct forge_source_node *node = node_of(array);
    uint64_t extent;

    switch (node->source.manifest.kind) {
    case FORGE_MANIFEST_STRIDED:
        extent = FORGE_SOURCE_SPAN_BYTES;
        if (node->affine) {
            extent = forge_dtype_size(array->dtype);
            for (unsigned d = 0; d < array->rank; d++)
                extent += (region->count[d] - 1) * region->step[d] * node->stride[d];
        }
        return BLOCKS * forge_minimum(extent, FORGE_SOURCE_SPAN_BYTES);
    case FORGE_MANIFEST_TABLE:
    case FORGE_MANIFEST_KEYED:
        return BLOCKS * node->block_max + node->extra_bytes;
    case FORGE_MANIFEST_LIBRARY:
        return BLOCKS * forge_source_library_bytes(node, region);
    case FORGE_MANIFEST_REFUSED:
        break;
    }
    return 0;
}

static bool source_read(const struct forge_array *array, struct forge_reader *reader,
                        const struct forge_region *region, const struct forge_view *view,
                        struct forge_error *err)
{
    const struct forge_source_node *node = node_of(array);
    const struct forge_source_reading r = {node, reader, region, view};

    reader->stored.budget = reader->budget;
    reader->decoded.budget = reader->budget;
    reader->spare.budget = reader->budget;
    switch (node->source.manifest.kind) {
    case FORGE_MANIFEST_TABLE:
        return forge_source_read_table(&r, err);
    case FORGE_MANIFEST_STRIDED:
        return forge_source_read_strided(&r, err);
    case FORGE_MANIFEST_KEYED:
        return forge_source_read_keyed(&r, err);
    case FORGE_MANIFEST_LIBRARY:
        return forge_source_read_library(&r, err);
    case FORGE_MANIFEST_REFUSED:
        break;
    }
    return refuse(&node->source, err, node->source.manifest.refusal);
}

static const struct forge_array_type source_type = {
    .name = "source",
    .read = source_read,
    .touch = source_touch,
    .scratch = source_scratch,
    .identify = forge_source_identify,
};

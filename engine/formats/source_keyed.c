/* source_keyed.c: Zarr stores, one object per chunk or per shard. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/text.h"
#include "formats/source_parts.h"

void forge_source_object_key(struct forge_text *key, const struct forge_source *source,
                             const uint64_t *index)
{
    const struct forge_manifest *m = &source->manifest;

    forge_text_add(key, m->prefix);
    for (unsigned d = 0; d < source->array.rank; d++) {
        if (d > 0)
            forge_text_add_bytes(key, &m->separator, 1);
        forge_text_print(key, "%" PRIu64, index[d]);
    }
    if (source->array.rank > 0)
        return;
    if (m->zarr_format == 2)
        forge_text_add(key, "0");
    else if (key->length > 0 && key->bytes[key->length - 1] == m->separator)
        key->bytes[--key->length] = '\0';
}

/* Open the object at `index`; *out is NULL where it was never written. */
static bool object_at(struct forge_object **out, struct forge_object_status *status,
                      const struct forge_source *source, const uint64_t *index,
                      struct forge_error *err)
{
    struct forge_text key = {0};
    bool good;

    *out = NULL;
    forge_source_object_key(&key, source, index);
    good = forge_object_open(out, source->file->store, forge_text_string(&key), status, err);
    if (!good && err->code == FORGE_MISSING) {
        *err = (struct forge_error){0};
        *out = NULL;
        good = true;
    }
    forge_text_clear(&key);
    return good;
}

static bool fail_object(const struct forge_source_node *node, const uint64_t *index,
                        const uint64_t *object_index, struct forge_error *err)
{
    struct forge_text where = {0};

    forge_text_add(&where, " in object \"");
    forge_source_object_key(&where, &node->source, object_index);
    forge_text_add(&where, "\"");
    forge_source_fail_chunk(node, index, forge_text_string(&where), err);
    forge_text_clear(&where);
    return false;
}

/* ---- strings ---- */

/* Undo the codecs behind the first, which is vlen-utf8. What they give has no size that is
 * known beforehand: room grows until it fits or passes the limit. */
static bool strings_decode(const struct forge_source_reading *r, const unsigned char **bytes,
                           uint64_t *length, struct forge_error *err)
{
    const struct forge_codec_chain *chain = &r->node->source.codecs;
    struct forge_block *to = &r->reader->decoded;
    struct forge_block *other = &r->reader->spare;

    for (unsigned i = chain->count; i-- > 1;) {
        const struct forge_codec *codec = &chain->items[i];
        struct forge_block *full = to;
        uint64_t room = forge_maximum(*length * 4, 4096);
        uint64_t size = *length;
        bool good = false;

        for (; !good; room *= 2) {
            bool last = room >= FORGE_SOURCE_STRINGS_MAX;

            room = forge_minimum(room, FORGE_SOURCE_STRINGS_MAX);
            if (!forge_block_reserve(to, room, err))
                return false;
            good = codec->type->decode(codec->settings, codec->element_size, *bytes, size,
                                       to->bytes, room, length, err);
            if (!good && last)
                return false;
        }
        *bytes = full->bytes;
        to = other;
        other = full;
    }
    return true;
}

static uint32_t u32_of(const unsigned char *bytes)
{
    uint32_t number;

    memcpy(&number, bytes, sizeof number);
    return number;
}

/* Cut u32le count, then u32le length and bytes of each, into strings of the reader's arena. */
static bool strings_cut(const struct forge_source_reading *r, const unsigned char *bytes,
                        uint64_t length, const char **strings, uint64_t count,
                        struct forge_error *err)
{
    uint64_t at = 4;

    if (length < 4 || u32_of(bytes) != count)
        return forge_fail(err, FORGE_BAD_SOURCE, "it does not hold %" PRIu64 " strings", count);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t size = 0;

        if (length - at >= 4)
            size = u32_of(bytes + at);
        if (length - at < 4 || size > length - at - 4)
            return forge_fail(err, FORGE_BAD_SOURCE, "string %" PRIu64 " ends beyond the chunk",
                              i);
        if (!forge_text_is_utf8((const char *)bytes + at + 4, size))
            return forge_fail(err, FORGE_BAD_SOURCE, "string %" PRIu64 " is not UTF-8", i);
        strings[i] = forge_arena_copy(&r->reader->strings, (const char *)bytes + at + 4, size);
        at += 4 + (uint64_t)size;
    }
    return true;
}

static bool strings_piece(const struct forge_source_reading *r, const struct forge_piece *piece,
                          uint64_t length, struct forge_error *err)
{
    const unsigned char *bytes = r->reader->stored.bytes;
    struct forge_block pointers = {.budget = r->reader->budget};
    uint64_t count = 1;
    bool good;

    for (unsigned d = 0; d < piece->rank; d++)
        count *= piece->chunk[d];
    good = strings_decode(r, &bytes, &length, err) &&
           forge_block_open(&pointers, r->reader->budget, count * sizeof(char *), err) &&
           strings_cut(r, bytes, length, (const char **)(void *)pointers.bytes, count, err);
    if (good)
        forge_source_copy(r, piece, pointers.bytes);
    forge_block_close(&pointers);
    return good;
}

/* ---- chunks ---- */

/* Read `length` bytes of an object and decode them into the view. */
static bool read_chunk(const struct forge_source_reading *r, const struct forge_piece *piece,
                       struct forge_object *object, uint64_t offset, uint64_t length,
                       struct forge_error *err)
{
    const struct forge_source_node *node = r->node;
    struct forge_reader *reader = r->reader;
    const unsigned char *decoded = NULL;

    if (length > node->stored_max)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%" PRIu64 " stored bytes cannot be a chunk of %" PRIu64, length,
                          node->chunk_bytes);
    if (!forge_block_reserve(&reader->stored, length, err) ||
        !forge_object_read(object, offset, reader->stored.bytes, length, err))
        return false;
    reader->counts.chunks++;
    reader->counts.stored_bytes += length;
    if (node->source.array.dtype == FORGE_STRING)
        return strings_piece(r, piece, length, err);
    if (!forge_codec_chain_decode(&node->source.codecs, 0, reader->stored.bytes, length,
                                  node->chunk_bytes, &reader->decoded, &reader->spare, &decoded,
                                  err))
        return false;
    reader->counts.decoded_bytes += node->chunk_bytes;
    forge_source_copy(r, piece, decoded);
    return true;
}

static bool read_object(const struct forge_source_reading *r, const struct forge_piece *piece,
                        struct forge_error *err)
{
    struct forge_object_status status = {0};
    struct forge_object *object = NULL;
    bool good = object_at(&object, &status, &r->node->source, piece->index, err);

    if (good && !object)
        forge_source_fill(r, piece);
    else if (good)
        good = read_chunk(r, piece, object, 0, status.size, err);
    forge_object_close(object);
    return good || fail_object(r->node, piece->index, piece->index, err);
}

/* ---- shards ---- */

/* Read the index of the shard's object, checked against its size. */
static bool read_index(const struct forge_source_reading *r, struct forge_open_shard *shard,
                       struct forge_error *err)
{
    const struct forge_source_node *node = r->node;
    const struct forge_manifest *m = &node->source.manifest;
    struct forge_reader *reader = r->reader;
    uint64_t bytes = node->index_count * 16;
    const unsigned char *decoded = NULL;
    uint64_t at;

    if (shard->size < node->index_bytes)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "the shard has %" PRIu64 " bytes, too few for its index",
                          shard->size);
    at = m->index_at_start ? 0 : shard->size - node->index_bytes;
    if (!forge_block_reserve(&reader->stored, node->index_bytes, err) ||
        !forge_object_read(shard->object, at, reader->stored.bytes, node->index_bytes, err) ||
        !forge_codec_chain_decode(&m->index_codecs, 0, reader->stored.bytes, node->index_bytes,
                                  bytes, &reader->decoded, &reader->spare, &decoded, err))
        return forge_fail_while(err, "index of the shard");
    if (!forge_block_reserve(&shard->index, bytes, err))
        return false;
    memcpy(shard->index.bytes, decoded, bytes);
    reader->counts.stored_bytes += node->index_bytes;
    return true;
}

/* Make `shard` the one at `index` of the grid of shards. */
static bool load_shard(const struct forge_source_reading *r, struct forge_open_shard *shard,
                       const uint64_t *index, uint64_t number, struct forge_error *err)
{
    struct forge_object_status status = {0};

    if (shard->node == r->node && shard->number == number)
        return true;
    forge_object_close(shard->object);
    shard->object = NULL;
    shard->node = NULL;
    if (!object_at(&shard->object, &status, &r->node->source, index, err))
        return false;
    shard->size = status.size;
    if (shard->object && !read_index(r, shard, err))
        return false;
    shard->node = r->node;
    shard->number = number;
    return true;
}

/* Where a chunk lies in its shard; *offset is FORGE_CHUNK_ABSENT where it was never written. */
static bool find_in_shard(uint64_t *offset, uint64_t *length,
                          const struct forge_open_shard *shard, uint64_t number,
                          struct forge_error *err)
{
    const unsigned char *entry = shard->index.bytes + number * 16;
    uint64_t end = 0;

    memcpy(offset, entry, 8);
    memcpy(length, entry + 8, 8);
    if (*offset == FORGE_CHUNK_ABSENT && *length == UINT64_MAX)
        return true;
    if (!forge_checked_add(&end, *offset, *length) || end > shard->size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "its %" PRIu64 " bytes at byte %" PRIu64
                          " end beyond the shard, which has %" PRIu64,
                          *length, *offset, shard->size);
    return true;
}

static bool read_inner(const struct forge_source_reading *r, const struct forge_piece *piece,
                       const struct forge_open_shard *shard, const uint64_t *shard_index,
                       struct forge_error *err)
{
    const struct forge_source *source = &r->node->source;
    uint64_t offset = 0, length = 0, number = 0;

    for (unsigned d = 0; d < piece->rank; d++) {
        uint64_t across = source->manifest.shard[d] / source->array.chunk[d];

        number = number * across + piece->index[d] % across;
    }
    if (!forge_source_go_on(r, err))
        return false;
    if (!find_in_shard(&offset, &length, shard, number, err))
        return fail_object(r->node, piece->index, shard_index, err);
    if (offset == FORGE_CHUNK_ABSENT)
        forge_source_fill(r, piece);
    else if (!read_chunk(r, piece, shard->object, offset, length, err))
        return fail_object(r->node, piece->index, shard_index, err);
    return true;
}

/* Read the part of the region that lies in one shard. */
static bool read_shard(const struct forge_source_reading *r, const struct forge_piece *piece,
                       struct forge_open_shard *shard, uint64_t number, struct forge_error *err)
{
    const struct forge_array *array = &r->node->source.array;
    struct forge_view view = forge_view_shift(r->view, array->rank, piece->first);
    struct forge_region region = *r->region;
    const struct forge_source_reading part = {r->node, r->reader, &region, &view};
    struct forge_piece inner;
    bool more;

    for (unsigned d = 0; d < array->rank; d++) {
        region.start[d] += piece->first[d] * region.step[d];
        region.count[d] = piece->count[d];
    }
    more = forge_piece_first(&inner, array->rank, array->chunk, &region);
    if (!load_shard(r, shard, piece->index, number, err))
        return fail_object(r->node, inner.index, piece->index, err);
    if (!shard->object) {
        forge_source_fill(r, piece);
        return true;
    }
    for (; more; more = forge_piece_next(&inner)) {
        if (!read_inner(&part, &inner, shard, piece->index, err))
            return false;
    }
    return true;
}

bool forge_source_read_keyed(const struct forge_source_reading *r, struct forge_error *err)
{
    const struct forge_source *source = &r->node->source;
    const struct forge_array *array = &source->array;
    bool sharded = source->manifest.sharded;
    const uint64_t *chunk = sharded ? source->manifest.shard : array->chunk;
    uint64_t grid[FORGE_RANK_MAX];
    struct forge_open_shard *shard = NULL;
    struct forge_piece piece;
    bool more = forge_piece_first(&piece, array->rank, chunk, r->region);

    if (!forge_source_shard(&shard, r->reader, err))
        return false;
    for (unsigned d = 0; d < array->rank; d++)
        grid[d] = forge_divide_up(array->shape[d], chunk[d]);
    for (; more; more = forge_piece_next(&piece)) {
        if (!forge_source_go_on(r, err))
            return false;
        if (!sharded ? !read_object(r, &piece, err)
                     : !read_shard(r, &piece, shard,
                                   forge_grid_number(array->rank, grid, piece.index), err))
            return false;
    }
    return true;
}

/* source_read.c: chunks by their place in the file, and regions that only a library reads. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "formats/source_parts.h"

/* One call of a library costs a round trip to another process: small regions go at once. */
#define LIBRARY_BYTES ((uint64_t)32 << 20)

bool forge_source_go_on(const struct forge_source_reading *r, struct forge_error *err)
{
    if (forge_reader_is_cancelled(r->reader))
        return forge_fail(err, FORGE_CANCELLED, "interrupted");
    if (r->reader->reading)
        atomic_store_explicit(r->reader->reading, r->node->source.file->url,
                              memory_order_relaxed);
    return true;
}

bool forge_source_fail_chunk(const struct forge_source_node *node, const uint64_t *index,
                             const char *where, struct forge_error *err)
{
    const struct forge_source *source = &node->source;
    char position[FORGE_RANK_MAX * 22] = "";
    size_t used = 0;

    for (unsigned d = 0; d < source->array.rank; d++)
        used += (size_t)snprintf(position + used, sizeof position - used, "%s%" PRIu64,
                                 d > 0 ? ", " : "", index[d]);
    return forge_fail_while(err, "%s: variable \"%s\": chunk (%s)%s", source->file->url,
                            source->path, position, where);
}

static bool table_decode(const struct forge_source_reading *r, const struct forge_piece *piece,
                         struct forge_object *object, uint64_t number, struct forge_error *err)
{
    const struct forge_source_node *node = r->node;
    const struct forge_manifest *m = &node->source.manifest;
    struct forge_reader *reader = r->reader;
    uint32_t mask = m->skip_masks ? m->skip_masks[number] : 0;
    uint64_t length = m->lengths[number];
    const unsigned char *decoded = NULL;

    if (!forge_block_reserve(&reader->stored, node->stored_max, err) ||
        !forge_object_read(object, m->offsets[number], reader->stored.bytes, length, err) ||
        !forge_codec_chain_decode(&node->source.codecs, mask, reader->stored.bytes, length,
                                  node->chunk_bytes, &reader->decoded, &reader->spare, &decoded,
                                  err))
        return false;
    forge_source_copy(r, piece, decoded);
    return true;
}

static bool table_piece(const struct forge_source_reading *r, const struct forge_piece *piece,
                        struct forge_object *object, struct forge_error *err)
{
    const struct forge_source_node *node = r->node;
    const struct forge_manifest *m = &node->source.manifest;
    uint64_t number = forge_grid_number(piece->rank, node->grid, piece->index);
    unsigned char *bytes = NULL;
    char where[64];
    bool good;

    if (m->offsets[number] == FORGE_CHUNK_ABSENT) {
        forge_source_fill(r, piece);
        return true;
    }
    if (node->as_is && m->lengths[number] == node->chunk_bytes &&
        forge_source_direct(&bytes, r, piece))
        good = forge_object_read(object, m->offsets[number], bytes, node->chunk_bytes, err);
    else
        good = table_decode(r, piece, object, number, err);
    if (!good) {
        snprintf(where, sizeof where, " at byte %" PRIu64, m->offsets[number]);
        return forge_source_fail_chunk(node, piece->index, where, err);
    }
    r->reader->counts.chunks++;
    r->reader->counts.stored_bytes += m->lengths[number];
    r->reader->counts.decoded_bytes += node->chunk_bytes;
    return true;
}

bool forge_source_read_table(const struct forge_source_reading *r, struct forge_error *err)
{
    const struct forge_array *array = &r->node->source.array;
    struct forge_object *object = NULL;
    struct forge_piece piece;
    bool more = forge_piece_first(&piece, array->rank, array->chunk, r->region);

    if (more && !forge_source_object(&object, r->reader, r->node->source.file, err))
        return false;
    for (; more; more = forge_piece_next(&piece)) {
        if (!forge_source_go_on(r, err) || !table_piece(r, &piece, object, err))
            return false;
    }
    return true;
}

/* Bytes of the smallest box around elements of the region that has no steps. */
static uint64_t box_bytes(const struct forge_array *array, const struct forge_region *region)
{
    uint64_t bytes = forge_dtype_size(array->dtype);

    for (unsigned d = 0; d < array->rank; d++)
        bytes *= (region->count[d] - 1) * region->step[d] + 1;
    return bytes;
}

uint64_t forge_source_library_bytes(const struct forge_source_node *node,
                                    const struct forge_region *region)
{
    uint64_t whole = box_bytes(&node->source.array, region);

    return whole <= LIBRARY_BYTES ? whole : forge_minimum(whole, node->chunk_bytes);
}

/* Read the elements of a piece through the box around them: libraries read boxes fast, and
 * every other element one by one. */
static bool library_piece(const struct forge_source_reading *r, const struct forge_piece *piece,
                          struct forge_error *err)
{
    const struct forge_source *source = &r->node->source;
    const struct forge_array *array = &source->array;
    const struct forge_library *library = r->reader->library;
    size_t size = forge_dtype_size(array->dtype);
    struct forge_view to = forge_view_shift(r->view, array->rank, piece->first);
    struct forge_region box = {0};
    struct forge_view from;
    uint64_t bytes = size;

    for (unsigned d = 0; d < array->rank; d++) {
        box.start[d] = piece->index[d] * piece->chunk[d] + piece->inside[d];
        box.count[d] = (piece->count[d] - 1) * r->region->step[d] + 1;
        box.step[d] = 1;
        bytes *= box.count[d];
    }
    if (!forge_block_reserve(&r->reader->decoded, bytes, err))
        return false;
    from = forge_view_of(r->reader->decoded.bytes, array->rank, box.count, size);
    if (!library->read(library, source, &box, r->reader->decoded.bytes, bytes, err))
        return forge_fail_while(err, "%s: variable \"%s\"", source->file->url, source->path);
    for (unsigned d = 0; d < array->rank; d++) {
        if (piece->count[d] > 1)
            from.stride[d] *= (int64_t)r->region->step[d];
    }
    forge_view_copy(&to, &from, array->rank, piece->count, size);
    r->reader->counts.library_chunks++;
    r->reader->counts.library_bytes += bytes;
    return true;
}

bool forge_source_read_library(const struct forge_source_reading *r, struct forge_error *err)
{
    const struct forge_source *source = &r->node->source;
    const uint64_t *chunk = source->array.chunk;
    struct forge_piece piece;
    bool more;

    if (!r->reader->library)
        return forge_fail(
            err, FORGE_FAILED,
            "%s: variable \"%s\": only a library can read it, and none is at hand",
            source->file->url, source->path);
    if (box_bytes(&source->array, r->region) <= LIBRARY_BYTES)
        chunk = source->array.shape;
    more = forge_piece_first(&piece, source->array.rank, chunk, r->region);
    for (; more; more = forge_piece_next(&piece)) {
        if (!forge_source_go_on(r, err) || !library_piece(r, &piece, err))
            return false;
    }
    return true;
}

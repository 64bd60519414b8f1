/* source_strided.c: bytes without chunks, as netCDF-3 and contiguous HDF5 have them.
 *
 * What lies close together in the file is read at once and picked apart in
 * memory: a million records of a hundred bytes take a few preads, not a million.
 */
#include <inttypes.h>

#include "base/checked.h"
#include "formats/source_parts.h"

/* Reading over a gap of this many bytes is cheaper than another call. */
#define GAP_BYTES ((uint64_t)16 << 10)

/* How a region with one stride per dimension lies in the file. The last entry of the arrays
 * that have one more than there are dimensions stands for a single element. */
struct layout {
    const struct forge_source_reading *reading;
    struct forge_object *object;
    unsigned rank;
    size_t size;
    const uint64_t *count;           /* elements of the region */
    uint64_t stride[FORGE_RANK_MAX]; /* bytes in the file from one to the next */
    int64_t view[FORGE_RANK_MAX];    /* bytes in memory from one to the next */
    uint64_t
        extent[FORGE_RANK_MAX + 1];   /* bytes from the first to the last of dimensions d.. */
    bool near[FORGE_RANK_MAX];        /* the gaps along d are worth reading over */
    bool at_once[FORGE_RANK_MAX + 1]; /* dimensions d.. are read as one span */
};

static void measure(struct layout *l)
{
    l->extent[l->rank] = l->size;
    l->at_once[l->rank] = true;
    for (unsigned d = l->rank; d-- > 0;) {
        uint64_t below = l->extent[d + 1];

        l->extent[d] = (l->count[d] - 1) * l->stride[d] + below;
        l->near[d] = l->count[d] == 1 || l->stride[d] <= below + GAP_BYTES;
        l->at_once[d] =
            l->at_once[d + 1] && l->near[d] && l->extent[d] <= FORGE_SOURCE_SPAN_BYTES;
    }
}

/* One pread: elements of a box with count[] elements that begins at `address`, and at `to` in
 * memory. */
struct span {
    uint64_t address, extent, wanted;
    uint64_t count[FORGE_RANK_MAX];
    struct forge_view from; /* in memory, once it was read */
    struct forge_view to;
    bool from_dense, to_dense;
};

static void span_of(struct span *span, const struct layout *l, unsigned d, uint64_t group,
                    uint64_t address, unsigned char *to)
{
    *span = (struct span){.address = address, .extent = l->size, .wanted = l->size};
    span->to.bytes = to;
    for (unsigned i = 0; i < l->rank; i++) {
        span->count[i] = i < d ? 1 : i == d ? group : l->count[i];
        span->from.stride[i] = (int64_t)l->stride[i];
        span->to.stride[i] = l->view[i];
        span->extent += (span->count[i] - 1) * l->stride[i];
        span->wanted *= span->count[i];
    }
    span->from_dense = forge_source_is_dense(span->from.stride, l->rank, span->count, l->size);
    span->to_dense = forge_source_is_dense(span->to.stride, l->rank, span->count, l->size);
}

/* Bring the bytes in `stored` into the machine's order and to their places. */
static bool span_convert(const struct layout *l, struct span *span, struct forge_error *err)
{
    const struct forge_source *source = &l->reading->node->source;
    const struct forge_codec *codec = &source->codecs.items[0];
    struct forge_reader *reader = l->reading->reader;
    const unsigned char *picked = span->from.bytes;
    unsigned char *swapped = span->to.bytes;
    struct forge_view dense;
    uint64_t length = 0;

    if (!span->from_dense) {
        if (!forge_block_reserve(&reader->spare, span->wanted, err))
            return false;
        dense = forge_view_of(reader->spare.bytes, l->rank, span->count, l->size);
        forge_view_copy(&dense, &span->from, l->rank, span->count, l->size);
        picked = reader->spare.bytes;
    }
    if (!span->to_dense) {
        if (!forge_block_reserve(&reader->decoded, span->wanted, err))
            return false;
        swapped = reader->decoded.bytes;
    }
    if (!codec->type->decode(codec->settings, codec->element_size, picked, span->wanted,
                             swapped, span->wanted, &length, err))
        return false;
    if (!span->to_dense) {
        dense = forge_view_of(swapped, l->rank, span->count, l->size);
        forge_view_copy(&span->to, &dense, l->rank, span->count, l->size);
    }
    return true;
}

static bool span_transfer(const struct layout *l, struct span *span, struct forge_error *err)
{
    struct forge_reader *reader = l->reading->reader;
    bool as_is = l->reading->node->as_is;

    if (as_is && span->from_dense && span->to_dense)
        return forge_object_read(l->object, span->address, span->to.bytes, span->extent, err);
    if (!forge_block_reserve(&reader->stored, span->extent, err) ||
        !forge_object_read(l->object, span->address, reader->stored.bytes, span->extent, err))
        return false;
    span->from.bytes = reader->stored.bytes;
    if (!as_is)
        return span_convert(l, span, err);
    forge_view_copy(&span->to, &span->from, l->rank, span->count, l->size);
    return true;
}

static bool read_span(const struct layout *l, unsigned d, uint64_t group, uint64_t address,
                      unsigned char *to, struct forge_error *err)
{
    const struct forge_source *source = &l->reading->node->source;
    struct forge_reader *reader = l->reading->reader;
    struct span span;

    span_of(&span, l, d, group, address, to);
    if (!forge_source_go_on(l->reading, err))
        return false;
    if (!span_transfer(l, &span, err))
        return forge_fail_while(err, "%s: variable \"%s\": %" PRIu64 " bytes at byte %" PRIu64,
                                source->file->url, source->path, span.extent, span.address);
    reader->counts.chunks++;
    reader->counts.stored_bytes += span.extent;
    reader->counts.decoded_bytes += span.wanted;
    return true;
}

/* Read dimensions d.. of the layout: in one span, in groups along d, or one index of d after
 * the other. */
static bool read_level(const struct layout *l, unsigned d, uint64_t address, unsigned char *to,
                       struct forge_error *err)
{
    uint64_t group = 1;

    if (l->at_once[d])
        return read_span(l, d, d < l->rank ? l->count[d] : 1, address, to, err);
    if (l->at_once[d + 1] && l->near[d])
        group = (FORGE_SOURCE_SPAN_BYTES - l->extent[d + 1]) / l->stride[d] + 1;
    for (uint64_t i = 0; i < l->count[d]; i += group) {
        uint64_t left = forge_minimum(group, l->count[d] - i);
        uint64_t there = address + i * l->stride[d];
        unsigned char *here = to + (int64_t)i * l->view[d];

        if (l->at_once[d + 1] ? !read_span(l, d, left, there, here, err)
                              : !read_level(l, d + 1, there, here, err))
            return false;
    }
    return true;
}

static bool read_layout(struct layout *l, uint64_t address, const struct forge_view *view,
                        struct forge_error *err)
{
    for (unsigned d = 0; d < l->rank; d++)
        l->view[d] = view->stride[d];
    measure(l);
    return read_level(l, 0, address, view->bytes, err);
}

uint64_t forge_source_address(const struct forge_source_node *node,
                              const struct forge_piece *piece)
{
    const struct forge_manifest *m = &node->source.manifest;
    uint64_t address = m->base;

    for (unsigned d = 0; d < piece->rank; d++)
        address += piece->index[d] * m->stride[d] + piece->inside[d] * m->inner[d];
    return address;
}

/* Chunks that do not continue each other are read one by one. */
static bool read_pieces(const struct layout *layout, struct forge_error *err)
{
    const struct forge_source_reading *r = layout->reading;
    const struct forge_array *array = &r->node->source.array;
    struct forge_piece piece;
    bool more = forge_piece_first(&piece, array->rank, array->chunk, r->region);

    for (; more; more = forge_piece_next(&piece)) {
        struct forge_view to = forge_view_shift(r->view, array->rank, piece.first);
        struct layout l = *layout;

        l.count = piece.count;
        for (unsigned d = 0; d < array->rank; d++)
            l.stride[d] = r->node->source.manifest.inner[d] * r->region->step[d];
        if (!read_layout(&l, forge_source_address(r->node, &piece), &to, err))
            return false;
    }
    return true;
}

bool forge_source_read_strided(const struct forge_source_reading *r, struct forge_error *err)
{
    const struct forge_source_node *node = r->node;
    const struct forge_array *array = &node->source.array;
    struct layout l = {.reading = r, .rank = array->rank, .count = r->region->count};
    uint64_t address = node->source.manifest.base;

    for (unsigned d = 0; d < array->rank; d++) {
        if (r->region->count[d] == 0)
            return true;
        l.stride[d] = node->stride[d] * r->region->step[d];
        address += node->stride[d] * r->region->start[d];
    }
    l.size = forge_dtype_size(array->dtype);
    if (!forge_source_object(&l.object, r->reader, node->source.file, err))
        return false;
    return node->affine ? read_layout(&l, address, r->view, err) : read_pieces(&l, err);
}

static uint64_t multiply_most(uint64_t a, uint64_t b)
{
    uint64_t product = UINT64_MAX; /* open() refuses such a shape */

    return forge_checked_multiply(&product, a, b) ? product : UINT64_MAX;
}

/* From the innermost dimension outwards, chunks take whole dimensions up to a span; records
 * that other variables lie between are chunks of their own. */
void forge_source_contiguous(struct forge_source *source, uint64_t offset,
                             uint64_t record_stride)
{
    struct forge_array *array = &source->array;
    struct forge_manifest *m = &source->manifest;
    uint64_t bytes = forge_dtype_size(array->dtype);
    uint64_t room = FORGE_SOURCE_SPAN_BYTES / bytes;

    m->kind = FORGE_MANIFEST_STRIDED;
    m->base = offset;
    for (unsigned d = array->rank; d-- > 0;) {
        bool apart = d == 0 && record_stride != 0 && record_stride != bytes;

        m->inner[d] = apart ? record_stride : bytes;
        array->chunk[d] = apart ? 1 : forge_maximum(1, forge_minimum(array->shape[d], room));
        m->stride[d] = multiply_most(m->inner[d], array->chunk[d]);
        room = array->chunk[d] < array->shape[d] ? 1 : room / array->chunk[d];
        bytes = multiply_most(bytes, array->shape[d]);
    }
}

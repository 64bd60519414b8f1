/* source_piece.c: a region cut along the chunks it touches. */
#include <assert.h>

#include "base/checked.h"
#include "formats/source_parts.h"

/* Work out dimension d of the piece that begins at first[d]. */
static void cut(struct forge_piece *piece, unsigned d)
{
    const struct forge_region *region = piece->region;
    uint64_t at = region->start[d] + piece->first[d] * region->step[d];
    uint64_t left;

    piece->index[d] = at / piece->chunk[d];
    piece->inside[d] = at % piece->chunk[d];
    left = piece->chunk[d] - piece->inside[d];
    piece->count[d] =
        forge_minimum(region->count[d] - piece->first[d], (left - 1) / region->step[d] + 1);
}

bool forge_piece_first(struct forge_piece *piece, unsigned rank, const uint64_t *chunk,
                       const struct forge_region *region)
{
    *piece = (struct forge_piece){.rank = rank, .chunk = chunk, .region = region};
    for (unsigned d = 0; d < rank; d++) {
        assert(region->step[d] > 0 && chunk[d] > 0);
        if (region->count[d] == 0)
            return false;
        cut(piece, d);
    }
    return true;
}

bool forge_piece_next(struct forge_piece *piece)
{
    for (unsigned d = piece->rank; d-- > 0;) {
        piece->first[d] += piece->count[d];
        if (piece->first[d] < piece->region->count[d]) {
            cut(piece, d);
            return true;
        }
        piece->first[d] = 0;
        cut(piece, d);
    }
    return false;
}

void forge_source_copy(const struct forge_source_reading *r, const struct forge_piece *piece,
                       const unsigned char *decoded)
{
    const struct forge_array *array = &r->node->source.array;
    size_t size = forge_dtype_size(array->dtype);
    struct forge_view from = forge_view_of((void *)decoded, array->rank, piece->chunk, size);
    struct forge_view to = forge_view_shift(r->view, array->rank, piece->first);

    from = forge_view_shift(&from, array->rank, piece->inside);
    for (unsigned d = 0; d < array->rank; d++) {
        if (piece->count[d] > 1)
            from.stride[d] *= (int64_t)piece->region->step[d];
    }
    forge_view_copy(&to, &from, array->rank, piece->count, size);
}

void forge_source_fill(const struct forge_source_reading *r, const struct forge_piece *piece)
{
    const struct forge_array *array = &r->node->source.array;
    struct forge_view to = forge_view_shift(r->view, array->rank, piece->first);

    forge_view_fill(&to, array->rank, piece->count, r->node->source.fill.bytes,
                    forge_dtype_size(array->dtype));
}

bool forge_source_is_dense(const int64_t *stride, unsigned rank, const uint64_t *count,
                           size_t size)
{
    uint64_t expected = size;

    for (unsigned d = rank; d-- > 0;) {
        if (count[d] > 1 && stride[d] != (int64_t)expected)
            return false;
        expected *= count[d];
    }
    return true;
}

bool forge_source_direct(unsigned char **bytes, const struct forge_source_reading *r,
                         const struct forge_piece *piece)
{
    const struct forge_array *array = &r->node->source.array;

    for (unsigned d = 0; d < array->rank; d++) {
        if (piece->count[d] != piece->chunk[d])
            return false;
    }
    if (!forge_source_is_dense(r->view->stride, array->rank, piece->count,
                               forge_dtype_size(array->dtype)))
        return false;
    *bytes = forge_view_shift(r->view, array->rank, piece->first).bytes;
    return true;
}

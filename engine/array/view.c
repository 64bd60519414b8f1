/* view.c: the parts of region.h that move elements. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "array/nest.h"
#include "base/checked.h"

#define SQUARE 32 /* elements each way */

struct forge_view forge_view_of(void *bytes, unsigned rank, const uint64_t *count, size_t size)
{
    struct forge_view view = {.bytes = bytes};
    uint64_t stride = size;

    assert(rank <= FORGE_RANK_MAX);
    for (unsigned d = rank; d-- > 0;) {
        view.stride[d] = (int64_t)stride;
        stride *= count[d];
    }
    return view;
}

struct forge_view forge_view_shift(const struct forge_view *view, unsigned rank,
                                   const uint64_t *offset)
{
    struct forge_view shifted = *view;

    for (unsigned d = 0; d < rank; d++)
        shifted.bytes += (int64_t)offset[d] * view->stride[d];
    return shifted;
}

static bool is_empty(unsigned rank, const uint64_t *count)
{
    for (unsigned d = 0; d < rank; d++) {
        if (count[d] == 0)
            return true;
    }
    return false;
}

/* Bring the dimension that is nearest in `from` next to the row, which is nearest in `to`: what
 * both reach in a few steps is a plane that caches hold. False when the row is nearest in both.
 */
static bool arrange_plane(struct forge_nest *nest)
{
    unsigned last = nest->rank - 1, near = last;
    uint64_t count;
    int64_t to, from;

    for (unsigned d = 0; d < last; d++) {
        if (llabs(nest->from[d]) < llabs(nest->from[near]))
            near = d;
    }
    if (near == last)
        return false;
    count = nest->count[near];
    to = nest->to[near];
    from = nest->from[near];
    for (unsigned d = near; d + 1 < last; d++) {
        nest->count[d] = nest->count[d + 1];
        nest->to[d] = nest->to[d + 1];
        nest->from[d] = nest->from[d + 1];
    }
    nest->count[last - 1] = count;
    nest->to[last - 1] = to;
    nest->from[last - 1] = from;
    return true;
}

/* Copy the last two dimensions in squares, so that every cache line is used up while it is
 * near. */
static void copy_plane(const struct forge_nest *nest, unsigned outer, unsigned char *to,
                       const unsigned char *from, size_t size)
{
    unsigned inner = outer + 1;

    for (uint64_t i = 0; i < nest->count[outer]; i += SQUARE) {
        uint64_t rows = forge_minimum(SQUARE, nest->count[outer] - i);

        for (uint64_t j = 0; j < nest->count[inner]; j += SQUARE) {
            uint64_t columns = forge_minimum(SQUARE, nest->count[inner] - j);
            unsigned char *to_row =
                to + (int64_t)i * nest->to[outer] + (int64_t)j * nest->to[inner];
            const unsigned char *from_row =
                from + (int64_t)i * nest->from[outer] + (int64_t)j * nest->from[inner];

            for (uint64_t row = 0; row < rows; row++) {
                forge_nest_copy_row(to_row, nest->to[inner], from_row, nest->from[inner],
                                    columns, size);
                to_row += nest->to[outer];
                from_row += nest->from[outer];
            }
        }
    }
}

void forge_view_copy(const struct forge_view *to, const struct forge_view *from, unsigned rank,
                     const uint64_t *count, size_t size)
{
    unsigned char *to_row = to->bytes;
    const unsigned char *from_row = from->bytes;
    struct forge_nest nest;
    unsigned last;

    if (is_empty(rank, count))
        return;
    forge_nest_open(&nest, rank, count, to->stride, size, from->stride, size);
    last = nest.rank - 1;
    if (arrange_plane(&nest)) {
        nest.rank--; /* a step of the nest is now a plane */
        do
            copy_plane(&nest, last - 1, to_row, from_row, size);
        while (forge_nest_next(&nest, &to_row, &from_row));
        return;
    }
    do
        forge_nest_copy_row(to_row, nest.to[last], from_row, nest.from[last], nest.count[last],
                            size);
    while (forge_nest_next(&nest, &to_row, &from_row));
}

/* Repeat the first element over `bytes`, doubling what is copied. */
static void fill_dense(unsigned char *to, const void *element, size_t size, uint64_t bytes)
{
    memcpy(to, element, size);
    for (uint64_t done = size; done < bytes;) {
        uint64_t more = forge_minimum(done, bytes - done);

        /* small enough to stay in the nearest cache while it is the source */
        more = forge_minimum(more, 4096 / size * size);
        memcpy(to + done, to, more);
        done += more;
    }
}

void forge_view_fill(const struct forge_view *to, unsigned rank, const uint64_t *count,
                     const void *element, size_t size)
{
    unsigned char *row = to->bytes;
    const unsigned char *same = element;
    const int64_t still[FORGE_RANK_MAX] = {0};
    struct forge_nest nest;
    unsigned last;

    assert(size <= 4096);
    if (is_empty(rank, count))
        return;
    forge_nest_open(&nest, rank, count, to->stride, size, still, 0);
    last = nest.rank - 1;
    do {
        if (nest.to[last] == (int64_t)size)
            fill_dense(row, element, size, nest.count[last] * size);
        else
            forge_nest_copy_row(row, nest.to[last], element, 0, nest.count[last], size);
    } while (forge_nest_next(&nest, &row, &same));
}

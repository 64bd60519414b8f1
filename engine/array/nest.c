#include "array/nest.h"

#include <string.h>

static uint64_t magnitude(int64_t stride)
{
    return stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride;
}

/* Does dimension (to, from) belong outside of dimension `d`? */
static bool is_outside(const struct forge_nest *nest, unsigned d, int64_t to, int64_t from)
{
    if (magnitude(to) != magnitude(nest->to[d]))
        return magnitude(to) > magnitude(nest->to[d]);
    return magnitude(from) > magnitude(nest->from[d]);
}

static void insert(struct forge_nest *nest, uint64_t count, int64_t to, int64_t from)
{
    unsigned d = nest->rank++;

    for (; d > 0 && is_outside(nest, d - 1, to, from); d--) {
        nest->count[d] = nest->count[d - 1];
        nest->to[d] = nest->to[d - 1];
        nest->from[d] = nest->from[d - 1];
    }
    nest->count[d] = count;
    nest->to[d] = to;
    nest->from[d] = from;
}

/* Is one step of `outer` a whole turn of `inner`? Compared unsigned, where nothing overflows.
 */
static bool joins(int64_t outer, int64_t inner, uint64_t inner_count)
{
    return (uint64_t)outer == (uint64_t)inner * inner_count;
}

static void merge(struct forge_nest *nest)
{
    unsigned kept = 0;

    for (unsigned d = 1; d < nest->rank; d++) {
        if (joins(nest->to[kept], nest->to[d], nest->count[d]) &&
            joins(nest->from[kept], nest->from[d], nest->count[d])) {
            nest->count[kept] *= nest->count[d];
        } else {
            nest->count[++kept] = nest->count[d];
        }
        nest->to[kept] = nest->to[d];
        nest->from[kept] = nest->from[d];
    }
    nest->rank = kept + 1;
}

void forge_nest_open(struct forge_nest *nest, unsigned rank, const uint64_t *count,
                     const int64_t *to, size_t to_size, const int64_t *from, size_t from_size)
{
    nest->rank = 0;
    for (unsigned d = 0; d < rank; d++) {
        if (count[d] != 1)
            insert(nest, count[d], to[d], from[d]);
    }
    if (nest->rank == 0)
        insert(nest, 1, (int64_t)to_size, (int64_t)from_size);
    merge(nest);
    for (unsigned d = 0; d < nest->rank; d++)
        nest->index[d] = 0;
}

bool forge_nest_next(struct forge_nest *nest, unsigned char **to, const unsigned char **from)
{
    for (unsigned d = nest->rank - 1; d-- > 0;) {
        int64_t back = (int64_t)nest->count[d] - 1;

        if (++nest->index[d] < nest->count[d]) {
            *to += nest->to[d];
            *from += nest->from[d];
            return true;
        }
        nest->index[d] = 0;
        *to -= nest->to[d] * back;
        *from -= nest->from[d] * back;
    }
    return false;
}

/* A fixed size becomes one move instruction each. */
#define COPY_STRIDED(bytes)                                                                    \
    for (uint64_t i = 0; i < count; i++) {                                                     \
        memcpy(to, from, bytes);                                                               \
        to += to_stride;                                                                       \
        from += from_stride;                                                                   \
    }

void forge_nest_copy_row(unsigned char *to, int64_t to_stride, const unsigned char *from,
                         int64_t from_stride, uint64_t count, size_t size)
{
    if (to_stride == (int64_t)size && from_stride == (int64_t)size) {
        memcpy(to, from, count * size);
        return;
    }
    switch (size) {
    case 1:
        COPY_STRIDED(1)
        break;
    case 2:
        COPY_STRIDED(2)
        break;
    case 4:
        COPY_STRIDED(4)
        break;
    case 8:
        COPY_STRIDED(8)
        break;
    default:
        COPY_STRIDED(size)
    }
}

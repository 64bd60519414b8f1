/* random.h: numbers from a fixed seed, and views that lie in memory in any way. */
#ifndef FORGE_TESTS_SUPPORT_RANDOM_H
#define FORGE_TESTS_SUPPORT_RANDOM_H

#include "array/region.h"

static uint64_t seed = 20220101;

static inline uint64_t below(uint64_t limit)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 33) % limit;
}

/* A view of `count` elements somewhere in `bytes`: any order of dimensions, with holes or not,
 * forwards or backwards. `*used` is where it ends. */
static inline struct forge_view random_view(unsigned char *bytes, unsigned rank,
                                            const uint64_t *count, size_t size, uint64_t *used)
{
    struct forge_view view = {.bytes = bytes};
    unsigned order[FORGE_RANK_MAX] = {0};
    int64_t stride = (int64_t)size;

    for (unsigned d = 0; d < rank; d++) {
        unsigned other = (unsigned)below(d + 1);

        order[d] = order[other];
        order[other] = d;
    }
    for (unsigned i = 0; i < rank; i++) {
        unsigned d = order[i];

        if (below(3) == 0)
            stride += (int64_t)size * (int64_t)below(3);
        view.stride[d] = stride;
        stride *= (int64_t)count[d];
        if (count[d] > 0 && below(3) == 0) {
            view.bytes += view.stride[d] * (int64_t)(count[d] - 1);
            view.stride[d] = -view.stride[d];
        }
    }
    *used = (uint64_t)stride;
    return view;
}

#endif

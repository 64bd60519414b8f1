#include "array/region.h"

#include <assert.h>

#include "base/checked.h"

struct forge_region forge_region_all(unsigned rank, const uint64_t *shape)
{
    struct forge_region region = {0};

    assert(rank <= FORGE_RANK_MAX);
    for (unsigned d = 0; d < rank; d++) {
        region.count[d] = shape[d];
        region.step[d] = 1;
    }
    return region;
}

struct forge_region forge_region_of_chunk(unsigned rank, const uint64_t *shape,
                                          const uint64_t *chunk, const uint64_t *index)
{
    struct forge_region region = {0};

    assert(rank <= FORGE_RANK_MAX);
    for (unsigned d = 0; d < rank; d++) {
        assert(chunk[d] > 0 && index[d] <= shape[d] / chunk[d]);
        region.start[d] = index[d] * chunk[d];
        region.count[d] = forge_minimum(chunk[d], shape[d] - region.start[d]);
        region.step[d] = 1;
    }
    return region;
}

bool forge_region_is_inside(unsigned rank, const uint64_t *shape,
                            const struct forge_region *region)
{
    for (unsigned d = 0; d < rank; d++) {
        if (region->step[d] == 0)
            return false;
        if (region->count[d] == 0)
            continue;
        if (region->start[d] >= shape[d])
            return false;
        if (region->count[d] - 1 > (shape[d] - 1 - region->start[d]) / region->step[d])
            return false;
    }
    return true;
}

bool forge_region_count(uint64_t *out, unsigned rank, const struct forge_region *region)
{
    uint64_t count = 1;
    bool fits = true;

    for (unsigned d = 0; d < rank; d++) {
        if (region->count[d] == 0) {
            *out = 0;
            return true;
        }
        fits = fits && forge_checked_multiply(&count, count, region->count[d]);
    }
    if (fits)
        *out = count;
    return fits;
}

bool forge_grid_shape(uint64_t *counts, uint64_t *total, unsigned rank, const uint64_t *shape,
                      const uint64_t *chunk)
{
    struct forge_region grid = {0};

    for (unsigned d = 0; d < rank; d++) {
        assert(chunk[d] > 0);
        grid.count[d] = forge_divide_up(shape[d], chunk[d]);
    }
    if (!forge_region_count(total, rank, &grid))
        return false;
    for (unsigned d = 0; d < rank; d++)
        counts[d] = grid.count[d];
    return true;
}

void forge_grid_index(uint64_t *index, unsigned rank, const uint64_t *counts, uint64_t number)
{
    for (unsigned d = rank; d-- > 0;) {
        index[d] = number % counts[d];
        number /= counts[d];
    }
    assert(number == 0);
}

uint64_t forge_grid_number(unsigned rank, const uint64_t *counts, const uint64_t *index)
{
    uint64_t number = 0;

    for (unsigned d = 0; d < rank; d++) {
        assert(index[d] < counts[d]);
        number = number * counts[d] + index[d];
    }
    return number;
}

bool forge_grid_next(uint64_t *index, unsigned rank, const uint64_t *counts)
{
    for (unsigned d = rank; d-- > 0;) {
        if (++index[d] < counts[d])
            return true;
        index[d] = 0;
    }
    return false;
}

#include "array/tiles.h"

#include <assert.h>

#include "base/checked.h"

static uint64_t multiply_capped(uint64_t a, uint64_t b)
{
    uint64_t product = UINT64_MAX;

    return forge_checked_multiply(&product, a, b) ? product : UINT64_MAX;
}

/* The distance that should not be cut along dimension d. Steps over whole chunks, like arrays
 * in memory, can be cut between any two elements. */
static uint64_t unit_of(const struct forge_array *array, const struct forge_region *region,
                        unsigned d)
{
    uint64_t chunk = array->in_memory ? 1 : array->chunk[d];

    return forge_maximum(chunk, region->step[d]);
}

/* At most so many elements of the region are in a stretch of `extent`. */
static uint64_t elements_in(const struct forge_region *region, unsigned d, uint64_t extent)
{
    return forge_minimum(region->count[d], forge_divide_up(extent, region->step[d]));
}

static uint64_t bytes_of_units(const struct forge_array *array,
                               const struct forge_region *region, size_t size)
{
    uint64_t bytes = size;

    for (unsigned d = 0; d < array->rank; d++)
        bytes = multiply_capped(bytes, elements_in(region, d, unit_of(array, region, d)));
    return bytes;
}

void forge_tiles_open(struct forge_tiles *tiles, const struct forge_array *array,
                      const struct forge_region *region, size_t size, uint64_t target_bytes)
{
    uint64_t bytes = bytes_of_units(array, region, size);
    bool growing = bytes <= target_bytes;

    *tiles = (struct forge_tiles){.rank = array->rank, .region = *region, .tile = *region};
    for (unsigned d = array->rank; d-- > 0;) {
        uint64_t unit = unit_of(array, region, d);
        uint64_t elements = elements_in(region, d, unit);

        assert(region->count[d] > 0);
        tiles->extent[d] = unit;
        if (unit > region->step[d])
            tiles->into[d] =
                (region->start[d] % array->chunk[d] + array->phase[d]) % array->chunk[d];
        if (!growing)
            continue;
        if (multiply_capped(bytes / elements, region->count[d]) <= target_bytes) {
            tiles->extent[d] = 0;
            bytes = bytes / elements * region->count[d];
        } else {
            tiles->extent[d] = multiply_capped(unit, target_bytes / bytes);
            growing = false;
        }
    }
}

/* Elements of dimension d from offset[d] to the end of the piece. */
static uint64_t tile_count(const struct forge_tiles *tiles, unsigned d)
{
    uint64_t rest = tiles->region.count[d] - tiles->offset[d];
    uint64_t extent = tiles->extent[d], step = tiles->region.step[d], inside;

    if (extent == 0)
        return rest;
    inside = (tiles->into[d] + tiles->offset[d] * step) % extent;
    return forge_minimum(rest, forge_divide_up(extent - inside, step));
}

static bool advance(struct forge_tiles *tiles)
{
    for (unsigned d = tiles->rank; d-- > 0;) {
        tiles->offset[d] += tiles->tile.count[d];
        if (tiles->offset[d] < tiles->region.count[d])
            return true;
        tiles->offset[d] = 0;
    }
    return false;
}

bool forge_tiles_next(struct forge_tiles *tiles)
{
    if (tiles->started && !advance(tiles))
        return false;
    tiles->started = true;
    for (unsigned d = 0; d < tiles->rank; d++) {
        tiles->tile.start[d] =
            tiles->region.start[d] + tiles->offset[d] * tiles->region.step[d];
        tiles->tile.count[d] = tile_count(tiles, d);
    }
    return true;
}

uint64_t forge_tiles_bytes(const struct forge_array *array, const struct forge_region *region,
                           size_t size, uint64_t target_bytes)
{
    uint64_t count = UINT64_MAX;

    if (!forge_region_count(&count, array->rank, region))
        count = UINT64_MAX;
    return forge_minimum(multiply_capped(count, size),
                         forge_maximum(target_bytes, bytes_of_units(array, region, size)));
}

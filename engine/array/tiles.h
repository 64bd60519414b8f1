/* tiles.h: cut a region of an array into pieces of bounded size.
 *
 * Pieces follow the array's chunks, so that no chunk is decoded for two pieces
 * where its grid is regular, and are as many whole chunks as fit a target. Only
 * a single chunk that is larger than the target makes a larger piece. Arrays in
 * memory are cut anywhere.
 */
#ifndef FORGE_ARRAY_TILES_H
#define FORGE_ARRAY_TILES_H

#include "array/array.h"

#define FORGE_TILE_BYTES (UINT64_C(4) << 20)

struct forge_tiles {
    unsigned rank;
    struct forge_region region;      /* what is cut */
    uint64_t extent[FORGE_RANK_MAX]; /* of a piece, as distance in the array; 0: everything */
    uint64_t into[FORGE_RANK_MAX];   /* how far inside its first piece the region begins */
    bool started;
    struct forge_region tile;        /* the current piece, a region of the array */
    uint64_t offset[FORGE_RANK_MAX]; /* its first element, counted in `region` */
};

/* No count of the region may be 0. `size` is that of an element where the piece is held. */
void forge_tiles_open(struct forge_tiles *tiles, const struct forge_array *array,
                      const struct forge_region *region, size_t size, uint64_t target_bytes);

/* Move to the next piece, in C order; false after the last. */
bool forge_tiles_next(struct forge_tiles *tiles);

/* At least the bytes of every piece; never less for a region that has this one inside. */
uint64_t forge_tiles_bytes(const struct forge_array *array, const struct forge_region *region,
                           size_t size, uint64_t target_bytes);

#endif

#include "array/map.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>

#include "array/nest.h"
#include "array/reader.h"
#include "array/tiles.h"
#include "base/checked.h"

#define PIECE 512 /* elements that go over the stack at once */

struct forge_map forge_map_of(const struct forge_array_type *type,
                              const struct forge_array *child, enum forge_dtype dtype)
{
    struct forge_map map = {
        .array = *child,
        .child = child,
        .size = forge_dtype_size(dtype),
        .in_place = dtype == child->dtype,
    };

    assert(child->dtype != FORGE_STRING && dtype != FORGE_STRING);
    map.array.type = type;
    map.array.dtype = dtype;
    return map;
}

static bool is_dense(const void *address, int64_t stride, size_t size)
{
    return stride == (int64_t)size && ((uintptr_t)address & (size - 1)) == 0;
}

static bool row_dense(const struct forge_map *map, unsigned char *to, const unsigned char *from,
                      uint64_t count, struct forge_error *err)
{
    size_t from_size = forge_dtype_size(map->child->dtype);

    if (map->row(map->settings, to, from, count) == 0)
        return true;
    for (uint64_t i = 0; i < count; i++) {
        unsigned why = map->row(map->settings, to, from + i * from_size, 1);

        if (why != 0)
            return map->fail(map->settings, why, from + i * from_size, err);
    }
    assert(!"a row is refused, but none of its elements");
    return false;
}

/* A row that is not dense on both sides, or lies on itself, goes over the stack. */
static bool row_pieces(const struct forge_map *map, unsigned char *to, int64_t to_stride,
                       const unsigned char *from, int64_t from_stride, uint64_t count,
                       struct forge_error *err)
{
    alignas(8) unsigned char gathered[PIECE * 8];
    alignas(8) unsigned char converted[PIECE * 8];
    size_t from_size = forge_dtype_size(map->child->dtype);
    bool scatter = !is_dense(to, to_stride, map->size);

    for (uint64_t done = 0; done < count; done += PIECE) {
        uint64_t part = forge_minimum(count - done, PIECE);
        unsigned char *at = to + (int64_t)done * to_stride;

        forge_nest_copy_row(gathered, (int64_t)from_size, from + (int64_t)done * from_stride,
                            from_stride, part, from_size);
        if (!row_dense(map, scatter ? converted : at, gathered, part, err))
            return false;
        if (scatter)
            forge_nest_copy_row(at, to_stride, converted, (int64_t)map->size, part, map->size);
    }
    return true;
}

static bool convert(const struct forge_map *map, const struct forge_view *to,
                    const struct forge_view *from, const uint64_t *count,
                    struct forge_error *err)
{
    size_t from_size = forge_dtype_size(map->child->dtype);
    unsigned char *to_row = to->bytes;
    const unsigned char *from_row = from->bytes;
    struct forge_nest nest;
    unsigned last;

    forge_nest_open(&nest, map->child->rank, count, to->stride, map->size, from->stride,
                    from_size);
    last = nest.rank - 1;
    do {
        bool direct = !map->in_place && is_dense(to_row, nest.to[last], map->size) &&
                      is_dense(from_row, nest.from[last], from_size);

        if (direct) {
            if (!row_dense(map, to_row, from_row, nest.count[last], err))
                return false;
        } else if (!row_pieces(map, to_row, nest.to[last], from_row, nest.from[last],
                               nest.count[last], err)) {
            return false;
        }
    } while (forge_nest_next(&nest, &to_row, &from_row));
    return true;
}

/* Room for count[] elements in `block`, without holes, with dimensions in the order that they
 * have in `like`: so rows of both go along the same dimension. */
static struct forge_view view_like(const struct forge_block *block,
                                   const struct forge_view *like, unsigned rank,
                                   const uint64_t *count, size_t size)
{
    struct forge_view view = {.bytes = block->bytes};

    for (unsigned d = 0; d < rank; d++) {
        uint64_t stride = size;

        for (unsigned e = 0; e < rank; e++) {
            bool is_inside = llabs(like->stride[e]) < llabs(like->stride[d]) ||
                             (like->stride[e] == like->stride[d] && e > d);

            if (is_inside && e != d)
                stride *= count[e];
        }
        view.stride[d] = (int64_t)stride;
    }
    return view;
}

static bool read_tile(const struct forge_map *map, struct forge_reader *reader,
                      const struct forge_tiles *tiles, const struct forge_block *block,
                      const struct forge_view *view, struct forge_error *err)
{
    const struct forge_array *child = map->child;
    struct forge_view to = forge_view_shift(view, child->rank, tiles->offset), from = to;

    if (!map->in_place)
        from = view_like(block, view, child->rank, tiles->tile.count,
                         forge_dtype_size(child->dtype));
    return forge_array_read(child, reader, &tiles->tile, &from, err) &&
           convert(map, &to, &from, tiles->tile.count, err);
}

bool forge_map_read(const struct forge_array *array, struct forge_reader *reader,
                    const struct forge_region *region, const struct forge_view *view,
                    struct forge_error *err)
{
    const struct forge_map *map = (const struct forge_map *)array;
    size_t size = forge_dtype_size(map->child->dtype);
    struct forge_block block = {0};
    struct forge_tiles tiles;
    bool done;

    if (!map->in_place &&
        !forge_block_open(&block, reader->budget,
                          forge_tiles_bytes(map->child, region, size, FORGE_TILE_BYTES), err))
        return false;
    forge_tiles_open(&tiles, map->child, region, size, FORGE_TILE_BYTES);
    do
        done = !forge_tiles_next(&tiles);
    while (!done && read_tile(map, reader, &tiles, &block, view, err));
    forge_block_close(&block);
    return done;
}

void forge_map_touch(const struct forge_array *array, const struct forge_region *region,
                     forge_touch_visit *visit, void *context)
{
    forge_array_touch(((const struct forge_map *)array)->child, region, visit, context);
}

uint64_t forge_map_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct forge_map *map = (const struct forge_map *)array;
    uint64_t bytes = forge_array_scratch(map->child, region);
    size_t size = forge_dtype_size(map->child->dtype);

    if (!map->in_place &&
        !forge_checked_add(&bytes, bytes,
                           forge_tiles_bytes(map->child, region, size, FORGE_TILE_BYTES)))
        return UINT64_MAX;
    return bytes;
}

/* zarr_shard.c: Zarr 3's sharding_indexed: inner chunks back to back in C order, then the
 * index.
 *
 * The index has u64le offset and length of every inner chunk of the shard, also
 * of those beyond the edge of the array, and a CRC-32C. An inner chunk of only
 * fill is not stored: both are 2^64 - 1.
 */
#include <string.h>

#include "base/checked.h"
#include "formats/zarr_parts.h"

#define ENTRY_BYTES 16U
#define CHECKSUM_BYTES 4U

static uint64_t add_or_most(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return forge_checked_add(&sum, a, b) ? sum : UINT64_MAX;
}

static uint64_t multiply_or_most(uint64_t a, uint64_t b)
{
    uint64_t product;

    return forge_checked_multiply(&product, a, b) ? product : UINT64_MAX;
}

uint64_t forge_zarr_shard_chunks(uint64_t *grid, const struct forge_target_array *array)
{
    uint64_t total = 1;

    for (unsigned d = 0; d < array->variable->array->rank; d++) {
        grid[d] = array->shard[d] / array->chunk[d];
        total = multiply_or_most(total, grid[d]);
    }
    return total;
}

/* What `total` inner chunks take at most; their index comes behind. */
static uint64_t chunks_bound(const struct forge_target_array *array, uint64_t total)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);

    return multiply_or_most(total,
                            forge_codec_chain_bound(&chain, forge_zarr_chunk_bytes(array)));
}

static uint64_t shard_bound(const struct forge_target_array *array, uint64_t total)
{
    uint64_t index = add_or_most(multiply_or_most(total, ENTRY_BYTES), CHECKSUM_BYTES);

    return add_or_most(chunks_bound(array, total), index);
}

/* Where inner chunk `index` begins in the shard, and how much of it is inside the array. */
static bool inner_box(uint64_t *offset, uint64_t *inside,
                      const struct forge_target_array *array, const uint64_t *count,
                      const uint64_t *index)
{
    for (unsigned d = 0; d < array->variable->array->rank; d++) {
        offset[d] = index[d] * array->chunk[d];
        if (offset[d] >= count[d])
            return false;
        inside[d] = forge_minimum(array->chunk[d], count[d] - offset[d]);
    }
    return true;
}

/* Append one inner chunk at *used and say in `entry` where it is, if it is stored. */
static bool add_inner(const struct forge_target_array *array, const struct forge_view *view,
                      const uint64_t *count, const uint64_t *index,
                      struct forge_encoder *encoder, uint64_t *used, uint64_t entry[2],
                      struct forge_error *err)
{
    uint64_t offset[FORGE_RANK_MAX], inside[FORGE_RANK_MAX], length = 0;
    const unsigned char *bytes = NULL;
    struct forge_view part;
    bool absent;

    entry[0] = entry[1] = UINT64_MAX;
    if (!inner_box(offset, inside, array, count, index))
        return true;
    part = forge_view_shift(view, array->variable->array->rank, offset);
    if (!forge_zarr_chunk_encode(array, &part, inside, true, encoder, &bytes, &length, &absent,
                                 err))
        return false;
    if (absent)
        return true;
    memcpy(encoder->shard.bytes + *used, bytes, length);
    entry[0] = *used;
    entry[1] = length;
    *used += length;
    return true;
}

static bool add_index(struct forge_encoder *encoder, const unsigned char *index, uint64_t size,
                      uint64_t *used, struct forge_error *err)
{
    const struct forge_codec_chain chain = {.items = {{forge_codec_find("crc32c"), NULL, 1}},
                                            .count = 1};
    const unsigned char *bytes = NULL;
    uint64_t length = 0;

    if (!forge_codec_chain_encode(&chain, index, size, &encoder->a, &encoder->b, &bytes,
                                  &length, err))
        return false;
    memcpy(encoder->shard.bytes + *used, bytes, length);
    *used += length;
    return true;
}

bool forge_zarr_shard_encode(const struct forge_target_array *array,
                             const struct forge_view *view, const uint64_t *count,
                             struct forge_encoder *encoder, const unsigned char **bytes,
                             uint64_t *length, bool *absent, struct forge_error *err)
{
    uint64_t grid[FORGE_RANK_MAX], at[FORGE_RANK_MAX] = {0}, used = 0;
    uint64_t total = forge_zarr_shard_chunks(grid, array);
    uint64_t index_bytes = total * ENTRY_BYTES;
    unsigned char *index, *to;

    if (!forge_block_reserve(&encoder->shard, shard_bound(array, total), err))
        return false;
    /* The index grows where the chunks never come, then moves up behind them. */
    index = to = encoder->shard.bytes + chunks_bound(array, total);
    do {
        uint64_t entry[2];

        if (!add_inner(array, view, count, at, encoder, &used, entry, err))
            return false;
        memcpy(to, entry, ENTRY_BYTES);
        to += ENTRY_BYTES;
    } while (forge_grid_next(at, array->variable->array->rank, grid));
    *absent = used == 0;
    if (*absent)
        return true;
    if (!add_index(encoder, index, index_bytes, &used, err))
        return false;
    *bytes = encoder->shard.bytes;
    *length = used;
    return true;
}

uint64_t forge_zarr_shard_scratch(const struct forge_target_array *array)
{
    uint64_t grid[FORGE_RANK_MAX];
    uint64_t total = forge_zarr_shard_chunks(grid, array);
    uint64_t index = add_or_most(multiply_or_most(total, ENTRY_BYTES), CHECKSUM_BYTES);
    uint64_t chunk = forge_zarr_chunk_scratch(array);

    /* The index is encoded in the block that held an encoded chunk. */
    return add_or_most(shard_bound(array, total), add_or_most(chunk, index));
}

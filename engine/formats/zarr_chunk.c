/* zarr_chunk.c: the elements of one chunk as stored bytes. */
#include <assert.h>
#include <string.h>

#include "base/checked.h"
#include "formats/zarr_parts.h"

/* What the strings of a chunk may take: enough for names and labels, little enough to promise.
 */
#define STRINGS_MAX (UINT64_C(16) << 20)
#define STRINGS_LEAST (UINT64_C(1) << 20)
#define STRING_MEAN 256U

static enum forge_dtype dtype_of(const struct forge_target_array *array)
{
    return array->variable->array->dtype;
}

static unsigned rank_of(const struct forge_target_array *array)
{
    return array->variable->array->rank;
}

union forge_value forge_zarr_fill(const struct forge_target_array *array)
{
    enum forge_dtype dtype = dtype_of(array);
    union forge_value fill = {0};

    if (array->variable->has_fill)
        fill = array->variable->fill;
    if (dtype == FORGE_STRING && !fill.string)
        fill.string = "";
    else if (dtype == FORGE_FLOAT32 && fill.float32 != fill.float32)
        fill.uint32 = 0x7fc00000U;
    else if (dtype == FORGE_FLOAT64 && fill.float64 != fill.float64)
        fill.uint64 = UINT64_C(0x7ff8000000000000);
    return fill;
}

struct forge_codec_chain forge_zarr_codecs(const struct forge_target_array *array)
{
    struct forge_codec_chain chain = {0};
    enum forge_dtype dtype = dtype_of(array);

    if (array->codec.type) {
        chain.items[0] = array->codec;
        chain.items[0].element_size = dtype == FORGE_STRING ? 1 : forge_dtype_size(dtype);
        chain.count = 1;
    }
    return chain;
}

static uint64_t elements_of(const struct forge_target_array *array)
{
    uint64_t elements = 1;

    for (unsigned d = 0; d < rank_of(array); d++) {
        if (!forge_checked_multiply(&elements, elements, array->chunk[d]))
            return UINT64_MAX;
    }
    return elements;
}

uint64_t forge_zarr_chunk_bytes(const struct forge_target_array *array)
{
    enum forge_dtype dtype = dtype_of(array);
    uint64_t bytes, elements = elements_of(array);

    if (dtype == FORGE_STRING) {
        if (elements > STRINGS_MAX / STRING_MEAN)
            return STRINGS_MAX;
        return forge_minimum(STRINGS_MAX, STRINGS_LEAST + elements * STRING_MEAN);
    }
    return forge_checked_multiply(&bytes, elements, forge_dtype_size(dtype)) ? bytes
                                                                             : UINT64_MAX;
}

static bool is_whole(const struct forge_target_array *array, const uint64_t *count)
{
    for (unsigned d = 0; d < rank_of(array); d++) {
        if (count[d] != array->chunk[d])
            return false;
    }
    return true;
}

static bool is_contiguous(const struct forge_target_array *array, const struct forge_view *view)
{
    struct forge_view packed = forge_view_of(view->bytes, rank_of(array), array->chunk,
                                             forge_dtype_size(dtype_of(array)));

    for (unsigned d = 0; d < rank_of(array); d++) {
        if (array->chunk[d] > 1 && view->stride[d] != packed.stride[d])
            return false;
    }
    return true;
}

/* The whole chunk in C order: where the view has it so, else gathered and padded. */
static bool gather(const unsigned char **out, const struct forge_target_array *array,
                   const struct forge_view *view, const uint64_t *count,
                   const union forge_value *fill, struct forge_block *padded,
                   struct forge_error *err)
{
    size_t size = forge_dtype_size(dtype_of(array));
    unsigned rank = rank_of(array);
    bool whole = is_whole(array, count);
    struct forge_view to;

    *out = view->bytes;
    if (whole && is_contiguous(array, view))
        return true;
    if (!forge_block_reserve(padded, forge_zarr_chunk_bytes(array), err))
        return false;
    to = forge_view_of(padded->bytes, rank, array->chunk, size);
    if (!whole)
        forge_view_fill(&to, rank, array->chunk, fill->bytes, size);
    forge_view_copy(&to, view, rank, count, size);
    *out = padded->bytes;
    return true;
}

/* Elements are all alike when each equals the next. */
static bool is_all(const unsigned char *bytes, uint64_t length, const void *element,
                   size_t size)
{
    return memcmp(bytes, element, size) == 0 && memcmp(bytes, bytes + size, length - size) == 0;
}

bool forge_zarr_chunk_encode(const struct forge_target_array *array,
                             const struct forge_view *view, const uint64_t *count,
                             bool absent_allowed, struct forge_encoder *encoder,
                             const unsigned char **bytes, uint64_t *length, bool *absent,
                             struct forge_error *err)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);
    union forge_value fill = forge_zarr_fill(array);
    size_t size = forge_dtype_size(dtype_of(array));
    uint64_t plain_length = forge_zarr_chunk_bytes(array);
    const unsigned char *plain = NULL;

    *absent = false;
    if (dtype_of(array) == FORGE_STRING) {
        if (!forge_zarr_strings_pack(array, view, count, absent_allowed, &encoder->padded,
                                     &plain_length, absent, err))
            return false;
        plain = encoder->padded.bytes;
    } else {
        if (!gather(&plain, array, view, count, &fill, &encoder->padded, err))
            return false;
        *absent = absent_allowed && is_all(plain, plain_length, fill.bytes, size);
    }
    return *absent || forge_codec_chain_encode(&chain, plain, plain_length, &encoder->a,
                                               &encoder->b, bytes, length, err);
}

uint64_t forge_zarr_chunk_scratch(const struct forge_target_array *array)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);
    uint64_t plain = forge_zarr_chunk_bytes(array);
    uint64_t encoded = chain.count > 0 ? forge_codec_chain_bound(&chain, plain) : 0;
    uint64_t sum;

    return forge_checked_add(&sum, plain, encoded) ? sum : UINT64_MAX;
}

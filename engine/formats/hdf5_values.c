/* hdf5_values.c: values of an HDF5 dataset that are sent along with the schema. */
#include <string.h>
#include <unistd.h>

#include "array/nodes.h"
#include "base/checked.h"
#include "formats/hdf5_scan.h"
#include "formats/hdf5_types.h"

static unsigned char *filled(struct forge_view *view, const struct forge_hdf5_leaf *leaf)
{
    size_t size = forge_dtype_size(leaf->dataset->type.dtype);
    unsigned char *values = forge_arena_array(leaf->group->arena, leaf->count + 1, size);

    *view = forge_view_of(values, leaf->rank, leaf->shape, size);
    forge_view_fill(view, leaf->rank, leaf->shape, &leaf->dataset->fill, size);
    return values;
}

bool forge_hdf5_read_numbers(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                             struct forge_error *err)
{
    enum forge_dtype dtype = leaf->dataset->type.dtype;
    struct forge_region all = forge_region_all(leaf->rank, leaf->shape);
    struct forge_view view;
    unsigned char *values = filled(&view, leaf);

    if (!forge_hdf5_read(leaf->group->file, leaf->variable->path, dtype, leaf->rank, &all,
                         values, err))
        return false;
    *out = forge_array_memory(leaf->group->arena, dtype, leaf->rank, leaf->shape, values);
    return true;
}

struct decoder {
    const struct forge_hdf5_leaf *leaf;
    const struct forge_source *source;
    struct forge_block stored, a, b;
    uint64_t decoded_size;
};

static bool decode_chunk(struct decoder *decoder, const struct forge_view *values,
                         const uint64_t *index, uint64_t number, struct forge_error *err)
{
    const struct forge_source *source = decoder->source;
    const struct forge_scan_request *request = decoder->leaf->group->request;
    const struct forge_array *array = &source->array;
    uint64_t length = source->manifest.lengths[number],
             offset = source->manifest.offsets[number];
    size_t size = forge_dtype_size(array->dtype);
    struct forge_region box =
        forge_region_of_chunk(array->rank, array->shape, array->chunk, index);
    struct forge_view from, to = forge_view_shift(values, array->rank, box.start);
    const unsigned char *decoded;

    if (offset == FORGE_CHUNK_ABSENT)
        return true;
    if (offset > request->size || length > request->size - offset)
        return forge_fail(err, FORGE_BAD_SOURCE, "a chunk is outside the file");
    if (!forge_block_reserve(&decoder->stored, length, err))
        return false;
    if (pread(request->fd, decoder->stored.bytes, length, (off_t)offset) != (ssize_t)length)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "a chunk cannot be read");
    if (!forge_codec_chain_decode(
            &source->codecs,
            source->manifest.skip_masks ? source->manifest.skip_masks[number] : 0,
            decoder->stored.bytes, length, decoder->decoded_size, &decoder->a, &decoder->b,
            &decoded, err))
        return false;
    from = forge_view_of((void *)decoded, array->rank, array->chunk, size);
    forge_view_copy(&to, &from, array->rank, box.count, size);
    return true;
}

bool forge_hdf5_decode_numbers(const struct forge_array **out,
                               const struct forge_hdf5_leaf *leaf,
                               const struct forge_source *source, struct forge_error *err)
{
    const struct forge_array *array = &source->array;
    struct decoder decoder = {.leaf = leaf, .source = source};
    uint64_t counts[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total, number = 0;
    struct forge_region chunk = forge_region_all(array->rank, array->chunk);
    struct forge_view view;
    unsigned char *values = filled(&view, leaf);
    bool good = forge_grid_shape(counts, &total, array->rank, array->shape, array->chunk) &&
                forge_region_count(&decoder.decoded_size, array->rank, &chunk) &&
                forge_checked_multiply(&decoder.decoded_size, decoder.decoded_size,
                                       forge_dtype_size(array->dtype));

    if (!good)
        forge_fail(err, FORGE_BAD_SOURCE, "its chunks are too large");
    while (good && number < total) {
        good = decode_chunk(&decoder, &view, index, number++, err);
        forge_grid_next(index, array->rank, counts);
    }
    forge_block_close(&decoder.stored);
    forge_block_close(&decoder.a);
    forge_block_close(&decoder.b);
    if (good)
        *out = forge_array_memory(leaf->group->arena, array->dtype, leaf->rank, leaf->shape,
                                  values);
    return good;
}

bool forge_hdf5_copy_numbers(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                             const struct forge_source *source, struct forge_error *err)
{
    const struct forge_scan_request *request = leaf->group->request;
    uint64_t offset = source->manifest.base;
    struct forge_block stored = {0}, a = {0}, b = {0};
    struct forge_view view;
    unsigned char *values = filled(&view, leaf);
    const unsigned char *decoded = NULL;
    bool good = false;

    if (offset > request->size || leaf->size > request->size - offset)
        return forge_fail(err, FORGE_BAD_SOURCE, "its values are outside the file");
    if (!forge_block_reserve(&stored, leaf->size, err))
        goto out;
    if (pread(request->fd, stored.bytes, leaf->size, (off_t)offset) != (ssize_t)leaf->size) {
        forge_fail_errno(err, FORGE_SOURCE_IO, "its values cannot be read");
        goto out;
    }
    good = forge_codec_chain_decode(&source->codecs, 0, stored.bytes, leaf->size, leaf->size,
                                    &a, &b, &decoded, err);
    if (good && leaf->size > 0)
        memcpy(values, decoded, leaf->size);
    if (good)
        *out = forge_array_memory(leaf->group->arena, source->array.dtype, leaf->rank,
                                  leaf->shape, values);
out:
    forge_block_close(&stored);
    forge_block_close(&a);
    forge_block_close(&b);
    return good;
}

/* netCDF's char arrays: the last dimension is along the text. */
bool forge_hdf5_join_chars(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                           struct forge_error *err)
{
    struct forge_arena *arena = leaf->group->arena;
    struct forge_region all = forge_region_all(leaf->rank, leaf->shape);
    unsigned rank = leaf->rank > 0 ? leaf->rank - 1 : 0;
    size_t width = leaf->rank > 0 ? leaf->shape[rank] : 1, count = 1;
    char *bytes = forge_arena_array(arena, leaf->count + 1, 1);
    const char **texts;

    for (unsigned d = 0; d < rank; d++)
        count *= leaf->shape[d];
    if (count > FORGE_HDF5_TEXT_MAX)
        return forge_hdf5_refuse(out, leaf, err, "it has %zu empty texts", count);
    if (!forge_hdf5_read(leaf->group->file, leaf->variable->path, FORGE_UINT8, leaf->rank, &all,
                         bytes, err))
        return false;
    texts = forge_arena_array(arena, count + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = forge_hdf5_text(arena, bytes + i * width, width);
    *out = forge_array_memory(arena, FORGE_STRING, rank, leaf->shape, texts);
    return true;
}

bool forge_hdf5_take_texts(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                           struct forge_error *err)
{
    struct forge_region all = forge_region_all(leaf->rank, leaf->shape);
    const char *const *texts = NULL;
    size_t length = 0;

    if (!forge_hdf5_read_texts(&texts, leaf->group->arena, leaf->group->file,
                               leaf->variable->path, leaf->rank, &all, leaf->count, err))
        return false;
    for (size_t i = 0; i < leaf->count; i++)
        length += strlen(texts[i]);
    if (length > FORGE_HDF5_TEXT_MAX)
        return forge_hdf5_refuse(out, leaf, err, "it has more than 16 MiB of text");
    *out = forge_array_memory(leaf->group->arena, FORGE_STRING, leaf->rank, leaf->shape, texts);
    return true;
}

/* hdf5_storage.c: where the values of an HDF5 dataset are, as the leaf of a lazy array. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "formats/hdf5_index.h"
#include "formats/hdf5_scan.h"
#include "formats/refused.h"

#define COORDINATE_BYTES_MAX (16U << 20)
#define CHUNKS_MAX (4U << 20)

bool forge_hdf5_refuse(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                       struct forge_error *err, const char *format, ...)
{
    char why[512];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return forge_array_refused(out, leaf->group->arena, leaf->group->origin,
                               leaf->variable->path, leaf->rank, leaf->shape,
                               forge_arena_text(leaf->group->arena, why), err);
}

/* ---- in the file */

struct table {
    const struct forge_hdf5_leaf *leaf;
    const uint64_t *chunk;
    uint64_t counts[FORGE_RANK_MAX];
    uint64_t *offsets, *lengths;
    uint32_t *masks;
    bool masked, wrong;
};

static void take_chunk(void *context, const struct forge_hdf5_chunk *chunk)
{
    struct table *table = context;
    const struct forge_hdf5_dataset *dataset = table->leaf->dataset;
    uint64_t index[FORGE_RANK_MAX], number;
    uint32_t mask = chunk->skip_mask;

    for (unsigned d = 0; d < dataset->rank; d++) {
        index[d] = chunk->start[d] / table->chunk[d];
        if (chunk->start[d] % table->chunk[d] != 0 || index[d] >= table->counts[d]) {
            table->wrong = true;
            return;
        }
        if (dataset->whole_edges && dataset->extent[d] - chunk->start[d] < table->chunk[d])
            mask = UINT32_MAX;
    }
    number = forge_grid_number(dataset->rank, table->counts, index);
    if (table->offsets[number] != FORGE_CHUNK_ABSENT) {
        table->wrong = true;
        return;
    }
    mask = (uint32_t)((uint64_t)mask << table->leaf->decoding.mask_shift);
    table->offsets[number] = chunk->offset;
    table->lengths[number] = chunk->length;
    table->masks[number] = mask;
    table->masked = table->masked || mask != 0;
}

static void make_table(struct table *table, struct forge_source *source, uint64_t total,
                       struct forge_arena *arena)
{
    table->chunk = source->array.chunk;
    table->offsets = forge_arena_array(arena, total + 1, sizeof *table->offsets);
    table->lengths = forge_arena_array(arena, total + 1, sizeof *table->lengths);
    table->masks = forge_arena_array(arena, total + 1, sizeof *table->masks);
    for (uint64_t i = 0; i < total; i++)
        table->offsets[i] = FORGE_CHUNK_ABSENT;
    source->manifest.kind = FORGE_MANIFEST_TABLE;
    source->manifest.offsets = table->offsets;
    source->manifest.lengths = table->lengths;
}

static bool locate_chunks(struct forge_source *source, struct table *table, uint64_t total,
                          struct forge_error *err)
{
    const struct forge_hdf5_leaf *leaf = table->leaf;

    make_table(table, source, total, leaf->group->arena);
    if (leaf->dataset->layout == FORGE_HDF5_CONTIGUOUS || leaf->count == 0)
        return true;
    if (!forge_hdf5_chunks(leaf->group->file, leaf->variable->path, leaf->rank, take_chunk,
                           table, err))
        return false;
    if (table->wrong)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "its index has a chunk twice, or one that is outside the variable");
    if (table->masked)
        source->manifest.skip_masks = table->masks;
    return true;
}

/* Is the part of a chunk beyond the extent part of the variable? It need not hold the fill. */
static bool has_loose_edge(const struct forge_hdf5_leaf *leaf)
{
    const struct forge_hdf5_dataset *dataset = leaf->dataset;

    for (unsigned d = 0; d < leaf->rank; d++) {
        if (leaf->shape[d] > dataset->extent[d] &&
            (dataset->layout != FORGE_HDF5_CHUNKED ||
             dataset->extent[d] % dataset->chunk[d] != 0))
            return true;
    }
    return false;
}

/* The chunk grid of a leaf, and the table of its chunks where there is one. */
static bool locate(struct forge_source *source, bool *too_many,
                   const struct forge_hdf5_leaf *leaf, struct forge_error *err)
{
    const struct forge_hdf5_dataset *dataset = leaf->dataset;
    struct table table = {.leaf = leaf};
    uint64_t total;

    if (dataset->layout == FORGE_HDF5_CHUNKED)
        memcpy(source->array.chunk, dataset->chunk, sizeof source->array.chunk);
    else
        forge_source_contiguous(source, dataset->offset, 0);
    *too_many =
        !forge_grid_shape(table.counts, &total, leaf->rank, leaf->shape, source->array.chunk) ||
        total > CHUNKS_MAX;
    if (*too_many)
        return true;
    if (leaf->decoding.decoder == FORGE_HDF5_BY_LIBRARY || has_loose_edge(leaf)) {
        source->manifest = (struct forge_manifest){.kind = FORGE_MANIFEST_LIBRARY};
        return true;
    }
    if (dataset->layout == FORGE_HDF5_CONTIGUOUS && dataset->offset != FORGE_HDF5_NOWHERE)
        return true;
    return locate_chunks(source, &table, total, err);
}

static bool make_source(struct forge_source *out, bool *too_many,
                        const struct forge_hdf5_leaf *leaf, struct forge_error *err)
{
    *out = (struct forge_source){
        .array = {.dtype = leaf->dataset->type.dtype, .rank = leaf->rank},
        .file = leaf->group->origin,
        .path = leaf->variable->path,
        .codecs = leaf->decoding.codecs,
        .fill = leaf->dataset->fill,
    };
    memcpy(out->array.shape, leaf->shape, sizeof out->array.shape);
    return locate(out, too_many, leaf, err);
}

/* ---- which of them */

static bool count_elements(struct forge_hdf5_leaf *leaf, struct forge_error *err)
{
    struct forge_region all = forge_region_all(leaf->rank, leaf->shape);
    const struct forge_hdf5_type *type = &leaf->dataset->type;
    size_t size = type->kind == FORGE_HDF5_NUMBERS ? forge_dtype_size(type->dtype) : type->size;

    if (!forge_region_count(&leaf->count, leaf->rank, &all) ||
        !forge_checked_multiply(&leaf->size, leaf->count, forge_maximum(size, 1)) ||
        leaf->size > INT64_MAX)
        return forge_fail(err, FORGE_BAD_SOURCE, "it has more than 2^63 bytes");
    return true;
}

static const char *why_not(const struct forge_hdf5_variable *variable)
{
    const struct forge_hdf5_dataset *dataset = &variable->dataset;

    if (variable->is_nowhere)
        return "it is a link that leads out of the file, or to nothing, and is not followed";
    if (variable->refusal)
        return variable->refusal;
    if (dataset->empty)
        return "it has no values, not even an empty array";
    if (dataset->layout == FORGE_HDF5_EXTERNAL)
        return "it keeps its values in other files (HDF5 external storage), which are not read";
    if (dataset->layout == FORGE_HDF5_VIRTUAL)
        return "it is put together from other datasets (an HDF5 virtual dataset), which are "
               "not "
               "read";
    return NULL;
}

static bool is_small(const struct forge_hdf5_leaf *leaf, bool is_coordinate)
{
    return leaf->dataset->layout == FORGE_HDF5_COMPACT ||
           (leaf->rank <= FORGE_INLINE_RANK &&
            leaf->size <= leaf->group->request->inline_bytes) ||
           (is_coordinate && leaf->rank == 1 && leaf->size <= COORDINATE_BYTES_MAX);
}

static bool open_numbers(const struct forge_array **out, const struct forge_hdf5_leaf *leaf,
                         bool is_coordinate, struct forge_error *err)
{
    bool small = is_small(leaf, is_coordinate), too_many = false;
    struct forge_source source;

    if (leaf->dataset->layout == FORGE_HDF5_COMPACT && leaf->decoding.library)
        return forge_hdf5_read_numbers(out, leaf, err);
    if (!make_source(&source, &too_many, leaf, err))
        return false;
    if (too_many)
        return forge_hdf5_refuse(out, leaf, err, "it has more than %u chunks", CHUNKS_MAX);
    if (source.manifest.kind == FORGE_MANIFEST_LIBRARY && !leaf->decoding.library)
        return forge_hdf5_refuse(out, leaf, err,
                                 "it is not written to its end, and HDF5 has not its filter %s",
                                 leaf->decoding.missing);
    if (!small)
        return forge_source_open(out, leaf->group->arena, &source, err);
    switch (source.manifest.kind) {
    case FORGE_MANIFEST_TABLE:
        return forge_hdf5_decode_numbers(out, leaf, &source, err);
    case FORGE_MANIFEST_STRIDED:
        return forge_hdf5_copy_numbers(out, leaf, &source, err);
    default:
        return forge_hdf5_read_numbers(out, leaf, err);
    }
}

static bool open_leaf(const struct forge_array **out, struct forge_hdf5_leaf *leaf,
                      bool is_coordinate, struct forge_error *err)
{
    const struct forge_hdf5_type *type = &leaf->dataset->type;
    const char *why = why_not(leaf->variable);

    if (why)
        return forge_hdf5_refuse(out, leaf, err, "%s", why);
    if (type->kind == FORGE_HDF5_OTHER)
        return forge_hdf5_refuse(out, leaf, err, "it has %s, which cannot be stored",
                                 type->what);
    if (!count_elements(leaf, err) ||
        !forge_hdf5_decoding(&leaf->decoding, leaf->group->arena, leaf->dataset, err))
        return false;
    if (leaf->decoding.decoder == FORGE_HDF5_BY_NOBODY)
        return forge_hdf5_refuse(out, leaf, err,
                                 "it is stored through the filter %s, which is not known",
                                 leaf->decoding.missing);
    if (type->kind == FORGE_HDF5_NUMBERS)
        return open_numbers(out, leaf, is_coordinate, err);
    if (leaf->size > FORGE_HDF5_TEXT_MAX)
        return forge_hdf5_refuse(out, leaf, err, "it has more than 16 MiB of text");
    if (type->kind == FORGE_HDF5_CHARS)
        return forge_hdf5_join_chars(out, leaf, err);
    return forge_hdf5_take_texts(out, leaf, err);
}

bool forge_hdf5_array(const struct forge_array **out, const struct forge_hdf5_group *group,
                      const struct forge_hdf5_variable *variable, bool is_coordinate,
                      struct forge_error *err)
{
    const struct forge_hdf5_dataset *dataset = &variable->dataset;
    struct forge_hdf5_leaf leaf = {.group = group, .variable = variable, .dataset = dataset};
    bool good;

    if (!variable->refusal && !variable->is_nowhere && !dataset->empty &&
        dataset->rank <= FORGE_RANK_MAX) {
        leaf.rank = dataset->rank;
        for (unsigned d = 0; d < leaf.rank; d++)
            leaf.shape[d] = group->dims[variable->dims[d]].size;
    }
    if (dataset->rank > FORGE_RANK_MAX)
        good = forge_hdf5_refuse(out, &leaf, err, "it has %u dimensions, more than %d",
                                 dataset->rank, FORGE_RANK_MAX);
    else
        good = open_leaf(out, &leaf, is_coordinate, err);
    return good || forge_hdf5_fail_in(group, err, variable->path);
}

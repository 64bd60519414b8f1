/* source_identity.c: what the values of a region of a file depend on, out of its manifest.
 *
 * What is taken of the variable goes to the structure; the file, where its
 * chunks lie and how they are stored go to the files.
 */
#include <assert.h>
#include <string.h>

#include "array/identity.h"
#include "formats/source_parts.h"

#define BATCH 64 /* chunks that are added at once */

static void add_number(struct forge_hasher *files, uint64_t number)
{
    forge_hasher_add(files, &number, sizeof number);
}

static void add_numbers(struct forge_hasher *files, const uint64_t *numbers, unsigned count)
{
    forge_hasher_add(files, numbers, count * sizeof *numbers);
}

static void add_text(struct forge_hasher *files, const char *text)
{
    add_number(files, text ? strlen(text) : UINT64_MAX);
    if (text)
        forge_hasher_add(files, text, strlen(text));
}

static void add_codecs(struct forge_hasher *files, const struct forge_codec_chain *chain)
{
    add_number(files, chain->count);
    for (unsigned i = 0; i < chain->count; i++)
        forge_codec_identify(&chain->items[i], files);
}

static void add_fill(struct forge_hasher *files, const struct forge_source *source)
{
    if (source->array.dtype == FORGE_STRING)
        add_text(files, source->fill.string);
    else
        forge_hasher_add(files, source->fill.bytes, forge_dtype_size(source->array.dtype));
}

/* Place, length and filter mask of every chunk that is touched. The region and the shape of the
 * chunks say which part of each. */
static void add_chunks(struct forge_hasher *files, const struct forge_source_node *node,
                       const struct forge_region *region)
{
    const struct forge_array *array = &node->source.array;
    const struct forge_manifest *m = &node->source.manifest;
    uint64_t batch[BATCH][3];
    size_t count = 0;
    struct forge_piece piece;
    bool more = forge_piece_first(&piece, array->rank, array->chunk, region), absent = false;

    for (; more; more = forge_piece_next(&piece)) {
        uint64_t number = forge_grid_number(array->rank, node->grid, piece.index);
        bool here = m->offsets[number] != FORGE_CHUNK_ABSENT;

        batch[count][0] = m->offsets[number];
        batch[count][1] = here ? m->lengths[number] : 0;
        batch[count][2] = here && m->skip_masks ? m->skip_masks[number] : 0;
        absent = absent || !here;
        if (++count == BATCH) {
            forge_hasher_add(files, batch, sizeof batch);
            count = 0;
        }
    }
    forge_hasher_add(files, batch, count * sizeof batch[0]);
    if (absent)
        add_fill(files, &node->source);
}

static void add_table(struct forge_hasher *files, const struct forge_source_node *node,
                      const struct forge_region *region)
{
    const struct forge_array *array = &node->source.array;

    add_numbers(files, array->chunk, array->rank);
    add_codecs(files, &node->source.codecs);
    add_chunks(files, node, region);
}

/* Chunks that continue each other are none. */
static void add_strided(struct forge_hasher *files, const struct forge_source_node *node)
{
    const struct forge_array *array = &node->source.array;
    const struct forge_manifest *m = &node->source.manifest;

    add_number(files, m->base);
    add_number(files, node->affine);
    if (node->affine) {
        add_numbers(files, node->stride, array->rank);
    } else {
        add_numbers(files, array->chunk, array->rank);
        add_numbers(files, m->stride, array->rank);
        add_numbers(files, m->inner, array->rank);
    }
    add_codecs(files, &node->source.codecs);
}

/* Which chunks are absent only a read can tell. */
static void add_keyed(struct forge_hasher *files, const struct forge_source_node *node)
{
    const struct forge_array *array = &node->source.array;
    const struct forge_manifest *m = &node->source.manifest;

    add_text(files, m->prefix);
    add_number(files, (unsigned char)m->separator);
    add_number(files, (uint64_t)m->zarr_format);
    add_numbers(files, array->chunk, array->rank);
    add_number(files, m->sharded);
    if (m->sharded) {
        add_numbers(files, m->shard, array->rank);
        add_codecs(files, &m->index_codecs);
        add_number(files, m->index_at_start);
    }
    add_codecs(files, &node->source.codecs);
    add_fill(files, &node->source);
}

static void add_file(struct forge_identity *identity, const struct forge_file *file)
{
    if (file->hashed)
        forge_hasher_add(identity->files, file->digest.bytes, sizeof file->digest.bytes);
    else
        identity->unknown = true;
}

void forge_source_identify(const struct forge_array *array, const struct forge_region *region,
                           struct forge_identity *identity)
{
    const struct forge_source_node *node =
        (const struct forge_source_node *)(const void *)array;
    const struct forge_source *source = &node->source;

    for (unsigned d = 0; d < array->rank; d++) {
        forge_identity_number(identity, region->start[d]);
        forge_identity_number(identity, region->step[d]);
    }
    add_file(identity, source->file);
    add_number(identity->files, source->manifest.kind);
    switch (source->manifest.kind) {
    case FORGE_MANIFEST_TABLE:
        add_table(identity->files, node, region);
        break;
    case FORGE_MANIFEST_STRIDED:
        add_strided(identity->files, node);
        break;
    case FORGE_MANIFEST_KEYED:
        add_keyed(identity->files, node);
        break;
    case FORGE_MANIFEST_LIBRARY:
        add_text(identity->files, source->path);
        add_text(identity->files, source->file->group);
        add_text(identity->files, source->file->format);
        break;
    case FORGE_MANIFEST_REFUSED:
        add_text(identity->files, source->manifest.refusal);
        break;
    }
}

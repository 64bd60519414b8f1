#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "array/reader.h"
#include "formats/record.h"
#include "formats/record_parts.h"

static void add_u8(struct forge_text *out, unsigned number)
{
    unsigned char byte = (unsigned char)number;

    forge_text_add_bytes(out, &byte, sizeof byte);
}

static void add_u32(struct forge_text *out, uint64_t number)
{
    uint32_t narrow = (uint32_t)number;

    assert(number <= UINT32_MAX);
    forge_text_add_bytes(out, &narrow, sizeof narrow);
}

static void add_u64(struct forge_text *out, uint64_t number)
{
    forge_text_add_bytes(out, &number, sizeof number);
}

static void add_text(struct forge_text *out, const char *text)
{
    add_u32(out, strlen(text));
    forge_text_add(out, text);
}

static void add_elements(struct forge_text *out, enum forge_dtype dtype, uint64_t count,
                         const void *values)
{
    const char *const *strings = values;

    if (dtype != FORGE_STRING) {
        if (count > 0)
            forge_text_add_bytes(out, values, count * forge_dtype_size(dtype));
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        add_text(out, strings[i]);
}

static void add_attributes(struct forge_text *out, const struct forge_attributes *attributes)
{
    add_u32(out, attributes->count);
    for (size_t i = 0; i < attributes->count; i++) {
        const struct forge_attribute *attribute = &attributes->items[i];

        add_text(out, attribute->name);
        add_u8(out, attribute->dtype);
        add_u64(out, attribute->count);
        add_elements(out, attribute->dtype, attribute->count, attribute->values);
    }
}

/* ---- sources ---- */

static bool add_codec(struct forge_text *out, const struct forge_codec *codec,
                      struct forge_error *err)
{
    const struct forge_codec_type *type = codec->type;
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    bool is_v2 = type->id_zarr2 != NULL;
    bool good = is_v2 ? type->json_zarr2(codec->settings, codec->element_size, &json)
                      : type->json_zarr3(codec->settings, codec->element_size, &json);

    if (good) {
        add_u8(out, is_v2 ? 2 : 3);
        add_u32(out, codec->element_size);
        add_text(out, forge_text_string(&text));
    }
    forge_text_clear(&text);
    return good || forge_fail(err, FORGE_FAILED, "codec %s cannot be recorded", type->name);
}

static void add_table(struct forge_text *out, const struct forge_source *source)
{
    const struct forge_manifest *m = &source->manifest;
    uint64_t grid[FORGE_RANK_MAX], total = 0;
    bool good = forge_grid_shape(grid, &total, source->array.rank, source->array.shape,
                                 source->array.chunk);

    assert(good);
    (void)good;
    if (total > 0) {
        forge_text_add_bytes(out, m->offsets, total * sizeof *m->offsets);
        forge_text_add_bytes(out, m->lengths, total * sizeof *m->lengths);
    }
    add_u8(out, m->skip_masks != NULL);
    if (m->skip_masks && total > 0)
        forge_text_add_bytes(out, m->skip_masks, total * sizeof *m->skip_masks);
}

static bool add_manifest(struct forge_text *out, const struct forge_source *source,
                         struct forge_error *err)
{
    const struct forge_manifest *m = &source->manifest;

    switch (m->kind) {
    case FORGE_MANIFEST_TABLE:
        add_table(out, source);
        return true;
    case FORGE_MANIFEST_STRIDED:
        add_u64(out, m->base);
        for (unsigned d = 0; d < source->array.rank; d++)
            add_u64(out, m->stride[d]);
        for (unsigned d = 0; d < source->array.rank; d++)
            add_u64(out, m->inner[d]);
        return true;
    case FORGE_MANIFEST_REFUSED:
        add_text(out, m->refusal);
        return true;
    case FORGE_MANIFEST_LIBRARY:
        return true;
    case FORGE_MANIFEST_KEYED:
        break;
    }
    return forge_fail(err, FORGE_FAILED, "chunks of a Zarr store cannot be recorded");
}

static enum record_node node_of(const struct forge_source *source)
{
    switch (source->manifest.kind) {
    case FORGE_MANIFEST_TABLE:
        return NODE_TABLE;
    case FORGE_MANIFEST_STRIDED:
        return NODE_STRIDED;
    case FORGE_MANIFEST_LIBRARY:
    case FORGE_MANIFEST_KEYED:
        return NODE_LIBRARY;
    case FORGE_MANIFEST_REFUSED:
        break;
    }
    return NODE_REFUSED;
}

static bool add_source(struct forge_text *out, const struct forge_source *source,
                       struct forge_error *err)
{
    add_u8(out, node_of(source));
    add_text(out, source->path);
    for (unsigned d = 0; d < source->array.rank; d++)
        add_u64(out, source->array.chunk[d]);
    add_elements(out, source->array.dtype, 1, &source->fill);
    add_u8(out, source->codecs.count);
    for (unsigned i = 0; i < source->codecs.count; i++) {
        if (!add_codec(out, &source->codecs.items[i], err))
            return false;
    }
    return add_manifest(out, source, err);
}

/* ---- variables ---- */

static bool add_values(struct forge_text *out, const struct forge_array *array,
                       struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_reader reader = {0};
    const void *values = NULL;
    bool good = forge_array_values(&values, array, &reader, &arena, UINT64_MAX, err);

    if (good) {
        add_u8(out, NODE_VALUES);
        add_elements(out, array->dtype, forge_array_count(array), values);
    }
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
    return good;
}

static void add_dims(struct forge_text *out, const struct forge_dataset *dataset,
                     const struct forge_variable *variable)
{
    add_u8(out, variable->array->rank);
    for (unsigned d = 0; d < variable->array->rank; d++) {
        const struct forge_dimension *dim = forge_dataset_dimension(dataset, variable->dims[d]);

        assert(dim && dim->size == variable->array->shape[d]);
        add_u32(out, (uint64_t)(dim - dataset->dims));
    }
}

static bool add_variable(struct forge_text *out, const struct forge_dataset *dataset,
                         const struct forge_variable *variable, struct forge_error *err)
{
    const struct forge_array *array = variable->array;
    const struct forge_source *source = forge_array_source(array);

    add_text(out, variable->name);
    add_u8(out, array->dtype);
    add_dims(out, dataset, variable);
    add_u8(out, (variable->has_fill ? FLAG_FILL : 0) |
                    (variable->is_coordinate ? FLAG_COORDINATE : 0));
    if (variable->has_fill)
        add_elements(out, array->dtype, 1, &variable->fill);
    add_attributes(out, &variable->attributes);
    if (source)
        return add_source(out, source, err);
    if (array->in_memory)
        return add_values(out, array, err);
    return forge_fail(err, FORGE_FAILED, "computed values cannot be recorded");
}

static bool add_dataset(struct forge_text *out, const struct forge_dataset *dataset,
                        struct forge_error *err)
{
    forge_text_add(out, RECORD_MAGIC);
    add_u32(out, RECORD_VERSION);
    add_u32(out, dataset->dims_count);
    for (size_t i = 0; i < dataset->dims_count; i++) {
        add_text(out, dataset->dims[i].name);
        add_u64(out, dataset->dims[i].size);
        add_u8(out, dataset->dims[i].unlimited);
    }
    add_attributes(out, &dataset->attributes);
    add_u32(out, dataset->variables_count);
    for (size_t i = 0; i < dataset->variables_count; i++) {
        const struct forge_variable *variable = &dataset->variables[i];

        if (!add_variable(out, dataset, variable, err))
            return forge_fail_while(err, "%s: variable \"%s\"", dataset->url, variable->name);
    }
    return true;
}

bool forge_record_write(struct forge_text *out, const struct forge_dataset *dataset,
                        struct forge_error *err)
{
    struct forge_text record = {0};
    bool good = add_dataset(&record, dataset, err);

    if (good)
        forge_text_add_bytes(out, record.bytes, record.length);
    forge_text_clear(&record);
    return good;
}

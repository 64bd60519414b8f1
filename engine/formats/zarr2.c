/* zarr2.c: Zarr version 2, as xarray writes it; every reader takes it.
 *
 * An array's fill_value is its missing value, so an array without one is stored
 * in full, and there is no attribute _FillValue. The fill_value of strings is
 * null too: with "" every empty string would be read as missing.
 */
#include <inttypes.h>

#include "formats/zarr_parts.h"

static bool accept(const struct forge_target_array *array, struct forge_error *err)
{
    return forge_zarr_accept(array, 2, err);
}

static void key(struct forge_text *out, const struct forge_target_array *array,
                const uint64_t *index)
{
    forge_text_print(out, "%s/", array->variable->name);
    for (unsigned d = 0; d < array->variable->array->rank; d++)
        forge_text_print(out, "%s%" PRIu64, d > 0 ? "." : "", index[d]);
    if (array->variable->array->rank == 0)
        forge_text_add(out, "0");
}

static bool encode(const struct forge_target_array *array, const struct forge_view *view,
                   const uint64_t *count, struct forge_encoder *encoder,
                   const unsigned char **bytes, uint64_t *length, bool *absent,
                   struct forge_error *err)
{
    return forge_zarr_chunk_encode(array, view, count, array->variable->has_fill, encoder,
                                   bytes, length, absent, err);
}

/* numpy's name: byte order, kind, bytes. */
static void write_dtype(struct forge_json *json, enum forge_dtype dtype)
{
    static const char *const names[FORGE_DTYPE_COUNT] = {
        [FORGE_INT8] = "|i1",    [FORGE_UINT8] = "|u1",  [FORGE_INT16] = "<i2",
        [FORGE_UINT16] = "<u2",  [FORGE_INT32] = "<i4",  [FORGE_UINT32] = "<u4",
        [FORGE_INT64] = "<i8",   [FORGE_UINT64] = "<u8", [FORGE_FLOAT32] = "<f4",
        [FORGE_FLOAT64] = "<f8", [FORGE_STRING] = "|O",
    };

    forge_json_string(json, names[dtype]);
}

static void write_compressor(struct forge_json *json, const struct forge_target_array *array)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);
    const struct forge_codec *codec = &chain.items[0];

    if (chain.count == 0)
        forge_json_null(json);
    else
        codec->type->json_zarr2(codec->settings, codec->element_size, json);
}

static void write_fill(struct forge_json *json, const struct forge_target_array *array)
{
    union forge_value fill = forge_zarr_fill(array);

    if (array->variable->has_fill)
        forge_zarr_json_fill(json, array->variable->array->dtype, &fill);
    else
        forge_json_null(json);
}

static void write_array(struct forge_json *json, const struct forge_target_array *array)
{
    const struct forge_array *lazy = array->variable->array;

    forge_json_object(json);
    forge_json_key(json, "chunks");
    forge_zarr_json_numbers(json, array->chunk, lazy->rank);
    forge_json_key(json, "compressor");
    write_compressor(json, array);
    forge_json_key(json, "dimension_separator");
    forge_json_string(json, ".");
    forge_json_key(json, "dtype");
    write_dtype(json, lazy->dtype);
    forge_json_key(json, "fill_value");
    write_fill(json, array);
    forge_json_key(json, "filters");
    forge_json_raw(json, lazy->dtype == FORGE_STRING ? "[{\"id\":\"vlen-utf8\"}]" : "null");
    forge_json_key(json, "order");
    forge_json_string(json, "C");
    forge_json_key(json, "shape");
    forge_zarr_json_numbers(json, lazy->shape, lazy->rank);
    forge_json_key(json, "zarr_format");
    forge_json_integer(json, 2);
    forge_json_close(json, '}');
}

static void write_array_attributes(struct forge_json *json,
                                   const struct forge_target_array *array)
{
    struct forge_arena arena = {0};
    struct forge_attributes attributes = {0};

    forge_zarr_array_attributes(&attributes, &arena, array, 2);
    forge_zarr_json_attributes(json, &attributes);
    forge_arena_clear(&arena);
}

static void write_group(struct forge_json *json)
{
    forge_json_raw(json, "{\"zarr_format\":2}");
}

static void write_key(struct forge_json *json, const char *name, const char *document)
{
    struct forge_text text = {0};

    forge_text_print(&text, "%s/%s", name, document);
    forge_json_key(json, forge_text_string(&text));
    forge_text_clear(&text);
}

static bool put_array(struct forge_store *store, const struct forge_target_array *array,
                      struct forge_error *err)
{
    const char *name = array->variable->name;
    struct forge_text text = {0};
    struct forge_json json = {.out = &text}, attributes = {.out = &text};

    write_array(&json, array);
    if (!forge_zarr_put(store, name, ".zarray", &text, err))
        return false;
    write_array_attributes(&attributes, array);
    return forge_zarr_put(store, name, ".zattrs", &text, err);
}

static bool put_root(struct forge_store *store, const struct forge_attributes *attributes,
                     struct forge_error *err)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text}, group = {.out = &text};

    forge_zarr_json_attributes(&json, attributes);
    if (!forge_zarr_put(store, NULL, ".zattrs", &text, err))
        return false;
    write_group(&group);
    return forge_zarr_put(store, NULL, ".zgroup", &text, err);
}

static bool put_consolidated(struct forge_store *store,
                             const struct forge_attributes *attributes,
                             const struct forge_target_array *arrays, size_t arrays_count,
                             struct forge_error *err)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_object(&json);
    forge_json_key(&json, "metadata");
    forge_json_object(&json);
    forge_json_key(&json, ".zattrs");
    forge_zarr_json_attributes(&json, attributes);
    forge_json_key(&json, ".zgroup");
    write_group(&json);
    for (size_t i = 0; i < arrays_count; i++) {
        write_key(&json, arrays[i].variable->name, ".zarray");
        write_array(&json, &arrays[i]);
        write_key(&json, arrays[i].variable->name, ".zattrs");
        write_array_attributes(&json, &arrays[i]);
    }
    forge_json_close(&json, '}');
    forge_json_key(&json, "zarr_consolidated_format");
    forge_json_integer(&json, 1);
    forge_json_close(&json, '}');
    return forge_zarr_put(store, NULL, ".zmetadata", &text, err);
}

static bool metadata(struct forge_store *store, const struct forge_dataset *dataset,
                     const struct forge_target_array *arrays, size_t arrays_count,
                     struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_attributes attributes = {0};
    const struct forge_target_array *sorted = forge_zarr_sorted(&arena, arrays, arrays_count);
    bool done = true;

    forge_zarr_root_attributes(&attributes, &arena, dataset, sorted, arrays_count);
    for (size_t i = 0; i < arrays_count && done; i++)
        done = put_array(store, &sorted[i], err);
    done = done && put_root(store, &attributes, err) &&
           put_consolidated(store, &attributes, sorted, arrays_count, err);
    forge_arena_clear(&arena);
    return done;
}

const struct forge_target_type forge_target_zarr2 = {
    .name = "zarr2",
    .summary = "Zarr version 2, as xarray writes it",
    .zarr_format = 2,
    .shards = false,
    .accept = accept,
    .key = key,
    .encode = encode,
    .scratch = forge_zarr_chunk_scratch,
    .metadata = metadata,
};

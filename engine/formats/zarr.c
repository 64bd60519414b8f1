/* zarr.c: Zarr version 3, with shards and inline consolidated metadata.
 *
 * fill_value only fills holes and is 0 or "" where the variable has no missing
 * value. What is missing is the attribute _FillValue, as xarray writes it:
 * base64 of a little-endian float64 for floats, else the value itself.
 */
#include <inttypes.h>

#include "formats/zarr_parts.h"

static bool accept(const struct forge_target_array *array, struct forge_error *err)
{
    return forge_zarr_accept(array, 3, err);
}

static void key(struct forge_text *out, const struct forge_target_array *array,
                const uint64_t *index)
{
    forge_text_print(out, "%s/c", array->variable->name);
    for (unsigned d = 0; d < array->variable->array->rank; d++)
        forge_text_print(out, "/%" PRIu64, index[d]);
}

static bool encode(const struct forge_target_array *array, const struct forge_view *view,
                   const uint64_t *count, struct forge_encoder *encoder,
                   const unsigned char **bytes, uint64_t *length, bool *absent,
                   struct forge_error *err)
{
    if (array->sharded)
        return forge_zarr_shard_encode(array, view, count, encoder, bytes, length, absent, err);
    return forge_zarr_chunk_encode(array, view, count, true, encoder, bytes, length, absent,
                                   err);
}

static uint64_t scratch(const struct forge_target_array *array)
{
    return array->sharded ? forge_zarr_shard_scratch(array) : forge_zarr_chunk_scratch(array);
}

/* {"configuration":{<key>:..},"name":<name>}, around what `close` ends. */
static void open_named(struct forge_json *json, const char *key_inside)
{
    forge_json_object(json);
    forge_json_key(json, "configuration");
    forge_json_object(json);
    forge_json_key(json, key_inside);
}

static void close_named(struct forge_json *json, const char *name)
{
    forge_json_close(json, '}');
    forge_json_key(json, "name");
    forge_json_string(json, name);
    forge_json_close(json, '}');
}

/* What makes bytes of elements; one byte has no order. */
static void write_bytes_codec(struct forge_json *json, enum forge_dtype dtype)
{
    if (dtype == FORGE_STRING) {
        forge_json_raw(json, "{\"name\":\"vlen-utf8\"}");
    } else if (forge_dtype_size(dtype) == 1) {
        forge_json_raw(json, "{\"name\":\"bytes\"}");
    } else {
        open_named(json, "endian");
        forge_json_string(json, "little");
        close_named(json, "bytes");
    }
}

static void write_codecs(struct forge_json *json, const struct forge_target_array *array)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);

    forge_json_array(json);
    write_bytes_codec(json, array->variable->array->dtype);
    for (unsigned i = 0; i < chain.count; i++)
        chain.items[i].type->json_zarr3(chain.items[i].settings, chain.items[i].element_size,
                                        json);
    forge_json_close(json, ']');
}

static void write_sharding(struct forge_json *json, const struct forge_target_array *array)
{
    forge_json_array(json);
    open_named(json, "chunk_shape");
    forge_zarr_json_numbers(json, array->chunk, array->variable->array->rank);
    forge_json_key(json, "codecs");
    write_codecs(json, array);
    forge_json_key(json, "index_codecs");
    forge_json_array(json);
    write_bytes_codec(json, FORGE_UINT64);
    forge_json_raw(json, "{\"name\":\"crc32c\"}");
    forge_json_close(json, ']');
    forge_json_key(json, "index_location");
    forge_json_string(json, "end");
    close_named(json, "sharding_indexed");
    forge_json_close(json, ']');
}

static void write_attributes(struct forge_json *json, const struct forge_target_array *array)
{
    struct forge_arena arena = {0};
    struct forge_attributes attributes = {0};

    forge_zarr_array_attributes(&attributes, &arena, array, 3);
    forge_zarr_json_attributes(json, &attributes);
    forge_arena_clear(&arena);
}

static void write_dims(struct forge_json *json, const struct forge_variable *variable)
{
    forge_json_array(json);
    for (unsigned d = 0; d < variable->array->rank; d++)
        forge_json_string(json, variable->dims[d]);
    forge_json_close(json, ']');
}

static void write_array(struct forge_json *json, const struct forge_target_array *array)
{
    const struct forge_array *lazy = array->variable->array;
    union forge_value fill = forge_zarr_fill(array);

    forge_json_object(json);
    forge_json_key(json, "attributes");
    write_attributes(json, array);
    forge_json_key(json, "chunk_grid");
    open_named(json, "chunk_shape");
    forge_zarr_json_numbers(json, array->sharded ? array->shard : array->chunk, lazy->rank);
    close_named(json, "regular");
    forge_json_key(json, "chunk_key_encoding");
    open_named(json, "separator");
    forge_json_string(json, "/");
    close_named(json, "default");
    forge_json_key(json, "codecs");
    if (array->sharded)
        write_sharding(json, array);
    else
        write_codecs(json, array);
    forge_json_key(json, "data_type");
    forge_json_string(json, forge_dtype_name(lazy->dtype));
    forge_json_key(json, "dimension_names");
    write_dims(json, array->variable);
    forge_json_key(json, "fill_value");
    forge_zarr_json_fill(json, lazy->dtype, &fill);
    forge_json_key(json, "node_type");
    forge_json_string(json, "array");
    forge_json_key(json, "shape");
    forge_zarr_json_numbers(json, lazy->shape, lazy->rank);
    forge_json_key(json, "zarr_format");
    forge_json_integer(json, 3);
    forge_json_close(json, '}');
}

static bool put_array(struct forge_store *store, const struct forge_target_array *array,
                      struct forge_error *err)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    write_array(&json, array);
    return forge_zarr_put(store, array->variable->name, "zarr.json", &text, err);
}

static bool put_root(struct forge_store *store, const struct forge_attributes *attributes,
                     const struct forge_target_array *arrays, size_t arrays_count,
                     struct forge_error *err)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_object(&json);
    forge_json_key(&json, "attributes");
    forge_zarr_json_attributes(&json, attributes);
    forge_json_key(&json, "consolidated_metadata");
    forge_json_object(&json);
    forge_json_key(&json, "kind");
    forge_json_string(&json, "inline");
    forge_json_key(&json, "metadata");
    forge_json_object(&json);
    for (size_t i = 0; i < arrays_count; i++) {
        forge_json_key(&json, arrays[i].variable->name);
        write_array(&json, &arrays[i]);
    }
    forge_json_close(&json, '}');
    forge_json_key(&json, "must_understand");
    forge_json_flag(&json, false);
    forge_json_close(&json, '}');
    forge_json_key(&json, "node_type");
    forge_json_string(&json, "group");
    forge_json_key(&json, "zarr_format");
    forge_json_integer(&json, 3);
    forge_json_close(&json, '}');
    return forge_zarr_put(store, NULL, "zarr.json", &text, err);
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
    done = done && put_root(store, &attributes, sorted, arrays_count, err);
    forge_arena_clear(&arena);
    return done;
}

const struct forge_target_type forge_target_zarr = {
    .name = "zarr",
    .summary = "Zarr version 3, with shards",
    .zarr_format = 3,
    .shards = true,
    .accept = accept,
    .key = key,
    .encode = encode,
    .scratch = scratch,
    .metadata = metadata,
};

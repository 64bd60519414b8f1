/* zarr_parse3.c: what the zarr.json of an array says. */
#include <string.h>

#include "formats/zarr_read.h"

static bool is_named(const struct forge_json_value *json, const char *name)
{
    const char *given =
        json->kind == FORGE_JSON_STRING ? json->string : forge_zarr_text(json, "name");

    return given && strcmp(given, name) == 0;
}

/* Members that the specification does not have must say that they can be passed over. */
static bool check_members(const struct forge_json_value *json, struct forge_error *err)
{
    static const char *const known[] = {
        "attributes", "chunk_grid",           "chunk_key_encoding", "codecs",
        "data_type",  "dimension_names",      "fill_value",         "node_type",
        "shape",      "storage_transformers", "zarr_format",
    };
    const struct forge_json_value *must;

    for (const struct forge_json_value *m = json->first; m; m = m->next) {
        bool found = false;

        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || strcmp(known[i], m->key) == 0;
        must = m->kind == FORGE_JSON_OBJECT ? forge_json_find(m, "must_understand") : NULL;
        if (!found && (!must || must->kind != FORGE_JSON_FLAG || must->flag))
            return forge_fail(err, FORGE_BAD_SOURCE, "it has \"%s\", which is not known",
                              m->key);
        if (strcmp(m->key, "storage_transformers") == 0 && m->count > 0)
            return forge_fail(err, FORGE_BAD_SOURCE, "it has storage transformers");
    }
    return true;
}

static bool parse_dtype(struct forge_zarr_array *out, const struct forge_json_value *json,
                        struct forge_error *err)
{
    const char *name = forge_zarr_text(json, "data_type");

    out->flags = name && strcmp(name, "bool") == 0;
    if (name && forge_dtype_find(&out->source.array.dtype, out->flags ? "int8" : name))
        return true;
    return forge_fail(err, FORGE_BAD_SOURCE, "its data_type \"%s\" cannot be read",
                      name ? name : "");
}

/* A codec that makes bytes of elements, then codecs of bytes. */
static bool parse_codecs(struct forge_codec_chain *out, struct forge_arena *arena,
                         const struct forge_json_value *list, enum forge_dtype dtype,
                         struct forge_error *err)
{
    const char *first = dtype == FORGE_STRING ? "vlen-utf8" : "bytes";

    if (!list->first || !is_named(list->first, first))
        return forge_fail(err, FORGE_BAD_SOURCE, "its first codec is not %s", first);
    for (const struct forge_json_value *m = list->first; m; m = m->next) {
        if (!forge_zarr_add_codec(out, forge_dtype_size(dtype), m, 3, arena, err))
            return false;
    }
    return true;
}

/* The place of the index must be known before it is read. */
static bool parse_index_codecs(struct forge_codec_chain *out, struct forge_arena *arena,
                               const struct forge_json_value *list, struct forge_error *err)
{
    for (const struct forge_json_value *m = list->first; m; m = m->next) {
        if (!is_named(m, "bytes") && !is_named(m, "crc32c"))
            return forge_fail(
                err, FORGE_BAD_SOURCE,
                "the index of its shards has another codec than bytes and crc32c");
    }
    return parse_codecs(out, arena, list, FORGE_UINT64, err);
}

static bool parse_sharding(struct forge_zarr_array *out, struct forge_arena *arena,
                           const struct forge_json_value *codec, struct forge_error *err)
{
    struct forge_source *source = &out->source;
    const struct forge_json_value *settings =
        forge_zarr_member(codec, "configuration", FORGE_JSON_OBJECT, err);
    const struct forge_json_value *codecs = NULL, *index_codecs = NULL;
    const char *location;

    if (!settings)
        return false;
    location = forge_zarr_text(settings, "index_location");
    if (location && strcmp(location, "end") != 0 && strcmp(location, "start") != 0)
        return forge_fail(err, FORGE_BAD_SOURCE, "its index_location is neither start nor end");
    source->manifest.sharded = true;
    source->manifest.index_at_start = location && strcmp(location, "start") == 0;
    memcpy(source->manifest.shard, source->array.chunk, sizeof source->manifest.shard);
    codecs = forge_zarr_member(settings, "codecs", FORGE_JSON_ARRAY, err);
    index_codecs =
        codecs ? forge_zarr_member(settings, "index_codecs", FORGE_JSON_ARRAY, err) : NULL;
    return index_codecs &&
           forge_zarr_numbers(source->array.chunk, source->array.rank, settings, "chunk_shape",
                              1, err) &&
           parse_codecs(&source->codecs, arena, codecs, source->array.dtype, err) &&
           parse_index_codecs(&source->manifest.index_codecs, arena, index_codecs, err);
}

static bool parse_grid(struct forge_zarr_array *out, const struct forge_json_value *json,
                       struct forge_error *err)
{
    const struct forge_json_value *grid =
        forge_zarr_member(json, "chunk_grid", FORGE_JSON_OBJECT, err);

    if (!grid)
        return false;
    if (!is_named(grid, "regular"))
        return forge_fail(err, FORGE_BAD_SOURCE, "its chunk_grid is not regular");
    return forge_zarr_numbers(out->source.array.chunk, out->source.array.rank,
                              forge_json_find(grid, "configuration"), "chunk_shape", 1, err);
}

/* Names of chunks: "c/0/1", or as in version 2. */
static bool parse_keys(struct forge_zarr_array *out, struct forge_arena *arena,
                       const struct forge_zarr_node *node, struct forge_error *err)
{
    struct forge_manifest *manifest = &out->source.manifest;
    const struct forge_json_value *keys =
        forge_zarr_member(node->array, "chunk_key_encoding", FORGE_JSON_OBJECT, err);
    const char *separator;
    bool old;

    if (!keys)
        return false;
    old = is_named(keys, "v2");
    separator = forge_zarr_text(forge_json_find(keys, "configuration"), "separator");
    if (!separator)
        separator = old ? "." : "/";
    if ((!old && !is_named(keys, "default")) ||
        (strcmp(separator, ".") != 0 && strcmp(separator, "/") != 0))
        return forge_fail(err, FORGE_BAD_SOURCE, "its chunk_key_encoding is not known");
    manifest->kind = FORGE_MANIFEST_KEYED;
    manifest->zarr_format = 3;
    manifest->separator = separator[0];
    if (old)
        manifest->prefix = forge_arena_print(arena, "%s/%s", node->name,
                                             out->source.array.rank == 0 ? "0" : "");
    else
        manifest->prefix = forge_arena_print(arena, "%s/c%s", node->name, separator);
    return true;
}

static bool parse_chunks(struct forge_zarr_array *out, struct forge_arena *arena,
                         const struct forge_zarr_node *node, struct forge_error *err)
{
    const struct forge_json_value *codecs =
        forge_zarr_member(node->array, "codecs", FORGE_JSON_ARRAY, err);

    if (!codecs || !parse_grid(out, node->array, err) || !parse_keys(out, arena, node, err))
        return false;
    if (codecs->count == 1 && is_named(codecs->first, "sharding_indexed"))
        return parse_sharding(out, arena, codecs->first, err);
    return parse_codecs(&out->source.codecs, arena, codecs, out->source.array.dtype, err);
}

bool forge_zarr_parse3(struct forge_zarr_array *out, struct forge_arena *arena,
                       const struct forge_zarr_node *node, struct forge_error *err)
{
    const struct forge_json_value *json = node->array;
    const struct forge_json_value *fill = forge_json_find(json, "fill_value");

    if (!forge_zarr_shape(out, json, err))
        return false;
    out->dims = forge_json_find(json, "dimension_names");
    if (!check_members(json, err) || !parse_dtype(out, json, err) ||
        !parse_chunks(out, arena, node, err))
        return false;
    out->has_fill =
        fill && forge_zarr_parse_fill(&out->source.fill, out->source.array.dtype, fill);
    return out->has_fill || forge_fail(err, FORGE_BAD_SOURCE, "its fill_value is no %s",
                                       forge_dtype_name(out->source.array.dtype));
}

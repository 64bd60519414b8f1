/* zarr_parse2.c: what .zarray says. */
#include <stdlib.h>
#include <string.h>

#include "formats/zarr_read.h"

/* numpy's name: byte order, kind, bytes. */
static bool parse_dtype(struct forge_zarr_array *out, bool *big, const char *text,
                        struct forge_error *err)
{
    static const struct {
        const char *name;
        enum forge_dtype dtype;
    } names[] = {
        {"b1", FORGE_INT8},   {"i1", FORGE_INT8},    {"u1", FORGE_UINT8},   {"i2", FORGE_INT16},
        {"u2", FORGE_UINT16}, {"i4", FORGE_INT32},   {"u4", FORGE_UINT32},  {"i8", FORGE_INT64},
        {"u8", FORGE_UINT64}, {"f4", FORGE_FLOAT32}, {"f8", FORGE_FLOAT64}, {"O", FORGE_STRING},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!text[0] || !strchr("<>|", text[0]) || strcmp(text + 1, names[i].name) != 0)
            continue;
        out->source.array.dtype = names[i].dtype;
        out->flags = text[1] == 'b';
        *big = text[0] == '>';
        return true;
    }
    return forge_fail(err, FORGE_BAD_SOURCE, "its dtype \"%s\" cannot be read", text);
}

static bool is_null(const struct forge_json_value *object, const char *name)
{
    const struct forge_json_value *member = forge_json_find(object, name);

    return !member || member->kind == FORGE_JSON_NULL;
}

/* Bytes of the other order are swapped before anything else is done. */
static bool add_big_endian(struct forge_codec_chain *chain, size_t size,
                           struct forge_arena *arena, struct forge_error *err)
{
    static const char text[] = "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}";
    struct forge_json_value *json = NULL;

    return forge_json_parse(&json, arena, text, sizeof text - 1, err) &&
           forge_zarr_add_codec(chain, size, json, 3, arena, err);
}

static bool parse_codecs(struct forge_zarr_array *out, struct forge_arena *arena,
                         const struct forge_json_value *json, bool big, struct forge_error *err)
{
    struct forge_codec_chain *chain = &out->source.codecs;
    size_t size = forge_dtype_size(out->source.array.dtype);
    const struct forge_json_value *filters, *compressor;

    if (big && size > 1 && !add_big_endian(chain, size, arena, err))
        return false;
    if (!is_null(json, "filters")) {
        filters = forge_zarr_member(json, "filters", FORGE_JSON_ARRAY, err);
        for (const struct forge_json_value *m = filters ? filters->first : NULL; m;
             m = m->next) {
            if (!forge_zarr_add_codec(chain, size, m, 2, arena, err))
                return false;
        }
        if (!filters)
            return false;
    }
    if (!is_null(json, "compressor")) {
        compressor = forge_zarr_member(json, "compressor", FORGE_JSON_OBJECT, err);
        if (!compressor || !forge_zarr_add_codec(chain, size, compressor, 2, arena, err))
            return false;
    }
    if ((out->source.array.dtype == FORGE_STRING) !=
        (chain->count > 0 && strcmp(chain->items[0].type->name, "vlen-utf8") == 0))
        return forge_fail(err, FORGE_BAD_SOURCE, "it has objects that are no strings");
    return true;
}

static bool parse_layout(struct forge_zarr_array *out, struct forge_arena *arena,
                         const struct forge_zarr_node *node, struct forge_error *err)
{
    struct forge_manifest *manifest = &out->source.manifest;
    const char *order = forge_zarr_text(node->array, "order");
    const char *separator = forge_zarr_text(node->array, "dimension_separator");

    if (!order ||
        (strcmp(order, "C") != 0 && (strcmp(order, "F") != 0 || out->source.array.rank > 1)))
        return forge_fail(err, FORGE_BAD_SOURCE, "its elements are not in C order");
    if (separator && strcmp(separator, ".") != 0 && strcmp(separator, "/") != 0)
        return forge_fail(err, FORGE_BAD_SOURCE, "its dimension_separator is neither . nor /");
    manifest->kind = FORGE_MANIFEST_KEYED;
    manifest->zarr_format = 2;
    manifest->separator = '.';
    if (separator)
        manifest->separator = separator[0];
    manifest->prefix = forge_arena_print(arena, "%s/", node->name);
    return forge_zarr_numbers(out->source.array.chunk, out->source.array.rank, node->array,
                              "chunks", 1, err);
}

static bool parse_fill(struct forge_zarr_array *out, const struct forge_json_value *json,
                       struct forge_error *err)
{
    const struct forge_json_value *fill = forge_json_find(json, "fill_value");
    enum forge_dtype dtype = out->source.array.dtype;

    if (!fill || fill->kind == FORGE_JSON_NULL)
        return true;
    /* zarr-python gives strings the fill 0, which none of them is. */
    if (dtype == FORGE_STRING && fill->kind == FORGE_JSON_INTEGER && fill->integer == 0)
        return true;
    out->has_fill = forge_zarr_parse_fill(&out->source.fill, dtype, fill);
    return out->has_fill || forge_fail(err, FORGE_BAD_SOURCE, "its fill_value is no %s",
                                       forge_dtype_name(dtype));
}

bool forge_zarr_parse2(struct forge_zarr_array *out, struct forge_arena *arena,
                       const struct forge_zarr_node *node, struct forge_error *err)
{
    const struct forge_json_value *json = node->array;
    const struct forge_json_value *format =
        forge_zarr_member(json, "zarr_format", FORGE_JSON_INTEGER, err);
    const char *dtype;
    bool big = false;

    if (!format || !forge_zarr_shape(out, json, err))
        return false;
    if (node->attributes && node->attributes->kind == FORGE_JSON_OBJECT)
        out->dims = forge_json_find(node->attributes, "_ARRAY_DIMENSIONS");
    dtype = forge_zarr_text(json, "dtype");
    if (format->integer != 2)
        return forge_fail(err, FORGE_BAD_SOURCE, "it is not of Zarr version 2");
    if (!dtype)
        return forge_fail(err, FORGE_BAD_SOURCE, "its elements are records");
    return parse_dtype(out, &big, dtype, err) && parse_layout(out, arena, node, err) &&
           parse_codecs(out, arena, json, big, err) && parse_fill(out, json, err);
}

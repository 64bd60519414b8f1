/* zarr_fields.c: members of documents that both versions of Zarr have. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/zarr_read.h"

const struct forge_json_value *forge_zarr_member(const struct forge_json_value *object,
                                                 const char *name, enum forge_json_kind kind,
                                                 struct forge_error *err)
{
    const struct forge_json_value *member = NULL;

    if (object && object->kind == FORGE_JSON_OBJECT)
        member = forge_json_find(object, name);
    if (member && member->kind == kind)
        return member;
    forge_fail(err, FORGE_BAD_SOURCE, "\"%s\" is %s", name,
               member ? "not what it should be" : "missing");
    return NULL;
}

const char *forge_zarr_text(const struct forge_json_value *object, const char *name)
{
    const struct forge_json_value *member = NULL;

    if (object && object->kind == FORGE_JSON_OBJECT)
        member = forge_json_find(object, name);
    return member && member->kind == FORGE_JSON_STRING ? member->string : NULL;
}

bool forge_zarr_numbers(uint64_t *out, unsigned rank, const struct forge_json_value *object,
                        const char *name, uint64_t least, struct forge_error *err)
{
    const struct forge_json_value *list =
        forge_zarr_member(object, name, FORGE_JSON_ARRAY, err);
    unsigned d = 0;

    if (!list)
        return false;
    if (list->count != rank)
        return forge_fail(err, FORGE_BAD_SOURCE, "\"%s\" has %zu numbers, not %u", name,
                          list->count, rank);
    for (const struct forge_json_value *m = list->first; m; m = m->next, d++) {
        if (m->kind != FORGE_JSON_INTEGER || m->integer < 0 || (uint64_t)m->integer < least)
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "\"%s\" has something else than a number of at least %" PRIu64,
                              name, least);
        out[d] = (uint64_t)m->integer;
    }
    return true;
}

bool forge_zarr_shape(struct forge_zarr_array *out, const struct forge_json_value *object,
                      struct forge_error *err)
{
    const struct forge_json_value *list =
        forge_zarr_member(object, "shape", FORGE_JSON_ARRAY, err);

    if (!list)
        return false;
    if (list->count > FORGE_RANK_MAX)
        return forge_fail(err, FORGE_BAD_SOURCE, "it has %zu dimensions, more than %d",
                          list->count, FORGE_RANK_MAX);
    out->source.array.rank = (unsigned)list->count;
    out->has_shape = forge_zarr_numbers(out->source.array.shape, out->source.array.rank, object,
                                        "shape", 0, err);
    return out->has_shape;
}

bool forge_zarr_add_codec(struct forge_codec_chain *chain, size_t element_size,
                          const struct forge_json_value *json, int zarr_format,
                          struct forge_arena *arena, struct forge_error *err)
{
    if (chain->count == FORGE_CODECS_MAX)
        return forge_fail(err, FORGE_BAD_SOURCE, "it has more than %d codecs",
                          FORGE_CODECS_MAX);
    if (!forge_codec_parse(&chain->items[chain->count], element_size, json, zarr_format, arena,
                           err))
        return false;
    chain->count++;
    return true;
}

/* "NaN", "Infinity", "-Infinity", or version 3's "0x7fc00001": the bits. */
static bool parse_float_text(union forge_value *out, enum forge_dtype dtype, const char *text)
{
    static const struct {
        const char *text;
        uint32_t narrow;
        uint64_t wide;
    } names[] = {
        {"NaN", 0x7fc00000U, UINT64_C(0x7ff8000000000000)},
        {"Infinity", 0x7f800000U, UINT64_C(0x7ff0000000000000)},
        {"-Infinity", 0xff800000U, UINT64_C(0xfff0000000000000)},
    };
    size_t digits = 2 * forge_dtype_size(dtype);

    *out = (union forge_value){0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i].text) != 0)
            continue;
        if (dtype == FORGE_FLOAT32)
            out->uint32 = names[i].narrow;
        else
            out->uint64 = names[i].wide;
        return true;
    }
    if (strncmp(text, "0x", 2) != 0 || strlen(text) != digits + 2 ||
        strspn(text + 2, "0123456789abcdefABCDEF") != digits)
        return false;
    out->uint64 = strtoull(text + 2, NULL, 16);
    return true;
}

/* What is beyond int64 was made a text. */
static bool parse_wide(union forge_value *out, enum forge_dtype dtype, const char *text)
{
    size_t digits = strlen(text);

    if (dtype != FORGE_UINT64 || digits == 0 || digits > 20 ||
        strspn(text, "0123456789") != digits)
        return false;
    if (digits == 20 && strcmp(text, "18446744073709551615") > 0)
        return false;
    *out = (union forge_value){.uint64 = strtoull(text, NULL, 10)};
    return true;
}

static bool parse_float(union forge_value *out, enum forge_dtype dtype, double number)
{
    *out = (union forge_value){0};
    if (dtype == FORGE_FLOAT64)
        out->float64 = number;
    else if (number >= -0x1.fffffep127 && number <= 0x1.fffffep127)
        out->float32 = (float)number;
    else
        return false;
    return true;
}

bool forge_zarr_parse_fill(union forge_value *out, enum forge_dtype dtype,
                           const struct forge_json_value *json)
{
    bool is_number = json->kind == FORGE_JSON_INTEGER || json->kind == FORGE_JSON_NUMBER;

    if (dtype == FORGE_STRING) {
        *out = (union forge_value){.string = json->string};
        return json->kind == FORGE_JSON_STRING;
    }
    if (forge_dtype_is_float(dtype)) {
        if (json->kind == FORGE_JSON_STRING)
            return parse_float_text(out, dtype, json->string);
        return is_number && parse_float(out, dtype, json->number);
    }
    if (json->kind == FORGE_JSON_STRING)
        return parse_wide(out, dtype, json->string);
    if (json->kind == FORGE_JSON_FLAG) {
        *out = (union forge_value){.int8 = json->flag ? 1 : 0};
        return dtype == FORGE_INT8;
    }
    if (json->kind == FORGE_JSON_INTEGER)
        return forge_value_convert(out, dtype, &json->integer, FORGE_INT64);
    return is_number && forge_value_from_double(out, dtype, json->number);
}

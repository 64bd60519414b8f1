/* reading.c: a codec as recipes and Zarr's metadata name it. */
#include <string.h>

#include "codecs/codec.h"

/* Room for settings; at least one byte, so that a codec with none has a place too. */
static void *take_settings(struct forge_arena *arena, const struct forge_codec_type *type)
{
    return forge_arena_take(arena, type->settings_size + 1);
}

static const char *name_of(const struct forge_codec_type *type, int zarr_format)
{
    return zarr_format == 3 ? type->id_zarr3 : type->id_zarr2;
}

static const struct forge_codec_type *find_zarr(const char *name, int zarr_format)
{
    for (const struct forge_codec_type *const *type = forge_codec_all(); *type; type++) {
        const char *id = name_of(*type, zarr_format);

        if (id && (*type)->parse_zarr && strcmp(id, name) == 0)
            return *type;
    }
    return NULL;
}

bool forge_codec_parse(struct forge_codec *out, size_t element_size,
                       const struct forge_json_value *json, int zarr_format,
                       struct forge_arena *arena, struct forge_error *err)
{
    const struct forge_json_value *name = json;
    const struct forge_codec_type *type = NULL;
    void *settings = NULL;

    if (json->kind == FORGE_JSON_OBJECT)
        name = forge_json_find(json, zarr_format == 3 ? "name" : "id");
    else if (zarr_format != 3)
        name = NULL;
    if (!name || name->kind != FORGE_JSON_STRING)
        return forge_fail(err, FORGE_BAD_SOURCE, "a codec without a name");
    type = find_zarr(name->string, zarr_format);
    if (!type)
        return forge_fail(err, FORGE_BAD_SOURCE, "codec \"%s\" is not known", name->string);
    settings = take_settings(arena, type);
    if (!type->parse_zarr(settings, json, zarr_format, err))
        return false;
    *out = (struct forge_codec){type, settings, element_size};
    return true;
}

static const char *nearest_target(const char *wrong)
{
    const char *names[32] = {"none"};
    size_t count = 1;

    for (const struct forge_codec_type *const *type = forge_codec_all(); *type; type++) {
        if ((*type)->target && count < sizeof names / sizeof names[0] - 1)
            names[count++] = (*type)->name;
    }
    return forge_text_nearest(wrong, names);
}

static bool report_unknown(struct forge_diagnostics *diagnostics, struct forge_place place,
                           unsigned width, const char *name)
{
    struct forge_text help = {0};
    const char *nearest = nearest_target(name);

    if (nearest) {
        forge_text_print(&help, "did you mean \"%s\"?", nearest);
    } else {
        forge_text_add(&help, "there is");
        for (const struct forge_codec_type *const *type = forge_codec_all(); *type; type++) {
            if ((*type)->target)
                forge_text_print(&help, " %s,", (*type)->name);
        }
        forge_text_add(&help, " none");
    }
    forge_report(diagnostics, FORGE_F018, place, width, forge_text_string(&help),
                 "unknown codec \"%s\"", name);
    forge_text_clear(&help);
    return false;
}

bool forge_codec_read(struct forge_codec *out, const struct forge_node *node,
                      struct forge_arena *arena, struct forge_diagnostics *diagnostics)
{
    const struct forge_node *child = node->kind == FORGE_NODE_MAP ? node->first : NULL;
    const struct forge_node *value = child && !forge_node_is_null(child) ? child : NULL;
    const char *name = child ? child->key : node->text;
    struct forge_place place = child ? child->key_place : node->place;
    unsigned width = child ? (unsigned)strlen(child->key) : node->width;
    const struct forge_codec_type *type = NULL;
    void *settings = NULL;
    char what[64] = "codec ";

    if (!name || (child && node->count != 1))
        return forge_report(diagnostics, FORGE_F011, node->place, node->width,
                            "such as zstd, or {zstd: {level: 5}}",
                            "expected the name of one codec");
    if (strcmp(name, "source") == 0)
        return forge_report(diagnostics, FORGE_F028, place, width,
                            "name a codec, such as zstd, or leave it out",
                            "codec \"source\" is of a later version of forge");
    if (strcmp(name, "none") == 0) {
        if (value)
            return forge_report(diagnostics, FORGE_F011, value->place, value->width,
                                "write codec: none", "codec \"none\" has no settings");
        *out = (struct forge_codec){0};
        return true;
    }
    type = forge_codec_find(name);
    if (!type || !type->target)
        return report_unknown(diagnostics, place, width, name);
    settings = take_settings(arena, type);
    strncat(what, type->name, sizeof what - sizeof "codec ");
    if (!forge_options_read(settings, type->options, value, place, what, arena, diagnostics))
        return false;
    *out = (struct forge_codec){type, settings, 0};
    return true;
}

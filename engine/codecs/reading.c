/* reading.c: a codec as recipes name it. */
#include <string.h>

#include "codecs/codec.h"

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
    settings = forge_codec_settings(arena, type);
    strncat(what, type->name, sizeof what - sizeof "codec ");
    if (!forge_options_read(settings, type->options, value, place, what, arena, diagnostics))
        return false;
    *out = (struct forge_codec){type, settings, 0};
    return true;
}

/* reading.c: a codec as recipes name it. */
#include <assert.h>
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

/* What a recipe wrote: a name, and its settings where it gave some. */
struct choice {
    const char *name;
    struct forge_place place;
    unsigned width;
    const struct forge_node *settings; /* NULL: none given */
};

static bool report_unknown(struct forge_diagnostics *diagnostics, const struct choice *choice)
{
    struct forge_text help = {0};
    const char *nearest = nearest_target(choice->name);

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
    forge_report(diagnostics, FORGE_F018, choice->place, choice->width,
                 forge_text_string(&help), "unknown codec \"%s\"", choice->name);
    forge_text_clear(&help);
    return false;
}

static bool read_choice(struct choice *out, const struct forge_node *node,
                        struct forge_diagnostics *diagnostics)
{
    const struct forge_node *only = node->first;

    if (node->kind == FORGE_NODE_MAP && node->count == 1)
        *out = (struct choice){only->key, only->key_place, only->key_width, only};
    else if (node->kind == FORGE_NODE_TEXT && !forge_node_is_null(node))
        *out = (struct choice){node->text, node->place, node->width, NULL};
    else
        return forge_report(diagnostics, FORGE_F011, node->place, node->width,
                            "such as zstd, or {zstd: {level: 5}}",
                            "codec: expected the name of one codec");
    if (strcmp(out->name, "source") == 0)
        return forge_report(diagnostics, FORGE_F028, out->place, out->width,
                            "name a codec, such as zstd, or leave it out",
                            "codec \"source\" is not in this version of forge");
    if (strcmp(out->name, "none") == 0 && out->settings)
        return forge_report(diagnostics, FORGE_F011, out->settings->place, out->settings->width,
                            "write codec: none", "codec \"none\" has no settings");
    return true;
}

bool forge_codec_read(struct forge_codec *out, const struct forge_node *node,
                      struct forge_arena *arena, struct forge_diagnostics *diagnostics)
{
    struct choice choice = {0};
    const struct forge_codec_type *type = NULL;
    void *settings = NULL;

    if (!read_choice(&choice, node, diagnostics))
        return false;
    assert(choice.name);
    if (strcmp(choice.name, "none") == 0) {
        *out = (struct forge_codec){0};
        return true;
    }
    type = forge_codec_find(choice.name);
    if (!type || !type->target)
        return report_unknown(diagnostics, &choice);
    settings = forge_codec_settings(arena, type);
    if (!forge_options_read(settings, type->options, choice.settings, choice.place,
                            forge_arena_print(arena, "codec %s", type->name), arena,
                            diagnostics))
        return false;
    *out = (struct forge_codec){type, settings, 0};
    return true;
}

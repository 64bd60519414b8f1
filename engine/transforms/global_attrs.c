/* global_attrs.c: set attributes of the dataset; null removes one. */
#include "transforms/attributes.h"

struct settings {
    struct forge_pairs attributes;
};

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_NODE, offsetof(struct settings, attributes), .nullable = true,
     .help = "attribute: value; null removes one", .schema = FORGE_ATTRIBUTE_SCHEMA},
    {0},
};

static bool check(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics)
{
    const struct settings *s = settings;
    bool good = true;

    (void)node;
    (void)arena;
    for (size_t i = 0; i < s->attributes.count; i++)
        good &= forge_attribute_check(s->attributes.nodes[i], diagnostics);
    return good;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->attributes.count; i++) {
        if (!forge_attribute_from_node(&dataset->attributes, context->arena,
                                       s->attributes.nodes[i], err))
            return false;
    }
    return true;
}

const struct forge_transform_type forge_transform_global_attrs = {
    .name = "global_attrs",
    .summary = "set attributes of the dataset",
    .example = "- global_attrs: {title: Monthly means, history: null}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .keeps_texts = true,
    .check = check,
    .apply = apply,
};

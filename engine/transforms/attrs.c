/* attrs.c: set attributes of variables; null removes one. */
#include "transforms/attributes.h"
#include "transforms/names.h"

#include <string.h>

struct settings {
    struct forge_pairs variables;
};

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_NODE, offsetof(struct settings, variables),
     .help = "variable: {attribute: value}; null removes one",
     .schema = "{\"type\":\"object\",\"additionalProperties\":" FORGE_ATTRIBUTE_SCHEMA "}"},
    {0},
};

static bool check(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics)
{
    const struct settings *s = settings;
    bool good = true;

    (void)node;
    (void)arena;
    for (size_t i = 0; i < s->variables.count; i++) {
        const struct forge_node *pair = s->variables.nodes[i];

        if (pair->kind != FORGE_NODE_MAP)
            good = forge_report(diagnostics, FORGE_F011, pair->place, pair->width,
                                "such as: - attrs: {sst: {long_name: Sea surface temperature}}",
                                "attrs: expected a map of attributes for \"%s\"", pair->key);
        for (const struct forge_node *a = pair->first; pair->kind == FORGE_NODE_MAP && a;
             a = a->next)
            good &= forge_attribute_check(a, diagnostics);
    }
    return good;
}

/* A fill value is no ordinary attribute: it says what the stored numbers mean. */
static bool set(struct forge_variable *variable, const struct forge_node *node,
                struct forge_arena *arena, struct forge_error *err)
{
    if (strcmp(node->key, "_FillValue") == 0) {
        forge_fail_at(err, node->key_place, "_FillValue is not set as an attribute");
        return forge_fail_help(err, "use target: {variables: {%s: {fill: ..}}}",
                               variable->name);
    }
    return forge_attribute_from_node(&variable->attributes, arena, node, err);
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->variables.count; i++) {
        const struct forge_node *pair = s->variables.nodes[i];
        bool *picked =
            forge_arena_array(context->arena, dataset->variables_count + 1, sizeof *picked);

        if (!forge_pick_variable(picked, pair->key, dataset, context, err))
            return forge_fail_place(err, pair->key_place);
        for (size_t v = 0; v < dataset->variables_count; v++) {
            for (const struct forge_node *a = pair->first; picked[v] && a; a = a->next) {
                if (!set(&dataset->variables[v], a, context->arena, err))
                    return false;
            }
        }
    }
    return true;
}

const struct forge_transform_type forge_transform_attrs = {
    .name = "attrs",
    .summary = "set attributes of variables",
    .example = "- attrs: {sst: {long_name: Sea surface temperature, comment: null}}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .keeps_texts = true,
    .check = check,
    .apply = apply,
};

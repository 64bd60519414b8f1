/* transform.c: apply the transforms of a recipe to a dataset. */
#include "plan/plan_parts.h"

#include <string.h>

struct expansion {
    struct forge_arena *arena;
    const struct forge_scope *scope;
    bool keeps_texts;
};

/* The text with its templates expanded, or NULL. */
static const char *expand_text(const char *from, struct forge_place place,
                               const struct expansion *e, struct forge_error *err)
{
    struct forge_template *template = NULL;
    struct forge_text text = {0};
    const char *out = NULL;
    size_t at = 0;

    if (!strchr(from, '{'))
        return from;
    if (forge_template_parse(&template, e->arena, from, &at, err) &&
        forge_template_expand(&text, template, e->scope, e->arena, err))
        out = forge_arena_text(e->arena, forge_text_string(&text));
    else
        forge_fail_place(err, place);
    forge_text_clear(&text);
    return out;
}

/* A copy of the tree in which every text and key that holds a template is expanded. YAML makes
 * authors quote templates; what comes of them may be a number even so. */
static struct forge_node *expand(const struct forge_node *from, const struct expansion *e,
                                 struct forge_error *err)
{
    struct forge_node *node = forge_arena_take(e->arena, sizeof *node);
    struct forge_node **tail = &node->first;

    *node = *from;
    node->next = NULL;
    node->first = NULL;
    if (from->key && !(node->key = expand_text(from->key, from->key_place, e, err)))
        return NULL;
    if (from->kind == FORGE_NODE_TEXT) {
        node->text = expand_text(from->text, from->place, e, err);
        if (node->text != from->text && !e->keeps_texts)
            node->quoted = false;
        return node->text ? node : NULL;
    }
    for (const struct forge_node *child = from->first; child; child = child->next) {
        *tail = expand(child, e, err);
        if (!*tail)
            return NULL;
        tail = &(*tail)->next;
    }
    return node;
}

/* The settings of a transform whose texts depend on the file. */
static bool read_templated(const void **out, const struct forge_transform_use *use,
                           struct forge_arena *arena, const struct forge_scope *scope,
                           struct forge_error *err)
{
    struct forge_diagnostics diagnostics = {.arena = arena};
    const struct expansion expansion = {arena, scope, use->type->keeps_texts};
    const struct forge_node *body = expand(use->body, &expansion, err);
    void *settings = forge_arena_take(arena, use->type->settings_size + 1);

    if (!body)
        return false;
    *out = settings;
    if (forge_options_read(settings, use->type->options, body, body->place, use->type->name,
                           arena, &diagnostics) &&
        (!use->type->check || use->type->check(settings, body, arena, &diagnostics)))
        return true;
    return forge_fail_at(err, use->place, "%s",
                         diagnostics.count > 0 ? diagnostics.items[0].text : "bad settings");
}

bool forge_plan_transform(struct forge_dataset *dataset,
                          const struct forge_transform_list *list, struct forge_arena *arena,
                          struct forge_reader *reader, const struct forge_scope *scope,
                          struct forge_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct forge_transform_use *use = &list->items[i];
        struct forge_transform_context context = {arena, reader, scope, use->place};
        const void *settings = use->settings;

        if (use->templated && !read_templated(&settings, use, arena, scope, err))
            return false;
        if (!use->type->apply(settings, dataset, &context, err)) {
            forge_fail_place(err, use->place);
            return forge_fail_while(err, "%s", use->type->name);
        }
    }
    return true;
}

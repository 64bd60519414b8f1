/* uses.c: the transforms and checks that a recipe uses. */
#include "recipe/parts.h"

#include <stdio.h>
#include <string.h>

/* What RECIPE knows and this version does not do. */
static const char *const later_transforms[] = {"coarsen", "exec", "mosaic", "resample",
                                               "set",     "sort", "time",   "unique",
                                               "units",   "wrap", NULL};

static bool among(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

/* Does any text or key in the tree hold a template? */
static bool has_template(const struct forge_node *node)
{
    if (node->kind == FORGE_NODE_TEXT)
        return strchr(node->text, '{') != NULL;
    for (const struct forge_node *child = node->first; child; child = child->next) {
        if (has_template(child) || (child->key && strchr(child->key, '{')))
            return true;
    }
    return false;
}

/* The single `name: body` of a list item, or NULL with the mistake reported. */
static const struct forge_node *item_body(const struct forge_recipe_reading *r,
                                          const struct forge_node *item, const char *what,
                                          const char *example)
{
    if (item->kind == FORGE_NODE_MAP && item->count == 1)
        return item->first;
    if (item->kind == FORGE_NODE_MAP && item->count > 1 &&
        forge_node_is_null(item->first->next)) {
        forge_report(r->diagnostics, FORGE_F016, item->first->place, 1,
                     "YAML ends a text between braces at the first comma; in quotes it is read "
                     "as a whole",
                     "%s: quote this expression", item->first->key);
        return NULL;
    }
    forge_report(r->diagnostics, FORGE_F011, item->place, item->width, example,
                 "a %s is written as one key and its value", what);
    return NULL;
}

static bool unknown_transform(const struct forge_recipe_reading *r,
                              const struct forge_node *body)
{
    const struct forge_transform_type *const *all = forge_transform_all();
    const char **names;
    size_t count = 0;

    if (among(later_transforms, body->key))
        return forge_report(r->diagnostics, FORGE_F028, body->key_place,
                            (unsigned)strlen(body->key), NULL,
                            "transform \"%s\" is not in this version of forge", body->key);
    while (all[count])
        count++;
    names = forge_arena_array(r->arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = all[i]->name;
    return forge_report_unknown(r, FORGE_F018, body, "transform", body->key, names);
}

static bool read_transform(const struct forge_recipe_reading *r,
                           struct forge_transform_use *use, const struct forge_node *body,
                           bool each)
{
    char what[80];
    void *settings;

    *use = (struct forge_transform_use){
        .type = forge_transform_find(body->key), .body = body, .place = body->key_place};
    if (!use->type)
        return unknown_transform(r, body);
    if (use->type->only_each && !each)
        return forge_report(r->diagnostics, FORGE_F015, body->key_place,
                            (unsigned)strlen(body->key), "put it under \"each\" of the input",
                            "transform \"%s\" applies to single files", body->key);
    use->templated = each && has_template(body);
    if (use->templated)
        return true;
    snprintf(what, sizeof what, "transform %s", body->key);
    settings = forge_arena_take(r->arena, use->type->settings_size + 1);
    use->settings = settings;
    return forge_options_read(settings, use->type->options, body, body->place, what, r->arena,
                              r->diagnostics) &&
           (!use->type->check || use->type->check(settings, body, r->arena, r->diagnostics));
}

bool forge_transforms_read(const struct forge_recipe_reading *r,
                           struct forge_transform_list *list, const struct forge_node *node,
                           bool each)
{
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_LIST)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "begin each with \"- \", such as: - drop: [ice]",
                            "%s: expected a list of transforms", each ? "each" : "transforms");
    list->items = forge_arena_array(r->arena, node->count, sizeof *list->items);
    for (const struct forge_node *item = node->first; item; item = item->next) {
        const struct forge_node *body =
            item_body(r, item, "transform", "such as: - drop: [ice]");

        good &= body && read_transform(r, &list->items[list->count++], body, each);
    }
    return good;
}

static bool read_check(const struct forge_recipe_reading *r, struct forge_check_use *use,
                       const struct forge_node *body)
{
    const char *names[16] = {0};
    struct forge_check_settings *settings =
        forge_arena_take(r->arena, sizeof(struct forge_check_settings));
    char what[80];

    *use = (struct forge_check_use){
        .type = forge_check_find(body->key), .place = body->key_place, .settings = settings};
    if (!use->type) {
        for (size_t i = 0; forge_check_all()[i] && i < 15; i++)
            names[i] = forge_check_all()[i]->name;
        return forge_report_unknown(r, FORGE_F018, body, "check", body->key, names);
    }
    snprintf(what, sizeof what, "check %s", body->key);
    if (!forge_options_read(settings, use->type->options, body, body->place, what, r->arena,
                            r->diagnostics))
        return false;
    if (use->type->kind == FORGE_CHECK_ASSERT) {
        use->expression = forge_expression_at(r, body);
        return use->expression != NULL;
    }
    for (size_t i = 0; use->type->kind == FORGE_CHECK_RANGE && i < settings->values.count;
         i++) {
        const struct forge_node *pair = settings->values.nodes[i];
        double low, high;

        if (pair->kind != FORGE_NODE_LIST || pair->count != 2 ||
            !forge_node_number(&low, pair->first) ||
            !forge_node_number(&high, pair->first->next))
            return forge_report(r->diagnostics, FORGE_F012, pair->place, pair->width,
                                "such as: - range: {sst: [-3, 45]}",
                                "range: expected [lowest, highest] for \"%s\"", pair->key);
        if (low > high)
            return forge_report(r->diagnostics, FORGE_F014, pair->place, pair->width, NULL,
                                "range: the lowest of \"%s\", %s, is above the highest, %s",
                                pair->key, pair->first->text, pair->first->next->text);
    }
    return true;
}

bool forge_checks_read(const struct forge_recipe_reading *r, const struct forge_node *node)
{
    struct forge_recipe *recipe = r->recipe;
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_LIST)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "begin each with \"- \", such as: - monotonic: time",
                            "checks: expected a list of checks");
    recipe->checks = forge_arena_array(r->arena, node->count, sizeof *recipe->checks);
    for (const struct forge_node *item = node->first; item; item = item->next) {
        const struct forge_node *body =
            item_body(r, item, "check", "such as: - monotonic: time");

        good &= body && read_check(r, &recipe->checks[recipe->checks_count++], body);
    }
    return good;
}

/* {"oneOf": [{one key}, ..]} over a family. */
static void family_item(struct forge_text *out, bool first, const char *name,
                        const struct forge_option *options)
{
    forge_text_print(
        out,
        "%s{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"%s\"],"
        "\"properties\":{\"%s\":",
        first ? "" : ",", name, name);
    forge_options_schema(out, options);
    forge_text_add(out, "}}");
}

void forge_transforms_schema(struct forge_text *out)
{
    const struct forge_transform_type *const *all = forge_transform_all();

    forge_text_add(out, "{\"type\":\"array\",\"items\":{\"oneOf\":[");
    for (size_t i = 0; all[i]; i++)
        family_item(out, i == 0, all[i]->name, all[i]->options);
    forge_text_add(out, "]}}");
}

void forge_checks_schema(struct forge_text *out)
{
    const struct forge_check_type *const *all = forge_check_all();

    forge_text_add(out, "{\"type\":\"array\",\"items\":{\"oneOf\":[");
    for (size_t i = 0; all[i]; i++)
        family_item(out, i == 0, all[i]->name, all[i]->options);
    forge_text_add(out, "]}}");
}

/* resolved.c: a recipe with all that it leaves to the clock and to defaults written out. */
#include <string.h>

#include "recipe/parts.h"

static struct forge_node *copy_node(struct forge_arena *arena, const struct forge_node *node)
{
    struct forge_node *copy = forge_arena_take(arena, sizeof *copy), **tail = &copy->first;

    *copy = *node;
    copy->first = copy->next = NULL;
    for (const struct forge_node *child = node->first; child; child = child->next) {
        *tail = copy_node(arena, child);
        tail = &(*tail)->next;
    }
    return copy;
}

static struct forge_node *child_of(const struct forge_node *map, const char *key)
{
    for (struct forge_node *child = map->first; child; child = child->next) {
        if (child->key && strcmp(child->key, key) == 0)
            return child;
    }
    return NULL;
}

static void add_fallbacks(struct forge_arena *arena, struct forge_node *map,
                          const struct forge_option *options)
{
    struct forge_node **tail = &map->first;

    while (*tail)
        tail = &(*tail)->next;
    for (const struct forge_option *option = options; option->name; option++) {
        if (!option->fallback || option->later || child_of(map, option->name))
            continue;
        *tail = forge_arena_take(arena, sizeof **tail);
        (*tail)->kind = FORGE_NODE_TEXT;
        (*tail)->key = option->name;
        (*tail)->text = option->fallback;
        tail = &(*tail)->next;
        map->count++;
    }
}

/* To the microsecond: whatever is shorter stands for a whole period when it is the last date.
 */
static void resolve_date(struct forge_arena *arena, struct forge_node *date,
                         const struct forge_combine *combine, int64_t now_us)
{
    struct forge_text text = {0};
    struct forge_error err;
    int64_t time_us = 0;

    if (!date || strncmp(date->text, "now", 3) != 0 ||
        !forge_combine_now(&time_us, combine, date->text, now_us, &err))
        return;
    forge_time_format(&text, combine->dates.calendar, time_us, "%Y-%m-%dT%H:%M:%S.%f", NULL);
    date->text = forge_arena_text(arena, forge_text_string(&text));
    date->quoted = true;
    forge_text_clear(&text);
}

static void resolve_input(struct forge_arena *arena, struct forge_node *node,
                          const struct forge_input *input, int64_t now_us)
{
    const struct forge_node *list = child_of(node, "combine");
    struct forge_node *item = list ? list->first : NULL;

    for (size_t i = 0; i < input->combine_count && item; i++, item = item->next) {
        struct forge_node *dates = child_of(item, "dates"), *ints = child_of(item, "ints");

        if (dates) {
            resolve_date(arena, child_of(dates, "from"), &input->combine[i], now_us);
            resolve_date(arena, child_of(dates, "to"), &input->combine[i], now_us);
            add_fallbacks(arena, dates, forge_dates_options);
        }
        if (ints)
            add_fallbacks(arena, ints, forge_ints_options);
    }
    add_fallbacks(arena, node, forge_input_options);
}

void forge_recipe_resolved(struct forge_text *out, const struct forge_recipe *recipe,
                           int64_t now_us)
{
    struct forge_arena arena = {0};
    struct forge_node *root = copy_node(&arena, recipe->root);
    struct forge_node *inputs = child_of(root, "input"), *target = child_of(root, "target");
    struct forge_node *item;

    if (inputs) {
        item = inputs->kind == FORGE_NODE_LIST ? inputs->first : inputs;
        for (size_t i = 0; i < recipe->inputs_count && item; i++, item = item->next)
            resolve_input(&arena, item, &recipe->inputs[i], now_us);
    }
    if (target)
        add_fallbacks(&arena, target, forge_target_options);
    forge_node_json(out, root);
    forge_arena_clear(&arena);
}

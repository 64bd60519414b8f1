/* names.c: templates and expressions of a recipe, and what the names in them mean. */
#include "recipe/parts.h"

#include <string.h>

struct forge_place forge_place_inside(const struct forge_node *node, size_t at)
{
    struct forge_place place = node->place;

    place.column += (unsigned)at + (node->quoted ? 1 : 0);
    return place;
}

const char *forge_names_help(struct forge_arena *arena, const char *wrong,
                             const char *const *names)
{
    const char *near = forge_text_nearest(wrong, names);
    struct forge_text help = {0};
    const char *made = NULL;

    if (near) {
        forge_text_print(&help, "did you mean \"%s\"?", near);
    } else if (names[0]) {
        forge_text_add(&help, names[1] ? "there are: " : "there is: ");
        for (size_t i = 0; names[i]; i++)
            forge_text_print(&help, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (help.length > 0)
        made = forge_arena_text(arena, help.bytes);
    forge_text_clear(&help);
    return made;
}

bool forge_report_unknown(const struct forge_recipe_reading *r, enum forge_fault fault,
                          const struct forge_node *node, const char *what, const char *wrong,
                          const char *const *names)
{
    bool on_key = node->key && strcmp(node->key, wrong) == 0;

    return forge_report(r->diagnostics, fault, on_key ? node->key_place : node->place,
                        on_key ? node->key_width : node->width,
                        forge_names_help(r->arena, wrong, names), "unknown %s \"%s\"", what,
                        wrong);
}

struct forge_template *forge_template_at(const struct forge_recipe_reading *r,
                                         const struct forge_node *node)
{
    struct forge_template *out = NULL;
    struct forge_error err;
    size_t at = 0;

    if (forge_template_parse(&out, r->arena, node->text, &at, &err))
        return out;
    forge_report(r->diagnostics, FORGE_F020, forge_place_inside(node, at), 1,
                 err.help[0] ? err.help : NULL, "%s", err.text);
    return NULL;
}

struct forge_expression *forge_expression_at(const struct forge_recipe_reading *r,
                                             const struct forge_node *node)
{
    struct forge_expression *out = NULL;
    struct forge_error err;
    size_t at = 0;

    if (node->kind != FORGE_NODE_TEXT) {
        forge_report(r->diagnostics, FORGE_F016, node->place, node->width, NULL,
                     "quote this expression");
        return NULL;
    }
    if (forge_expression_parse(&out, r->arena, node->text, &at, &err))
        return out;
    forge_report(r->diagnostics, FORGE_F021, forge_place_inside(node, at), 1,
                 err.help[0] ? err.help : NULL, "%s", err.text);
    return NULL;
}

bool forge_recipe_table(const struct forge_recipe *recipe, const char *table, const char *key,
                        struct forge_scalar *out)
{
    const struct forge_node *map =
        recipe->tables ? forge_node_find(recipe->tables, table) : NULL;
    const struct forge_node *value = map ? forge_node_find(map, key) : NULL;
    bool number;

    if (!value)
        return false;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING, .string = value->text};
    number = !value->quoted && strcmp(value->text, "0") != 0 && value->text[0] == '0';
    if (!number && forge_node_integer(&out->integer, value))
        out->kind = FORGE_SCALAR_INTEGER;
    else if (!number && forge_node_number(&out->number, value))
        out->kind = FORGE_SCALAR_FLOAT;
    return true;
}

/* The names that the templates of one input may use. */
struct known {
    const struct forge_recipe_reading *reading;
    const struct forge_input *input;
    const struct forge_node *node; /* of the text that is being checked */
    size_t lets;                   /* only this many: a let sees those above it */
    const char **names;
    bool each; /* key.NAME, file.stem and attr() mean something */
    bool good;
};

static void list_names(struct known *known)
{
    const struct forge_input *input = known->input;
    size_t count = 0;

    known->names = forge_arena_array(known->reading->arena,
                                     input->combine_count + known->lets + 2, sizeof(char *));
    for (size_t i = 0; i < input->combine_count; i++)
        known->names[count++] = input->combine[i].as;
    for (size_t i = 0; i < known->lets; i++)
        known->names[count++] = input->lets[i].name;
}

static bool is_known(const struct known *known, const char *name)
{
    if (strncmp(name, "key.", 4) == 0)
        name += 4;
    else if (known->each && strncmp(name, "file.", 5) == 0)
        return true;
    for (size_t i = 0; known->names[i]; i++) {
        if (strcmp(known->names[i], name) == 0)
            return true;
    }
    return false;
}

static void check_name(void *context, const char *name, bool is_table, size_t at)
{
    struct known *known = context;
    const struct forge_recipe_reading *r = known->reading;
    const struct forge_node *tables = r->recipe->tables;
    struct forge_node where = *known->node;

    where.place = forge_place_inside(known->node, at);
    where.width = (unsigned)strlen(name);
    where.key = NULL;
    if (is_table) {
        const char **names;
        size_t count = 0;

        if (tables && forge_node_find(tables, name))
            return;
        names = forge_arena_array(r->arena, (tables ? tables->count : 0) + 1, sizeof *names);
        for (const struct forge_node *t = tables ? tables->first : NULL; t; t = t->next)
            names[count++] = t->key;
        known->good = forge_report_unknown(r, FORGE_F023, &where, "table", name, names);
    } else if (!is_known(known, name)) {
        known->good = forge_report_unknown(r, FORGE_F023, &where, "name", name, known->names);
    }
}

/* The templates in the body of a transform of single files. */
static void check_body(struct known *known, const struct forge_node *body)
{
    if (body->kind == FORGE_NODE_TEXT && strchr(body->text, '{')) {
        const struct forge_template *template = forge_template_at(known->reading, body);

        known->node = body;
        if (template)
            forge_template_names(template, check_name, known);
        known->good &= template != NULL;
    }
    for (const struct forge_node *child = body->first; child; child = child->next)
        check_body(known, child);
}

bool forge_names_check(const struct forge_recipe_reading *r, const struct forge_input *input)
{
    struct known known = {.reading = r, .input = input, .good = true};

    for (size_t i = 0; i < input->lets_count; i++) {
        struct forge_node node = {.place = input->lets[i].place, .quoted = true};

        known.node = &node;
        known.lets = i;
        list_names(&known);
        forge_expression_names(input->lets[i].expression, check_name, &known);
    }
    known.lets = input->lets_count;
    list_names(&known);
    if (input->url) {
        known.node = input->url_node;
        forge_template_names(input->url, check_name, &known);
    }
    known.each = true;
    for (size_t i = 0; i < input->each.count; i++) {
        if (input->each.items[i].templated)
            check_body(&known, input->each.items[i].body);
    }
    return known.good;
}

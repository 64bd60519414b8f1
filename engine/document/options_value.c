/* options_value.c: one value of each kind of option. */
#include "document/parts.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whole numbers up to this size survive in a double, and in JSON. */
#define WHOLE_MAX 9007199254740992.0
/* Limits beyond this are there for the program, not worth telling. */
#define LIMIT_TOLD 9e15

bool forge_name_is_safe(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > 255 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    while (length > 0) {
        uint32_t point = 0;
        size_t used = forge_text_decode(&point, name, length);

        if (used == 0 || point < 0x20 || point == '/' || (point >= 0x7f && point < 0xa0))
            return false;
        name += used;
        length -= used;
    }
    return true;
}

bool forge_option_has_minimum(const struct forge_option *option)
{
    return option->minimum != 0 || option->maximum != 0;
}

bool forge_option_has_maximum(const struct forge_option *option)
{
    return forge_option_has_minimum(option) && option->maximum >= option->minimum;
}

static bool is_text_kind(enum forge_option_kind kind)
{
    return kind == FORGE_OPTION_TEXT || kind == FORGE_OPTION_NAME ||
           kind == FORGE_OPTION_CHOICE || kind == FORGE_OPTION_NAMES ||
           kind == FORGE_OPTION_TEXTS;
}

bool forge_option_fallback(struct forge_node *out, const struct forge_option *option)
{
    if (!option->fallback)
        return false;
    *out = (struct forge_node){.kind = FORGE_NODE_TEXT,
                               .text = option->fallback,
                               .width = 1,
                               .quoted = is_text_kind(option->kind)};
    return true;
}

void forge_option_describe(struct forge_text *out, const struct forge_option *option)
{
    static const char *const words[] = {
        [FORGE_OPTION_TEXT] = "a text",
        [FORGE_OPTION_NAME] = "a name",
        [FORGE_OPTION_INTEGER] = "a whole number",
        [FORGE_OPTION_NUMBER] = "a number",
        [FORGE_OPTION_FLAG] = "true or false",
        [FORGE_OPTION_CHOICE] = "one of ",
        [FORGE_OPTION_BYTES] = "a size such as 100MB or 64MiB",
        [FORGE_OPTION_NAMES] = "a name or a list of names",
        [FORGE_OPTION_TEXTS] = "a text or a list of texts",
        [FORGE_OPTION_NODE] = "a value",
        [FORGE_OPTION_TABLE] = "a map",
        [FORGE_OPTION_LIST] = "a list of maps",
    };

    forge_text_add(out, option->kind == FORGE_OPTION_TEXT && option->expression
                            ? "an expression"
                            : words[option->kind]);
    if (option->kind == FORGE_OPTION_LIST && option->or_one)
        forge_text_add(out, ", or one map");
    if (option->kind == FORGE_OPTION_CHOICE) {
        for (size_t i = 0; option->choices[i]; i++)
            forge_text_print(out, "%s%s", i > 0 ? ", " : "", option->choices[i]);
    }
}

/* "label: expected a number, got a list". */
static bool report_kind(const struct forge_option *option, const struct forge_node *node,
                        const char *label, const struct forge_option_reading *r)
{
    struct forge_text want = {0};
    bool is_text = node->kind == FORGE_NODE_TEXT, is_null = forge_node_is_null(node);
    bool wants_number =
        option->kind == FORGE_OPTION_INTEGER || option->kind == FORGE_OPTION_NUMBER;
    bool wants_map = option->kind == FORGE_OPTION_TABLE || option->kind == FORGE_OPTION_LIST;
    const char *help =
        is_text && node->quoted && wants_number ? "write it without quotes" : NULL;
    enum forge_fault fault = is_text && !wants_map ? FORGE_F012 : FORGE_F011;

    forge_option_describe(&want, option);
    if (is_text && !is_null)
        forge_report(r->diagnostics, fault, node->place, node->width, help,
                     "%s: expected %s, got \"%s\"", label, want.bytes, node->text);
    else
        forge_report(r->diagnostics, fault, node->place, node->width, help,
                     "%s: expected %s, got %s", label, want.bytes,
                     is_null                         ? "nothing"
                     : node->kind == FORGE_NODE_LIST ? "a list"
                                                     : "a map");
    forge_text_clear(&want);
    return false;
}

static bool report_unquoted(const struct forge_node *node, const char *label,
                            const struct forge_option_reading *r)
{
    return forge_report(r->diagnostics, FORGE_F016, node->place, node->width,
                        "YAML reads only a part of it; in quotes it is read as a whole",
                        "%s: quote this expression", label);
}

/* Do the brackets and quotes of an expression match? */
static bool is_whole(const char *text)
{
    char open[64];
    size_t depth = 0;

    for (; *text; text++) {
        if (*text == '\'' || *text == '"') {
            text = strchr(text + 1, *text);
            if (!text)
                return false;
        } else if (strchr("([{", *text)) {
            if (depth == sizeof open)
                return true;
            open[depth++] = *text;
        } else if (strchr(")]}", *text)) {
            if (depth == 0 || open[--depth] != (*text == ')' ? '(' : (char)(*text - 2)))
                return false;
        }
    }
    return depth == 0;
}

/* The text of a scalar, whatever it looks like. */
static bool read_text(const char **out, const struct forge_option *option,
                      const struct forge_node *node, const char *label,
                      const struct forge_option_reading *r)
{
    bool is_text = node->kind == FORGE_NODE_TEXT;

    if (option->expression && (!is_text || (!node->quoted && !is_whole(node->text))))
        return report_unquoted(node, label, r);
    if (!is_text || forge_node_is_null(node))
        return report_kind(option, node, label, r);
    if ((option->kind == FORGE_OPTION_NAME || option->kind == FORGE_OPTION_NAMES) &&
        !forge_name_is_safe(node->text))
        return forge_report(r->diagnostics, FORGE_F019, node->place, node->width,
                            "a name has no \"/\", no control characters and at most 255 bytes",
                            "%s: \"%s\" cannot be a name", label, node->text);
    *out = node->text;
    return true;
}

static void add_limit(struct forge_text *out, double limit)
{
    if (limit == floor(limit))
        forge_text_print(out, "%.0f", limit);
    else
        forge_text_print(out, "%g", limit);
}

static bool check_limits(double number, const struct forge_option *option,
                         const struct forge_node *node, const char *label,
                         const struct forge_option_reading *r)
{
    bool low = forge_option_has_minimum(option), high = forge_option_has_maximum(option);
    struct forge_text want = {0};

    if ((!low || number >= option->minimum) && (!high || number <= option->maximum))
        return true;
    low = low && option->minimum > -LIMIT_TOLD;
    high = high && option->maximum < LIMIT_TOLD;
    if (low && high && option->minimum == option->maximum)
        high = false;
    else
        forge_text_add(&want, low && high ? "" : low ? "at least " : "at most ");
    if (low)
        add_limit(&want, option->minimum);
    forge_text_add(&want, low && high ? " to " : "");
    if (high || !low)
        add_limit(&want, option->maximum);
    forge_report(r->diagnostics, FORGE_F014, node->place, node->width, NULL,
                 "%s: expected %s, got %s", label, want.bytes, node->text);
    forge_text_clear(&want);
    return false;
}

static bool whole_number(int64_t *out, const struct forge_node *node)
{
    double number;

    if (forge_node_integer(out, node))
        return true;
    if (!forge_node_number(&number, node) || !(fabs(number) <= WHOLE_MAX) ||
        number != floor(number))
        return false;
    *out = (int64_t)number;
    return true;
}

static bool read_integer(int64_t *out, const struct forge_option *option,
                         const struct forge_node *node, const char *label,
                         const struct forge_option_reading *r)
{
    int64_t value;

    if (!whole_number(&value, node))
        return report_kind(option, node, label, r);
    if (!check_limits((double)value, option, node, label, r))
        return false;
    *out = value;
    return true;
}

static bool read_number(double *out, const struct forge_option *option,
                        const struct forge_node *node, const char *label,
                        const struct forge_option_reading *r)
{
    double value;

    if (!forge_node_number(&value, node) || !isfinite(value))
        return report_kind(option, node, label, r);
    if (!check_limits(value, option, node, label, r))
        return false;
    *out = value;
    return true;
}

static bool read_choice(const char **out, const struct forge_option *option,
                        const struct forge_node *node, const char *label,
                        const struct forge_option_reading *r)
{
    const char *text = "", *near;
    struct forge_text want = {0};
    char help[80];

    if (!read_text(&text, option, node, label, r))
        return false;
    for (size_t i = 0; option->choices[i]; i++) {
        if (strcmp(text, option->choices[i]) == 0) {
            *out = option->choices[i];
            return true;
        }
    }
    near = forge_text_nearest(text, option->choices);
    if (near)
        snprintf(help, sizeof help, "did you mean \"%s\"?", near);
    forge_option_describe(&want, option);
    forge_report(r->diagnostics, FORGE_F013, node->place, node->width, near ? help : NULL,
                 "%s: expected %s, got \"%s\"", label, want.bytes, text);
    forge_text_clear(&want);
    return false;
}

static bool read_bytes(uint64_t *out, const struct forge_option *option,
                       const struct forge_node *node, const char *label,
                       const struct forge_option_reading *r)
{
    int64_t whole = -1;
    uint64_t value;

    if (node->kind != FORGE_NODE_TEXT)
        return report_kind(option, node, label, r);
    if (whole_number(&whole, node) && whole >= 0)
        value = (uint64_t)whole;
    else if (!forge_text_parse_bytes(&value, node->text))
        return report_kind(option, node, label, r);
    if (!check_limits((double)value, option, node, label, r))
        return false;
    *out = value;
    return true;
}

static bool read_texts(struct forge_names *out, const struct forge_option *option,
                       const struct forge_node *node, const char *label,
                       const struct forge_option_reading *r)
{
    bool is_list = node->kind == FORGE_NODE_LIST, good = true;
    size_t room = is_list ? node->count : 1;
    const char **items;
    const struct forge_node **nodes;

    if (node->kind == FORGE_NODE_MAP)
        return option->expression ? report_unquoted(node, label, r)
                                  : report_kind(option, node, label, r);
    items = forge_arena_array(r->arena, room, sizeof *items);
    nodes = forge_arena_array(r->arena, room, sizeof(void *));
    *out = (struct forge_names){items, nodes, 0};
    for (const struct forge_node *item = is_list ? node->first : node; item;
         item = is_list ? item->next : NULL) {
        if (!read_text(&items[out->count], option, item, label, r)) {
            good = false;
            continue;
        }
        nodes[out->count++] = item;
    }
    return good;
}

static bool read_node(const struct forge_node **out, const struct forge_option *option,
                      const struct forge_node *node, const char *label,
                      const struct forge_option_reading *r)
{
    if (option->expression && node->kind == FORGE_NODE_TEXT && !node->quoted &&
        !is_whole(node->text))
        return report_unquoted(node, label, r);
    if (forge_node_is_null(node) && !option->nullable)
        return report_kind(option, node, label, r);
    *out = node;
    return true;
}

static bool read_list(struct forge_list *out, const struct forge_option *option,
                      const struct forge_node *node, const char *label,
                      const struct forge_option_reading *r)
{
    bool is_one = node->kind == FORGE_NODE_MAP && option->or_one, good = true;
    const struct forge_node **nodes;
    size_t count = is_one ? 1 : node->count;

    if (node->kind != FORGE_NODE_LIST && !is_one)
        return report_kind(option, node, label, r);
    nodes = forge_arena_array(r->arena, count, sizeof(void *));
    *out = (struct forge_list){forge_arena_array(r->arena, count, option->item_size), nodes, 0};
    for (const struct forge_node *item = is_one ? node : node->first; item;
         item = is_one ? NULL : item->next) {
        void *settings = (char *)out->items + out->count * option->item_size;

        good &= forge_options_read(settings, option->table, item, item->place, label, r->arena,
                                   r->diagnostics);
        nodes[out->count++] = item;
    }
    return good;
}

bool forge_option_store(void *slot, const struct forge_option *option,
                        const struct forge_node *node, const char *label,
                        const struct forge_option_reading *r)
{
    bool flag;

    switch (option->kind) {
    case FORGE_OPTION_TEXT:
    case FORGE_OPTION_NAME:
        return read_text(slot, option, node, label, r);
    case FORGE_OPTION_INTEGER:
        return read_integer(slot, option, node, label, r);
    case FORGE_OPTION_NUMBER:
        return read_number(slot, option, node, label, r);
    case FORGE_OPTION_FLAG:
        if (!forge_node_flag(&flag, node))
            return report_kind(option, node, label, r);
        *(bool *)slot = flag;
        return true;
    case FORGE_OPTION_CHOICE:
        return read_choice(slot, option, node, label, r);
    case FORGE_OPTION_BYTES:
        return read_bytes(slot, option, node, label, r);
    case FORGE_OPTION_NAMES:
    case FORGE_OPTION_TEXTS:
        return read_texts(slot, option, node, label, r);
    case FORGE_OPTION_NODE:
        return read_node(slot, option, node, label, r);
    case FORGE_OPTION_TABLE:
        return forge_options_read(slot, option->table, node, node->place, label, r->arena,
                                  r->diagnostics);
    case FORGE_OPTION_LIST:
        return read_list(slot, option, node, label, r);
    }
    assert(false);
    return false;
}

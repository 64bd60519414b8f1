/* node.c: what a node of a document means to those who ask. */
#include "document/document.h"
#include "document/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct forge_node *forge_node_find(const struct forge_node *map, const char *key)
{
    for (const struct forge_node *child = map->first; child; child = child->next) {
        if (child->key && strcmp(child->key, key) == 0)
            return child;
    }
    return NULL;
}

static bool is_plain(const struct forge_node *node)
{
    return node->kind == FORGE_NODE_TEXT && !node->quoted;
}

static bool is_among(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

bool forge_node_is_null(const struct forge_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};

    return is_plain(node) && is_among(node->text, nulls);
}

bool forge_node_flag(bool *out, const struct forge_node *node)
{
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};

    if (!is_plain(node) || (!is_among(node->text, yes) && !is_among(node->text, no)))
        return false;
    *out = is_among(node->text, yes);
    return true;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return 16;
}

/* All of `text` as digits of this base, at most `limit`. */
static bool read_digits(uint64_t *out, const char *text, unsigned base, uint64_t limit)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text; text++) {
        unsigned digit = digit_value(*text);

        if (digit >= base || value > (limit - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

bool forge_node_integer(int64_t *out, const struct forge_node *node)
{
    const char *text = node->text;
    unsigned base = 10;
    bool negative;
    uint64_t value;

    if (!is_plain(node))
        return false;
    negative = *text == '-';
    if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0o", 2) == 0) {
        base = text[1] == 'x' ? 16 : 8;
        text += 2;
    } else if (*text == '-' || *text == '+') {
        text++;
    }
    if (!read_digits(&value, text, base, (uint64_t)INT64_MAX + negative))
        return false;
    *out = negative ? (int64_t)(~value + 1) : (int64_t)value;
    return true;
}

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* [eE] [+-]? digits, or nothing; NULL when it is broken. */
static const char *skip_exponent(const char *text)
{
    const char *digits;

    if (*text != 'e' && *text != 'E')
        return text;
    text++;
    text += *text == '-' || *text == '+';
    digits = text;
    text = skip_digits(text);
    return text > digits ? text : NULL;
}

/* [+-]? ( digits (. digits?)? | . digits ) exponent? */
static bool is_decimal(const char *text)
{
    const char *start, *point;

    text += *text == '-' || *text == '+';
    start = text;
    text = point = skip_digits(text);
    if (*text == '.')
        text = skip_digits(text + 1);
    if (point == start && text <= point + 1)
        return false;
    text = skip_exponent(text);
    return text && *text == '\0';
}

bool forge_node_number(double *out, const struct forge_node *node)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *text = node->text;
    int64_t integer;
    bool negative;

    if (!is_plain(node))
        return false;
    negative = *text == '-';
    if (is_decimal(text))
        *out = strtod(text, NULL);
    else if (forge_node_integer(&integer, node))
        *out = (double)integer;
    else if (is_among(text, nans))
        *out = (double)NAN;
    else if (is_among(text + (*text == '-' || *text == '+'), infinities))
        *out = negative ? -HUGE_VAL : HUGE_VAL;
    else
        return false;
    return true;
}

/* Is a number spelled as JSON spells numbers: no sign +, no leading zero, digits on both sides
 * of the point? */
static bool is_json_number(const char *text)
{
    text += *text == '-';
    if (*text == '0')
        text++;
    else if (*text >= '1' && *text <= '9')
        text = skip_digits(text);
    else
        return false;
    if (*text == '.') {
        const char *digits = text + 1;

        text = skip_digits(digits);
        if (text == digits)
            return false;
    }
    text = skip_exponent(text);
    return text && *text == '\0';
}

/* How a tree is written: `canonical` keeps spellings that JSON lacks (01, +1, True) apart from
 * texts, else they are texts. */
struct writing {
    struct forge_json json;
    struct forge_arena scratch;
    bool canonical;
};

static void write_odd_scalar(struct writing *w, const struct forge_node *node)
{
    if (!w->canonical) {
        forge_json_string(&w->json, node->text);
        return;
    }
    forge_json_object(&w->json);
    forge_json_key(&w->json, "");
    forge_json_string(&w->json, node->text);
    forge_json_close(&w->json, '}');
}

static void write_scalar(struct writing *w, const struct forge_node *node)
{
    struct forge_json *json = &w->json;
    bool flag = false, is_flag = forge_node_flag(&flag, node);
    double number;

    if (forge_node_is_null(node)) {
        forge_json_null(json);
    } else if (is_flag && strcmp(node->text, flag ? "true" : "false") == 0) {
        forge_json_flag(json, flag);
    } else if (!is_flag && !forge_node_number(&number, node)) {
        forge_json_string(json, node->text);
    } else if (!is_flag && is_json_number(node->text)) {
        forge_json_raw(json, node->text);
    } else {
        write_odd_scalar(w, node);
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct forge_node *const *left = a, *const *right = b;

    return strcmp((*left)->key, (*right)->key);
}

static void write_node(struct writing *w, const struct forge_node *node);

static void write_map(struct writing *w, const struct forge_node *map)
{
    const struct forge_node **sorted =
        forge_arena_array(&w->scratch, map->count, sizeof(void *));
    size_t count = 0;

    for (const struct forge_node *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof(void *), compare_keys);
    forge_json_object(&w->json);
    for (size_t i = 0; i < count; i++) {
        forge_json_key(&w->json, sorted[i]->key);
        write_node(w, sorted[i]);
    }
    forge_json_close(&w->json, '}');
}

static void write_node(struct writing *w, const struct forge_node *node)
{
    if (node->kind == FORGE_NODE_TEXT) {
        write_scalar(w, node);
    } else if (node->kind == FORGE_NODE_MAP) {
        write_map(w, node);
    } else {
        forge_json_array(&w->json);
        for (const struct forge_node *child = node->first; child; child = child->next)
            write_node(w, child);
        forge_json_close(&w->json, ']');
    }
}

static void write_tree(struct forge_text *out, const struct forge_node *node, bool canonical)
{
    struct writing writing = {.json.out = out, .canonical = canonical};

    write_node(&writing, node);
    forge_arena_clear(&writing.scratch);
}

void forge_node_canonical(struct forge_text *out, const struct forge_node *node)
{
    write_tree(out, node, true);
}

void forge_node_json(struct forge_text *out, const struct forge_node *node)
{
    write_tree(out, node, false);
}

/* options_schema.c: a table of options as a JSON Schema, for editors and other programs.
 *
 * It says what the table says, as far as draft-07 can: no more (what it allows may still be
 * wrong) and no less (what it refuses is refused by the reader too).
 */
#include "document/json.h"
#include "document/parts.h"

#include <math.h>
#include <string.h>

#define TEXT_TYPES "\"type\":[\"string\",\"number\",\"boolean\"]"
#define NAME_PATTERN                                                                           \
    "\"pattern\":\"^(?!\\\\.{1,2}$)[^/\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f]{1,255}$\""
#define BYTES_PATTERN "^[0-9]+$|^[0-9]+([.][0-9]{1,3})? ?([kKMGT]?B|[KMGT]iB)$"

static void write_limit(struct forge_text *out, const char *key, double limit)
{
    struct forge_json json = {.out = out};

    forge_text_print(out, ",\"%s\":", key);
    if (limit == floor(limit) && fabs(limit) < 1e18)
        forge_json_integer(&json, (int64_t)limit);
    else
        forge_json_number(&json, limit);
}

static void write_number(struct forge_text *out, const char *type,
                         const struct forge_option *option)
{
    forge_text_print(out, "{\"type\":\"%s\"", type);
    if (forge_option_has_minimum(option))
        write_limit(out, "minimum", option->minimum);
    if (forge_option_has_maximum(option) && isfinite(option->maximum))
        write_limit(out, "maximum", option->maximum);
    forge_text_add(out, "}");
}

/* A choice that looks like a number or a flag may be loaded from YAML as one. */
static void write_choices(struct forge_text *out, const char *const *choices)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_key(&json, "enum");
    forge_json_array(&json);
    for (; *choices; choices++) {
        struct forge_node node = {.kind = FORGE_NODE_TEXT, .text = *choices};
        double number;
        bool flag;

        forge_json_string(&json, *choices);
        if (forge_node_flag(&flag, &node))
            forge_json_flag(&json, flag);
        else if (forge_node_number(&number, &node) && isfinite(number))
            forge_json_number(&json, number);
    }
    forge_json_close(&json, ']');
    forge_json_close(&json, '}');
}

/* The limits of a size written with a unit are left to the reader. */
static void write_bytes(struct forge_text *out, const struct forge_option *option)
{
    struct forge_option number = *option;

    if (!forge_option_has_minimum(option))
        number.maximum = HUGE_VAL;
    forge_text_add(out, "{\"anyOf\":[");
    write_number(out, "integer", &number);
    forge_text_add(out, ",{\"type\":\"string\",\"pattern\":\"" BYTES_PATTERN "\"}]}");
}

static void write_one_or_list(struct forge_text *out, const char *one, const char *list_of)
{
    forge_text_print(out, "{\"anyOf\":[%s,{\"type\":\"array\",\"items\":%s}]}", one, list_of);
}

static void write_list(struct forge_text *out, const struct forge_option *option)
{
    struct forge_text item = {0};

    forge_options_schema(&item, option->table);
    if (option->or_one)
        write_one_or_list(out, item.bytes, item.bytes);
    else
        forge_text_print(out, "{\"type\":\"array\",\"items\":%s}", item.bytes);
    forge_text_clear(&item);
}

static void write_fragment(struct forge_text *out, const struct forge_option *option)
{
    if (option->schema_of)
        option->schema_of(out);
    else if (option->schema)
        forge_text_add(out, option->schema);
    else
        forge_text_add(out, option->nullable ? "{}" : "{\"not\":{\"type\":\"null\"}}");
}

static void write_kind(struct forge_text *out, const struct forge_option *option)
{
    static const char text[] = "{" TEXT_TYPES "}";
    static const char name[] = "{" TEXT_TYPES "," NAME_PATTERN "}";

    switch (option->kind) {
    case FORGE_OPTION_TEXT:
        forge_text_add(out, text);
        break;
    case FORGE_OPTION_NAME:
        forge_text_add(out, name);
        break;
    case FORGE_OPTION_INTEGER:
        write_number(out, "integer", option);
        break;
    case FORGE_OPTION_NUMBER:
        write_number(out, "number", option);
        break;
    case FORGE_OPTION_FLAG:
        forge_text_add(out, "{\"type\":\"boolean\"}");
        break;
    case FORGE_OPTION_CHOICE:
        write_choices(out, option->choices);
        break;
    case FORGE_OPTION_BYTES:
        write_bytes(out, option);
        break;
    case FORGE_OPTION_NAMES:
        write_one_or_list(out, name, name);
        break;
    case FORGE_OPTION_TEXTS:
        write_one_or_list(out, text, text);
        break;
    case FORGE_OPTION_NODE:
        write_fragment(out, option);
        break;
    case FORGE_OPTION_TABLE:
        forge_options_schema(out, option->table);
        break;
    case FORGE_OPTION_LIST:
        write_list(out, option);
        break;
    }
}

static void write_value(struct forge_text *out, const struct forge_option *option)
{
    if (option->nullable)
        forge_text_add(out, "{\"anyOf\":[");
    write_kind(out, option);
    if (option->nullable)
        forge_text_add(out, ",{\"type\":\"null\"}]}");
}

/* The value with what people see in their editors: help and fallback. */
static void write_property(struct forge_text *out, const struct forge_option *option)
{
    struct forge_text value = {0};
    struct forge_json json = {.out = out};
    struct forge_node fallback;

    write_value(&value, option);
    if (value.bytes[0] != '{') {
        forge_text_add(out, value.bytes);
        forge_text_clear(&value);
        return;
    }
    forge_text_add(out, "{\"description\":");
    forge_json_string(&json, option->help ? option->help : "");
    if (forge_option_fallback(&fallback, option)) {
        forge_text_add(out, ",\"default\":");
        forge_node_canonical(out, &fallback);
    }
    forge_text_add(out, value.bytes[1] == '}' ? "" : ",");
    forge_text_add(out, value.bytes + 1);
    forge_text_clear(&value);
}

static bool is_key(const struct forge_option *option)
{
    return !option->later && strcmp(option->name, "*") != 0 && strcmp(option->name, ".") != 0;
}

static void write_required(struct forge_text *out, const struct forge_option *table)
{
    bool any = false;

    for (const struct forge_option *option = table; option->name; option++) {
        if (!option->required || !is_key(option))
            continue;
        forge_text_print(out, "%s\"%s\"", any ? "," : ",\"required\":[", option->name);
        any = true;
    }
    forge_text_add(out, any ? "]" : "");
}

static void write_map(struct forge_text *out, const struct forge_option *table,
                      const struct forge_option *rest)
{
    bool any = false;

    forge_text_add(out, "{\"type\":\"object\",\"properties\":{");
    for (const struct forge_option *option = table; option->name; option++) {
        if (!is_key(option))
            continue;
        forge_text_print(out, "%s\"%s\":", any ? "," : "", option->name);
        write_property(out, option);
        any = true;
    }
    forge_text_add(out, "}");
    write_required(out, table);
    if (rest && rest->required)
        forge_text_add(out, ",\"minProperties\":1");
    if (rest)
        forge_text_add(out, ",\"propertyNames\":{" NAME_PATTERN "}");
    forge_text_add(out, ",\"additionalProperties\":");
    if (rest)
        write_property(out, rest);
    else
        forge_text_add(out, "false");
    forge_text_add(out, "}");
}

void forge_options_schema(struct forge_text *out, const struct forge_option *table)
{
    const struct forge_option *rest = NULL, *itself = NULL;
    size_t count = 0;

    for (; table && table[count].name; count++) {
        if (strcmp(table[count].name, "*") == 0)
            rest = &table[count];
        else if (strcmp(table[count].name, ".") == 0)
            itself = &table[count];
    }
    if (count == 0) {
        forge_text_add(out, "{\"type\":\"object\",\"additionalProperties\":false}");
        return;
    }
    if (itself && count == 1) {
        write_property(out, itself);
        return;
    }
    if (itself) {
        forge_text_add(out, "{\"anyOf\":[");
        write_property(out, itself);
        forge_text_add(out, ",");
    }
    write_map(out, table, rest);
    if (itself)
        forge_text_add(out, "]}");
}

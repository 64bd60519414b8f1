#include "document/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void new_line(struct forge_json *json)
{
    if (json->indent > 0)
        forge_text_print(json->out, "\n%*s", (int)(json->indent * json->depth), "");
}

/* What comes before a key, or before a value that has none: the comma and the line. */
static void begin_member(struct forge_json *json)
{
    bool *filled;

    if (json->depth == 0)
        return;
    filled = &json->filled[json->depth - 1];
    if (*filled)
        forge_text_add(json->out, ",");
    *filled = true;
    new_line(json);
}

static void begin_value(struct forge_json *json)
{
    if (!json->after_key)
        begin_member(json);
    json->after_key = false;
}

static void open_container(struct forge_json *json, const char *bracket)
{
    begin_value(json);
    assert(json->depth < FORGE_JSON_DEPTH_MAX);
    forge_text_add(json->out, bracket);
    json->filled[json->depth++] = false;
}

void forge_json_object(struct forge_json *json)
{
    open_container(json, "{");
}

void forge_json_array(struct forge_json *json)
{
    open_container(json, "[");
}

void forge_json_close(struct forge_json *json, char bracket)
{
    bool filled;

    assert(json->depth > 0 && !json->after_key && (bracket == '}' || bracket == ']'));
    filled = json->filled[--json->depth];
    if (filled)
        new_line(json);
    forge_text_add_bytes(json->out, &bracket, 1);
}

static void write_escaped(struct forge_text *out, uint32_t point)
{
    static const char shorts[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    const char *found = point > 0 && point < 0x80 ? strchr(shorts, (int)point) : NULL;

    if (found)
        forge_text_print(out, "\\%c", letters[found - shorts]);
    else if (point < 0x10000)
        forge_text_print(out, "\\u%04" PRIx32, point);
    else
        forge_text_print(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (point >> 10),
                         0xdc00 + (point & 0x3ff));
}

static void write_string(struct forge_text *out, const char *string)
{
    size_t left = strlen(string);

    forge_text_add(out, "\"");
    while (left > 0) {
        uint32_t point = 0;
        size_t length = forge_text_decode(&point, string, left);

        if (length == 0)
            write_escaped(out, 0xfffd);
        else if (point == '"' || point == '\\' || forge_text_is_obeyed(point))
            write_escaped(out, point);
        else
            forge_text_add_bytes(out, string, length);
        length = length > 0 ? length : 1;
        string += length;
        left -= length;
    }
    forge_text_add(out, "\"");
}

void forge_json_key(struct forge_json *json, const char *key)
{
    assert(json->depth > 0 && !json->after_key);
    begin_member(json);
    write_string(json->out, key);
    forge_text_add(json->out, json->indent > 0 ? ": " : ":");
    json->after_key = true;
}

void forge_json_raw(struct forge_json *json, const char *text)
{
    begin_value(json);
    forge_text_add(json->out, text);
}

void forge_json_string(struct forge_json *json, const char *string)
{
    begin_value(json);
    write_string(json->out, string);
}

void forge_json_integer(struct forge_json *json, int64_t number)
{
    begin_value(json);
    forge_text_print(json->out, "%" PRId64, number);
}

void forge_json_unsigned(struct forge_json *json, uint64_t number)
{
    begin_value(json);
    forge_text_print(json->out, "%" PRIu64, number);
}

void forge_json_flag(struct forge_json *json, bool flag)
{
    forge_json_raw(json, flag ? "true" : "false");
}

void forge_json_null(struct forge_json *json)
{
    forge_json_raw(json, "null");
}

/* Digits that would read back as an integer get a ".0". */
static void write_digits(struct forge_json *json, const char *digits)
{
    forge_json_raw(json, digits);
    if (!strpbrk(digits, ".e"))
        forge_text_add(json->out, ".0");
}

static bool write_special(struct forge_json *json, double number)
{
    if (isnan(number))
        forge_json_string(json, "NaN");
    else if (isinf(number))
        forge_json_string(json, number > 0 ? "Infinity" : "-Infinity");
    else
        return false;
    return true;
}

void forge_json_number(struct forge_json *json, double number)
{
    char digits[40];

    if (write_special(json, number))
        return;
    /* 15 digits always survive, except close to zero, where fewer may do. */
    for (int precision = isnormal(number) ? 15 : 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    write_digits(json, digits);
}

void forge_json_float32(struct forge_json *json, float number)
{
    char digits[40];

    if (write_special(json, (double)number))
        return;
    for (int precision = isnormal(number) ? 6 : 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)number);
        if (strtof(digits, NULL) == number)
            break;
    }
    write_digits(json, digits);
}

void forge_json_add_text(struct forge_json *json, const char *key, const char *text)
{
    forge_json_key(json, key);
    if (text)
        forge_json_string(json, text);
    else
        forge_json_null(json);
}

void forge_json_add_number(struct forge_json *json, const char *key, uint64_t number)
{
    forge_json_key(json, key);
    forge_json_unsigned(json, number);
}

void forge_json_add_raw(struct forge_json *json, const char *key, const char *value)
{
    forge_json_key(json, key);
    forge_json_raw(json, value ? value : "null");
}

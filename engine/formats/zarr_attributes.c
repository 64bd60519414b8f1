/* zarr_attributes.c: attributes from JSON. */
#include <math.h>
#include <string.h>

#include "formats/zarr_read.h"

/* As deep as what was read, which has a limit. */
static void write_value(struct forge_json *json, const struct forge_json_value *value)
{
    switch (value->kind) {
    case FORGE_JSON_NULL:
        forge_json_null(json);
        break;
    case FORGE_JSON_FLAG:
        forge_json_flag(json, value->flag);
        break;
    case FORGE_JSON_INTEGER:
        forge_json_integer(json, value->integer);
        break;
    case FORGE_JSON_NUMBER:
        forge_json_number(json, value->number);
        break;
    case FORGE_JSON_STRING:
        forge_json_string(json, value->string);
        break;
    case FORGE_JSON_ARRAY:
        forge_json_array(json);
        for (const struct forge_json_value *m = value->first; m; m = m->next)
            write_value(json, m);
        forge_json_close(json, ']');
        break;
    case FORGE_JSON_OBJECT:
        forge_json_object(json);
        for (const struct forge_json_value *m = value->first; m; m = m->next) {
            forge_json_key(json, m->key);
            write_value(json, m);
        }
        forge_json_close(json, '}');
        break;
    }
}

static void set_json(struct forge_attributes *out, struct forge_arena *arena,
                     const struct forge_json_value *value)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    write_value(&json, value);
    forge_attributes_set_text(out, arena, value->key, forge_text_string(&text));
    forge_text_clear(&text);
}

/* A number, or how JSON spells those it has not. */
static bool as_double(double *out, const struct forge_json_value *value)
{
    static const struct {
        const char *text;
        double number;
    } names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

    *out = value->number;
    if (value->kind == FORGE_JSON_INTEGER || value->kind == FORGE_JSON_NUMBER)
        return true;
    for (size_t i = 0; i < 3 && value->kind == FORGE_JSON_STRING; i++) {
        if (strcmp(value->string, names[i].text) == 0) {
            *out = names[i].number;
            return true;
        }
    }
    return false;
}

static size_t count_kind(const struct forge_json_value *list, enum forge_json_kind kind)
{
    size_t count = 0;

    for (const struct forge_json_value *m = list->first; m; m = m->next)
        count += m->kind == kind;
    return count;
}

static void set_strings(struct forge_attributes *out, struct forge_arena *arena,
                        const struct forge_json_value *list)
{
    const char **strings = forge_arena_array(arena, list->count, sizeof *strings);
    size_t i = 0;

    for (const struct forge_json_value *m = list->first; m; m = m->next)
        strings[i++] = m->string;
    forge_attributes_set(out, arena, list->key, FORGE_STRING, i, (const void *)strings);
}

static void set_integers(struct forge_attributes *out, struct forge_arena *arena,
                         const struct forge_json_value *list)
{
    int64_t *numbers = forge_arena_array(arena, list->count, sizeof *numbers);
    size_t i = 0;

    for (const struct forge_json_value *m = list->first; m; m = m->next)
        numbers[i++] = m->integer;
    forge_attributes_set(out, arena, list->key, FORGE_INT64, i, numbers);
}

static void set_doubles(struct forge_attributes *out, struct forge_arena *arena,
                        const struct forge_json_value *list)
{
    double *numbers = forge_arena_array(arena, list->count, sizeof *numbers);
    size_t i = 0;

    for (const struct forge_json_value *m = list->first; m; m = m->next) {
        if (!as_double(&numbers[i++], m)) {
            set_json(out, arena, list);
            return;
        }
    }
    forge_attributes_set(out, arena, list->key, FORGE_FLOAT64, i, numbers);
}

void forge_zarr_read_attribute(struct forge_attributes *out, struct forge_arena *arena,
                               const struct forge_json_value *json)
{
    if (json->kind == FORGE_JSON_STRING)
        forge_attributes_set_text(out, arena, json->key, json->string);
    else if (json->kind == FORGE_JSON_INTEGER)
        forge_attributes_set(out, arena, json->key, FORGE_INT64, 1, &json->integer);
    else if (json->kind == FORGE_JSON_NUMBER)
        forge_attributes_set(out, arena, json->key, FORGE_FLOAT64, 1, &json->number);
    else if (json->kind != FORGE_JSON_ARRAY)
        set_json(out, arena, json);
    else if (count_kind(json, FORGE_JSON_STRING) == json->count)
        set_strings(out, arena, json);
    else if (count_kind(json, FORGE_JSON_INTEGER) == json->count)
        set_integers(out, arena, json);
    else
        set_doubles(out, arena, json);
}

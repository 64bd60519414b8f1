/* json_read.c: the only file that sees jansson. */
#include "document/json.h"

#include <jansson.h>
#include <string.h>

#define LENGTH_MAX (64U << 20)

struct reader {
    struct forge_arena *arena;
    struct forge_error *err;
};

static bool convert(struct forge_json_value *value, const struct reader *r, json_t *json,
                    unsigned depth);

static bool convert_array(struct forge_json_value *value, const struct reader *r, json_t *json,
                          unsigned depth)
{
    struct forge_json_value **tail = &value->first;

    value->kind = FORGE_JSON_ARRAY;
    value->count = json_array_size(json);
    for (size_t i = 0; i < value->count; i++) {
        *tail = forge_arena_take(r->arena, sizeof **tail);
        if (!convert(*tail, r, json_array_get(json, i), depth))
            return false;
        tail = &(*tail)->next;
    }
    return true;
}

static bool convert_object(struct forge_json_value *value, const struct reader *r, json_t *json,
                           unsigned depth)
{
    struct forge_json_value **tail = &value->first;

    value->kind = FORGE_JSON_OBJECT;
    value->count = json_object_size(json);
    for (void *at = json_object_iter(json); at; at = json_object_iter_next(json, at)) {
        *tail = forge_arena_take(r->arena, sizeof **tail);
        (*tail)->key = forge_arena_text(r->arena, json_object_iter_key(at));
        if (!convert(*tail, r, json_object_iter_value(at), depth))
            return false;
        tail = &(*tail)->next;
    }
    return true;
}

static void convert_scalar(struct forge_json_value *value, struct forge_arena *arena,
                           json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        value->kind = FORGE_JSON_STRING;
        value->string =
            forge_arena_copy(arena, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        value->kind = FORGE_JSON_INTEGER;
        value->integer = json_integer_value(json);
        value->number = (double)value->integer;
        break;
    case JSON_REAL:
        value->kind = FORGE_JSON_NUMBER;
        value->number = json_real_value(json);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        value->kind = FORGE_JSON_FLAG;
        value->flag = json_is_true(json);
        break;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        value->kind = FORGE_JSON_NULL;
        break;
    }
}

/* `depth` counts the containers around the value. */
static bool convert(struct forge_json_value *value, const struct reader *r, json_t *json,
                    unsigned depth)
{
    if (!json_is_array(json) && !json_is_object(json)) {
        convert_scalar(value, r->arena, json);
        return true;
    }
    if (depth == FORGE_JSON_DEPTH_MAX)
        return forge_fail(r->err, FORGE_FAILED, "the JSON is nested more than %d deep",
                          FORGE_JSON_DEPTH_MAX);
    return json_is_array(json) ? convert_array(value, r, json, depth + 1)
                               : convert_object(value, r, json, depth + 1);
}

static const char *problem_text(const json_error_t *problem)
{
    if (json_error_code(problem) == json_error_null_character)
        return "a string holds \\u0000";
    return problem->text;
}

bool forge_json_parse(struct forge_json_value **out, struct forge_arena *arena,
                      const char *text, size_t length, struct forge_error *err)
{
    const struct reader reader = {arena, err};
    struct forge_json_value *value;
    json_error_t problem;
    json_t *json;
    bool good;

    if (length > LENGTH_MAX)
        return forge_fail(err, FORGE_FAILED, "the JSON is longer than 64 MiB");
    json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!json)
        return forge_fail(err, FORGE_FAILED, "line %d, column %d is not JSON: %s", problem.line,
                          problem.column, problem_text(&problem));
    value = forge_arena_take(arena, sizeof *value);
    good = convert(value, &reader, json, 0);
    json_decref(json);
    if (good)
        *out = value;
    return good;
}

const struct forge_json_value *forge_json_find(const struct forge_json_value *object,
                                               const char *key)
{
    for (const struct forge_json_value *value = object->first; value; value = value->next) {
        if (value->key && strcmp(value->key, key) == 0)
            return value;
    }
    return NULL;
}

void forge_jansson_version(struct forge_text *out)
{
    forge_text_add(out, jansson_version_str());
}

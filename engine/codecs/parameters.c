#include "codecs/parameters.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void *slot(void *settings, const struct forge_option *option)
{
    return (char *)settings + option->offset;
}

static bool is_choice(const char **out, const struct forge_option *option, const char *text)
{
    for (const char *const *choice = option->choices; *choice; choice++) {
        if (strcmp(*choice, text) == 0) {
            *out = *choice;
            return true;
        }
    }
    return false;
}

static void set_fallback(void *settings, const struct forge_option *option)
{
    const char *text = option->fallback;
    bool known = true;

    if (!text)
        return;
    switch (option->kind) {
    case FORGE_OPTION_INTEGER:
        *(int64_t *)slot(settings, option) = strtoll(text, NULL, 10);
        break;
    case FORGE_OPTION_FLAG:
        *(bool *)slot(settings, option) = strcmp(text, "true") == 0;
        break;
    default:
        assert(option->kind == FORGE_OPTION_CHOICE);
        known = is_choice(slot(settings, option), option, text);
        break;
    }
    assert(known);
    (void)known;
}

static bool set_integer(void *settings, const char *codec, const struct forge_option *option,
                        const struct forge_json_value *value, struct forge_error *err)
{
    bool bounded = option->minimum < option->maximum;

    if (value->kind != FORGE_JSON_INTEGER)
        return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: %s must be an integer", codec,
                          option->name);
    if (bounded && (value->number < option->minimum || value->number > option->maximum))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "codec %s: %s is %" PRId64 ", must be %.0f to %.0f", codec,
                          option->name, value->integer, option->minimum, option->maximum);
    *(int64_t *)slot(settings, option) = value->integer;
    return true;
}

static bool set(void *settings, const char *codec, const struct forge_option *option,
                const struct forge_json_value *value, struct forge_error *err)
{
    switch (option->kind) {
    case FORGE_OPTION_INTEGER:
        return set_integer(settings, codec, option, value, err);
    case FORGE_OPTION_FLAG:
        if (value->kind != FORGE_JSON_FLAG)
            return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: %s must be true or false",
                              codec, option->name);
        *(bool *)slot(settings, option) = value->flag;
        return true;
    default:
        assert(option->kind == FORGE_OPTION_CHOICE);
        if (value->kind != FORGE_JSON_STRING)
            return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: %s must be a string", codec,
                              option->name);
        if (!is_choice(slot(settings, option), option, value->string))
            return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: %s \"%s\" is not known", codec,
                              option->name, value->string);
        return true;
    }
}

static const struct forge_option *find_option(const struct forge_option *options,
                                              const char *name)
{
    for (; options && options->name; options++) {
        if (strcmp(options->name, name) == 0)
            return options;
    }
    return NULL;
}

/* The object that holds the parameters; *out is NULL when there is none. */
static bool find_parameters(const struct forge_json_value **out, const char *codec,
                            const struct forge_json_value *json, int zarr_format,
                            struct forge_error *err)
{
    *out = NULL;
    if (zarr_format == 3 && json->kind == FORGE_JSON_STRING)
        return true;
    if (json->kind != FORGE_JSON_OBJECT)
        return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: must be a JSON object", codec);
    *out = zarr_format == 3 ? forge_json_find(json, "configuration") : json;
    if (*out && (*out)->kind != FORGE_JSON_OBJECT)
        return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: configuration must be an object",
                          codec);
    return true;
}

bool forge_codec_parameters(void *settings, const char *codec,
                            const struct forge_option *options, const char *ignored,
                            const struct forge_json_value *json, int zarr_format,
                            struct forge_error *err)
{
    const struct forge_json_value *parameters = NULL;

    if (!find_parameters(&parameters, codec, json, zarr_format, err))
        return false;
    for (const struct forge_option *option = options; option && option->name; option++)
        set_fallback(settings, option);
    if (!parameters)
        return true;
    for (const struct forge_json_value *value = parameters->first; value; value = value->next) {
        const struct forge_option *option = find_option(options, value->key);

        if (option) {
            if (!set(settings, codec, option, value, err))
                return false;
        } else if (!(zarr_format == 2 && strcmp(value->key, "id") == 0) &&
                   !(ignored && strcmp(value->key, ignored) == 0)) {
            return forge_fail(err, FORGE_BAD_SOURCE, "codec %s: unknown parameter \"%s\"",
                              codec, value->key);
        }
    }
    return true;
}

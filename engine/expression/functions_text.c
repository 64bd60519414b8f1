/* functions_text.c: functions of strings. Positions count characters (UTF-8), from 0, or from
 * the end when negative. */
#include <string.h>

#include "expression/functions.h"
#include "expression/pattern.h"

/* A result may be no longer than what templates may write. */
#define TEXT_BYTES 8192

static bool need_strings(const struct forge_call *call, size_t count, struct forge_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (call->arguments[i].kind != FORGE_SCALAR_STRING)
            return forge_function_fail(err, call, "a string", call->arguments[i].kind);
    return true;
}

static bool need_integer(const struct forge_call *call, size_t index, struct forge_error *err)
{
    return call->arguments[index].kind == FORGE_SCALAR_INTEGER ||
           forge_function_fail(err, call, "an int", call->arguments[index].kind);
}

static bool give(struct forge_scalar *out, const char *string)
{
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING, .string = string};
    return true;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static bool single_split(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    const char *text = call->arguments[0].string, *by = call->arguments[1].string, *end;
    int64_t index, pieces;

    if (!need_strings(call, 2, err) || !need_integer(call, 2, err))
        return false;
    if (*by == '\0')
        return forge_fail(err, FORGE_BAD_RECIPE, "split needs a separator that is not empty");
    pieces = (int64_t)count_of(text, by) + 1;
    index = call->arguments[2].integer;
    if (index < -pieces || index >= pieces)
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "\"%s\" has %lld piece%s between \"%s\", none with the number %lld",
                          text, (long long)pieces, pieces == 1 ? "" : "s", by,
                          (long long)index);
    for (index += index < 0 ? pieces : 0; index > 0; index--)
        text = strstr(text, by) + strlen(by);
    end = strstr(text, by);
    return give(out,
                forge_arena_copy(call->arena, text, end ? (size_t)(end - text) : strlen(text)));
}

static bool single_replace(struct forge_scalar *out, const struct forge_call *call,
                           struct forge_error *err)
{
    const char *text, *from, *to, *next;
    size_t room;
    char *made, *end;

    if (!need_strings(call, 3, err))
        return false;
    text = call->arguments[0].string;
    from = call->arguments[1].string;
    to = call->arguments[2].string;
    if (*from == '\0')
        return forge_fail(err, FORGE_BAD_RECIPE, "replace needs something to replace");
    room = strlen(text) + count_of(text, from) * strlen(to);
    if (room > TEXT_BYTES)
        return forge_fail(err, FORGE_BAD_RECIPE, "a string longer than %d bytes", TEXT_BYTES);
    made = end = forge_arena_take(call->arena, room + 1);
    for (; (next = strstr(text, from)); text = next + strlen(from)) {
        end = (char *)mempcpy(end, text, (size_t)(next - text));
        end = (char *)mempcpy(end, to, strlen(to));
    }
    memcpy(end, text, strlen(text) + 1);
    return give(out, made);
}

static bool change_case(struct forge_scalar *out, const struct forge_call *call, char first,
                        char last, struct forge_error *err)
{
    char *text;

    if (!need_strings(call, 1, err))
        return false;
    text = forge_arena_text(call->arena, call->arguments[0].string);
    for (char *at = text; *at; at++)
        if (*at >= first && *at <= last)
            *at = (char)(*at ^ 0x20);
    return give(out, text);
}

static bool single_upper(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    return change_case(out, call, 'a', 'z', err);
}

static bool single_lower(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    return change_case(out, call, 'A', 'Z', err);
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0U) != 0x80U;
}

static int64_t characters_of(const char *text)
{
    int64_t count = 0;

    for (; *text; text++)
        count += starts_character(*text);
    return count;
}

static const char *skip_characters(const char *text, int64_t count)
{
    for (; *text && (count > 0 || !starts_character(*text)); text++)
        count -= starts_character(*text);
    return text;
}

/* A position from the end when it is negative; cut to the text. */
static int64_t position(int64_t index, int64_t length)
{
    if (index < 0)
        return index < -length ? 0 : index + length;
    return index > length ? length : index;
}

static bool single_slice(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    int64_t length, start, stop;
    const char *text, *from;

    if (!need_strings(call, 1, err) || !need_integer(call, 1, err) ||
        (call->count > 2 && !need_integer(call, 2, err)))
        return false;
    text = call->arguments[0].string;
    length = characters_of(text);
    start = position(call->arguments[1].integer, length);
    stop = call->count > 2 ? position(call->arguments[2].integer, length) : length;
    from = skip_characters(text, start);
    text = skip_characters(text, stop > start ? stop : start);
    return give(out, forge_arena_copy(call->arena, from, (size_t)(text - from)));
}

/* Whether a pattern is in a text, or what one of its named groups holds. */
static bool give_match(struct forge_scalar *out, const struct forge_call *call,
                       const struct forge_pattern *pattern, struct forge_error *err)
{
    const char *const *names = forge_pattern_names(pattern);
    const char *wanted = call->count > 2 ? call->arguments[2].string : NULL;
    const char **groups;
    size_t index = 0, count = 0;
    bool found;

    while (names[count])
        count++;
    groups = forge_arena_array(call->arena, count + 1, sizeof *groups);
    while (wanted && names[index] && strcmp(names[index], wanted) != 0)
        index++;
    if (wanted && !names[index])
        return forge_fail(err, FORGE_BAD_RECIPE, "the pattern has no group named \"%s\"",
                          wanted);
    if (!forge_pattern_search(&found, groups, pattern, call->arguments[0].string, call->arena,
                              err))
        return false;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_FLAG, .flag = found};
    if (!wanted)
        return true;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_MISSING};
    return !found || !groups[index] || give(out, groups[index]);
}

static bool single_match(struct forge_scalar *out, const struct forge_call *call,
                         struct forge_error *err)
{
    struct forge_pattern *pattern = NULL;
    size_t at;
    bool good;

    if (!need_strings(call, call->count, err) ||
        !forge_pattern_compile(&pattern, call->arguments[1].string, &at, err))
        return false;
    good = give_match(out, call, pattern, err);
    forge_pattern_close(pattern);
    return good;
}

static bool single_format(struct forge_scalar *out, const struct forge_call *call,
                          struct forge_error *err)
{
    struct forge_text text = {0};
    bool good;

    if (call->arguments[1].kind != FORGE_SCALAR_STRING)
        return forge_function_fail(err, call, "a string as its format",
                                   call->arguments[1].kind);
    good = forge_scalar_format(&text, &call->arguments[0], call->arguments[1].string, err);
    if (good)
        give(out, forge_arena_text(call->arena, forge_text_string(&text)));
    forge_text_clear(&text);
    return good;
}

const struct forge_function forge_functions_of_texts[] = {
    {"format", "format(x, format)", 2, 2, FORGE_FUNCTION_SINGLE, .single = single_format},
    {"lower", "lower(text)", 1, 1, FORGE_FUNCTION_SINGLE, .single = single_lower},
    {"match", "match(text, pattern) or match(text, pattern, group)", 2, 3,
     FORGE_FUNCTION_SINGLE, .single = single_match},
    {"replace", "replace(text, from, to)", 3, 3, FORGE_FUNCTION_SINGLE,
     .single = single_replace},
    {"slice", "slice(text, start, stop)", 2, 3, FORGE_FUNCTION_SINGLE, .single = single_slice},
    {"split", "split(text, separator, number)", 3, 3, FORGE_FUNCTION_SINGLE,
     .single = single_split},
    {"upper", "upper(text)", 1, 1, FORGE_FUNCTION_SINGLE, .single = single_upper},
    {0},
};

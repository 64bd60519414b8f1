#include "expression/pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEP_LIMIT 100000U
#define DEPTH_LIMIT 10000U
#define HEAP_LIMIT_KIB 16384U

/* PCRE2 counts steps anew at every start in the subject; all of them together stay below. */
#define STEPS_OF_ALL_STARTS 50000000U

struct forge_pattern {
    pcre2_code *code;
    struct forge_arena arena; /* text, names */
    const char *text;
    const char **names;      /* NULL-terminated */
    uint32_t *group_numbers; /* of the names */
};

static void set_names(struct forge_pattern *pattern)
{
    uint32_t count = 0, entry_size = 0;
    PCRE2_SPTR table = NULL;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &entry_size);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
    pattern->names =
        forge_arena_array(&pattern->arena, (size_t)count + 1, sizeof *pattern->names);
    pattern->group_numbers =
        forge_arena_array(&pattern->arena, (size_t)count + 1, sizeof *pattern->group_numbers);
    for (uint32_t i = 0; i < count; i++) {
        PCRE2_SPTR entry = table + (size_t)i * entry_size;
        uint32_t number = (uint32_t)entry[0] << 8 | entry[1], place = i;

        /* The table is sorted by name. */
        for (; place > 0 && pattern->group_numbers[place - 1] > number; place--) {
            pattern->group_numbers[place] = pattern->group_numbers[place - 1];
            pattern->names[place] = pattern->names[place - 1];
        }
        pattern->group_numbers[place] = number;
        pattern->names[place] = forge_arena_text(&pattern->arena, (const char *)entry + 2);
    }
}

static bool compile_code(pcre2_code **out, const char *text, size_t *at,
                         struct forge_error *err)
{
    const uint32_t options =
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    PCRE2_UCHAR message[256];
    PCRE2_SIZE offset = 0;
    int code = 0;

    *out = pcre2_compile((PCRE2_SPTR)text, strlen(text), options, &code, &offset, NULL);
    if (*out)
        return true;
    *at = offset;
    if (pcre2_get_error_message(code, message, sizeof message) < 0)
        message[0] = '\0';
    return forge_fail(err, FORGE_BAD_RECIPE, "pattern: %s", (const char *)message);
}

bool forge_pattern_compile(struct forge_pattern **out, const char *text, size_t *at,
                           struct forge_error *err)
{
    struct forge_pattern *pattern;
    pcre2_code *code;

    *at = 0;
    if (strlen(text) > FORGE_PATTERN_BYTES) {
        *at = FORGE_PATTERN_BYTES;
        return forge_fail(err, FORGE_BAD_RECIPE, "pattern: longer than %d bytes",
                          FORGE_PATTERN_BYTES);
    }
    if (strncmp(text, "(*", 2) == 0)
        return forge_fail(err, FORGE_BAD_RECIPE, "pattern: may not begin with \"(*\"");
    if (!compile_code(&code, text, at, err))
        return false;
    pattern = calloc(1, sizeof *pattern);
    if (!pattern)
        abort();
    pattern->code = code;
    pattern->text = forge_arena_text(&pattern->arena, text);
    set_names(pattern);
    *out = pattern;
    return true;
}

void forge_pattern_close(struct forge_pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    forge_arena_clear(&pattern->arena);
    free(pattern);
}

const char *const *forge_pattern_names(const struct forge_pattern *pattern)
{
    return pattern->names;
}

static void copy_groups(const char **groups, const struct forge_pattern *pattern,
                        pcre2_match_data *match, const char *subject, struct forge_arena *arena)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);

    for (size_t i = 0; pattern->names[i]; i++) {
        PCRE2_SIZE start = ends[2 * (size_t)pattern->group_numbers[i]];
        PCRE2_SIZE end = ends[2 * (size_t)pattern->group_numbers[i] + 1];

        groups[i] = start == PCRE2_UNSET || end < start
                        ? NULL
                        : forge_arena_copy(arena, subject + start, end - start);
    }
}

static uint32_t steps_for(size_t length)
{
    size_t share = STEPS_OF_ALL_STARTS / (length + 1);

    return share < STEP_LIMIT ? (uint32_t)share : STEP_LIMIT;
}

bool forge_pattern_search(bool *found, const char **groups, const struct forge_pattern *pattern,
                          const char *subject, struct forge_arena *arena,
                          struct forge_error *err)
{
    size_t length = strlen(subject);
    pcre2_match_context *limits;
    pcre2_match_data *match;
    int count;

    if (length > FORGE_PATTERN_SUBJECT_BYTES)
        return forge_fail(err, FORGE_FAILED, "a text of %zu bytes is too long for a pattern",
                          length);
    limits = pcre2_match_context_create(NULL);
    match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    if (!limits || !match)
        abort();
    pcre2_set_match_limit(limits, steps_for(length));
    pcre2_set_depth_limit(limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_LIMIT_KIB);
    count = pcre2_match(pattern->code, (PCRE2_SPTR)subject, length, 0, 0, match, limits);
    if (count > 0)
        copy_groups(groups, pattern, match, subject, arena);
    pcre2_match_data_free(match);
    pcre2_match_context_free(limits);
    if (count <= 0 && count != PCRE2_ERROR_NOMATCH)
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "pattern '%.200s' takes too many steps on \"%.200s\"", pattern->text,
                          subject);
    *found = count > 0;
    return true;
}

void forge_pcre2_version(struct forge_text *out)
{
    char version[64] = "";

    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof version)
        pcre2_config(PCRE2_CONFIG_VERSION, version);
    version[strcspn(version, " ")] = '\0'; /* and its date */
    forge_text_add(out, version);
}

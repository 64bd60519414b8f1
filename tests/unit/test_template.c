/* Templates: names of files out of keys, and what is said about those that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/template.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

static bool known_name(void *context, const char *name, struct forge_scalar *out)
{
    (void)context;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_TIME};
    if (strcmp(name, "time") == 0)
        return forge_time_parse(&out->integer, NULL, FORGE_CALENDAR_STANDARD,
                                "2017-03-04T05:06:07");
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING, .string = "salinity"};
    if (strcmp(name, "variable") == 0)
        return true;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER, .integer = 7};
    return strcmp(name, "run") == 0;
}

static bool known_table(void *context, const char *table, const char *key,
                        struct forge_scalar *out)
{
    (void)context;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING, .string = "s"};
    return strcmp(table, "letter") == 0 && strcmp(key, "salinity") == 0;
}

static const struct forge_scope scope = {.name = known_name, .table = known_table};

static void templates_are_filled(void **state)
{
    static const struct {
        const char *template, *want;
        bool plain;
    } rows[] = {
        {"a/{time:%Y%m}/x.{time:%Y%m%d}.nc", "a/201703/x.20170304.nc", false},
        {"{letter[variable]}_{run:03d}.nc", "s_007.nc", false},
        {"{variable}", "salinity", false},
        {"{time}", "2017-03-04T05:06:07", false},
        {"plain.nc", "plain.nc", true},
        {"", "", true},
        {"{{time}}", "{time}", true},
        {"{{{run}}}", "{7}", false},
        {"}}{{", "}{", true},
        {"{time:%H:%M}", "05:06", false},
        {"{year(time):05d}", "02017", false},
        {"{if(time >= 2017-01-01T06:00, 'a:b', 'c')}", "a:b", false},
        {"{2017-01-01T06:30:%H}", "06", false},
        {"{2017-01-01T06:30:15:%S}", "15", false},
        {"{2017-01-01T06:30}", "2017-01-01T06:30:00", false},
        {"{2017-01-01:%j}", "001", false},
        {"{'}' + \":\"}", "}:", false},
        {"{split('a:b', ':', 1)}", "b", false},
        {"{ run }", "7", false},
        {"{run * 1.5:.2f}", "10.50", false},
        {"{run}{run}", "77", false},
        {"http://x/{run}?a=b", "http://x/7?a=b", false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_template *template;
        struct forge_text text = {0};
        struct forge_error err;
        size_t at;

        if (!forge_template_parse(&template, &arena, rows[i].template, &at, &err) ||
            !forge_template_expand(&text, template, &scope, &arena, &err))
            fail_msg("%s: %s", rows[i].template, err.text);
        assert_string_equal(forge_text_string(&text), rows[i].want);
        assert_int_equal(forge_template_is_plain(template), rows[i].plain);
        forge_text_clear(&text);
        forge_arena_clear(&arena);
    }
}

static void mistakes_have_a_place_in_the_template(void **state)
{
    static const struct {
        const char *template;
        size_t at;
        const char *want;
    } rows[] = {
        {"a{time", 1, "the \"{\" here has no \"}\""},
        {"a{time:%Y", 6, "the format that begins here has no \"}\""},
        {"a{time:}", 6, "expected a format behind \":\""},
        {"a}b", 1, "a \"}\" without a \"{\"; the brace itself is \"}}\""},
        {"{time}}", 6, "a \"}\" without a \"{\"; the brace itself is \"}}\""},
        {"a{}", 2, "expected a value, but the text ends"},
        {"a{time +}b", 8, "expected a value, but the text ends"},
        {"{run}/{srqt(2)}", 7, "unknown function \"srqt\""},
        {"{'abc}", 0, "the \"{\" here has no \"}\""},
        {"{f(}", 1, "unknown function \"f\""},
        {"{abs(1:d}", 6, "unknown sign \":\""},
        {"{a{b}}", 2, "unknown sign \"{\""},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_template *template;
        struct forge_error err;
        size_t at = 99;

        assert_false(forge_template_parse(&template, &arena, rows[i].template, &at, &err));
        assert_string_equal(err.text, rows[i].want);
        assert_int_equal(at, rows[i].at);
        forge_arena_clear(&arena);
    }
}

static void values_that_cannot_be_written_are_told(void **state)
{
    static const struct {
        const char *template, *want, *help;
    } rows[] = {
        {"a{tine}", "unknown name \"tine\"", ""},
        {"a{missing}", "cannot write a missing value", ""},
        {"{time:04d}", "cannot write a time by the format \"04d\"",
         "a time is written by formats like %Y%m%d"},
        {"{run:%Y}", "cannot write an int by the format \"%Y\"",
         "a number is written by formats like 04d, .2f or +.1e"},
        {"{run}{run + 'x'}", "cannot add an int and a string", "in: run + 'x'"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_template *template;
        struct forge_text text = {0};
        struct forge_error err = {0};
        size_t at;

        forge_text_add(&text, "before");
        assert_true(forge_template_parse(&template, &arena, rows[i].template, &at, &err));
        assert_false(forge_template_expand(&text, template, &scope, &arena, &err));
        assert_string_equal(err.text, rows[i].want);
        assert_string_equal(err.help, rows[i].help);
        assert_string_equal(forge_text_string(&text), "before");
        forge_text_clear(&text);
        forge_arena_clear(&arena);
    }
}

static void long_templates_are_refused(void **state)
{
    static const struct {
        const char *begin;
        size_t count; /* of bytes that follow */
        const char *parse, *expand;
    } rows[] = {
        {"", 8192, NULL, NULL},
        {"", 8193, "a template longer than 8192 bytes", NULL},
        {"{variable}", 8182, NULL, NULL},
        {"{variable}{run}{time}", 8171, NULL, "a template writes more than 8192 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_template *template;
        struct forge_text text = {0}, out = {0};
        struct forge_error err = {0};
        size_t at;
        bool good;

        forge_text_add(&text, rows[i].begin);
        for (size_t k = 0; k < rows[i].count; k++)
            forge_text_add(&text, "x");
        good = forge_template_parse(&template, &arena, forge_text_string(&text), &at, &err);
        assert_int_equal(good, !rows[i].parse);
        if (good) {
            good = forge_template_expand(&out, template, &scope, &arena, &err);
            assert_int_equal(good, !rows[i].expand);
        }
        if (!good)
            assert_string_equal(err.text, rows[i].parse ? rows[i].parse : rows[i].expand);
        forge_text_clear(&text);
        forge_text_clear(&out);
        forge_arena_clear(&arena);
    }
}

static void note_name(void *context, const char *name, bool is_table, size_t at)
{
    forge_text_print(context, "%s%s@%zu ", name, is_table ? "[]" : "", at);
}

static void names_are_visited_with_their_places(void **state)
{
    struct forge_arena arena = {0};
    struct forge_template *template;
    struct forge_text text = {0};
    struct forge_error err;
    size_t at;

    (void)state;
    assert_true(forge_template_parse(&template, &arena, "{{a}}/{time:%Y}/{letter[ variable ]}",
                                     &at, &err));
    forge_template_names(template, note_name, &text);
    assert_string_equal(forge_text_string(&text), "time@7 letter[]@17 variable@25 ");
    forge_text_clear(&text);
    forge_arena_clear(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_filled),
        cmocka_unit_test(mistakes_have_a_place_in_the_template),
        cmocka_unit_test(values_that_cannot_be_written_are_told),
        cmocka_unit_test(long_templates_are_refused),
        cmocka_unit_test(names_are_visited_with_their_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

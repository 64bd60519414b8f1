/* Patterns: named groups out of paths, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "expression/pattern.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

static void named_groups_come_out_in_written_order(void **state)
{
    static const struct {
        const char *pattern, *subject;
        const char *want[3][2]; /* name, text; NULL text: took no part */
        bool missed;
    } rows[] = {
        {"(?<year>\\d{4})/(?<doy>\\d{3})\\.nc$",
         "a/2017/060.nc",
         {{"year", "2017"}, {"doy", "060"}},
         false},
        {"(?<zone>z\\d+)_(?<area>\\w+)\\.nc",
         "z12_north.nc",
         {{"zone", "z12"}, {"area", "north"}},
         false},
        {"(?<year>\\d{4})(?:_v(?<version>\\d+))?\\.nc",
         "x2017.nc",
         {{"year", "2017"}, {"version", NULL}},
         false},
        {"(?<a>x*)y", "y", {{"a", ""}}, false},
        {"(?<year>\\d{4})", "no digits", {{"year", NULL}}, true},
        {"\\.nc$", "a.nc", {{NULL, NULL}}, false},
        {"\\.nc$", "a.nc\n", {{NULL, NULL}}, true},
        {"(\\d+)-(?<b>\\d+)", "1-2", {{"b", "2"}}, false},
        {"^caf.$", "caf\xc3\xa9", {{NULL, NULL}}, false},
        {"(?<b>b)",
         "a\xff"
         "b",
         {{"b", "b"}},
         false},
        {"", "", {{NULL, NULL}}, false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_pattern *pattern;
        const char *groups[4] = {0};
        const char *const *names;
        struct forge_error err;
        bool found;
        size_t at;

        assert_true(forge_pattern_compile(&pattern, rows[i].pattern, &at, &err));
        assert_true(
            forge_pattern_search(&found, groups, pattern, rows[i].subject, &arena, &err));
        assert_int_equal(found, !rows[i].missed);
        names = forge_pattern_names(pattern);
        for (size_t k = 0; rows[i].want[k][0]; k++) {
            assert_string_equal(names[k], rows[i].want[k][0]);
            if (rows[i].want[k][1])
                assert_string_equal(groups[k], rows[i].want[k][1]);
            else
                assert_null(groups[k]);
        }
        forge_pattern_close(pattern);
        forge_arena_clear(&arena);
    }
}

static void mistakes_have_a_place(void **state)
{
    static const struct {
        const char *pattern;
        size_t at;
        const char *want;
    } rows[] = {
        {"(?<year>\\d{4}", 13, "pattern: missing closing parenthesis"},
        {"ab[c", 4, "pattern: missing terminating ] for character class"},
        {"a**+*", 2, "pattern: quantifier does not follow a repeatable item"},
        {"(?<a>x)(?<a>y)", 12,
         "pattern: two named subpatterns have the same name (PCRE2_DUPNAMES not set)"},
        {"(*LIMIT_MATCH=4000000000)x", 0, "pattern: may not begin with \"(*\""},
        {"(*UTF)x", 0, "pattern: may not begin with \"(*\""},
        {"a\\Cb", 3, "pattern: using \\C is disabled by the application"},
        {"a\xff", 1, "pattern: UTF-8 error: illegal byte (0xfe or 0xff)"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_pattern *pattern = NULL;
        struct forge_error err = {0};
        size_t at = 99;

        assert_false(forge_pattern_compile(&pattern, rows[i].pattern, &at, &err));
        assert_null(pattern);
        assert_string_equal(err.text, rows[i].want);
        assert_int_equal(at, rows[i].at);
        assert_int_equal(err.code, FORGE_BAD_RECIPE);
    }
}

static char *repeated(const char *what, size_t count, const char *end)
{
    size_t length = strlen(what), size = length * count + strlen(end) + 1;
    char *text = calloc(1, size);

    assert_non_null(text);
    for (size_t i = 0; i < length * count; i++)
        text[i] = what[i % length];
    snprintf(text + length * count, size - length * count, "%s", end);
    return text;
}

static void long_patterns_and_subjects_are_refused(void **state)
{
    char *longest = repeated("a", 1000, ""), *longer = repeated("a", 1001, "");
    char *subject = repeated("a", 8193, "");
    struct forge_arena arena = {0};
    struct forge_pattern *pattern;
    struct forge_error err;
    const char *groups[1];
    bool found;
    size_t at;

    (void)state;
    assert_false(forge_pattern_compile(&pattern, longer, &at, &err));
    assert_string_equal(err.text, "pattern: longer than 1000 bytes");
    assert_int_equal(at, 1000);
    assert_true(forge_pattern_compile(&pattern, longest, &at, &err));
    assert_false(forge_pattern_search(&found, groups, pattern, subject, &arena, &err));
    assert_string_equal(err.text, "a text of 8193 bytes is too long for a pattern");
    assert_true(forge_pattern_search(&found, groups, pattern, subject + 1, &arena, &err));
    assert_true(found);
    forge_pattern_close(pattern);
    forge_arena_clear(&arena);
    free(longest);
    free(longer);
    free(subject);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void catastrophic_patterns_end_quickly(void **state)
{
    static const struct {
        const char *pattern, *repeat, *end;
        size_t count;
        bool fails;
    } rows[] = {
        {"^(a+)+$", "a", "b", 40, true},
        {"(a|a)*[cd]", "a", "b", 4000, true},
        {"(?:a|a){11}[cd]", "a", "", 4000, false},
        {"(?:a|a){15}[cd]", "a", "", 100, false},
        {"(?:a|a){17}[cd]", "a", "", 100, true},
        {"(.*?,){11}[PQ]", "1,", "", 30, true},
        {"((?<x>a)(?&x)|a)*$", "a", "b", 3000, true},
        {"^(?:a?){60}a{60}$", "a", "", 60, true},
        {"(?=(a+))*a*[cd]", "a", "", 8000, false},
        {"(?:.*x|.*y|.*.*.*)[cd]", "a", "", 8000, true},
        {"^(?:ab)*$", "ab", "", 2000, false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *subject = repeated(rows[i].repeat, rows[i].count, rows[i].end);
        struct forge_arena arena = {0};
        struct forge_pattern *pattern;
        struct forge_error err = {0};
        const char *groups[2];
        double start = seconds();
        bool found;
        size_t at;

        assert_true(forge_pattern_compile(&pattern, rows[i].pattern, &at, &err));
        if (forge_pattern_search(&found, groups, pattern, subject, &arena, &err) ==
            rows[i].fails)
            fail_msg("%s: %s", rows[i].pattern, rows[i].fails ? "ended" : err.text);
        if (rows[i].fails)
            assert_non_null(strstr(err.text, "takes too many steps on \""));
        if (seconds() - start > 2)
            fail_msg("%s took %.1f seconds", rows[i].pattern, seconds() - start);
        forge_pattern_close(pattern);
        forge_arena_clear(&arena);
        free(subject);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_groups_come_out_in_written_order),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(long_patterns_and_subjects_are_refused),
        cmocka_unit_test(catastrophic_patterns_end_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

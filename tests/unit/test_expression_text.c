/* The text of expressions: mistakes and their places, limits, names, and writing values. */
#include "support/expression.h"

#include <stdio.h>

static void mistakes_of_the_text_have_a_place(void **state)
{
    static const struct row rows[] = {
        {"", "0: expected a value, but the text ends"},
        {"1 +", "3: expected a value, but the text ends"},
        {"1 + * 2", "4: expected a value, found *"},
        {"(1 + 2", "6: expected \")\", but the text ends"},
        {"(1 2)", "3: expected \")\", found 2"},
        {"1 2", "2: expected an operator or the end, found 2"},
        {"a b", "2: expected an operator or the end, found b"},
        {"1)", "1: expected an operator or the end, found )"},
        {"f(1,", "0: unknown function \"f\""},
        {"abs(1,", "6: expected a value, but the text ends"},
        {"abs(1 2)", "6: expected \",\", found 2"},
        {"abs(,1)", "4: expected a value, found ,"},
        {"letter[1", "8: expected \"]\", but the text ends"},
        {"and", "0: expected a value, found and"},
        {"1 + not true", "4: expected a value, found not"},
        {"1 < 2 < 3", "6: comparisons do not chain; write \"a < b and b < c\""},
        {"1 == 2 != 3", "7: comparisons do not chain; write \"a < b and b < c\""},
        {"srqt(2)", "0: unknown function \"srqt\"; did you mean \"sqrt\"?"},
        {"1 + atr('x')", "4: unknown function \"atr\"; did you mean \"attr\"?"},
        {"sqrt()", "0: sqrt with 0 arguments; it is sqrt(x)"},
        {"clip(1)", "0: clip with 1 argument; it is clip(x, low, high)"},
        {"if(a, b)", "0: if with 2 arguments; it is if(condition, a, b)"},
        {"attr()", "0: attr takes one or two arguments, not 0: attr(variable, \"name\")"},
        {"attr(1, 'x')", "5: attr needs the name of a variable first: attr(sst, \"units\")"},
        {"mean(x, lat)",
         "8: mean needs names of dimensions in quotes: mean(x) or mean(x, \"dimension\", ..)"},
        {"max(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17)", "43: more than 16 arguments"},
        {"match(s, 'a(b')", "13: pattern: missing closing parenthesis"},
        {"'abc", "0: the string that begins here has no end: '"},
        {"1 + \"x", "4: the string that begins here has no end: \""},
        {"a ** 2", "2: unknown sign \"**\"; write ^"},
        {"a && b", "2: unknown sign \"&&\"; write and"},
        {"a || b", "2: unknown sign \"||\"; write or"},
        {"!a", "0: unknown sign \"!\"; write not"},
        {"a = b", "2: unknown sign \"=\"; write =="},
        {"a ? b : c", "2: unknown sign \"?\"; write if(condition, a, b)"},
        {"a; b", "1: unknown sign \";\""},
        {"a {", "2: unknown sign \"{\""},
        {"a \x01", "2: unknown byte \\x01"},
        {"9223372036854775808", "0: 9223372036854775808 is too large for an int"},
        {"1 + 007",
         "4: 007 begins with a zero; write a number without it, a time as 2017-01-01"},
        {"2017-06",
         "5: 06 begins with a zero; write a number without it, a time as 2017-01-01"},
        {"8days",
         "0: \"8days\" is neither a number nor a duration; durations are in us, ms, s, min, h, "
         "d, w, mo or y: \"8d\""},
        {"1m",
         "0: \"1m\" is neither a number nor a duration; durations are in us, ms, s, min, h, d, "
         "w, mo or y: \"8d\""},
        {"3e",
         "0: \"3e\" is neither a number nor a duration; durations are in us, ms, s, min, h, d, "
         "w, mo or y: \"8d\""},
        {"1.5d", "0: \"1.5d\" is not a number"},
        {"1.2.3", "0: \"1.2.3\" is not a number"},
        {"2017-13-01", "0: 2017-13-01 is no time of any calendar"},
        {"x > 2017-01-32", "4: 2017-01-32 is no time of any calendar"},
        {"2017-01-01T25:00", "0: 2017-01-01T25:00 is no time of any calendar"},
    };

    CHECK_ROWS(rows);
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

static void long_and_deep_texts_are_refused(void **state)
{
    static const struct {
        const char *what, *end, *want;
        size_t count;
    } rows[] = {
        {" ", "1", "1", 4095},
        {" ", "1", "4096: an expression longer than 4096 bytes", 4096},
        {"(", "1", "64: the expression is nested deeper than 64", 2000},
        {"-", "1", "64: the expression is nested deeper than 64", 2000},
        {"not ", "true", "256: the expression is nested deeper than 64", 1000},
        {"1^", "1", "128: the expression is nested deeper than 64", 1000},
        {"1+", "1", "0: the expression is nested deeper than 64", 1000},
        {"1+", "1", "65", 64},
        {"1+", "1", "0: the expression is nested deeper than 64", 65},
        {"abs(", "1", "256: the expression is nested deeper than 64", 1000},
        {"t[", "1", "128: the expression is nested deeper than 64", 1000},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char *text = repeated(rows[i].what, rows[i].count, rows[i].end);
        char *got = outcome(text);

        assert_string_equal(got, rows[i].want);
        free(got);
        free(text);
    }
}

static void strings_cannot_grow_without_end(void **state)
{
    char *text = repeated("replace(", 6, "'xxxxxxxxxx'");
    struct forge_text all = {0};
    char *got;

    (void)state;
    forge_text_add(&all, text);
    for (int i = 0; i < 6; i++)
        forge_text_add(&all, ", 'x', 'xxxxxxxxxx')");
    got = outcome(forge_text_string(&all));
    assert_non_null(strstr(got, "error: a string longer than 8192 bytes"));
    free(got);
    free(text);
    forge_text_clear(&all);
}

struct visit {
    struct forge_text text;
};

static void note_name(void *context, const char *name, bool is_table, size_t at)
{
    struct visit *visit = context;

    forge_text_print(&visit->text, "%s%s@%zu ", name, is_table ? "[]" : "", at);
}

static void free_names_are_visited_with_their_places(void **state)
{
    static const struct row rows[] = {
        {"1 + 2", ""},
        {"time + lead", "time@0 lead@7 "},
        {"(time) * (lead)", "time@1 lead@10 "},
        {"letter[variable]", "letter[]@0 variable@7 "},
        {"key.time + file.stem", "key.time@0 file.stem@11 "},
        {"if(a > 2017-01-01, b, -c)", "a@3 b@19 c@23 "},
        {"attr(sst, name) + attr('x')", "name@10 "},
        {"true and missing", ""},
        {"mean(x, 'lat')", "x@5 "},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_expression *expression;
        struct visit visit = {{0}};
        struct forge_error err;
        size_t at;

        assert_true(forge_expression_parse(&expression, &arena, rows[i].text, &at, &err));
        forge_expression_names(expression, note_name, &visit);
        assert_string_equal(forge_text_string(&visit.text), rows[i].want);
        forge_text_clear(&visit.text);
        forge_arena_clear(&arena);
    }
}

#define NUMBER "a number is written by formats like 04d, .2f or +.1e"

static void values_are_written_by_formats(void **state)
{
    static const struct {
        struct forge_scalar value;
        const char *format, *want;
    } rows[] = {
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, NULL, "7"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "d", "7"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "03d", "007"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "%03d", "007"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "03", "007"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "4d", "   7"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, "+d", "+7"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = -7}, "04d", "-007"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 1234567}, "03d", "1234567"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = INT64_MIN}, "d", "-9223372036854775808"},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7}, ".2f", "7.00"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2}, "03d", "002"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5}, ".2f", "2.50"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5}, "06.1f", "0002.5"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5}, "+.1e", "+2.5e+00"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5}, "g", "2.5"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = -0.0}, NULL, "-0.0"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = INFINITY}, NULL, "inf"},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 1e16}, NULL, "1e+16"},
        {{.kind = FORGE_SCALAR_TIME}, NULL, "1970-01-01"},
        {{.kind = FORGE_SCALAR_TIME}, "%Y%m%d", "19700101"},
        {{.kind = FORGE_SCALAR_STRING, .string = "x"}, NULL, "x"},
        {{.kind = FORGE_SCALAR_FLAG, .flag = true}, NULL, "true"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_text text = {0};
        struct forge_error err = {0};

        assert_true(forge_scalar_format(&text, &rows[i].value, rows[i].format, &err));
        assert_string_equal(forge_text_string(&text), rows[i].want);
        forge_text_clear(&text);
    }
}

static void values_that_a_format_cannot_write_are_told(void **state)
{
    static const struct {
        struct forge_scalar value;
        const char *format, *want, *help;
    } rows[] = {
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7},
         "%Y",
         "cannot write an int by the format \"%Y\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7},
         ".2d",
         "cannot write an int by the format \".2d\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7},
         "0100000d",
         "cannot write an int by the format \"0100000d\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_INTEGER, .integer = 7},
         "",
         "cannot write an int by the format \"\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5},
         "%n",
         "cannot write a float by the format \"%n\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5},
         "03",
         "cannot write a float by the format \"03\"",
         NUMBER},
        {{.kind = FORGE_SCALAR_FLOAT, .number = 2.5},
         "03d",
         "2.5 is no whole number, as \"03d\" needs",
         ""},
        {{.kind = FORGE_SCALAR_TIME},
         "04d",
         "cannot write a time by the format \"04d\"",
         "a time is written by formats like %Y%m%d"},
        {{.kind = FORGE_SCALAR_TIME},
         "%Y%Q",
         "unknown conversion \"%Q\" in the format \"%Y%Q\"",
         ""},
        {{.kind = FORGE_SCALAR_STRING, .string = "x"},
         "s",
         "cannot write a string by the format \"s\"",
         ""},
        {{.kind = FORGE_SCALAR_FLAG}, "d", "cannot write a bool by the format \"d\"", ""},
        {{.kind = FORGE_SCALAR_DURATION, .duration = {1, 0}},
         "d",
         "cannot write a duration by the format \"d\"",
         ""},
        {{.kind = FORGE_SCALAR_MISSING}, NULL, "cannot write a missing value", ""},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_text text = {0};
        struct forge_error err = {0};

        assert_false(forge_scalar_format(&text, &rows[i].value, rows[i].format, &err));
        assert_string_equal(forge_text_string(&text), "");
        assert_string_equal(err.text, rows[i].want);
        assert_string_equal(err.help, rows[i].help);
        forge_text_clear(&text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_of_the_text_have_a_place),
        cmocka_unit_test(long_and_deep_texts_are_refused),
        cmocka_unit_test(strings_cannot_grow_without_end),
        cmocka_unit_test(free_names_are_visited_with_their_places),
        cmocka_unit_test(values_are_written_by_formats),
        cmocka_unit_test(values_that_a_format_cannot_write_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

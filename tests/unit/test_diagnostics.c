/* What the author of a recipe sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cmocka.h>

#include "document/diagnostics.h"

#include <string.h>

static struct forge_place at(unsigned line, unsigned column)
{
    return (struct forge_place){"recipe.yaml", line, column};
}

static void assert_shown(struct forge_diagnostics *diagnostics, const char *want)
{
    struct forge_text out = {0};

    forge_diagnostics_show(&out, diagnostics, false);
    assert_string_equal(forge_text_string(&out), want);
    forge_text_clear(&out);
    forge_arena_clear(diagnostics->arena);
}

static void a_mistake_is_shown_at_its_place_with_its_help(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {
        .arena = &arena, .source = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\ntraget:\n"};

    assert_false(forge_report(&d, FORGE_F017, at(14, 1), 6, "did you mean \"target\"?",
                              "unknown key \"%s\"", "traget"));
    assert_shown(&d, "error[F017]: unknown key \"traget\"\n"
                     "  --> recipe.yaml:14:1\n"
                     "   |\n"
                     "14 | traget:\n"
                     "   | ^^^^^^\n"
                     "   = help: did you mean \"target\"?\n"
                     "\n"
                     "1 mistake\n");
}

static void mistakes_are_sorted_by_place_and_counted(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena, .source = "a: 1\r\nb: 2\rc: 3"};

    (void)forge_report(&d, FORGE_F012, at(3, 4), 1, NULL, "third");
    (void)forge_report(&d, FORGE_F012, at(1, 4), 1, NULL, "first");
    (void)forge_report(&d, FORGE_F010, at(2, 1), 1, NULL, "second");
    (void)forge_report(&d, FORGE_F012, at(2, 1), 1, NULL, "second at the same place");
    (void)forge_report(&d, FORGE_F012, at(3, 4), 1, NULL, "third");
    assert_shown(&d, "error[F012]: first\n"
                     " --> recipe.yaml:1:4\n"
                     "  |\n"
                     "1 | a: 1\n"
                     "  |    ^\n"
                     "\n"
                     "error[F010]: second\n"
                     " --> recipe.yaml:2:1\n"
                     "  |\n"
                     "2 | b: 2\n"
                     "  | ^\n"
                     "\n"
                     "error[F012]: second at the same place\n"
                     " --> recipe.yaml:2:1\n"
                     "  |\n"
                     "2 | b: 2\n"
                     "  | ^\n"
                     "\n"
                     "error[F012]: third\n"
                     " --> recipe.yaml:3:4\n"
                     "  |\n"
                     "3 | c: 3\n"
                     "  |    ^\n"
                     "\n"
                     "4 mistakes\n");
}

static void the_caret_stands_below_what_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned column, width;
        const char *want;
    } rows[] = {
        {"a:\tb", 4, 1,
         "1 | a:    b\n"
         "  |       ^\n"},
        {"\ta", 1, 1,
         "1 |     a\n"
         "  | ^^^^\n"},
        {"gr\xc3\xbc\xc3\x9f: x", 7, 1,
         "1 | gr\xc3\xbc\xc3\x9f: x\n"
         "  |       ^\n"},
        {"\x1b[31m: x", 8, 1,
         "1 | \\x1b[31m: x\n"
         "  |           ^\n"},
        {"a\xff: x", 2, 1,
         "1 | a\\xff: x\n"
         "  |  ^^^^\n"},
        {"abc", 2, 100,
         "1 | abc\n"
         "  |  ^^\n"},
        {"abc", 4, 1,
         "1 | abc\n"
         "  |    ^\n"},
        {"abc", 4000000000U, 1,
         "1 | abc\n"
         "  |    ^\n"},
        {"", 1, 5,
         "1 | \n"
         "  | ^\n"},
        {"abc", 1, 0,
         "1 | abc\n"
         "  | ^\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_arena arena = {0};
        struct forge_diagnostics d = {.arena = &arena, .source = rows[i].line};
        struct forge_text out = {0};
        char *start;

        (void)forge_report(&d, FORGE_F001, at(1, rows[i].column), rows[i].width, NULL, "x");
        forge_diagnostics_show(&out, &d, false);
        start = strstr(out.bytes, "1 | ");
        assert_non_null(start);
        *(strstr(start, "\n\n1 mistake") + 1) = '\0';
        assert_string_equal(start, rows[i].want);
        forge_text_clear(&out);
        forge_arena_clear(&arena);
    }
}

static void of_a_long_line_the_part_around_the_mistake_is_shown(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena};
    char source[1001];

    for (size_t i = 0; i < sizeof source - 1; i++)
        source[i] = (char)('0' + i % 10);
    source[sizeof source - 1] = '\0';
    d.source = source;
    (void)forge_report(&d, FORGE_F001, at(1, 501), 3, NULL, "x");
    assert_shown(
        &d, "error[F001]: x\n"
            " --> recipe.yaml:1:501\n"
            "  |\n"
            "1 | ... 0123456789012345678901234567890123456789012345678901234567890123456789"
            "012345678901234567890123456789 ...\n"
            "  |                                                       ^^^\n"
            "\n"
            "1 mistake\n");
}

static void without_a_place_or_a_source_only_the_words_are_shown(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena, .source = "a: 1\n"};

    (void)forge_report(&d, FORGE_F001, (struct forge_place){0}, 1, "try again", "no place");
    (void)forge_report(&d, FORGE_F001, at(99, 1), 1, NULL, "no such line");
    assert_shown(&d, "error[F001]: no place\n"
                     "  = help: try again\n"
                     "\n"
                     "error[F001]: no such line\n"
                     "  --> recipe.yaml:99:1\n"
                     "\n"
                     "2 mistakes\n");
}

static void a_byte_order_mark_is_not_shown(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena,
                                  .source = "\xef\xbb\xbf"
                                            "a: 1\n"};

    (void)forge_report(&d, FORGE_F001, at(1, 1), 1, NULL, "x");
    assert_shown(&d, "error[F001]: x\n"
                     " --> recipe.yaml:1:1\n"
                     "  |\n"
                     "1 | a: 1\n"
                     "  | ^\n"
                     "\n"
                     "1 mistake\n");
}

static void nothing_a_recipe_says_is_obeyed(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena, .source = "\x1b]0;x\x07\n"};
    struct forge_place place = {"r\x1b[2J\n.yaml", 1, 1};

    (void)forge_report(&d, FORGE_F001, place, 1, "\x1b[1mhelp\nerror",
                       "a\nerror[F999]: \x1b[31m");
    assert_shown(&d, "error[F001]: a\\x0aerror[F999]: \\x1b[31m\n"
                     " --> r\\x1b[2J\\x0a.yaml:1:1\n"
                     "  |\n"
                     "1 | \\x1b]0;x\\x07\n"
                     "  | ^^^^\n"
                     "  = help: \\x1b[1mhelp\\x0aerror\n"
                     "\n"
                     "1 mistake\n");
}

static void at_most_a_hundred_are_kept_and_long_texts_are_cut(void **state)
{
    (void)state;
    static char longest[100000];
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena};
    struct forge_text out = {0};

    memset(longest, 'x', sizeof longest - 1);
    /* The cut would fall into this character. */
    longest[996] = (char)0xe6;
    longest[997] = (char)0xb0;
    longest[998] = (char)0xb4;
    (void)forge_report(&d, FORGE_F001, at(1, 1), 1, longest, "%s", longest);
    assert_int_equal(strlen(d.items[0].text), 999);
    assert_string_equal(d.items[0].text + 994, "xx...");
    assert_int_equal(strlen(d.items[0].help), 999);
    for (unsigned i = 2; i <= 150; i++)
        (void)forge_report(&d, FORGE_F001, at(i, 1), 1, NULL, "x");
    assert_int_equal(d.count, 100);
    forge_diagnostics_show(&out, &d, false);
    assert_non_null(strstr(out.bytes, "\n\n100 mistakes, and more that are not shown\n"));
    forge_text_clear(&out);
    forge_arena_clear(&arena);
}

static void colours_frame_the_same_words(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena, .source = "a\n"};
    struct forge_text out = {0};

    (void)forge_report(&d, FORGE_F001, at(1, 1), 1, "h", "t");
    forge_diagnostics_show(&out, &d, true);
    assert_string_equal(out.bytes, "\033[1;31merror[F001]\033[0m: \033[1mt\033[0m\n"
                                   "\033[1;34m -->\033[0m recipe.yaml:1:1\n"
                                   "\033[1;34m  |\033[0m\n"
                                   "\033[1;34m1 |\033[0m a\n"
                                   "\033[1;34m  |\033[0m \033[1;31m^\033[0m\n"
                                   "\033[1;34m  =\033[0m help: h\n"
                                   "\n"
                                   "1 mistake\n");
    forge_text_clear(&out);
    forge_arena_clear(&arena);
}

static void no_mistakes_are_shown_as_nothing(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena};

    assert_shown(&d, "");
}

static void mistakes_are_listed_as_json(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena};
    struct forge_text out = {0};

    forge_diagnostics_json(&out, &d);
    assert_string_equal(out.bytes, "[]");
    forge_text_clear(&out);
    (void)forge_report(&d, FORGE_F017, at(2, 1), 1, NULL, "b \"x\"");
    (void)forge_report(&d, FORGE_F004, at(1, 9), 1, "h", "a");
    forge_diagnostics_json(&out, &d);
    assert_string_equal(
        out.bytes,
        "[{\"code\":\"F004\",\"file\":\"recipe.yaml\",\"line\":1,\"column\":9,\"text\":\"a\","
        "\"help\":\"h\"},{\"code\":\"F017\",\"file\":\"recipe.yaml\",\"line\":2,\"column\":1,"
        "\"text\":\"b \\\"x\\\"\",\"help\":null}]");
    forge_text_clear(&out);
    forge_arena_clear(&arena);
}

static void every_fault_has_its_code_and_summary(void **state)
{
    (void)state;
    assert_string_equal(forge_fault_code(FORGE_F001), "F001");
    assert_string_equal(forge_fault_code(FORGE_F017), "F017");
    assert_string_equal(forge_fault_summary(FORGE_F017), "unknown key");
    for (unsigned i = 0; i < FORGE_FAULT_COUNT; i++) {
        assert_int_equal(strlen(forge_fault_code((enum forge_fault)i)), 4);
        assert_true(strlen(forge_fault_summary((enum forge_fault)i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_is_shown_at_its_place_with_its_help),
        cmocka_unit_test(mistakes_are_sorted_by_place_and_counted),
        cmocka_unit_test(the_caret_stands_below_what_is_shown),
        cmocka_unit_test(of_a_long_line_the_part_around_the_mistake_is_shown),
        cmocka_unit_test(without_a_place_or_a_source_only_the_words_are_shown),
        cmocka_unit_test(a_byte_order_mark_is_not_shown),
        cmocka_unit_test(nothing_a_recipe_says_is_obeyed),
        cmocka_unit_test(at_most_a_hundred_are_kept_and_long_texts_are_cut),
        cmocka_unit_test(colours_frame_the_same_words),
        cmocka_unit_test(no_mistakes_are_shown_as_nothing),
        cmocka_unit_test(mistakes_are_listed_as_json),
        cmocka_unit_test(every_fault_has_its_code_and_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* YAML as a tree of places: what is read, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "support/parsed.h"

static void unreadable_yaml_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"", "F001 1:1+1 the document is empty"},
        {"# only a comment\n", "F001 1:1+1 the document is empty"},
        {"a: 1\n  b: 2", "F001 2:4+1 \":\" is not expected here"},
        {"a: b: c", "F001 1:5+1 \":\" is not expected here"},
        {"a: 1\ntitle\n", "F001 2:1+1 expected \":\" after this key"},
        {"a: \"abc\nb: 1", "F001 1:4+1 the quote that begins here is not closed"},
        {"a: \"\\d+\"", "F001 1:5+1 this escape is unknown in double quotes"},
        {"a: 'it's'", "F001 1:8+1 text goes on behind the closing quote"},
        {"a: \"b\" c", "F001 1:8+1 text goes on behind the closing quote"},
        {"a:\n\tb: 1\n c: 2", "F001 2:1+1 a tab is not expected here"},
        {"a: %Y", "F001 1:4+1 a value cannot begin with \"%\""},
        {"a: @x", "F001 1:4+1 a value cannot begin with \"@\""},
        {"a: [1, 2\nb: 3", "F001 1:4+1 the \"[\" that begins here is not closed"},
        {"a: {x: 1\nb: 3", "F001 1:4+1 the \"{\" that begins here is not closed"},
        {"a: ]", "F001 1:4+1 a value is missing here"},
        {"a:\n - 1\n- 2", "F001 3:1+1 this does not fit into the map it stands in"},
        {"- 1\nb: 2", "F001 2:1+1 this does not fit into the list it stands in"},
        {"a: - 1", "F001 1:4+1 a list item is not expected here"},
        {"\"abc\" def", "F001 1:7+1 text behind the end of the document"},
        {"a: 1\n...\n\n foo", "F001 4:2+1 text behind the end of the document"},
        {"gr\xc3\xbc\xc3\x9f: a: b", "F001 1:8+1 \":\" is not expected here"},
        {"a: 1\r\nb: 2: 3", "F001 2:5+1 \":\" is not expected here"},
        {"a: 1\rb: 2: 3", "F001 2:5+1 \":\" is not expected here"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i].yaml, strlen(rows[i].yaml), rows[i].want, false);
}

/* The right-to-left override, as bytes: a literal would trouble those who read this file. */
static const char override[] = {'a', ':', ' ', (char)0xe2, (char)0x80, (char)0xae, '\0'};

static void characters_that_nobody_sees_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        size_t length;
        const char *want;
    } rows[] = {
        {"a: 1\0b", 6, "F001 1:5+1 a control or invisible character, U+0000"},
        {"a: 1\nb: \x1b[31m", 13, "F001 2:4+1 a control or invisible character, U+001B"},
        {"a: \x7f", 4, "F001 1:4+1 a control or invisible character, U+007F"},
        {"a: \xc2\x85", 5, "F001 1:4+1 a control or invisible character, U+0085"},
        {"a: \xe2\x80\xa8", 6, "F001 1:4+1 a control or invisible character, U+2028"},
        {override, 6, "F001 1:4+1 a control or invisible character, U+202E"},
        {"a: \xe2\x80\x8b", 6, "F001 1:4+1 a control or invisible character, U+200B"},
        {"a: \xef\xbb\xbf", 6, "F001 1:4+1 a control or invisible character, U+FEFF"},
        {"a: \xef\xbf\xbf", 6, "F001 1:4+1 a control or invisible character, U+FFFF"},
        {"gr\xc3\xbc\xc3\x9f: \xff", 9, "F001 1:7+1 byte 0xff is not UTF-8"},
        {"a: \xc3", 4, "F001 1:4+1 byte 0xc3 is not UTF-8"},
        {"\xff\xfe"
         "a\0",
         4, "F001 1:1+1 byte 0xff is not UTF-8"},
        {"a: \xed\xa0\x80", 6, "F001 1:4+1 byte 0xed is not UTF-8"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i].yaml, rows[i].length, rows[i].want, false);
}

static void features_that_recipes_do_not_use_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
        bool tree; /* there is something to go on with */
    } rows[] = {
        {"%YAML 1.2\n---\na: 1", "F002 1:1+5 directives are not used in recipes", false},
        {"# c\n\n  # d\n%TAG ! x\n---\na: 1", "F002 4:1+4 directives are not used in recipes",
         false},
        {"a: 1\n...\n%TAG ! x\n---\n", "F002 3:1+1 directives are not used in recipes", false},
        {"---\na: 1\n---\nb: 2", "F002 3:1+3 a second document begins here", false},
        {"a: 1\n...\n---\nb: 2", "F002 3:1+3 a second document begins here", false},
        {"a: &x 3\nb: 4", "F002 1:4+2 anchors are not used in recipes", true},
        {"a: &x [3]\nb: &y {c: 1}",
         "F002 1:4+2 anchors are not used in recipes\n"
         "F002 2:4+2 anchors are not used in recipes",
         true},
        {"a: [*_bnds, *b]",
         "F002 1:5+6 aliases are not used in recipes\n"
         "F002 1:13+2 aliases are not used in recipes",
         true},
        {"a: *.nc", "F002 1:4+1 aliases are not used in recipes", false},
        {"a: !!str 5", "F002 1:4+1 tags are not used in recipes", true},
        {"a: !foo\nb: !<tag:x> [1]",
         "F002 1:4+1 tags are not used in recipes\nF002 2:4+1 tags are not used in recipes",
         true},
        {"a: !x!y 1", "F002 1:4+1 tags are not used in recipes", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i].yaml, strlen(rows[i].yaml), rows[i].want, rows[i].tree);
}

static void expressions_that_yaml_cuts_must_be_quoted(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "url: {time:%Y}/x.nc",
        "url: {{ year }}/x",
        "url: {time:%Y}/{time:%m}/x.nc",
        "url: [a] + b",
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i], strlen(rows[i]), "F016 1:6+1 quote this expression", false);
    assert_mistakes("a: {{b}: 1}", 11, "F016 1:4+1 quote this expression", true);
}

static void keys_are_texts_given_once(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"a: 1\na: 2\nb: 3\n\"b\": 4\na: 5",
         "F004 2:1+1 \"a\" is given twice, first on line 1\n"
         "F004 5:1+1 \"a\" is given twice, first on line 1\n"
         "F004 4:1+3 \"b\" is given twice, first on line 3"},
        {"x: {a: 1, a: 2}", "F004 1:11+1 \"a\" is given twice, first on line 1"},
        {"? [a, b]\n: c", "F011 1:3+6 a key must be a word or a text"},
        {"{a: 1, ? : 2}", "F011 1:10+1 a key is missing here"},
        {"\"\": 2", "F011 1:1+2 a key is missing here"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i].yaml, strlen(rows[i].yaml), rows[i].want, true);
}

static void of_a_key_given_twice_the_first_counts(void **state)
{
    (void)state;
    struct forge_text out = {0};
    struct parsed p;

    parse(&p, "z: 1\na: 2\nz: 3\nb: 4\na: 5", 24);
    assert_true(p.good);
    assert_int_equal(p.root->count, 3);
    forge_node_canonical(&out, p.root);
    assert_string_equal(out.bytes, "{\"a\":2,\"b\":4,\"z\":1}");
    assert_string_equal(p.root->first->key, "z");
    assert_string_equal(p.root->first->next->key, "a");
    assert_string_equal(p.root->first->next->next->key, "b");
    assert_null(p.root->first->next->next->next);
    forge_text_clear(&out);
    forge_arena_clear(&p.arena);
}

static void assert_node(const struct forge_node *node, enum forge_node_kind kind, unsigned line,
                        unsigned column, unsigned width)
{
    assert_non_null(node);
    assert_int_equal(node->kind, kind);
    assert_int_equal(node->place.line, line);
    assert_int_equal(node->place.column, column);
    assert_int_equal(node->width, width);
}

static void every_node_knows_its_place(void **state)
{
    (void)state;
    static const char yaml[] = "\xef\xbb\xbfname: x\r\n"
                               "gr\xc3\xbc\xc3\x9f: \"two words\" # c\n"
                               "list: [1, {a: b}]\n"
                               "deep:\n"
                               "  - 'q'\n"
                               "  - |\n"
                               "    block\n"
                               "  - plain\n"
                               "    on two lines\n"
                               "\"k\":\n";
    const struct forge_node *node, *item;
    struct parsed p;

    parse(&p, yaml, strlen(yaml));
    assert_true(p.good);
    assert_int_equal(p.diagnostics.count, 0);
    assert_node(p.root, FORGE_NODE_MAP, 1, 1, 1);
    assert_int_equal(p.root->count, 5);
    node = forge_node_find(p.root, "name");
    assert_node(node, FORGE_NODE_TEXT, 1, 7, 1);
    assert_false(node->quoted);
    assert_int_equal(node->key_width, 4);
    node = forge_node_find(p.root, "gr\xc3\xbc\xc3\x9f");
    assert_node(node, FORGE_NODE_TEXT, 2, 7, 11);
    assert_true(node->quoted);
    assert_string_equal(node->text, "two words");
    assert_int_equal(node->key_place.line, 2);
    assert_int_equal(node->key_place.column, 1);
    assert_int_equal(node->key_width, 4);
    node = forge_node_find(p.root, "list");
    assert_node(node, FORGE_NODE_LIST, 3, 7, 11);
    assert_int_equal(node->count, 2);
    assert_node(node->first->next, FORGE_NODE_MAP, 3, 11, 6);
    item = forge_node_find(p.root, "deep")->first;
    assert_node(item, FORGE_NODE_TEXT, 5, 5, 3);
    item = item->next;
    assert_node(item, FORGE_NODE_TEXT, 6, 5, 1);
    assert_true(item->quoted);
    assert_string_equal(item->text, "block\n");
    item = item->next;
    assert_node(item, FORGE_NODE_TEXT, 8, 5, 1);
    assert_string_equal(item->text, "plain on two lines");
    node = forge_node_find(p.root, "k");
    assert_true(forge_node_is_null(node));
    assert_int_equal(node->key_width, 3);
    assert_null(forge_node_find(p.root, "nothing"));
    forge_arena_clear(&p.arena);
}

static void one_document_with_marks_is_fine(void **state)
{
    (void)state;
    assert_mistakes("---\na: 1\n", 9, "", true);
    assert_mistakes("--- # c\na: 1\n...\n", 17, "", true);
    assert_mistakes("a: 1\n...\n# c\n\n...\n", 18, "", true);
    assert_mistakes("a: \"\nx\n%y\"\n", 11, "", true);
    assert_mistakes("a: \xe2\x80\x8d\t\xf0\x9f\x8c\x8a", 11, "", true);
}

static const struct {
    const char *text;
    bool null, flag, integer, number;
    int64_t integer_is;
    double number_is;
} scalars[] = {
    {.text = "", .null = true},
    {.text = "~", .null = true},
    {.text = "null", .null = true},
    {.text = "nULL"},
    {.text = "true", .flag = true},
    {.text = "FALSE", .flag = true},
    {.text = "yes"},
    {.text = "NO"},
    {.text = "tRue"},
    {.text = "0", .integer = true, .number = true},
    {.text = "-0", .integer = true, .number = true},
    {.text = "007", .integer = true, .number = true, .integer_is = 7, .number_is = 7},
    {.text = "+12", .integer = true, .number = true, .integer_is = 12, .number_is = 12},
    {.text = "0x1F", .integer = true, .number = true, .integer_is = 31, .number_is = 31},
    {.text = "0o17", .integer = true, .number = true, .integer_is = 15, .number_is = 15},
    {.text = "0x"},
    {.text = "0o8"},
    {.text = "-0x1"},
    {.text = "9223372036854775807",
     .integer = true,
     .number = true,
     .integer_is = INT64_MAX,
     .number_is = 0x1p63},
    {.text = "-9223372036854775808",
     .integer = true,
     .number = true,
     .integer_is = INT64_MIN,
     .number_is = -0x1p63},
    {.text = "9223372036854775808", .number = true, .number_is = 0x1p63},
    {.text = "1_000"},
    {.text = "1:30"},
    {.text = "1.5", .number = true, .number_is = 1.5},
    {.text = "1.", .number = true, .number_is = 1},
    {.text = ".5", .number = true, .number_is = 0.5},
    {.text = "-.5e-1", .number = true, .number_is = -0.05},
    {.text = "1e3", .number = true, .number_is = 1000},
    {.text = "1e+3", .number = true, .number_is = 1000},
    {.text = "."},
    {.text = "+"},
    {.text = "-"},
    {.text = "1e"},
    {.text = "e3"},
    {.text = "1.5.2"},
    {.text = "1.5 "},
    {.text = "0x1p3"},
    {.text = "nan"},
    {.text = "inf"},
    {.text = ".inf", .number = true, .number_is = HUGE_VAL},
    {.text = "-.INF", .number = true, .number_is = -HUGE_VAL},
    {.text = "1e999", .number = true, .number_is = HUGE_VAL},
    {.text = "2020-01-01"},
};

static void plain_scalars_are_read_by_the_core_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        struct forge_node node = {.kind = FORGE_NODE_TEXT, .text = scalars[i].text};
        int64_t integer = 0;
        double number = 0;
        bool flag = false;

        assert_int_equal(forge_node_is_null(&node), scalars[i].null);
        assert_int_equal(forge_node_flag(&flag, &node), scalars[i].flag);
        assert_int_equal(forge_node_integer(&integer, &node), scalars[i].integer);
        assert_int_equal(integer, scalars[i].integer_is);
        assert_int_equal(forge_node_number(&number, &node), scalars[i].number);
        assert_true(number == scalars[i].number_is);
        node.quoted = true;
        assert_false(forge_node_is_null(&node) || forge_node_flag(&flag, &node) ||
                     forge_node_integer(&integer, &node) || forge_node_number(&number, &node));
    }
}

static void not_a_number_is_read(void **state)
{
    (void)state;
    struct forge_node node = {.kind = FORGE_NODE_TEXT, .text = ".nan"};
    double number = 0;

    assert_true(forge_node_number(&number, &node));
    assert_true(isnan(number));
    node = (struct forge_node){.kind = FORGE_NODE_LIST};
    assert_false(forge_node_number(&number, &node));
    assert_false(forge_node_is_null(&node));
}

static void canonical_json_tells_apart_what_readers_can(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"b: 1\na: {d: [x, y], c: }", "{\"a\":{\"c\":null,\"d\":[\"x\",\"y\"]},\"b\":1}"},
        {"a:  {'b':   \"c\"}  # c", "{\"a\":{\"b\":\"c\"}}"},
        {"[1, '1', 01, +1, 1.0, .5, 1., 1e5, 0x1, -0]",
         "[1,\"1\",{\"\":\"01\"},{\"\":\"+1\"},1.0,{\"\":\".5\"},{\"\":\"1.\"},1e5,"
         "{\"\":\"0x1\"},-0]"},
        {"[true, True, 'true', no, ~, null, '']",
         "[true,{\"\":\"True\"},\"true\",\"no\",null,null,\"\"]"},
        {"[.nan, -.inf, 1e999]", "[{\"\":\".nan\"},{\"\":\"-.inf\"},1e999]"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"a", "\"a\""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text out = {0};
        struct parsed p;

        parse(&p, rows[i].yaml, strlen(rows[i].yaml));
        assert_true(p.good);
        forge_node_canonical(&out, p.root);
        assert_string_equal(out.bytes, rows[i].want);
        forge_text_clear(&out);
        forge_arena_clear(&p.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unreadable_yaml_is_refused_at_its_place),
        cmocka_unit_test(characters_that_nobody_sees_are_refused),
        cmocka_unit_test(features_that_recipes_do_not_use_are_refused),
        cmocka_unit_test(expressions_that_yaml_cuts_must_be_quoted),
        cmocka_unit_test(keys_are_texts_given_once),
        cmocka_unit_test(of_a_key_given_twice_the_first_counts),
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(one_document_with_marks_is_fine),
        cmocka_unit_test(plain_scalars_are_read_by_the_core_schema),
        cmocka_unit_test(not_a_number_is_read),
        cmocka_unit_test(canonical_json_tells_apart_what_readers_can),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

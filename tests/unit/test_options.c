/* Tables of options: what is filled, and what the author of a recipe is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/option_tables.h"

struct reading {
    struct forge_arena arena;
    struct forge_diagnostics diagnostics;
    struct forge_node *root;
    bool good;
};

static void read_options(struct reading *r, void *settings, const struct forge_option *table,
                         const char *what, const char *yaml)
{
    *r = (struct reading){0};
    r->diagnostics.arena = &r->arena;
    assert_true(forge_document_parse(&r->root, &r->arena, "r.yaml", yaml, strlen(yaml),
                                     &r->diagnostics));
    r->good = forge_options_read(settings, table, r->root, r->root->place, what, &r->arena,
                                 &r->diagnostics);
    assert_int_equal(r->good, r->diagnostics.count == 0);
}

static void assert_mistakes(const struct forge_option *table, const char *what,
                            const char *yaml, const char *want)
{
    union {
        struct settings all;
        struct forge_pairs pairs;
    } settings = {0};
    struct forge_text got = {0};
    struct reading r;

    read_options(&r, &settings, table, what, yaml);
    for (size_t i = 0; i < r.diagnostics.count; i++) {
        const struct forge_diagnostic *item = &r.diagnostics.items[i];

        forge_text_print(&got, "%s%s %u:%u+%u %s", i > 0 ? "\n" : "",
                         forge_fault_code(item->fault), item->place.line, item->place.column,
                         item->width, item->text);
        if (item->help)
            forge_text_print(&got, " | %s", item->help);
    }
    assert_string_equal(forge_text_string(&got), want);
    forge_text_clear(&got);
    forge_arena_clear(&r.arena);
}

static void every_kind_is_filled(void **state)
{
    (void)state;
    static const char yaml[] = "text: 01\n"
                               "name: sst\n"
                               "integer: -5\n"
                               "least: 20.0\n"
                               "number: 1e-1\n"
                               "flag: false\n"
                               "choice: 1\n"
                               "bytes: 1.5 GiB\n"
                               "names: [sst, \"*_bnds\"]\n"
                               "texts: NO\n"
                               "node: [1]\n"
                               "null: ~\n"
                               "expression: where(a > 1.5, \"(\", b)[0]\n"
                               "inner: {text: t}\n"
                               "people: [{name: a}, {name: b, age: 4}]\n"
                               "one: {name: c}\n";
    struct settings s = {0};
    struct reading r;

    read_options(&r, &s, all_options, "the thing", yaml);
    assert_true(r.good);
    assert_string_equal(s.text, "01");
    assert_string_equal(s.name, "sst");
    assert_int_equal(s.integer, -5);
    assert_int_equal(s.least, 20);
    assert_true(s.number == 0.1);
    assert_false(s.flag);
    assert_ptr_equal(s.choice, calendars[3]);
    assert_int_equal(s.bytes, 3ULL << 29);
    assert_int_equal(s.names.count, 2);
    assert_string_equal(s.names.items[1], "*_bnds");
    assert_int_equal(s.names.nodes[1]->place.column, 14);
    assert_int_equal(s.texts.count, 1);
    assert_string_equal(s.texts.items[0], "NO");
    assert_int_equal(s.node->kind, FORGE_NODE_LIST);
    assert_true(forge_node_is_null(s.null));
    assert_string_equal(s.expression, "where(a > 1.5, \"(\", b)[0]");
    assert_string_equal(s.inner_text, "t");
    assert_int_equal(s.inner_number, 7);
    assert_int_equal(s.people.count, 2);
    assert_string_equal(((struct person *)s.people.items)[0].name, "a");
    assert_int_equal(((struct person *)s.people.items)[0].age, 30);
    assert_int_equal(((struct person *)s.people.items)[1].age, 4);
    assert_int_equal(s.people.nodes[1]->kind, FORGE_NODE_MAP);
    assert_int_equal(s.one.count, 1);
    assert_string_equal(((struct person *)s.one.items)[0].name, "c");
    forge_arena_clear(&r.arena);
}

static void what_is_not_given_has_its_fallback(void **state)
{
    (void)state;
    struct settings s = {0}, none = {0};
    struct reading r;

    read_options(&r, &s, all_options, "the thing", "{}");
    assert_true(r.good);
    assert_null(s.text);
    assert_int_equal(s.integer, 3);
    assert_true(s.number == 0.5);
    assert_true(s.flag);
    assert_string_equal(s.choice, "standard");
    assert_int_equal(s.bytes, 64 << 20);
    assert_int_equal(s.inner_number, 7);
    assert_null(s.inner_text);
    assert_int_equal(s.people.count, 0);
    assert_true(forge_options_read(&none, all_options, NULL, r.root->place, "the thing",
                                   &r.arena, &r.diagnostics));
    assert_string_equal(none.choice, "standard");
    assert_true(forge_options_read(NULL, NULL, NULL, r.root->place, "nothing", &r.arena,
                                   &r.diagnostics));
    assert_true(forge_options_read(NULL, NULL, r.root, r.root->place, "nothing", &r.arena,
                                   &r.diagnostics));
    forge_arena_clear(&r.arena);
}

static const struct {
    const char *yaml, *want;
} wrong_values[] = {
    {"text: [a]", "F011 1:7+3 text: expected a text, got a list"},
    {"text: {a: b}", "F011 1:7+6 text: expected a text, got a map"},
    {"text:", "F012 1:6+1 text: expected a text, got nothing"},
    {"text: ~", "F012 1:7+1 text: expected a text, got nothing"},
    {"name: a/b", "F019 1:7+3 name: \"a/b\" cannot be a name | a name has no \"/\", no "
                  "control characters and at most 255 bytes"},
    {"name: [a]", "F011 1:7+3 name: expected a name, got a list"},
    {"integer: two", "F012 1:10+3 integer: expected a whole number, got \"two\""},
    {"integer: 1.5", "F012 1:10+3 integer: expected a whole number, got \"1.5\""},
    {"integer: .inf", "F012 1:10+4 integer: expected a whole number, got \".inf\""},
    {"integer: '2'",
     "F012 1:10+3 integer: expected a whole number, got \"2\" | write it without quotes"},
    {"integer: 6", "F014 1:10+1 integer: expected -5 to 5, got 6"},
    {"integer: -6", "F014 1:10+2 integer: expected -5 to 5, got -6"},
    {"least: 0", "F014 1:8+1 least: expected at least 1, got 0"},
    {"least: 9223372036854775808",
     "F012 1:8+19 least: expected a whole number, got \"9223372036854775808\""},
    {"number: x", "F012 1:9+1 number: expected a number, got \"x\""},
    {"number: .nan", "F012 1:9+4 number: expected a number, got \".nan\""},
    {"number: 1e999", "F012 1:9+5 number: expected a number, got \"1e999\""},
    {"number: -1.51", "F014 1:9+5 number: expected -1.5 to 2, got -1.51"},
    {"flag: yes", "F012 1:7+3 flag: expected true or false, got \"yes\""},
    {"flag: 1", "F012 1:7+1 flag: expected true or false, got \"1\""},
    {"flag: 'true'", "F012 1:7+6 flag: expected true or false, got \"true\""},
    {"choice: nolaep", "F013 1:9+6 choice: expected one of standard, noleap, 360_day, 1, "
                       "got \"nolaep\" | did "
                       "you mean \"noleap\"?"},
    {"choice: lunar",
     "F013 1:9+5 choice: expected one of standard, noleap, 360_day, 1, got \"lunar\""},
    {"choice: {a: b}",
     "F011 1:9+6 choice: expected one of standard, noleap, 360_day, 1, got a map"},
    {"bytes: 64mb", "F012 1:8+4 bytes: expected a size such as 100MB or 64MiB, got \"64mb\""},
    {"bytes: -1", "F012 1:8+2 bytes: expected a size such as 100MB or 64MiB, got \"-1\""},
    {"bytes: 1.5", "F012 1:8+3 bytes: expected a size such as 100MB or 64MiB, got \"1.5\""},
    {"bytes: 1.5555MB",
     "F012 1:8+8 bytes: expected a size such as 100MB or 64MiB, got \"1.5555MB\""},
    {"bytes: 99999999999TiB",
     "F012 1:8+14 bytes: expected a size such as 100MB or 64MiB, got \"99999999999TiB\""},
    {"bytes: [1]", "F011 1:8+3 bytes: expected a size such as 100MB or 64MiB, got a list"},
    {"names: {a: b}", "F011 1:8+6 names: expected a name or a list of names, got a map"},
    {"names: [a, [b]]", "F011 1:12+3 names: expected a name or a list of names, got a list"},
    {"names: [a, ~, ..]",
     "F012 1:12+1 names: expected a name or a list of names, got nothing\n"
     "F019 1:15+2 names: \"..\" cannot be a name | a name has no \"/\", no control "
     "characters and at most 255 bytes"},
    {"texts:", "F012 1:7+1 texts: expected a text or a list of texts, got nothing"},
    {"node:", "F012 1:6+1 node: expected a value, got nothing"},
    {"inner: 3", "F011 1:8+1 inner: expected a map, got a single value | known keys: text, "
                 "number"},
    {"inner: {}", "F010 1:8+2 \"text\" is missing in inner: inside"},
    {"inner: {text: a, tex: b}",
     "F017 1:18+3 unknown key \"tex\" in inner | did you mean \"text\"?"},
    {"people: {name: a}", "F011 1:9+9 people: expected a list of maps, got a map"},
    {"people: a", "F011 1:9+1 people: expected a list of maps, got \"a\""},
    {"people: [a]", "F011 1:10+1 people: expected a map, got a single value | known keys: "
                    "name, age"},
    {"people: [{age: old}]", "F012 1:16+3 age: expected a whole number, got \"old\"\n"
                             "F010 1:10+10 \"name\" is missing in people: of the person"},
    {"one:", "F011 1:5+1 one: expected a list of maps, or one map, got nothing"},
    {"later: 1", "F028 1:1+5 \"later\" in the thing is not in this version of forge"},
};

static void values_of_the_wrong_kind_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_values); i++)
        assert_mistakes(all_options, "the thing", wrong_values[i].yaml, wrong_values[i].want);
}

static void keys_that_are_unknown_or_missing_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"form: 1981\nto: 1982",
         "F017 1:1+4 unknown key \"form\" in dates | did you mean "
         "\"from\"?\n"
         "F010 1:1+1 \"from\" is missing in dates: first key, inclusive"},
        {"from: 1\nto: 2\n\"colour\": 3",
         "F017 3:1+8 unknown key \"colour\" in dates | known keys: from, to, step"},
        {"{}", "F010 1:1+2 \"from\" is missing in dates: first key, inclusive\n"
               "F010 1:1+2 \"to\" is missing in dates: last key, inclusive"},
        {"[1]", "F011 1:1+3 dates: expected a map, got a list | known keys: from, to, step"},
        {"~", "F011 1:1+1 dates: expected a map, got nothing | known keys: from, to, step"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(dates_options, "dates", rows[i].yaml, rows[i].want);
    assert_mistakes(NULL, "codec crc32c", "{a: 1}",
                    "F017 1:2+1 unknown key \"a\" in codec crc32c | there is nothing to set");
    assert_mistakes(all_options, "the recipe", "txet: 1",
                    "F017 1:1+4 unknown key \"txet\" in the recipe | did you mean \"text\"?");
    assert_mistakes(all_options, "the recipe", "latre: 1",
                    "F017 1:1+5 unknown key \"latre\" in the recipe | known keys: text, name, "
                    "integer, least, number, flag, choice, bytes, names, texts, node, null, "
                    "expression, inner, people, one");
}

static void missing_keys_are_told_where_the_caller_says(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_diagnostics d = {.arena = &arena};
    struct dates s = {0};

    assert_false(forge_options_read(&s, dates_options, NULL,
                                    (struct forge_place){"r.yaml", 7, 3}, "dates", &arena, &d));
    assert_int_equal(d.count, 2);
    assert_int_equal(d.items[0].place.line, 7);
    assert_int_equal(d.items[0].place.column, 3);
    assert_string_equal(s.step, "1d");
    forge_arena_clear(&arena);
}

static void maps_of_names_are_checked_entry_by_entry(void **state)
{
    (void)state;
    static const struct {
        const struct forge_option *table;
        const char *what, *yaml, *want;
    } rows[] = {
        {chunks_options, "chunks", "{time: 20, lat: 1}", ""},
        {chunks_options, "chunks", "[20]", "F011 1:1+4 chunks: expected a map, got a list"},
        {chunks_options, "chunks", "{}", "F010 1:1+2 chunks is empty: dimension: length"},
        {chunks_options, "chunks", "{time: two, lat: 0, lon: }",
         "F012 1:8+3 time: expected a whole number, got \"two\"\n"
         "F014 1:18+1 lat: expected at least 1, got 0\n"
         "F012 1:26+1 lon: expected a whole number, got nothing"},
        {chunks_options, "chunks", "a/b: 1",
         "F019 1:1+3 chunks: \"a/b\" cannot be a name | a name has no \"/\", no control "
         "characters and at most 255 bytes"},
        {attributes_options, "attrs", "{a: ~, b: 1, c: [x]}", ""},
        {encodings_options, "variables", "{a: {name: x, age: 1}}", ""},
        {encodings_options, "variables", "{a: {age: x}}",
         "F012 1:11+1 age: expected a whole number, got \"x\"\n"
         "F010 1:5+8 \"name\" is missing in a: of the person"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_mistakes(rows[i].table, rows[i].what, rows[i].yaml, rows[i].want);
}

static void entries_keep_their_order(void **state)
{
    (void)state;
    struct forge_pairs pairs = {0};
    struct reading r;

    read_options(&r, &pairs, chunks_options, "chunks", "{time: 20, lat: 1}");
    assert_int_equal(pairs.count, 2);
    assert_string_equal(pairs.nodes[0]->key, "time");
    assert_string_equal(pairs.nodes[1]->text, "1");
    forge_arena_clear(&r.arena);
}

static void unquoted_expressions_that_yaml_cuts_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"{v: \"where(a, b, c)\"}", ""},
        {"v: where(a, b, c)", ""},
        {"v: a['x'] + 2", ""},
        {"v: 2", ""},
        {"{v: where(a, b, c)}", "F016 1:5+7 v: quote this expression | HELP"},
        {"{v: max(a, b), w: (b}", "F016 1:5+5 v: quote this expression | HELP\n"
                                  "F016 1:19+2 w: quote this expression | HELP"},
        {"v: {time:%Y}", "F016 1:4+9 v: quote this expression | HELP"},
        {"v: [a, b]", "F016 1:4+6 v: quote this expression | HELP"},
        {"{v: a) + (b}", "F016 1:5+7 v: quote this expression | HELP"},
        {"{v: b, w: }", "F012 1:11+1 w: expected an expression, got nothing"},
    };
    static const char help[] = "YAML reads only a part of it; in quotes it is read as a whole";

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text want = {0};
        const char *rest = rows[i].want, *at;

        for (; (at = strstr(rest, "HELP")); rest = at + 4) {
            forge_text_add_bytes(&want, rest, (size_t)(at - rest));
            forge_text_add(&want, help);
        }
        forge_text_add(&want, rest);
        assert_mistakes(set_options, "transform set", rows[i].yaml, forge_text_string(&want));
        forge_text_clear(&want);
    }
}

static void a_value_may_stand_for_itself(void **state)
{
    (void)state;
    struct forge_names names = {0};
    struct codec codec = {0};
    struct reading r;

    read_options(&r, &names, names_options, "transform drop", "ice");
    assert_int_equal(names.count, 1);
    assert_string_equal(names.items[0], "ice");
    forge_arena_clear(&r.arena);
    read_options(&r, &names, names_options, "transform drop", "[a, b]");
    assert_int_equal(names.count, 2);
    forge_arena_clear(&r.arena);
    read_options(&r, &codec, codec_options, "codec", "gzip");
    assert_string_equal(codec.name, "gzip");
    assert_int_equal(codec.level, 5);
    forge_arena_clear(&r.arena);
    read_options(&r, &codec, codec_options, "codec", "{id: zstd, level: 7}");
    assert_string_equal(codec.name, "zstd");
    assert_int_equal(codec.level, 7);
    forge_arena_clear(&r.arena);
    assert_mistakes(codec_options, "codec", "{level: 1}",
                    "F010 1:1+10 \"id\" is missing in codec: its name");
    assert_mistakes(codec_options, "codec", "[a]",
                    "F011 1:1+3 codec: expected a name, got a list");
    assert_mistakes(names_options, "transform drop", "{a: b}",
                    "F011 1:1+6 transform drop: expected a name or a list of names, got a map");
    assert_mistakes(
        names_options, "transform drop", "~",
        "F012 1:1+1 transform drop: expected a name or a list of names, got nothing");
}

static void sizes_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"0", 0},
        {"1000", 1000},
        {"1e3", 1000},
        {"'12'", 12},
        {"7B", 7},
        {"1kB", 1000},
        {"100MB", 100000000},
        {"64MiB", 64 << 20},
        {"64 MiB", 64 << 20},
        {"0.5KiB", 512},
        {"1.005GB", 1005000000},
        {"16777215TiB", 16777215ULL << 40},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct settings s = {0};
        struct forge_text yaml = {0};
        struct reading r;

        forge_text_print(&yaml, "bytes: %s", rows[i].text);
        read_options(&r, &s, all_options, "the thing", yaml.bytes);
        assert_true(r.good);
        assert_true(s.bytes == rows[i].want);
        forge_text_clear(&yaml);
        forge_arena_clear(&r.arena);
    }
}

static void names_are_safe_or_refused(void **state)
{
    (void)state;
    char longest[257];
    static const struct {
        const char *name;
        bool want;
    } rows[] = {
        {"sst", true},   {"gr\xc3\xbc\xc3\x9f e", true},
        {"...", true},   {"", false},
        {".", false},    {"..", false},
        {"a/b", false},  {"a\nb", false},
        {"\x7f", false}, {"\xc2\x85", false},
        {"\xff", false}, {"*_bnds?", true},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(forge_name_is_safe(rows[i].name), rows[i].want);
    memset(longest, 'x', 256);
    longest[255] = '\0';
    assert_true(forge_name_is_safe(longest));
    longest[255] = 'x';
    longest[256] = '\0';
    assert_false(forge_name_is_safe(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_filled),
        cmocka_unit_test(what_is_not_given_has_its_fallback),
        cmocka_unit_test(values_of_the_wrong_kind_are_told),
        cmocka_unit_test(keys_that_are_unknown_or_missing_are_told),
        cmocka_unit_test(missing_keys_are_told_where_the_caller_says),
        cmocka_unit_test(maps_of_names_are_checked_entry_by_entry),
        cmocka_unit_test(entries_keep_their_order),
        cmocka_unit_test(unquoted_expressions_that_yaml_cuts_are_told),
        cmocka_unit_test(a_value_may_stand_for_itself),
        cmocka_unit_test(sizes_are_read_exactly),
        cmocka_unit_test(names_are_safe_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

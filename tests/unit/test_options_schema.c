/* Tables of options as JSON Schema, and as help for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "document/json.h"
#include "support/option_tables.h"

#define TEXT "\"type\":[\"string\",\"number\",\"boolean\"]"
#define NAME                                                                                   \
    TEXT ",\"pattern\":\"^(?!\\\\.{1,2}$)[^/\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f]{1,255}$\""

static void tables_are_schemas(void **state)
{
    (void)state;
    static const struct {
        const struct forge_option *table;
        const char *want;
    } rows[] = {
        {NULL, "{\"type\":\"object\",\"additionalProperties\":false}"},
        {dates_options,
         "{\"type\":\"object\",\"properties\":{"
         "\"from\":{\"description\":\"first key, inclusive\"," TEXT "},"
         "\"to\":{\"description\":\"last key, inclusive\"," TEXT "},"
         "\"step\":{\"description\":\"such as 1d\",\"default\":\"1d\"," TEXT "}},"
         "\"required\":[\"from\",\"to\"],\"additionalProperties\":false}"},
        {chunks_options,
         "{\"type\":\"object\",\"properties\":{},\"minProperties\":1,\"propertyNames\":{"
         "\"pattern\":\"^(?!\\\\.{1,2}$)[^/\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f]{1,255}$\"},"
         "\"additionalProperties\":{\"description\":\"dimension: length\",\"type\":\"integer\","
         "\"minimum\":1}}"},
        {names_options, "{\"description\":\"variables\",\"anyOf\":[{" NAME
                        "},{\"type\":\"array\",\"items\":{" NAME "}}]}"},
        {codec_options,
         "{\"anyOf\":[{\"description\":\"just a name\"," NAME "},{\"type\":\"object\","
         "\"properties\":{\"id\":{\"description\":\"its name\"," NAME "},\"level\":{"
         "\"description\":\"how "
         "hard\",\"default\":5,\"type\":\"integer\"}},\"required\":[\"id\"],"
         "\"additionalProperties\":false}]}"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text out = {0};

        forge_options_schema(&out, rows[i].table);
        assert_string_equal(out.bytes, rows[i].want);
        forge_text_clear(&out);
    }
}

/* What the schema says of one option of all_options, written without its description. */
static void every_kind_has_its_schema(void **state)
{
    (void)state;
    static const struct {
        const char *option, *want;
    } rows[] = {
        {"integer", "\"default\":3,\"type\":\"integer\",\"minimum\":-5,\"maximum\":5}"},
        {"least", "\"type\":\"integer\",\"minimum\":1,\"maximum\":9000000000000000}"},
        {"number", "\"default\":0.5,\"type\":\"number\",\"minimum\":-1.5,\"maximum\":2}"},
        {"flag", "\"default\":true,\"type\":\"boolean\"}"},
        {"choice", "\"default\":\"standard\",\"enum\":[\"standard\",\"noleap\",\"360_day\","
                   "\"1\",1.0]}"},
        {"bytes", "\"default\":\"64MiB\",\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},"
                  "{\"type\":\"string\",\"pattern\":\"^[0-9]+$|^[0-9]+([.][0-9]{1,3})? "
                  "?([kKMGT]?B|[KMGT]iB)$\"}]}"},
        {"texts", "\"anyOf\":[{" TEXT "},{\"type\":\"array\",\"items\":{" TEXT "}}]}"},
        {"node", "\"not\":{\"type\":\"null\"}}"},
        {"null", "\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"},
        {"inner",
         "\"type\":\"object\",\"properties\":{\"text\":{\"description\":\"inside\"," TEXT
         "},\"number\":{\"description\":\"inside\",\"default\":7,\"type\":\"integer\"}},"
         "\"required\":[\"text\"],\"additionalProperties\":false}"},
    };
    struct forge_text out = {0};

    forge_options_schema(&out, all_options);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text start = {0};
        const char *at;

        forge_text_print(&start, "\"%s\":{\"description\":\"", rows[i].option);
        at = strstr(out.bytes, start.bytes);
        assert_non_null(at);
        at = strchr(at + start.length, '"') + 1;
        at += *at == ',';
        assert_int_equal(strncmp(at, rows[i].want, strlen(rows[i].want)), 0);
        forge_text_clear(&start);
    }
    assert_null(strstr(out.bytes, "later"));
    forge_text_clear(&out);
}

static void every_schema_is_json(void **state)
{
    (void)state;
    static const struct forge_option *const tables[] = {
        all_options,        dates_options, chunks_options,
        attributes_options, set_options,   encodings_options,
        names_options,      codec_options, NULL,
    };

    for (size_t i = 0; i < COUNT(tables); i++) {
        struct forge_arena arena = {0};
        struct forge_text out = {0};
        struct forge_json_value *value = NULL;
        struct forge_error err;

        forge_options_schema(&out, tables[i]);
        assert_true(forge_json_parse(&value, &arena, out.bytes, out.length, &err));
        assert_int_equal(value->kind, FORGE_JSON_OBJECT);
        forge_text_clear(&out);
        forge_arena_clear(&arena);
    }
}

static void tables_are_help_for_people(void **state)
{
    (void)state;
    struct forge_text out = {0};

    forge_options_help(&out, dates_options);
    forge_options_help(&out, chunks_options);
    forge_options_help(&out, names_options);
    assert_string_equal(out.bytes,
                        "  from  first key, inclusive (a text; required)\n"
                        "  to    last key, inclusive (a text; required)\n"
                        "  step  such as 1d (a text; default 1d)\n"
                        "  NAME  dimension: length (a whole number; required)\n"
                        "  VALUE  variables (a name or a list of names; required)\n");
    forge_text_clear(&out);
    forge_options_help(&out, all_options);
    assert_non_null(strstr(out.bytes, "\n  choice      as in CF (one of standard, noleap, "
                                      "360_day, 1; default standard)\n"));
    assert_non_null(strstr(out.bytes, "\n  node        anything\n"));
    assert_non_null(strstr(out.bytes, "\n  people      who (a list of maps)\n"
                                      "      name  of the person (a text; required)\n"
                                      "      age   in years (a whole number; default 30)\n"));
    assert_null(strstr(out.bytes, "later"));
    forge_text_clear(&out);
    forge_options_help(&out, NULL);
    assert_string_equal(forge_text_string(&out), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_schemas),
        cmocka_unit_test(every_kind_has_its_schema),
        cmocka_unit_test(every_schema_is_json),
        cmocka_unit_test(tables_are_help_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

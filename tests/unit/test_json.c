/* JSON in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cmocka.h>

#include "document/json.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void doubles_are_written_in_their_shortest_exact_form(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *want;
    } rows[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {0.1, "0.1"},
        {-273.15, "-273.15"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {1e20, "1e+20"},
        {1e15, "1e+15"},
        {123456789012345, "123456789012345.0"},
        {9007199254740992.0, "9007199254740992.0"},
        {0x1p60, "1.152921504606847e+18"},
        {NAN, "\"NaN\""},
        {INFINITY, "\"Infinity\""},
        {-INFINITY, "\"-Infinity\""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text out = {0};
        struct forge_json json = {.out = &out};

        forge_json_number(&json, rows[i].number);
        assert_string_equal(forge_text_string(&out), rows[i].want);
        forge_text_clear(&out);
    }
}

static void float32s_are_written_in_their_shortest_exact_form(void **state)
{
    (void)state;
    static const struct {
        float number;
        const char *want;
    } rows[] = {
        {0.1F, "0.1"},
        {16777216.0F, "16777216.0"},
        {1.0F / 3, "0.33333334"},
        {1e20F, "1e+20"},
        {FLT_MAX, "3.4028235e+38"},
        {9.96921e36F, "9.96921e+36"},
        {NAN, "\"NaN\""},
        {-0.0F, "-0.0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text out = {0};
        struct forge_json json = {.out = &out};

        forge_json_float32(&json, rows[i].number);
        assert_string_equal(forge_text_string(&out), rows[i].want);
        forge_text_clear(&out);
    }
}

/* A fixed generator: the same numbers on every run. */
static uint64_t next_bits(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed ^ *seed >> 29;
}

static void every_double_reads_back_as_itself(void **state)
{
    (void)state;
    uint64_t seed = 1;
    int finite = 0;

    for (int i = 0; i < 20000; i++) {
        struct forge_text out = {0};
        struct forge_json json = {.out = &out};
        uint64_t bits = next_bits(&seed);
        double number;

        memcpy(&number, &bits, sizeof number);
        if (isfinite(number)) {
            double back;

            forge_json_number(&json, number);
            back = strtod(out.bytes, NULL);
            assert_memory_equal(&back, &number, sizeof number);
            assert_non_null(strpbrk(out.bytes, ".e"));
            finite++;
        }
        forge_text_clear(&out);
    }
    assert_true(finite > 19000);
}

/* The right-to-left override, as bytes: a literal would trouble those who read this file. */
static const char override[] = {(char)0xe2, (char)0x80, (char)0xae, '\0'};

static void strings_are_escaped_and_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *given, *want;
    } rows[] = {
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\""},
        {"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8c\x8a\""},
        {override, "\"\\u202e\""},
        {"\xf3\xa0\x80\x81", "\"\\udb40\\udc01\""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_text out = {0};
        struct forge_json json = {.out = &out};
        struct forge_json_value *value = NULL;
        struct forge_error err;

        forge_json_string(&json, rows[i].given);
        assert_string_equal(forge_text_string(&out), rows[i].want);
        assert_true(forge_json_parse(&value, &arena, out.bytes, out.length, &err));
        assert_string_equal(value->string, rows[i].given);
        forge_text_clear(&out);
        forge_arena_clear(&arena);
    }
}

static void bytes_that_are_not_utf8_become_the_replacement_character(void **state)
{
    (void)state;
    struct forge_text out = {0};
    struct forge_json json = {.out = &out};

    forge_json_string(&json, "a\xff\xc3z");
    assert_string_equal(out.bytes, "\"a\\ufffd\\ufffdz\"");
    forge_text_clear(&out);
}

static void write_sample(struct forge_json *json)
{
    forge_json_object(json);
    forge_json_key(json, "a");
    forge_json_array(json);
    forge_json_integer(json, INT64_MIN);
    forge_json_unsigned(json, UINT64_MAX);
    forge_json_flag(json, true);
    forge_json_null(json);
    forge_json_close(json, ']');
    forge_json_key(json, "b");
    forge_json_object(json);
    forge_json_close(json, '}');
    forge_json_key(json, "c");
    forge_json_array(json);
    forge_json_array(json);
    forge_json_close(json, ']');
    forge_json_raw(json, "{\"raw\":1}");
    forge_json_close(json, ']');
    forge_json_close(json, '}');
}

static void containers_nest_compact_and_indented(void **state)
{
    (void)state;
    struct forge_text out = {0};
    struct forge_json compact = {.out = &out};
    struct forge_json pretty = {.out = &out, .indent = 2};

    write_sample(&compact);
    assert_string_equal(out.bytes,
                        "{\"a\":[-9223372036854775808,18446744073709551615,true,null]"
                        ",\"b\":{},\"c\":[[],{\"raw\":1}]}");
    forge_text_clear(&out);
    write_sample(&pretty);
    assert_string_equal(out.bytes, "{\n"
                                   "  \"a\": [\n"
                                   "    -9223372036854775808,\n"
                                   "    18446744073709551615,\n"
                                   "    true,\n"
                                   "    null\n"
                                   "  ],\n"
                                   "  \"b\": {},\n"
                                   "  \"c\": [\n"
                                   "    [],\n"
                                   "    {\"raw\":1}\n"
                                   "  ]\n"
                                   "}");
    forge_text_clear(&out);
}

static void a_document_is_read_in_written_order(void **state)
{
    (void)state;
    static const char text[] =
        "{\"z\": [1, 2.5, 1e3, -0.0, true, false, null, \"s\"], \"a\": {}}";
    struct forge_arena arena = {0};
    struct forge_json_value *root = NULL;
    const struct forge_json_value *item;
    struct forge_error err;

    assert_true(forge_json_parse(&root, &arena, text, strlen(text), &err));
    assert_int_equal(root->kind, FORGE_JSON_OBJECT);
    assert_int_equal(root->count, 2);
    assert_string_equal(root->first->key, "z");
    assert_string_equal(root->first->next->key, "a");
    assert_null(forge_json_find(root, "b"));
    item = forge_json_find(root, "z")->first;
    assert_int_equal(item->kind, FORGE_JSON_INTEGER);
    assert_int_equal(item->integer, 1);
    assert_true(item->number == 1.0);
    item = item->next;
    assert_int_equal(item->kind, FORGE_JSON_NUMBER);
    assert_true(item->number == 2.5);
    item = item->next;
    assert_int_equal(item->kind, FORGE_JSON_NUMBER);
    assert_true(item->number == 1000);
    item = item->next;
    assert_true(item->number == 0 && signbit(item->number));
    item = item->next;
    assert_int_equal(item->kind, FORGE_JSON_FLAG);
    assert_true(item->flag);
    assert_false(item->next->flag);
    item = item->next->next;
    assert_int_equal(item->kind, FORGE_JSON_NULL);
    assert_string_equal(item->next->string, "s");
    assert_null(item->next->next);
    forge_arena_clear(&arena);
}

static void what_is_not_plain_json_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "line 1, column 0 is not JSON: unexpected token near end of file"},
        {"{", "line 1, column 1 is not JSON: string or '}' expected near end of file"},
        {"{\"a\":1,\"a\":2}",
         "line 1, column 10 is not JSON: duplicate object key near '\"a\"'"},
        {"[1] x", "line 1, column 5 is not JSON: end of file expected near 'x'"},
        {"[\"\\u0000\"]", "line 1, column 9 is not JSON: a string holds \\u0000"},
        {"[NaN]", "line 1, column 4 is not JSON: invalid token near 'NaN'"},
        {"[01]", "line 1, column 2 is not JSON: invalid token near '0'"},
        {"[9223372036854775808]",
         "line 1, column 20 is not JSON: too big integer near '9223372036854775808'"},
        {"[1e999]", "line 1, column 6 is not JSON: real number overflow near '1e999'"},
        {"[1,\n\"\xff\"]",
         "line 2, column 1 is not JSON: unable to decode byte 0xff near '\"'"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_json_value *root = NULL;
        struct forge_error err = {0};

        assert_false(forge_json_parse(&root, &arena, rows[i].text, strlen(rows[i].text), &err));
        assert_null(root);
        assert_string_equal(err.text, rows[i].want);
        forge_arena_clear(&arena);
    }
}

static bool nested(int depth, struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_json_value *root = NULL;
    struct forge_text text = {0};
    bool good;

    for (int i = 0; i < depth; i++)
        forge_text_add(&text, "[");
    for (int i = 0; i < depth; i++)
        forge_text_add(&text, "]");
    good = forge_json_parse(&root, &arena, text.bytes, text.length, err);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return good;
}

static void depth_and_length_are_limited(void **state)
{
    (void)state;
    struct forge_arena arena = {0};
    struct forge_json_value *root = NULL;
    struct forge_error err = {0};

    assert_true(nested(64, &err));
    assert_false(nested(65, &err));
    assert_string_equal(err.text, "the JSON is nested more than 64 deep");
    assert_false(nested(1000000, &err));
    assert_false(forge_json_parse(&root, &arena, "[", (64U << 20) + 1, &err));
    assert_string_equal(err.text, "the JSON is longer than 64 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_written_in_their_shortest_exact_form),
        cmocka_unit_test(float32s_are_written_in_their_shortest_exact_form),
        cmocka_unit_test(every_double_reads_back_as_itself),
        cmocka_unit_test(strings_are_escaped_and_round_trip),
        cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement_character),
        cmocka_unit_test(containers_nest_compact_and_indented),
        cmocka_unit_test(a_document_is_read_in_written_order),
        cmocka_unit_test(what_is_not_plain_json_is_refused),
        cmocka_unit_test(depth_and_length_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

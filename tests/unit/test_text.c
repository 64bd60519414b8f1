/* Bytes that grow, and small questions about names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/budget.h"
#include "base/text.h"

#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void text_grows_and_stays_terminated(void **state)
{
    (void)state;
    struct forge_text text = {0};
    char big[1000];

    assert_string_equal(forge_text_string(&text), "");
    forge_text_add_bytes(&text, NULL, 0);
    assert_string_equal(text.bytes, "");
    forge_text_print(&text, "%d-%s", 12, "ab");
    forge_text_add(&text, "!");
    assert_string_equal(forge_text_string(&text), "12-ab!");
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 100; i++)
        forge_text_add_bytes(&text, big, sizeof big);
    assert_int_equal(text.length, 100006);
    assert_int_equal(strlen(text.bytes), 100006);
    forge_text_clear(&text);
    assert_null(text.bytes);
    assert_string_equal(forge_text_string(&text), "");
}

/* The right-to-left override and the left-to-right isolate, as bytes: literals would trouble
 * those who read this file. */
static const char override[] = {(char)0xe2, (char)0x80, (char)0xae, ' ', 'e',
                                'v',        'i',        'l',        '\0'};
static const char isolate[] = {(char)0xe2, (char)0x81, (char)0xa6, '\0'};

static void a_terminal_obeys_nothing_of_what_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *given, *want;
    } rows[] = {
        {"plain", "plain"},
        {"gr\xc3\xbc\xc3\x9f \xe6\xb0\xb4 \xf0\x9f\x8c\x8a",
         "gr\xc3\xbc\xc3\x9f \xe6\xb0\xb4 \xf0\x9f\x8c\x8a"},
        {"\x1b[31mred", "\\x1b[31mred"},
        {"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b;31m", "\\xc2\\x9b;31m"}, /* C1 control sequence introducer */
        {override, "\\xe2\\x80\\xae evil"},
        {isolate, "\\xe2\\x81\\xa6"},
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* line separator */
        {"\xd8\x9c", "\\xd8\\x9c"},          /* arabic letter mark */
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"}, /* byte order mark */
        {"\xff\xc3", "\\xff\\xc3"},
        {"\xc3(", "\\xc3("},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text text = {0};

        forge_text_add_safe(&text, rows[i].given);
        assert_string_equal(forge_text_string(&text), rows[i].want);
        forge_text_clear(&text);
    }
}

static void the_nearest_name_is_found_when_one_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"target", "transforms", "time", "keep",
                                        "lat",    "chunks",     "x",    NULL};
    static const struct {
        const char *wrong, *want;
    } rows[] = {
        {"traget", "target"},
        {"tagret", "target"},
        {"transfroms", "transforms"},
        {"tranform", "transforms"},
        {"chunk", "chunks"},
        {"Time", "time"},
        {"TIME", "time"},
        {"tme", "time"},
        {"tiem", "time"},
        {"kep", "keep"},
        {"lon", "(none)"},
        {"colour", "(none)"},
        {"y", "(none)"},
        {"", "(none)"},
        {"ab", "(none)"},
    };
    static const char *const none[] = {NULL};
    static char longest[100000];

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = forge_text_nearest(rows[i].wrong, names);

        assert_string_equal(got ? got : "(none)", rows[i].want);
    }
    assert_null(forge_text_nearest("target", none));
    memset(longest, 'a', sizeof longest - 1);
    assert_null(forge_text_nearest(longest, names));
}

static void globs_match_stars_and_single_characters(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *name;
        bool want;
    } rows[] = {
        {"*", "", true},
        {"*", "anything", true},
        {"", "", true},
        {"", "a", false},
        {"*_bnds", "lat_bnds", true},
        {"*_bnds", "lat_bnds2", false},
        {"a*b*c", "a__b__b_c", true},
        {"a*b*c", "a__b__b_", false},
        {"s?t", "sst", true},
        {"s?t", "st", false},
        {"?", "\xc3\xbc", true},
        {"?", "", false},
        {"[a]", "a", false},
        {"[a]", "[a]", true},
        {"sst", "SST", false},
        {"*a*a*a*a*a*a*a*a*a*a*b",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(forge_text_glob(rows[i].glob, rows[i].name), rows[i].want);
}

static void only_utf8_is_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        bool want;
    } rows[] = {
        {"", 0, true},
        {"abc", 3, true},
        {"a\0b", 3, false},
        {"\xc3\xbc", 2, true},
        {"\xc3\xbc", 1, false},
        {"\xc0\x80", 2, false},
        {"\xc1\xbf", 2, false},
        {"\xe0\x9f\xbf", 3, false},
        {"\xe0\xa0\x80", 3, true},
        {"\xed\x9f\xbf", 3, true},
        {"\xed\xa0\x80", 3, false},
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xf0\x90\x80\x80", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"\xf4\x90\x80\x80", 4, false},
        {"\xf5\x80\x80\x80", 4, false},
        {"\x80", 1, false},
        {"\xff", 1, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(forge_text_is_utf8(rows[i].bytes, rows[i].length), rows[i].want);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void natural_order_reads_runs_of_digits_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int want;
    } rows[] = {
        {"f2", "f10", -1},
        {"f2", "f2", 0},
        {"f01", "f1", -1},
        {"f01a", "f1b", -1},
        {"f01b", "f1a", 1},
        {"a", "b", -1},
        {"", "a", -1},
        {"f", "f1", -1},
        {"1981-9-1", "1981-10-1", -1},
        {"x99999999999999999999999", "x100000000000000000000000", -1},
        {"f0", "f00", -1},
        {"z", "\xc3\xbc", -1},
        {"a1b2", "a1b10", -1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(sign(forge_text_compare_natural(rows[i].a, rows[i].b)), rows[i].want);
        assert_int_equal(sign(forge_text_compare_natural(rows[i].b, rows[i].a)), -rows[i].want);
    }
}

static void sizes_are_shown_for_people(void **state)
{
    (void)state;
    static const struct {
        unsigned long long bytes;
        const char *want;
    } rows[] = {
        {0, "0 B"},
        {17, "17 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {64ULL << 20, "64 MiB"},
        {(1ULL << 20) - 1, "1 MiB"},
        {3ULL << 29, "1.5 GiB"},
        {~0ULL, "16 EiB"},
    };
    char out[32];

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(forge_text_bytes(out, sizeof out, rows[i].bytes), rows[i].want);
}

static void the_budget_refuses_what_would_pass_it(void **state)
{
    (void)state;
    struct forge_budget budget = {.limit = 64 << 20};
    struct forge_budget endless = {0};
    struct forge_error err = {0};

    assert_true(forge_budget_take(&budget, 48 << 20, &err));
    assert_true(forge_budget_take(&budget, 16 << 20, &err));
    assert_true(forge_budget_take(&budget, 0, &err));
    assert_false(forge_budget_take(&budget, 1, &err));
    assert_int_equal(err.code, FORGE_FAILED);
    assert_string_equal(err.text, "1 B more would pass the memory budget of 64 MiB, of which "
                                  "64 MiB are in use");
    forge_budget_give(&budget, 48 << 20);
    assert_int_equal(atomic_load(&budget.used), 16 << 20);
    assert_int_equal(atomic_load(&budget.peak), 64 << 20);
    assert_false(forge_budget_take(&budget, UINT64_MAX, &err));
    assert_true(forge_budget_take(&endless, UINT64_MAX, &err));
    assert_false(forge_budget_take(&endless, 1, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(a_terminal_obeys_nothing_of_what_is_shown),
        cmocka_unit_test(the_nearest_name_is_found_when_one_is_near),
        cmocka_unit_test(globs_match_stars_and_single_characters),
        cmocka_unit_test(only_utf8_is_utf8),
        cmocka_unit_test(natural_order_reads_runs_of_digits_as_numbers),
        cmocka_unit_test(sizes_are_shown_for_people),
        cmocka_unit_test(the_budget_refuses_what_would_pass_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

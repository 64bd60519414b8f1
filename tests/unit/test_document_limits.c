/* YAML that is too large, too deep, slow to read or cut anywhere: it is answered, and soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "support/parsed.h"

static void repeat(struct forge_text *out, const char *piece, size_t limit)
{
    size_t length = strlen(piece);

    while (out->length + length <= limit)
        forge_text_add_bytes(out, piece, length);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    struct forge_text text = {0};

    forge_text_add(&text, "a: ");
    repeat(&text, "x", 1U << 20);
    assert_mistakes(text.bytes, text.length, "", true);
    forge_text_add(&text, "x");
    assert_mistakes(text.bytes, text.length, "F003 1:1+1 the document is longer than 1 MiB",
                    false);
    forge_text_clear(&text);

    repeat(&text, "[", 32);
    repeat(&text, "]", 32);
    repeat(&text, "]", 64);
    assert_mistakes(text.bytes, text.length, "", true);
    forge_text_clear(&text);
    repeat(&text, "[", 33);
    assert_mistakes(text.bytes, text.length, "F003 1:33+1 nested more than 32 deep", false);
    forge_text_clear(&text);

    /* Start of stream, document and list, 19,995 items, end of list and document. */
    repeat(&text, "- 1\n", 4 * 19995UL);
    assert_mistakes(text.bytes, text.length, "", true);
    forge_text_add(&text, "- 1\n");
    assert_mistakes(text.bytes, text.length,
                    "F003 19997:1+1 the document has more than 20000 parts", false);
    forge_text_clear(&text);
}

/* Each fills a mebibyte; libyaml alone would need minutes, gigabytes or the whole stack for
 * some. */
static void bombs_are_over_in_no_time(void **state)
{
    (void)state;
    static const struct {
        const char *start, *piece;
        bool tree;
    } rows[] = {
        {"", "[", false},
        {"", "{", false},
        {"", "{a: ", false},
        {"", "- ", false},
        {"", "? ", false},
        {"", ": ", false},
        {"", "[\n", false},
        {"", "- 1\n", false},
        {"[", "1,", false},
        {"[", "a: 1,", false},
        {"[", "&a 1,", false},
        {"[", "*a ,", false},
        {"[", "!!x 1,", false},
        {"[", "? ", false},
        {"{", ",", false},
        {"", "%TAG !a! x\n", false},
        {"# c\n", "%TAG !a! x\n", false},
        {"a: 1\n...\n", "%TAG !a! x\n", false},
        {"", "---\n", false},
        {"", "...\n", false},
        {"", "\n", false},
        {"", "\r", false},
        {"", " ", false},
        {"", "\t", false},
        {"", "#\n", false},
        {"a: \"", "x ", false},
        {"{", "\"a\n", false},
        {"!", "x", true},
        {"&", "x", true},
        {"a: x", "\n", true},
        {"a: |\n", " x\n", true},
        {"a:\n", " x\n", true},
        {"a: |\n", "\n", true},
        {"a: 0.", "0", true},
        {"a: ", "9", true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_text text = {0};
        clock_t start = clock();
        struct parsed p;
        double number;

        forge_text_add(&text, rows[i].start);
        repeat(&text, rows[i].piece, 1U << 20);
        parse(&p, text.bytes, text.length);
        if (p.root && p.root->first)
            (void)forge_node_number(&number, p.root->first);
        assert_int_equal(p.good, rows[i].tree);
        assert_true(p.good || p.diagnostics.count > 0);
        assert_true(clock() - start < CLOCKS_PER_SEC);
        forge_text_clear(&text);
        forge_arena_clear(&p.arena);
    }
}

static void many_keys_are_compared_in_little_time(void **state)
{
    (void)state;
    char prefix[91];

    memset(prefix, 'k', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    for (size_t i = 0; i < 2; i++) {
        struct forge_text text = {0};
        clock_t start = clock();
        struct parsed p;

        for (int k = 0; k < 9900; k++) {
            if (i == 0)
                forge_text_print(&text, "%s%d: 1\n", prefix, k);
            else
                forge_text_print(&text, "%s: %d\n", prefix, k);
        }
        parse(&p, text.bytes, text.length);
        assert_true(p.good);
        assert_int_equal(p.root->count, i == 0 ? 9900 : 1);
        assert_int_equal(p.diagnostics.count, i == 0 ? 0 : 100);
        assert_true(clock() - start < CLOCKS_PER_SEC);
        forge_text_clear(&text);
        forge_arena_clear(&p.arena);
    }
}

/* Whatever the bytes are, the answer is a tree or a mistake. */
static void every_beginning_and_every_changed_byte_is_answered(void **state)
{
    (void)state;
    static const char yaml[] =
        "forge: 1 # c\nname: \"a\\n\" \ninput:\n  url: '{x}'\n  combine:\n"
        "  - {concat: t, keys: [a, 01, NO]}\nd: |\n  x\n  y\ne: &a *b\n"
        "? f\n: !t g\n...\n";
    static const char changes[] = "\0\t\n {}[]:,-?&*!|>'\"%@#\x80\xff";

    for (size_t length = 0; length < sizeof yaml; length++) {
        struct parsed p;

        parse(&p, yaml, length);
        assert_true(p.good || p.diagnostics.count > 0);
        forge_arena_clear(&p.arena);
    }
    for (size_t at = 0; at + 1 < sizeof yaml; at++) {
        for (size_t i = 0; i < sizeof changes; i++) {
            char changed[sizeof yaml];
            struct parsed p;

            memcpy(changed, yaml, sizeof yaml);
            changed[at] = changes[i];
            parse(&p, changed, sizeof yaml - 1);
            assert_true(p.good || p.diagnostics.count > 0);
            forge_arena_clear(&p.arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(bombs_are_over_in_no_time),
        cmocka_unit_test(many_keys_are_compared_in_little_time),
        cmocka_unit_test(every_beginning_and_every_changed_byte_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Chains: in order when encoding, backwards when decoding, to exactly the size that is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "codecs/codec.h"

#define COUNT 1000
#define SIZE (COUNT * sizeof(int32_t))

struct fixture {
    struct forge_arena arena;
    struct forge_codec_chain chain;
    struct forge_block a, b, c, d;
    int32_t elements[COUNT];
    const unsigned char *content, *out;
    uint64_t length;
    struct forge_error err;
};

/* `list` is a JSON array of Zarr 2 codecs. */
static struct fixture *open_fixture(const char *list)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct forge_json_value *json = NULL;

    assert_non_null(f);
    assert_true(forge_json_parse(&json, &f->arena, list, strlen(list), &f->err));
    for (const struct forge_json_value *item = json->first; item; item = item->next)
        assert_true(forge_codec_parse(&f->chain.items[f->chain.count++], 4, item,
                                      forge_json_find(item, "id") ? 2 : 3, &f->arena, &f->err));
    for (int32_t i = 0; i < COUNT; i++)
        f->elements[i] = i * i - 500 * i;
    f->content = (const unsigned char *)f->elements;
    return f;
}

static void close_fixture(struct fixture *f)
{
    forge_block_close(&f->a);
    forge_block_close(&f->b);
    forge_block_close(&f->c);
    forge_block_close(&f->d);
    forge_arena_clear(&f->arena);
    free(f);
}

static bool encode(struct fixture *f)
{
    return forge_codec_chain_encode(&f->chain, f->content, SIZE, &f->a, &f->b, &f->out,
                                    &f->length, &f->err);
}

static bool decode(struct fixture *f, uint32_t skip_mask, const unsigned char *from,
                   uint64_t size, uint64_t decoded_size)
{
    f->out = NULL;
    return forge_codec_chain_decode(&f->chain, skip_mask, from, size, decoded_size, &f->c,
                                    &f->d, &f->out, &f->err);
}

#define SHUFFLE "{\"id\":\"shuffle\"}"
#define ZLIB "{\"id\":\"zlib\"}"
#define GZIP "{\"id\":\"gzip\"}"
#define FLETCHER "{\"id\":\"fletcher32\"}"
#define BLOSC "{\"id\":\"blosc\"}"
#define BIG "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}"
#define LITTLE "{\"name\":\"bytes\"}"

static void chains_of_any_length_come_back(void **state)
{
    static const char *const lists[] = {
        "[]",
        "[" LITTLE "]",
        "[" BIG "]",
        "[" SHUFFLE "," ZLIB "]",
        "[" SHUFFLE "," ZLIB "," FLETCHER "]",
        "[" BIG "," SHUFFLE "," BLOSC "]",
        "[" ZLIB "," GZIP "," ZLIB "," BLOSC "," FLETCHER "," GZIP "]",
        "[" LITTLE "," FLETCHER "," SHUFFLE "," FLETCHER "," LITTLE "," BIG "," ZLIB "," ZLIB
        "]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct fixture *f = open_fixture(lists[i]);

        assert_true(encode(f));
        assert_true(f->length <= forge_codec_chain_bound(&f->chain, SIZE));
        if (!decode(f, 0, f->out, f->length, SIZE))
            fail_msg("%s: %s", lists[i], f->err.text);
        assert_memory_equal(f->out, f->content, SIZE);
        close_fixture(f);
    }
}

static void what_changes_nothing_is_not_copied(void **state)
{
    struct fixture *f = open_fixture("[" LITTLE ",{\"id\":\"vlen-utf8\"},"
                                     "{\"id\":\"shuffle\",\"elementsize\":1}]");

    (void)state;
    assert_true(encode(f));
    assert_ptr_equal(f->out, f->content);
    assert_true(decode(f, 0, f->content, SIZE, SIZE));
    assert_ptr_equal(f->out, f->content);
    assert_null(f->a.bytes);
    assert_null(f->c.bytes);
    close_fixture(f);
}

static void items_are_applied_in_order(void **state)
{
    struct fixture *f = open_fixture("[" BIG "," FLETCHER "]");

    (void)state;
    assert_true(encode(f));
    assert_int_equal(f->length, SIZE + 4);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(f->out[4 * i], f->content[4 * i + 3]);
        assert_int_equal(f->out[4 * i + 3], f->content[4 * i]);
    }
    close_fixture(f);
}

static void big_endian_is_the_bytes_of_every_element_reversed(void **state)
{
    static const size_t sizes[] = {2, 3, 4, 8, 16};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fixture *f = open_fixture("[" BIG "]");
        struct forge_codec codec = f->chain.items[0];
        unsigned char to[96];

        assert_true(codec.type->encode(codec.settings, sizes[i], f->content, 96, to, 96,
                                       &f->length, &f->err));
        for (size_t j = 0; j < 96; j++)
            assert_int_equal(to[j],
                             f->content[j / sizes[i] * sizes[i] + sizes[i] - 1 - j % sizes[i]]);
        close_fixture(f);
    }
}

/* HDF5's filter mask: bit i says that item i was left out of that chunk. */
static void masked_items_are_left_out(void **state)
{
    struct fixture *f = open_fixture("[" SHUFFLE "," ZLIB "," FLETCHER "]");
    struct fixture *some = open_fixture("[" SHUFFLE "," FLETCHER "]");

    (void)state;
    assert_true(encode(some));
    assert_true(decode(f, 1U << 1, some->out, some->length, SIZE));
    assert_memory_equal(f->out, f->content, SIZE);
    assert_false(decode(f, 0, some->out, some->length, SIZE));
    assert_true(decode(f, 7, f->content, SIZE, SIZE));
    assert_ptr_equal(f->out, f->content);
    assert_false(decode(f, 7, f->content, SIZE - 1, SIZE));
    assert_true(decode(f, 7U | 0xfffffff8U, f->content, SIZE, SIZE));
    close_fixture(some);
    close_fixture(f);
}

static void another_size_is_refused(void **state)
{
    struct fixture *f = open_fixture("[" SHUFFLE "," ZLIB "]");

    (void)state;
    assert_true(encode(f));
    assert_false(
        decode(f, 0, f->a.bytes == f->out ? f->a.bytes : f->b.bytes, f->length, SIZE + 1));
    assert_int_equal(f->err.code, FORGE_BAD_SOURCE);
    assert_string_equal(f->err.text, "a chunk decodes to 4000 bytes, should be 4001");
    assert_false(decode(f, 0, f->a.bytes, 0, SIZE));
    assert_string_equal(f->err.text, "zlib: damaged, cut short or not zlib at all");
    close_fixture(f);

    f = open_fixture("[" ZLIB "]");
    assert_true(encode(f));
    assert_false(decode(f, 0, f->out, f->length, SIZE - 1));
    assert_string_equal(f->err.text, "zlib: holds more than the 3999 bytes it should");
    close_fixture(f);

    f = open_fixture("[]");
    assert_false(decode(f, 0, f->content, SIZE, SIZE - 4));
    assert_string_equal(f->err.text, "a chunk decodes to 4000 bytes, should be 3996");
    close_fixture(f);
}

static void the_texts_say_which_codec_refused(void **state)
{
    static const char noise[] = "<html><body>404 Not Found</body></html>";
    static const char *const texts[][2] = {
        {"[" BLOSC "]", "blosc: damaged, cut short or not blosc at all"},
        {"[" GZIP "]", "gzip: damaged, cut short or not gzip at all"},
        {"[" ZLIB "]", "zlib: damaged, cut short or not zlib at all"},
        {"[{\"id\":\"zstd\"}]", "zstd: Unknown frame descriptor, room for 4000 bytes"},
        {"[" BIG "]", "bytes: 39 are not whole elements of 4"},
        {"[" SHUFFLE "]", "a chunk decodes to 39 bytes, should be 4000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fixture *f = open_fixture(texts[i][0]);

        assert_false(decode(f, 0, (const unsigned char *)noise, strlen(noise), SIZE));
        assert_string_equal(f->err.text, texts[i][1]);
        close_fixture(f);
    }
}

static void blocks_are_counted_and_a_budget_refuses(void **state)
{
    struct fixture *f = open_fixture("[" ZLIB "]");
    struct forge_budget budget = {.limit = SIZE - 1};

    (void)state;
    assert_true(encode(f));
    f->c.budget = &budget;
    assert_false(decode(f, 0, f->out, f->length, SIZE));
    assert_int_equal(f->err.code, FORGE_FAILED);
    assert_int_equal(budget.used, 0);
    close_fixture(f);
}

static void bounds_never_wrap_around(void **state)
{
    (void)state;
    for (const struct forge_codec_type *const *type = forge_codec_all(); *type; type++) {
        struct forge_codec_chain chain = {.items = {{*type, NULL, 1}, {*type, NULL, 1}},
                                          .count = 2};

        if (strcmp((*type)->name, "bytes") == 0)
            continue;
        for (uint64_t size = UINT64_MAX; size > UINT64_MAX - 32; size--)
            assert_true(forge_codec_chain_bound(&chain, size) >= size);
    }
}

static void a_chunk_that_blosc_cannot_hold_is_refused(void **state)
{
    struct fixture *f = open_fixture("[" BLOSC "]");
    unsigned char to[64];

    (void)state;
    assert_false(f->chain.items[0].type->encode(f->chain.items[0].settings, 4, f->content,
                                                UINT64_C(2147483632), to, sizeof to, &f->length,
                                                &f->err));
    assert_int_equal(f->err.code, FORGE_BAD_RECIPE);
    assert_string_equal(f->err.text,
                        "blosc: a chunk of 2147483632 bytes is over its limit of 2147483631");
    assert_string_equal(f->err.help, "make chunks smaller, or use zstd");
    close_fixture(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_of_any_length_come_back),
        cmocka_unit_test(what_changes_nothing_is_not_copied),
        cmocka_unit_test(items_are_applied_in_order),
        cmocka_unit_test(big_endian_is_the_bytes_of_every_element_reversed),
        cmocka_unit_test(masked_items_are_left_out),
        cmocka_unit_test(another_size_is_refused),
        cmocka_unit_test(the_texts_say_which_codec_refused),
        cmocka_unit_test(blocks_are_counted_and_a_budget_refuses),
        cmocka_unit_test(bounds_never_wrap_around),
        cmocka_unit_test(a_chunk_that_blosc_cannot_hold_is_refused),
    };

    return cmocka_run_group_tests_name("codec_chain", tests, NULL, NULL);
}

/* Blocks: memory for array data, counted against a budget, and given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "array/block.h"
#include "array/reader.h"

static void a_block_counts_while_it_is_open(void **state)
{
    static const uint64_t sizes[] = {0, 1, 4096, 262143, 262144, 10000001};
    struct forge_budget budget = {0};
    struct forge_error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct forge_block block = {0};

        assert_true(forge_block_open(&block, &budget, sizes[i], &err));
        assert_non_null(block.bytes);
        memset(block.bytes, 0xff, sizes[i]);
        assert_int_equal(block.size, sizes[i]);
        assert_int_equal(budget.used, sizes[i]);
        forge_block_close(&block);
        assert_int_equal(budget.used, 0);
        assert_null(block.bytes);
        forge_block_close(&block);
    }
    assert_int_equal(budget.peak, 10000001);
    forge_block_close(NULL);
}

static void what_the_budget_refuses_is_not_opened(void **state)
{
    struct forge_budget budget = {.limit = 1000};
    struct forge_error err = {0};
    struct forge_block block = {0}, other = {0};

    (void)state;
    assert_true(forge_block_open(&block, &budget, 600, &err));
    assert_false(forge_block_open(&other, &budget, 401, &err));
    assert_int_equal(err.code, FORGE_FAILED);
    assert_null(other.bytes);
    assert_int_equal(budget.used, 600);
    assert_true(forge_block_open(&other, &budget, 400, &err));
    forge_block_close(&block);
    forge_block_close(&other);
    assert_int_equal(budget.used, 0);
}

static void what_the_system_refuses_is_not_counted(void **state)
{
    struct forge_budget budget = {0};
    struct forge_error err = {0};
    struct forge_block block = {0};

    (void)state;
    assert_false(forge_block_open(&block, &budget, UINT64_MAX / 2, &err));
    assert_string_equal(err.text,
                        "the system has no memory for a block of 9223372036854775807 bytes");
    assert_int_equal(budget.used, 0);
    assert_false(forge_block_open(&block, NULL, UINT64_MAX, &err));
}

static void a_block_grows_but_does_not_shrink(void **state)
{
    struct forge_budget budget = {.limit = 1 << 20};
    struct forge_error err = {0};
    struct forge_block block = {.budget = &budget};
    const unsigned char *before;

    (void)state;
    assert_true(forge_block_reserve(&block, 1000, &err));
    before = block.bytes;
    assert_true(forge_block_reserve(&block, 10, &err));
    assert_ptr_equal(block.bytes, before);
    assert_int_equal(block.size, 1000);
    assert_true(forge_block_reserve(&block, 1 << 20, &err));
    assert_int_equal(budget.used, 1 << 20);
    assert_int_equal(budget.peak, 1 << 20);
    assert_false(forge_block_reserve(&block, (1 << 20) + 1, &err));
    assert_null(block.bytes);
    assert_int_equal(budget.used, 0);
    assert_true(forge_block_reserve(&block, 10, &err));
    assert_int_equal(budget.used, 10);
    forge_block_close(&block);
}

static int closed;

static void count_close(struct forge_open_files *files)
{
    assert_ptr_equal(files, &closed);
    closed++;
}

static void closing_a_reader_gives_everything_back(void **state)
{
    struct forge_budget budget = {0};
    struct forge_reader reader = {.budget = &budget};
    struct forge_error err;

    (void)state;
    assert_true(forge_block_open(&reader.stored, &budget, 100, &err));
    assert_true(forge_block_open(&reader.decoded, &budget, 200, &err));
    assert_true(forge_block_open(&reader.spare, &budget, 300, &err));
    forge_arena_text(&reader.strings, "an element");
    reader.files = (struct forge_open_files *)(void *)&closed;
    reader.close_files = count_close;
    forge_reader_close(&reader);
    assert_int_equal(budget.used, 0);
    assert_int_equal(closed, 1);
    forge_reader_close(&reader);
    forge_reader_close(NULL);
    assert_int_equal(closed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_counts_while_it_is_open),
        cmocka_unit_test(what_the_budget_refuses_is_not_opened),
        cmocka_unit_test(what_the_system_refuses_is_not_counted),
        cmocka_unit_test(a_block_grows_but_does_not_shrink),
        cmocka_unit_test(closing_a_reader_gives_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Boxes, views and grids of chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "array/region.h"
#include "support/random.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static void a_chunk_is_cut_at_the_edge(void **state)
{
    const uint64_t shape[] = {10, 7}, chunk[] = {4, 7}, index[] = {2, 0};
    struct forge_region region = forge_region_of_chunk(2, shape, chunk, index);

    (void)state;
    assert_int_equal(region.start[0], 8);
    assert_int_equal(region.count[0], 2);
    assert_int_equal(region.step[0], 1);
    assert_int_equal(region.start[1], 0);
    assert_int_equal(region.count[1], 7);
}

static void elements_are_counted_or_overflow_is_told(void **state)
{
    static const struct {
        unsigned rank;
        bool fits;
        uint64_t shape[3];
        uint64_t want;
    } rows[] = {
        {0, true, {0}, 1},
        {1, true, {0}, 0},
        {3, true, {2, 3, 4}, 24},
        {2, true, {UINT64_MAX, 1}, UINT64_MAX},
        {2, false, {UINT64_MAX, 2}, 0},
        {3, true, {UINT64_MAX, UINT64_MAX, 0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_region all = forge_region_all(rows[i].rank, rows[i].shape);
        uint64_t count = 0;

        assert_int_equal(forge_region_count(&count, rows[i].rank, &all), rows[i].fits);
        assert_true(count == rows[i].want);
    }
}

static void a_grid_counts_chunks_also_partial_ones(void **state)
{
    const uint64_t shape[] = {10, 7, 0}, chunk[] = {4, 7, 5};
    const uint64_t huge[] = {UINT64_MAX, UINT64_MAX}, one[] = {1, 1};
    uint64_t counts[3] = {9, 9, 9}, total = 9;

    (void)state;
    assert_true(forge_grid_shape(counts, &total, 2, shape, chunk));
    assert_int_equal(counts[0], 3);
    assert_int_equal(counts[1], 1);
    assert_int_equal(total, 3);
    assert_true(forge_grid_shape(counts, &total, 0, shape, chunk));
    assert_int_equal(total, 1);
    assert_true(forge_grid_shape(counts, &total, 3, shape, chunk));
    assert_int_equal(total, 0);
    assert_false(forge_grid_shape(counts, &total, 2, huge, one));
}

static void numbers_and_indices_of_a_grid_go_together(void **state)
{
    const uint64_t counts[] = {3, 1, 4};
    uint64_t walked[3] = {0}, index[3];

    (void)state;
    for (uint64_t number = 0; number < 12; number++) {
        forge_grid_index(index, 3, counts, number);
        assert_memory_equal(index, walked, sizeof index);
        assert_int_equal(forge_grid_number(3, counts, index), number);
        assert_int_equal(forge_grid_next(walked, 3, counts), number < 11);
    }
    assert_false(forge_grid_next(walked, 0, counts));
    assert_int_equal(forge_grid_number(0, counts, index), 0);
}

static const unsigned char *element(const struct forge_view *view, unsigned rank,
                                    const uint64_t *index)
{
    return forge_view_shift(view, rank, index).bytes;
}

static void any_view_copies_to_any_other(void **state)
{
    enum { ROOM = 1 << 18 };
    unsigned char *from_bytes = malloc(ROOM), *to_bytes = malloc(ROOM);
    static const size_t sizes[] = {1, 2, 4, 8, 3};

    (void)state;
    for (size_t i = 0; i < ROOM; i++)
        from_bytes[i] = (unsigned char)below(256);
    for (int turn = 0; turn < 3000; turn++) {
        unsigned rank = (unsigned)below(5);
        size_t size = sizes[below(5)];
        uint64_t count[4] = {0}, index[4] = {0}, used = 0;
        struct forge_view from, to;

        for (unsigned d = 0; d < rank; d++)
            count[d] = rank == 2 && turn % 10 == 0 ? 1 + below(80) : 1 + below(5);
        from = random_view(from_bytes, rank, count, size, &used);
        assert_in_range(used, 0, ROOM);
        to = random_view(to_bytes, rank, count, size, &used);
        assert_in_range(used, 0, ROOM);
        memset(to_bytes, 0, used);
        forge_view_copy(&to, &from, rank, count, size);
        do
            assert_memory_equal(element(&to, rank, index), element(&from, rank, index), size);
        while (forge_grid_next(index, rank, count));
    }
    free(from_bytes);
    free(to_bytes);
}

static void a_copy_writes_nothing_else(void **state)
{
    unsigned char from[4] = {1, 2, 3, 4}, to[12];
    const uint64_t count[] = {2, 2};
    struct forge_view source = forge_view_of(from, 2, count, 1);
    struct forge_view target = {.bytes = to + 1, .stride = {6, 2}};
    static const unsigned char want[12] = {9, 1, 9, 2, 9, 9, 9, 3, 9, 4, 9, 9};

    (void)state;
    memset(to, 9, sizeof to);
    forge_view_copy(&target, &source, 2, count, 1);
    assert_memory_equal(to, want, sizeof to);
}

static void filling_sets_every_element_and_nothing_else(void **state)
{
    static const size_t sizes[] = {1, 2, 4, 8};
    static const unsigned char value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    enum { ROOM = 1 << 16 };
    unsigned char *bytes = malloc(ROOM);

    (void)state;
    for (int turn = 0; turn < 1000; turn++) {
        unsigned rank = (unsigned)below(4);
        size_t size = sizes[below(4)], set = 0, wanted = size;
        uint64_t count[4] = {0}, index[4] = {0}, used = 0;
        struct forge_view to;

        for (unsigned d = 0; d < rank; d++) {
            count[d] = 1 + below(turn % 10 == 0 ? 12 : 5);
            wanted *= count[d];
        }
        memset(bytes, 0, ROOM);
        to = random_view(bytes, rank, count, size, &used);
        assert_in_range(used, 0, ROOM);
        forge_view_fill(&to, rank, count, value, size);
        do
            assert_memory_equal(element(&to, rank, index), value, size);
        while (forge_grid_next(index, rank, count));
        for (size_t i = 0; i < ROOM; i++)
            set += bytes[i] != 0;
        assert_int_equal(set, wanted);
    }
    free(bytes);
}

static void long_rows_are_filled_to_the_end(void **state)
{
    const uint64_t count[] = {100003};
    const uint16_t value = 0x1234;
    uint16_t *elements = calloc(count[0] + 1, sizeof *elements);
    struct forge_view view = forge_view_of(elements, 1, count, sizeof *elements);

    (void)state;
    forge_view_fill(&view, 1, count, &value, sizeof value);
    for (size_t i = 0; i < count[0]; i++)
        assert_int_equal(elements[i], value);
    assert_int_equal(elements[count[0]], 0);
    free(elements);
}

static void an_empty_box_moves_nothing(void **state)
{
    const uint64_t count[] = {3, 0};
    unsigned char byte = 5, other = 6;
    struct forge_view to = forge_view_of(&byte, 2, count, 1);
    struct forge_view from = forge_view_of(&other, 2, count, 1);

    (void)state;
    forge_view_copy(&to, &from, 2, count, 1);
    forge_view_fill(&to, 2, count, &other, 1);
    assert_int_equal(byte, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chunk_is_cut_at_the_edge),
        cmocka_unit_test(elements_are_counted_or_overflow_is_told),
        cmocka_unit_test(a_grid_counts_chunks_also_partial_ones),
        cmocka_unit_test(numbers_and_indices_of_a_grid_go_together),
        cmocka_unit_test(any_view_copies_to_any_other),
        cmocka_unit_test(a_copy_writes_nothing_else),
        cmocka_unit_test(filling_sets_every_element_and_nothing_else),
        cmocka_unit_test(long_rows_are_filled_to_the_end),
        cmocka_unit_test(an_empty_box_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

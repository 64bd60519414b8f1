/* The promise of lazy arrays: whatever tree of nodes is read, in whatever region, every element
 * is what a plain walk from the root to the leaves gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/random_tree.h"

enum {
    TREES = 6000,
    REGIONS = 3, /* of each tree */
    ROOM = 1 << 20,
};

static struct {
    size_t regions, elements, leaves;
    size_t kinds[RESCALE + 1]; /* nodes that were read */
} seen;

static void count_touch(void *context, const struct forge_touch *touch)
{
    (void)touch;
    ++*(size_t *)context;
}

/* Every element by the walk, at its place in the view over `bytes`. */
static void write_expected(const struct model *model, const struct forge_region *region,
                           const struct forge_view *view)
{
    unsigned rank = model->array->rank;
    size_t size = forge_dtype_size(model->array->dtype);
    uint64_t at[FORGE_RANK_MAX] = {0}, index[FORGE_RANK_MAX];

    do {
        union forge_value value;

        for (unsigned d = 0; d < rank; d++)
            index[d] = region->start[d] + at[d] * region->step[d];
        value = walk(model, index);
        memcpy(forge_view_shift(view, rank, at).bytes, value.bytes, size);
        seen.elements++;
    } while (forge_grid_next(at, rank, region->count));
}

/* What touch promises is what read decodes. */
static void check_touched(struct trees *trees, const struct forge_array *array,
                          const struct forge_region *region)
{
    size_t touches = 0;

    forge_array_touch(array, region, count_touch, &touches);
    for (size_t i = 0; i < trees->leaves_count; i++) {
        struct leaf *leaf = trees->leaves[i];

        for (uint64_t chunk = 0; chunk < leaf->chunks; chunk++) {
            assert_int_equal(leaf->decoded[chunk] > 0, leaf->touched[chunk] > 0);
            seen.leaves += leaf->decoded[chunk] > 0;
            if (array->in_memory)
                assert_int_equal(leaf->decoded[chunk], 0);
        }
        memset(leaf->decoded, 0, leaf->chunks * sizeof *leaf->decoded);
        memset(leaf->touched, 0, leaf->chunks * sizeof *leaf->touched);
    }
}

/* A part of a region never needs more scratch than the whole. */
static void check_scratch(const struct forge_array *array, const struct forge_region *region)
{
    struct forge_region part = *region;

    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t skipped = below(region->count[d]);

        if (region->count[d] == 1)
            continue;
        part.start[d] += skipped * region->step[d];
        part.count[d] = 1 + below(region->count[d] - skipped);
    }
    assert_in_range(forge_array_scratch(array, &part), 0, forge_array_scratch(array, region));
}

static void check_region(struct trees *trees, const struct model *model, unsigned char *want,
                         unsigned char *got)
{
    const struct forge_array *array = model->array;
    struct forge_region region = random_region(array, false);
    struct forge_budget budget = {0};
    struct forge_reader reader = {.budget = &budget};
    struct forge_error err = {0};
    struct forge_view view, expected;
    uint64_t used = 0;

    for (unsigned d = 0; d < array->rank; d++) {
        if (array->shape[d] == 0)
            return;
    }
    view = random_view(got, array->rank, region.count, forge_dtype_size(array->dtype), &used);
    assert_in_range(used, 0, ROOM);
    memset(got, 0xA5, used);
    memset(want, 0xA5, used);
    expected = view;
    expected.bytes = want + (view.bytes - got);
    write_expected(model, &region, &expected);
    if (!forge_array_read(array, &reader, &region, &view, &err))
        fail_msg("%s", err.text);
    assert_memory_equal(got, want, used);
    assert_int_equal(budget.used, 0);
    assert_in_range(budget.peak, 0, forge_array_scratch(array, &region));
    check_touched(trees, array, &region);
    check_scratch(array, &region);
    seen.regions++;
    forge_reader_close(&reader);
}

static void any_region_of_any_tree_is_what_the_plain_walk_gives(void **state)
{
    unsigned char *want = malloc(ROOM), *got = malloc(ROOM);

    (void)state;
    for (unsigned i = 0; i < TREES; i++) {
        struct trees trees = {0};
        const struct model *tree;

        seed = i;
        tree = random_tree(&trees, &any_shape, seen.kinds);
        for (unsigned j = 0; j < REGIONS; j++)
            check_region(&trees, tree, want, got);
        forge_arena_clear(&trees.arena);
    }
    printf("%d trees, %zu regions, %zu elements, %zu chunks decoded; nodes of each kind:",
           TREES, seen.regions, seen.elements, seen.leaves);
    for (unsigned kind = 0; kind <= RESCALE; kind++)
        printf(" %zu", seen.kinds[kind]);
    printf("\n");
    assert_in_range(seen.regions, 15000, SIZE_MAX);
    assert_in_range(seen.elements, 250000, SIZE_MAX);
    for (unsigned kind = 0; kind <= RESCALE; kind++)
        assert_in_range(seen.kinds[kind], 100, SIZE_MAX);
    free(want);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_region_of_any_tree_is_what_the_plain_walk_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

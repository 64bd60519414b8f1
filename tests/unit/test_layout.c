/* Layout: chunks, shards and tasks, and the proof that tasks fit the memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/nodes.h"
#include "plan/plan_parts.h"
#include "support/leaf.h"
#include "support/random.h"
#include "support/recipes.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define MIB (UINT64_C(1) << 20)

/* A variable v(a, b, ..) whose source has such chunks. Values are never read. */
static void add_variable(struct forge_plan *plan, const char *name, enum forge_dtype dtype,
                         unsigned rank, const uint64_t *shape, const uint64_t *chunk)
{
    static const char *const dims[] = {"a", "b", "c"};
    struct forge_variable *variable = forge_dataset_add_variable(&plan->dataset, name);

    for (unsigned d = 0; d < rank; d++) {
        variable->dims[d] = dims[d];
        if (!forge_dataset_dimension(&plan->dataset, dims[d]))
            forge_dataset_add_dimension(&plan->dataset, dims[d], shape[d]);
    }
    variable->array = &leaf_new(&plan->arena, dtype, rank, shape, chunk, NULL)->array;
}

static void open_plan(struct forge_plan *plan, struct forge_recipe *recipe, const char *target)
{
    struct forge_arena arena = {0};

    *plan = (struct forge_plan){.recipe = recipe};
    plan->dataset.arena = &plan->arena;
    recipe_of(recipe,
              forge_arena_print(&arena,
                                "forge: 1\nname: n\ninput: {url: a.nc}\ntarget: {format: zarr, "
                                "codec: none%s%s}\n",
                                *target ? ", " : "", target),
              &arena);
    forge_arena_clear(&arena);
}

static void close_plan(struct forge_plan *plan, struct forge_recipe *recipe)
{
    forge_plan_close(plan);
    forge_recipe_close(recipe);
}

static const char *lengths(struct forge_arena *arena, const uint64_t *values, unsigned rank)
{
    const char *text = "";

    for (unsigned d = 0; d < rank; d++)
        text = forge_arena_print(arena, "%s%s%llu", text, d > 0 ? "," : "",
                                 (unsigned long long)values[d]);
    return text;
}

struct row {
    const char *target;
    uint64_t shape[3], chunk[3]; /* of the source; float32 */
    const char *want;            /* "chunks 1,2,3", "shards", or "!" and the error */
};

static void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct forge_plan_limits limits = {8192 * MIB, 1};
        struct forge_recipe recipe = {0};
        struct forge_plan plan;
        struct forge_error err = {0};
        unsigned rank = 0;
        const char *got;

        while (rank < 3 && rows[i].shape[rank] > 0)
            rank++;
        open_plan(&plan, &recipe, rows[i].target);
        add_variable(&plan, "v", FORGE_FLOAT32, rank, rows[i].shape, rows[i].chunk);
        if (forge_plan_lay_out(&plan, &limits, &err))
            got = forge_arena_print(
                &plan.arena, "%s%s%s", lengths(&plan.arena, plan.arrays[0].target.chunk, rank),
                plan.arrays[0].target.sharded ? " in " : "",
                plan.arrays[0].target.sharded
                    ? lengths(&plan.arena, plan.arrays[0].target.shard, rank)
                    : "");
        else
            got = error_of(&plan.arena, &err);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu, %s\n   gives %s\nand not %s", i, rows[i].target, got,
                     rows[i].want);
        close_plan(&plan, &recipe);
    }
}

static void chunks_are_as_the_recipe_says(void **state)
{
    static const struct row rows[] = {
        {"chunks: {a: 2}", {10, 20, 30}, {1, 20, 30}, "2,20,30"},
        {"chunks: {a: 2, c: 7}", {10, 20, 30}, {1, 20, 30}, "2,20,7"},
        {"chunks: {b: 100}", {10, 20, 30}, {1, 20, 30}, "10,20,30"},
        {"chunks: {a: 2}, variables: {v: {chunks: {b: 3}}}",
         {10, 20, 30},
         {1, 20, 30},
         "10,3,30"},
        {"chunks: {aa: 2}",
         {10, 20},
         {1, 20},
         "!chunks: the dataset has no dimension \"aa\"?did you mean \"a\"?"},
        {"variables: {v: {chunks: {time: 2}}}",
         {10, 20},
         {1, 20},
         "!chunks: the dataset has no dimension \"time\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void chunks_of_a_size_follow_the_source(void **state)
{
    static const struct row rows[] = {
        /* whole chunks of the source, inner dimensions first, then as many outer as fit */
        {"chunk_size: 2400", {10, 20, 30}, {1, 20, 30}, "1,20,30"},
        {"chunk_size: 7300", {10, 20, 30}, {1, 20, 30}, "3,20,30"},
        {"chunk_size: 1200", {10, 20, 30}, {1, 5, 30}, "1,10,30"},
        {"chunk_size: 1000", {10, 20, 30}, {1, 5, 10}, "1,5,30"},
        {"chunk_size: 1MB", {10, 20, 30}, {1, 20, 30}, "10,20,30"},
        /* a source chunk that is too large is cut from the outside in */
        {"chunk_size: 2400", {10, 20, 30}, {5, 20, 30}, "1,20,30"},
        {"chunk_size: 240", {10, 20, 30}, {5, 20, 30}, "1,2,30"},
        {"chunk_size: 40", {10, 20, 30}, {5, 20, 30}, "1,1,10"},
        {"", {1000, 200, 300}, {1, 200, 300}, "279,200,300"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void an_aspect_stretches_chunks(void **state)
{
    static const struct row rows[] = {
        {"chunk_size: 4000, chunk_aspect: {a: 1}", {100, 100, 100}, {1, 1, 1}, "10,10,10"},
        {"chunk_size: 4000, chunk_aspect: {a: 8}", {100, 100, 100}, {1, 1, 1}, "40,5,5"},
        {"chunk_size: 4000, chunk_aspect: {c: 0.001}", {100, 100, 100}, {1, 1, 1}, "31,31,1"},
        /* what a short dimension cannot take goes to the others */
        {"chunk_size: 4000, chunk_aspect: {a: 8}", {10, 100, 100}, {1, 1, 1}, "10,10,10"},
        {"chunk_size: 4000, chunk_aspect: {a: 8}", {10, 5, 100}, {1, 1, 1}, "10,5,20"},
        {"chunk_size: 1GB, chunk_aspect: {a: 8}", {10, 5, 100}, {1, 1, 1}, "10,5,100"},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void shards_hold_whole_chunks(void **state)
{
    static const struct row rows[] = {
        {"chunks: {a: 2, b: 5}, shards: {a: 4}", {10, 20}, {1, 20}, "2,5 in 4,20"},
        {"chunks: {a: 3, b: 5}, shards: {a: 6, b: 10}", {10, 20}, {1, 20}, "3,5 in 6,10"},
        {"chunks: {a: 3}, shards: {a: 99}", {10, 20}, {1, 20}, "3,20 in 12,20"},
        {"chunk_size: 240, shards: {a: 4}",
         {10, 20},
         {1, 20},
         "!variable \"v\": the shard length 4 of \"a\" is no multiple of the chunk length "
         "3?such "
         "as shards: {a: 6}"},
        {"chunks: {a: 3}, shards: {x: 4}",
         {10, 20},
         {1, 20},
         "!shards: the dataset has no dimension \"x\""},
    };

    (void)state;
    run_rows(rows, LENGTH(rows));
}

static void what_would_be_too_many_chunks_is_refused(void **state)
{
    static const uint64_t shape[] = {UINT64_C(1) << 40, UINT64_C(1) << 40};
    const union forge_value zero = {0};
    const struct forge_plan_limits limits = {64 * MIB, 1};
    struct forge_recipe recipe = {0};
    struct forge_plan plan;
    struct forge_error err = {0};

    (void)state;
    open_plan(&plan, &recipe, "chunks: {a: 1}");
    add_variable(&plan, "v", FORGE_INT8, 1, (const uint64_t[]){1}, (const uint64_t[]){1});
    plan.dataset.variables[0].array =
        forge_array_constant(&plan.arena, FORGE_INT8, 1, shape, &zero);
    assert_false(forge_plan_lay_out(&plan, &limits, &err));
    assert_string_equal(error_of(&plan.arena, &err),
                        "!variable \"v\" would have more than 100000000 chunks?make its chunks "
                        "larger");
    close_plan(&plan, &recipe);

    recipe = (struct forge_recipe){0};
    open_plan(&plan, &recipe, "");
    add_variable(&plan, "v", FORGE_INT8, 1, (const uint64_t[]){1}, (const uint64_t[]){1});
    plan.dataset.variables[0].array =
        forge_array_constant(&plan.arena, FORGE_INT8, 2, shape, &zero);
    plan.dataset.variables[0].dims[1] = "a";
    assert_false(forge_plan_lay_out(&plan, &limits, &err));
    close_plan(&plan, &recipe);
}

/* What a task takes, by what it is made of. */
static uint64_t bytes_of(const struct forge_plan *plan, const struct forge_plan_array *array,
                         const struct forge_region *region)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t count = 0;

    assert_true(forge_region_count(&count, from->rank, region));
    return count * forge_dtype_size(from->dtype) + forge_array_scratch(from, region) +
           plan->recipe->target.type->scratch(&array->target);
}

static void mark(unsigned char *seen, const struct forge_array *from,
                 const struct forge_region *region)
{
    uint64_t index[FORGE_RANK_MAX] = {0}, at[FORGE_RANK_MAX];

    for (unsigned d = 0; d < from->rank; d++) {
        if (region->count[d] == 0)
            return;
    }
    do {
        for (unsigned d = 0; d < from->rank; d++)
            at[d] = region->start[d] + index[d];
        seen[forge_grid_number(from->rank, from->shape, at)]++;
    } while (forge_grid_next(index, from->rank, region->count));
}

/* Every element once, in tasks of whole objects that stay within what was promised. */
static void check_tasks(const struct forge_plan *plan)
{
    unsigned char *seen[8] = {0};

    for (size_t i = 0; i < plan->arrays_count; i++)
        seen[i] = calloc(1, forge_array_count(plan->arrays[i].target.variable->array) + 1);
    for (uint64_t t = 0; t < plan->tasks_count; t++) {
        struct forge_region region;
        const struct forge_plan_array *array = forge_plan_task(plan, t, &region);
        const struct forge_array *from = array->target.variable->array;

        for (unsigned d = 0; d < from->rank; d++) {
            uint64_t end = region.start[d] + region.count[d];

            assert_int_equal(region.start[d] % array->object[d], 0);
            assert_true(end % array->object[d] == 0 || end == from->shape[d]);
        }
        assert_true(bytes_of(plan, array, &region) <= array->task_bytes);
        mark(seen[array - plan->arrays], from, &region);
    }
    for (size_t i = 0; i < plan->arrays_count; i++) {
        for (uint64_t e = 0; e < forge_array_count(plan->arrays[i].target.variable->array); e++)
            assert_int_equal(seen[i][e], 1);
        assert_true(plan->arrays[i].task_bytes <= plan->task_bytes);
        free(seen[i]);
    }
    assert_true(plan->workers >= 1 && plan->workers <= plan->limits.workers);
    assert_true(plan->task_bytes * plan->workers <= plan->limits.memory_bytes);
}

static void add_random(struct forge_plan *plan, const uint64_t *sizes)
{
    static const char *const names[] = {"u", "v", "w", "x"};
    const enum forge_dtype dtypes[] = {FORGE_INT8, FORGE_FLOAT32, FORGE_FLOAT64};
    unsigned rank = (unsigned)below(4);
    uint64_t chunk[3];

    for (unsigned d = 0; d < 3; d++)
        chunk[d] = 1 + below(sizes[d] + 2);
    add_variable(plan, names[plan->dataset.variables_count], dtypes[below(3)], rank, sizes,
                 chunk);
}

static void every_element_is_in_exactly_one_task(void **state)
{
    uint64_t fitting = 0, refused = 0;

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        const struct forge_plan_limits limits = {1 + below(round % 2 ? 60000 : 1500),
                                                 1 + (unsigned)below(8)};
        const uint64_t sizes[3] = {below(16), 1 + below(12), 1 + below(9)};
        uint64_t a = 1 + below(6), b = 1 + below(6);
        struct forge_recipe recipe = {0};
        struct forge_plan plan;
        struct forge_error err = {0};
        char target[120];

        snprintf(target, sizeof target, "chunks: {a: %d, b: %d}, shards: {a: %d}", (int)a,
                 (int)b, (int)(a * (1 + below(3))));
        if (round % 3 == 1)
            *strstr(target, ", shards") = '\0';
        if (round % 3 == 2)
            snprintf(target, sizeof target, "chunk_size: %d", (int)(1 + below(400)));
        open_plan(&plan, &recipe, target);
        forge_dataset_add_dimension(&plan.dataset, "a", sizes[0]);
        forge_dataset_add_dimension(&plan.dataset, "b", sizes[1]);
        for (uint64_t i = 0; i < 1 + round % 4; i++)
            add_random(&plan, sizes);
        if (forge_plan_lay_out(&plan, &limits, &err)) {
            check_tasks(&plan);
            fitting++;
        } else {
            assert_non_null(strstr(err.text, "of memory"));
            refused++;
        }
        close_plan(&plan, &recipe);
    }
    print_message("%d plans fit, %d are refused\n", (int)fitting, (int)refused);
    assert_true(fitting > 300 && refused > 100);
}

static void objects_that_share_source_chunks_are_one_task(void **state)
{
    static const uint64_t shape[] = {40, 30}, chunk[] = {20, 15};
    const struct forge_plan_limits limits = {64 * MIB, 1};
    struct forge_recipe recipe = {0};
    struct forge_plan plan;
    struct forge_error err = {0};

    (void)state;
    open_plan(&plan, &recipe, "chunks: {a: 5, b: 3}");
    add_variable(&plan, "v", FORGE_FLOAT64, 2, shape, chunk);
    assert_true(forge_plan_lay_out(&plan, &limits, &err));
    check_tasks(&plan);
    /* every source chunk is decoded once; the leaf visits once per task */
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(((const struct leaf *)plan.dataset.variables[0].array)->touched[i], 1);
    assert_string_equal(plan.arrays[0].reason, "80 chunks a task: they share source chunks");
    close_plan(&plan, &recipe);
}

static void little_memory_makes_small_tasks_and_few_workers(void **state)
{
    static const struct {
        uint64_t memory_bytes;
        unsigned workers, want_workers;
        const char *group, *reason;
    } rows[] = {
        {64 * MIB, 4, 4, "640,1024",
         "40 chunks a task, as many as fit the memory: source chunks that several tasks need "
         "are "
         "read again"},
        {1024 * MIB, 4, 4, "1024,1024", "64 chunks a task: they share source chunks"},
        {22 * MIB, 4, 2, "128,1024",
         "8 chunks a task, as many as fit the memory: source chunks that several tasks need "
         "are "
         "read again"},
    };
    static const uint64_t shape[] = {1024, 1024}, chunk[] = {1024, 1024};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct forge_plan_limits limits = {rows[i].memory_bytes, rows[i].workers};
        struct forge_recipe recipe = {0};
        struct forge_plan plan;
        struct forge_error err = {0};

        open_plan(&plan, &recipe, "chunks: {a: 128, b: 128}");
        add_variable(&plan, "v", FORGE_FLOAT64, 2, shape, chunk);
        if (!forge_plan_lay_out(&plan, &limits, &err))
            fail_msg("%s", err.text);
        assert_int_equal(plan.workers, rows[i].want_workers);
        assert_string_equal(lengths(&plan.arena, plan.arrays[0].group, 2), rows[i].group);
        assert_string_equal(plan.arrays[0].reason, rows[i].reason);
        check_tasks(&plan);
        close_plan(&plan, &recipe);
    }
}

static bool lay_out(uint64_t mib, uint64_t length, struct forge_error *err)
{
    const struct forge_plan_limits limits = {mib * MIB, 4};
    const uint64_t large[] = {length, 1024}, small[] = {8, 8};
    struct forge_recipe recipe = {0};
    struct forge_plan plan;
    bool good;

    open_plan(&plan, &recipe, "chunks: {b: 1024}");
    add_variable(&plan, "small", FORGE_FLOAT64, 2, small, small);
    plan.dataset.dims_count = 0;
    add_variable(&plan, "large", FORGE_FLOAT64, 2, large, small);
    good = forge_plan_lay_out(&plan, &limits, err);
    if (good)
        assert_true(plan.task_bytes * plan.workers <= limits.memory_bytes);
    close_plan(&plan, &recipe);
    return good;
}

static void the_smallest_budget_that_is_named_would_do(void **state)
{
    (void)state;
    for (uint64_t length = 600; length < 3000; length += 137) {
        static const char help[] = "the smallest budget that would do is --memory ";
        struct forge_error err = {0};
        unsigned long long mib;
        char *end = NULL;

        assert_false(lay_out(2, length, &err));
        assert_int_equal(strncmp(err.text, "variable \"large\": one task needs ", 33), 0);
        assert_int_equal(strncmp(err.help, help, strlen(help)), 0);
        mib = strtoull(err.help + strlen(help), &end, 10);
        assert_string_equal(end, "MiB; smaller chunks need less");
        assert_true(lay_out(mib, length, &err));
        assert_false(lay_out(mib - 1, length, &err));
    }
}

/* Files whose chunks grow: the first task reads small ones, the last a large one. */
static void later_tasks_are_counted_too(void **state)
{
    static const uint64_t shape[] = {4, 64}, chunk[3][2] = {{1, 8}, {1, 64}, {4, 64}};
    const struct forge_plan_limits limits = {3000, 1};
    const struct forge_array *parts[3];
    struct forge_recipe recipe = {0};
    struct forge_plan plan;
    struct forge_error err = {0};

    (void)state;
    open_plan(&plan, &recipe, "chunks: {a: 1, b: 8}");
    add_variable(&plan, "v", FORGE_FLOAT64, 2, shape, chunk[0]);
    for (size_t i = 0; i < 3; i++)
        parts[i] = &leaf_new(&plan.arena, FORGE_FLOAT64, 2, shape, chunk[i], NULL)->array;
    plan.dataset.variables[0].array = forge_array_concat(&plan.arena, 0, parts, 3);
    assert_true(forge_plan_lay_out(&plan, &limits, &err));
    check_tasks(&plan);
    close_plan(&plan, &recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_as_the_recipe_says),
        cmocka_unit_test(chunks_of_a_size_follow_the_source),
        cmocka_unit_test(an_aspect_stretches_chunks),
        cmocka_unit_test(shards_hold_whole_chunks),
        cmocka_unit_test(what_would_be_too_many_chunks_is_refused),
        cmocka_unit_test(every_element_is_in_exactly_one_task),
        cmocka_unit_test(objects_that_share_source_chunks_are_one_task),
        cmocka_unit_test(little_memory_makes_small_tasks_and_few_workers),
        cmocka_unit_test(the_smallest_budget_that_is_named_would_do),
        cmocka_unit_test(later_tasks_are_counted_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Expressions over whole variables: piece by piece, within memory, and against single values.
 */
#include "support/holds.h"

static const uint64_t chunk_2_2_3[] = {2, 2, 3}, whole[] = {TIMES, LATS, LONS};

static void pieces_are_small_and_chunks_are_read_once(void **state)
{
    struct world world;
    struct forge_budget budget = {.limit = 3 * 8192 + 2000};
    struct forge_reader reader = {.budget = &budget};
    const struct forge_variable *variable;
    struct forge_expression *expression;
    uint64_t index[FORGE_RANK_MAX];
    struct forge_error err = {0};
    bool holds = false;
    size_t at;

    (void)state;
    world_open(&world, chunk_2_2_3);
    assert_true(forge_expression_parse(&expression, &world.arena, "sst < 100", &at, &err));
    /* One chunk of doubles is 96 bytes: pieces of 96 are single chunks. */
    if (!forge_expression_holds(&holds, index, &variable, expression, &world.dataset, &reader,
                                96, &err))
        fail_msg("%s", err.text);
    assert_true(holds);
    for (uint64_t i = 0; i < world.sst->chunks; i++)
        assert_int_equal(world.sst->decoded[i], 1);
    assert_in_range(budget.peak, 1, budget.limit);
    forge_reader_close(&reader);
    forge_arena_clear(&world.arena);
}

static void a_budget_that_is_too_small_is_an_error(void **state)
{
    struct world world;
    struct forge_budget budget = {.limit = 1000};
    struct forge_reader reader = {.budget = &budget};
    const struct forge_variable *variable;
    struct forge_expression *expression;
    uint64_t index[FORGE_RANK_MAX];
    struct forge_error err = {0};
    bool holds;
    size_t at;

    (void)state;
    world_open(&world, whole);
    assert_true(forge_expression_parse(&expression, &world.arena, "sst < 100", &at, &err));
    assert_false(forge_expression_holds(&holds, index, &variable, expression, &world.dataset,
                                        &reader, 1 << 20, &err));
    assert_non_null(strstr(err.text, "memory budget"));
    assert_int_equal(budget.used, 0);
    assert_true(forge_expression_parse(&expression, &world.arena, "mean(sst, 'time') < 100",
                                       &at, &err));
    budget.limit = 0;
    assert_false(forge_expression_holds(&holds, index, &variable, expression, &world.dataset,
                                        &reader, 100, &err));
    assert_string_equal(err.text, "mean leaves 12 values: too many to hold");
    forge_reader_close(&reader);
    forge_arena_clear(&world.arena);
}

/* One element of the world, for the slow way round. */
struct element {
    struct world *world;
    uint64_t index[3]; /* time, lat, lon */
};

static bool element_name(void *context, const char *name, struct forge_scalar *out)
{
    const struct element *element = context;
    struct forge_arena *arena = &element->world->arena;
    const struct forge_variable *variable =
        forge_dataset_variable(&element->world->dataset, name);
    const struct forge_array *decoded;
    struct forge_region region = {0};
    struct forge_reader reader = {0};
    struct forge_error err;
    union forge_value value = {0};
    struct forge_view view = {.bytes = value.bytes};
    bool fill;

    if (!variable)
        return false;
    decoded = forge_variable_decoded(variable, arena);
    for (unsigned d = 0; d < decoded->rank; d++) {
        const char *dim = variable->dims[d];

        region.start[d] = element->index[strcmp(dim, "time") == 0  ? 0
                                         : strcmp(dim, "lat") == 0 ? 1
                                                                   : 2];
        region.count[d] = region.step[d] = 1;
    }
    assert_true(forge_array_read(decoded, &reader, &region, &view, &err));
    fill = variable->has_fill && decoded == variable->array &&
           memcmp(&value, &variable->fill, forge_dtype_size(decoded->dtype)) == 0;
    *out = (struct forge_scalar){
        .kind = FORGE_SCALAR_FLOAT,
        .number = fill ? NAN : forge_value_as_double(decoded->dtype, &value)};
    forge_reader_close(&reader);
    return true;
}

/* Does it hold at this element, by single values? */
static bool holds_at(struct element *element, const struct forge_expression *expression)
{
    struct forge_scope scope = {.context = element, .name = element_name};
    struct forge_scalar value;
    struct forge_error err;

    if (!forge_expression_scalar(&value, expression, &scope, &element->world->arena, &err))
        fail_msg("%s", err.text);
    return value.kind == FORGE_SCALAR_MISSING || value.flag;
}

/* The count of elements where it does not hold. */
static int count_failures(struct world *world, const struct forge_expression *expression)
{
    struct element element = {.world = world};
    int count = 0;

    for (int i = 0; i < CELLS; i++) {
        element.index[0] = (uint64_t)i / LONS / LATS;
        element.index[1] = (uint64_t)i / LONS % LATS;
        element.index[2] = (uint64_t)i % LONS;
        count += !holds_at(&element, expression);
    }
    return count;
}

static void check_both_ways(struct world *world, const char *text, uint64_t region_bytes)
{
    struct forge_reader reader = {0};
    const struct forge_variable *variable = NULL;
    struct forge_expression *expression;
    uint64_t index[FORGE_RANK_MAX] = {0};
    struct forge_error err = {0};
    bool holds;
    size_t at;

    assert_true(forge_expression_parse(&expression, &world->arena, text, &at, &err));
    if (!forge_expression_holds(&holds, index, &variable, expression, &world->dataset, &reader,
                                region_bytes, &err))
        fail_msg("%s: %s", text, err.text);
    if (holds != (count_failures(world, expression) == 0))
        fail_msg("%s %s in pieces of %d", text, holds ? "holds" : "fails", (int)region_bytes);
    if (!holds) {
        struct element element = {world, {index[0], index[1], index[2]}};

        assert_int_equal(variable->array->rank, 3);
        if (holds_at(&element, expression))
            fail_msg("%s holds at [%d %d %d], which was told", text, (int)index[0],
                     (int)index[1], (int)index[2]);
    }
    forge_reader_close(&reader);
}

static void any_chunks_and_pieces_give_the_answer_of_single_values(void **state)
{
    static const char *const texts[] = {
        "sst < 39.5 or mask == 0",
        "sst - lat / 4 < 29 and ice < 5.9",
        "not (sst > 38 and lon == 180 and number > 1)",
        "if(mask == 1, sst, ice) < 39.1",
        "where(is_missing(ice), sst, ice) + number != 17",
        "sst * mask + lat % 7 - lon // 100 < 37 or ice > 5",
        "is_missing(ice) or is_missing(mask) or sst < 37.9",
        "max(sst, ice, lat) <= clip(sst, 45, 100) and sst ^ 2 < 1560",
        "(sst > 39 and mask == 1) == (sst > 39 and ice > 5)",
        "round(ice, 1) == ice or sst < 100",
        "lat < lon or sst < 38",
        "sst == sst and sst >= 10 and not sst > 39.5",
    };
    static const uint64_t chunks[][3] = {{5, 3, 4}, {1, 1, 1}, {2, 2, 3}, {1, 3, 4}, {5, 1, 2}};
    static const uint64_t bytes[] = {1, 64, 200, 700, 1 << 20};
    int both[2] = {0, 0};

    (void)state;
    for (size_t c = 0; c < LENGTH(chunks); c++) {
        struct world world;

        world_open(&world, chunks[c]);
        for (size_t i = 0; i < LENGTH(texts); i++)
            for (size_t k = 0; k < LENGTH(bytes); k++) {
                check_both_ways(&world, texts[i], bytes[k]);
                both[strncmp(holds_outcome(&world, texts[i], bytes[k]), "holds", 5) == 0]++;
            }
        forge_arena_clear(&world.arena);
    }
    assert_true(both[0] > 0 && both[1] > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_small_and_chunks_are_read_once),
        cmocka_unit_test(a_budget_that_is_too_small_is_an_error),
        cmocka_unit_test(any_chunks_and_pieces_give_the_answer_of_single_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* holds.h: a small dataset for tests of expressions over whole variables. */
#ifndef FORGE_TESTS_HOLDS_H
#define FORGE_TESTS_HOLDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "array/nodes.h"
#include "expression/expression.h"
#include "support/leaf.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

enum { TIMES = 5, LATS = 3, LONS = 4, CELLS = TIMES * LATS * LONS };

struct world {
    struct forge_arena arena;
    struct forge_dataset dataset;
    struct leaf *sst;
    int16_t packed[CELLS];
    float ice[CELLS];
};

static inline struct forge_variable *add(struct world *world, const char *name,
                                         const char *dims, enum forge_dtype dtype,
                                         const uint64_t *chunk, const void *values)
{
    static const struct {
        char letter;
        const char *name;
        uint64_t size;
    } known[] = {
        {'t', "time", TIMES}, {'y', "lat", LATS}, {'x', "lon", LONS}, {'z', "none", 0}};
    struct forge_variable *variable = forge_dataset_add_variable(&world->dataset, name);
    uint64_t shape[FORGE_RANK_MAX];
    unsigned rank = (unsigned)strlen(dims);

    for (unsigned d = 0; d < rank; d++)
        for (size_t k = 0; k < LENGTH(known); k++)
            if (known[k].letter == dims[d]) {
                shape[d] = known[k].size;
                variable->dims[d] = known[k].name;
            }
    if (chunk)
        variable->array = &leaf_new(&world->arena, dtype, rank, shape, chunk, values)->array;
    else
        variable->array = forge_array_memory(&world->arena, dtype, rank, shape, values);
    return variable;
}

static inline void set_number(struct world *world, struct forge_variable *variable,
                              const char *name, double number)
{
    forge_attributes_set(&variable->attributes, &world->arena, name, FORGE_FLOAT64, 1, &number);
}

static inline void set_text(struct world *world, struct forge_variable *variable,
                            const char *name, const char *text)
{
    forge_attributes_set_text(&variable->attributes, &world->arena, name, text);
}

static inline void add_fields(struct world *world, const uint64_t *chunk)
{
    static const int8_t mask[LATS * LONS] = {1, 1, 0, 0, 1, -1, 0, 1, 1, 1, 1, 0};
    struct forge_variable *sst, *variable;

    for (int i = 0; i < CELLS; i++) {
        world->packed[i] = (int16_t)(i * 50 - 1000); /* -10 .. 19.5 and 20 more */
        world->ice[i] = i % 7 == 0 ? NAN : (float)i / 10;
    }
    world->packed[17] = -999;
    sst = add(world, "sst", "tyx", FORGE_INT16, chunk, world->packed);
    world->sst = (struct leaf *)(void *)sst->array;
    sst->has_fill = true;
    sst->fill.int16 = -999;
    set_number(world, sst, "scale_factor", 0.01);
    set_number(world, sst, "add_offset", 20);
    set_number(world, sst, "valid_max", 45);
    set_text(world, sst, "units", "degC");
    add(world, "ice", "tyx", FORGE_FLOAT32, NULL, world->ice);
    variable = add(world, "mask", "yx", FORGE_INT8, NULL, mask);
    variable->has_fill = true;
    variable->fill.int8 = -1;
}

static inline void world_open(struct world *world, const uint64_t *chunk)
{
    static const int32_t days[TIMES] = {0, 1, 2, 3, 59};
    static const double hours[TIMES] = {0, 6, 12, 18, 24.5};
    static const float lat[LATS] = {-45, 0.1F, 45};
    static const double lon[LONS] = {0, 90, 180, 270};
    static const int64_t number[TIMES] = {5, -7, 7, 0, 2};
    static const char *const names[LATS] = {"a", "b", "c"};
    static const double depth = 2.5, nothing = 0;
    struct forge_variable *variable;

    *world = (struct world){0};
    world->dataset.arena = &world->arena;
    forge_dataset_add_dimension(&world->dataset, "time", TIMES);
    forge_dataset_add_dimension(&world->dataset, "lat", LATS);
    forge_dataset_add_dimension(&world->dataset, "lon", LONS);
    forge_dataset_add_dimension(&world->dataset, "none", 0);
    forge_attributes_set_text(&world->dataset.attributes, &world->arena, "id", "AVHRR");
    variable = add(world, "time", "t", FORGE_INT32, NULL, days);
    set_text(world, variable, "units", "days since 2000-01-01");
    variable = add(world, "model", "t", FORGE_INT32, NULL, days);
    set_text(world, variable, "units", "days since 2000-01-01");
    set_text(world, variable, "calendar", "360_day");
    variable = add(world, "clock", "t", FORGE_FLOAT64, NULL, hours);
    set_text(world, variable, "units", "hours since 1999-12-31T12:00");
    add(world, "lat", "y", FORGE_FLOAT32, NULL, lat);
    add(world, "lon", "x", FORGE_FLOAT64, NULL, lon);
    add(world, "number", "t", FORGE_INT64, NULL, number);
    add(world, "name", "y", FORGE_STRING, NULL, names);
    add(world, "depth", "", FORGE_FLOAT64, NULL, &depth);
    add(world, "empty", "zy", FORGE_FLOAT64, NULL, &nothing);
    add_fields(world, chunk);
}

/* "holds", "place: .." with the place in the largest variable, or "error: ..; help". */
static inline const char *holds_outcome(struct world *world, const char *text,
                                        uint64_t region_bytes)
{
    struct forge_budget budget = {0};
    struct forge_reader reader = {.budget = &budget};
    const struct forge_variable *variable = NULL;
    struct forge_expression *expression;
    uint64_t index[FORGE_RANK_MAX] = {0};
    struct forge_error err = {0};
    const char *result = "holds";
    bool holds = false;
    size_t at;

    assert_true(forge_expression_parse(&expression, &world->arena, text, &at, &err));
    if (!forge_expression_holds(&holds, index, &variable, expression, &world->dataset, &reader,
                                region_bytes, &err)) {
        result = forge_arena_print(&world->arena, "error: %s; %s", err.text, err.help);
    } else if (!holds) {
        assert_int_equal(err.code, FORGE_CHECK_FAILED);
        result = forge_arena_print(&world->arena, "%s [%s", err.text,
                                   variable ? variable->name : "nothing");
        for (unsigned d = 0; variable && d < variable->array->rank; d++)
            result = forge_arena_print(&world->arena, "%s %d", result, (int)index[d]);
        result = forge_arena_print(&world->arena, "%s]", result);
    }
    forge_reader_close(&reader);
    assert_int_equal(budget.used, 0);
    return result;
}

#endif

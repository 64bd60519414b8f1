/* days.h: plans of an archive of daily files: sst and ice (time, y, x), mask (y, x),
 * coordinates. Include it behind cmocka.
 *
 * The files are described as a scanner would, and not there; only coordinates have values.
 */
#ifndef FORGE_TESTS_SUPPORT_DAYS_H
#define FORGE_TESTS_SUPPORT_DAYS_H

#include <stdlib.h>
#include <string.h>

#include "array/reader.h"
#include "plan/plan.h"
#include "support/recipes.h"

struct archive {
    const char *from, *to; /* days */
    const char *each, *transforms, *target;
    const char *changed; /* the file of this day has other bytes */
    const char *unhashed;
    uint64_t memory_mib; /* 0: enough */
    unsigned workers;    /* 0: one */
    bool moved;          /* to another folder */
};

static inline struct forge_variable *add_variable(struct forge_dataset *dataset,
                                                  const char *name, const char *const *dims)
{
    struct forge_variable *variable = forge_dataset_add_variable(dataset, name);

    for (unsigned d = 0; dims[d]; d++)
        variable->dims[d] = dims[d];
    return variable;
}

static inline void add_source(struct forge_dataset *dataset, const struct forge_cell *cell,
                              const char *name, enum forge_dtype dtype, const char *const *dims,
                              uint64_t offset)
{
    struct forge_variable *variable = add_variable(dataset, name, dims);
    struct forge_source source = {.file = &cell->file, .path = name};
    uint64_t *place = forge_arena_array(dataset->arena, 2, sizeof *place);
    struct forge_error err = {0};

    place[0] = offset;
    place[1] = forge_dtype_size(dtype);
    source.array.dtype = dtype;
    for (unsigned d = 0; dims[d]; d++) {
        uint64_t length = forge_dataset_dimension(dataset, dims[d])->size;

        source.array.shape[d] = source.array.chunk[d] = length;
        place[1] *= length;
        source.array.rank++;
    }
    source.manifest.offsets = &place[0];
    source.manifest.lengths = &place[1];
    if (!forge_source_open(&variable->array, dataset->arena, &source, &err))
        fail_msg("%s", err.text);
}

static inline void add_coordinate(struct forge_dataset *dataset, const struct forge_cell *cell,
                                  const char *name, const double *values)
{
    const char *const dims[] = {name, NULL};
    struct forge_variable *variable = add_variable(dataset, name, dims);

    variable->array =
        forge_array_memory_of(dataset->arena, FORGE_FLOAT64, 1,
                              (const uint64_t[]){forge_dataset_dimension(dataset, name)->size},
                              values, cell->file.url);
    variable->is_coordinate = true;
}

/* What a scanner would say of the file. */
static inline void scan(struct forge_dataset *dataset, const struct forge_cell *cell)
{
    static const double places[] = {10, 20, 30, 40, 50, 60};
    static const char *const field[] = {"time", "y", "x", NULL}, *const grid[] = {"y", "x",
                                                                                  NULL};
    double *day = forge_arena_take(dataset->arena, sizeof *day);
    struct forge_variable *ice;
    float scale = 2;

    *day = strtod(strrchr(cell->file.url, 'f') + 1, NULL);
    forge_dataset_add_dimension(dataset, "time", 1);
    forge_dataset_add_dimension(dataset, "y", 4);
    forge_dataset_add_dimension(dataset, "x", 6);
    add_coordinate(dataset, cell, "time", day);
    forge_attributes_set_text(&dataset->variables[0].attributes, dataset->arena, "units",
                              "days since 1970-01-01");
    add_coordinate(dataset, cell, "y", places);
    add_coordinate(dataset, cell, "x", places);
    add_source(dataset, cell, "sst", FORGE_INT16, field, 100);
    add_source(dataset, cell, "ice", FORGE_FLOAT32, field, 200);
    ice = forge_dataset_variable(dataset, "ice");
    forge_attributes_set(&ice->attributes, dataset->arena, "scale_factor", FORGE_FLOAT32, 1,
                         &scale);
    add_source(dataset, cell, "mask", FORGE_INT8, grid, 300);
}

static inline bool is_day(const struct forge_cell *cell, const char *day)
{
    return day && strstr(cell->file.url, day);
}

static inline void scan_all(struct forge_plan *plan, const struct archive *archive)
{
    struct forge_reader reader = {0};
    struct forge_error err = {0};

    for (uint64_t i = 0; i < plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;
        struct forge_cell *cell = forge_plan_cell(plan, i, &grid, &at);
        struct forge_dataset dataset = {.arena = forge_plan_cell_arena(plan, i)};
        const char *name = strrchr(cell->file.url, '/');

        cell->file.format = "netcdf4";
        cell->file.status.size = 1000;
        cell->file.hashed = !is_day(cell, archive->unhashed);
        /* the bytes of a file are those of its day */
        forge_digest_of(&cell->file.digest, name, strlen(name));
        cell->file.digest.bytes[0] ^= is_day(cell, archive->changed);
        scan(&dataset, cell);
        if (!forge_plan_scanned(plan, i, &dataset, &reader, &err))
            fail_msg("%s", err.text);
    }
    forge_reader_close(&reader);
}

static inline void open_plan(struct forge_plan *plan, struct forge_recipe *recipe,
                             const struct archive *archive)
{
    const struct forge_plan_limits limits = {
        (archive->memory_mib ? archive->memory_mib : 1024) * (UINT64_C(1) << 20),
        archive->workers ? archive->workers : 1};
    struct forge_inputs_request request = {.folder = archive->moved ? "/moved" : "/r"};
    struct forge_reader reader = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};

    *plan = (struct forge_plan){0};
    *recipe = (struct forge_recipe){0};
    recipe_of(recipe,
              forge_arena_print(
                  &arena,
                  "forge: 1\nname: n\ninput:\n  url: \"x/f{time:%%Y%%m%%d}.nc\"\n"
                  "  combine:\n  - {concat: time, dates: {from: %s, to: %s, step: "
                  "1d}}\n  each: [%s]\ntransforms: [%s]\ntarget: {%s}\n",
                  archive->from ? archive->from : "2001-01-01",
                  archive->to ? archive->to : "2001-01-10", archive->each ? archive->each : "",
                  archive->transforms ? archive->transforms : "",
                  archive->target ? archive->target : "format: zarr, chunks: {time: 4}"),
              &arena);
    forge_arena_clear(&arena);
    if (!forge_plan_resolve(plan, recipe, &request, &err))
        fail_msg("%s", err.text);
    scan_all(plan, archive);
    if (!forge_plan_combine(plan, &reader, &err) || !forge_plan_lay_out(plan, &limits, &err))
        fail_msg("%s", err.text);
    forge_reader_close(&reader);
}

#endif

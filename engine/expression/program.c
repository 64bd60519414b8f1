#include "expression/program.h"

#include <math.h>
#include <string.h>

#include "array/nodes.h"
#include "array/tiles.h"
#include "base/checked.h"

static bool add_dimension(unsigned *axis, struct forge_program *program, const char *dim,
                          uint64_t size, const char *whose, struct forge_error *err)
{
    for (unsigned d = 0; d < program->rank; d++)
        if (strcmp(program->dims[d], dim) == 0) {
            *axis = d;
            return program->shape[d] == size ||
                   forge_fail(err, FORGE_BAD_SOURCE,
                              "\"%s\" has another length of dimension \"%s\"", whose, dim);
        }
    if (program->rank == FORGE_RANK_MAX)
        return forge_fail(err, FORGE_BAD_RECIPE, "an expression over more than %d dimensions",
                          FORGE_RANK_MAX);
    *axis = program->rank++;
    program->dims[*axis] = dim;
    program->shape[*axis] = size;
    return true;
}

static bool add_dimensions(struct forge_operand *operand, struct forge_program *program,
                           unsigned rank, const char *const *dims, const uint64_t *shape,
                           struct forge_error *err)
{
    operand->rank = rank;
    for (unsigned d = 0; d < rank; d++) {
        operand->shape[d] = shape[d];
        if (!add_dimension(&operand->axes[d], program, dims[d], shape[d], operand->name, err))
            return false;
    }
    return true;
}

static void add_operand(struct forge_program *program, struct forge_operand *operand)
{
    struct forge_operand **end = &program->operands;

    while (*end)
        end = &(*end)->next;
    *end = operand;
}

/* Integers without packing keep their fill values until here. */
static const struct forge_array *doubles_of(const struct forge_variable *variable,
                                            struct forge_arena *arena)
{
    const struct forge_array *decoded = forge_variable_decoded(variable, arena);
    struct forge_packing packing = forge_variable_packing(variable);
    bool masked = forge_dtype_is_integer(decoded->dtype);

    if (decoded->dtype == FORGE_FLOAT64)
        return decoded;
    return forge_array_unpack(arena, decoded, FORGE_FLOAT64, 1, -0.0,
                              masked && variable->has_fill ? &variable->fill : NULL,
                              masked && packing.has_missing ? &packing.missing : NULL);
}

/* A variable with units of time that can be read is times, any other one is numbers. */
static void set_meaning(struct forge_operand *operand, const struct forge_variable *variable,
                        bool single)
{
    const char *units = forge_attributes_text(&variable->attributes, "units");
    const char *calendar = forge_attributes_text(&variable->attributes, "calendar");
    struct forge_error ignored;

    operand->meaning = (struct forge_meaning){.kind = FORGE_SCALAR_FLOAT, .single = single};
    if (units && forge_time_units_likely(units) &&
        forge_time_units_parse(&operand->units, units, calendar, &ignored))
        operand->meaning = (struct forge_meaning){.kind = FORGE_SCALAR_TIME,
                                                  .calendar = operand->units.calendar};
}

bool forge_program_variable(struct forge_operand **out, struct forge_program *program,
                            const struct forge_variable *variable, struct forge_error *err)
{
    struct forge_arena *arena = program->material->arena;
    struct forge_operand *operand;

    for (operand = program->operands; operand; operand = operand->next)
        if (operand->variable == variable) {
            *out = operand;
            return true;
        }
    if (variable->array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "\"%s\" holds texts: only numbers and times can be calculated with",
                          variable->name);
    operand = forge_arena_take(arena, sizeof *operand);
    operand->name = variable->name;
    operand->variable = variable;
    operand->array = doubles_of(variable, arena);
    operand->block.budget = program->material->reader->budget;
    set_meaning(operand, variable,
                forge_variable_decoded(variable, arena)->dtype == FORGE_FLOAT32);
    if (!add_dimensions(operand, program, variable->array->rank, variable->dims,
                        variable->array->shape, err))
        return false;
    add_operand(program, operand);
    *out = operand;
    return true;
}

bool forge_program_result(struct forge_operand **out, struct forge_program *program,
                          unsigned rank, const char *const *dims, const uint64_t *shape,
                          struct forge_error *err)
{
    struct forge_operand *operand = forge_arena_take(program->material->arena, sizeof *operand);

    operand->name = "a reduction";
    operand->holds = true;
    if (!add_dimensions(operand, program, rank, dims, shape, err))
        return false;
    add_operand(program, operand);
    *out = operand;
    return true;
}

/* The variable with the most elements gives the order of the dimensions, and the pieces. */
static void find_largest(const struct forge_variable **largest,
                         const struct forge_program *program,
                         const struct forge_expression *tree)
{
    const struct forge_dataset *dataset = program->material->dataset;
    const struct forge_variable *variable = NULL;

    if (tree->kind == FORGE_TREE_NAME)
        variable = forge_dataset_variable(dataset, tree->name);
    if (variable && variable->array->dtype != FORGE_STRING &&
        (!*largest ||
         forge_array_count(variable->array) > forge_array_count((*largest)->array)))
        *largest = variable;
    if (tree->kind == FORGE_TREE_CALL && forge_function_is_reduction(tree))
        return;
    for (size_t i = 0; i < tree->count; i++)
        find_largest(largest, program, tree->parts[i]);
}

static bool open_values(struct forge_program *program, struct forge_error *err)
{
    uint64_t bytes = program->lanes_count * sizeof(double[FORGE_BATCH]);
    double *values;

    if (!forge_block_open(&program->values, program->material->reader->budget, bytes, err))
        return false;
    values = (double *)(void *)program->values.bytes;
    for (struct forge_lane *lane = program->lanes; lane; lane = lane->next) {
        lane->values = values;
        values += FORGE_BATCH;
    }
    return true;
}

bool forge_program_open(struct forge_program *program, const struct forge_expression *tree,
                        enum forge_calendar calendar, const struct forge_material *material,
                        struct forge_error *err)
{
    const struct forge_variable *largest = NULL;
    struct forge_operand *first;

    *program = (struct forge_program){.material = material};
    find_largest(&largest, program, tree);
    if ((!largest || forge_program_variable(&first, program, largest, err)) &&
        forge_lane_build(&program->root, program, tree, calendar, err) &&
        open_values(program, err))
        return true;
    forge_program_close(program);
    return false;
}

void forge_program_close(struct forge_program *program)
{
    for (struct forge_operand *operand = program->operands; operand; operand = operand->next)
        forge_block_close(&operand->block);
    forge_block_close(&program->values);
    *program = (struct forge_program){0};
}

static void times_from_numbers(double *values, uint64_t count,
                               const struct forge_time_units *units)
{
    for (uint64_t i = 0; i < count; i++)
        values[i] = (double)((long double)values[i] * (long double)units->unit_us +
                             (long double)units->epoch_us);
}

static bool same_region(const struct forge_region *a, const struct forge_region *b,
                        unsigned rank)
{
    for (unsigned d = 0; d < rank; d++)
        if (a->start[d] != b->start[d] || a->count[d] != b->count[d])
            return false;
    return true;
}

/* Bring the part of an operand that a piece needs into memory. */
static bool hold(struct forge_operand *operand, const struct forge_program *program,
                 const struct forge_region *tile, struct forge_error *err)
{
    struct forge_region region = {0};
    struct forge_view view;
    uint64_t count;

    if (!operand->array)
        return true;
    for (unsigned d = 0; d < operand->rank; d++) {
        region.start[d] = tile->start[operand->axes[d]];
        region.count[d] = tile->count[operand->axes[d]];
        region.step[d] = 1;
    }
    if (operand->holds && same_region(&operand->held, &region, operand->rank))
        return true;
    operand->holds = false;
    if (!forge_region_count(&count, operand->rank, &region) ||
        !forge_checked_multiply(&count, count, sizeof(double)))
        return forge_fail(err, FORGE_FAILED, "a piece of \"%s\" is too large", operand->name);
    if (!forge_block_reserve(&operand->block, count, err))
        return false;
    view = forge_view_of(operand->block.bytes, operand->rank, region.count, sizeof(double));
    if (!forge_array_read(operand->array, program->material->reader, &region, &view, err))
        return forge_fail_while(err, "variable \"%s\"", operand->name);
    if (operand->meaning.kind == FORGE_SCALAR_TIME)
        times_from_numbers((double *)(void *)operand->block.bytes, count / sizeof(double),
                           &operand->units);
    operand->held = region;
    operand->holds = true;
    return true;
}

static size_t bytes_per_element(const struct forge_program *program)
{
    size_t bytes = 0;

    for (const struct forge_operand *at = program->operands; at; at = at->next)
        bytes += at->array ? sizeof(double) : 0;
    return bytes > 0 ? bytes : sizeof(double);
}

/* The chunks of the largest variable are read whole, where they fit; of what others have
 * beside its dimensions, as little as can be. */
static struct forge_array space_of(const struct forge_program *program, uint64_t bytes)
{
    const struct forge_operand *first = program->operands;
    struct forge_array space = {.rank = program->rank};
    uint64_t piece = bytes_per_element(program);

    for (unsigned d = 0; d < program->rank; d++) {
        space.shape[d] = program->shape[d];
        space.chunk[d] = 1;
    }
    for (unsigned d = 0; first && first->array && d < first->rank; d++) {
        space.chunk[first->axes[d]] =
            forge_maximum(forge_minimum(first->array->chunk[d], first->shape[d]), 1);
        space.phase[first->axes[d]] = first->array->phase[d] % space.chunk[first->axes[d]];
    }
    for (unsigned d = 0; d < program->rank; d++)
        if (!forge_checked_multiply(&piece, piece, space.chunk[d]))
            piece = UINT64_MAX;
    for (unsigned d = 0; d < program->rank && piece > bytes; d++) {
        uint64_t one = forge_maximum(piece / forge_maximum(space.chunk[d], 1), 1);
        uint64_t keep = forge_maximum(bytes / one, 1);

        piece = one * keep;
        space.chunk[d] = keep;
        space.phase[d] = 0;
    }
    return space;
}

static bool run_tile(const struct forge_program *program, const struct forge_region *tile,
                     forge_batch_visit *visit, void *context, bool *more,
                     struct forge_error *err)
{
    struct forge_batch batch = {program, tile, 0, 0};
    uint64_t count = 0;

    for (struct forge_operand *at = program->operands; at; at = at->next)
        if (!hold(at, program, tile, err))
            return false;
    if (!forge_region_count(&count, program->rank, tile))
        return forge_fail(err, FORGE_FAILED, "a piece is too large");
    for (; batch.first < count && *more; batch.first += batch.count) {
        batch.count = (size_t)forge_minimum(FORGE_BATCH, count - batch.first);
        if (!visit(context, &batch, forge_lane_values(program->root, &batch), more, err))
            return false;
    }
    return true;
}

bool forge_program_run(struct forge_program *program, forge_batch_visit *visit, void *context,
                       struct forge_error *err)
{
    uint64_t bytes = program->material->piece_bytes;
    struct forge_array space = space_of(program, bytes);
    struct forge_region all = forge_region_all(program->rank, program->shape);
    struct forge_tiles tiles;
    bool more = true;

    for (unsigned d = 0; d < program->rank; d++)
        if (program->shape[d] == 0)
            return true;
    forge_tiles_open(&tiles, &space, &all, bytes_per_element(program), bytes);
    while (more && forge_tiles_next(&tiles))
        if (!run_tile(program, &tiles.tile, visit, context, &more, err))
            return false;
    return true;
}

void forge_operand_strides(uint64_t *stride, uint64_t *origin,
                           const struct forge_operand *operand,
                           const struct forge_program *program, const struct forge_region *tile)
{
    uint64_t step = 1;

    *origin = 0;
    for (unsigned d = 0; d < program->rank; d++)
        stride[d] = 0;
    for (unsigned d = operand->rank; d-- > 0;) {
        unsigned axis = operand->axes[d];

        stride[axis] += step;
        *origin += operand->array ? 0 : tile->start[axis] * step;
        step *= operand->array ? tile->count[axis] : operand->shape[d];
    }
}

void forge_walk_open(struct forge_walk *walk, const struct forge_batch *batch)
{
    *walk = (struct forge_walk){.batch = batch};
    forge_grid_index(walk->index, batch->program->rank, batch->tile->count, batch->first);
}

size_t forge_walk_next(uint64_t *offset, struct forge_walk *walk, const uint64_t *stride)
{
    const struct forge_batch *batch = walk->batch;
    unsigned rank = batch->program->rank, last = rank - 1;
    size_t rest = batch->count - walk->done, row;

    *offset = 0;
    for (unsigned d = 0; d < rank; d++)
        *offset += walk->index[d] * stride[d];
    if (rest == 0 || rank == 0) {
        walk->done = batch->count;
        return rest;
    }
    row = (size_t)forge_minimum(rest, batch->tile->count[last] - walk->index[last]);
    walk->done += row;
    walk->index[last] += row - 1;
    if (!forge_grid_next(walk->index, rank, batch->tile->count))
        walk->done = batch->count;
    return row;
}

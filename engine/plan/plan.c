#include "plan/plan_parts.h"

#include <stdlib.h>
#include <string.h>

bool forge_plan_resolve(struct forge_plan *plan, const struct forge_recipe *recipe,
                        const struct forge_inputs_request *request, struct forge_error *err)
{
    plan->recipe = recipe;
    plan->grids_count = recipe->inputs_count;
    plan->notes.arena = &plan->arena;
    plan->grids = forge_arena_array(&plan->arena, plan->grids_count, sizeof *plan->grids);
    plan->first_cell = forge_arena_array(&plan->arena, plan->grids_count, sizeof(uint64_t));
    for (size_t i = 0; i < plan->grids_count; i++) {
        if (!forge_inputs_resolve(&plan->grids[i], &plan->arena, recipe, &recipe->inputs[i],
                                  request, err))
            return false;
        plan->first_cell[i] = plan->cells_count;
        plan->cells_count += plan->grids[i].cells_count;
    }
    if (plan->cells_count > FORGE_CELLS_MAX)
        return forge_fail_at(err, recipe->inputs[0].place, "more than %u files",
                             FORGE_CELLS_MAX);
    plan->cell_arenas =
        forge_arena_array(&plan->arena, plan->cells_count, sizeof *plan->cell_arenas);
    plan->cell_datasets =
        forge_arena_array(&plan->arena, plan->cells_count, sizeof(*plan->cell_datasets));
    return true;
}

struct forge_cell *forge_plan_cell(const struct forge_plan *plan, uint64_t number,
                                   const struct forge_grid **grid, uint64_t *cell)
{
    size_t g = 0;

    while (g + 1 < plan->grids_count && plan->first_cell[g + 1] <= number)
        g++;
    *grid = &plan->grids[g];
    *cell = number - plan->first_cell[g];
    return &plan->grids[g].cells[*cell];
}

struct forge_arena *forge_plan_cell_arena(struct forge_plan *plan, uint64_t number)
{
    return &plan->cell_arenas[number];
}

bool forge_plan_scanned(struct forge_plan *plan, uint64_t number, struct forge_dataset *dataset,
                        struct forge_reader *reader, struct forge_error *err)
{
    struct forge_arena *arena = &plan->cell_arenas[number];
    struct forge_dataset *kept = forge_arena_take(arena, sizeof *kept);
    const struct forge_grid *grid;
    uint64_t cell;
    const struct forge_cell *of = forge_plan_cell(plan, number, &grid, &cell);
    struct forge_cell_scope context = {
        .grid = grid, .cell = cell, .dataset = kept, .arena = arena};
    struct forge_scope scope = forge_cell_scope(&context);

    *kept = *dataset;
    kept->url = of->file.url;
    for (size_t v = 0; v < kept->variables_count; v++)
        kept->variables[v].origin = of->file.url;
    if (!forge_plan_transform(kept, &grid->input->each, arena, reader, &scope, err)) {
        if (context.let_failure.code != FORGE_OK)
            *err = context.let_failure;
        return forge_fail_while(err, "%s", of->file.url);
    }
    forge_dataset_trim_dimensions(kept);
    plan->cell_datasets[number] = kept;
    return true;
}

/* A variable that cannot be stored is refused once nothing dropped it. */
static bool refuse_variables(const struct forge_dataset *dataset, struct forge_error *err)
{
    for (size_t v = 0; v < dataset->variables_count; v++) {
        const struct forge_source *source = forge_array_source(dataset->variables[v].array);

        if (source && source->manifest.kind == FORGE_MANIFEST_REFUSED) {
            forge_fail(err, FORGE_BAD_SOURCE, "%s: variable \"%s\": %s", dataset->url,
                       dataset->variables[v].name, source->manifest.refusal);
            return forge_fail_help(err, "drop it: each: [{drop: [%s]}]",
                                   dataset->variables[v].name);
        }
    }
    return true;
}

static bool refuse_all(const struct forge_plan *plan, struct forge_error *err)
{
    for (uint64_t c = 0; c < plan->cells_count; c++) {
        const struct forge_grid *grid;
        uint64_t at;

        if (!plan->cell_datasets[c] || refuse_variables(plan->cell_datasets[c], err))
            continue;
        forge_plan_cell(plan, c, &grid, &at);
        return forge_fail_place(err, grid->input->place);
    }
    return true;
}

bool forge_plan_combine(struct forge_plan *plan, struct forge_reader *reader,
                        struct forge_error *err)
{
    struct forge_dataset *merged =
        forge_arena_array(&plan->arena, plan->grids_count, sizeof *merged);
    struct forge_combining combining = {
        .arena = &plan->arena, .reader = reader, .notes = &plan->notes};

    if (!refuse_all(plan, err))
        return false;
    for (size_t g = 0; g < plan->grids_count; g++) {
        const struct forge_input *input = plan->grids[g].input;

        combining.join = input->join;
        combining.conflicts = input->conflicts;
        combining.place = input->place;
        if (!forge_combine_grid(
                &merged[g], &combining, &plan->grids[g],
                (const struct forge_dataset *const *)&plan->cell_datasets[plan->first_cell[g]],
                err))
            return forge_fail_place(err, input->place);
    }
    combining.join = plan->recipe->inputs[0].join;
    combining.conflicts = plan->recipe->inputs[0].conflicts;
    combining.place = plan->recipe->inputs[0].place;
    if (plan->grids_count == 1)
        forge_dataset_copy(&plan->dataset, &plan->arena, &merged[0]);
    else if (!forge_combine_merge(&plan->dataset, &combining, merged, plan->grids_count, err))
        return forge_fail_place(err, combining.place);
    if (!forge_plan_transform(&plan->dataset, &plan->recipe->transforms, &plan->arena, reader,
                              NULL, err))
        return false;
    forge_dataset_trim_dimensions(&plan->dataset);
    if (plan->dataset.variables_count == 0)
        return forge_fail_at(err, plan->recipe->inputs[0].place,
                             "no variable is left to store");
    forge_plan_name_coordinates(&plan->dataset);
    return forge_plan_encode(plan, err);
}

void forge_plan_close(struct forge_plan *plan)
{
    for (uint64_t c = 0; plan->cell_arenas && c < plan->cells_count; c++)
        forge_arena_clear(&plan->cell_arenas[c]);
    forge_arena_clear(&plan->arena);
    forge_store_close(plan->files);
    *plan = (struct forge_plan){0};
}

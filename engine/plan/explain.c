/* explain.c: a plan for people, and for programs. */
#include "plan/plan.h"

#include "document/json.h"

#include <string.h>

static void count_cells(const struct forge_plan *plan, uint64_t *wanted, uint64_t *excluded,
                        uint64_t *absent)
{
    *wanted = *excluded = *absent = 0;
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            *wanted += plan->grids[g].cells[c].state == FORGE_CELL_WANTED;
            *excluded += plan->grids[g].cells[c].state == FORGE_CELL_EXCLUDED;
            *absent += plan->grids[g].cells[c].state == FORGE_CELL_ABSENT;
        }
    }
}

static uint64_t input_bytes(const struct forge_plan *plan)
{
    uint64_t total = 0;

    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            if (plan->grids[g].cells[c].state == FORGE_CELL_WANTED)
                total += plan->grids[g].cells[c].file.status.size;
        }
    }
    return total;
}

static uint64_t output_bytes(const struct forge_plan *plan)
{
    uint64_t total = 0;

    for (size_t i = 0; i < plan->arrays_count; i++)
        total += plan->arrays[i].total_bytes;
    return total;
}

/* The first or last file of a grid that is wanted, or NULL. */
static const struct forge_cell *edge_cell(const struct forge_grid *grid, bool last)
{
    for (uint64_t i = 0; i < grid->cells_count; i++) {
        const struct forge_cell *cell = &grid->cells[last ? grid->cells_count - 1 - i : i];

        if (cell->state == FORGE_CELL_WANTED)
            return cell;
    }
    return NULL;
}

static void explain_inputs(struct forge_text *out, const struct forge_plan *plan)
{
    uint64_t wanted, excluded, absent;
    char bytes[32];

    count_cells(plan, &wanted, &excluded, &absent);
    forge_text_print(out, "inputs    %llu file%s, %s", (unsigned long long)wanted,
                     wanted == 1 ? "" : "s",
                     forge_text_bytes(bytes, sizeof bytes, input_bytes(plan)));
    if (excluded > 0)
        forge_text_print(out, ", %llu left out", (unsigned long long)excluded);
    if (absent > 0)
        forge_text_print(out, ", %llu not there", (unsigned long long)absent);
    forge_text_add(out, "\n");
    for (size_t g = 0; g < plan->grids_count; g++) {
        const struct forge_cell *first = edge_cell(&plan->grids[g], false);
        const struct forge_cell *last = edge_cell(&plan->grids[g], true);

        if (!first)
            continue;
        forge_text_add(out, "          first ");
        forge_text_add_safe(out, first->file.url);
        if (last != first) {
            forge_text_add(out, "\n          last  ");
            forge_text_add_safe(out, last->file.url);
        }
        forge_text_add(out, "\n");
    }
}

static void explain_dataset(struct forge_text *out, const struct forge_plan *plan)
{
    forge_text_add(out, "dataset   ");
    forge_text_add_safe(out, plan->recipe->name);
    forge_text_print(out, ", %s (", plan->recipe->target.type->name);
    for (size_t d = 0; d < plan->dataset.dims_count; d++) {
        forge_text_add(out, d > 0 ? ", " : "");
        forge_text_add_safe(out, plan->dataset.dims[d].name);
        forge_text_print(out, ": %llu", (unsigned long long)plan->dataset.dims[d].size);
    }
    forge_text_add(out, ")\n");
}

static void explain_shape(struct forge_text *out, const uint64_t *lengths, unsigned rank)
{
    forge_text_add(out, "(");
    for (unsigned d = 0; d < rank; d++)
        forge_text_print(out, "%s%llu", d > 0 ? ", " : "", (unsigned long long)lengths[d]);
    forge_text_add(out, ")");
}

static void explain_array(struct forge_text *out, const struct forge_plan_array *array)
{
    const struct forge_variable *variable = array->target.variable;
    unsigned rank = variable->array->rank;
    char bytes[32];

    forge_text_add(out, "          ");
    forge_text_add_safe(out, variable->name);
    forge_text_print(out, " %s ", forge_dtype_name(variable->array->dtype));
    explain_shape(out, variable->array->shape, rank);
    forge_text_add(out, " in chunks ");
    explain_shape(out, array->target.chunk, rank);
    forge_text_print(out, " of %s", forge_text_bytes(bytes, sizeof bytes, array->chunk_bytes));
    if (array->target.sharded) {
        forge_text_add(out, ", shards ");
        explain_shape(out, array->target.shard, rank);
    }
    forge_text_print(out, "\n              %llu task%s, up to %s each: %s\n",
                     (unsigned long long)array->tasks_count, array->tasks_count == 1 ? "" : "s",
                     forge_text_bytes(bytes, sizeof bytes, array->task_bytes), array->reason);
}

static void explain_stages(struct forge_text *out, const struct forge_plan *plan)
{
    uint64_t wanted, excluded, absent;

    count_cells(plan, &wanted, &excluded, &absent);
    forge_text_print(out,
                     "stages    fetch %llu, scan %llu, combine 1, write %llu, check %zu, "
                     "publish 1\n",
                     (unsigned long long)wanted, (unsigned long long)wanted,
                     (unsigned long long)plan->tasks_count, plan->recipe->checks_count);
}

static void explain_amounts(struct forge_text *out, const struct forge_plan *plan)
{
    char a[32], b[32], c[32];

    forge_text_print(out, "read      %s%s stored, %s decoded, in %llu source chunks\n",
                     plan->reads.estimated ? "about " : "",
                     forge_text_bytes(a, sizeof a, plan->reads.stored_bytes),
                     forge_text_bytes(b, sizeof b, plan->reads.decoded_bytes),
                     (unsigned long long)plan->reads.chunks);
    if (plan->reads.library_bytes > 0)
        forge_text_print(out, "          %s of them through the netCDF library, slower\n",
                         forge_text_bytes(a, sizeof a, plan->reads.library_bytes));
    forge_text_print(out, "write     %s before compression\n",
                     forge_text_bytes(a, sizeof a, output_bytes(plan)));
    forge_text_print(out, "memory    %s: %u worker%s with tasks of up to %s, within %s\n",
                     forge_text_bytes(a, sizeof a, plan->task_bytes * plan->workers),
                     plan->workers, plan->workers == 1 ? "" : "s",
                     forge_text_bytes(b, sizeof b, plan->task_bytes),
                     forge_text_bytes(c, sizeof c, plan->limits.memory_bytes));
    if (plan->workers < plan->limits.workers)
        forge_text_print(out, "          %u workers would not fit\n", plan->limits.workers);
}

void forge_plan_explain(struct forge_text *out, const struct forge_plan *plan)
{
    explain_dataset(out, plan);
    explain_inputs(out, plan);
    explain_stages(out, plan);
    for (size_t i = 0; i < plan->arrays_count; i++)
        explain_array(out, &plan->arrays[i]);
    explain_amounts(out, plan);
    for (size_t i = 0; i < plan->notes.count; i++) {
        forge_text_add(out, i == 0 ? "notes     " : "          ");
        forge_text_add_safe(out, plan->notes.items[i]);
        forge_text_add(out, "\n");
    }
}

static void json_lengths(struct forge_json *json, const char *key, const uint64_t *lengths,
                         unsigned rank)
{
    forge_json_key(json, key);
    forge_json_array(json);
    for (unsigned d = 0; d < rank; d++)
        forge_json_unsigned(json, lengths[d]);
    forge_json_close(json, ']');
}

static void json_array(struct forge_json *json, const struct forge_plan_array *array)
{
    const struct forge_variable *variable = array->target.variable;
    unsigned rank = variable->array->rank;

    forge_json_object(json);
    json_lengths(json, "chunk", array->target.chunk, rank);
    forge_json_add_number(json, "chunk_bytes", array->chunk_bytes);
    forge_json_add_number(json, "chunks", array->chunks_count);
    forge_json_key(json, "dims");
    forge_json_array(json);
    for (unsigned d = 0; d < rank; d++)
        forge_json_string(json, variable->dims[d]);
    forge_json_close(json, ']');
    forge_json_key(json, "dtype");
    forge_json_string(json, forge_dtype_name(variable->array->dtype));
    forge_json_key(json, "name");
    forge_json_string(json, variable->name);
    forge_json_key(json, "reason");
    forge_json_string(json, array->reason);
    json_lengths(json, "shape", variable->array->shape, rank);
    if (array->target.sharded)
        json_lengths(json, "shard", array->target.shard, rank);
    forge_json_add_number(json, "task_bytes", array->task_bytes);
    forge_json_add_number(json, "tasks", array->tasks_count);
    forge_json_add_number(json, "total_bytes", array->total_bytes);
    forge_json_close(json, '}');
}

static void json_inputs(struct forge_json *json, const struct forge_plan *plan)
{
    uint64_t wanted, excluded, absent;

    count_cells(plan, &wanted, &excluded, &absent);
    forge_json_key(json, "inputs");
    forge_json_object(json);
    forge_json_add_number(json, "absent", absent);
    forge_json_add_number(json, "bytes", input_bytes(plan));
    forge_json_add_number(json, "excluded", excluded);
    forge_json_add_number(json, "files", wanted);
    for (int last = 0; last < 2; last++) {
        const struct forge_cell *cell =
            edge_cell(&plan->grids[last ? plan->grids_count - 1 : 0], last != 0);

        forge_json_key(json, last ? "last" : "first");
        if (cell)
            forge_json_string(json, cell->file.url);
        else
            forge_json_null(json);
    }
    forge_json_close(json, '}');
}

void forge_plan_json(struct forge_text *out, const struct forge_plan *plan, const char *changes)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    if (changes) {
        forge_json_key(&json, "changes");
        forge_json_raw(&json, changes);
    }
    forge_json_key(&json, "format");
    forge_json_string(&json, plan->recipe->target.type->name);
    json_inputs(&json, plan);
    forge_json_key(&json, "memory");
    forge_json_object(&json);
    forge_json_add_number(&json, "limit_bytes", plan->limits.memory_bytes);
    forge_json_add_number(&json, "task_bytes", plan->task_bytes);
    forge_json_add_number(&json, "workers", plan->workers);
    forge_json_close(&json, '}');
    forge_json_key(&json, "name");
    forge_json_string(&json, plan->recipe->name);
    forge_json_key(&json, "notes");
    forge_json_array(&json);
    for (size_t i = 0; i < plan->notes.count; i++)
        forge_json_string(&json, plan->notes.items[i]);
    forge_json_close(&json, ']');
    forge_json_key(&json, "reads");
    forge_json_object(&json);
    forge_json_add_number(&json, "chunks", plan->reads.chunks);
    forge_json_add_number(&json, "decoded_bytes", plan->reads.decoded_bytes);
    forge_json_key(&json, "estimated");
    forge_json_flag(&json, plan->reads.estimated);
    forge_json_add_number(&json, "library_bytes", plan->reads.library_bytes);
    forge_json_add_number(&json, "stored_bytes", plan->reads.stored_bytes);
    forge_json_close(&json, '}');
    forge_json_add_number(&json, "tasks", plan->tasks_count);
    forge_json_key(&json, "variables");
    forge_json_array(&json);
    for (size_t i = 0; i < plan->arrays_count; i++)
        json_array(&json, &plan->arrays[i]);
    forge_json_close(&json, ']');
    forge_json_add_number(&json, "write_bytes", output_bytes(plan));
    forge_json_close(&json, '}');
}

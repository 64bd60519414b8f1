#include <math.h>
#include <string.h>

#include "expression/program.h"

/* So many values are told of the place where it does not hold. */
#define VALUES_MAX 6

struct search {
    const struct forge_program *program;
    bool failed;
    uint64_t index[FORGE_RANK_MAX]; /* in the program's space, where it does not hold */
    struct forge_text text;
};

static void print_value(struct forge_text *out, const struct forge_meaning *meaning,
                        double value)
{
    enum forge_dtype dtype = meaning->single ? FORGE_FLOAT32 : FORGE_FLOAT64;
    union forge_value element = {.float64 = value};
    struct forge_scalar scalar = {.kind = meaning->kind, .calendar = meaning->calendar};
    struct forge_error ignored;
    char number[64];

    if (isnan(value)) {
        forge_text_add(out, "missing");
    } else if (meaning->kind == FORGE_SCALAR_FLOAT) {
        if (meaning->single)
            element.float32 = (float)value;
        forge_text_add(out, forge_value_format(number, sizeof number, dtype, element.bytes));
    } else {
        scalar.flag = value != 0;
        scalar.integer = scalar.duration.us = fabs(value) < 9.2e18 ? llrint(value) : 0;
        if (!forge_scalar_format(out, &scalar, NULL, &ignored))
            forge_text_add(out, "?");
    }
}

/* Variables and reductions, each once. Lanes made before follow in the list. */
static bool is_told(const struct forge_lane *lane)
{
    if (lane->tree->kind == FORGE_TREE_CALL)
        return forge_function_is_reduction(lane->tree);
    for (const struct forge_lane *at = lane->next; at; at = at->next)
        if (at->operand == lane->operand)
            return false;
    return lane->tree->kind == FORGE_TREE_NAME;
}

/* The first lanes to be told, in the order of the text. */
static size_t find_told(const struct forge_lane **told, const struct forge_program *program)
{
    size_t count = 0;

    for (const struct forge_lane *lane = program->lanes; lane; lane = lane->next)
        if (is_told(lane)) {
            memmove(told + 1, told, (VALUES_MAX - 1) * sizeof(void *));
            told[0] = lane;
            count += count < VALUES_MAX;
        }
    return count;
}

static void print_place(struct search *search, const struct forge_batch *batch, size_t at)
{
    const struct forge_program *program = search->program;
    const struct forge_lane *told[VALUES_MAX] = {NULL};
    size_t count = find_told(told, program);

    for (unsigned d = 0; d < program->rank; d++)
        forge_text_print(&search->text, "%s%s %llu", d > 0 ? ", " : "", program->dims[d],
                         (unsigned long long)search->index[d]);
    for (size_t i = 0; i < count; i++) {
        const struct forge_expression *tree = told[i]->tree;
        const char *before = i > 0 ? ", " : program->rank > 0 ? ": " : "";

        forge_text_print(&search->text, "%s%.*s = ", before, (int)(tree->end - tree->at),
                         tree->text + tree->at);
        print_value(&search->text, &told[i]->meaning, forge_lane_values(told[i], batch)[at]);
    }
    if (search->text.length == 0)
        forge_text_add(&search->text, "it is false");
}

static bool visit(void *context, const struct forge_batch *batch, const double *values,
                  bool *more, struct forge_error *err)
{
    struct search *search = context;

    (void)err;
    for (size_t i = 0; i < batch->count; i++)
        if (values[i] == 0) {
            unsigned rank = search->program->rank;

            forge_grid_index(search->index, rank, batch->tile->count, batch->first + i);
            for (unsigned d = 0; d < rank; d++)
                search->index[d] += batch->tile->start[d];
            search->failed = true;
            *more = false;
            print_place(search, batch, i);
            return true;
        }
    return true;
}

static bool check_result(const struct forge_program *program, struct forge_error *err)
{
    enum forge_scalar_kind kind = program->root->meaning.kind;

    return kind == FORGE_SCALAR_FLAG || kind == FORGE_SCALAR_MISSING ||
           forge_fail(err, FORGE_BAD_RECIPE, "the expression is %s, not true or false",
                      forge_scalar_kind_name(kind));
}

/* The place as seen by the largest variable. */
static void give_place(uint64_t *index, const struct forge_variable **variable,
                       const struct search *search)
{
    const struct forge_operand *operand = search->program->operands;

    *variable = NULL;
    if (!operand || !operand->variable)
        return;
    *variable = operand->variable;
    for (unsigned d = 0; d < operand->rank; d++)
        index[d] = search->index[operand->axes[d]];
}

bool forge_expression_holds(bool *holds, uint64_t *index,
                            const struct forge_variable **variable,
                            const struct forge_expression *expression,
                            const struct forge_dataset *dataset, struct forge_reader *reader,
                            uint64_t region_bytes, struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_material material = {dataset, reader, &arena, region_bytes};
    struct forge_program program;
    struct search search = {.program = &program};
    bool good = false;

    if (!forge_program_open(&program, expression, FORGE_CALENDAR_STANDARD, &material, err))
        goto out;
    if (!check_result(&program, err) || !forge_program_run(&program, visit, &search, err))
        goto out;
    *holds = !search.failed;
    if (search.failed) {
        give_place(index, variable, &search);
        forge_fail(err, FORGE_CHECK_FAILED, "%s", forge_text_string(&search.text));
    }
    good = true;
out:
    forge_program_close(&program);
    forge_text_clear(&search.text);
    forge_arena_clear(&arena);
    return good;
}

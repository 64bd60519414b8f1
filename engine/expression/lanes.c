/* lanes.c: the lanes of an expression, with their types checked. */
#include <math.h>
#include <string.h>

#include "expression/evaluate.h"
#include "expression/program.h"

struct forge_lane *forge_lane_new(struct forge_program *program, enum forge_lane_kind kind,
                                  const struct forge_expression *tree)
{
    struct forge_lane *lane = forge_arena_take(program->material->arena, sizeof *lane);

    lane->kind = kind;
    lane->tree = tree;
    lane->next = program->lanes;
    program->lanes = lane;
    program->lanes_count++;
    return lane;
}

/* Is it the same everywhere, without looking at any variable? */
static bool is_constant(const struct forge_program *program,
                        const struct forge_expression *tree)
{
    if (tree->kind == FORGE_TREE_NAME)
        return forge_dataset_variable(program->material->dataset, tree->name) == NULL;
    if (tree->kind == FORGE_TREE_CALL && forge_function_is_reduction(tree))
        return false;
    for (size_t i = 0; i < tree->count; i++)
        if (!is_constant(program, tree->parts[i]))
            return false;
    return true;
}

static bool find_attribute(void *context, const char *variable, const char *name,
                           struct forge_scalar *out)
{
    return forge_scalar_attribute(out, context, variable, name);
}

static bool build_constant(struct forge_lane **out, struct forge_program *program,
                           const struct forge_expression *tree, enum forge_calendar calendar,
                           struct forge_error *err)
{
    const struct forge_material *material = program->material;
    struct forge_scope scope = {
        .context = (void *)material->dataset,
        .attribute = find_attribute,
        .names = forge_dataset_names(material->dataset, material->arena, false),
    };
    struct forge_lane *lane = forge_lane_new(program, FORGE_LANE_CONSTANT, tree);
    struct forge_scalar value;

    if (!forge_evaluate(&value, tree, calendar, &scope, material->arena, err))
        return false;
    lane->meaning.kind = value.kind;
    lane->meaning.calendar = value.calendar;
    if (value.kind == FORGE_SCALAR_INTEGER) {
        lane->meaning.kind = FORGE_SCALAR_FLOAT;
        lane->constant = (double)value.integer;
    } else if (value.kind == FORGE_SCALAR_FLOAT) {
        lane->constant = value.number;
    } else if (value.kind == FORGE_SCALAR_FLAG) {
        lane->constant = value.flag;
    } else if (value.kind == FORGE_SCALAR_TIME) {
        lane->constant = (double)value.integer;
    } else if (value.kind == FORGE_SCALAR_DURATION) {
        lane->constant = (double)value.duration.us;
        lane->duration = value.duration;
    } else {
        lane->constant = NAN;
    }
    *out = lane;
    return true;
}

static bool build_name(struct forge_lane **out, struct forge_program *program,
                       const struct forge_expression *tree, struct forge_error *err)
{
    struct forge_lane *lane = forge_lane_new(program, FORGE_LANE_OPERAND, tree);
    struct forge_operand *operand;

    if (!forge_program_variable(&operand, program,
                                forge_dataset_variable(program->material->dataset, tree->name),
                                err))
        return false;
    lane->operand = operand;
    lane->meaning = operand->meaning;
    *out = lane;
    return true;
}

/* As for single values: written dates are of the calendar of the times that they meet. */
static bool build_parts(struct forge_lane *lane, struct forge_program *program,
                        const struct forge_expression *tree, enum forge_calendar calendar,
                        struct forge_error *err)
{
    lane->count = tree->count;
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->parts[i]->any_calendar)
            continue;
        if (!forge_lane_build(&lane->parts[i], program, tree->parts[i], calendar, err))
            return false;
        if (lane->parts[i]->meaning.kind == FORGE_SCALAR_TIME)
            calendar = lane->parts[i]->meaning.calendar;
    }
    for (size_t i = 0; i < tree->count; i++)
        if (tree->parts[i]->any_calendar &&
            !forge_lane_build(&lane->parts[i], program, tree->parts[i], calendar, err))
            return false;
    return true;
}

static enum forge_scalar_kind kind_of(const struct forge_lane *lane, size_t part)
{
    return lane->parts[part]->meaning.kind;
}

/* Nothing but `time + 1mo` has a meaning with months that are not of one length. */
static bool has_months(const struct forge_lane *lane)
{
    return lane->kind == FORGE_LANE_CONSTANT && lane->duration.months != 0;
}

static bool fail_months(struct forge_error *err)
{
    return forge_fail(err, FORGE_BAD_RECIPE,
                      "months differ in length: they can only be added to times here");
}

static bool give(struct forge_lane *lane, enum forge_scalar_kind kind)
{
    lane->meaning.kind = kind;
    return true;
}

static bool give_months(struct forge_lane *lane, size_t time, int64_t sign)
{
    struct forge_lane *moved = lane->parts[time];

    lane->kind = FORGE_LANE_MONTHS;
    lane->duration = lane->parts[1 - time]->duration;
    lane->duration.months *= sign;
    lane->parts[0] = moved;
    lane->count = 1;
    lane->meaning = moved->meaning;
    return true;
}

static bool same_calendar(const struct forge_lane *a, const struct forge_lane *b,
                          struct forge_error *err)
{
    if (a->meaning.kind != FORGE_SCALAR_TIME || b->meaning.kind != FORGE_SCALAR_TIME ||
        a->meaning.calendar == b->meaning.calendar)
        return true;
    return forge_fail(
        err, FORGE_BAD_RECIPE, "times of the calendar %s and of the calendar %s do not compare",
        forge_calendar_name(a->meaning.calendar), forge_calendar_name(b->meaning.calendar));
}

/* Sums and differences with times. */
static bool type_times(struct forge_lane *lane, enum forge_operator operation,
                       struct forge_error *err)
{
    size_t time = kind_of(lane, 0) == FORGE_SCALAR_TIME ? 0 : 1;
    bool adds = operation == FORGE_OPERATOR_ADD;

    if (kind_of(lane, 0) == kind_of(lane, 1) && !adds)
        return same_calendar(lane->parts[0], lane->parts[1], err) &&
               give(lane, FORGE_SCALAR_DURATION);
    if (kind_of(lane, 1 - time) != FORGE_SCALAR_DURATION || (!adds && time == 1))
        return forge_operator_fail(err, operation, kind_of(lane, 0), kind_of(lane, 1));
    if (has_months(lane->parts[1 - time]))
        return give_months(lane, time, adds ? 1 : -1);
    lane->meaning = lane->parts[time]->meaning;
    return true;
}

static bool type_durations(struct forge_lane *lane, enum forge_operator operation,
                           struct forge_error *err)
{
    enum forge_scalar_kind a = kind_of(lane, 0), b = kind_of(lane, 1);

    if (has_months(lane->parts[0]) || has_months(lane->parts[1]))
        return fail_months(err);
    if (a != b)
        return operation == FORGE_OPERATOR_MULTIPLY &&
                       (a == FORGE_SCALAR_FLOAT || b == FORGE_SCALAR_FLOAT)
                   ? give(lane, FORGE_SCALAR_DURATION)
                   : forge_operator_fail(err, operation, a, b);
    if (operation == FORGE_OPERATOR_DIVIDE || operation == FORGE_OPERATOR_FLOOR_DIVIDE)
        return give(lane, FORGE_SCALAR_FLOAT);
    if (operation == FORGE_OPERATOR_MULTIPLY || operation == FORGE_OPERATOR_POWER)
        return forge_operator_fail(err, operation, a, b);
    return give(lane, FORGE_SCALAR_DURATION);
}

static bool type_arithmetic(struct forge_lane *lane, enum forge_operator operation,
                            struct forge_error *err)
{
    enum forge_scalar_kind a = kind_of(lane, 0), b = kind_of(lane, 1);
    bool adds = operation == FORGE_OPERATOR_ADD || operation == FORGE_OPERATOR_SUBTRACT;

    if (a == FORGE_SCALAR_MISSING || b == FORGE_SCALAR_MISSING)
        return give(lane, FORGE_SCALAR_MISSING);
    if (a == FORGE_SCALAR_FLOAT && b == FORGE_SCALAR_FLOAT)
        return give(lane, FORGE_SCALAR_FLOAT);
    if (adds && (a == FORGE_SCALAR_TIME || b == FORGE_SCALAR_TIME))
        return type_times(lane, operation, err);
    if (a == FORGE_SCALAR_DURATION || b == FORGE_SCALAR_DURATION)
        return type_durations(lane, operation, err);
    return forge_operator_fail(err, operation, a, b);
}

/* A written number means the float32 next to it where it meets float32 values, as in numpy. */
static void narrow_constant(struct forge_lane *constant, const struct forge_lane *other)
{
    if (constant->kind == FORGE_LANE_CONSTANT && other->meaning.single &&
        constant->meaning.kind == FORGE_SCALAR_FLOAT)
        constant->constant = (double)(float)constant->constant;
}

static bool type_comparison(struct forge_lane *lane, enum forge_operator operation,
                            struct forge_error *err)
{
    enum forge_scalar_kind a = kind_of(lane, 0), b = kind_of(lane, 1);
    bool equality = operation == FORGE_OPERATOR_EQUAL || operation == FORGE_OPERATOR_NOT_EQUAL;

    if (a != FORGE_SCALAR_MISSING && b != FORGE_SCALAR_MISSING &&
        (a != b || (a == FORGE_SCALAR_FLAG && !equality)))
        return forge_operator_fail(err, operation, a, b);
    if (has_months(lane->parts[0]) || has_months(lane->parts[1]))
        return fail_months(err);
    narrow_constant(lane->parts[0], lane->parts[1]);
    narrow_constant(lane->parts[1], lane->parts[0]);
    return same_calendar(lane->parts[0], lane->parts[1], err) && give(lane, FORGE_SCALAR_FLAG);
}

static bool need_flags(const struct forge_lane *lane, size_t count, struct forge_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (kind_of(lane, i) != FORGE_SCALAR_FLAG && kind_of(lane, i) != FORGE_SCALAR_MISSING)
            return forge_operator_fail(err, FORGE_OPERATOR_NOT, kind_of(lane, i),
                                       kind_of(lane, i));
    return true;
}

static bool type_operator(struct forge_lane *lane, enum forge_operator operation,
                          struct forge_error *err)
{
    enum forge_scalar_kind first = kind_of(lane, 0);

    if (operation <= FORGE_OPERATOR_NOT)
        return need_flags(lane, lane->count, err) && give(lane, FORGE_SCALAR_FLAG);
    if (operation == FORGE_OPERATOR_NEGATE) {
        lane->meaning = lane->parts[0]->meaning;
        if (has_months(lane->parts[0]))
            return fail_months(err);
        return first == FORGE_SCALAR_FLOAT || first == FORGE_SCALAR_DURATION ||
               first == FORGE_SCALAR_MISSING ||
               forge_operator_fail(err, operation, first, first);
    }
    if (operation >= FORGE_OPERATOR_ADD)
        return type_arithmetic(lane, operation, err);
    return type_comparison(lane, operation, err);
}

/* Do the parts from `first` on have one meaning? The lane takes it. */
static bool type_alike(struct forge_lane *lane, size_t first, struct forge_error *err)
{
    const struct forge_lane *known = lane->parts[first];

    lane->meaning = known->meaning;
    for (size_t i = first + 1; i < lane->count; i++) {
        const struct forge_lane *part = lane->parts[i];

        lane->meaning.single = lane->meaning.single && part->meaning.single;
        if (part->meaning.kind == FORGE_SCALAR_MISSING)
            continue;
        if (known->meaning.kind == FORGE_SCALAR_MISSING)
            known = part;
        if (known->meaning.kind != part->meaning.kind)
            return forge_fail(err, FORGE_BAD_RECIPE, "%s cannot mix %s and %s",
                              lane->tree->function->name,
                              forge_scalar_kind_name(known->meaning.kind),
                              forge_scalar_kind_name(part->meaning.kind));
        if (!same_calendar(known, part, err))
            return false;
        lane->meaning.kind = known->meaning.kind;
        lane->meaning.calendar = known->meaning.calendar;
    }
    return true;
}

static bool fail_argument(const struct forge_lane *lane, const char *wanted, size_t part,
                          struct forge_error *err)
{
    struct forge_call call = {.function = lane->tree->function};

    return forge_function_fail(err, &call, wanted, kind_of(lane, part));
}

static bool type_number(struct forge_lane *lane, struct forge_error *err)
{
    const char *name = lane->tree->function->name;
    bool times = lane->tree->function->reduces || strcmp(name, "clip") == 0;

    for (size_t i = 0; i < lane->count; i++) {
        enum forge_scalar_kind kind = kind_of(lane, i);

        if (kind != FORGE_SCALAR_FLOAT && kind != FORGE_SCALAR_MISSING &&
            !(times && kind == FORGE_SCALAR_TIME))
            return fail_argument(lane, times ? "numbers or times" : "a number", i, err);
    }
    if (times || lane->count == 1) {
        if (!type_alike(lane, 0, err))
            return false;
        lane->meaning.single = lane->meaning.single && (times || strcmp(name, "abs") == 0);
        return true;
    }
    return give(lane, FORGE_SCALAR_FLOAT);
}

static bool type_call(struct forge_lane *lane, struct forge_error *err)
{
    const struct forge_function *function = lane->tree->function;

    switch (function->kind) {
    case FORGE_FUNCTION_IF:
        lane->kind = FORGE_LANE_IF;
        return need_flags(lane, 1, err) && type_alike(lane, 1, err);
    case FORGE_FUNCTION_IS_MISSING:
        lane->kind = FORGE_LANE_IS_MISSING;
        return give(lane, FORGE_SCALAR_FLAG);
    case FORGE_FUNCTION_NUMBER:
        lane->kind = FORGE_LANE_NUMBER;
        return type_number(lane, err);
    case FORGE_FUNCTION_FIELD:
        lane->kind = FORGE_LANE_FIELD;
        if (kind_of(lane, 0) != FORGE_SCALAR_TIME)
            return fail_argument(lane, "a time", 0, err);
        return give(lane, FORGE_SCALAR_FLOAT);
    default:
        return forge_fail(err, FORGE_BAD_RECIPE, "%s works on single values, not on variables",
                          function->name);
    }
}

static bool build_year_end(struct forge_lane *lane, struct forge_error *err)
{
    lane->kind = FORGE_LANE_YEAR_END;
    lane->meaning = lane->parts[0]->meaning;
    return lane->meaning.kind == FORGE_SCALAR_TIME || fail_argument(lane, "a time", 0, err);
}

static bool build_lane(struct forge_lane **out, struct forge_program *program,
                       const struct forge_expression *tree, enum forge_calendar calendar,
                       struct forge_error *err)
{
    struct forge_lane *lane;

    if (is_constant(program, tree))
        return build_constant(out, program, tree, calendar, err);
    if (tree->kind == FORGE_TREE_NAME)
        return build_name(out, program, tree, err);
    if (tree->kind == FORGE_TREE_CALL && forge_function_is_reduction(tree))
        return forge_reduction_build(out, program, tree, calendar, err);
    if (tree->kind != FORGE_TREE_OPERATOR && tree->kind != FORGE_TREE_CALL)
        return forge_fail(err, FORGE_BAD_RECIPE,
                          "tables and attributes are looked up by single values only");
    lane = forge_lane_new(program, FORGE_LANE_OPERATOR, tree);
    *out = lane;
    if (!build_parts(lane, program, tree, calendar, err))
        return false;
    if (tree->kind == FORGE_TREE_OPERATOR)
        return type_operator(lane, tree->operation, err);
    if (strcmp(tree->function->name, "year_end") == 0)
        return build_year_end(lane, err);
    return type_call(lane, err);
}

bool forge_lane_build(struct forge_lane **out, struct forge_program *program,
                      const struct forge_expression *tree, enum forge_calendar calendar,
                      struct forge_error *err)
{
    if (build_lane(out, program, tree, calendar, err))
        return true;
    if (err->help[0] == '\0' && tree->count > 0)
        forge_fail_help(err, "in: %.*s", (int)(tree->end - tree->at), tree->text + tree->at);
    return false;
}

#include "expression/evaluate.h"

#include <math.h>

#include "expression/functions.h"

struct evaluation {
    const struct forge_scope *scope;
    struct forge_arena *arena;
    struct forge_error *err;
};

static bool evaluate(struct forge_scalar *out, const struct forge_expression *tree,
                     enum forge_calendar calendar, struct evaluation *e);

static bool fail_name(const struct forge_expression *tree, struct evaluation *e)
{
    const char *near = e->scope->names ? forge_text_nearest(tree->name, e->scope->names) : NULL;

    forge_fail(e->err, FORGE_BAD_RECIPE, "unknown name \"%s\"", tree->name);
    if (near)
        forge_fail_help(e->err, "did you mean \"%s\"?", near);
    return false;
}

/* What comes from outside: a float without a value is a missing value. */
static bool accept(struct forge_scalar *out, const struct forge_scalar *value)
{
    *out = *value;
    if (value->kind == FORGE_SCALAR_FLOAT && isnan(value->number))
        *out = (struct forge_scalar){.kind = FORGE_SCALAR_MISSING};
    return true;
}

static bool evaluate_name(struct forge_scalar *out, const struct forge_expression *tree,
                          struct evaluation *e)
{
    struct forge_scalar value = {0};

    if (!e->scope->name || !e->scope->name(e->scope->context, tree->name, &value))
        return fail_name(tree, e);
    return accept(out, &value);
}

static bool evaluate_date(struct forge_scalar *out, const struct forge_expression *tree,
                          enum forge_calendar calendar, struct evaluation *e)
{
    struct forge_scalar time = {.kind = FORGE_SCALAR_TIME, .calendar = calendar};

    if (!forge_time_parse(&time.integer, NULL, calendar, tree->name))
        return forge_fail(e->err, FORGE_BAD_RECIPE, "%s is no time of the calendar %s",
                          tree->name, forge_calendar_name(calendar));
    *out = time;
    return true;
}

/* table[key] or an attribute; *found is false when there is none. */
static bool look_up(struct forge_scalar *out, bool *found, const struct forge_expression *tree,
                    enum forge_calendar calendar, struct evaluation *e)
{
    struct forge_scalar key, value = {0};
    struct forge_text text = {0};
    const char *name;

    if (!evaluate(&key, tree->parts[0], calendar, e) ||
        !forge_scalar_format(&text, &key, NULL, e->err)) {
        forge_text_clear(&text);
        return false;
    }
    name = forge_text_string(&text);
    if (tree->kind == FORGE_TREE_TABLE)
        *found =
            e->scope->table && e->scope->table(e->scope->context, tree->name, name, &value);
    else
        *found = e->scope->attribute &&
                 e->scope->attribute(e->scope->context, tree->name, name, &value);
    if (*found)
        accept(out, &value);
    else if (tree->kind == FORGE_TREE_TABLE)
        forge_fail(e->err, FORGE_BAD_RECIPE, "no \"%s\" in table \"%s\"", name, tree->name);
    else if (tree->name)
        forge_fail(e->err, FORGE_BAD_RECIPE, "variable \"%s\" has no attribute \"%s\"",
                   tree->name, name);
    else
        forge_fail(e->err, FORGE_BAD_RECIPE, "there is no attribute \"%s\"", name);
    forge_text_clear(&text);
    return true;
}

static bool evaluate_look_up(struct forge_scalar *out, const struct forge_expression *tree,
                             enum forge_calendar calendar, struct evaluation *e)
{
    bool found;

    return look_up(out, &found, tree, calendar, e) && found;
}

/* Written dates are of the calendar of the times that they meet. */
static bool evaluate_parts(struct forge_scalar *values, const struct forge_expression *tree,
                           enum forge_calendar calendar, struct evaluation *e)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->parts[i]->any_calendar)
            continue;
        if (!evaluate(&values[i], tree->parts[i], calendar, e))
            return false;
        if (values[i].kind == FORGE_SCALAR_TIME)
            calendar = values[i].calendar;
    }
    for (size_t i = 0; i < tree->count; i++)
        if (tree->parts[i]->any_calendar && !evaluate(&values[i], tree->parts[i], calendar, e))
            return false;
    return true;
}

static bool any_missing(const struct forge_scalar *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].kind == FORGE_SCALAR_MISSING)
            return true;
    return false;
}

static bool give_missing(struct forge_scalar *out)
{
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_MISSING};
    return true;
}

static bool evaluate_condition(struct forge_scalar *out, const struct forge_expression *tree,
                               enum forge_calendar calendar, struct evaluation *e)
{
    if (!evaluate(out, tree, calendar, e))
        return false;
    if (out->kind == FORGE_SCALAR_FLAG || out->kind == FORGE_SCALAR_MISSING)
        return true;
    return forge_operator_fail(e->err, FORGE_OPERATOR_NOT, out->kind, out->kind);
}

/* The right side is looked at only when the left does not decide; a missing side leaves the
 * answer open unless the other one decides. */
static bool evaluate_logic(struct forge_scalar *out, const struct forge_expression *tree,
                           enum forge_calendar calendar, struct evaluation *e)
{
    bool decides = tree->operation == FORGE_OPERATOR_OR;
    struct forge_scalar left, right;

    if (!evaluate_condition(&left, tree->parts[0], calendar, e))
        return false;
    *out = left;
    if (left.kind == FORGE_SCALAR_FLAG && left.flag == decides)
        return true;
    if (!evaluate_condition(&right, tree->parts[1], calendar, e))
        return false;
    if (left.kind == FORGE_SCALAR_FLAG ||
        (right.kind == FORGE_SCALAR_FLAG && right.flag == decides))
        *out = right;
    return true;
}

static bool evaluate_operator(struct forge_scalar *out, const struct forge_expression *tree,
                              enum forge_calendar calendar, struct evaluation *e)
{
    struct forge_scalar values[2];

    if (tree->operation <= FORGE_OPERATOR_AND)
        return evaluate_logic(out, tree, calendar, e);
    if (!evaluate_parts(values, tree, calendar, e))
        return false;
    if (any_missing(values, tree->count))
        return give_missing(out);
    return forge_operate(out, tree->operation, &values[0], &values[1], e->arena, e->err);
}

/* A date that is chosen has the calendar that the other choice would have had. */
static enum forge_calendar calendar_of_choice(const struct forge_expression *chosen,
                                              const struct forge_expression *other,
                                              enum forge_calendar calendar,
                                              const struct evaluation *e)
{
    struct forge_error ignored;
    struct evaluation quiet = {e->scope, e->arena, &ignored};
    struct forge_scalar value;

    if (chosen->any_calendar && !other->any_calendar &&
        evaluate(&value, other, calendar, &quiet) && value.kind == FORGE_SCALAR_TIME)
        return value.calendar;
    return calendar;
}

static bool evaluate_if(struct forge_scalar *out, const struct forge_expression *tree,
                        enum forge_calendar calendar, struct evaluation *e)
{
    const struct forge_expression *chosen, *other;
    struct forge_scalar condition;

    if (!evaluate_condition(&condition, tree->parts[0], calendar, e))
        return false;
    if (condition.kind == FORGE_SCALAR_MISSING)
        return give_missing(out);
    chosen = tree->parts[condition.flag ? 1 : 2];
    other = tree->parts[condition.flag ? 2 : 1];
    return evaluate(out, chosen, calendar_of_choice(chosen, other, calendar, e), e);
}

/* An attribute or an entry of a table that is not there is missing, when that is the question.
 */
static bool evaluate_is_missing(struct forge_scalar *out, const struct forge_expression *tree,
                                enum forge_calendar calendar, struct evaluation *e)
{
    const struct forge_expression *part = tree->parts[0];
    struct forge_scalar value;
    bool found = true;

    if (part->kind == FORGE_TREE_TABLE || part->kind == FORGE_TREE_ATTRIBUTE) {
        if (!look_up(&value, &found, part, calendar, e))
            return false;
    } else if (!evaluate(&value, part, calendar, e)) {
        return false;
    }
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_FLAG,
                                 .flag = !found || value.kind == FORGE_SCALAR_MISSING};
    return true;
}

static bool evaluate_call(struct forge_scalar *out, const struct forge_expression *tree,
                          enum forge_calendar calendar, struct evaluation *e)
{
    struct forge_scalar values[FORGE_ARGUMENTS_MAX];
    struct forge_call call = {tree->function, values, tree->count, e->arena};

    if (tree->function->kind == FORGE_FUNCTION_IF)
        return evaluate_if(out, tree, calendar, e);
    if (tree->function->kind == FORGE_FUNCTION_IS_MISSING)
        return evaluate_is_missing(out, tree, calendar, e);
    if (forge_function_is_reduction(tree) || tree->function->kind == FORGE_FUNCTION_ARRAY)
        return forge_fail(e->err, FORGE_BAD_RECIPE,
                          "%s works on variables, and here there are single values only",
                          tree->function->name);
    if (!evaluate_parts(values, tree, calendar, e))
        return false;
    if (any_missing(values, tree->count))
        return give_missing(out);
    return tree->function->single(out, &call, e->err);
}

static bool evaluate_kind(struct forge_scalar *out, const struct forge_expression *tree,
                          enum forge_calendar calendar, struct evaluation *e)
{
    switch (tree->kind) {
    case FORGE_TREE_VALUE:
        *out = tree->value;
        return true;
    case FORGE_TREE_DATE:
        return evaluate_date(out, tree, calendar, e);
    case FORGE_TREE_NAME:
        return evaluate_name(out, tree, e);
    case FORGE_TREE_TABLE:
    case FORGE_TREE_ATTRIBUTE:
        return evaluate_look_up(out, tree, calendar, e);
    case FORGE_TREE_OPERATOR:
        return evaluate_operator(out, tree, calendar, e);
    case FORGE_TREE_CALL:
        break;
    }
    return evaluate_call(out, tree, calendar, e);
}

static bool evaluate(struct forge_scalar *out, const struct forge_expression *tree,
                     enum forge_calendar calendar, struct evaluation *e)
{
    struct forge_scalar value;

    if (!evaluate_kind(&value, tree, calendar, e)) {
        if (e->err->help[0] == '\0' && tree->count > 0)
            forge_fail_help(e->err, "in: %.*s", (int)(tree->end - tree->at),
                            tree->text + tree->at);
        return false;
    }
    *out = value;
    return true;
}

bool forge_evaluate(struct forge_scalar *out, const struct forge_expression *tree,
                    enum forge_calendar calendar, const struct forge_scope *scope,
                    struct forge_arena *arena, struct forge_error *err)
{
    static const struct forge_scope nothing = {0};
    struct evaluation e = {scope ? scope : &nothing, arena, err};

    return evaluate(out, tree, calendar, &e);
}

bool forge_expression_scalar(struct forge_scalar *out,
                             const struct forge_expression *expression,
                             const struct forge_scope *scope, struct forge_arena *arena,
                             struct forge_error *err)
{
    return forge_evaluate(out, expression, FORGE_CALENDAR_STANDARD, scope, arena, err);
}

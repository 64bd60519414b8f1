/* select.c: by coordinate value, both ends inclusive, whichever way the axis runs. */
#include "transforms/axis.h"
#include "transforms/names.h"

#include <math.h>
#include <string.h>

struct settings {
    struct forge_pairs dims;
};

#define VALUE_SCHEMA "{\"type\":[\"number\",\"string\",\"boolean\"]}"

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_NODE, offsetof(struct settings, dims),
     .help = "dimension: value, [first, last], or {nearest: value}",
     .schema = "{\"oneOf\":[" VALUE_SCHEMA ",{\"type\":\"array\",\"items\":" VALUE_SCHEMA
               ",\"minItems\":2,\"maxItems\":2},{\"type\":\"object\",\"properties\":{"
               "\"nearest\":" VALUE_SCHEMA
               "},\"required\":[\"nearest\"],\"additionalProperties\":false}]}"},
    {0},
};

static const struct forge_node *nearest_of(const struct forge_node *node)
{
    return node->kind == FORGE_NODE_MAP && node->count == 1 &&
                   strcmp(node->first->key, "nearest") == 0 &&
                   node->first->kind == FORGE_NODE_TEXT
               ? node->first
               : NULL;
}

static bool check(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics)
{
    const struct settings *s = settings;
    bool good = true;

    (void)node;
    (void)arena;
    for (size_t i = 0; i < s->dims.count; i++) {
        const struct forge_node *pair = s->dims.nodes[i];
        bool range = pair->kind == FORGE_NODE_LIST && pair->count == 2 &&
                     pair->first->kind == FORGE_NODE_TEXT &&
                     pair->first->next->kind == FORGE_NODE_TEXT;

        if (pair->kind != FORGE_NODE_TEXT && !range && !nearest_of(pair))
            good = forge_report(
                diagnostics, FORGE_F012, pair->place, pair->width,
                "such as: - select: {lat: [46, 58.1], level: 500}",
                "select: \"%s\" takes a value, [first, last] or {nearest: value}", pair->key);
    }
    return good;
}

static bool nearest(uint64_t *out, const struct forge_axis_values *axis,
                    const struct forge_axis_bound *wanted, const struct forge_node *node,
                    struct forge_error *err)
{
    double best = INFINITY;

    if (axis->dtype == FORGE_STRING)
        return forge_fail_at(err, node->place, "\"%s\" holds text: nothing is nearest",
                             axis->name);
    for (uint64_t i = 0; i < axis->count; i++) {
        double distance = axis->times ? fabs((double)axis->times[i] - (double)wanted->first_us)
                                      : fabs(axis->numbers[i] - wanted->number);

        if (distance < best) {
            best = distance;
            *out = i;
        }
    }
    return best < INFINITY ||
           forge_fail_at(err, node->place, "\"%s\" has no values", axis->name);
}

static void take(struct forge_dataset *dataset, struct forge_arena *arena, const char *dim,
                 const int64_t *indices, uint64_t count)
{
    const union forge_value unused = {0};

    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_variable *variable = &dataset->variables[v];
        int at = forge_variable_axis(variable, dim);

        if (at >= 0)
            variable->array =
                forge_array_take(arena, variable->array, (unsigned)at, indices, count, &unused);
    }
    forge_dataset_dimension(dataset, dim)->size = count;
}

static bool select_range(const struct forge_axis_values *axis,
                         const struct forge_axis_bound *low,
                         const struct forge_axis_bound *high, struct forge_dataset *dataset,
                         struct forge_arena *arena, const struct forge_node *node,
                         struct forge_error *err)
{
    int64_t *indices = forge_arena_array(arena, axis->count + 1, sizeof *indices);
    uint64_t count = 0;

    for (uint64_t i = 0; i < axis->count; i++) {
        if (forge_axis_inside(axis, i, low, high))
            indices[count++] = (int64_t)i;
    }
    if (count == 0)
        return forge_fail_at(err, node->place, "no value of \"%s\" lies between %s and %s",
                             axis->name, low->text, high->text);
    if ((uint64_t)(indices[count - 1] - indices[0]) == count - 1)
        forge_slice_dimension(dataset, arena, axis->name, (uint64_t)indices[0], count, 1);
    else
        take(dataset, arena, axis->name, indices, count);
    return true;
}

static bool select_one(const struct forge_axis_values *axis,
                       const struct forge_axis_bound *wanted, struct forge_dataset *dataset,
                       struct forge_arena *arena, const struct forge_node *node,
                       struct forge_error *err)
{
    uint64_t found = axis->count, matches = 0;

    for (uint64_t i = 0; i < axis->count; i++) {
        if (forge_axis_inside(axis, i, wanted, wanted)) {
            found = i;
            matches++;
        }
    }
    if (matches > 1 && axis->times)
        return select_range(axis, wanted, wanted, dataset, arena, node, err);
    if (matches == 0) {
        forge_fail_at(err, node->place, "\"%s\" has no value %s", axis->name, wanted->text);
        if (axis->dtype == FORGE_STRING)
            return false;
        return forge_fail_help(err, "take the nearest: {%s: {nearest: %s}}", axis->name,
                               wanted->text);
    }
    if (matches > 1) {
        forge_fail_at(err, node->place, "\"%s\" has the value %s more than once", axis->name,
                      wanted->text);
        return forge_fail_help(err, "cut it by index: - slice: {%s: ..}", axis->name);
    }
    forge_slice_dimension(dataset, arena, axis->name, found, 1, 1);
    forge_drop_dimension(dataset, arena, axis->name);
    return true;
}

static bool apply_one(const struct forge_node *pair, struct forge_dataset *dataset,
                      const struct forge_transform_context *context, struct forge_error *err)
{
    const struct forge_node *near = nearest_of(pair);
    bool optional;
    const struct forge_dimension *dim =
        forge_pick_dimension(pair->key, &optional, dataset, context, err);
    struct forge_axis_bound low, high;
    struct forge_axis_values axis;
    uint64_t at = 0;

    if (!dim)
        return optional || forge_fail_place(err, pair->key_place);
    if (!forge_axis_read(&axis, dim->name, dataset, context->reader, context->arena, err))
        return forge_fail_place(err, pair->key_place);
    if (pair->kind == FORGE_NODE_LIST)
        return forge_axis_bound_read(&low, &axis, pair->first, err) &&
               forge_axis_bound_read(&high, &axis, pair->first->next, err) &&
               select_range(&axis, &low, &high, dataset, context->arena, pair, err);
    if (!forge_axis_bound_read(&low, &axis, near ? near : pair, err))
        return false;
    if (!near)
        return select_one(&axis, &low, dataset, context->arena, pair, err);
    if (!nearest(&at, &axis, &low, near, err))
        return false;
    forge_slice_dimension(dataset, context->arena, axis.name, at, 1, 1);
    forge_drop_dimension(dataset, context->arena, axis.name);
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->dims.count; i++) {
        if (!apply_one(s->dims.nodes[i], dataset, context, err))
            return false;
    }
    return true;
}

const struct forge_transform_type forge_transform_select = {
    .name = "select",
    .summary = "choose by coordinate value",
    .example = "- select: {lat: [46, 58.1], time: [2000, 2009-06], level: 500}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .check = check,
    .apply = apply,
};

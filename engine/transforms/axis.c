#include "transforms/axis.h"

#include "array/reader.h"
#include "time/units.h"

#include <string.h>

#define INDEX_MAX (UINT64_C(256) << 20)

static bool read_times(struct forge_axis_values *axis, const struct forge_variable *variable,
                       struct forge_arena *arena, struct forge_error *err)
{
    const char *text = forge_attributes_text(&variable->attributes, "units");
    struct forge_time_units units;

    if (!text || !forge_time_units_likely(text))
        return true;
    if (!forge_time_units_parse(&units, text,
                                forge_attributes_text(&variable->attributes, "calendar"), err))
        return forge_fail_while(err, "coordinate \"%s\"", variable->name);
    axis->calendar = units.calendar;
    axis->times = forge_arena_array(arena, axis->count, sizeof *axis->times);
    for (uint64_t i = 0; i < axis->count; i++) {
        if (!forge_time_decode(&axis->times[i], &units, axis->numbers[i]))
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "coordinate \"%s\": %.17g is no exact time", variable->name,
                              axis->numbers[i]);
    }
    return true;
}

bool forge_axis_read(struct forge_axis_values *axis, const char *dim,
                     const struct forge_dataset *dataset, struct forge_reader *reader,
                     struct forge_arena *arena, struct forge_error *err)
{
    const struct forge_variable *variable = forge_dataset_variable(dataset, dim);
    const struct forge_array *decoded;
    const unsigned char *values = NULL;
    size_t size;

    *axis = (struct forge_axis_values){.name = dim};
    if (!variable || !forge_variable_is_index(variable)) {
        forge_fail(err, FORGE_BAD_RECIPE, "dimension \"%s\" has no coordinate to select by",
                   dim);
        return forge_fail_help(err, "cut it by index: - slice: {%s: ..}", dim);
    }
    decoded = forge_variable_decoded(variable, arena);
    size = forge_dtype_size(decoded->dtype);
    if (!forge_array_values((const void **)&values, decoded, reader, arena, INDEX_MAX, err))
        return false;
    axis->dtype = decoded->dtype;
    axis->count = forge_array_count(decoded);
    if (axis->dtype == FORGE_STRING) {
        axis->texts = (const char *const *)values;
        return true;
    }
    axis->numbers = forge_arena_array(arena, axis->count, sizeof *axis->numbers);
    for (uint64_t i = 0; i < axis->count; i++)
        axis->numbers[i] = forge_value_as_double(axis->dtype, values + i * size);
    return read_times(axis, variable, arena, err);
}

bool forge_axis_bound_read(struct forge_axis_bound *bound, const struct forge_axis_values *axis,
                           const struct forge_node *node, struct forge_error *err)
{
    struct forge_duration period = {0};

    *bound = (struct forge_axis_bound){.text = node->text};
    if (axis->dtype == FORGE_STRING)
        return true;
    if (axis->times) {
        if (!forge_time_parse(&bound->first_us, &period, axis->calendar, node->text))
            return forge_fail_at(err, node->place, "\"%s\" is not a date of the %s calendar",
                                 node->text, forge_calendar_name(axis->calendar));
        bound->last_us = bound->first_us;
        if (forge_time_add(&bound->last_us, axis->calendar, bound->first_us, &period, 1))
            bound->last_us--;
        return true;
    }
    if (!forge_node_number(&bound->number, node))
        return forge_fail_at(err, node->place, "\"%s\" is not a number", node->text);
    if (axis->dtype == FORGE_FLOAT32)
        bound->number = (double)(float)bound->number; /* 50.1 means the 50.1 that is stored */
    return true;
}

bool forge_axis_inside(const struct forge_axis_values *axis, uint64_t i,
                       const struct forge_axis_bound *low, const struct forge_axis_bound *high)
{
    if (axis->dtype == FORGE_STRING)
        return strcmp(axis->texts[i], low->text) >= 0 &&
               strcmp(axis->texts[i], high->text) <= 0;
    if (axis->times)
        return axis->times[i] >= low->first_us && axis->times[i] <= high->last_us;
    return axis->numbers[i] >= low->number && axis->numbers[i] <= high->number;
}

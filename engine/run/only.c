#include "run/only.h"

#include "transforms/axis.h"

#include <string.h>

static bool misused(struct forge_error *err, const char *text)
{
    forge_fail(err, FORGE_USAGE, "--only takes a dimension and a range, not \"%s\"", text);
    return forge_fail_help(err, "such as --only time=2004..2006");
}

/* On the command line: what is wrong has no place in a file. */
static bool refused(struct forge_error *err, const char *text)
{
    err->code = FORGE_USAGE;
    err->line = err->column = 0;
    return forge_fail_while(err, "--only %s", text);
}

bool forge_only_read(struct forge_work_range *range, struct forge_plan *plan, const char *text,
                     struct forge_reader *reader, struct forge_error *err)
{
    struct forge_arena *arena = &plan->arena;
    const char *equals = strchr(text, '='), *dots = equals ? strstr(equals, "..") : NULL;
    struct forge_node low = {.kind = FORGE_NODE_TEXT}, high = {.kind = FORGE_NODE_TEXT};
    struct forge_axis_bound from, to;
    struct forge_axis_values axis;
    uint64_t last = 0;

    *range = (struct forge_work_range){0};
    if (!equals || equals == text || equals[1] == '\0')
        return misused(err, text);
    low.text =
        dots ? forge_arena_copy(arena, equals + 1, (size_t)(dots - equals - 1)) : equals + 1;
    high.text = dots ? dots + 2 : low.text;
    if (low.text[0] == '\0' || high.text[0] == '\0')
        return misused(err, text);
    range->dim = forge_arena_copy(arena, text, (size_t)(equals - text));
    if (!forge_axis_read(&axis, range->dim, &plan->dataset, reader, arena, err) ||
        !forge_axis_bound_read(&from, &axis, &low, err) ||
        !forge_axis_bound_read(&to, &axis, &high, err))
        return refused(err, text);
    for (uint64_t i = 0; i < axis.count; i++) {
        if (!forge_axis_inside(&axis, i, &from, &to))
            continue;
        range->first = range->count == 0 ? i : range->first;
        range->count = 1;
        last = i;
    }
    if (range->count == 0)
        return forge_fail(err, FORGE_USAGE, "--only %s: no value of \"%s\" lies there", text,
                          range->dim);
    range->count = last - range->first + 1;
    return true;
}

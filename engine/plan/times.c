/* times.c: times counted from other dates, or in other units, brought to one encoding.
 *
 * The values of all files are read as exact microseconds. The units of the first
 * file stay where they can say every value exactly; else the coarsest of days,
 * hours, minutes, seconds, milliseconds and microseconds that can. Bounds
 * without units of their own follow their coordinate (CF 7.1).
 */
#include "plan/combine_parts.h"

#include "time/units.h"

#include <math.h>
#include <string.h>

#define TIMES_MAX (UINT64_C(256) << 20)

/* A time variable of every member that has it, and what its numbers mean there. */
struct time_parts {
    struct forge_variable **variables; /* per member; NULL where it has none */
    struct forge_variable **bounds;
    struct forge_time_units *units;
    size_t count;
    const char *name;
};

static const char *units_text(const struct forge_variable *variable)
{
    const char *units = forge_attributes_text(&variable->attributes, "units");

    return units && forge_time_units_likely(units) ? units : NULL;
}

static const char *calendar_text(const struct forge_variable *variable)
{
    return forge_attributes_text(&variable->attributes, "calendar");
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Do all that have the variable write the same units and calendar? */
static bool all_alike(const struct time_parts *parts)
{
    const struct forge_variable *first = NULL;

    for (size_t i = 0; i < parts->count; i++) {
        const struct forge_variable *v = parts->variables[i];

        if (!v)
            continue;
        if (!first)
            first = v;
        if (!same_text(units_text(first), units_text(v)) ||
            !same_text(calendar_text(first), calendar_text(v)))
            return false;
    }
    return true;
}

static bool parse_units(struct time_parts *parts, struct forge_error *err)
{
    size_t first = parts->count;

    for (size_t i = 0; i < parts->count; i++) {
        const struct forge_variable *v = parts->variables[i];

        if (!v)
            continue;
        if (!units_text(v))
            return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" has no time units in %s",
                              parts->name, forge_origin(v));
        if (!forge_time_units_parse(&parts->units[i], units_text(v), calendar_text(v), err))
            return forge_fail_while(err, "variable \"%s\" in %s", parts->name, forge_origin(v));
        if (first == parts->count)
            first = i;
        if (parts->units[i].calendar != parts->units[first].calendar) {
            forge_fail(err, FORGE_BAD_SOURCE,
                       "variable \"%s\": calendar is %s in %s and %s in %s", parts->name,
                       forge_calendar_name(parts->units[first].calendar),
                       forge_origin(parts->variables[first]),
                       forge_calendar_name(parts->units[i].calendar), forge_origin(v));
            return forge_fail_help(err, "times of different calendars cannot be joined");
        }
    }
    return true;
}

/* The exact times of one variable; INT64_MIN for NaN. */
static bool decode_times(int64_t **out, uint64_t *count,
                         const struct forge_combining *combining,
                         const struct forge_variable *variable,
                         const struct forge_time_units *units, struct forge_error *err)
{
    const struct forge_array *array = variable->array;
    size_t size = forge_dtype_size(array->dtype);
    const unsigned char *values = NULL;

    if (array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" in %s holds text, not times",
                          variable->name, forge_origin(variable));
    if (!forge_array_values((const void **)&values, array, combining->reader, combining->arena,
                            TIMES_MAX, err))
        return false;
    *count = forge_array_count(array);
    *out = forge_arena_array(combining->arena, *count, sizeof **out);
    for (uint64_t i = 0; i < *count; i++) {
        double number = forge_value_as_double(array->dtype, values + i * size);

        if (isnan(number))
            (*out)[i] = INT64_MIN;
        else if (!forge_time_decode(&(*out)[i], units, number))
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "variable \"%s\" in %s: %.17g is no exact time", variable->name,
                              forge_origin(variable), number);
    }
    return true;
}

struct decoded {
    struct forge_variable *variable;
    int64_t *times;
    uint64_t count;
};

static bool representable(const struct decoded *all, size_t count,
                          const struct forge_time_units *units, bool floats)
{
    for (size_t i = 0; i < count; i++) {
        for (uint64_t k = 0; k < all[i].count; k++) {
            int64_t integer;
            double number;

            if (all[i].times[k] == INT64_MIN) {
                if (!floats)
                    return false;
            } else if (floats ? !forge_time_encode(&number, units, all[i].times[k])
                              : !forge_time_encode_integer(&integer, units, all[i].times[k])) {
                return false;
            }
        }
    }
    return true;
}

/* The first file's units, or the coarsest that can say everything. */
static bool choose_units(struct forge_time_units *units, const struct decoded *all,
                         size_t count, bool floats)
{
    static const int64_t coarser[] = {
        INT64_C(86400000000), INT64_C(3600000000), 60000000, 1000000, 1000, 1,
    };

    if (representable(all, count, units, floats))
        return true;
    for (size_t i = 0; i < sizeof coarser / sizeof coarser[0]; i++) {
        units->unit_us = coarser[i];
        if (representable(all, count, units, floats))
            return true;
    }
    return false;
}

static void encode_times(const struct forge_combining *combining, const struct decoded *from,
                         const struct forge_time_units *units, bool floats, const char *text)
{
    struct forge_variable *v = from->variable;
    const struct forge_array *old = v->array;
    union forge_value *values =
        forge_arena_array(combining->arena, from->count, sizeof *values);

    for (uint64_t k = 0; k < from->count; k++) {
        if (from->times[k] == INT64_MIN)
            values[k].float64 = __builtin_nan("");
        else if (floats)
            forge_time_encode(&values[k].float64, units, from->times[k]);
        else
            forge_time_encode_integer(&values[k].int64, units, from->times[k]);
    }
    v->array = forge_array_memory(combining->arena, floats ? FORGE_FLOAT64 : FORGE_INT64,
                                  old->rank, old->shape, values);
    if (v->has_fill)
        v->has_fill = floats && isnan(forge_value_as_double(old->dtype, v->fill.bytes));
    if (v->has_fill)
        v->fill.float64 = __builtin_nan("");
    if (forge_attributes_find(&v->attributes, "units"))
        forge_attributes_set_text(&v->attributes, combining->arena, "units", text);
    if (forge_attributes_find(&v->attributes, "calendar"))
        forge_attributes_set_text(&v->attributes, combining->arena, "calendar",
                                  forge_calendar_name(units->calendar));
}

static bool rewrite(const struct forge_combining *combining, struct time_parts *parts,
                    struct forge_error *err)
{
    struct decoded *all = forge_arena_array(combining->arena, 2 * parts->count, sizeof *all);
    struct forge_time_units units = {0};
    struct forge_text text = {0};
    const char *first = NULL;
    size_t count = 0;
    bool floats = false;

    for (size_t i = 0; i < parts->count; i++) {
        struct forge_variable *of[2] = {parts->variables[i], parts->bounds[i]};

        for (size_t k = 0; k < 2 && of[0]; k++) {
            if (!of[k])
                continue;
            all[count].variable = of[k];
            if (!decode_times(&all[count].times, &all[count].count, combining, of[k],
                              &parts->units[i], err))
                return false;
            floats |= forge_dtype_is_float(of[k]->array->dtype);
            count++;
        }
        if (of[0] && !first) {
            units = parts->units[i];
            first = units_text(of[0]);
        }
    }
    if (!choose_units(&units, all, count, floats)) {
        forge_fail(err, FORGE_BAD_SOURCE,
                   "variable \"%s\": the times of all files have no common exact encoding",
                   parts->name);
        return false;
    }
    if (units.unit_us == parts->units[0].unit_us && first)
        forge_text_add(&text, first);
    else
        forge_time_units_print(&text, &units);
    for (size_t i = 0; i < count; i++)
        encode_times(combining, &all[i], &units, floats, forge_text_string(&text));
    forge_note(combining->notes, "\"%s\": time units differ between files: stored in \"%s\"",
               parts->name, forge_text_string(&text));
    forge_text_clear(&text);
    return true;
}

static void gather_parts(struct time_parts *parts, struct forge_dataset *members)
{
    for (size_t m = 0; m < parts->count; m++) {
        struct forge_variable *v = forge_dataset_variable(&members[m], parts->name);
        const char *bounds = v ? forge_attributes_text(&v->attributes, "bounds") : NULL;
        struct forge_variable *b = bounds ? forge_dataset_variable(&members[m], bounds) : NULL;

        if (v && !v->origin)
            v->origin = members[m].url;
        parts->variables[m] = v;
        parts->bounds[m] = b && !forge_attributes_find(&b->attributes, "units") ? b : NULL;
    }
}

bool forge_unify_times(const struct forge_combining *combining, struct forge_dataset *members,
                       size_t count, struct forge_error *err)
{
    struct time_parts parts = {
        .variables = forge_arena_array(combining->arena, count, sizeof(*parts.variables)),
        .bounds = forge_arena_array(combining->arena, count, sizeof(*parts.bounds)),
        .units = forge_arena_array(combining->arena, count, sizeof *parts.units),
        .count = count,
    };

    for (size_t v = 0; v < members[0].variables_count; v++) {
        const struct forge_variable *variable = &members[0].variables[v];

        if (!units_text(variable))
            continue;
        parts.name = variable->name;
        gather_parts(&parts, members);
        if (all_alike(&parts))
            continue;
        if (!parse_units(&parts, err) || !rewrite(combining, &parts, err))
            return false;
    }
    return true;
}

/* times.c: times counted from other dates, or in other units, brought to one encoding.
 *
 * The values of all files are read as exact microseconds. The units of the first
 * file stay where they can say every value exactly; else the coarsest of days,
 * hours, minutes, seconds, milliseconds and microseconds that can. Units that
 * mean the same change no value. Bounds without units of their own follow their
 * coordinate (CF 7.1).
 */
#include "plan/combine_parts.h"

#include "time/units.h"

#include <math.h>
#include <string.h>

#define TIMES_MAX (UINT64_C(256) << 20)
#define ABSENT INT64_MIN

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

/* Is this element missing, by the fill value or missing_value? */
static bool is_missing(const struct forge_variable *variable,
                       const struct forge_packing *packing, const unsigned char *element)
{
    size_t size = forge_dtype_size(variable->array->dtype);

    return (variable->has_fill && memcmp(element, variable->fill.bytes, size) == 0) ||
           (packing->has_missing && memcmp(element, packing->missing.bytes, size) == 0) ||
           (forge_dtype_is_float(variable->array->dtype) &&
            isnan(forge_value_as_double(variable->array->dtype, element)));
}

static bool decode_time(int64_t *out, enum forge_dtype dtype, const unsigned char *element,
                        const struct forge_time_units *units)
{
    union forge_value whole;

    if (forge_dtype_is_integer(dtype) &&
        forge_value_convert(&whole, FORGE_INT64, element, dtype))
        return forge_time_decode_integer(out, units, whole.int64);
    return forge_time_decode(out, units, forge_value_as_double(dtype, element));
}

/* The exact times of one variable; ABSENT where it is missing. */
static bool decode_times(int64_t **out, uint64_t *count,
                         const struct forge_combining *combining,
                         struct forge_variable *variable, const struct forge_time_units *units,
                         struct forge_error *err)
{
    const unsigned char *values = NULL;
    struct forge_packing packing;
    size_t size;

    if (variable->array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" in %s holds text, not times",
                          variable->name, forge_origin(variable));
    if (forge_variable_packing(variable).packed) {
        variable->array = forge_variable_decoded(variable, combining->arena);
        forge_attributes_remove(&variable->attributes, "scale_factor");
        forge_attributes_remove(&variable->attributes, "add_offset");
        forge_attributes_remove(&variable->attributes, "missing_value");
        variable->has_fill = false;
    }
    if (!forge_array_values((const void **)&values, variable->array, combining->reader,
                            combining->arena, TIMES_MAX, err))
        return forge_fail_while(err, "times of \"%s\" in %s", variable->name,
                                forge_origin(variable));
    packing = forge_variable_packing(variable);
    size = forge_dtype_size(variable->array->dtype);
    *count = forge_array_count(variable->array);
    *out = forge_arena_array(combining->arena, *count, sizeof **out);
    for (uint64_t i = 0; i < *count; i++) {
        const unsigned char *element = values + i * size;
        char text[64];

        if (is_missing(variable, &packing, element))
            (*out)[i] = ABSENT;
        else if (!decode_time(&(*out)[i], variable->array->dtype, element, units))
            return forge_fail(
                err, FORGE_BAD_SOURCE, "variable \"%s\" in %s: %s is no exact time",
                variable->name, forge_origin(variable),
                forge_value_format(text, sizeof text, variable->array->dtype, element));
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

            if (all[i].times[k] != ABSENT &&
                (floats ? !forge_time_encode(&number, units, all[i].times[k])
                        : !forge_time_encode_integer(&integer, units, all[i].times[k])))
                return false;
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

static void set_units(struct forge_variable *v, struct forge_arena *arena, const char *units,
                      const char *calendar)
{
    forge_attributes_set_text(&v->attributes, arena, "units", units);
    if (calendar)
        forge_attributes_set_text(&v->attributes, arena, "calendar", calendar);
    else
        forge_attributes_remove(&v->attributes, "calendar");
}

/* Missing times are NaN in floats, the least integer in integers. */
static void encode_times(const struct forge_combining *combining, const struct decoded *from,
                         const struct forge_time_units *units, bool floats, bool missing)
{
    struct forge_variable *v = from->variable;
    const struct forge_array *old = v->array;
    enum forge_dtype dtype = floats ? FORGE_FLOAT64 : FORGE_INT64;
    union forge_value absent = {.int64 = ABSENT};
    union forge_value *values =
        forge_arena_array(combining->arena, from->count, sizeof *values);

    if (floats)
        absent.float64 = __builtin_nan("");
    for (uint64_t k = 0; k < from->count; k++) {
        values[k] = absent;
        if (from->times[k] == ABSENT)
            continue;
        if (floats)
            (void)forge_time_encode(&values[k].float64, units, from->times[k]);
        else
            (void)forge_time_encode_integer(&values[k].int64, units, from->times[k]);
    }
    v->array = forge_array_memory(combining->arena, dtype, old->rank, old->shape, values);
    v->has_fill = missing;
    v->fill = absent;
    forge_attributes_remove(&v->attributes, "missing_value");
}

/* The calendar as the first file writes it; where that does not and another does, its name. */
static const char *common_calendar(const struct time_parts *parts)
{
    const char *text = NULL;

    for (size_t i = 0; i < parts->count; i++) {
        const struct forge_variable *v = parts->variables[i];

        if (v && calendar_text(v))
            return text ? forge_calendar_name(parts->units[i].calendar) : calendar_text(v);
        if (v)
            text = "";
    }
    return NULL;
}

/* Units that are only written differently: all are written as in the first file. */
static bool mean_the_same(const struct forge_combining *combining, struct time_parts *parts,
                          size_t first)
{
    const char *units = units_text(parts->variables[first]);
    const char *calendar = common_calendar(parts);

    for (size_t i = first; i < parts->count; i++) {
        if (parts->variables[i] && (parts->units[i].epoch_us != parts->units[first].epoch_us ||
                                    parts->units[i].unit_us != parts->units[first].unit_us))
            return false;
    }
    for (size_t i = first; i < parts->count; i++) {
        if (parts->variables[i])
            set_units(parts->variables[i], combining->arena, units, calendar);
    }
    return true;
}

/* The times of all files, bounds included. */
static bool decode_all(struct decoded *all, size_t *count, bool *floats, bool *missing,
                       const struct forge_combining *combining, const struct time_parts *parts,
                       struct forge_error *err)
{
    for (size_t i = 0; i < parts->count; i++) {
        struct forge_variable *of[2] = {parts->variables[i], parts->bounds[i]};

        for (size_t k = 0; k < 2 && of[0]; k++) {
            struct decoded *one = &all[*count];

            if (!of[k])
                continue;
            one->variable = of[k];
            if (!decode_times(&one->times, &one->count, combining, of[k], &parts->units[i],
                              err))
                return false;
            *floats |= forge_dtype_is_float(of[k]->array->dtype);
            for (uint64_t t = 0; t < one->count; t++)
                *missing |= one->times[t] == ABSENT;
            (*count)++;
        }
    }
    return true;
}

static bool rewrite(const struct forge_combining *combining, struct time_parts *parts,
                    size_t first, struct forge_error *err)
{
    struct decoded *all = forge_arena_array(combining->arena, 2 * parts->count, sizeof *all);
    struct forge_time_units units = parts->units[first];
    const char *calendar = common_calendar(parts);
    struct forge_text text = {0};
    size_t count = 0;
    bool floats = false, missing = false;

    if (!decode_all(all, &count, &floats, &missing, combining, parts, err))
        return false;
    if (!choose_units(&units, all, count, floats))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "variable \"%s\": the times of all files have no common exact "
                          "encoding",
                          parts->name);
    if (units.unit_us == parts->units[first].unit_us)
        forge_text_add(&text, units_text(parts->variables[first]));
    else
        forge_time_units_print(&text, &units);
    for (size_t i = 0; i < count; i++)
        encode_times(combining, &all[i], &units, floats, missing);
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->variables[i])
            set_units(parts->variables[i], combining->arena, forge_text_string(&text),
                      calendar);
    }
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

static bool unify_variable(const struct forge_combining *combining, struct time_parts *parts,
                           struct forge_dataset *members, struct forge_error *err)
{
    size_t first = 0;

    gather_parts(parts, members);
    if (all_alike(parts))
        return true;
    while (!parts->variables[first])
        first++;
    return parse_units(parts, err) &&
           (mean_the_same(combining, parts, first) || rewrite(combining, parts, first, err));
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

    for (size_t m = 0; m < count; m++) {
        for (size_t v = 0; v < members[m].variables_count; v++) {
            const struct forge_variable *variable = &members[m].variables[v];
            bool seen = !units_text(variable);

            for (size_t k = 0; k < m && !seen; k++)
                seen = forge_dataset_variable(&members[k], variable->name) != NULL;
            parts.name = variable->name;
            if (!seen && !unify_variable(combining, &parts, members, err))
                return false;
        }
    }
    return true;
}

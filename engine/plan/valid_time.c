#include "plan/valid_time.h"

#include "array/reader.h"
#include "time/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (UINT64_C(1) << 20) /* read at once */

static bool is_text(const struct forge_variable *variable, const char *name, const char *wanted)
{
    const char *text = forge_attributes_text(&variable->attributes, name);

    return text && strcmp(text, wanted) == 0;
}

/* How well a coordinate serves as the time: 0 is best; -1: not at all. */
static int worth(const struct forge_variable *variable)
{
    bool index = forge_variable_is_index(variable);

    if (is_text(variable, "standard_name", "time"))
        return index ? 0 : 1;
    if (is_text(variable, "axis", "T"))
        return index ? 2 : 5;
    if (forge_attributes_find(&variable->attributes, "standard_name"))
        return -1; /* the time of a forecast's beginning, say */
    if (strcmp(variable->name, "time") == 0)
        return index ? 3 : 6;
    return index ? 4 : -1;
}

static bool has_units(struct forge_time_units *units, const struct forge_variable *variable)
{
    const char *text = forge_attributes_text(&variable->attributes, "units");
    const char *calendar = forge_attributes_text(&variable->attributes, "calendar");
    struct forge_error err;

    return variable->array->dtype != FORGE_STRING && text && forge_time_units_likely(text) &&
           forge_time_units_parse(units, text, calendar, &err);
}

static const struct forge_variable *find_time(struct forge_time_units *units,
                                              const struct forge_dataset *dataset)
{
    const struct forge_variable *best = NULL;
    int best_worth = 0;

    for (size_t v = 0; v < dataset->variables_count; v++) {
        const struct forge_variable *variable = &dataset->variables[v];
        struct forge_time_units found;
        int value = worth(variable);

        if ((!variable->is_coordinate && !forge_variable_is_index(variable)) || value < 0 ||
            (best && value >= best_worth) || !has_units(&found, variable))
            continue;
        best = variable;
        best_worth = value;
        *units = found;
    }
    return best;
}

/* The bounds of the coordinate: its dimensions and one of two, in its units or their own. */
static const struct forge_variable *find_bounds(struct forge_time_units *units,
                                                const struct forge_dataset *dataset,
                                                const struct forge_variable *time)
{
    const char *name = forge_attributes_text(&time->attributes, "bounds");
    const struct forge_variable *bounds;
    unsigned rank = time->array->rank;

    if (!name)
        name = forge_attributes_text(&time->attributes, "climatology");
    bounds = name ? forge_dataset_variable(dataset, name) : NULL;
    if (!bounds || bounds->array->rank != rank + 1 || bounds->array->shape[rank] != 2 ||
        bounds->array->dtype == FORGE_STRING)
        return NULL;
    for (unsigned d = 0; d < rank; d++) {
        if (strcmp(bounds->dims[d], time->dims[d]) != 0)
            return NULL;
    }
    if (forge_attributes_find(&bounds->attributes, "units")) {
        struct forge_time_units own;

        if (!has_units(&own, bounds) || own.calendar != units->calendar)
            return NULL;
        *units = own;
    }
    return bounds;
}

/* A number that is no whole number of microseconds, as the nearest. */
static bool decode_nearest(int64_t *out, const struct forge_time_units *units, double number)
{
    double whole = floor(number), part = number - whole;
    int64_t us;

    return isfinite(number) && fabs(whole) < 9e18 &&
           !__builtin_mul_overflow((int64_t)whole, units->unit_us, &us) &&
           !__builtin_add_overflow(us, llround(part * (double)units->unit_us), &us) &&
           !__builtin_add_overflow(us, units->epoch_us, out);
}

static bool decode(int64_t *out, const struct forge_time_units *units, enum forge_dtype dtype,
                   const unsigned char *element)
{
    union forge_value whole;
    double number;

    if (forge_dtype_is_integer(dtype) &&
        forge_value_convert(&whole, FORGE_INT64, element, dtype))
        return forge_time_decode_integer(out, units, whole.int64);
    number = forge_value_as_double(dtype, element);
    return forge_time_decode(out, units, number) || decode_nearest(out, units, number);
}

static bool is_missing(const struct forge_variable *variable,
                       const struct forge_packing *packing, enum forge_dtype dtype,
                       const unsigned char *element)
{
    size_t size = forge_dtype_size(dtype);

    if (forge_dtype_is_float(dtype) && isnan(forge_value_as_double(dtype, element)))
        return true;
    return !packing->packed && /* decoded values have no fill but NaN */
           ((variable->has_fill && memcmp(element, variable->fill.bytes, size) == 0) ||
            (packing->has_missing && memcmp(element, packing->missing.bytes, size) == 0));
}

/* Where the values of a variable come from, while it is read piece by piece. */
struct reading {
    const struct forge_variable *variable;
    const struct forge_array *array; /* decoded where it is packed */
    struct forge_packing packing;
    const struct forge_time_units *units;
};

static void add_times(struct forge_valid_time *out, const struct reading *r,
                      const unsigned char *values, uint64_t count)
{
    enum forge_dtype dtype = r->array->dtype;

    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *element = values + i * forge_dtype_size(dtype);
        int64_t time_us;

        if (is_missing(r->variable, &r->packing, dtype, element) ||
            !decode(&time_us, r->units, dtype, element))
            continue;
        out->start_us = out->known && out->start_us < time_us ? out->start_us : time_us;
        out->stop_us = out->known && out->stop_us > time_us ? out->stop_us : time_us;
        out->known = true;
    }
}

/* How many rows of `row_bytes` are read at once: whole chunks where they fit. */
static uint64_t rows_at_once(const struct forge_array *array, uint64_t row_bytes)
{
    uint64_t rows = PIECE_BYTES / (row_bytes > 0 ? row_bytes : 1), chunk = array->chunk[0];

    if (rows >= chunk)
        rows -= rows % chunk;
    return rows > 0 ? rows : 1;
}

static bool read_times(struct forge_valid_time *out, const struct reading *r,
                       struct forge_reader *reader, struct forge_error *err)
{
    const struct forge_array *array = r->array;
    struct forge_region region = forge_region_all(array->rank, array->shape);
    uint64_t size = forge_dtype_size(array->dtype),
             rows = array->rank > 0 ? array->shape[0] : 1;
    uint64_t row = rows > 0 ? forge_array_count(array) / rows : 0, step, bytes;
    struct forge_view view;
    unsigned char *values;
    bool good = true;

    if (size == 0 || row == 0 || row > PIECE_BYTES / size)
        return true;
    step = array->rank > 0 ? rows_at_once(array, row * size) : 1;
    step = step < rows ? step : rows;
    bytes = step * row * size;
    values = malloc(bytes > 0 ? bytes : 1);
    if (!values)
        return forge_fail(err, FORGE_FAILED, "no memory for the times of \"%s\"",
                          r->variable->name);
    for (uint64_t at = 0; at < rows && good; at += step) {
        uint64_t count = rows - at < step ? rows - at : step;

        if (array->rank > 0) {
            region.start[0] = at;
            region.count[0] = count;
        }
        view = forge_view_of(values, array->rank, region.count, size);
        good = forge_array_read(array, reader, &region, &view, err) ||
               forge_fail_while(err, "times of \"%s\"", r->variable->name);
        if (good)
            add_times(out, r, values, count * row);
    }
    free(values);
    return good;
}

/* The least and the greatest time of a variable; `known` says whether there is any. */
static bool find_ends(struct forge_valid_time *out, const struct forge_variable *variable,
                      const struct forge_time_units *units, struct forge_reader *reader,
                      struct forge_error *err)
{
    struct reading r = {variable, variable->array, forge_variable_packing(variable), units};
    struct forge_arena arena = {0};
    bool good;

    out->known = false;
    if (r.packing.packed)
        r.array = forge_variable_decoded(variable, &arena);
    good = read_times(out, &r, reader, err);
    forge_arena_clear(&arena);
    return good;
}

bool forge_valid_time_find(struct forge_valid_time *out, const struct forge_dataset *dataset,
                           struct forge_reader *reader, struct forge_error *err)
{
    struct forge_time_units units, bounds_units;
    const struct forge_variable *time = find_time(&units, dataset), *bounds;

    *out = (struct forge_valid_time){0};
    if (!time)
        return true;
    bounds_units = units;
    bounds = find_bounds(&bounds_units, dataset, time);
    out->source = time->name;
    out->calendar = units.calendar;
    if (bounds && !find_ends(out, bounds, &bounds_units, reader, err))
        return false;
    out->by_bounds = out->known;
    return out->known || find_ends(out, time, &units, reader, err);
}

void forge_valid_time_print(struct forge_text *out, enum forge_calendar calendar,
                            int64_t time_us)
{
    bool whole = time_us % 1000000 == 0;

    forge_time_format(out, calendar, time_us,
                      whole ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%dT%H:%M:%S.%f", NULL);
}

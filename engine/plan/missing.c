/* missing.c: stand-ins for files that are not there: fill values in their place.
 *
 * Along the dimension that is joined, the coordinate (and its bounds) of a
 * missing file is what its key says plus what all the other files add to theirs.
 */
#include "plan/combine_parts.h"

#include "time/units.h"

#include <assert.h>
#include <string.h>

#define COORDINATE_MAX (UINT64_C(16) << 20)

struct stand_in {
    const struct forge_combining *combining;
    const struct forge_axis *along;
    const char *dim;
    const struct forge_dataset *const *row;
    const struct forge_dataset *model; /* a file that is there */
    uint64_t items;                    /* per missing file */
};

/* What a variable holds in a file beyond what the file's key says: the same in every file, or
 * not known. Microseconds for keys that are times; numbers for integers. */
struct pattern {
    bool known;
    uint64_t count;
    double *numbers;
    int64_t *us;
    const struct forge_variable *time; /* whose units count, in the model */
};

/* Items per file: as the recipe says, else what all the others have. */
static bool items_of(uint64_t *out, const struct stand_in *s, const struct forge_input *input,
                     struct forge_error *err)
{
    uint64_t length = 0;

    if (input->items > 0) {
        *out = (uint64_t)input->items;
        return true;
    }
    for (uint64_t i = 0; i < s->along->count; i++) {
        const struct forge_dimension *found =
            s->row[i] ? forge_dataset_dimension(s->row[i], s->dim) : NULL;

        if (!found)
            continue;
        if (length > 0 && found->size != length) {
            forge_fail(err, FORGE_MISSING,
                       "a missing file cannot be filled: files have %llu and %llu items along "
                       "\"%s\"",
                       (unsigned long long)length, (unsigned long long)found->size, s->dim);
            return forge_fail_help(err, "say how many with \"items\", or use if_missing: skip");
        }
        length = found->size;
    }
    *out = length;
    return true;
}

/* The time of a key in the calendar of the data. */
static bool key_time(int64_t *out, const struct forge_key *key, enum forge_calendar calendar)
{
    struct forge_date date;

    if (key->value.kind != FORGE_SCALAR_TIME)
        return false;
    forge_date_from_time(&date, key->value.calendar, key->value.integer);
    return forge_time_from_date(out, calendar, &date);
}

static bool units_of(struct forge_time_units *units, const struct forge_variable *variable)
{
    const char *text = forge_attributes_text(&variable->attributes, "units");
    struct forge_error err;

    return text &&
           forge_time_units_parse(
               units, text, forge_attributes_text(&variable->attributes, "calendar"), &err);
}

/* Element less key, for one element of one file. */
static bool less_key(double *number, int64_t *us, const struct forge_key *key,
                     const struct forge_variable *variable,
                     const struct forge_time_units *units, const unsigned char *element)
{
    enum forge_dtype dtype = variable->array->dtype;
    int64_t time, start;

    if (key->value.kind == FORGE_SCALAR_INTEGER) {
        *number = forge_value_as_double(dtype, element) - (double)key->value.integer;
        return *number == *number;
    }
    if (!key_time(&start, key, units->calendar) ||
        !forge_time_decode(&time, units, forge_value_as_double(dtype, element)))
        return false;
    return !__builtin_sub_overflow(time, start, us);
}

/* One file's part of a pattern: make it, or see that it is the same. */
static bool follow(struct pattern *pattern, const struct stand_in *s, uint64_t at,
                   const char *name, const char *coordinate, bool first)
{
    const struct forge_variable *variable = forge_dataset_variable(s->row[at], name);
    const struct forge_variable *time = forge_dataset_variable(s->row[at], coordinate);
    const struct forge_key *key = &s->along->keys[at];
    struct forge_arena arena = {0};
    struct forge_time_units units = {0};
    struct forge_error err;
    const unsigned char *values = NULL;
    bool good = variable && time && variable->array->dtype != FORGE_STRING &&
                forge_array_count(variable->array) == pattern->count &&
                !forge_variable_packing(variable).packed &&
                (key->value.kind == FORGE_SCALAR_INTEGER ||
                 (key->value.kind == FORGE_SCALAR_TIME && units_of(&units, time))) &&
                forge_array_values((const void **)&values, variable->array,
                                   s->combining->reader, &arena, COORDINATE_MAX, &err);

    for (uint64_t i = 0; i < pattern->count && good; i++) {
        double number = 0;
        int64_t us = 0;

        good = less_key(&number, &us, key, variable, &units,
                        values + i * forge_dtype_size(variable->array->dtype)) &&
               (first || (number == pattern->numbers[i] && us == pattern->us[i]));
        pattern->numbers[i] = number;
        pattern->us[i] = us;
    }
    forge_arena_clear(&arena);
    return good;
}

/* What all files of the row have in common. */
static struct pattern pattern_of(const struct stand_in *s, const char *name,
                                 const char *coordinate)
{
    struct forge_arena *arena = s->combining->arena;
    const struct forge_variable *model = forge_dataset_variable(s->model, name);
    struct pattern pattern = {.count = forge_array_count(model->array)};
    bool first = true;

    if (pattern.count > COORDINATE_MAX / sizeof(double))
        return (struct pattern){0};
    pattern.time = forge_dataset_variable(s->model, coordinate);
    pattern.numbers = forge_arena_array(arena, pattern.count, sizeof *pattern.numbers);
    pattern.us = forge_arena_array(arena, pattern.count, sizeof *pattern.us);
    for (uint64_t i = 0; i < s->along->count; i++) {
        if (!s->row[i])
            continue;
        if (!follow(&pattern, s, i, name, coordinate, first))
            return (struct pattern){0};
        first = false;
    }
    pattern.known = true;
    return pattern;
}

static bool encode_element(unsigned char *out, const struct pattern *pattern, uint64_t i,
                           const struct forge_key *key, enum forge_dtype dtype)
{
    struct forge_time_units units;
    union forge_value value;
    double number;
    int64_t time, whole;
    bool good;

    if (key->value.kind == FORGE_SCALAR_INTEGER) {
        good = forge_value_from_double(&value, dtype,
                                       (double)key->value.integer + pattern->numbers[i]);
    } else if (!units_of(&units, pattern->time) || !key_time(&time, key, units.calendar) ||
               __builtin_add_overflow(time, pattern->us[i], &time)) {
        return false;
    } else if (forge_dtype_is_integer(dtype)) {
        good = forge_time_encode_integer(&whole, &units, time) &&
               forge_value_convert(&value, dtype, &whole, FORGE_INT64);
    } else {
        good = forge_time_encode(&number, &units, time) &&
               forge_value_from_double(&value, dtype, number);
    }
    if (good)
        memcpy(out, value.bytes, forge_dtype_size(dtype));
    return good;
}

/* The values of a missing file, as the model writes them. */
static bool extrapolate(struct forge_variable *variable, const struct stand_in *s,
                        const struct pattern *pattern, const struct forge_key *key)
{
    const struct forge_array *array = variable->array;
    int axis = forge_variable_axis(variable, s->dim);
    size_t size = forge_dtype_size(array->dtype);
    unsigned char *values;

    if (!pattern->known || array->shape[axis] != s->items)
        return false;
    values = forge_arena_array(s->combining->arena, pattern->count, size);
    for (uint64_t i = 0; i < pattern->count; i++) {
        if (!encode_element(values + i * size, pattern, i, key, array->dtype))
            return false;
    }
    variable->array = forge_array_memory(s->combining->arena, array->dtype, array->rank,
                                         array->shape, values);
    return true;
}

/* A text coordinate that is the key itself, as add_dim makes it. */
static bool key_text(struct forge_variable *variable, const struct stand_in *s,
                     const struct forge_key *key)
{
    const char **value = forge_arena_take(s->combining->arena, sizeof *value);

    if (variable->array->dtype != FORGE_STRING || s->items != 1)
        return false;
    for (uint64_t i = 0; i < s->along->count; i++) {
        const struct forge_variable *v =
            s->row[i] ? forge_dataset_variable(s->row[i], s->dim) : NULL;
        struct forge_arena arena = {0};
        const char *const *text = NULL;
        struct forge_error err;
        bool good;

        if (!s->row[i])
            continue;
        good = v && v->array->dtype == FORGE_STRING &&
               forge_array_values((const void **)&text, v->array, s->combining->reader, &arena,
                                  COORDINATE_MAX, &err) &&
               strcmp(text[0], s->along->keys[i].text) == 0;
        forge_arena_clear(&arena);
        if (!good)
            return false;
    }
    *value = key->text;
    variable->array =
        forge_array_memory(s->combining->arena, FORGE_STRING, 1, &s->items, value);
    return true;
}

static bool fill_variable(struct forge_variable *variable, struct forge_arena *arena,
                          const uint64_t *shape, struct forge_error *err)
{
    const struct forge_array *array = variable->array;

    if (!variable->has_fill) {
        if (!forge_dtype_is_float(array->dtype))
            return forge_fail(err, FORGE_MISSING,
                              "a file is missing, and variable \"%s\" has no fill value to put "
                              "in its place",
                              variable->name);
        (void)forge_value_from_double(&variable->fill, array->dtype, __builtin_nan(""));
        variable->has_fill = true;
    }
    variable->array =
        forge_array_constant(arena, array->dtype, array->rank, shape, &variable->fill);
    return true;
}

static bool refuse_coordinate(const struct stand_in *s, const struct forge_key *key,
                              struct forge_error *err)
{
    forge_fail(err, FORGE_MISSING,
               "the file for %s=%s is missing, and its \"%s\" cannot be told from the others",
               s->along->combine->as, key->text, s->dim);
    return forge_fail_help(err, "use if_missing: skip, or leave the key out with \"except\"");
}

/* One variable of every stand-in. */
static bool stand_in_variable(struct forge_dataset *items, const struct stand_in *s, size_t v,
                              struct forge_error *err)
{
    const struct forge_variable *model = &s->model->variables[v];
    const struct forge_variable *index = forge_dataset_variable(s->model, s->dim);
    const char *bounds = index ? forge_attributes_text(&index->attributes, "bounds") : NULL;
    bool is_index = forge_variable_is_index(model), is_bounds = false;
    int axis = forge_variable_axis(model, s->dim);
    struct pattern pattern = {0};
    uint64_t shape[FORGE_RANK_MAX];

    if (axis < 0)
        return true;
    is_bounds = bounds && strcmp(bounds, model->name) == 0;
    if (is_index || is_bounds)
        pattern = pattern_of(s, model->name, s->dim);
    memcpy(shape, model->array->shape, sizeof shape);
    shape[axis] = s->items;
    for (uint64_t i = 0; i < s->along->count; i++) {
        const struct forge_key *key = &s->along->keys[i];
        struct forge_variable *variable = &items[i].variables[v];

        if (s->row[i])
            continue;
        variable->origin = items[i].url;
        if (extrapolate(variable, s, &pattern, key) || (is_index && key_text(variable, s, key)))
            continue;
        if (is_index ? !refuse_coordinate(s, key, err)
                     : !fill_variable(variable, s->combining->arena, shape, err))
            return false;
    }
    return true;
}

bool forge_missing_fill(struct forge_dataset *items, const struct forge_combining *combining,
                        const struct forge_grid *grid, size_t axis,
                        const struct forge_dataset *const *row, struct forge_error *err)
{
    struct stand_in s = {
        .combining = combining,
        .along = &grid->axes[axis],
        .dim = grid->axes[axis].combine->dim,
        .row = row,
    };

    for (uint64_t i = 0; i < s.along->count && !s.model; i++)
        s.model = row[i];
    assert(s.model);
    if (!items_of(&s.items, &s, grid->input, err))
        return false;
    for (uint64_t i = 0; i < s.along->count; i++) {
        struct forge_dimension *joined;

        if (row[i])
            continue;
        forge_dataset_copy(&items[i], combining->arena, s.model);
        items[i].url = forge_arena_print(combining->arena, "the missing file for %s=%s",
                                         s.along->combine->as, s.along->keys[i].text);
        joined = forge_dataset_dimension(&items[i], s.dim);
        if (joined)
            joined->size = s.items;
        forge_note(combining->notes, "%s=%s: no file; its place is kept with fill values",
                   s.along->combine->as, s.along->keys[i].text);
    }
    for (size_t v = 0; v < s.model->variables_count; v++) {
        if (!stand_in_variable(items, &s, v, err))
            return false;
    }
    return true;
}

/* A variable of another member, all fill where it has the dimension that is joined. */
static bool add_missing(struct forge_dataset *member, const struct forge_combining *combining,
                        const struct forge_dimension *joined, const struct forge_variable *from,
                        struct forge_error *err)
{
    struct forge_variable *variable = forge_dataset_add_variable(member, from->name);
    int axis = joined ? forge_variable_axis(from, joined->name) : -1;
    uint64_t shape[FORGE_RANK_MAX];

    *variable = *from;
    for (unsigned d = 0; d < from->array->rank; d++) {
        if (!forge_dataset_dimension(member, from->dims[d]))
            forge_dataset_add_dimension(member, from->dims[d], from->array->shape[d]);
    }
    if (axis < 0)
        return true;
    memcpy(shape, from->array->shape, sizeof shape);
    shape[axis] = joined->size;
    forge_note(combining->notes, "\"%s\" is missing in %s: its place is kept with fill values",
               from->name, member->url);
    return fill_variable(variable, combining->arena, shape, err);
}

void forge_missing_union(struct forge_dataset *out, const struct forge_combining *combining,
                         const struct forge_dataset *members, uint64_t count)
{
    *out = (struct forge_dataset){.arena = combining->arena};
    for (uint64_t i = 0; i < count; i++) {
        for (size_t v = 0; v < members[i].variables_count; v++) {
            const struct forge_variable *from = &members[i].variables[v];
            struct forge_variable *made;

            if (forge_dataset_variable(out, from->name))
                continue;
            made = forge_dataset_add_variable(out, from->name);
            *made = *from;
            if (!made->origin)
                made->origin = members[i].url;
        }
    }
}

bool forge_missing_complete(struct forge_dataset *member,
                            const struct forge_combining *combining, const char *dim,
                            const struct forge_dataset *all, struct forge_error *err)
{
    struct forge_dataset copy;

    if (member->variables_count == all->variables_count)
        return true;
    forge_dataset_copy(&copy, combining->arena, member);
    for (size_t v = 0; v < all->variables_count; v++) {
        const struct forge_variable *from = &all->variables[v];
        const struct forge_dimension *found = forge_dataset_dimension(&copy, dim);
        struct forge_dimension joined;

        if (forge_dataset_variable(&copy, from->name))
            continue;
        if (found)
            joined = *found;
        if (!add_missing(&copy, combining, found ? &joined : NULL, from, err))
            return false;
    }
    *member = copy;
    return true;
}

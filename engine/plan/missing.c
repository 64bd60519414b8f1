/* missing.c: a stand-in for a file that is not there: fill values in its place. */
#include "plan/combine_parts.h"

#include "time/units.h"

#include <string.h>

/* What the axis' coordinate is in a file, less what its key says: the same in every file, or
 * the place of a missing one cannot be known. */
struct offset {
    bool known;
    int64_t us;
};

static const struct forge_dataset *any_member(const struct forge_dataset *const *row,
                                              uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (row[i])
            return row[i];
    }
    return NULL;
}

/* Items per file: as the recipe says, else what all the others have. */
static bool items_of(uint64_t *out, const struct forge_grid *grid, size_t axis,
                     const struct forge_dataset *const *row, struct forge_error *err)
{
    const char *dim = grid->axes[axis].combine->dim;
    uint64_t length = 0;

    if (grid->input->items > 0) {
        *out = (uint64_t)grid->input->items;
        return true;
    }
    for (uint64_t i = 0; i < grid->axes[axis].count; i++) {
        const struct forge_dimension *found =
            row[i] ? forge_dataset_dimension(row[i], dim) : NULL;

        if (!found)
            continue;
        if (length > 0 && found->size != length) {
            forge_fail(err, FORGE_MISSING,
                       "a missing file cannot be filled: files have %llu and %llu items along "
                       "\"%s\"",
                       (unsigned long long)length, (unsigned long long)found->size, dim);
            return forge_fail_help(err, "say how many with \"items\", or use if_missing: skip");
        }
        length = found->size;
    }
    *out = length;
    return true;
}

static bool first_time(int64_t *out, const struct forge_combining *combining,
                       const struct forge_variable *variable,
                       const struct forge_time_units *units)
{
    struct forge_error err;
    struct forge_arena arena = {0};
    const void *values = NULL;
    bool good =
        forge_array_values(&values, variable->array, combining->reader, &arena, 1 << 20,
                           &err) &&
        variable->array->dtype != FORGE_STRING &&
        forge_time_decode(out, units, forge_value_as_double(variable->array->dtype, values));

    forge_arena_clear(&arena);
    return good;
}

/* The one offset between coordinate and key that all files of the row share. */
static struct offset offset_of(const struct forge_combining *combining,
                               const struct forge_grid *grid, size_t axis,
                               const struct forge_dataset *const *row)
{
    const struct forge_axis *along = &grid->axes[axis];
    struct offset offset = {0};
    bool any = false;

    for (uint64_t i = 0; i < along->count; i++) {
        const struct forge_variable *v =
            row[i] ? forge_dataset_variable(row[i], along->combine->dim) : NULL;
        const struct forge_key *key = &along->keys[i];
        struct forge_time_units units;
        struct forge_error err;
        const char *text = v ? forge_attributes_text(&v->attributes, "units") : NULL;
        int64_t time;

        if (!row[i])
            continue;
        if (!v || !text || key->value.kind != FORGE_SCALAR_TIME ||
            !forge_time_units_parse(&units, text,
                                    forge_attributes_text(&v->attributes, "calendar"), &err) ||
            !first_time(&time, combining, v, &units) ||
            (any && time - key->value.integer != offset.us))
            return (struct offset){0};
        any = offset.known = true;
        offset.us = time - key->value.integer;
    }
    return offset;
}

/* The coordinate of the missing file, as its neighbours write it. */
static bool coordinate(struct forge_variable *variable, const struct forge_combining *combining,
                       const struct forge_grid *grid, size_t axis,
                       const struct forge_dataset *const *row, uint64_t place, uint64_t items,
                       struct forge_error *err)
{
    const struct forge_axis *along = &grid->axes[axis];
    const struct forge_key *key = &along->keys[place];
    struct offset offset = offset_of(combining, grid, axis, row);
    const char *text = forge_attributes_text(&variable->attributes, "units");
    union forge_value *value = forge_arena_take(combining->arena, sizeof *value);
    struct forge_time_units units;
    double number;

    if (items == 1 && offset.known && text &&
        forge_time_units_parse(&units, text,
                               forge_attributes_text(&variable->attributes, "calendar"), err) &&
        forge_time_encode(&number, &units, key->value.integer + offset.us) &&
        forge_value_from_double(value, variable->array->dtype, number)) {
        variable->array = forge_array_memory(combining->arena, variable->array->dtype, 1,
                                             &items, value->bytes);
        return true;
    }
    forge_fail(err, FORGE_MISSING,
               "the file for %s=%s is missing, and its \"%s\" cannot be told from the others",
               along->combine->as, key->text, along->combine->dim);
    return forge_fail_help(err, "use if_missing: skip, or leave the key out with \"except\"");
}

static bool fill_variable(struct forge_variable *variable, struct forge_arena *arena,
                          unsigned axis, uint64_t items, struct forge_error *err)
{
    uint64_t shape[FORGE_RANK_MAX];
    union forge_value fill = variable->fill;
    const struct forge_array *array = variable->array;

    memcpy(shape, array->shape, sizeof shape);
    shape[axis] = items;
    if (!variable->has_fill) {
        if (array->dtype == FORGE_FLOAT32)
            fill.float32 = __builtin_nanf("");
        else if (array->dtype == FORGE_FLOAT64)
            fill.float64 = __builtin_nan("");
        else
            return forge_fail(err, FORGE_MISSING,
                              "a file is missing, and variable \"%s\" has no fill value to put "
                              "in its place",
                              variable->name);
        variable->has_fill = true;
        variable->fill = fill;
    }
    variable->array = forge_array_constant(arena, array->dtype, array->rank, shape, &fill);
    return true;
}

bool forge_missing_dataset(struct forge_dataset *out, const struct forge_combining *combining,
                           const struct forge_grid *grid, size_t axis,
                           const struct forge_dataset *const *row, uint64_t place,
                           struct forge_error *err)
{
    const struct forge_axis *along = &grid->axes[axis];
    const char *dim = along->combine->dim;
    const struct forge_dataset *model = any_member(row, along->count);
    struct forge_dimension *joined;
    uint64_t items = 0;

    if (!items_of(&items, grid, axis, row, err))
        return false;
    forge_dataset_copy(out, combining->arena, model);
    out->url = forge_arena_print(combining->arena, "the missing file for %s=%s",
                                 along->combine->as, along->keys[place].text);
    joined = forge_dataset_dimension(out, dim);
    if (joined)
        joined->size = items;
    for (size_t v = 0; v < out->variables_count; v++) {
        struct forge_variable *variable = &out->variables[v];
        int at = forge_variable_axis(variable, dim);

        if (at < 0)
            continue;
        variable->origin = out->url;
        if (forge_variable_is_index(variable)
                ? !coordinate(variable, combining, grid, axis, row, place, items, err)
                : !fill_variable(variable, combining->arena, (unsigned)at, items, err))
            return false;
    }
    forge_note(combining->notes, "%s=%s: no file; its place is kept with fill values",
               along->combine->as, along->keys[place].text);
    return true;
}

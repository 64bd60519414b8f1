/* encode.c: the dtype, packing and fill value that the target gives a variable. */
#include "plan/plan_parts.h"

#include "transforms/decoding.h"

#include <math.h>
#include <string.h>

const struct forge_variable_encoding *forge_plan_encoding(const struct forge_recipe *recipe,
                                                          const char *name)
{
    for (size_t i = 0; i < recipe->target.variables_count; i++) {
        if (strcmp(recipe->target.variables[i].name, name) == 0)
            return &recipe->target.variables[i];
    }
    return NULL;
}

/* The fill value of the recipe in the stored type. */
static bool given_fill(union forge_value *out, const struct forge_variable_encoding *encoding,
                       enum forge_dtype dtype, struct forge_error *err)
{
    double number = NAN;

    if (strcmp(encoding->fill->text, "NaN") != 0 && !forge_node_number(&number, encoding->fill))
        return forge_fail_at(err, encoding->fill->place, "fill: expected a number");
    if (forge_value_from_double(out, dtype, number))
        return true;
    return forge_fail_at(err, encoding->fill->place, "fill: %s has no place in %s",
                         encoding->fill->text, forge_dtype_name(dtype));
}

static void remove_packing(struct forge_variable *variable)
{
    forge_attributes_remove(&variable->attributes, "scale_factor");
    forge_attributes_remove(&variable->attributes, "add_offset");
    forge_attributes_remove(&variable->attributes, "missing_value");
}

static bool pack(struct forge_variable *variable,
                 const struct forge_variable_encoding *encoding, struct forge_arena *arena,
                 struct forge_error *err)
{
    enum forge_dtype dtype = encoding->has_dtype ? encoding->dtype : variable->array->dtype;
    union forge_value fill = {0};

    if (!forge_dtype_is_integer(dtype))
        return forge_fail_at(
            err, encoding->place,
            "variable \"%s\" is packed into a dtype of integers, such as int16",
            variable->name);
    if (encoding->fill && !given_fill(&fill, encoding, dtype, err))
        return false;
    variable->array = forge_array_pack(arena, forge_variable_decoded(variable, arena), dtype,
                                       encoding->scale_factor, encoding->add_offset,
                                       encoding->fill ? &fill : NULL, variable->name);
    variable->has_fill = encoding->fill != NULL;
    variable->fill = fill;
    remove_packing(variable);
    forge_attributes_set(&variable->attributes, arena, "scale_factor", FORGE_FLOAT64, 1,
                         &encoding->scale_factor);
    forge_attributes_set(&variable->attributes, arena, "add_offset", FORGE_FLOAT64, 1,
                         &encoding->add_offset);
    return true;
}

/* Another type, another fill value, or both. */
static bool convert(struct forge_variable *variable,
                    const struct forge_variable_encoding *encoding, struct forge_arena *arena,
                    struct forge_error *err)
{
    enum forge_dtype from = variable->array->dtype;
    enum forge_dtype dtype = encoding->has_dtype ? encoding->dtype : from;
    union forge_value old = variable->fill, fill = {0};
    bool had = variable->has_fill;

    if (encoding->fill) {
        if (!given_fill(&fill, encoding, dtype, err))
            return false;
        variable->has_fill = true;
    } else if (had && !forge_value_convert(&fill, dtype, old.bytes, from)) {
        return forge_fail_at(err, encoding->place,
                             "variable \"%s\": its fill value has no place in %s; give another "
                             "with \"fill\"",
                             variable->name, forge_dtype_name(dtype));
    }
    variable->fill = fill;
    if (dtype != from)
        variable->array = forge_array_cast(arena, variable->array, dtype, had ? &old : NULL,
                                           variable->has_fill ? &fill : NULL, variable->name);
    if (encoding->fill && (dtype == from || !had))
        variable->array = forge_array_refill(arena, variable->array, had ? &old : NULL, &fill,
                                             variable->name);
    return true;
}

static bool encode(struct forge_variable *variable,
                   const struct forge_variable_encoding *encoding, struct forge_arena *arena,
                   struct forge_error *err)
{
    bool changes = encoding->has_dtype && encoding->dtype != variable->array->dtype;

    if (!encoding->has_packing && !changes && !encoding->fill)
        return true;
    if (variable->array->dtype == FORGE_STRING)
        return forge_fail_at(err, encoding->place,
                             "variable \"%s\" holds text: it has no dtype, packing or fill",
                             variable->name);
    if (encoding->has_packing)
        return pack(variable, encoding, arena, err);
    if (changes)
        forge_decode_before_cast(variable, arena);
    return convert(variable, encoding, arena, err);
}

bool forge_plan_encode(struct forge_plan *plan, struct forge_error *err)
{
    const struct forge_target *target = &plan->recipe->target;

    for (size_t i = 0; i < target->variables_count; i++) {
        const struct forge_variable_encoding *encoding = &target->variables[i];
        struct forge_variable *variable =
            forge_dataset_variable(&plan->dataset, encoding->name);

        if (!variable) {
            const char *near = forge_text_nearest(
                encoding->name, forge_dataset_names(&plan->dataset, &plan->arena, false));

            forge_fail_at(err, encoding->place, "there is no variable \"%s\" to encode",
                          encoding->name);
            return near ? forge_fail_help(err, "did you mean \"%s\"?", near) : false;
        }
        if (!encode(variable, encoding, &plan->arena, err))
            return false;
    }
    return true;
}

/* packing.c: what CF 8.1 (scale_factor, add_offset) and 2.5.1 (missing values) say of a
 * variable. */
#include <float.h>
#include <math.h>

#include "array/dataset.h"
#include "array/nodes.h"

static bool is_number(const struct forge_attribute *attribute)
{
    return attribute && attribute->dtype != FORGE_STRING && attribute->count > 0;
}

/* CF 8.1: decoded values have the type of the attributes. Where those are float32 and the
 * packed integers are wider than its 24 bits, only float64 keeps every value apart. */
static enum forge_dtype decoded_dtype(enum forge_dtype packed,
                                      const struct forge_attribute *scale,
                                      const struct forge_attribute *offset)
{
    bool narrow = packed == FORGE_FLOAT32 || forge_dtype_size(packed) <= 2;

    if (is_number(scale) && scale->dtype != FORGE_FLOAT32)
        return FORGE_FLOAT64;
    if (is_number(offset) && offset->dtype != FORGE_FLOAT32)
        return FORGE_FLOAT64;
    return narrow ? FORGE_FLOAT32 : FORGE_FLOAT64;
}

/* A missing_value is often a double beside float32 values: 1e20 means its nearest float then,
 * as it does to numpy. Integers are taken only as they are. */
static bool missing_value(union forge_value *out, enum forge_dtype dtype,
                          const struct forge_attribute *attribute)
{
    double number;

    if (forge_value_convert(out, dtype, attribute->values, attribute->dtype))
        return true;
    number = forge_value_as_double(attribute->dtype, attribute->values);
    if (dtype != FORGE_FLOAT32 || fabs(number) > (double)FLT_MAX)
        return false;
    *out = (union forge_value){.float32 = (float)number};
    return true;
}

struct forge_packing forge_variable_packing(const struct forge_variable *variable)
{
    const struct forge_attributes *attributes = &variable->attributes;
    const struct forge_attribute *scale = forge_attributes_find(attributes, "scale_factor");
    const struct forge_attribute *offset = forge_attributes_find(attributes, "add_offset");
    const struct forge_attribute *missing = forge_attributes_find(attributes, "missing_value");
    enum forge_dtype dtype = variable->array->dtype;
    /* Adding -0.0 changes no bit, where 0.0 would make -0.0 positive. */
    struct forge_packing packing = {.scale = 1, .offset = -0.0, .dtype = dtype};

    if (dtype == FORGE_STRING)
        return packing;
    packing.packed = is_number(scale) || is_number(offset);
    forge_attributes_number(&packing.scale, attributes, "scale_factor");
    forge_attributes_number(&packing.offset, attributes, "add_offset");
    if (packing.packed)
        packing.dtype = decoded_dtype(dtype, scale, offset);
    packing.has_missing = is_number(missing) && missing_value(&packing.missing, dtype, missing);
    return packing;
}

const struct forge_array *forge_variable_decoded(const struct forge_variable *variable,
                                                 struct forge_arena *arena)
{
    struct forge_packing packing = forge_variable_packing(variable);
    const union forge_value *fill = variable->has_fill ? &variable->fill : NULL;
    const union forge_value *missing = packing.has_missing ? &packing.missing : NULL;

    if (!packing.packed && (!forge_dtype_is_float(packing.dtype) || (!fill && !missing)))
        return variable->array;
    return forge_array_unpack(arena, variable->array, packing.dtype, packing.scale,
                              packing.offset, fill, missing);
}

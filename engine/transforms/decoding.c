#include "transforms/decoding.h"

#include <math.h>
#include <string.h>

void forge_decode_variable(struct forge_variable *variable, struct forge_arena *arena)
{
    struct forge_packing packing = forge_variable_packing(variable);
    bool missing = variable->has_fill || packing.has_missing;

    if (variable->array->dtype == FORGE_STRING ||
        (!packing.packed && forge_dtype_is_integer(packing.dtype)))
        return;
    variable->array = forge_variable_decoded(variable, arena);
    variable->has_fill = missing;
    (void)forge_value_from_double(&variable->fill, variable->array->dtype, NAN);
    forge_attributes_remove(&variable->attributes, "scale_factor");
    forge_attributes_remove(&variable->attributes, "add_offset");
    forge_attributes_remove(&variable->attributes, "missing_value");
}

void forge_decode_before_cast(struct forge_variable *variable, struct forge_arena *arena)
{
    struct forge_packing packing = forge_variable_packing(variable);

    if (packing.packed || (packing.has_missing && forge_dtype_is_float(packing.dtype))) {
        forge_decode_variable(variable, arena);
        return;
    }
    if (!packing.has_missing)
        return;
    if (!variable->has_fill) {
        variable->has_fill = true;
        variable->fill = packing.missing;
    }
    if (memcmp(variable->fill.bytes, packing.missing.bytes,
               forge_dtype_size(variable->array->dtype)) == 0)
        forge_attributes_remove(&variable->attributes, "missing_value");
}

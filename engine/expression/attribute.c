/* attribute.c: attributes of datasets as values of expressions. */
#include "array/dataset.h"
#include "expression/expression.h"

static struct forge_scalar scalar_of(const struct forge_attribute *attribute)
{
    union forge_value whole;

    if (attribute->dtype == FORGE_STRING)
        return (struct forge_scalar){.kind = FORGE_SCALAR_STRING,
                                     .string = *(const char *const *)attribute->values};
    if (!forge_dtype_is_float(attribute->dtype) &&
        forge_value_convert(&whole, FORGE_INT64, attribute->values, attribute->dtype))
        return (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER, .integer = whole.int64};
    return (struct forge_scalar){
        .kind = FORGE_SCALAR_FLOAT,
        .number = forge_value_as_double(attribute->dtype, attribute->values)};
}

bool forge_scalar_attribute(struct forge_scalar *out, const struct forge_dataset *dataset,
                            const char *variable, const char *name)
{
    const struct forge_attributes *attributes = &dataset->attributes;
    const struct forge_attribute *found;

    if (variable) {
        const struct forge_variable *owner = forge_dataset_variable(dataset, variable);

        if (!owner)
            return false;
        attributes = &owner->attributes;
    }
    found = forge_attributes_find(attributes, name);
    if (!found || found->count != 1)
        return false;
    *out = scalar_of(found);
    return true;
}

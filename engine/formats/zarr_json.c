/* zarr_json.c: what both versions of Zarr write as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/zarr_parts.h"

void forge_zarr_json_numbers(struct forge_json *json, const uint64_t *numbers, unsigned count)
{
    forge_json_array(json);
    for (unsigned i = 0; i < count; i++)
        forge_json_unsigned(json, numbers[i]);
    forge_json_close(json, ']');
}

static union forge_value load(enum forge_dtype dtype, const void *element)
{
    union forge_value value = {0};

    memcpy(value.bytes, element, forge_dtype_size(dtype));
    return value;
}

void forge_zarr_json_value(struct forge_json *json, enum forge_dtype dtype, const void *element)
{
    union forge_value value = load(dtype, element), wide;

    if (dtype == FORGE_STRING)
        forge_json_string(json, value.string ? value.string : "");
    else if (dtype == FORGE_FLOAT64)
        forge_json_number(json, value.float64);
    else if (dtype == FORGE_FLOAT32)
        forge_json_float32(json, value.float32);
    else if (forge_dtype_is_signed(dtype) &&
             forge_value_convert(&wide, FORGE_INT64, element, dtype))
        forge_json_integer(json, wide.int64);
    else if (forge_value_convert(&wide, FORGE_UINT64, element, dtype))
        forge_json_unsigned(json, wide.uint64);
}

void forge_zarr_json_fill(struct forge_json *json, enum forge_dtype dtype,
                          const union forge_value *fill)
{
    if (dtype == FORGE_FLOAT32)
        forge_json_number(json, (double)fill->float32);
    else
        forge_zarr_json_value(json, dtype, fill->bytes);
}

static int compare_attributes(const void *a, const void *b)
{
    return strcmp(((const struct forge_attribute *)a)->name,
                  ((const struct forge_attribute *)b)->name);
}

/* The dimensions are a list, also when there is only one. */
static bool is_list(const struct forge_attribute *attribute)
{
    return attribute->count != 1 || strcmp(attribute->name, FORGE_ZARR_DIMENSIONS) == 0;
}

void forge_zarr_json_attributes(struct forge_json *json,
                                const struct forge_attributes *attributes)
{
    struct forge_arena arena = {0};
    struct forge_attribute *sorted =
        forge_arena_array(&arena, attributes->count, sizeof *sorted);

    for (size_t i = 0; i < attributes->count; i++)
        sorted[i] = attributes->items[i];
    qsort(sorted, attributes->count, sizeof *sorted, compare_attributes);
    forge_json_object(json);
    for (size_t i = 0; i < attributes->count; i++) {
        const unsigned char *value = sorted[i].values;
        bool list = is_list(&sorted[i]);

        forge_json_key(json, sorted[i].name);
        if (list)
            forge_json_array(json);
        for (size_t j = 0; j < sorted[i].count; j++)
            forge_zarr_json_value(json, sorted[i].dtype,
                                  value + j * forge_dtype_size(sorted[i].dtype));
        if (list)
            forge_json_close(json, ']');
    }
    forge_json_close(json, '}');
    forge_arena_clear(&arena);
}

/* Version 3's missing value of floats, as xarray writes it: base64 of a little-endian float64.
 */
static void base64_of(char out[13], double number)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char bytes[9] = {0};

    memcpy(bytes, &number, sizeof number);
    for (size_t i = 0; i < 3; i++) {
        const unsigned char *three = bytes + 3 * i;
        unsigned bits = (unsigned)three[0] << 16 | (unsigned)three[1] << 8 | three[2];

        for (size_t j = 0; j < 4; j++)
            out[4 * i + j] = digits[bits >> (18 - 6 * j) & 63U];
    }
    out[11] = '=';
    out[12] = '\0';
}

static void set_missing_value(struct forge_attributes *out, struct forge_arena *arena,
                              const struct forge_target_array *array)
{
    enum forge_dtype dtype = array->variable->array->dtype;
    union forge_value fill = forge_zarr_fill(array);
    char text[13];

    if (forge_dtype_is_float(dtype)) {
        base64_of(text, forge_value_as_double(dtype, fill.bytes));
        forge_attributes_set_text(out, arena, FORGE_ZARR_FILL, text);
    } else {
        forge_attributes_set(out, arena, FORGE_ZARR_FILL, dtype, 1, fill.bytes);
    }
}

static void copy_attributes(struct forge_attributes *out, struct forge_arena *arena,
                            const struct forge_attributes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct forge_attribute *attribute = &from->items[i];

        forge_attributes_set(out, arena, attribute->name, attribute->dtype, attribute->count,
                             attribute->values);
    }
}

/* An attribute _FillValue that is still there is one that the dtype cannot hold (NaN for
 * integers): no element equals it, and a reader that believed it would decode in another
 * precision, or not at all. It is left out. */
void forge_zarr_array_attributes(struct forge_attributes *out, struct forge_arena *arena,
                                 const struct forge_target_array *array, int zarr_format)
{
    const struct forge_variable *variable = array->variable;

    copy_attributes(out, arena, &variable->attributes);
    forge_attributes_remove(out, FORGE_ZARR_DIMENSIONS);
    forge_attributes_remove(out, FORGE_ZARR_FILL);
    if (zarr_format == 2)
        forge_attributes_set(out, arena, FORGE_ZARR_DIMENSIONS, FORGE_STRING,
                             variable->array->rank, (const void *)variable->dims);
    else if (variable->has_fill)
        set_missing_value(out, arena, array);
}

#include "array/array.h"

#include <assert.h>

#include "array/reader.h"
#include "base/checked.h"

static bool is_empty(const struct forge_array *array, const struct forge_region *region)
{
    for (unsigned d = 0; d < array->rank; d++) {
        if (region->count[d] == 0)
            return true;
    }
    return false;
}

bool forge_array_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    assert(forge_region_is_inside(array->rank, array->shape, region));
    if (forge_reader_is_cancelled(reader))
        return forge_fail(err, FORGE_CANCELLED, "cancelled");
    if (is_empty(array, region))
        return true;
    return array->type->read(array, reader, region, view, err);
}

void forge_array_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    assert(forge_region_is_inside(array->rank, array->shape, region));
    if (array->type->touch && !is_empty(array, region))
        array->type->touch(array, region, visit, context);
}

uint64_t forge_array_scratch(const struct forge_array *array, const struct forge_region *region)
{
    assert(forge_region_is_inside(array->rank, array->shape, region));
    if (!array->type->scratch || is_empty(array, region))
        return 0;
    return array->type->scratch(array, region);
}

uint64_t forge_array_count(const struct forge_array *array)
{
    struct forge_region all = forge_region_all(array->rank, array->shape);
    uint64_t count = UINT64_MAX;

    if (!forge_region_count(&count, array->rank, &all))
        return UINT64_MAX;
    return count;
}

bool forge_array_values(const void **out, const struct forge_array *array,
                        struct forge_reader *reader, struct forge_arena *arena,
                        uint64_t limit_bytes, struct forge_error *err)
{
    struct forge_region all = forge_region_all(array->rank, array->shape);
    size_t size = forge_dtype_size(array->dtype);
    uint64_t bytes = 0;
    struct forge_view view;
    void *values = NULL;

    if (!forge_checked_multiply(&bytes, forge_array_count(array), size) || bytes > limit_bytes)
        return forge_fail(err, FORGE_FAILED,
                          "%llu elements of %s are more than the %llu bytes that may be read "
                          "at once",
                          (unsigned long long)forge_array_count(array),
                          forge_dtype_name(array->dtype), (unsigned long long)limit_bytes);
    values = forge_arena_take(arena, bytes);
    view = forge_view_of(values, array->rank, array->shape, size);
    if (!forge_array_read(array, reader, &all, &view, err))
        return false;
    *out = values;
    return true;
}

/* zarr_strings.c: strings as vlen-utf8. */
#include <inttypes.h>
#include <string.h>

#include "formats/zarr_parts.h"

struct strings {
    const struct forge_target_array *array;
    const struct forge_view *view;
    const uint64_t *count;
    const char *fill;
};

/* The string at a place of the chunk, which may be beyond the edge of the array. */
static const char *string_at(const struct strings *strings, const uint64_t *index)
{
    const unsigned char *at = strings->view->bytes;
    const char *string;

    for (unsigned d = 0; d < strings->array->variable->array->rank; d++) {
        if (index[d] >= strings->count[d])
            return strings->fill;
        at += (int64_t)index[d] * strings->view->stride[d];
    }
    memcpy(&string, at, sizeof string);
    return string ? string : "";
}

static unsigned char *add_u32(unsigned char *to, uint64_t number)
{
    uint32_t narrow = (uint32_t)number;

    memcpy(to, &narrow, sizeof narrow);
    return to + sizeof narrow;
}

static unsigned char *add_bytes(unsigned char *to, const char *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

/* How many strings, what they take, and whether each is the fill. */
static void measure(const struct strings *strings, uint64_t *elements, uint64_t *bytes,
                    bool *all_fill)
{
    unsigned rank = strings->array->variable->array->rank;
    uint64_t index[FORGE_RANK_MAX] = {0};

    *elements = 0;
    *bytes = 4;
    *all_fill = true;
    do {
        const char *string = string_at(strings, index);

        *elements += 1;
        *bytes += 4 + strlen(string);
        *all_fill = *all_fill && strcmp(string, strings->fill) == 0;
    } while (forge_grid_next(index, rank, strings->array->chunk));
}

bool forge_zarr_strings_pack(const struct forge_target_array *array,
                             const struct forge_view *view, const uint64_t *count,
                             bool absent_allowed, struct forge_block *block, uint64_t *length,
                             bool *absent, struct forge_error *err)
{
    const struct strings strings = {array, view, count, forge_zarr_fill(array).string};
    unsigned rank = array->variable->array->rank;
    uint64_t index[FORGE_RANK_MAX] = {0};
    uint64_t elements, bytes, limit = forge_zarr_chunk_bytes(array);
    unsigned char *to;
    bool all_fill;

    measure(&strings, &elements, &bytes, &all_fill);
    *absent = absent_allowed && all_fill;
    if (*absent)
        return true;
    if (bytes > limit || elements > UINT32_MAX) {
        forge_fail(err, FORGE_BAD_RECIPE,
                   "variable \"%s\": the strings of a chunk take %" PRIu64
                   " bytes, more than the %" PRIu64 " that %" PRIu64 " of them may",
                   array->variable->name, bytes, limit, elements);
        return forge_fail_help(err, "make its chunks smaller");
    }
    if (!forge_block_reserve(block, bytes, err))
        return false;
    to = add_u32(block->bytes, elements);
    do {
        const char *string = string_at(&strings, index);
        size_t size = strlen(string);

        to = add_u32(to, size);
        to = add_bytes(to, string, size);
    } while (forge_grid_next(index, rank, array->chunk));
    *length = bytes;
    return true;
}

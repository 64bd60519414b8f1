/* concat.c: parts one behind the other along an axis; each is read straight into the view. */
#include <assert.h>

#include "array/identity.h"
#include "array/nodes.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    unsigned axis;
    const struct forge_array *const *parts; /* none of length 0 along the axis */
    const uint64_t *offsets;                /* parts_count + 1; the last is the length */
    size_t parts_count;
};

/* What a region takes from one part. */
struct piece {
    const struct forge_array *part;
    struct forge_region region; /* of the part */
    uint64_t done;              /* elements of the region along the axis, up to and with this */
    uint64_t from;              /* the first of them that this piece gives */
};

/* The part that holds `position`. */
static size_t find_part(const struct node *node, uint64_t position)
{
    size_t low = 0, high = node->parts_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (node->offsets[middle] <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The piece behind the last one, {0} at first; false at the end of the region. */
static bool next_piece(struct piece *piece, const struct node *node,
                       const struct forge_region *region)
{
    unsigned axis = node->axis;
    uint64_t step = region->step[axis], position, length;
    size_t at;

    if (piece->done == region->count[axis])
        return false;
    position = region->start[axis] + piece->done * step;
    at = find_part(node, position);
    length = (node->offsets[at + 1] - 1 - position) / step + 1;
    length = forge_minimum(length, region->count[axis] - piece->done);
    piece->part = node->parts[at];
    piece->region = *region;
    piece->region.start[axis] = position - node->offsets[at];
    piece->region.count[axis] = length;
    piece->from = piece->done;
    piece->done += length;
    return true;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    struct forge_view shifted = *view;
    struct piece piece = {0};

    while (next_piece(&piece, node, region)) {
        shifted.bytes = view->bytes + (int64_t)piece.from * view->stride[node->axis];
        if (!forge_array_read(piece.part, reader, &piece.region, &shifted, err))
            return false;
    }
    return true;
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;
    struct piece piece = {0};

    while (next_piece(&piece, node, region))
        forge_array_touch(piece.part, &piece.region, visit, context);
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct node *node = (const struct node *)array;
    struct piece piece = {0};
    uint64_t most = 0;

    while (next_piece(&piece, node, region))
        most = forge_maximum(most, forge_array_scratch(piece.part, &piece.region));
    return most;
}

/* What lies in one part is the same without the others. */
static const struct forge_array *node_beneath(const struct forge_array *array,
                                              const struct forge_region *region,
                                              struct forge_region *inner)
{
    const struct node *node = (const struct node *)array;
    struct piece piece = {0};

    if (!next_piece(&piece, node, region) || piece.done < region->count[node->axis])
        return NULL;
    *inner = piece.region;
    return piece.part;
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    struct piece piece = {0};

    forge_identity_number(identity, node->axis);
    while (next_piece(&piece, node, region))
        forge_array_identify(piece.part, &piece.region, identity);
}

static const struct forge_array_type type = {
    .name = "concat",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .beneath = node_beneath,
    .identify = node_identify,
};

static void add_parts(struct node *node, struct forge_arena *arena,
                      const struct forge_array *const *parts, size_t parts_count)
{
    const struct forge_array **kept = forge_arena_array(arena, parts_count, sizeof(void *));
    uint64_t *offsets = forge_arena_array(arena, parts_count + 1, sizeof *offsets);
    uint64_t length = 0;

    for (size_t i = 0; i < parts_count; i++) {
        bool fits;

        if (parts[i]->shape[node->axis] == 0)
            continue;
        kept[node->parts_count++] = parts[i];
        fits = forge_checked_add(&length, length, parts[i]->shape[node->axis]);
        assert(fits);
        (void)fits;
        offsets[node->parts_count] = length;
    }
    node->array.shape[node->axis] = length;
    node->parts = kept;
    node->offsets = offsets;
}

/* Parts in memory fit any grid. Of the others the largest chunk counts: reads of that size
 * decode a chunk at most twice even where lengths differ (months), which with 1 they would do
 * once per element. A chunk longer than its part ends with it. */
static void derive_grid(struct node *node, unsigned d)
{
    struct forge_array *array = &node->array;

    array->chunk[d] = 0;
    for (size_t i = 0; i < node->parts_count; i++) {
        const struct forge_array *part = node->parts[i];
        uint64_t chunk = part->chunk[d], phase = part->phase[d];

        if (d == node->axis && chunk > part->shape[d]) {
            chunk = part->shape[d];
            phase = 0;
        }
        if (part->in_memory || chunk <= array->chunk[d])
            continue;
        array->chunk[d] = chunk;
        if (d == node->axis) /* index 0 is offsets[i] before the part's own */
            phase = (phase + chunk - node->offsets[i] % chunk) % chunk;
        array->phase[d] = phase;
    }
    if (array->chunk[d] == 0)
        array->chunk[d] = forge_maximum(array->shape[d], 1);
}

const struct forge_array *forge_array_concat(struct forge_arena *arena, unsigned axis,
                                             const struct forge_array *const *parts,
                                             size_t parts_count)
{
    struct node *node = forge_arena_take(arena, sizeof *node);

    assert(parts_count > 0 && axis < parts[0]->rank);
    node->axis = axis;
    node->array = (struct forge_array){
        .type = &type, .dtype = parts[0]->dtype, .rank = parts[0]->rank, .in_memory = true};
    for (unsigned d = 0; d < parts[0]->rank; d++)
        node->array.shape[d] = parts[0]->shape[d];
    for (size_t i = 0; i < parts_count; i++) {
        assert(parts[i]->dtype == node->array.dtype && parts[i]->rank == node->array.rank);
        for (unsigned d = 0; d < node->array.rank; d++)
            assert(d == axis || parts[i]->shape[d] == node->array.shape[d]);
        node->array.in_memory = node->array.in_memory && parts[i]->in_memory;
    }
    add_parts(node, arena, parts, parts_count);
    for (unsigned d = 0; d < node->array.rank; d++)
        derive_grid(node, d);
    return &node->array;
}

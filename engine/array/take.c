/* take.c: elements at any indices along an axis, or fill where there are none.
 *
 * Indices that go on evenly, as almost all do, are read straight into the view.
 * What is left inside one chunk of the child is read once, into scratch, and
 * copied from there: no chunk is decoded for every element that it has.
 */
#include <assert.h>
#include <stdlib.h>

#include "array/identity.h"
#include "array/nodes.h"
#include "array/reader.h"
#include "base/checked.h"

struct node {
    struct forge_array array;
    const struct forge_array *child;
    unsigned axis;
    const int64_t *indices; /* -1: fill */
    union forge_value fill;
};

/* One element along the axis: where it comes from and where it goes. */
struct entry {
    uint64_t index, position;
};

/* Entries that are read together. */
struct group {
    uint64_t begin, end;
    bool direct; /* evenly spaced: straight into the view */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;

    if (one->index != other->index)
        return one->index < other->index ? -1 : 1;
    return one->position < other->position ? -1 : one->position > other->position;
}

/* The entries of a region, sorted by index; returns how many there are without gaps. */
static uint64_t list_entries(struct entry *entries, const struct node *node,
                             const struct forge_region *region)
{
    uint64_t count = 0;
    bool sorted = true;

    for (uint64_t i = 0; i < region->count[node->axis]; i++) {
        int64_t index = node->indices[region->start[node->axis] + i * region->step[node->axis]];

        if (index < 0)
            continue;
        entries[count] = (struct entry){(uint64_t)index, i};
        sorted = sorted && (count == 0 || entries[count - 1].index <= (uint64_t)index);
        count++;
    }
    if (!sorted)
        qsort(entries, count, sizeof *entries, compare_entries);
    return count;
}

static uint64_t chunk_of(const struct node *node, const struct entry *entry)
{
    return (entry->index + node->child->phase[node->axis]) / node->child->chunk[node->axis];
}

/* The end of the even run that begins at `begin`. */
static uint64_t run_end(const struct entry *entries, uint64_t begin, uint64_t count)
{
    uint64_t end = begin + 1, step, move;

    if (end == count || entries[end].index == entries[begin].index)
        return end;
    step = entries[end].index - entries[begin].index;
    move = entries[end].position - entries[begin].position; /* wraps when it goes back */
    for (end++; end < count; end++) {
        if (entries[end].index - entries[end - 1].index != step ||
            entries[end].position - entries[end - 1].position != move)
            break;
    }
    return end;
}

/* The group behind `group`, {0} at first; false after the last. A run ends where a chunk does.
 */
static bool next_group(struct group *group, const struct node *node,
                       const struct entry *entries, uint64_t count)
{
    uint64_t begin = group->end, end = begin + 1, run;

    if (begin == count)
        return false;
    run = run_end(entries, begin, count);
    group->begin = begin;
    group->direct = true;
    group->end = run;
    if (node->child->in_memory)
        return true;
    while (end < count && chunk_of(node, &entries[end]) == chunk_of(node, &entries[begin]))
        end++;
    group->direct = run >= end;
    if (!group->direct)
        group->end = end;
    else
        while (group->end > end && group->end < count &&
               chunk_of(node, &entries[group->end]) == chunk_of(node, &entries[group->end - 1]))
            group->end--;
    return true;
}

/* What a group reads of the child. */
static struct forge_region region_of_group(const struct node *node, const struct group *group,
                                           const struct entry *entries,
                                           const struct forge_region *region)
{
    struct forge_region inner = *region;
    uint64_t first = entries[group->begin].index, last = entries[group->end - 1].index;
    uint64_t count = group->end - group->begin;

    inner.start[node->axis] = first;
    inner.step[node->axis] = 1;
    inner.count[node->axis] = last - first + 1;
    if (group->direct) {
        inner.count[node->axis] = count;
        if (count > 1)
            inner.step[node->axis] = (last - first) / (count - 1);
    }
    return inner;
}

static void fill_gaps(const struct node *node, const struct forge_region *region,
                      const struct forge_view *view)
{
    struct forge_region one = *region;
    unsigned axis = node->axis;

    one.count[axis] = 1;
    for (uint64_t i = 0; i < region->count[axis]; i++) {
        struct forge_view at = *view;

        if (node->indices[region->start[axis] + i * region->step[axis]] >= 0)
            continue;
        at.bytes += (int64_t)i * view->stride[axis];
        forge_view_fill(&at, node->array.rank, one.count, &node->fill,
                        forge_dtype_size(node->array.dtype));
    }
}

static bool read_direct(const struct node *node, const struct group *group,
                        const struct entry *entries, const struct forge_region *inner,
                        struct forge_reader *reader, const struct forge_view *view,
                        struct forge_error *err)
{
    const struct entry *first = &entries[group->begin];
    struct forge_view to = *view;

    to.bytes += (int64_t)first->position * view->stride[node->axis];
    if (group->end - group->begin > 1)
        to.stride[node->axis] *= (int64_t)(first[1].position - first->position);
    return forge_array_read(node->child, reader, inner, &to, err);
}

static bool read_bounced(const struct node *node, const struct group *group,
                         const struct entry *entries, const struct forge_region *inner,
                         struct forge_reader *reader, struct forge_block *block,
                         const struct forge_view *view, struct forge_error *err)
{
    unsigned rank = node->array.rank, axis = node->axis;
    size_t size = forge_dtype_size(node->array.dtype);
    struct forge_region one = *inner;
    struct forge_view from;
    uint64_t bytes = UINT64_MAX;

    if (forge_region_count(&bytes, rank, inner) && !forge_checked_multiply(&bytes, bytes, size))
        bytes = UINT64_MAX;
    if (!forge_block_reserve(block, bytes, err))
        return false;
    from = forge_view_of(block->bytes, rank, inner->count, size);
    if (!forge_array_read(node->child, reader, inner, &from, err))
        return false;
    one.count[axis] = 1;
    for (uint64_t i = group->begin; i < group->end; i++) {
        struct forge_view source = from, to = *view;

        source.bytes += (int64_t)(entries[i].index - inner->start[axis]) * from.stride[axis];
        to.bytes += (int64_t)entries[i].position * view->stride[axis];
        forge_view_copy(&to, &source, rank, one.count, size);
    }
    return true;
}

static bool node_read(const struct forge_array *array, struct forge_reader *reader,
                      const struct forge_region *region, const struct forge_view *view,
                      struct forge_error *err)
{
    const struct node *node = (const struct node *)array;
    uint64_t count = region->count[node->axis];
    struct forge_block list = {0}, block = {.budget = reader->budget};
    struct entry *entries = NULL;
    struct group group = {0};
    bool done = true;

    if (!forge_block_open(&list, reader->budget, count * sizeof *entries, err))
        return false;
    entries = (struct entry *)(void *)list.bytes;
    count = list_entries(entries, node, region);
    fill_gaps(node, region, view);
    while (done && next_group(&group, node, entries, count)) {
        struct forge_region inner = region_of_group(node, &group, entries, region);

        done = group.direct
                   ? read_direct(node, &group, entries, &inner, reader, view, err)
                   : read_bounced(node, &group, entries, &inner, reader, &block, view, err);
    }
    forge_block_close(&block);
    forge_block_close(&list);
    return done;
}

static void node_touch(const struct forge_array *array, const struct forge_region *region,
                       forge_touch_visit *visit, void *context)
{
    const struct node *node = (const struct node *)array;
    uint64_t count = region->count[node->axis];
    struct forge_arena arena = {0};
    struct entry *entries = forge_arena_array(&arena, count, sizeof *entries);
    struct group group = {0};

    count = list_entries(entries, node, region);
    while (next_group(&group, node, entries, count)) {
        struct forge_region inner = region_of_group(node, &group, entries, region);

        forge_array_touch(node->child, &inner, visit, context);
    }
    forge_arena_clear(&arena);
}

/* The box of the child from the least to the greatest index that the region asks for; false
 * when it asks for none. */
static bool hull_of(struct forge_region *hull, const struct node *node,
                    const struct forge_region *region)
{
    uint64_t least = UINT64_MAX, most = 0;

    for (uint64_t i = 0; i < region->count[node->axis]; i++) {
        int64_t index = node->indices[region->start[node->axis] + i * region->step[node->axis]];

        if (index < 0)
            continue;
        least = forge_minimum(least, (uint64_t)index);
        most = forge_maximum(most, (uint64_t)index);
    }
    if (least > most)
        return false;
    *hull = *region;
    hull->start[node->axis] = least;
    hull->count[node->axis] = most - least + 1;
    hull->step[node->axis] = 1;
    return true;
}

static uint64_t node_scratch(const struct forge_array *array, const struct forge_region *region)
{
    const struct node *node = (const struct node *)array;
    uint64_t list = region->count[node->axis] * sizeof(struct entry);
    uint64_t bounced = 0, bytes = 0;
    struct forge_region hull;

    if (!hull_of(&hull, node, region))
        return list;
    bytes = forge_array_scratch(node->child, &hull);
    hull.count[node->axis] =
        forge_minimum(hull.count[node->axis], node->child->chunk[node->axis]);
    if (!node->child->in_memory &&
        (!forge_region_count(&bounced, array->rank, &hull) ||
         !forge_checked_multiply(&bounced, bounced, forge_dtype_size(array->dtype))))
        return UINT64_MAX;
    if (!forge_checked_add(&bytes, bytes, list) || !forge_checked_add(&bytes, bytes, bounced))
        return UINT64_MAX;
    return bytes;
}

static void node_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    const struct node *node = (const struct node *)array;
    uint64_t count = region->count[node->axis];
    struct forge_arena arena = {0};
    struct entry *entries = forge_arena_array(&arena, count, sizeof *entries);
    struct group run = {.direct = true};

    count = list_entries(entries, node, region);
    forge_identity_number(identity, node->axis);
    forge_identity_number(identity, count);
    if (count < region->count[node->axis])
        forge_identity_value(identity, array->dtype, &node->fill);
    /* Runs, whatever chunks they lie in: where chunks begin depends on what is in front. */
    for (; run.end < count; run.begin = run.end) {
        struct forge_region inner;
        uint64_t move = 0;

        run.end = run_end(entries, run.begin, count);
        if (run.end - run.begin > 1)
            move = entries[run.begin + 1].position - entries[run.begin].position;
        inner = region_of_group(node, &run, entries, region);
        forge_identity_number(identity, entries[run.begin].position);
        forge_identity_number(identity, move);
        forge_array_identify(node->child, &inner, identity);
    }
    forge_arena_clear(&arena);
}

static const struct forge_array_type type = {
    .name = "take",
    .read = node_read,
    .touch = node_touch,
    .scratch = node_scratch,
    .identify = node_identify,
};

const struct forge_array *forge_array_take(struct forge_arena *arena,
                                           const struct forge_array *child, unsigned axis,
                                           const int64_t *indices, uint64_t indices_count,
                                           const union forge_value *fill)
{
    struct node *node = forge_arena_take(arena, sizeof *node);
    int64_t *copy = forge_arena_array(arena, indices_count, sizeof *copy);

    assert(axis < child->rank);
    node->array = *child;
    node->array.type = &type;
    node->array.shape[axis] = indices_count;
    node->child = child;
    node->axis = axis;
    if (fill)
        node->fill = *fill;
    node->indices = copy;
    for (uint64_t i = 0; i < indices_count; i++) {
        assert(indices[i] < 0 ? fill != NULL && indices[i] == -1
                              : (uint64_t)indices[i] < child->shape[axis]);
        copy[i] = indices[i];
    }
    /* the first chunk begins where the first index is in the child's */
    if (indices_count > 0 && indices[0] > 0)
        node->array.phase[axis] =
            ((uint64_t)indices[0] % child->chunk[axis] + child->phase[axis]) %
            child->chunk[axis];
    return &node->array;
}

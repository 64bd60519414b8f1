/* diff_cells.c: the elements of two variables, one cell of them at a time. */
#include "audit/diff_pairing.h"

#include <math.h>
#include <string.h>

#include "array/reader.h"
#include "array/tiles.h"
#include "base/checked.h"

/* What a task found. */
struct found {
    uint64_t compared, unread, differing;
    bool has_largest;
    double largest;
    uint64_t first[FORGE_RANK_MAX];
    union forge_value was, is;
    bool was_missing, is_missing;
};

static bool is_missing(const struct forge_array *array, const struct forge_variable *variable,
                       const void *element)
{
    if (forge_dtype_is_float(array->dtype))
        return isnan(forge_value_as_double(array->dtype, element));
    return array->dtype != FORGE_STRING && variable->has_fill &&
           array->dtype == variable->array->dtype &&
           memcmp(element, variable->fill.bytes, forge_dtype_size(array->dtype)) == 0;
}

/* How far two numbers of one integer type are apart. */
static double apart(enum forge_dtype dtype, const void *a, const void *b)
{
    uint64_t m = 0, n = 0;

    if (dtype != FORGE_INT64 && dtype != FORGE_UINT64)
        return fabs(forge_value_as_double(dtype, a) - forge_value_as_double(dtype, b));
    memcpy(&m, a, sizeof m);
    memcpy(&n, b, sizeof n);
    if (dtype == FORGE_INT64) { /* moved up, so that they compare as unsigned ones */
        m ^= UINT64_C(1) << 63;
        n ^= UINT64_C(1) << 63;
    }
    return (double)(m > n ? m - n : n - m);
}

/* Are two elements, whose bytes are not the same, equal after all? */
static bool equal(const struct forge_diff_pairing *p, const void *a, const void *b,
                  struct found *found, bool missing[2])
{
    enum forge_dtype from = p->from->dtype, to = p->to->dtype;
    const char *x, *y;
    double distance;

    missing[0] = is_missing(p->from, p->a, a);
    missing[1] = is_missing(p->to, p->b, b);
    if (missing[0] || missing[1])
        return missing[0] && missing[1];
    if (from == FORGE_STRING) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        return strcmp(x, y) == 0;
    }
    distance = from == to && forge_dtype_is_integer(from)
                   ? apart(from, a, b)
                   : fabs(forge_value_as_double(from, a) - forge_value_as_double(to, b));
    if (forge_value_as_double(from, a) == forge_value_as_double(to, b) && !(distance > 0))
        return true; /* also infinities */
    if (!found->has_largest || distance > found->largest)
        found->largest = distance;
    found->has_largest = true;
    return false;
}

static void note_first(struct found *found, const struct forge_diff_pairing *p, const void *a,
                       const void *b, const bool missing[2])
{
    memcpy(found->was.bytes, a, forge_dtype_size(p->from->dtype));
    memcpy(found->is.bytes, b, forge_dtype_size(p->to->dtype));
    found->was_missing = missing[0];
    found->is_missing = missing[1];
}

/* <0 when a comes first in C order. */
static int in_order(unsigned rank, const uint64_t *a, const uint64_t *b)
{
    for (unsigned i = 0; i < rank; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

/* Strings of a result outlive the reader that they were read with. */
static union forge_value keep_value(const struct forge_diff_pairing *p,
                                    const struct forge_array *array, union forge_value value)
{
    if (array->dtype == FORGE_STRING)
        value.string = forge_arena_text(&p->d->out->arena, value.string);
    return value;
}

static void compare_tile(struct found *found, const struct forge_diff_pairing *p,
                         const struct forge_region *region, const unsigned char *a,
                         const unsigned char *b)
{
    size_t size_a = forge_dtype_size(p->from->dtype), size_b = forge_dtype_size(p->to->dtype);
    bool same = p->same_elements;
    uint64_t count = 0, index[FORGE_RANK_MAX];

    if (!forge_region_count(&count, p->rank, region))
        return;
    found->compared += count;
    if (same && memcmp(a, b, (size_t)count * size_a) == 0)
        return;
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *x = a + i * size_a, *y = b + i * size_b;
        bool missing[2] = {false, false};

        if ((same && memcmp(x, y, size_a) == 0) || equal(p, x, y, found, missing))
            continue;
        forge_grid_index(index, p->rank, region->count, i);
        for (unsigned d = 0; d < p->rank; d++)
            index[d] += region->start[d];
        if (found->differing++ == 0 || in_order(p->rank, index, found->first) < 0) {
            memcpy(found->first, index, sizeof index);
            note_first(found, p, x, y, missing);
        }
    }
}

/* Add what was found to the result. Called while the reader holds its strings. */
static void merge(struct forge_diff_pairing *p, const struct found *found)
{
    struct forge_values_diff *result = p->result;

    pthread_mutex_lock(&p->lock);
    if (found->differing > 0 &&
        (result->differing == 0 || in_order(p->rank, found->first, p->first) < 0)) {
        memcpy(p->first, found->first, sizeof p->first);
        p->was = keep_value(p, p->from, found->was);
        p->is = keep_value(p, p->to, found->is);
        p->was_missing = found->was_missing;
        p->is_missing = found->is_missing;
    }
    result->compared += found->compared;
    result->unread += found->unread;
    result->differing += found->differing;
    if (found->has_largest && (!result->has_largest || found->largest > result->largest))
        result->largest = found->largest;
    result->has_largest = result->has_largest || found->has_largest;
    pthread_mutex_unlock(&p->lock);
}

struct forge_region forge_diff_cell(const struct forge_diff_pairing *p, uint64_t number)
{
    struct forge_region region = {{0}, {0}, {0}};
    uint64_t index[FORGE_RANK_MAX];

    forge_grid_index(index, p->rank, p->cells_count, number);
    for (unsigned d = 0; d < p->rank; d++) {
        region.start[d] = p->cells[d][index[d]];
        region.count[d] = p->cells[d][index[d] + 1] - region.start[d];
        region.step[d] = 1;
    }
    return region;
}

static const struct forge_object_record *record_at(const struct forge_objects_table *table,
                                                   const struct forge_source *source,
                                                   const uint64_t *index)
{
    const struct forge_object_record *record;
    struct forge_text key = {0};

    forge_source_object_key(&key, source, index);
    record = forge_objects_table_find(table, forge_text_string(&key));
    forge_text_clear(&key);
    return record;
}

/* Is the cell, on both sides, the same part of objects with the same bytes? */
static bool is_known_same(const struct forge_diff_pairing *p, const struct forge_region *region)
{
    const uint64_t *box = forge_objects_box(p->source_a);
    uint64_t at_a[FORGE_RANK_MAX] = {0}, at_b[FORGE_RANK_MAX] = {0};
    const struct forge_object_record *a, *b;

    if (!p->same_bytes)
        return false;
    for (unsigned d = 0; d < p->rank; d++) {
        uint64_t last = region->start[d] + region->count[d] - 1;
        uint64_t a0 = forge_diff_at_a(p->axes[d], region->start[d]);
        uint64_t b0 = forge_diff_at_b(p->axes[d], region->start[d]);

        if (forge_diff_at_a(p->axes[d], last) - a0 != region->count[d] - 1 ||
            forge_diff_at_b(p->axes[d], last) - b0 != region->count[d] - 1 ||
            a0 % box[d] != b0 % box[d])
            return false;
        at_a[d] = a0 / box[d];
        at_b[d] = b0 / box[d];
    }
    a = record_at(&p->d->a.objects, p->source_a, at_a);
    b = record_at(&p->d->b.objects, p->source_b, at_b);
    if (!a || !b || a->absent || b->absent)
        return a && b && a->absent && b->absent;
    return a->length == b->length && memcmp(&a->digest, &b->digest, sizeof a->digest) == 0;
}

static bool compare_cell(struct found *found, struct forge_diff_pairing *p,
                         const struct forge_region *region, struct forge_reader readers[2],
                         struct forge_block blocks[2], struct forge_error *err)
{
    const struct forge_array *sides[2] = {p->from, p->to};
    struct forge_tiles tiles;

    forge_tiles_open(&tiles, p->from, region, forge_dtype_size(p->from->dtype), p->tile_bytes);
    while (forge_tiles_next(&tiles)) {
        uint64_t count = 0, size;

        if (!forge_region_count(&count, p->rank, &tiles.tile))
            return forge_fail(err, FORGE_FAILED, "too many values at once");
        for (int s = 0; s < 2; s++) {
            size_t element = forge_dtype_size(sides[s]->dtype);
            struct forge_view view;

            if (!forge_checked_multiply(&size, count, element))
                return forge_fail(err, FORGE_FAILED, "too many values at once");
            if (!forge_block_reserve(&blocks[s], size, err))
                return false;
            view = forge_view_of(blocks[s].bytes, p->rank, tiles.tile.count, element);
            if (!forge_array_read(sides[s], &readers[s], &tiles.tile, &view, err))
                return false;
        }
        compare_tile(found, p, &tiles.tile, blocks[0].bytes, blocks[1].bytes);
    }
    return true;
}

bool forge_diff_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                        struct forge_error *err)
{
    struct forge_diff_pairing *p = context;
    const atomic_bool *cancelled = p->d->request->cancelled;
    struct forge_reader readers[2] = {{.budget = &p->budget, .cancelled = cancelled},
                                      {.budget = &p->budget, .cancelled = cancelled}};
    struct forge_block blocks[2] = {{.budget = &p->budget}, {.budget = &p->budget}};
    bool good = true;

    for (uint64_t i = unit->first; i < unit->first + unit->count && good; i++) {
        struct forge_region region = forge_diff_cell(p, i);
        struct found found = {0};
        uint64_t count = 0;

        *failed = i;
        if (cancelled && atomic_load(cancelled))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else if (is_known_same(p, &region) && forge_region_count(&count, p->rank, &region))
            found.compared = found.unread = count;
        else
            good = compare_cell(&found, p, &region, readers, blocks, err);
        if (good)
            merge(p, &found);
        for (int s = 0; s < 2; s++)
            forge_arena_clear(&readers[s].strings);
    }
    for (int s = 0; s < 2; s++) {
        forge_block_close(&blocks[s]);
        forge_reader_close(&readers[s]);
    }
    return good;
}

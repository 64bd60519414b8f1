#include "run/write.h"

#include "base/checked.h"
#include "run/origin.h"

#include <string.h>

static void count_reads(struct forge_write *write, const struct forge_read_counts *counts)
{
    atomic_fetch_add(&write->chunks, counts->chunks);
    atomic_fetch_add(&write->stored, counts->stored_bytes);
    atomic_fetch_add(&write->decoded, counts->decoded_bytes);
    atomic_fetch_add(&write->library_chunks, counts->library_chunks);
    atomic_fetch_add(&write->library_bytes, counts->library_bytes);
}

/* Encode the object whose first element is at `origin` of the region, and put it. */
static bool put_object(struct forge_write *write, const struct forge_plan_array *array,
                       const struct forge_region *region, const struct forge_view *view,
                       const uint64_t *origin, struct forge_encoder *encoder,
                       struct forge_error *err)
{
    const struct forge_target_type *type = write->plan->recipe->target.type;
    const struct forge_array *from = array->target.variable->array;
    struct forge_view at = forge_view_shift(view, from->rank, origin);
    uint64_t index[FORGE_RANK_MAX], count[FORGE_RANK_MAX], length = 0;
    const unsigned char *bytes = NULL;
    struct forge_text key = {0};
    bool absent = false, good;

    for (unsigned d = 0; d < from->rank; d++) {
        uint64_t start = region->start[d] + origin[d], left = from->shape[d] - start;

        index[d] = start / array->object[d];
        count[d] = left < array->object[d] ? left : array->object[d];
    }
    if (!type->encode(&array->target, &at, count, encoder, &bytes, &length, &absent, err))
        return false;
    if (absent) {
        atomic_fetch_add(&write->left_out, 1);
        return true;
    }
    type->key(&key, &array->target, index);
    good = forge_store_put(write->store, forge_text_string(&key), bytes, length, err);
    forge_text_clear(&key);
    atomic_fetch_add(&write->objects, good);
    atomic_fetch_add(&write->bytes, good ? length : 0);
    return good;
}

static bool put_objects(struct forge_write *write, const struct forge_plan_array *array,
                        const struct forge_region *region, const struct forge_view *view,
                        struct forge_encoder *encoder, struct forge_error *err)
{
    const struct forge_array *from = array->target.variable->array;
    uint64_t counts[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0};
    uint64_t origin[FORGE_RANK_MAX] = {0}, total;

    if (!forge_grid_shape(counts, &total, from->rank, region->count, array->object))
        return forge_fail(err, FORGE_FAILED, "too many objects in one task");
    if (total == 0)
        return true;
    do {
        for (unsigned d = 0; d < from->rank; d++)
            origin[d] = index[d] * array->object[d];
        if (!put_object(write, array, region, view, origin, encoder, err))
            return false;
    } while (forge_grid_next(index, from->rank, counts));
    return true;
}

/* Does the text name the variable, in quotes or as its first word? */
static bool is_named(const char *text, const char *name)
{
    size_t length = strlen(name);
    struct forge_text quoted = {0};
    bool named;

    forge_text_print(&quoted, "\"%s\"", name);
    named = strstr(text, forge_text_string(&quoted)) ||
            (strncmp(text, name, length) == 0 && strchr(": ", text[length]));
    forge_text_clear(&quoted);
    return named;
}

/* What one thread works with; kept from task to task of one variable. */
struct bench {
    struct forge_reader reader;
    struct forge_encoder encoder;
    struct forge_block block;
    const struct forge_plan_array *array;
};

static bool write_task(struct forge_write *write, struct bench *bench,
                       const struct forge_region *region, struct forge_error *err)
{
    const struct forge_plan_array *array = bench->array;
    const struct forge_variable *variable = array->target.variable;
    const struct forge_array *from = variable->array;
    size_t size = forge_dtype_size(from->dtype);
    struct forge_view view;
    uint64_t count = 0, bytes;

    if (!forge_region_count(&count, from->rank, region) ||
        !forge_checked_multiply(&bytes, count, size))
        return forge_fail(err, FORGE_FAILED, "variable \"%s\": too many values in one task",
                          variable->name);
    if (!forge_block_reserve(&bench->block, bytes, err))
        return forge_fail_while(err, "variable \"%s\"", variable->name);
    view = forge_view_of(bench->block.bytes, from->rank, region->count, size);
    if (forge_array_read(from, &bench->reader, region, &view, err) &&
        put_objects(write, array, region, &view, &bench->encoder, err))
        return true;
    if (!is_named(err->text, variable->name))
        forge_fail_while(err, "variable \"%s\"", variable->name);
    return forge_origin_blame(write->plan, variable, region, err);
}

static void bench_open(struct bench *bench, struct forge_write *write)
{
    struct forge_budget *budget = write->budget;

    *bench = (struct bench){
        .reader = {.budget = budget, .cancelled = write->cancelled, .library = write->library},
        .block = {.budget = budget},
    };
    bench->encoder.padded.budget = budget;
    bench->encoder.a.budget = budget;
    bench->encoder.b.budget = budget;
    bench->encoder.shard.budget = budget;
}

static void bench_close(struct bench *bench, struct forge_write *write)
{
    count_reads(write, &bench->reader.counts);
    forge_block_close(&bench->block);
    forge_encoder_close(&bench->encoder);
    forge_reader_close(&bench->reader);
}

bool forge_write_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                         struct forge_error *err)
{
    struct forge_write *write = context;
    struct bench bench;
    bool good = true;

    bench_open(&bench, write);
    for (uint64_t t = unit->first; t < unit->first + unit->count && good; t++) {
        struct forge_region region;
        const struct forge_plan_array *array = forge_plan_task(write->plan, t, &region);

        *failed = t;
        /* The plan proved each task, not the largest parts of several together. */
        if (bench.array && bench.array != array) {
            bench_close(&bench, write);
            bench_open(&bench, write);
        }
        bench.array = array;
        if (write->cancelled && atomic_load(write->cancelled))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else
            good = write_task(write, &bench, &region, err);
        forge_arena_clear(&bench.reader.strings);
    }
    bench_close(&bench, write);
    return good;
}

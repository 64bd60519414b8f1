#include "run/write.h"

#include "base/checked.h"
#include "base/mutant.h"
#include "formats/source.h"
#include "run/origin.h"
#include "run/watch.h"

#include <string.h>

static void count_reads(struct forge_write *write, const struct forge_read_counts *counts)
{
    atomic_fetch_add(&write->chunks, counts->chunks);
    atomic_fetch_add(&write->stored, counts->stored_bytes);
    atomic_fetch_add(&write->decoded, counts->decoded_bytes);
    atomic_fetch_add(&write->library_chunks, counts->library_chunks);
    atomic_fetch_add(&write->library_bytes, counts->library_bytes);
}

/* What one thread works with; kept from task to task of one variable. */
struct bench {
    struct forge_reader reader;
    struct forge_encoder encoder;
    struct forge_block block;
    const struct forge_plan_array *array;
    struct forge_text payload; /* the records of one task */
    struct forge_watch *watch;
};

static void record_object(struct bench *bench, const struct forge_work_object *object,
                          const char *path)
{
    const struct forge_object_record record = {
        .key = object->key,
        .absent = object->absent,
        .digest = object->digest,
        .length = object->length,
        .path = path,
    };

    forge_object_record_write(&bench->payload, &record);
}

/* Encode the object at `index` of the grid from the view of the region, and put it. */
static bool put_object(struct forge_write *write, struct bench *bench,
                       const struct forge_region *region, const struct forge_view *view,
                       const uint64_t *index, struct forge_error *err)
{
    const struct forge_target_type *type = write->plan->recipe->target.type;
    const struct forge_plan_array *array = bench->array;
    struct forge_work_object *object = forge_work_at(write->work, array, index);
    const struct forge_region held = forge_object_region(array, index);
    unsigned rank = array->target.variable->array->rank;
    uint64_t origin[FORGE_RANK_MAX], length = 0;
    const unsigned char *bytes = NULL;
    struct forge_text path = {0};
    struct forge_view at;
    bool absent = false, good = true;

    if (object->state != FORGE_WORK_WANTED)
        return true;
    for (unsigned d = 0; d < rank; d++)
        origin[d] = held.start[d] - region->start[d];
    at = forge_view_shift(view, rank, origin);
    if (!type->encode(&array->target, &at, held.count, &bench->encoder, &bytes, &length,
                      &absent, err))
        return false;
    type->key(&path, &array->target, index);
    object->absent = absent;
    object->length = absent ? 0 : length;
    if (!absent) {
        forge_digest_of(&object->digest, bytes, length);
        good = forge_store_put(write->store, forge_text_string(&path), bytes, length, err);
    }
    if (good)
        record_object(bench, object, forge_text_string(&path));
    forge_text_clear(&path);
    return good;
}

static void settle(struct forge_write *write, struct forge_work_object *object)
{
    if (object->state != FORGE_WORK_WANTED)
        return;
    object->state = FORGE_WORK_WRITTEN;
    atomic_fetch_add(&write->left_out, object->absent);
    atomic_fetch_add(&write->objects, !object->absent);
    atomic_fetch_add(&write->bytes, object->length);
}

static void object_index(uint64_t *index, const struct forge_plan_array *array,
                         const struct forge_region *region, const uint64_t *within)
{
    for (unsigned d = 0; d < array->target.variable->array->rank; d++)
        index[d] = region->start[d] / array->object[d] + within[d];
}

/* Every object of the region that is wanted; one record of the journal when all are there. */
static bool put_objects(struct forge_write *write, struct bench *bench,
                        const struct forge_region *region, const struct forge_view *view,
                        struct forge_error *err)
{
    const struct forge_plan_array *array = bench->array;
    unsigned rank = array->target.variable->array->rank;
    uint64_t counts[FORGE_RANK_MAX], within[FORGE_RANK_MAX] = {0}, index[FORGE_RANK_MAX];
    uint64_t total;

    if (!forge_grid_shape(counts, &total, rank, region->count, array->object))
        return forge_fail(err, FORGE_FAILED, "too many objects in one task");
    bench->payload.length = 0;
    do {
        object_index(index, array, region, within);
        if (forge_watch_is_stopped(bench->watch))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        if (!put_object(write, bench, region, view, index, err))
            return false;
    } while (forge_grid_next(within, rank, counts));
    if (!FORGE_MUTANT("no-journal") &&
        !forge_journal_append(write->journal, bench->payload.bytes, bench->payload.length, NULL,
                              err))
        return false;
    memset(within, 0, sizeof within);
    do {
        object_index(index, array, region, within);
        settle(write, forge_work_at(write->work, array, index));
    } while (forge_grid_next(within, rank, counts));
    atomic_fetch_add(&write->tasks, 1);
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
    /* What is journaled was made of the bytes that its key tells of, whatever comes later. */
    if (forge_array_read(from, &bench->reader, region, &view, err) &&
        forge_source_files_stand(&bench->reader, err)) {
        forge_watch_reading(bench->watch, NULL);
        if (put_objects(write, bench, region, &view, err))
            return true;
    }
    if (!is_named(err->text, variable->name))
        forge_fail_while(err, "variable \"%s\"", variable->name);
    return forge_origin_blame(write->plan, variable, region, err);
}

static void bench_open(struct bench *bench, struct forge_write *write,
                       struct forge_watch *watch)
{
    struct forge_budget *budget = write->budget;

    *bench = (struct bench){
        .reader = {.budget = budget,
                   .cancelled = write->cancelled,
                   .stopped = forge_watch_stop(watch),
                   .reading = watch ? &watch->reading : NULL,
                   .library = write->library},
        .watch = watch,
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
    forge_text_clear(&bench->payload);
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

    bench_open(&bench, write, unit->watch);
    for (uint64_t t = unit->first; t < unit->first + unit->count && good; t++) {
        struct forge_region task, region;
        const struct forge_plan_array *array =
            forge_plan_task(write->plan, write->work->tasks[t], &task);

        *failed = t;
        forge_watch_begin(unit->watch, write->work->tasks[t]);
        /* The plan proved each task, not the largest parts of several together. */
        if (bench.array && bench.array != array) {
            bench_close(&bench, write);
            bench_open(&bench, write, unit->watch);
        }
        bench.array = array;
        if (write->cancelled && atomic_load(write->cancelled))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else if (forge_work_region(&region, write->work, array, &task)) /* not in a retry */
            good = write_task(write, &bench, &region, err);
        forge_arena_clear(&bench.reader.strings);
    }
    bench_close(&bench, write);
    return good;
}

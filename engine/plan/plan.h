/* plan.h: from a recipe to tasks whose bytes, memory and number are known.
 *
 *     resolve   recipe -> grids of files                     nothing is opened
 *     scanned   file -> virtual dataset, `each` applied      once per file, any thread
 *     combine   virtual datasets -> one dataset              on manifests
 *     lay out   dataset -> chunks, shards, tasks             memory is proved here
 *
 * A write task owns a group of whole objects (chunks or shards) of one variable
 * and is computed from its number, never stored. Between two steps nothing is
 * shared but the plan, which is const while tasks run.
 */
#ifndef FORGE_PLAN_PLAN_H
#define FORGE_PLAN_PLAN_H

#include "plan/combine.h"

#define FORGE_OBJECTS_MAX 100000000U

/* One variable as it is written. */
struct forge_plan_array {
    struct forge_target_array target;
    uint64_t object[FORGE_RANK_MAX]; /* shape of one stored object: the shard, else the chunk */
    uint64_t group[FORGE_RANK_MAX];  /* elements of one task: multiples of object */
    uint64_t groups[FORGE_RANK_MAX]; /* tasks along each dimension */
    uint64_t first_object, objects_count, chunks_count;
    uint64_t first_task, tasks_count;
    uint64_t task_bytes;               /* peak memory of one task */
    uint64_t least_bytes;              /* what a task of a single object would take */
    uint64_t chunk_bytes, total_bytes; /* decoded */
    const char *reason;                /* why the tasks are cut so */
};

/* What will be read, summed over all tasks. */
struct forge_plan_reads {
    uint64_t chunks, stored_bytes, decoded_bytes, library_bytes;
    bool estimated; /* extrapolated from a part of the tasks */
};

struct forge_plan_limits {
    uint64_t memory_bytes; /* of all workers together */
    unsigned workers;
};

struct forge_plan {
    struct forge_arena arena;  /* owned */
    struct forge_store *files; /* owned: the local file system that inputs are read from */
    const struct forge_recipe *recipe;
    struct forge_grid *grids; /* one per input */
    size_t grids_count;
    struct forge_arena *cell_arenas;      /* per file, numbered through all grids */
    struct forge_dataset **cell_datasets; /* NULL: not there */
    uint64_t *first_cell;                 /* per grid */
    uint64_t cells_count;
    struct forge_dataset dataset;
    struct forge_plan_array *arrays;
    size_t arrays_count;
    uint64_t tasks_count, objects_count;
    struct forge_plan_reads reads;
    struct forge_plan_limits limits;
    unsigned workers;    /* that run at once: all, or as many as fit the memory */
    uint64_t task_bytes; /* of the largest task */
    struct forge_notes notes;
};

/* `plan` is zeroed; close it in any case. */
FORGE_MUST_CHECK bool forge_plan_resolve(struct forge_plan *plan,
                                         const struct forge_recipe *recipe,
                                         const struct forge_inputs_request *request,
                                         struct forge_error *err);

/* The cell of a number through all grids. */
struct forge_cell *forge_plan_cell(const struct forge_plan *plan, uint64_t number,
                                   const struct forge_grid **grid, uint64_t *cell);

/* A file was scanned into `dataset` (in forge_plan_cell_arena): apply `each` and keep it.
 * Called from any thread, once per cell. */
FORGE_MUST_CHECK bool forge_plan_scanned(struct forge_plan *plan, uint64_t number,
                                         struct forge_dataset *dataset,
                                         struct forge_reader *reader, struct forge_error *err);
struct forge_arena *forge_plan_cell_arena(struct forge_plan *plan, uint64_t number);

/* Combine, transform, encode. */
FORGE_MUST_CHECK bool forge_plan_combine(struct forge_plan *plan, struct forge_reader *reader,
                                         struct forge_error *err);

/* Choose chunks and tasks so that the workers fit the memory; refuse what cannot fit, naming
 * the variable and the smallest budget that would do. */
FORGE_MUST_CHECK bool forge_plan_lay_out(struct forge_plan *plan,
                                         const struct forge_plan_limits *limits,
                                         struct forge_error *err);

/* The array and region of a task. */
const struct forge_plan_array *forge_plan_task(const struct forge_plan *plan, uint64_t task,
                                               struct forge_region *region);

void forge_plan_close(struct forge_plan *plan);

/* What the plan is, for people; and as one JSON object, with `changes` (JSON, may be NULL) in
 * it. Reads nothing. */
void forge_plan_explain(struct forge_text *out, const struct forge_plan *plan);
void forge_plan_json(struct forge_text *out, const struct forge_plan *plan,
                     const char *changes);

#endif

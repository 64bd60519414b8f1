#include "run/bake.h"

#include "catalog/bakery.h"
#include "run/checks.h"
#include "run/libraries.h"
#include "run/runs.h"
#include "run/scanner.h"
#include "run/stamp.h"
#include "run/write.h"

#include <string.h>
#include <time.h>

struct baking {
    const struct forge_bake_request *request;
    struct forge_write write;
};

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    struct baking *baking = context;

    return forge_write_perform(&baking->write, unit, failed, err);
}

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    struct baking *baking = context;
    struct forge_progress now = {"write", done, total, atomic_load(&baking->write.decoded)};

    (void)stage;
    if (baking->request->progress)
        baking->request->progress(baking->request->progress_context, &now);
}

/* Run the write stage into `store`. */
static bool write_all(struct baking *baking, const struct forge_plan *plan,
                      struct forge_error *err)
{
    const struct forge_stage stage = {
        .name = "write", .count = plan->tasks_count, .rule = FORGE_AFTER_NONE, .attempts = 3};
    const struct forge_driver driver = {
        .executor = baking->request->executor,
        .workers = plan->workers,
        .perform = perform,
        .context = baking,
        .cancelled = baking->request->cancelled,
        .progress = progress,
        .fail_fast = true,
    };

    return forge_driver_run(&driver, &stage, 1, err);
}

static bool write_metadata(struct forge_store *store, struct forge_plan *plan,
                           struct forge_error *err)
{
    struct forge_target_array *arrays =
        forge_arena_array(&plan->arena, plan->arrays_count, sizeof *arrays);

    for (size_t i = 0; i < plan->arrays_count; i++)
        arrays[i] = plan->arrays[i].target;
    return plan->recipe->target.type->metadata(store, &plan->dataset, arrays,
                                               plan->arrays_count, err);
}

static void summarize(struct forge_run_summary *summary, const struct forge_write *write,
                      const struct forge_plan *plan)
{
    *summary = (struct forge_run_summary){
        .objects = write->objects,
        .objects_left_out = write->left_out,
        .bytes_written = write->bytes,
        .reads = {.chunks = write->chunks,
                  .stored_bytes = write->stored,
                  .decoded_bytes = write->decoded,
                  .library_chunks = write->library_chunks,
                  .library_bytes = write->library_bytes},
        .memory_peak = write->budget->peak,
    };
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            const struct forge_cell *cell = &plan->grids[g].cells[c];

            summary->inputs += cell->state == FORGE_CELL_WANTED;
            summary->absent_inputs += cell->state == FORGE_CELL_ABSENT;
            if (cell->state == FORGE_CELL_WANTED)
                summary->input_bytes += cell->file.status.size;
        }
    }
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Write, check and describe one version inside its hidden folder. */
static bool fill_version(struct baking *baking, struct forge_plan *plan,
                         const struct forge_version *version,
                         const struct forge_digest *digests, struct forge_run_report *report,
                         struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_run_record record = {
        .version = version->id,
        .executor = request->executor->name,
        .run = request->run ? forge_run_id(request->run) : NULL,
        .attempt = request->run ? forge_run_attempt(request->run) : 0,
        .workers = plan->workers,
        .memory_bytes = request->memory_bytes,
        .now_us = request->now_us,
        .started_us = request->now_us,
        .libraries = forge_libraries(&plan->arena),
    };
    struct forge_library library = forge_scanner_library(request->scanners);
    struct forge_store *store = NULL;
    bool good = forge_store_open_file(
        &store, forge_arena_print(&plan->arena, "%s/%s", version->staging, version->store),
        err);

    baking->write = (struct forge_write){
        .plan = plan,
        .store = store,
        .budget = &budget,
        .library = &library,
        .cancelled = request->cancelled,
    };
    forge_stamp(plan, digests);
    good = good && write_all(baking, plan, err) && forge_inputs_unchanged(plan, err) &&
           forge_stamp_times(plan, request, err) && write_metadata(store, plan, err) &&
           forge_checks_hold(plan, store, &budget, request, err);
    summarize(&report->summary, &baking->write, plan);
    record.summary = report->summary;
    record.finished_us = now_us();
    good = good && forge_provenance_write(version->staging, plan, digests, &record, err);
    forge_store_close(store);
    return good;
}

static bool is_cancelled(const struct forge_bake_request *request, struct forge_error *err)
{
    return request->cancelled && atomic_load(request->cancelled) &&
           !forge_fail(err, FORGE_CANCELLED, "interrupted");
}

/* All of it, under the dataset's lock. */
static bool bake_version(struct baking *baking, struct forge_plan *plan,
                         struct forge_version *version, struct forge_run_report *report,
                         struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    struct forge_digest *digests = NULL;
    struct forge_digest inputs;
    char seed[2 * FORGE_DIGEST_BYTES + 1];
    const char *path = NULL;

    if (!forge_prepare(plan, request, &digests, err))
        return false;
    forge_provenance_digest(&inputs, plan, digests);
    forge_digest_format(&inputs, seed);
    if (!forge_version_begin(version, request->now_us, seed, err) ||
        !fill_version(baking, plan, version, digests, report, err) ||
        is_cancelled(request, err) ||
        !forge_version_publish(version, request->now_us, NULL, err) ||
        !forge_bakery_current(&path, version->bakery, version->name, err))
        return false;
    report->version = forge_arena_text(&plan->arena, version->id);
    report->path = forge_arena_text(&plan->arena, path);
    return true;
}

bool forge_bake(struct forge_plan *plan, struct forge_run_report *report,
                const struct forge_bake_request *given, struct forge_error *err)
{
    struct forge_bake_request request = *given;
    struct baking baking = {.request = &request};
    struct forge_version version = {.lock = -1};
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    bool good;

    *plan = (struct forge_plan){0};
    *report = (struct forge_run_report){0};
    request.hash_inputs = true;
    good = forge_bakery_open(&bakery, &arena, request.bakery, err) &&
           forge_version_lock(&version, &bakery, request.recipe->name, err) &&
           bake_version(&baking, plan, &version, report, err);
    if (!good && err->code == FORGE_CANCELLED)
        forge_fail(err, FORGE_CANCELLED, "interrupted"); /* and not where */
    forge_version_abandon(&version, false);
    forge_arena_clear(&arena);
    return good;
}

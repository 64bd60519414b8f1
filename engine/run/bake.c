#include "run/bake.h"

#include "array/reader.h"
#include "catalog/bakery.h"
#include "catalog/folders.h"
#include "catalog/objects.h"
#include "run/append.h"
#include "run/checks.h"
#include "run/drift.h"
#include "run/failures.h"
#include "run/known.h"
#include "run/libraries.h"
#include "run/only.h"
#include "run/reuse.h"
#include "run/runs.h"
#include "run/scanner.h"
#include "run/stamp.h"
#include "run/unchanged.h"
#include "run/write.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct baking {
    const struct forge_bake_request *request, *given;
    struct forge_plan *plan;
    struct forge_run_report *report;
    int64_t started_us;
    struct forge_version version;
    struct forge_budget budget;
    struct forge_library library;
    struct forge_work work;
    struct forge_reuse reuse;
    struct forge_journal *journal;
    struct forge_write write;
    struct forge_failures failures;
    struct forge_held held;
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

static void task_retried(void *context, const struct forge_outcome *outcome, uint64_t wait_ms)
{
    struct baking *baking = context;

    (void)wait_ms;
    forge_failures_retried(&baking->failures, "write", baking->work.tasks[outcome->failed],
                           NULL, &outcome->error);
}

static void task_failed(void *context, const struct forge_outcome *outcome)
{
    struct baking *baking = context;

    forge_failures_add(&baking->failures, "write", baking->work.tasks[outcome->failed], NULL,
                       &outcome->error);
}

/* Run the write stage: the tasks that have something to write. */
static bool write_all(struct baking *baking, struct forge_error *err)
{
    const struct forge_stage stage = {.name = "write",
                                      .count = baking->work.tasks_count,
                                      .rule = FORGE_AFTER_NONE,
                                      .attempts = 3,
                                      .deadline_ms = baking->request->deadline_ms};
    const struct forge_driver driver = {
        .executor = baking->request->executor,
        .workers = baking->plan->workers,
        .perform = perform,
        .context = baking,
        .cancelled = baking->request->cancelled,
        .progress = progress,
        .failed = task_failed,
        .retried = task_retried,
        .fail_fast = baking->request->fail_fast,
        .grace_ms = baking->request->grace_ms,
        .hung = baking->request->hung,
        .hung_context = baking->request->hung_context,
    };

    return stage.count == 0 || forge_driver_run(&driver, &stage, 1, err);
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

static void summarize(struct forge_run_summary *summary, const struct baking *baking)
{
    const struct forge_write *write = &baking->write;
    const struct forge_plan *plan = baking->plan;

    *summary = (struct forge_run_summary){
        .objects = write->objects,
        .objects_left_out = write->left_out,
        .bytes_written = write->bytes,
        .objects_shared = baking->reuse.shared,
        .bytes_copied = baking->reuse.copied_bytes,
        .check_chunks = baking->held.chunks,
        .check_tasks_skipped = baking->held.tasks_skipped,
        .reads = {.chunks = write->chunks,
                  .stored_bytes = write->stored,
                  .decoded_bytes = write->decoded,
                  .library_chunks = write->library_chunks,
                  .library_bytes = write->library_bytes},
        .memory_peak = baking->budget.peak,
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

/* The journal must not be part of what is published. */
static bool end_journal(struct baking *baking, struct forge_error *err)
{
    const char *path = forge_arena_print(&baking->plan->arena, "%s/" FORGE_OBJECTS_JOURNAL,
                                         baking->version.staging);
    struct forge_journal *journal = baking->journal;

    baking->journal = NULL;
    return forge_journal_close(journal, err) && forge_folder_remove(path, err);
}

/* provenance/objects, and the manifest of everything. */
static bool list_objects(struct baking *baking, struct forge_error *err)
{
    const char *folder = baking->version.staging;
    struct forge_objects_writer writer = {0};
    struct forge_text path = {0};
    bool good = forge_objects_begin(&writer, folder, baking->plan->objects_count, err);

    for (uint64_t i = 0; i < baking->plan->objects_count && good; i++) {
        const struct forge_work_object *object = &baking->work.objects[i];
        struct forge_object_record record = {.key = object->key,
                                             .absent = object->absent,
                                             .digest = object->digest,
                                             .length = object->length};

        path.length = 0;
        forge_work_path(&path, &baking->work, object);
        record.path = forge_text_string(&path);
        good = forge_objects_add(&writer, &record, err);
    }
    good = good && forge_objects_end(&writer, err);
    forge_objects_abandon(&writer);
    forge_text_clear(&path);
    return good && end_journal(baking, err) &&
           forge_manifest_write(folder, baking->version.store, err);
}

/* Share what is there and write the rest. */
static bool fill_store(struct baking *baking, struct forge_store *store,
                       struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;

    baking->write = (struct forge_write){
        .plan = baking->plan,
        .work = &baking->work,
        .journal = baking->journal,
        .store = store,
        .budget = &baking->budget,
        .library = &baking->library,
        .cancelled = request->cancelled,
    };
    return forge_reuse_share(&baking->reuse, &baking->version, request, err) &&
           forge_work_list_tasks(&baking->work, err) && write_all(baking, err);
}

/* Write, check and describe one version inside its hidden folder. */
static bool fill_version(struct baking *baking, const struct forge_digest *digests,
                         struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    const struct forge_version *version = &baking->version;
    struct forge_plan *plan = baking->plan;
    const char *current = forge_current_folder(version->bakery, version->name);
    struct forge_run_record record = {
        .version = version->id,
        .recipe = request->recipe_path,
        .executor = request->executor->name,
        .run = request->run ? forge_run_id(request->run) : NULL,
        .attempt = request->run ? forge_run_attempt(request->run) : 0,
        .workers = plan->workers,
        .memory_bytes = request->memory_bytes,
        .now_us = request->now_us,
        .started_us = baking->started_us,
        .libraries = forge_libraries(&plan->arena),
        .drift = current ? forge_drift_json(&plan->arena, plan, digests, current) : NULL,
    };
    struct forge_store *store = NULL;
    bool good = forge_store_open_file(
        &store, forge_arena_print(&plan->arena, "%s/%s", version->staging, version->store),
        err);

    forge_held_open(&baking->held, &baking->work, &baking->reuse);
    good = good && fill_store(baking, store, err) && forge_inputs_unchanged(plan, err) &&
           forge_stamp_times(plan, request, err) && write_metadata(store, plan, err) &&
           forge_checks_hold(plan, store, &baking->held, &baking->budget, request, err);
    summarize(&baking->report->summary, baking);
    record.summary = baking->report->summary;
    record.finished_us = now_us();
    good = good && forge_provenance_write(version->staging, plan, digests, &record, err) &&
           forge_unchanged_write(version->staging, plan, digests, err) &&
           forge_held_write(&baking->held, version->staging, err) && list_objects(baking, err);
    forge_store_close(store);
    return good;
}

static bool is_cancelled(const struct forge_bake_request *request, struct forge_error *err)
{
    /* Behind the last stage nobody but this looks whether the run was asked to. */
    bool asked = (request->cancelled && atomic_load(request->cancelled)) ||
                 (request->run && forge_run_is_cancelled(request->run));

    return asked && !forge_fail(err, FORGE_CANCELLED, "interrupted");
}

/* The hidden folder of the new version, with its journal. */
static bool begin_version(struct baking *baking, const struct forge_digest *digests,
                          struct forge_error *err)
{
    struct forge_digest inputs;
    char seed[2 * FORGE_DIGEST_BYTES + 1];

    forge_provenance_digest(&inputs, baking->plan, digests);
    forge_digest_format(&inputs, seed);
    return forge_version_begin(&baking->version, baking->request->now_us, seed, err) &&
           forge_journal_open(&baking->journal,
                              forge_arena_print(&baking->plan->arena,
                                                "%s/" FORGE_OBJECTS_JOURNAL,
                                                baking->version.staging),
                              err);
}

/* What is left to do once the plan stands: keys, and which of them are there. */
static bool find_work(struct baking *baking, struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    const struct forge_version *version = &baking->version;
    const char *current = forge_current_folder(version->bakery, version->name);
    struct forge_reader reader = {.budget = &baking->budget,
                                  .cancelled = request->cancelled,
                                  .library = &baking->library};
    struct forge_work_range again = {0};
    bool good = forge_append_check(baking->plan, current, &reader, err) &&
                (!request->only ||
                 forge_only_read(&again, baking->plan, request->only, &reader, err)) &&
                forge_work_open(&baking->work, baking->plan, &again, err) &&
                forge_reuse_find(&baking->reuse, &baking->work, version->bakery, version->name,
                                 current, err);

    forge_reader_close(&reader);
    return good;
}

/* Inputs, and whether there is anything to do; then the plan. A first bake scans while it
 * fetches. */
static bool prepare(struct baking *baking, struct forge_digest **digests,
                    struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    struct forge_plan *plan = baking->plan;
    const char *current = forge_current_folder(baking->version.bakery, baking->version.name);

    if (!current)
        return forge_prepare(plan, request, digests, err);
    if (!forge_prepare_inputs(plan, request, digests, err))
        return false;
    baking->report->unchanged = !request->only && forge_is_unchanged(current, plan, *digests) &&
                                forge_has_all_objects(current, baking->version.store);
    return baking->report->unchanged ||
           (forge_drift_check(plan, *digests, current, request, err) &&
            forge_prepare_scans(plan, request, err));
}

/* While the lock is held, which publishing gives up. What stays known is no reason to fail. */
static void forget_old_inputs(struct baking *baking)
{
    const struct forge_bake_request *request = baking->request;
    const struct forge_log_entry entry = {
        .level = "warning", .stage = "publish", .text = "forgetting inputs that are gone"};
    struct forge_error err;

    if (!forge_inputs_compact(baking->plan, request, &err) && request->run)
        forge_run_log_error(request->run, &entry, &err);
}

/* Inputs that were not there, where the recipe lets that pass. */
static void log_absent(const struct baking *baking)
{
    const struct forge_plan *plan = baking->plan;
    struct forge_run *run = baking->request->run;

    for (uint64_t i = 0; run && i < plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;
        const struct forge_cell *cell = forge_plan_cell(plan, i, &grid, &at);
        struct forge_log_entry entry = {
            .level = "info", .stage = "fetch", .input = cell->file.url};

        entry.text = grid->input->if_missing == FORGE_MISSING_FILL ? "it is not there: filled"
                                                                   : "it is not there: skipped";
        if (cell->state == FORGE_CELL_ABSENT)
            forge_run_log(run, &entry);
    }
}

static bool make_version(struct baking *baking, const struct forge_digest *digests,
                         struct forge_error *err)
{
    const struct forge_bake_request *request = baking->request;
    const char *run = request->run ? forge_run_id(request->run) : NULL;

    log_absent(baking);
    forge_stamp(baking->plan, digests);
    if (!find_work(baking, err) || !begin_version(baking, digests, err) ||
        !fill_version(baking, digests, err) || is_cancelled(request, err))
        return false;
    forget_old_inputs(baking);
    return forge_version_publish(&baking->version, now_us(), run, err);
}

/* All of it, under the dataset's lock. */
static bool bake_version(struct baking *baking, struct forge_error *err)
{
    const struct forge_bakery *bakery = baking->version.bakery;
    struct forge_arena *arena = &baking->plan->arena;
    struct forge_run_report *report = baking->report;
    struct forge_digest *digests = NULL;
    const char *path = NULL, *folder;

    if (!prepare(baking, &digests, err))
        return false;
    if (report->unchanged)
        summarize(&report->summary, baking);
    else if (!make_version(baking, digests, err))
        return false;
    if (!forge_bakery_current(&path, bakery, baking->version.name, err))
        return false;
    folder = forge_current_folder(bakery, baking->version.name);
    report->version = forge_arena_text(arena, folder ? strrchr(folder, '/') + 1 : "");
    report->path = forge_arena_text(arena, path);
    return true;
}

static void close_baking(struct baking *baking)
{
    struct forge_error ignored;

    baking->report->failed = forge_failures_finish(&baking->failures, &baking->plan->arena);
    /* What was journaled serves the next run; a folder without any serves nobody. */
    forge_version_abandon(&baking->version, baking->write.tasks > 0);
    if (baking->journal && !forge_journal_close(baking->journal, &ignored))
        baking->journal = NULL;
    forge_held_close(&baking->held);
    forge_reuse_close(&baking->reuse);
    forge_work_close(&baking->work);
}

/* What is known of the run, for whoever ends it. */
static void tell_hung(void *context, const struct forge_error *err)
{
    struct baking *baking = context;
    const struct forge_bake_request *given = baking->given;

    summarize(&baking->report->summary, baking);
    baking->report->failed = forge_failures_finish(&baking->failures, &baking->plan->arena);
    given->hung(given->hung_context, err);
}

bool forge_bake(struct forge_plan *plan, struct forge_run_report *report,
                const struct forge_bake_request *given, struct forge_error *err)
{
    struct forge_bake_request request = *given;
    struct baking baking = {.request = &request,
                            .given = given,
                            .plan = plan,
                            .report = report,
                            .started_us = now_us(),
                            .version = {.lock = -1},
                            .budget = {.limit = given->memory_bytes},
                            .library = forge_scanner_library(given->scanners),
                            .failures = {.run = given->run}};
    struct forge_arena arena = {0};
    struct forge_known *known = NULL;
    struct forge_bakery bakery;
    bool good;

    *plan = (struct forge_plan){0};
    *report = (struct forge_run_report){0};
    request.hash_inputs = true;
    request.failures = &baking.failures;
    if (given->hung) {
        request.hung = tell_hung;
        request.hung_context = &baking;
    }
    good = forge_bakery_open(&bakery, &arena, request.bakery, err) &&
           forge_version_lock(&baking.version, &bakery, request.recipe->name, err) &&
           forge_known_open(&known, &bakery, request.recipe->name, true, err);
    request.known = known;
    good = good && bake_version(&baking, err);
    if (!good && err->code == FORGE_CANCELLED)
        forge_fail(err, FORGE_CANCELLED, "interrupted"); /* and not where */
    close_baking(&baking);
    if (known)
        forge_known_close(known);
    forge_arena_clear(&arena);
    return good;
}

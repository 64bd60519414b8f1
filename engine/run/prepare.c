/* prepare.c: the stages that come before a plan can be laid out: fetch and scan. */
#include "run/failures.h"
#include "run/known.h"
#include "run/prepare_parts.h"
#include "run/scanner.h"

#include <stdlib.h>

#define ATTEMPTS 3

enum prepare_stage { STAGE_FETCH, STAGE_SCAN, STAGES_COUNT };

/* The stages [first, first + count) are run. */
struct steps {
    struct forge_preparing parts;
    uint32_t first, count;
    uint64_t last_done; /* of the last of them */
};

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    struct steps *steps = context;
    struct forge_preparing *p = &steps->parts;
    bool fetches = steps->first + unit->stage == STAGE_FETCH;

    for (uint64_t t = unit->first; t < unit->first + unit->count; t++) {
        *failed = t;
        forge_watch_begin(unit->watch, t);
        if (p->request->cancelled && atomic_load(p->request->cancelled))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        if (!(fetches ? forge_fetch_cell(p, t, unit->watch, err)
                      : forge_scan_cell(p, t, unit->watch, err)))
            return false;
    }
    return true;
}

static const char *stage_name(const struct steps *steps, uint32_t stage)
{
    return steps->first + stage == STAGE_FETCH ? "fetch" : "scan";
}

/* Where files are scanned as they are fetched, one line tells of both; whoever watches is asked
 * at every tick, also while nothing but a fetch goes on. */
static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    struct steps *steps = context;
    const struct forge_bake_request *request = steps->parts.request;
    bool last = stage + 1 == steps->count;
    struct forge_progress now = {
        .stage = stage_name(steps, steps->count - 1),
        .done = last ? done : steps->last_done,
        .total = total,
    };

    steps->last_done = now.done;
    if (request->progress)
        request->progress(request->progress_context, &now);
}

static void retried(void *context, const struct forge_outcome *outcome, uint64_t wait_ms)
{
    const struct steps *steps = context;
    const struct forge_grid *grid;
    uint64_t at;
    const struct forge_cell *cell =
        forge_plan_cell(steps->parts.plan, outcome->failed, &grid, &at);

    (void)wait_ms;
    if (steps->parts.request->failures)
        forge_failures_retried(steps->parts.request->failures,
                               stage_name(steps, outcome->unit.stage), outcome->failed,
                               cell->file.url, &outcome->error);
}

static void failed(void *context, const struct forge_outcome *outcome)
{
    const struct steps *steps = context;
    const struct forge_grid *grid;
    uint64_t at;
    struct forge_cell *cell = forge_plan_cell(steps->parts.plan, outcome->failed, &grid, &at);

    cell->state = FORGE_CELL_FAILED;
    if (steps->parts.request->failures)
        forge_failures_add(steps->parts.request->failures,
                           stage_name(steps, outcome->unit.stage), outcome->failed,
                           cell->file.url, &outcome->error);
}

static bool run_stages(struct steps *steps, struct forge_error *err)
{
    const struct forge_bake_request *request = steps->parts.request;
    const uint64_t cells = steps->parts.plan->cells_count;
    struct forge_stage stages[STAGES_COUNT] = {
        [STAGE_FETCH] = {.name = "fetch",
                         .count = cells,
                         .attempts = ATTEMPTS,
                         .deadline_ms = request->deadline_ms},
        [STAGE_SCAN] = {.name = "scan",
                        .count = cells,
                        .attempts = ATTEMPTS,
                        .deadline_ms = request->deadline_ms},
    };
    struct forge_driver driver = {
        .executor = request->executor,
        .workers = request->workers,
        .perform = perform,
        .context = steps,
        .cancelled = request->cancelled,
        .progress = progress,
        .failed = failed,
        .retried = retried,
        .fail_fast = request->fail_fast,
        .grace_ms = request->grace_ms,
        .hung = request->hung,
        .hung_context = request->hung_context,
    };

    if (steps->count == STAGES_COUNT) {
        stages[STAGE_SCAN].rule = FORGE_AFTER_SAME;
        stages[STAGE_SCAN].after = STAGE_FETCH;
    }
    return forge_driver_run(&driver, stages + steps->first, steps->count, err);
}

/* The folder of the recipe as an absolute path. */
static bool absolute_folder(const char **out, struct forge_arena *arena, const char *folder,
                            struct forge_error *err)
{
    char *path = realpath(folder, NULL);

    if (!path)
        return forge_fail_errno(err, FORGE_BAD_RECIPE, "the folder %s", folder);
    *out = forge_arena_text(arena, path);
    free(path);
    return true;
}

static bool resolve(struct forge_plan *plan, const struct forge_bake_request *request,
                    struct forge_digest **digests, struct forge_error *err)
{
    struct forge_inputs_request inputs = {.prune = request->prune, .now_us = request->now_us};

    *plan = (struct forge_plan){0};
    *digests = NULL;
    if (!forge_store_open_file(&plan->files, "/", err) ||
        !absolute_folder(&inputs.folder, &plan->arena, request->recipe->folder, err))
        return false;
    inputs.files = plan->files;
    if (!forge_plan_resolve(plan, request->recipe, &inputs, err))
        return false;
    *digests = forge_arena_array(&plan->arena, plan->cells_count + 1, sizeof **digests);
    return true;
}

/* Run some of the stages, and what follows the last of them. */
static bool prepare(struct forge_plan *plan, const struct forge_bake_request *request,
                    struct forge_digest *digests, enum prepare_stage first,
                    enum prepare_stage last, struct forge_error *err)
{
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_plan_limits limits = {request->memory_bytes, request->workers};
    struct forge_library library = forge_scanner_library(request->scanners);
    struct forge_reader reader = {
        .budget = &budget, .cancelled = request->cancelled, .library = &library};
    struct steps steps = {.parts = {plan, request, digests, &budget, &library},
                          .first = first,
                          .count = last + 1U - first};
    bool good =
        last != STAGE_SCAN || !request->known || forge_known_load_scans(request->known, err);

    good = good && run_stages(&steps, err) &&
           (last != STAGE_SCAN ||
            (forge_plan_combine(plan, &reader, err) && forge_plan_lay_out(plan, &limits, err)));
    forge_reader_close(&reader);
    /* One text for it, wherever the run was. */
    return good ||
           (err->code == FORGE_CANCELLED && forge_fail(err, FORGE_CANCELLED, "interrupted"));
}

/* The run has failed; all that fails is to be known when it ends, and a retry finds the scans.
 */
static void scan_the_others(struct forge_plan *plan, const struct forge_bake_request *request)
{
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_library library = forge_scanner_library(request->scanners);
    struct steps steps = {
        .parts = {plan, request, NULL, &budget, &library}, .first = STAGE_SCAN, .count = 1};
    struct forge_error ignored;

    if (!request->known || forge_known_load_scans(request->known, &ignored))
        (void)!run_stages(&steps, &ignored);
}

bool forge_prepare_inputs(struct forge_plan *plan, const struct forge_bake_request *request,
                          struct forge_digest **digests, struct forge_error *err)
{
    if (!resolve(plan, request, digests, err))
        return false;
    if (prepare(plan, request, *digests, STAGE_FETCH, STAGE_FETCH, err))
        return true;
    if (request->failures && !request->fail_fast && err->code != FORGE_CANCELLED)
        scan_the_others(plan, request);
    return false;
}

bool forge_prepare_scans(struct forge_plan *plan, const struct forge_bake_request *request,
                         struct forge_error *err)
{
    return prepare(plan, request, NULL, STAGE_SCAN, STAGE_SCAN, err);
}

bool forge_prepare(struct forge_plan *plan, const struct forge_bake_request *request,
                   struct forge_digest **digests, struct forge_error *err)
{
    struct forge_digest *ignored;
    struct forge_digest **made = digests ? digests : &ignored;

    return resolve(plan, request, made, err) &&
           prepare(plan, request, *made, STAGE_FETCH, STAGE_SCAN, err);
}

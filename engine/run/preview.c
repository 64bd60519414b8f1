#include "run/preview.h"

#include "array/reader.h"
#include "run/append.h"
#include "run/known.h"
#include "run/scanner.h"
#include "run/stamp.h"
#include "run/unchanged.h"

#include <string.h>

struct previewing {
    const struct forge_bake_request *request;
    struct forge_plan *plan;
    struct forge_bakery bakery;
    const char *current;
    struct forge_changes *changes;
};

/* Nothing is scanned when the current version was made from the same. */
static bool prepare(struct previewing *p, struct forge_digest **digests,
                    struct forge_error *err)
{
    if (!forge_prepare_inputs(p->plan, p->request, digests, err))
        return false;
    if (!p->current || !forge_is_unchanged(p->current, p->plan, *digests))
        return forge_prepare_scans(p->plan, p->request, err);
    p->changes->up_to_date = true;
    p->changes->total.variable = "objects";
    p->changes->version = strrchr(p->current, '/') + 1;
    for (uint64_t i = 0; i < p->plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;

        p->changes->inputs +=
            forge_plan_cell(p->plan, i, &grid, &at)->state == FORGE_CELL_WANTED;
    }
    return true;
}

static bool compare(struct previewing *p, const struct forge_digest *digests,
                    struct forge_error *err)
{
    struct forge_budget budget = {.limit = p->request->memory_bytes};
    struct forge_library library = forge_scanner_library(p->request->scanners);
    struct forge_reader reader = {
        .budget = &budget, .cancelled = p->request->cancelled, .library = &library};
    struct forge_reuse reuse = {0};
    struct forge_work work = {0};
    bool good;

    forge_stamp(p->plan, digests);
    good = forge_append_check(p->plan, p->current, &reader, err) &&
           forge_stamp_times(p->plan, p->request, err) &&
           forge_work_open(&work, p->plan, NULL, err) &&
           forge_reuse_find(&reuse, &work, &p->bakery, p->request->recipe->name, p->current,
                            err) &&
           forge_changes_find(p->changes, &reuse, p->plan, p->current, err);
    for (size_t i = 0; good && i < p->changes->count; i++)
        p->changes->items[i].variable =
            forge_arena_text(&p->plan->arena, p->changes->items[i].variable);
    forge_reader_close(&reader);
    forge_reuse_close(&reuse);
    forge_work_close(&work);
    return good;
}

bool forge_preview(struct forge_plan *plan, struct forge_changes *changes,
                   const struct forge_bake_request *given, struct forge_error *err)
{
    struct forge_bake_request request = *given;
    struct previewing p = {.request = &request, .plan = plan, .changes = changes};
    struct forge_digest *digests = NULL;
    struct forge_known *known = NULL;
    struct forge_arena arena = {0};
    bool good;

    *plan = (struct forge_plan){0};
    *changes = (struct forge_changes){0};
    good = forge_bakery_open(&p.bakery, &arena, request.bakery, err) &&
           forge_known_open(&known, &p.bakery, request.recipe->name, false, err);
    request.known = known;
    if (good)
        p.current = forge_current_folder(&p.bakery, request.recipe->name);
    good = good && prepare(&p, &digests, err);
    good = good && (changes->up_to_date || compare(&p, digests, err));
    if (good && changes->version)
        changes->version = forge_arena_text(&plan->arena, changes->version);
    if (known)
        forge_known_close(known);
    forge_arena_clear(&arena);
    return good;
}

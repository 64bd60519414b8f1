#include "run/preview.h"

#include "array/reader.h"
#include "run/append.h"
#include "run/scanner.h"
#include "run/stamp.h"

bool forge_preview(struct forge_plan *plan, struct forge_changes *changes,
                   const struct forge_bake_request *request, struct forge_error *err)
{
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_library library = forge_scanner_library(request->scanners);
    struct forge_reader reader = {
        .budget = &budget, .cancelled = request->cancelled, .library = &library};
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    struct forge_digest *digests = NULL;
    struct forge_reuse reuse = {0};
    struct forge_work work = {0};
    const char *current = NULL;
    bool good = forge_prepare(plan, request, &digests, err) &&
                forge_bakery_open(&bakery, &arena, request->bakery, err);

    if (good) {
        forge_stamp(plan, digests);
        current = forge_current_folder(&bakery, request->recipe->name);
        good =
            forge_work_open(&work, plan, NULL, err) &&
            forge_reuse_find(&reuse, &work, &bakery, request->recipe->name, current, err) &&
            forge_changes_find(changes, &reuse, plan,
                               current ? forge_arena_text(&plan->arena, current) : NULL, err);
    }
    for (size_t i = 0; good && i < changes->count; i++)
        changes->items[i].variable = forge_arena_text(&plan->arena, changes->items[i].variable);
    forge_reader_close(&reader);
    forge_reuse_close(&reuse);
    forge_work_close(&work);
    forge_arena_clear(&arena);
    return good;
}

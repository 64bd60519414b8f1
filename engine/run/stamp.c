#include "run/stamp.h"

#include "catalog/provenance.h"
#include "plan/valid_time.h"
#include "run/scanner.h"

static void set_digest(struct forge_plan *plan, const char *name,
                       const struct forge_digest *digest)
{
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(digest, hex);
    forge_attributes_set_text(&plan->dataset.attributes, &plan->arena, name,
                              forge_arena_print(&plan->arena, "sha256:%s", hex));
}

void forge_stamp(struct forge_plan *plan, const struct forge_digest *digests)
{
    struct forge_digest inputs;

    forge_provenance_digest(&inputs, plan, digests);
    set_digest(plan, "forge_recipe_digest", &plan->recipe->digest);
    set_digest(plan, "forge_inputs_digest", &inputs);
}

static void set_time(struct forge_plan *plan, const char *name, enum forge_calendar calendar,
                     int64_t time_us)
{
    struct forge_text text = {0};

    forge_valid_time_print(&text, calendar, time_us);
    forge_attributes_set_text(&plan->dataset.attributes, &plan->arena, name,
                              forge_text_string(&text));
    forge_text_clear(&text);
}

bool forge_stamp_times(struct forge_plan *plan, const struct forge_bake_request *request,
                       struct forge_error *err)
{
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_library library = forge_scanner_library(request->scanners);
    struct forge_reader reader = {
        .budget = &budget, .cancelled = request->cancelled, .library = &library};
    struct forge_valid_time found;
    bool good = forge_valid_time_find(&found, &plan->dataset, &reader, err);

    forge_reader_close(&reader);
    if (!good)
        return false;
    forge_attributes_remove(&plan->dataset.attributes, "valid_time_start");
    forge_attributes_remove(&plan->dataset.attributes, "valid_time_stop");
    if (found.known) {
        set_time(plan, "valid_time_start", found.calendar, found.start_us);
        set_time(plan, "valid_time_stop", found.calendar, found.stop_us);
    }
    return true;
}

#include "run/stamp.h"

#include "catalog/provenance.h"

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

#include "plan/identity.h"

#include "array/identity.h"
#include "base/checked.h"

/* What encoding the values needs to know, but not how large the array is: chunks that are full
 * stay what they are when it grows. */
static void add_encoding(struct forge_identity *encoding, const struct forge_plan *plan,
                         const struct forge_target_array *target)
{
    const struct forge_array *array = target->variable->array;

    forge_identity_number(encoding, FORGE_KEY_VERSION);
    forge_identity_text(encoding, plan->recipe->target.type->name);
    forge_identity_number(encoding, array->dtype);
    forge_identity_number(encoding, array->rank);
    forge_identity_value(encoding, array->dtype,
                         target->variable->has_fill ? &target->variable->fill : NULL);
    forge_identity_number(encoding, target->sharded);
    for (unsigned d = 0; d < array->rank; d++) {
        forge_identity_number(encoding, target->chunk[d]);
        forge_identity_number(encoding, target->sharded ? target->shard[d] : 0);
    }
    forge_identity_number(encoding, target->codec.type != NULL);
    if (target->codec.type)
        forge_codec_identify(&target->codec, encoding->structure);
}

/* The first digits of the digest as a number. */
static uint64_t head_of(const struct forge_digest *digest)
{
    uint64_t head = 0;

    for (unsigned i = 0; i < sizeof head; i++)
        head = head << 8 | digest->bytes[i];
    return head;
}

void forge_object_key(struct forge_object_key *out, const struct forge_plan *plan,
                      const struct forge_plan_array *array, const uint64_t *index)
{
    struct forge_identity encoding = {.structure = forge_hasher_open()};
    struct forge_identity values = {forge_hasher_open(), forge_hasher_open(), false};
    struct forge_region region = forge_object_region(array, index);
    struct forge_digest parts[3];

    add_encoding(&encoding, plan, &array->target);
    forge_array_identify(array->target.variable->array, &region, &values);
    forge_hasher_finish(encoding.structure, &parts[0]);
    forge_hasher_finish(values.structure, &parts[1]);
    forge_hasher_finish(values.files, &parts[2]);
    *out = (struct forge_object_key){
        .encoding = head_of(&parts[0]),
        .structure = head_of(&parts[1]),
        .files = head_of(&parts[2]),
        .unknown = values.unknown,
    };
    forge_digest_of(&out->digest, parts, sizeof parts);
}

const struct forge_plan_array *forge_plan_object(const struct forge_plan *plan, uint64_t number,
                                                 uint64_t *index)
{
    size_t low = 0, high = plan->arrays_count;
    const struct forge_plan_array *array;
    const struct forge_array *from;
    uint64_t counts[FORGE_RANK_MAX];

    /* The last array that begins at or before the object; those without share a start. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (plan->arrays[middle].first_object <= number)
            low = middle;
        else
            high = middle;
    }
    while (plan->arrays[low].objects_count == 0)
        low--;
    array = &plan->arrays[low];
    from = array->target.variable->array;
    for (unsigned d = 0; d < from->rank; d++)
        counts[d] = forge_divide_up(from->shape[d], array->object[d]);
    forge_grid_index(index, from->rank, counts, number - array->first_object);
    return array;
}

struct forge_region forge_object_region(const struct forge_plan_array *array,
                                        const uint64_t *index)
{
    const struct forge_array *from = array->target.variable->array;

    return forge_region_of_chunk(from->rank, from->shape, array->object, index);
}

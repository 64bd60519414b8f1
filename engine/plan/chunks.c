/* chunks.c: the chunk, shard and codec of a variable. */
#include "plan/plan_parts.h"

#include "base/checked.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-9 /* a root that is a whole number comes out a little less */

/* Texts in one chunk at most: their lengths are known only when they are read. */
#define STRINGS_MAX 16384U

/* A dimension that grows is as long as this where lengths are chosen, so that chunks do not
 * depend on how far it has grown; coordinates along it have chunks of this length. */
#define GROWING 65536U

static bool length_of(uint64_t *out, const struct forge_pairs *pairs, const char *dim)
{
    int64_t length;

    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->nodes[i]->key, dim) == 0 &&
            forge_node_integer(&length, pairs->nodes[i])) {
            *out = (uint64_t)length;
            return true;
        }
    }
    return false;
}

static double aspect_of(const struct forge_pairs *pairs, const char *dim)
{
    double stretch;

    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->nodes[i]->key, dim) == 0 &&
            forge_node_number(&stretch, pairs->nodes[i]))
            return stretch;
    }
    return 1;
}

/* A dimension of `pairs` that the variables do not have is a mistake. */
static bool check_dims(const struct forge_pairs *pairs, const struct forge_plan *plan,
                       const char *what, struct forge_arena *arena, struct forge_error *err)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const char *name = pairs->nodes[i]->key;
        const char *near;

        if (forge_dataset_dimension(&plan->dataset, name))
            continue;
        forge_fail_at(err, pairs->nodes[i]->key_place,
                      "%s: the dataset has no dimension \"%s\"", what, name);
        near = forge_text_nearest(name, forge_dataset_names(&plan->dataset, arena, true));
        if (near)
            return forge_fail_help(err, "did you mean \"%s\"?", near);
        return false;
    }
    return true;
}

/* What may grow has to be there, with a coordinate that says where it ends. */
static bool check_append(struct forge_plan *plan, struct forge_error *err)
{
    const struct forge_target *target = &plan->recipe->target;
    const struct forge_variable *index;
    const char *near;

    if (!target->append)
        return true;
    if (!forge_dataset_dimension(&plan->dataset, target->append)) {
        forge_fail_at(err, target->append_place, "append: the dataset has no dimension \"%s\"",
                      target->append);
        near = forge_text_nearest(target->append,
                                  forge_dataset_names(&plan->dataset, &plan->arena, true));
        return near ? forge_fail_help(err, "did you mean \"%s\"?", near) : false;
    }
    index = forge_dataset_variable(&plan->dataset, target->append);
    if (index && forge_variable_is_index(index) && index->array->dtype != FORGE_STRING)
        return true;
    forge_fail_at(err, target->append_place, "append: dimension \"%s\" has no coordinate",
                  target->append);
    return forge_fail_help(err, "give it one, such as each: - add_dim: {%s: ..}",
                           target->append);
}

/* Saturates: nothing that large fits anywhere. */
static uint64_t product(const uint64_t *lengths, unsigned rank)
{
    uint64_t all = 1;

    for (unsigned d = 0; d < rank; d++) {
        if (!forge_checked_multiply(&all, all, lengths[d]))
            return UINT64_MAX;
    }
    return all;
}

/* Cut a chunk that is larger than `elements`, from the outside in. */
static void cut(uint64_t *chunk, unsigned rank, uint64_t elements)
{
    for (unsigned d = 0; d < rank && product(chunk, rank) > elements; d++) {
        uint64_t rest = product(chunk, rank) / chunk[d];

        chunk[d] = forge_maximum(1, elements / forge_maximum(1, rest));
    }
}

/* The lengths that chunks are chosen for, at least 1, and those of the source's own chunks. */
struct lengths {
    uint64_t shape[FORGE_RANK_MAX], chunk[FORGE_RANK_MAX];
};

static bool is_growing(const struct forge_target *target, const char *dim)
{
    return target->append && strcmp(target->append, dim) == 0;
}

static struct lengths lengths_of(const struct forge_target *target,
                                 const struct forge_variable *variable)
{
    const struct forge_array *array = variable->array;
    struct lengths lengths = {{0}, {0}};

    for (unsigned d = 0; d < array->rank; d++) {
        bool growing = is_growing(target, variable->dims[d]);

        lengths.shape[d] = growing ? GROWING : forge_maximum(1, array->shape[d]);
        lengths.chunk[d] = growing ? 1 : forge_minimum(array->chunk[d], lengths.shape[d]);
    }
    return lengths;
}

/* Chunks of about `elements`, from the source's own: whole inner dimensions first, then as many
 * of the outer ones as fit; a source chunk that is too large is cut from the outside in. */
static void chunks_by_size(uint64_t *chunk, const struct lengths *lengths, unsigned rank,
                           uint64_t elements)
{
    memcpy(chunk, lengths->chunk, rank * sizeof *chunk);
    cut(chunk, rank, elements);
    for (unsigned d = rank; d-- > 0;) {
        uint64_t times = elements / forge_maximum(1, product(chunk, rank));
        uint64_t whole = forge_divide_up(lengths->shape[d], chunk[d]);

        if (times <= 1)
            break;
        chunk[d] = forge_minimum(lengths->shape[d], chunk[d] * forge_minimum(times, whole));
    }
}

/* A length per stretch, so that the dimensions that are not settled share what is left. */
static double unit_of(const struct forge_variable *variable, const struct forge_pairs *aspect,
                      const bool *settled, double elements)
{
    unsigned open = 0;

    for (unsigned d = 0; d < variable->array->rank; d++) {
        if (settled[d])
            continue;
        elements /= aspect_of(aspect, variable->dims[d]);
        open++;
    }
    return open > 0 ? pow(elements, 1.0 / open) : 0;
}

static double wanted_length(const struct forge_variable *variable,
                            const struct forge_pairs *aspect, double unit, unsigned d)
{
    return floor(unit * aspect_of(aspect, variable->dims[d]) * (1 + ROUNDING));
}

/* Chunks of about `elements`, as long along each dimension as its stretch says. What is left of
 * a dimension that has not even one element, or is too short, is for the others. */
static void chunks_by_aspect(uint64_t *chunk, const struct lengths *lengths,
                             const struct forge_variable *variable,
                             const struct forge_pairs *aspect, uint64_t elements)
{
    const struct forge_array *array = variable->array;
    bool settled[FORGE_RANK_MAX] = {false};
    double left = (double)elements;

    for (unsigned i = 0; i < 2 * array->rank; i++) {
        double unit = unit_of(variable, aspect, settled, left);

        for (unsigned d = 0; d < array->rank; d++) {
            double wanted = wanted_length(variable, aspect, unit, d);
            uint64_t most = lengths->shape[d];

            if (settled[d])
                continue;
            chunk[d] = wanted < 1 ? 1 : wanted < (double)most ? (uint64_t)wanted : most;
            settled[d] = i < array->rank ? wanted < 1 : wanted >= (double)most;
            left /= settled[d] ? (double)chunk[d] : 1;
        }
    }
}

static void choose_chunk(uint64_t *chunk, const struct forge_target *target,
                         const struct forge_variable *variable, const struct forge_pairs *own)
{
    const struct forge_array *array = variable->array;
    uint64_t elements = forge_maximum(1, target->chunk_size / forge_dtype_size(array->dtype));
    const struct forge_pairs *named = own && own->count > 0 ? own : &target->chunks;
    const struct lengths lengths = lengths_of(target, variable);
    bool index = forge_variable_is_index(variable) && named != own;

    if (index || (array->dtype == FORGE_STRING && named->count == 0)) {
        memcpy(chunk, lengths.shape, sizeof lengths.shape);
    } else if (named->count > 0) {
        for (unsigned d = 0; d < array->rank; d++) {
            chunk[d] = lengths.shape[d];
            if (length_of(&chunk[d], named, variable->dims[d]) &&
                !is_growing(target, variable->dims[d]))
                chunk[d] = forge_minimum(chunk[d], lengths.shape[d]);
        }
    } else if (target->chunk_aspect.count > 0) {
        chunks_by_aspect(chunk, &lengths, variable, &target->chunk_aspect, elements);
    } else {
        chunks_by_size(chunk, &lengths, array->rank, elements);
    }
    for (unsigned d = 0; d < array->rank; d++)
        chunk[d] = forge_maximum(1, chunk[d]);
    if (array->dtype == FORGE_STRING)
        cut(chunk, array->rank, STRINGS_MAX);
}

/* Shards hold whole chunks: a length that is not a multiple is a mistake, but for a shard that
 * would pass the end of a short variable. */
static bool choose_shard(struct forge_plan_array *out, const struct forge_target *target,
                         const struct forge_variable *variable, struct forge_error *err)
{
    const struct forge_array *array = variable->array;
    struct forge_target_array *stored = &out->target;

    if (target->shards.count == 0 || forge_variable_is_index(variable) ||
        array->dtype == FORGE_STRING || array->rank == 0)
        return true;
    stored->sharded = true;
    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t whole = forge_divide_up(forge_maximum(1, array->shape[d]), stored->chunk[d]) *
                         stored->chunk[d];

        if (is_growing(target, variable->dims[d])) {
            stored->shard[d] = stored->chunk[d];
            whole = UINT64_MAX;
        } else {
            stored->shard[d] = whole;
        }
        if (!length_of(&stored->shard[d], &target->shards, variable->dims[d]))
            continue;
        if (stored->shard[d] % stored->chunk[d] != 0 && stored->shard[d] < whole) {
            forge_fail_at(err, target->place,
                          "variable \"%s\": the shard length %llu of \"%s\" is no multiple of "
                          "the chunk length %llu",
                          variable->name, (unsigned long long)stored->shard[d],
                          variable->dims[d], (unsigned long long)stored->chunk[d]);
            whole = forge_divide_up(stored->shard[d], stored->chunk[d]) * stored->chunk[d];
            return forge_fail_help(err, "such as shards: {%s: %llu}", variable->dims[d],
                                   (unsigned long long)whole);
        }
        stored->shard[d] = forge_minimum(stored->shard[d], whole);
    }
    return true;
}

static bool count_objects(struct forge_plan_array *out, const struct forge_recipe *recipe,
                          struct forge_error *err)
{
    const struct forge_variable *variable = out->target.variable;
    const struct forge_array *array = variable->array;
    uint64_t counts[FORGE_RANK_MAX];
    uint64_t size = forge_dtype_size(array->dtype);

    if (!forge_grid_shape(counts, &out->chunks_count, array->rank, array->shape,
                          out->target.chunk) ||
        !forge_grid_shape(counts, &out->objects_count, array->rank, array->shape,
                          out->object) ||
        out->chunks_count > FORGE_OBJECTS_MAX) {
        forge_fail_at(err, recipe->target.place,
                      "variable \"%s\" would have more than %u chunks", variable->name,
                      FORGE_OBJECTS_MAX);
        return forge_fail_help(err, "make its chunks larger");
    }
    if (!forge_checked_multiply(&out->total_bytes, forge_array_count(array), size))
        out->total_bytes = UINT64_MAX;
    out->chunk_bytes = size;
    for (unsigned d = 0; d < array->rank; d++) {
        if (!forge_checked_multiply(&out->chunk_bytes, out->chunk_bytes, out->target.chunk[d]))
            return forge_fail_at(err, recipe->target.place, "variable \"%s\": chunks overflow",
                                 variable->name);
    }
    return true;
}

bool forge_plan_chunks(struct forge_plan_array *out, struct forge_plan *plan,
                       const struct forge_variable *variable, struct forge_error *err)
{
    const struct forge_target *target = &plan->recipe->target;
    const struct forge_variable_encoding *encoding =
        forge_plan_encoding(plan->recipe, variable->name);

    if (!check_append(plan, err) ||
        !check_dims(&target->chunks, plan, "chunks", &plan->arena, err) ||
        !check_dims(&target->shards, plan, "shards", &plan->arena, err) ||
        !check_dims(&target->chunk_aspect, plan, "chunk_aspect", &plan->arena, err) ||
        (encoding && !check_dims(&encoding->chunks, plan, "chunks", &plan->arena, err)))
        return false;
    *out = (struct forge_plan_array){.target.variable = variable};
    out->target.codec = encoding && encoding->has_codec ? encoding->codec : target->codec;
    out->target.codec.element_size = forge_dtype_size(variable->array->dtype);
    choose_chunk(out->target.chunk, target, variable, encoding ? &encoding->chunks : NULL);
    if (!choose_shard(out, target, variable, err))
        return false;
    memcpy(out->object, out->target.sharded ? out->target.shard : out->target.chunk,
           sizeof out->object);
    if (!count_objects(out, plan->recipe, err))
        return false;
    if (!target->type->accept(&out->target, err))
        return forge_fail_place(err, encoding ? encoding->place : target->place);
    return true;
}

/* slice.c: by index: start, stop (exclusive), step; a single index drops the dimension. */
#include "base/checked.h"
#include "transforms/names.h"

struct settings {
    struct forge_pairs dims;
};

#define INDEX_SCHEMA "{\"type\":\"integer\",\"minimum\":0}"

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_NODE, offsetof(struct settings, dims),
     .help = "dimension: index, or [start, stop], or [start, stop, step]",
     .schema = "{\"oneOf\":[" INDEX_SCHEMA ",{\"type\":\"array\",\"items\":" INDEX_SCHEMA
               ",\"minItems\":2,\"maxItems\":3}]}"},
    {0},
};

/* start, stop, step of a node; a single index has stop 0. */
static bool numbers_of(int64_t out[3], const struct forge_node *node)
{
    const struct forge_node *item = node->first;

    out[0] = out[1] = 0;
    out[2] = 1;
    if (node->kind == FORGE_NODE_TEXT)
        return forge_node_integer(&out[0], node) && out[0] >= 0;
    if (node->kind != FORGE_NODE_LIST || node->count < 2 || node->count > 3)
        return false;
    for (size_t i = 0; item; item = item->next, i++) {
        if (!forge_node_integer(&out[i], item) || out[i] < 0)
            return false;
    }
    return true;
}

static bool check(void *settings, const struct forge_node *node, struct forge_arena *arena,
                  struct forge_diagnostics *diagnostics)
{
    const struct settings *s = settings;
    int64_t numbers[3];
    bool good = true;

    (void)node;
    (void)arena;
    for (size_t i = 0; i < s->dims.count; i++) {
        const struct forge_node *pair = s->dims.nodes[i];

        if (!numbers_of(numbers, pair))
            good = forge_report(diagnostics, FORGE_F012, pair->place, pair->width,
                                "such as: - slice: {zlev: 0, x: [0, 100, 2]}",
                                "slice: \"%s\" is cut by an index, [start, stop] or [start, "
                                "stop, step]",
                                pair->key);
        else if (numbers[2] == 0)
            good = forge_report(diagnostics, FORGE_F014, pair->place, pair->width, NULL,
                                "slice: the step of \"%s\" is zero", pair->key);
    }
    return good;
}

static bool apply_one(const struct forge_node *pair, struct forge_dataset *dataset,
                      const struct forge_transform_context *context, struct forge_error *err)
{
    bool optional, single = pair->kind == FORGE_NODE_TEXT;
    const struct forge_dimension *dim =
        forge_pick_dimension(pair->key, &optional, dataset, context, err);
    int64_t numbers[3];
    uint64_t start, stop, count;

    if (!dim)
        return optional;
    if (!numbers_of(numbers, pair))
        return forge_fail_at(err, pair->place, "\"%s\" needs whole numbers", pair->key);
    start = (uint64_t)numbers[0];
    stop = single ? start + 1 : forge_minimum((uint64_t)numbers[1], dim->size);
    if (start >= stop || stop > dim->size)
        return forge_fail_at(
            err, pair->place, "\"%s\" has length %llu: nothing is left from index %llu",
            dim->name, (unsigned long long)dim->size, (unsigned long long)start);
    count = forge_divide_up(stop - start, (uint64_t)numbers[2]);
    forge_slice_dimension(dataset, context->arena, dim->name, start, count,
                          (uint64_t)numbers[2]);
    if (single)
        forge_drop_dimension(dataset, context->arena, dim->name);
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->dims.count; i++) {
        if (!apply_one(s->dims.nodes[i], dataset, context, err))
            return false;
    }
    return true;
}

const struct forge_transform_type forge_transform_slice = {
    .name = "slice",
    .summary = "cut dimensions by index",
    .example = "- slice: {zlev: 0, x: [0, 100, 2]}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .check = check,
    .apply = apply,
};

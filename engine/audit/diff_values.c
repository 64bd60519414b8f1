/* diff_values.c: which values of two variables go together, and what came of comparing them. */
#include "audit/diff_pairing.h"

#include "array/nodes.h"
#include "array/tiles.h"
#include "base/checked.h"
#include "formats/zarr_parts.h"

#include <string.h>

#define CELLS_LOOKED_AT 64U /* for the largest */

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    const struct forge_diff_request *request =
        ((struct forge_diff_pairing *)context)->d->request;
    const struct forge_progress now = {.stage = "compare", .done = done, .total = total};

    (void)stage;
    if (request->progress)
        request->progress(request->progress_context, &now);
}

/* The elements in common of one side, in the order of a's dimensions. */
static const struct forge_array *in_common(struct forge_diff_pairing *p,
                                           const struct forge_array *array, bool of_b)
{
    struct forge_arena *arena = &p->d->out->arena;
    struct forge_region region = forge_region_all(array->rank, array->shape);

    for (unsigned d = 0; d < p->rank; d++) {
        const int64_t *table = of_b ? p->axes[d]->b : p->axes[d]->a;

        if (table)
            continue;
        region.start[d] = of_b ? p->axes[d]->start_b : p->axes[d]->start_a;
        region.count[d] = p->axes[d]->count;
    }
    array = forge_array_slice(arena, array, &region);
    for (unsigned d = 0; d < p->rank; d++) {
        const int64_t *table = of_b ? p->axes[d]->b : p->axes[d]->a;

        if (table)
            array = forge_array_take(arena, array, d, table, p->axes[d]->count, NULL);
    }
    return array;
}

static const struct forge_array *decoded(struct forge_diff_pairing *p,
                                         const struct forge_variable *variable,
                                         const struct forge_array *array)
{
    struct forge_variable *copy = forge_arena_take(&p->d->out->arena, sizeof *copy);

    *copy = *variable;
    copy->array = array;
    return forge_variable_decoded(copy, &p->d->out->arena);
}

/* Where the elements in common go from one object of a to the next. */
static bool cut_cells(struct forge_diff_pairing *p)
{
    const uint64_t *box = forge_objects_box(p->source_a);

    p->cells_total = 1;
    for (unsigned d = 0; d < p->rank; d++) {
        const struct forge_diff_axis *axis = p->axes[d];
        uint64_t count = 0;

        p->cells[d] = forge_arena_array(
            &p->d->out->arena, forge_minimum(axis->count, axis->size_a / box[d] + 1) + 1,
            sizeof *p->cells[d]);
        for (uint64_t i = 0; i < axis->count; i++) {
            if (i == 0 ||
                forge_diff_at_a(axis, i) / box[d] != forge_diff_at_a(axis, i - 1) / box[d])
                p->cells[d][count++] = i;
        }
        p->cells[d][count] = axis->count;
        p->cells_count[d] = count;
        if (!forge_checked_multiply(&p->cells_total, p->cells_total, count))
            return false;
    }
    return true;
}

static bool same_attribute(const struct forge_diff_pairing *p, const char *name)
{
    const struct forge_attribute *a = forge_attributes_find(&p->a->attributes, name);
    const struct forge_attribute *b = forge_attributes_find(&p->b->attributes, name);

    return a && b ? forge_attribute_equal(a, b) : a == b;
}

/* Would elements with the same bytes be the same values? What marks a missing integer is a
 * value of the other side when that has another mark. */
static bool same_elements(const struct forge_diff_pairing *p)
{
    size_t size = forge_dtype_size(p->from->dtype);

    if (p->from->dtype != p->to->dtype || p->from->dtype == FORGE_STRING)
        return false;
    return forge_dtype_is_float(p->from->dtype) ||
           (p->a->has_fill == p->b->has_fill &&
            (!p->a->has_fill || memcmp(p->a->fill.bytes, p->b->fill.bytes, size) == 0));
}

/* Would objects with the same bytes hold the same values? */
static bool same_encoding(const struct forge_diff_pairing *p)
{
    static const char *const names[] = {"scale_factor", "add_offset", "missing_value", NULL};
    const struct forge_diff *out = p->d->out;
    const struct forge_source *a = p->source_a, *b = p->source_b;
    size_t size = p->rank * sizeof(uint64_t);

    for (size_t i = 0; names[i]; i++) {
        if (!same_attribute(p, names[i]))
            return false;
    }
    for (size_t i = 0; i < out->changes_count; i++) {
        const struct forge_change *change = &out->changes[i];

        if (change->variable && strcmp(change->variable, p->a->name) == 0 &&
            strcmp(change->part, "attribute") != 0 && strcmp(change->part, "shape") != 0)
            return false;
    }
    return p->d->a.has_objects && p->d->b.has_objects && a->array.dtype != FORGE_STRING &&
           memcmp(a->fill.bytes, b->fill.bytes, sizeof a->fill.bytes) == 0 &&
           memcmp(forge_objects_box(a), forge_objects_box(b), size) == 0;
}

/* The most that one task takes. */
static uint64_t task_bytes(const struct forge_diff_pairing *p)
{
    uint64_t most = 0;

    for (uint64_t i = 0; i < p->cells_total && i < CELLS_LOOKED_AT; i++) {
        struct forge_region region = forge_diff_cell(p, i);
        struct forge_tiles tiles;
        uint64_t sum, other;

        forge_tiles_open(&tiles, p->from, &region, forge_dtype_size(p->from->dtype),
                         p->tile_bytes);
        if (!forge_tiles_next(&tiles))
            continue;
        sum = forge_tiles_bytes(p->from, &region, forge_dtype_size(p->from->dtype),
                                p->tile_bytes);
        other = sum / forge_dtype_size(p->from->dtype); /* elements */
        if (!forge_checked_multiply(&other, other, forge_dtype_size(p->to->dtype)) ||
            !forge_checked_add(&sum, sum, other) ||
            !forge_checked_add(&sum, sum, forge_array_scratch(p->from, &tiles.tile)) ||
            !forge_checked_add(&sum, sum, forge_array_scratch(p->to, &tiles.tile)))
            return UINT64_MAX;
        most = forge_maximum(most, sum);
    }
    return most;
}

static bool run(struct forge_diff_pairing *p, struct forge_error *err)
{
    const struct forge_diff_request *request = p->d->request;
    const struct forge_stage stage = {
        .name = "compare", .count = p->cells_total, .rule = FORGE_AFTER_NONE};
    struct forge_driver driver = {
        .executor = request->executor,
        .workers = request->workers,
        .perform = forge_diff_perform,
        .context = p,
        .cancelled = request->cancelled,
        .progress = progress,
        .fail_fast = true,
    };
    uint64_t bytes;

    p->budget.limit = request->memory_bytes;
    p->tile_bytes =
        forge_minimum(FORGE_TILE_BYTES, request->memory_bytes / 8 / request->workers);
    bytes = task_bytes(p);
    if (bytes > request->memory_bytes) {
        char need[32];

        forge_fail(err, FORGE_FAILED, "variable \"%s\" cannot be compared in that memory",
                   p->a->name);
        return forge_fail_help(err, "it needs %s: --memory",
                               forge_text_bytes(need, sizeof need, bytes));
    }
    if (bytes > 0 && request->memory_bytes / bytes < driver.workers)
        driver.workers = (unsigned)(request->memory_bytes / bytes);
    return forge_driver_run(&driver, &stage, 1, err);
}

static const char *value_text(struct forge_diff_pairing *p, const struct forge_array *array,
                              const union forge_value *value, bool missing)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    if (missing)
        forge_json_null(&json);
    else
        forge_zarr_json_value(&json, array->dtype, value);
    return forge_diff_text(p->d, &text);
}

static void tell_first(struct forge_diff_pairing *p)
{
    struct forge_values_diff *result = p->result;
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    uint64_t a[FORGE_RANK_MAX], b[FORGE_RANK_MAX];

    forge_json_object(&json);
    for (unsigned d = 0; d < p->rank; d++) {
        a[d] = forge_diff_at_a(p->axes[d], p->first[d]);
        b[d] = forge_diff_at_b(p->axes[d], p->first[d]);
        forge_json_key(&json, p->axes[d]->dim);
        forge_diff_label(&json, p->d, p->axes[d], a[d]);
    }
    forge_json_close(&json, '}');
    result->at = forge_diff_text(p->d, &text);
    json = (struct forge_json){.out = &text};
    forge_zarr_json_numbers(&json, a, p->rank);
    result->at_a = forge_diff_text(p->d, &text);
    json = (struct forge_json){.out = &text};
    forge_zarr_json_numbers(&json, b, p->rank);
    result->at_b = forge_diff_text(p->d, &text);
    result->was = value_text(p, p->from, &p->was, p->was_missing);
    result->is = value_text(p, p->to, &p->is, p->is_missing);
    p->d->out->differ = true;
}

static void tell_aligned(struct forge_diff_pairing *p)
{
    static const char *const how[2] = {"by place along ", "by label along "};
    struct forge_text text = {0};

    for (int labelled = 1; labelled >= 0; labelled--) {
        bool any = false;

        for (unsigned d = 0; d < p->rank; d++) {
            if (p->axes[d]->labelled != (labelled == 1))
                continue;
            forge_text_print(&text, "%s%s%s",
                             any               ? ", "
                             : text.length > 0 ? "; "
                                               : "",
                             any ? "" : how[labelled], p->axes[d]->dim);
            any = true;
        }
    }
    p->result->aligned = forge_diff_text(p->d, &text);
}

/* Why the values cannot be compared, or NULL. */
static const char *refusal(const struct forge_diff_pairing *p)
{
    if (!p->source_a || !p->source_b || p->source_a->manifest.kind != FORGE_MANIFEST_KEYED ||
        p->source_b->manifest.kind != FORGE_MANIFEST_KEYED)
        return "it cannot be read";
    if ((p->a->array->dtype == FORGE_STRING) != (p->b->array->dtype == FORGE_STRING))
        return "one holds text, the other numbers";
    if (p->a->array->rank != p->b->array->rank)
        return "it has other dimensions";
    for (unsigned i = 0; i < p->rank; i++) {
        if (strcmp(p->a->dims[i], p->b->dims[i]) != 0)
            return "it has other dimensions";
    }
    return NULL;
}

static bool compare_variable(struct forge_diff_pairing *p, const struct forge_diff_axis *axes,
                             struct forge_error *err)
{
    bool good = true;

    p->source_a = forge_array_source(p->a->array);
    p->source_b = forge_array_source(p->b->array);
    p->rank = p->a->array->rank;
    p->result->variable = p->a->name;
    p->result->refused = refusal(p);
    if (p->result->refused)
        return true;
    for (unsigned i = 0; i < p->rank; i++) {
        p->axes[i] = axes;
        while (strcmp(p->axes[i]->dim, p->a->dims[i]) != 0)
            p->axes[i]++;
    }
    tell_aligned(p);
    if (!cut_cells(p))
        return forge_fail(err, FORGE_BAD_TARGET, "variable \"%s\" has too many objects",
                          p->a->name);
    if (p->cells_total == 0)
        return true;
    p->from = decoded(p, p->a, in_common(p, p->a->array, false));
    p->to = decoded(p, p->b, in_common(p, p->b->array, true));
    p->same_elements = same_elements(p);
    p->same_bytes = same_encoding(p);
    pthread_mutex_init(&p->lock, NULL);
    good = run(p, err);
    pthread_mutex_destroy(&p->lock);
    if (good && p->result->differing > 0)
        tell_first(p);
    return good;
}

bool forge_diff_values(struct forge_diffing *d, struct forge_error *err)
{
    const struct forge_dataset *a = &d->a.dataset;
    struct forge_arena *arena = &d->out->arena;
    struct forge_diff_axis *axes = forge_arena_array(arena, a->dims_count + 1, sizeof *axes);
    size_t count = 0;

    for (size_t i = 0; i < a->dims_count; i++) {
        if (forge_dataset_dimension(&d->b.dataset, a->dims[i].name) &&
            !forge_diff_align(&axes[count++], d, a->dims[i].name, err))
            return false;
    }
    d->out->values = forge_arena_array(arena, a->variables_count + 1, sizeof *d->out->values);
    for (size_t i = 0; i < a->variables_count; i++) {
        struct forge_diff_pairing *pairing = forge_arena_take(arena, sizeof *pairing);

        pairing->d = d;
        pairing->a = &a->variables[i];
        pairing->b = forge_dataset_variable(&d->b.dataset, pairing->a->name);
        pairing->result = &d->out->values[d->out->values_count];
        d->out->values_count += pairing->b != NULL;
        if (pairing->b && !compare_variable(pairing, axes, err))
            return false;
    }
    return true;
}

#include "audit/diff.h"

#include "audit/diff_parts.h"
#include "formats/zarr_parts.h"

#include <string.h>

#define ROOM_FIRST 32U

static const char *copy_text(struct forge_diffing *d, const char *text)
{
    return text ? forge_arena_text(&d->out->arena, text) : NULL;
}

void forge_diff_add(struct forge_diffing *d, const struct forge_change *change)
{
    struct forge_diff *out = d->out;
    struct forge_change *more;

    if (out->changes_count == out->changes_room) {
        out->changes_room = out->changes_room ? 2 * out->changes_room : ROOM_FIRST;
        more = forge_arena_array(&out->arena, out->changes_room, sizeof *more);
        if (out->changes_count > 0)
            memcpy(more, out->changes, out->changes_count * sizeof *more);
        out->changes = more;
    }
    out->changes[out->changes_count++] = (struct forge_change){
        .part = change->part,
        .variable = copy_text(d, change->variable),
        .name = copy_text(d, change->name),
        .was = copy_text(d, change->was),
        .is = copy_text(d, change->is),
    };
    out->differ = true;
}

const char *forge_diff_text(struct forge_diffing *d, struct forge_text *text)
{
    const char *kept = forge_arena_text(&d->out->arena, forge_text_string(text));

    forge_text_clear(text);
    return kept;
}

/* Add a change where two texts differ; NULL is none. */
static void compare(struct forge_diffing *d, const char *part, const char *variable,
                    const char *name, const char *was, const char *is)
{
    const struct forge_change change = {part, variable, name, was, is};

    if (was != is && (!was || !is || strcmp(was, is) != 0))
        forge_diff_add(d, &change);
}

static const char *attribute_text(struct forge_diffing *d,
                                  const struct forge_attribute *attribute)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    size_t size = forge_dtype_size(attribute->dtype);

    if (attribute->count != 1)
        forge_json_array(&json);
    for (size_t i = 0; i < attribute->count; i++)
        forge_zarr_json_value(&json, attribute->dtype,
                              (const unsigned char *)attribute->values + i * size);
    if (attribute->count != 1)
        forge_json_close(&json, ']');
    return forge_diff_text(d, &text);
}

static void compare_attributes(struct forge_diffing *d, const char *variable,
                               const struct forge_attributes *a,
                               const struct forge_attributes *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const char *name = a->items[i].name;
        const struct forge_attribute *other = forge_attributes_find(b, name);

        if (!other || !forge_attribute_equal(&a->items[i], other))
            compare(d, "attribute", variable, name, attribute_text(d, &a->items[i]),
                    other ? attribute_text(d, other) : NULL);
    }
    for (size_t i = 0; i < b->count; i++) {
        if (!forge_attributes_find(a, b->items[i].name))
            compare(d, "attribute", variable, b->items[i].name, NULL,
                    attribute_text(d, &b->items[i]));
    }
}

static const char *numbers_text(struct forge_diffing *d, const uint64_t *numbers,
                                unsigned count)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_zarr_json_numbers(&json, numbers, count);
    return forge_diff_text(d, &text);
}

static const char *number_text(struct forge_diffing *d, uint64_t number)
{
    return forge_arena_print(&d->out->arena, "%llu", (unsigned long long)number);
}

static const char *string_text(struct forge_diffing *d, const char *string)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_string(&json, string);
    return forge_diff_text(d, &text);
}

static const char *dims_text(struct forge_diffing *d, const struct forge_variable *variable)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_array(&json);
    for (unsigned i = 0; i < variable->array->rank; i++)
        forge_json_string(&json, variable->dims[i]);
    forge_json_close(&json, ']');
    return forge_diff_text(d, &text);
}

static const char *fill_text(struct forge_diffing *d, const struct forge_variable *variable)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    if (!variable->has_fill)
        return NULL;
    forge_zarr_json_value(&json, variable->array->dtype, &variable->fill);
    return forge_diff_text(d, &text);
}

/* A list of codecs as their format writes them; by name where it has no words for one. */
static const char *codecs_text(struct forge_diffing *d, const struct forge_source *source)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_array(&json);
    for (unsigned i = 0; i < source->codecs.count; i++) {
        const struct forge_codec *codec = &source->codecs.items[i];
        bool (*write)(const void *, size_t, struct forge_json *) =
            source->manifest.zarr_format == 2 ? codec->type->json_zarr2
                                              : codec->type->json_zarr3;

        if (!write || !write(codec->settings, codec->element_size, &json))
            forge_json_string(&json, codec->type->name);
    }
    forge_json_close(&json, ']');
    return forge_diff_text(d, &text);
}

static void compare_encodings(struct forge_diffing *d, const struct forge_variable *a,
                              const struct forge_variable *b)
{
    const struct forge_source *from = forge_array_source(a->array);
    const struct forge_source *to = forge_array_source(b->array);

    if (!from || !to || from->manifest.kind != FORGE_MANIFEST_KEYED ||
        to->manifest.kind != FORGE_MANIFEST_KEYED)
        return;
    compare(d, "chunks", a->name, NULL, numbers_text(d, a->array->chunk, a->array->rank),
            numbers_text(d, b->array->chunk, b->array->rank));
    compare(d, "shards", a->name, NULL,
            from->manifest.sharded ? numbers_text(d, from->manifest.shard, a->array->rank)
                                   : NULL,
            to->manifest.sharded ? numbers_text(d, to->manifest.shard, b->array->rank) : NULL);
    compare(d, "codec", a->name, NULL, codecs_text(d, from), codecs_text(d, to));
    compare(d, "zarr_format", a->name, NULL,
            number_text(d, (uint64_t)from->manifest.zarr_format),
            number_text(d, (uint64_t)to->manifest.zarr_format));
}

static void compare_variables(struct forge_diffing *d, const struct forge_variable *a,
                              const struct forge_variable *b)
{
    const struct forge_array *from = a->array, *to = b->array;

    compare(d, "dims", a->name, NULL, dims_text(d, a), dims_text(d, b));
    compare(d, "shape", a->name, NULL, numbers_text(d, from->shape, from->rank),
            numbers_text(d, to->shape, to->rank));
    compare(d, "dtype", a->name, NULL, string_text(d, forge_dtype_name(from->dtype)),
            string_text(d, forge_dtype_name(to->dtype)));
    compare(d, "fill", a->name, NULL, fill_text(d, a), fill_text(d, b));
    compare_encodings(d, a, b);
    compare_attributes(d, a->name, &a->attributes, &b->attributes);
}

void forge_diff_structure(struct forge_diffing *d)
{
    const struct forge_dataset *a = &d->a.dataset, *b = &d->b.dataset;

    for (size_t i = 0; i < a->dims_count; i++) {
        const struct forge_dimension *other = forge_dataset_dimension(b, a->dims[i].name);

        compare(d, "dimension", NULL, a->dims[i].name, number_text(d, a->dims[i].size),
                other ? number_text(d, other->size) : NULL);
    }
    for (size_t i = 0; i < b->dims_count; i++) {
        if (!forge_dataset_dimension(a, b->dims[i].name))
            compare(d, "dimension", NULL, b->dims[i].name, NULL,
                    number_text(d, b->dims[i].size));
    }
    compare_attributes(d, NULL, &a->attributes, &b->attributes);
    for (size_t i = 0; i < a->variables_count; i++) {
        const struct forge_variable *variable = &a->variables[i];
        const struct forge_variable *other = forge_dataset_variable(b, variable->name);

        if (other)
            compare_variables(d, variable, other);
        else
            compare(d, "variable", NULL, variable->name, dims_text(d, variable), NULL);
    }
    for (size_t i = 0; i < b->variables_count; i++) {
        if (!forge_dataset_variable(a, b->variables[i].name))
            compare(d, "variable", NULL, b->variables[i].name, NULL,
                    dims_text(d, &b->variables[i]));
    }
}

static bool open_half(struct forge_diff_half *half, struct forge_diffing *d,
                      const struct forge_diff_side *side, struct forge_error *err)
{
    half->side = *side;
    return forge_store_open_file(&half->store, side->store, err) &&
           forge_zarr_open(&half->dataset, &d->out->arena, half->store, side->store, err);
}

bool forge_diff(struct forge_diff *out, const struct forge_diff_request *request,
                struct forge_error *err)
{
    struct forge_diffing d = {.request = request, .out = out};
    bool good;

    *out = (struct forge_diff){0};
    good = open_half(&d.a, &d, &request->a, err) && open_half(&d.b, &d, &request->b, err);
    if (good)
        forge_diff_structure(&d);
    good = good && forge_diff_provenance(&d, err) &&
           (!request->values || forge_diff_values(&d, err));
    forge_store_close(d.a.store);
    forge_store_close(d.b.store);
    return good;
}

void forge_diff_clear(struct forge_diff *diff)
{
    forge_arena_clear(&diff->arena);
    *diff = (struct forge_diff){0};
}

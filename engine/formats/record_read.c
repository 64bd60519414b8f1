/* record_read.c: the other side of record_write.c, for bytes that nobody vouches for.
 *
 * What is counted is held against the bytes that are left before memory is
 * taken for it: a record of n bytes never takes more than some multiple of n.
 */
#include <inttypes.h>
#include <string.h>

#include "array/nodes.h"
#include "base/checked.h"
#include "document/options.h"
#include "formats/names.h"
#include "formats/record.h"
#include "formats/record_parts.h"

#define ITEMS_MAX 65536
#define CODEC_JSON_MAX 4096
#define ELEMENT_SIZE_MAX (1U << 20)

struct cursor {
    const unsigned char *at;
    size_t left;
    struct forge_arena *arena;
    const struct forge_file *file;
    struct forge_error *err;
};

/* ---- bytes ---- */

static bool damaged(struct cursor *c, const char *what)
{
    forge_fail(c->err, FORGE_BAD_SOURCE, "%s", what);
    return false;
}

static bool take(struct cursor *c, void *out, size_t length)
{
    if (length > c->left)
        return damaged(c, "it ends too early");
    memcpy(out, c->at, length);
    c->at += length;
    c->left -= length;
    return true;
}

static bool take_u8(struct cursor *c, unsigned *out, unsigned limit)
{
    unsigned char byte = 0;

    if (!take(c, &byte, sizeof byte))
        return false;
    if (byte >= limit)
        return damaged(c, "a small number is too large");
    *out = byte;
    return true;
}

static bool take_u32(struct cursor *c, uint32_t *out)
{
    return take(c, out, sizeof *out);
}

static bool take_u64(struct cursor *c, uint64_t *out)
{
    return take(c, out, sizeof *out);
}

/* How many items follow, of at least `item_bytes` each. */
static bool take_count(struct cursor *c, size_t *out, size_t item_bytes)
{
    uint32_t count = 0;

    if (!take_u32(c, &count))
        return false;
    if (count > ITEMS_MAX || count > c->left / item_bytes)
        return damaged(c, "a count is too large");
    *out = count;
    return true;
}

static bool take_text(struct cursor *c, const char **out)
{
    uint32_t length = 0;

    if (!take_u32(c, &length))
        return false;
    if (length > c->left)
        return damaged(c, "a text ends too early");
    if (!forge_text_is_utf8((const char *)c->at, length))
        return damaged(c, "a text is not UTF-8");
    *out = forge_arena_copy(c->arena, (const char *)c->at, length);
    c->at += length;
    c->left -= length;
    return true;
}

static bool take_name(struct cursor *c, const char **out)
{
    return take_text(c, out) && (forge_name_is_safe(*out) || damaged(c, "a name is not safe"));
}

static bool take_strings(struct cursor *c, const char **out, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!take_text(c, &out[i]))
            return false;
    }
    return true;
}

/* `count` elements into the arena. */
static bool take_elements(struct cursor *c, const void **out, enum forge_dtype dtype,
                          uint64_t count)
{
    size_t size = forge_dtype_size(dtype);
    size_t stored = dtype == FORGE_STRING ? sizeof(uint32_t) : size;
    void *values;

    if (count > c->left / stored)
        return damaged(c, "values end too early");
    values = forge_arena_array(c->arena, count, size);
    *out = values;
    if (dtype == FORGE_STRING)
        return take_strings(c, values, count);
    return take(c, values, count * size);
}

static bool take_value(struct cursor *c, union forge_value *out, enum forge_dtype dtype)
{
    if (dtype == FORGE_STRING)
        return take_text(c, &out->string);
    return take(c, out->bytes, forge_dtype_size(dtype));
}

static bool take_dtype(struct cursor *c, enum forge_dtype *out)
{
    unsigned number = 0;

    if (!take_u8(c, &number, FORGE_DTYPE_COUNT))
        return false;
    *out = (enum forge_dtype)number;
    return true;
}

static bool no_two_alike(struct cursor *c, void *items, size_t count, size_t size)
{
    const char *twice = NULL;

    forge_names_sort(c->arena, items, count, size, &twice);
    return !twice || damaged(c, "two things have one name");
}

/* ---- the dataset ---- */

static bool take_attributes(struct cursor *c, struct forge_attributes *attributes)
{
    size_t count = 0;

    if (!take_count(c, &count, 13))
        return false;
    attributes->items = forge_arena_array(c->arena, count, sizeof *attributes->items);
    attributes->count = count;
    attributes->room = count;
    for (size_t i = 0; i < count; i++) {
        struct forge_attribute *attribute = &attributes->items[i];
        uint64_t elements = 0;

        if (!take_name(c, &attribute->name) || !take_dtype(c, &attribute->dtype) ||
            !take_u64(c, &elements) ||
            !take_elements(c, &attribute->values, attribute->dtype, elements))
            return false;
        attribute->count = elements;
    }
    return no_two_alike(c, attributes->items, count, sizeof *attributes->items);
}

static bool take_dims(struct cursor *c, struct forge_dataset *dataset)
{
    size_t count = 0;

    if (!take_count(c, &count, 13))
        return false;
    dataset->dims = forge_arena_array(c->arena, count, sizeof *dataset->dims);
    dataset->dims_count = count;
    dataset->dims_room = count;
    for (size_t i = 0; i < count; i++) {
        struct forge_dimension *dim = &dataset->dims[i];
        unsigned unlimited = 0;

        if (!take_name(c, &dim->name) || !take_u64(c, &dim->size) || !take_u8(c, &unlimited, 2))
            return false;
        dim->unlimited = unlimited != 0;
    }
    return no_two_alike(c, dataset->dims, count, sizeof *dataset->dims);
}

/* ---- sources ---- */

static bool take_codec(struct cursor *c, struct forge_codec *out)
{
    unsigned zarr_format = 0;
    uint32_t element_size = 0;
    const char *text = NULL;
    struct forge_json_value *json = NULL;

    if (!take_u8(c, &zarr_format, 4) || !take_u32(c, &element_size) || !take_text(c, &text))
        return false;
    if (zarr_format < 2 || element_size == 0 || element_size > ELEMENT_SIZE_MAX ||
        strlen(text) > CODEC_JSON_MAX)
        return damaged(c, "a codec is out of range");
    return forge_json_parse(&json, c->arena, text, strlen(text), c->err) &&
           forge_codec_parse(out, element_size, json, (int)zarr_format, c->arena, c->err);
}

static bool take_table(struct cursor *c, struct forge_source *source)
{
    struct forge_manifest *m = &source->manifest;
    uint64_t grid[FORGE_RANK_MAX], total = 0;
    const void *offsets = NULL, *lengths = NULL, *masks = NULL;
    unsigned has_masks = 0;

    m->kind = FORGE_MANIFEST_TABLE;
    for (unsigned d = 0; d < source->array.rank; d++) {
        if (source->array.chunk[d] == 0)
            return damaged(c, "a chunk has length 0");
    }
    if (!forge_grid_shape(grid, &total, source->array.rank, source->array.shape,
                          source->array.chunk))
        return damaged(c, "it has too many chunks");
    if (!take_elements(c, &offsets, FORGE_UINT64, total) ||
        !take_elements(c, &lengths, FORGE_UINT64, total) || !take_u8(c, &has_masks, 2) ||
        (has_masks && !take_elements(c, &masks, FORGE_UINT32, total)))
        return false;
    m->offsets = offsets;
    m->lengths = lengths;
    m->skip_masks = masks;
    return true;
}

static bool take_strided(struct cursor *c, struct forge_source *source)
{
    struct forge_manifest *m = &source->manifest;
    size_t strides = source->array.rank * sizeof(uint64_t);

    m->kind = FORGE_MANIFEST_STRIDED;
    return take_u64(c, &m->base) && take(c, m->stride, strides) && take(c, m->inner, strides);
}

static bool take_manifest(struct cursor *c, struct forge_source *source, enum record_node node)
{
    switch (node) {
    case NODE_TABLE:
        return take_table(c, source);
    case NODE_STRIDED:
        return take_strided(c, source);
    case NODE_LIBRARY:
        source->manifest.kind = FORGE_MANIFEST_LIBRARY;
        return true;
    case NODE_REFUSED:
        source->manifest.kind = FORGE_MANIFEST_REFUSED;
        return take_text(c, &source->manifest.refusal);
    case NODE_VALUES:
        break;
    }
    return damaged(c, "a node is of no kind");
}

static bool take_source(struct cursor *c, const struct forge_array **out,
                        const struct forge_array *shape, enum record_node node)
{
    struct forge_source source = {.array = *shape, .file = c->file};

    if (!take_text(c, &source.path) ||
        !take(c, source.array.chunk, shape->rank * sizeof(uint64_t)) ||
        !take_value(c, &source.fill, shape->dtype) ||
        !take_u8(c, &source.codecs.count, FORGE_CODECS_MAX + 1))
        return false;
    for (unsigned i = 0; i < source.codecs.count; i++) {
        if (!take_codec(c, &source.codecs.items[i]))
            return false;
    }
    return take_manifest(c, &source, node) && forge_source_open(out, c->arena, &source, c->err);
}

/* ---- variables ---- */

static bool take_values(struct cursor *c, const struct forge_array **out,
                        const struct forge_array *shape)
{
    struct forge_region all = forge_region_all(shape->rank, shape->shape);
    const void *values = NULL;
    uint64_t count = 0;

    if (!forge_region_count(&count, shape->rank, &all))
        return damaged(c, "values end too early");
    if (!take_elements(c, &values, shape->dtype, count))
        return false;
    *out = forge_array_memory_of(c->arena, shape->dtype, shape->rank, shape->shape, values,
                                 c->file->url);
    return true;
}

static bool take_shape(struct cursor *c, const struct forge_dataset *dataset,
                       struct forge_variable *variable, struct forge_array *shape)
{
    if (!take_dtype(c, &shape->dtype) || !take_u8(c, &shape->rank, FORGE_RANK_MAX + 1))
        return false;
    for (unsigned d = 0; d < shape->rank; d++) {
        uint32_t number = 0;

        if (!take_u32(c, &number))
            return false;
        if (number >= dataset->dims_count)
            return damaged(c, "a dimension is not there");
        variable->dims[d] = dataset->dims[number].name;
        shape->shape[d] = dataset->dims[number].size;
    }
    return true;
}

static bool take_variable(struct cursor *c, const struct forge_dataset *dataset,
                          struct forge_variable *variable)
{
    struct forge_array shape = {0};
    unsigned flags = 0, node = 0;

    if (!take_name(c, &variable->name) || !take_shape(c, dataset, variable, &shape) ||
        !take_u8(c, &flags, (FLAG_FILL | FLAG_COORDINATE) + 1))
        return false;
    variable->has_fill = (flags & FLAG_FILL) != 0;
    variable->is_coordinate = (flags & FLAG_COORDINATE) != 0;
    variable->origin = c->file->url;
    if (variable->has_fill && !take_value(c, &variable->fill, shape.dtype))
        return false;
    if (!take_attributes(c, &variable->attributes) || !take_u8(c, &node, NODE_REFUSED + 1))
        return false;
    return node == NODE_VALUES
               ? take_values(c, &variable->array, &shape)
               : take_source(c, &variable->array, &shape, (enum record_node)node);
}

static bool take_variables(struct cursor *c, struct forge_dataset *dataset)
{
    size_t count = 0;

    if (!take_count(c, &count, 16))
        return false;
    dataset->variables = forge_arena_array(c->arena, count, sizeof *dataset->variables);
    dataset->variables_count = count;
    dataset->variables_room = count;
    for (size_t i = 0; i < count; i++) {
        if (!take_variable(c, dataset, &dataset->variables[i]))
            return false;
    }
    return no_two_alike(c, dataset->variables, count, sizeof *dataset->variables);
}

static bool take_dataset(struct cursor *c, struct forge_dataset *dataset)
{
    char magic[4];
    uint32_t version = 0;

    if (!take(c, magic, sizeof magic) || memcmp(magic, RECORD_MAGIC, sizeof magic) != 0)
        return damaged(c, "it is none");
    if (!take_u32(c, &version))
        return false;
    if (version != RECORD_VERSION)
        return damaged(c, "it is of another version of forge");
    return take_dims(c, dataset) && take_attributes(c, &dataset->attributes) &&
           take_variables(c, dataset) && (c->left == 0 || damaged(c, "it goes on at its end"));
}

bool forge_record_read(struct forge_dataset *out, struct forge_arena *arena, const void *bytes,
                       size_t length, const struct forge_file *file, struct forge_error *err)
{
    struct forge_dataset dataset = {.arena = arena, .url = file->url};
    struct cursor c = {bytes, length, arena, file, err};

    if (!take_dataset(&c, &dataset)) {
        err->code = FORGE_BAD_SOURCE; /* whatever found it */
        forge_fail_while(err, "%s: the record of its scan is damaged", file->url);
        return false;
    }
    *out = dataset;
    return true;
}

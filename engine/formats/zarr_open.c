/* zarr_open.c: a Zarr store as a virtual dataset. */
#include <inttypes.h>
#include <string.h>

#include "formats/refused.h"
#include "formats/target.h"
#include "formats/zarr_read.h"

#define ATTRIBUTES_MAX 1000U

struct opening {
    struct forge_dataset *out;
    struct forge_arena *arena;
    const struct forge_file *file;
    int zarr_format;
};

/* The name of dimension `d`, or NULL where the store has none. */
static const char *given_name(const struct forge_zarr_array *array, unsigned d)
{
    const struct forge_json_value *m = array->dims;

    if (!m || m->kind != FORGE_JSON_ARRAY || m->count != array->source.array.rank)
        return NULL;
    m = m->first;
    for (unsigned i = 0; i < d; i++)
        m = m->next;
    return m->kind == FORGE_JSON_STRING && m->string[0] ? m->string : NULL;
}

/* Has an earlier dimension of the variable this name? */
static bool is_used(const struct forge_variable *variable, const char *name, unsigned before)
{
    for (unsigned d = 0; d < before; d++) {
        if (strcmp(variable->dims[d], name) == 0)
            return true;
    }
    return false;
}

static bool name_dimension(const struct opening *opening, struct forge_variable *variable,
                           const struct forge_zarr_array *array, unsigned d,
                           struct forge_error *err)
{
    uint64_t size = array->source.array.shape[d];
    const char *name = given_name(array, d);
    const struct forge_dimension *there;

    if (!name || is_used(variable, name, d))
        name = forge_arena_print(opening->arena, "%s_%u", variable->name, d);
    there = forge_dataset_dimension(opening->out, name);
    if (there && there->size != size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: variable \"%s\": dimension \"%s\" has %" PRIu64
                          " elements, elsewhere %" PRIu64,
                          opening->file->url, variable->name, name, size, there->size);
    if (!there)
        forge_dataset_add_dimension(opening->out, name, size);
    variable->dims[d] = name;
    return true;
}

/* The members of an object of attributes; none where there is no object. */
static bool first_attribute(const struct forge_json_value **out,
                            const struct forge_json_value *attributes, struct forge_error *err)
{
    *out = NULL;
    if (!attributes || attributes->kind != FORGE_JSON_OBJECT)
        return true;
    if (attributes->count > ATTRIBUTES_MAX)
        return forge_fail(err, FORGE_BAD_SOURCE, "it has %zu attributes, more than %u",
                          attributes->count, ATTRIBUTES_MAX);
    *out = attributes->first;
    return true;
}

static int base64_digit(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* How xarray writes a float of version 3: base64 of a little-endian float64. */
static bool parse_base64(double *out, const char *text)
{
    uint64_t bits = 0;
    unsigned char bytes[8];

    if (strlen(text) != 12 || text[11] != '=')
        return false;
    for (unsigned i = 0; i < 8; i++) {
        unsigned at = i * 8 / 6, shift = i * 8 % 6;
        int high = base64_digit(text[at]), low = base64_digit(text[at + 1]);

        if (high < 0 || low < 0)
            return false;
        bits = (uint64_t)high << 6 | (uint64_t)low;
        bytes[i] = (unsigned char)(bits >> (4 - shift));
    }
    memcpy(out, bytes, sizeof *out);
    return true;
}

static bool parse_missing(union forge_value *out, enum forge_dtype dtype,
                          const struct forge_json_value *json)
{
    struct forge_json_value number = {.kind = FORGE_JSON_NUMBER};

    if (forge_dtype_is_float(dtype) && json->kind == FORGE_JSON_STRING &&
        parse_base64(&number.number, json->string)) {
        *out = (union forge_value){0};
        if (dtype == FORGE_FLOAT32)
            out->float32 = (float)number.number;
        else
            out->float64 = number.number;
        return true;
    }
    return forge_zarr_parse_fill(out, dtype, json);
}

/* The missing value: in version 2 the fill_value, else the attribute _FillValue. One that the
 * dtype cannot hold stays an attribute. */
static void read_attributes(const struct opening *opening, struct forge_variable *variable,
                            const struct forge_zarr_array *array,
                            const struct forge_json_value *m)
{
    if (opening->zarr_format == 2 && array->has_fill && !array->flags) {
        variable->has_fill = true;
        variable->fill = array->source.fill;
    }
    if (array->flags)
        forge_attributes_set_text(&variable->attributes, opening->arena, "dtype", "bool");
    for (; m; m = m->next) {
        if (strcmp(m->key, "_ARRAY_DIMENSIONS") == 0)
            continue;
        if (strcmp(m->key, "_FillValue") == 0 && variable->has_fill)
            continue;
        if (strcmp(m->key, "_FillValue") == 0 &&
            parse_missing(&variable->fill, array->source.array.dtype, m))
            variable->has_fill = true;
        else
            forge_zarr_read_attribute(&variable->attributes, opening->arena, m);
    }
}

static bool open_array(const struct opening *opening, const struct forge_zarr_node *node,
                       struct forge_error *err)
{
    struct forge_zarr_array array = {0};
    struct forge_source *source = &array.source;
    const struct forge_json_value *attributes = NULL;
    struct forge_variable *variable;
    bool good = opening->zarr_format == 3
                    ? forge_zarr_parse3(&array, opening->arena, node, err)
                    : forge_zarr_parse2(&array, opening->arena, node, err);

    if (!good && !array.has_shape)
        return forge_fail_while(err, "%s: variable \"%s\"", opening->file->url, node->name);
    source->file = opening->file;
    source->path = node->name;
    variable = forge_dataset_add_variable(opening->out, node->name);
    variable->origin = opening->file->url;
    for (unsigned d = 0; d < source->array.rank; d++) {
        if (!name_dimension(opening, variable, &array, d, err))
            return false;
    }
    if (good && first_attribute(&attributes, node->attributes, err) &&
        forge_source_open(&variable->array, opening->arena, source, err)) {
        read_attributes(opening, variable, &array, attributes);
        return true;
    }
    return forge_array_refused(&variable->array, opening->arena, opening->file, node->name,
                               source->array.rank, source->array.shape,
                               forge_arena_text(opening->arena, err->text), err);
}

static void set_coordinates(const struct forge_dataset *dataset, const char *names)
{
    while (names && *names) {
        size_t length = strcspn(names, " \t\r\n");

        for (size_t i = 0; i < dataset->variables_count && length > 0; i++) {
            struct forge_variable *variable = &dataset->variables[i];

            if (strlen(variable->name) == length && strncmp(variable->name, names, length) == 0)
                variable->is_coordinate = true;
        }
        names += length + (names[length] != '\0');
    }
}

/* The root's attribute `coordinates` is xarray's, and made anew when the dataset is written. */
static void find_coordinates(struct forge_dataset *dataset)
{
    for (size_t i = 0; i < dataset->variables_count; i++) {
        struct forge_variable *variable = &dataset->variables[i];

        variable->is_coordinate = variable->is_coordinate || forge_variable_is_index(variable);
        set_coordinates(dataset, forge_attributes_text(&variable->attributes, "coordinates"));
    }
    set_coordinates(dataset, forge_attributes_text(&dataset->attributes, "coordinates"));
    forge_attributes_remove(&dataset->attributes, "coordinates");
}

bool forge_zarr_open(struct forge_dataset *out, struct forge_arena *arena,
                     struct forge_store *store, const char *url, struct forge_error *err)
{
    struct forge_file *file = forge_arena_take(arena, sizeof *file);
    struct forge_zarr_documents documents = {0};
    struct forge_dataset dataset = {.arena = arena, .url = forge_arena_text(arena, url)};
    struct opening opening = {.out = &dataset, .arena = arena, .file = file};
    const struct forge_json_value *m;

    *file =
        (struct forge_file){.store = store, .key = "", .url = dataset.url, .format = "zarr"};
    if (!forge_zarr_documents(&documents, arena, store, dataset.url, err))
        return false;
    opening.zarr_format = documents.zarr_format;
    for (size_t i = 0; i < documents.count; i++) {
        if (!open_array(&opening, &documents.nodes[i], err))
            return false;
    }
    if (!first_attribute(&m, documents.attributes, err))
        return forge_fail_while(err, "%s", dataset.url);
    for (; m; m = m->next)
        forge_zarr_read_attribute(&dataset.attributes, arena, m);
    find_coordinates(&dataset);
    *out = dataset;
    return true;
}

/* netcdf3.c: netCDF classic files: CDF-1, CDF-2, CDF-5.
 *
 * The header is parsed by us (netcdf3_header.h) and the values are bytes at
 * known places, so netcdf-c is not needed: it would read what is missing from a
 * truncated file as zeros. Arrays of char become strings along their last
 * dimension, as xarray reads them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/nodes.h"
#include "array/reader.h"
#include "base/checked.h"
#include "formats/names.h"
#include "formats/netcdf3_header.h"
#include "formats/refused.h"

#define VALUES_MAX ((uint64_t)16 << 20)       /* of one coordinate, or of one text variable */
#define VALUES_TOTAL_MAX ((uint64_t)64 << 20) /* of all: variables may share their bytes */

/* The open file of a request as a store of one object, so that sources read it. */
struct request_store {
    struct forge_store store;
    struct forge_object object;
    const struct forge_scan_request *request;
};

static bool request_open(struct forge_object **out, struct forge_store *store, const char *key,
                         struct forge_object_status *status, struct forge_error *err)
{
    struct request_store *self = (struct request_store *)store;

    (void)key;
    (void)err;
    self->object.store = store;
    *status = (struct forge_object_status){.size = self->request->size};
    *out = &self->object;
    return true;
}

static bool request_read(struct forge_object *object, uint64_t offset, void *bytes,
                         size_t length, struct forge_error *err)
{
    const struct request_store *self = (const struct request_store *)object->store;
    size_t done = 0;

    while (done < length) {
        ssize_t got = pread(self->request->fd, (unsigned char *)bytes + done, length - done,
                            (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return forge_fail_errno(err, FORGE_SOURCE_IO, "reading");
        if (got == 0)
            return forge_fail(err, FORGE_BAD_SOURCE, "the file became shorter");
        done += (size_t)got;
    }
    return true;
}

static void request_close(struct forge_object *object)
{
    (void)object;
}

static const struct forge_store_type request_type = {
    .name = "request",
    .object_open = request_open,
    .object_read = request_read,
    .object_close = request_close,
};

struct scan {
    const struct forge_scan_request *request;
    struct forge_arena *arena;
    struct forge_netcdf3_header header;
    struct forge_file *file;
    struct forge_reader reader;
    uint64_t values_bytes; /* read so far, to be sent along */
    struct forge_dataset dataset;
};

static bool big_endian(struct forge_codec_chain *chain, struct forge_arena *arena, size_t size,
                       struct forge_error *err)
{
    struct forge_json_value endian = {
        .kind = FORGE_JSON_STRING, .key = "endian", .string = "big"};
    struct forge_json_value configuration = {
        .kind = FORGE_JSON_OBJECT, .key = "configuration", .count = 1, .first = &endian};
    struct forge_json_value name = {
        .kind = FORGE_JSON_STRING, .key = "name", .string = "bytes", .next = &configuration};
    struct forge_json_value codec = {.kind = FORGE_JSON_OBJECT, .count = 2, .first = &name};

    if (size == 1)
        return true;
    chain->count = 1;
    return forge_codec_parse(&chain->items[0], size, &codec, 3, arena, err);
}

/* The variable's bytes as they lie in the file; of char as uint8, with all its dimensions. */
static bool open_source(const struct forge_array **out, const struct scan *scan,
                        const struct forge_netcdf3_variable *variable, struct forge_error *err)
{
    struct forge_source source = {.file = scan->file, .path = variable->name};
    bool is_text = variable->type->dtype == FORGE_STRING;

    source.array.dtype = is_text ? FORGE_UINT8 : variable->type->dtype;
    source.array.rank = variable->rank;
    for (unsigned d = 0; d < variable->rank; d++)
        source.array.shape[d] = scan->header.dims[variable->dims[d]].size;
    forge_source_contiguous(&source, variable->begin,
                            variable->is_record ? scan->header.record_bytes : 0);
    return big_endian(&source.codecs, scan->arena, variable->type->size, err) &&
           forge_source_open(out, scan->arena, &source, err);
}

static bool is_index(const struct scan *scan, const struct forge_netcdf3_variable *variable)
{
    return variable->rank == 1 &&
           strcmp(variable->name, scan->header.dims[variable->dims[0]].name) == 0;
}

/* All bytes of the variable; the check of the header saw to it that they can be counted. */
static uint64_t bytes_of(const struct scan *scan, const struct forge_netcdf3_variable *variable)
{
    return variable->is_record ? variable->bytes * scan->header.records : variable->bytes;
}

/* Are the values read now? Then they are counted. */
static bool take_values(struct scan *scan, uint64_t bytes)
{
    if (bytes > VALUES_TOTAL_MAX - scan->values_bytes)
        return false;
    scan->values_bytes += bytes;
    return true;
}

static bool read_values(const void **out, struct scan *scan, const struct forge_array *array,
                        struct forge_error *err)
{
    return forge_array_values(out, array, &scan->reader, scan->arena, VALUES_TOTAL_MAX, err);
}

static bool add_numbers(struct forge_variable *out, struct scan *scan,
                        const struct forge_netcdf3_variable *variable, struct forge_error *err)
{
    uint64_t bytes = bytes_of(scan, variable);
    bool wanted =
        (variable->rank <= FORGE_INLINE_RANK && bytes <= scan->request->inline_bytes) ||
        (bytes <= VALUES_MAX && is_index(scan, variable));
    const struct forge_array *source = NULL;
    const void *values = NULL;

    if (!open_source(&source, scan, variable, err))
        return false;
    out->array = source;
    if (!wanted || !take_values(scan, bytes))
        return true;
    if (!read_values(&values, scan, source, err))
        return false;
    out->array =
        forge_array_memory(scan->arena, source->dtype, source->rank, source->shape, values);
    return true;
}

/* Strings of `length` bytes each, without the NULs behind them. */
static const char **cut_strings(struct forge_arena *arena, const unsigned char *bytes,
                                uint64_t count, uint64_t length)
{
    const char **strings = forge_arena_array(arena, count, sizeof *strings);

    for (uint64_t i = 0; i < count; i++)
        strings[i] = length == 0 || bytes[i * length] == 0
                         ? ""
                         : forge_netcdf3_text(arena, bytes + i * length, (size_t)length);
    return strings;
}

static bool add_strings(struct forge_variable *out, struct scan *scan,
                        const struct forge_netcdf3_variable *variable, struct forge_error *err)
{
    uint64_t bytes = bytes_of(scan, variable);
    unsigned rank = variable->rank > 0 ? variable->rank - 1 : 0;
    const struct forge_array *source = NULL;
    const void *values = NULL;
    uint64_t length = 1, count = 1;

    if (!open_source(&source, scan, variable, err))
        return false;
    if (variable->rank > 0)
        length = source->shape[rank];
    for (unsigned d = 0; d < rank; d++)
        count *= source->shape[d];
    if (bytes > VALUES_MAX || !take_values(scan, bytes + count * 2 * sizeof(max_align_t)))
        return forge_array_refused(
            &out->array, scan->arena, scan->file, variable->name, rank, source->shape,
            forge_arena_print(scan->arena,
                              "its %" PRIu64 " bytes of text are more than are read", bytes),
            err);
    if (!read_values(&values, scan, source, err))
        return false;
    out->array = forge_array_memory(scan->arena, FORGE_STRING, rank, source->shape,
                                    cut_strings(scan->arena, values, count, length));
    return true;
}

/* Attributes as they are, but _FillValue: it becomes the fill where it is a value of the
 * variable's type. Where it is not (NaN of packed shorts) it stays, for targets to judge; of
 * text it only says what padding looks like. */
static void add_attributes(struct forge_variable *out,
                           const struct forge_netcdf3_variable *variable)
{
    const struct forge_attribute *fill =
        forge_attributes_find(&variable->attributes, "_FillValue");
    enum forge_dtype dtype = variable->type->dtype;

    out->attributes = variable->attributes;
    if (!fill)
        return;
    if (dtype == FORGE_STRING) {
        forge_attributes_remove(&out->attributes, "_FillValue");
    } else if (fill->dtype != FORGE_STRING && fill->count == 1 &&
               forge_value_convert(&out->fill, dtype, fill->values, fill->dtype)) {
        out->has_fill = true;
        forge_attributes_remove(&out->attributes, "_FillValue");
    }
}

static bool add_variable(struct scan *scan, const struct forge_netcdf3_variable *variable,
                         struct forge_error *err)
{
    struct forge_variable *out = forge_dataset_add_variable(&scan->dataset, variable->name);
    bool good = variable->type->dtype == FORGE_STRING ? add_strings(out, scan, variable, err)
                                                      : add_numbers(out, scan, variable, err);

    if (!good)
        return false;
    for (unsigned d = 0; d < out->array->rank; d++)
        out->dims[d] = scan->header.dims[variable->dims[d]].name;
    out->origin = scan->request->url;
    add_attributes(out, variable);
    return true;
}

/* Mark the variables that a `coordinates` attribute names, blanks between them. */
static void mark_named(struct scan *scan, const struct forge_attributes *attributes)
{
    const char *names = forge_attributes_text(attributes, "coordinates");

    while (names && *names) {
        size_t length = strcspn(names, " ");
        char name[256];

        if (length > 0 && length < sizeof name) {
            const struct forge_netcdf3_variable *variable;

            memcpy(name, names, length);
            name[length] = '\0';
            variable =
                forge_names_find(scan->header.by_name, scan->header.variables_count, name);
            if (variable)
                scan->dataset.variables[variable - scan->header.variables].is_coordinate = true;
        }
        names += length + strspn(names + length, " ");
    }
}

static void mark_coordinates(struct scan *scan)
{
    struct forge_dataset *dataset = &scan->dataset;

    mark_named(scan, &dataset->attributes);
    for (size_t i = 0; i < dataset->variables_count; i++) {
        struct forge_variable *variable = &dataset->variables[i];

        if (forge_variable_is_index(variable))
            variable->is_coordinate = true;
        mark_named(scan, &variable->attributes);
    }
}

static bool build(struct scan *scan, struct forge_error *err)
{
    const struct forge_netcdf3_header *header = &scan->header;

    for (size_t i = 0; i < header->dims_count; i++)
        forge_dataset_add_dimension(&scan->dataset, header->dims[i].name, header->dims[i].size)
            ->unlimited = header->dims[i].is_record;
    for (size_t i = 0; i < header->variables_count; i++) {
        if (!add_variable(scan, &header->variables[i], err))
            return false;
    }
    scan->dataset.attributes = header->attributes;
    mark_coordinates(scan);
    forge_dataset_trim_dimensions(&scan->dataset);
    return true;
}

static bool scan_file(struct forge_dataset *out, struct forge_arena *arena,
                      const struct forge_scan_request *request, struct forge_error *err)
{
    struct request_store store = {{&request_type, request->url}, {NULL}, request};
    struct scan scan = {.request = request, .arena = arena};
    bool good;

    if (request->group && request->group[strspn(request->group, "/")] != '\0')
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: it is a netCDF classic file, which has no group \"%s\"",
                          request->url, request->group);
    if (!forge_netcdf3_header_read(&scan.header, arena, request, err))
        return false;
    scan.file = forge_arena_take(arena, sizeof *scan.file);
    *scan.file = (struct forge_file){.store = &store.store,
                                     .key = "file",
                                     .url = request->url,
                                     .format = "netcdf3",
                                     .status = {.size = request->size}};
    scan.dataset.arena = arena;
    scan.dataset.url = request->url;
    good = build(&scan, err);
    forge_reader_close(&scan.reader);
    scan.file->store = NULL;
    if (good)
        *out = scan.dataset;
    return good;
}

static bool sniff(const unsigned char *head, size_t length)
{
    return length >= 4 && memcmp(head, "CDF", 3) == 0 &&
           (head[3] == 1 || head[3] == 2 || head[3] == 5);
}

const struct forge_format_type forge_format_netcdf3 = {
    .name = "netcdf3",
    .summary = "netCDF classic: CDF-1, CDF-2 (64-bit offset) and CDF-5",
    .sniff = sniff,
    .scan = scan_file,
};

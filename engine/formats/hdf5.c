/* hdf5.c: HDF5 and netCDF-4 files.
 *
 * Schema and chunk index come from the HDF5 library; bulk values are read by
 * offset. netCDF-4's conventions are applied here (docs/decisions/0001) because
 * netcdf-c walks every group of a file, follows links out of it, and fails for
 * the whole file where one attribute has a type that it does not know.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "formats/hdf5_scan.h"

#define USER_BLOCK_MAX (1U << 30)
#define SUPERBLOCK_MIN 48

static const unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

/* A user block, if there is one, is 512 bytes or twice, four times, .. as long. */
static bool sniff(const unsigned char *head, size_t length)
{
    for (size_t at = 0; at + sizeof signature <= length; at = at == 0 ? 512 : 2 * at) {
        if (memcmp(head + at, signature, sizeof signature) == 0)
            return true;
    }
    return false;
}

/* ---- is all of it there? */

static uint64_t little_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t number = 0;

    for (unsigned i = count; i-- > 0;)
        number = number << 8 | bytes[i];
    return number;
}

/* The end of the file as its superblock has it (HDF5 file format specification, II.A), or 0
 * where the superblock is none that we know. */
static uint64_t end_of_file(const unsigned char *superblock)
{
    unsigned version = superblock[8], width, at;

    if (version <= 1) {
        width = superblock[13];
        at = (version == 0 ? 24 : 28) + 2 * width;
    } else if (version <= 3) {
        width = superblock[9];
        at = 12 + 2 * width;
    } else {
        return 0;
    }
    return width == 4 || width == 8 ? little_endian(superblock + at, width) : 0;
}

static bool check_whole(const struct forge_scan_request *request, struct forge_error *err)
{
    unsigned char superblock[64] = {0};
    uint64_t end = 0;

    for (off_t at = 0; at <= USER_BLOCK_MAX && end == 0; at = at == 0 ? 512 : 2 * at) {
        ssize_t length = pread(request->fd, superblock, sizeof superblock, at);

        if (length < (ssize_t)sizeof signature)
            break;
        if (memcmp(superblock, signature, sizeof signature) == 0 && length < SUPERBLOCK_MIN)
            return forge_fail(err, FORGE_BAD_SOURCE,
                              "file is truncated: %" PRIu64 " bytes do not hold its superblock",
                              request->size);
        if (memcmp(superblock, signature, sizeof signature) == 0)
            end = end_of_file(superblock);
    }
    if (end > request->size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "file is truncated: %" PRIu64 " bytes, its superblock says %" PRIu64,
                          request->size, end);
    return true;
}

/* ---- attributes */

/* netCDF's and HDF5's own, which no reader shows. */
static void drop_hidden(struct forge_attributes *attributes)
{
    static const char *const names[] = {
        "CLASS",
        "NAME",
        "REFERENCE_LIST",
        "DIMENSION_LIST",
        "DIMENSION_LABELS",
        "_NCProperties",
        "_Netcdf4Dimid",
        "_Netcdf4Coordinates",
        "_nc3_strict",
        NULL,
    };

    for (const char *const *name = names; *name; name++)
        forge_attributes_remove(attributes, *name);
}

/* _FillValue is not among the attributes where the dtype can hold it. */
static void take_fill(struct forge_variable *variable, struct forge_attributes *attributes,
                      enum forge_hdf5_kind kind)
{
    const struct forge_attribute *fill = forge_attributes_find(attributes, "_FillValue");
    bool one = fill && fill->count == 1, text = fill && fill->dtype == FORGE_STRING;

    if (one && !text && kind == FORGE_HDF5_NUMBERS)
        variable->has_fill = forge_value_convert(&variable->fill, variable->array->dtype,
                                                 fill->values, fill->dtype);
    if (one && text && kind == FORGE_HDF5_TEXTS) {
        variable->fill.string = *(const char *const *)fill->values;
        variable->has_fill = true;
    }
    if (variable->has_fill || kind == FORGE_HDF5_CHARS)
        forge_attributes_remove(attributes, "_FillValue");
}

/* Is the name one of the words of the text? */
static bool mentions(const char *text, const char *name)
{
    static const char spaces[] = " \t\r\n";
    size_t length = strlen(name);

    while (text && *text) {
        size_t word;

        text += strspn(text, spaces);
        word = strcspn(text, spaces);
        if (word == length && memcmp(text, name, length) == 0)
            return true;
        text += word;
    }
    return false;
}

static bool is_coordinate(const struct forge_hdf5_group *group,
                          const struct forge_attributes *globals, const char *name)
{
    bool found = mentions(forge_attributes_text(globals, "coordinates"), name);

    for (size_t i = 0; i < group->dims_count && !found; i++)
        found = strcmp(group->dims[i].name, name) == 0;
    for (size_t i = 0; i < group->variables_count && !found; i++)
        found = mentions(forge_attributes_text(&group->variables[i].attributes, "coordinates"),
                         name);
    return found;
}

/* ---- datasets */

static bool add_variable(struct forge_dataset *out, const struct forge_hdf5_group *group,
                         struct forge_hdf5_variable *from, struct forge_error *err)
{
    bool coordinate = is_coordinate(group, &out->attributes, from->name);
    struct forge_variable *variable;
    const struct forge_array *array = NULL;

    if (forge_dataset_variable(out, from->name))
        return forge_fail(err, FORGE_BAD_SOURCE, "two variables are named \"%s\"", from->name);
    if (!forge_hdf5_array(&array, group, from, coordinate, err))
        return false;
    variable = forge_dataset_add_variable(out, from->name);
    variable->array = array;
    variable->origin = group->request->url;
    variable->is_coordinate = coordinate;
    for (unsigned d = 0; d < array->rank; d++)
        variable->dims[d] = group->dims[from->dims[d]].name;
    drop_hidden(&from->attributes);
    take_fill(variable, &from->attributes, from->dataset.type.kind);
    variable->attributes = from->attributes;
    return true;
}

static bool make_dataset(struct forge_dataset *out, struct forge_hdf5_group *group,
                         struct forge_error *err)
{
    if (!forge_hdf5_attributes(&out->attributes, group->arena, group->file, group->path, err))
        return false;
    drop_hidden(&out->attributes);
    for (size_t i = 0; i < group->dims_count; i++)
        forge_dataset_add_dimension(out, group->dims[i].name, group->dims[i].size)->unlimited =
            group->dims[i].unlimited;
    for (size_t i = 0; i < group->variables_count; i++) {
        if (!group->variables[i].is_bare &&
            !add_variable(out, group, &group->variables[i], err))
            return false;
    }
    forge_dataset_trim_dimensions(out);
    return true;
}

static struct forge_file *describe_file(struct forge_arena *arena,
                                        const struct forge_scan_request *request)
{
    struct forge_file *file = forge_arena_take(arena, sizeof *file);

    file->url = request->url;
    file->format = "hdf5";
    file->group = request->group;
    file->status.size = request->size;
    return file;
}

static bool open_file(struct forge_hdf5 **out, const struct forge_scan_request *request,
                      struct forge_error *err)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", request->fd);
    return forge_hdf5_open(out, path, err);
}

static bool scan_group(struct forge_dataset *out, struct forge_hdf5_group *group,
                       struct forge_error *err)
{
    return forge_hdf5_group_find(group, err) && forge_hdf5_group_read(group, err) &&
           forge_hdf5_dims(group, err) && make_dataset(out, group, err);
}

static bool scan(struct forge_dataset *out, struct forge_arena *arena,
                 const struct forge_scan_request *request, struct forge_error *err)
{
    struct forge_hdf5_group group = {
        .request = request,
        .origin = describe_file(arena, request),
        .arena = arena,
        .path = forge_hdf5_group_path(arena, request->group),
    };
    struct forge_dataset dataset = {.arena = arena, .url = request->url};
    bool good = check_whole(request, err) && open_file(&group.file, request, err) &&
                scan_group(&dataset, &group, err);

    forge_hdf5_close(group.file);
    if (!good)
        return forge_hdf5_fail_in(&group, err, NULL);
    *out = dataset;
    return true;
}

static bool read_region(const struct forge_scan_request *request, const char *path,
                        enum forge_dtype dtype, unsigned rank,
                        const struct forge_region *region, void *elements, size_t size,
                        struct forge_error *err)
{
    struct forge_hdf5_dataset dataset;
    struct forge_hdf5 *file = NULL;
    uint64_t count, room;
    struct forge_view view;
    bool good = check_whole(request, err) && open_file(&file, request, err) &&
                forge_hdf5_describe(&dataset, file, path, err);

    if (good &&
        (dataset.type.kind != FORGE_HDF5_NUMBERS || dataset.type.dtype != dtype ||
         dataset.layout == FORGE_HDF5_EXTERNAL || dataset.layout == FORGE_HDF5_VIRTUAL ||
         !forge_region_count(&count, rank, region) ||
         !forge_checked_multiply(&room, count, forge_dtype_size(dtype)) || room != size))
        good =
            forge_fail(err, FORGE_BAD_SOURCE, "is not what it was when the file was scanned");
    if (good) {
        view = forge_view_of(elements, rank, region->count, forge_dtype_size(dtype));
        forge_view_fill(&view, rank, region->count, &dataset.fill, forge_dtype_size(dtype));
        good = forge_hdf5_read(file, path, dtype, rank, region, elements, err);
    }
    forge_hdf5_close(file);
    return good;
}

const struct forge_format_type forge_format_hdf5 = {
    .name = "hdf5",
    .summary = "HDF5 and netCDF-4",
    .sniff = sniff,
    .scan = scan,
    .read = read_region,
};

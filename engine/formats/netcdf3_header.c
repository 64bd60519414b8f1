#include "formats/netcdf3_header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/text.h"
#include "document/options.h"
#include "formats/names.h"

#define HEADER_MAX ((uint64_t)32 << 20)
#define READ_AHEAD ((uint64_t)64 << 10)
#define DIMS_MAX 4096
#define VARIABLES_MAX 8192
#define NAME_MAX_BYTES 256

enum tag { TAG_DIMENSION = 10, TAG_VARIABLE = 11, TAG_ATTRIBUTE = 12 };

/* By their number in the file; those from ubyte on are of CDF-5 only. */
static const struct forge_netcdf3_type types[] = {
    {0},
    {"byte", FORGE_INT8, 1},
    {"char", FORGE_STRING, 1},
    {"short", FORGE_INT16, 2},
    {"int", FORGE_INT32, 4},
    {"float", FORGE_FLOAT32, 4},
    {"double", FORGE_FLOAT64, 8},
    {"ubyte", FORGE_UINT8, 1},
    {"ushort", FORGE_UINT16, 2},
    {"uint", FORGE_UINT32, 4},
    {"int64", FORGE_INT64, 8},
    {"uint64", FORGE_UINT64, 8},
};
#define TYPES_CLASSIC 6U
#define TYPES_CDF5 11U

/* Reads forward through the header. Errors do not name the file: header_read() does. */
struct parser {
    const struct forge_scan_request *request;
    struct forge_arena *arena;
    struct forge_error *err;
    int version;
    uint64_t at; /* next byte of the file */
    unsigned char *bytes;
    uint64_t loaded; /* bytes of the file, from its start, that are in `bytes` */
};

/* ---- bytes and numbers ---- */

static bool read_to(struct parser *p, uint64_t end)
{
    unsigned char *bytes = realloc(p->bytes, end);

    if (!bytes) {
        forge_fail(p->err, FORGE_FAILED, "out of memory");
        return false;
    }
    p->bytes = bytes;
    while (p->loaded < end) {
        ssize_t got =
            pread(p->request->fd, bytes + p->loaded, end - p->loaded, (off_t)p->loaded);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return forge_fail_errno(p->err, FORGE_SOURCE_IO, "reading the header");
        if (got == 0)
            return forge_fail(p->err, FORGE_BAD_SOURCE, "the file became shorter");
        p->loaded += (uint64_t)got;
    }
    return true;
}

/* The next `length` bytes, valid until the next take. */
static bool take(struct parser *p, const unsigned char **out, uint64_t length)
{
    uint64_t size = p->request->size;
    uint64_t end = 0;

    if (!forge_checked_add(&end, p->at, length) || end > size) {
        forge_fail(p->err, FORGE_BAD_SOURCE,
                   "file is truncated: its header goes on beyond its %" PRIu64 " bytes", size);
        return false;
    }
    if (end > HEADER_MAX) {
        forge_fail(p->err, FORGE_BAD_SOURCE, "its header is larger than 32 MiB");
        return false;
    }
    if (end > p->loaded || !p->bytes) {
        uint64_t ahead = forge_maximum(end, forge_maximum(READ_AHEAD, p->loaded * 2));

        if (!read_to(p, forge_minimum(ahead, forge_minimum(size, HEADER_MAX))))
            return false;
    }
    *out = p->bytes + p->at;
    p->at = end;
    return true;
}

static bool take_u32(struct parser *p, uint32_t *out)
{
    const unsigned char *bytes = NULL;
    uint32_t number;

    if (!take(p, &bytes, sizeof number))
        return false;
    memcpy(&number, bytes, sizeof number);
    *out = __builtin_bswap32(number);
    return true;
}

static bool take_u64(struct parser *p, uint64_t *out)
{
    const unsigned char *bytes = NULL;
    uint64_t number;

    if (!take(p, &bytes, sizeof number))
        return false;
    memcpy(&number, bytes, sizeof number);
    *out = __builtin_bswap64(number);
    return true;
}

static bool take_narrow_or_wide(struct parser *p, uint64_t *out, bool wide)
{
    uint32_t narrow = 0;

    if (wide)
        return take_u64(p, out);
    if (!take_u32(p, &narrow))
        return false;
    *out = narrow;
    return true;
}

/* Counts, lengths and ids have 4 bytes, in CDF-5 they have 8. */
static bool take_count(struct parser *p, uint64_t *out)
{
    return take_narrow_or_wide(p, out, p->version == 5);
}

/* ---- names ---- */

static uint64_t padded(uint64_t length)
{
    return (length + 3) / 4 * 4;
}

static char *from_latin1(struct forge_arena *arena, const unsigned char *bytes, size_t length)
{
    char *text = forge_arena_take(arena, length * 2 + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < 0x80) {
            text[used++] = (char)bytes[i];
        } else {
            text[used++] = (char)(0xc0 | bytes[i] >> 6);
            text[used++] = (char)(0x80 | (bytes[i] & 0x3f));
        }
    }
    return text;
}

const char *forge_netcdf3_text(struct forge_arena *arena, const unsigned char *bytes,
                               size_t length)
{
    length = strnlen((const char *)bytes, length);
    if (!forge_text_is_utf8((const char *)bytes, length))
        return from_latin1(arena, bytes, length);
    return forge_arena_copy(arena, (const char *)bytes, length);
}

static bool take_name(struct parser *p, const char **out, const char *what)
{
    const unsigned char *bytes = NULL;
    uint64_t length = 0;

    if (!take_count(p, &length))
        return false;
    if (length == 0 || length > NAME_MAX_BYTES)
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "the name of %s has %" PRIu64 " bytes, must have 1 to 256", what,
                          length);
    if (!take(p, &bytes, padded(length)))
        return false;
    *out = forge_netcdf3_text(p->arena, bytes, length);
    if (memchr(bytes, 0, length) || !forge_name_is_safe(*out))
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "the name of %s, \"%s\", is not fit to be one", what, *out);
    return true;
}

/* Pointers to the items, sorted by name; refuses two of one name. */
static bool sort_names(struct parser *p, void *const **out, void *items, size_t count,
                       size_t size, const char *what)
{
    const char *twice = NULL;

    *out = forge_names_sort(p->arena, items, count, size, &twice);
    if (twice)
        return forge_fail(p->err, FORGE_BAD_SOURCE, "two %s have the name \"%s\"", what, twice);
    return true;
}

/* ---- the lists ---- */

/* The tag and length of a list whose items have at least `item_bytes` each. */
static bool take_list(struct parser *p, enum tag tag, const char *what, uint64_t item_bytes,
                      uint64_t limit, size_t *out)
{
    uint32_t found = 0;
    uint64_t count = 0;

    if (!take_u32(p, &found) || !take_count(p, &count))
        return false;
    if (found != (uint32_t)tag && (found != 0 || count != 0))
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "its header is damaged: a list of %s has the tag %" PRIu32, what,
                          found);
    if (count > limit)
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "it has %" PRIu64 " %s, more than the %" PRIu64 " that are read",
                          count, what, limit);
    if (count > (p->request->size - p->at) / item_bytes)
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "file is truncated: %" PRIu64 " %s do not fit into its %" PRIu64
                          " bytes",
                          count, what, p->request->size);
    *out = (size_t)count;
    return true;
}

static bool take_dims(struct parser *p, struct forge_netcdf3_header *header)
{
    void *const *sorted = NULL;
    size_t count = 0;
    bool have_record = false;

    if (!take_list(p, TAG_DIMENSION, "dimensions", 12, DIMS_MAX, &count))
        return false;
    header->dims = forge_arena_array(p->arena, count, sizeof *header->dims);
    header->dims_count = count;
    for (size_t i = 0; i < count; i++) {
        struct forge_netcdf3_dim *dim = &header->dims[i];

        if (!take_name(p, &dim->name, "a dimension") || !take_count(p, &dim->size))
            return false;
        dim->is_record = dim->size == 0;
        if (dim->is_record && have_record)
            return forge_fail(p->err, FORGE_BAD_SOURCE,
                              "dimension \"%s\" is a second record dimension", dim->name);
        have_record = have_record || dim->is_record;
    }
    return sort_names(p, &sorted, header->dims, count, sizeof *header->dims, "dimensions");
}

static bool take_type(struct parser *p, const struct forge_netcdf3_type **out, const char *name)
{
    uint32_t number = 0;

    if (!take_u32(p, &number))
        return false;
    if (number == 0 || number > (p->version == 5 ? TYPES_CDF5 : TYPES_CLASSIC)) {
        forge_fail(p->err, FORGE_BAD_SOURCE, "\"%s\" is of the unknown type %" PRIu32, name,
                   number);
        return false;
    }
    *out = &types[number];
    return true;
}

static void copy_swapped(unsigned char *to, const unsigned char *from, uint64_t count,
                         size_t size)
{
    for (uint64_t i = 0; i < count; i++) {
        for (size_t j = 0; j < size; j++)
            to[i * size + j] = from[i * size + size - 1 - j];
    }
}

static bool take_attribute(struct parser *p, struct forge_attribute *attribute)
{
    const struct forge_netcdf3_type *type = NULL;
    const unsigned char *bytes = NULL;
    unsigned char *values;
    uint64_t count = 0;

    if (!take_name(p, &attribute->name, "an attribute") ||
        !take_type(p, &type, attribute->name) || !take_count(p, &count))
        return false;
    if (count > p->request->size / type->size)
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "file is truncated: attribute \"%s\" has %" PRIu64 " values",
                          attribute->name, count);
    if (!take(p, &bytes, padded(count * type->size)))
        return false;
    attribute->dtype = type->dtype;
    if (type->dtype == FORGE_STRING) {
        const char **text = forge_arena_take(p->arena, sizeof *text);

        *text = forge_netcdf3_text(p->arena, bytes, count);
        attribute->count = 1;
        attribute->values = text;
        return true;
    }
    values = forge_arena_array(p->arena, count, type->size);
    copy_swapped(values, bytes, count, type->size);
    attribute->count = count;
    attribute->values = values;
    return true;
}

static bool take_attributes(struct parser *p, struct forge_attributes *attributes)
{
    void *const *sorted = NULL;
    size_t count = 0;

    if (!take_list(p, TAG_ATTRIBUTE, "attributes", 16, UINT64_MAX, &count))
        return false;
    attributes->items = forge_arena_array(p->arena, count, sizeof *attributes->items);
    attributes->count = count;
    attributes->room = count;
    for (size_t i = 0; i < count; i++) {
        if (!take_attribute(p, &attributes->items[i]))
            return false;
    }
    return sort_names(p, &sorted, attributes->items, count, sizeof *attributes->items,
                      "attributes");
}

static bool take_variable_dims(struct parser *p, const struct forge_netcdf3_header *header,
                               struct forge_netcdf3_variable *variable)
{
    uint64_t rank = 0;

    if (!take_count(p, &rank))
        return false;
    if (rank > FORGE_RANK_MAX)
        return forge_fail(p->err, FORGE_BAD_SOURCE,
                          "variable \"%s\" has %" PRIu64 " dimensions, at most %d are read",
                          variable->name, rank, FORGE_RANK_MAX);
    variable->rank = (unsigned)rank;
    for (unsigned d = 0; d < variable->rank; d++) {
        uint64_t id = 0;

        if (!take_count(p, &id))
            return false;
        if (id >= header->dims_count)
            return forge_fail(p->err, FORGE_BAD_SOURCE,
                              "variable \"%s\" has dimension number %" PRIu64
                              ", the file has %zu",
                              variable->name, id, header->dims_count);
        variable->dims[d] = (uint32_t)id;
        if (header->dims[id].is_record && d > 0)
            return forge_fail(p->err, FORGE_BAD_SOURCE,
                              "variable \"%s\" has the record dimension behind another one",
                              variable->name);
        variable->is_record = variable->is_record || header->dims[id].is_record;
    }
    return true;
}

static bool take_variable(struct parser *p, const struct forge_netcdf3_header *header,
                          struct forge_netcdf3_variable *variable)
{
    uint64_t ignored = 0; /* vsize: writers disagree on what it is where it does not fit */

    return take_name(p, &variable->name, "a variable") &&
           take_variable_dims(p, header, variable) &&
           take_attributes(p, &variable->attributes) &&
           take_type(p, &variable->type, variable->name) && take_count(p, &ignored) &&
           take_narrow_or_wide(p, &variable->begin, p->version != 1);
}

static bool take_variables(struct parser *p, struct forge_netcdf3_header *header)
{
    size_t count = 0;

    if (!take_list(p, TAG_VARIABLE, "variables", 32, VARIABLES_MAX, &count))
        return false;
    header->variables = forge_arena_array(p->arena, count, sizeof *header->variables);
    header->variables_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!take_variable(p, header, &header->variables[i]))
            return false;
    }
    return sort_names(p, &header->by_name, header->variables, count, sizeof *header->variables,
                      "variables");
}

static bool take_magic(struct parser *p)
{
    const unsigned char *bytes = NULL;

    if (!take(p, &bytes, 4))
        return false;
    p->version = bytes[3];
    if (memcmp(bytes, "CDF", 3) != 0 || (p->version != 1 && p->version != 2 && p->version != 5))
        return forge_fail(p->err, FORGE_BAD_SOURCE, "it is not a netCDF classic file");
    return true;
}

bool forge_netcdf3_header_read(struct forge_netcdf3_header *out, struct forge_arena *arena,
                               const struct forge_scan_request *request,
                               struct forge_error *err)
{
    struct parser p = {.request = request, .arena = arena, .err = err};
    struct forge_netcdf3_header header = {0};
    bool good = take_magic(&p) && take_count(&p, &header.records) && take_dims(&p, &header) &&
                take_attributes(&p, &header.attributes) && take_variables(&p, &header);

    if (p.version != 5 && header.records == UINT32_MAX)
        header.records = FORGE_NETCDF3_STREAMING;
    header.end = p.at;
    free(p.bytes);
    if (!good || !forge_netcdf3_header_check(&header, request->size, err))
        return forge_fail_while(err, "%s", request->url);
    *out = header;
    return true;
}

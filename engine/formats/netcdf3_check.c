/* netcdf3_check.c: what the header of a classic file says, held against the size of the file.
 */
#include <inttypes.h>

#include "base/checked.h"
#include "formats/netcdf3_header.h"

/* Without the record dimension. False when no file is that large. */
static bool measure(const struct forge_netcdf3_header *header,
                    struct forge_netcdf3_variable *variable)
{
    variable->bytes = variable->type->size;
    for (unsigned d = variable->is_record ? 1 : 0; d < variable->rank; d++) {
        if (!forge_checked_multiply(&variable->bytes, variable->bytes,
                                    header->dims[variable->dims[d]].size))
            return false;
    }
    return variable->bytes <= INT64_MAX;
}

/* Records hold one of each record variable, each padded to 4 bytes; but a variable that is
 * alone is not padded. */
static bool measure_records(struct forge_netcdf3_header *header)
{
    const struct forge_netcdf3_variable *only = NULL;
    size_t count = 0;

    for (size_t i = 0; i < header->variables_count; i++) {
        const struct forge_netcdf3_variable *variable = &header->variables[i];

        if (!variable->is_record)
            continue;
        count++;
        only = variable;
        if (!forge_checked_add(&header->record_bytes, header->record_bytes,
                               (variable->bytes + 3) / 4 * 4))
            return false;
    }
    if (count == 1)
        header->record_bytes = only->bytes;
    return true;
}

/* How many records of every record variable are in the file. */
static uint64_t whole_records(const struct forge_netcdf3_header *header, uint64_t size)
{
    uint64_t records = UINT64_MAX;

    for (size_t i = 0; i < header->variables_count; i++) {
        const struct forge_netcdf3_variable *variable = &header->variables[i];
        uint64_t end = 0, here = 0;

        if (!variable->is_record)
            continue;
        if (forge_checked_add(&end, variable->begin, variable->bytes) && end <= size)
            here = (size - end) / header->record_bytes + 1;
        records = forge_minimum(records, here);
    }
    return records == UINT64_MAX ? 0 : records;
}

/* Where the last byte of a variable that has any is. */
static bool end_of(uint64_t *out, const struct forge_netcdf3_header *header,
                   const struct forge_netcdf3_variable *variable)
{
    uint64_t before = 0;

    if (variable->is_record &&
        !forge_checked_multiply(&before, header->records - 1, header->record_bytes))
        return false;
    return forge_checked_add(out, variable->begin, before) &&
           forge_checked_add(out, *out, variable->bytes);
}

static bool check_variable(const struct forge_netcdf3_header *header,
                           const struct forge_netcdf3_variable *variable, uint64_t size,
                           struct forge_error *err)
{
    uint64_t end = 0;

    if (variable->is_record && header->records == 0)
        return true;
    if (variable->begin < header->end)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "variable \"%s\" begins at byte %" PRIu64
                          ", inside the header, which ends at %" PRIu64,
                          variable->name, variable->begin, header->end);
    if (!end_of(&end, header, variable))
        return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is larger than any file",
                          variable->name);
    if (end > size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "file is truncated: variable \"%s\" ends at byte %" PRIu64
                          ", the file has %" PRIu64 ": %" PRIu64 " bytes are missing",
                          variable->name, end, size, end - size);
    return true;
}

bool forge_netcdf3_header_check(struct forge_netcdf3_header *header, uint64_t size,
                                struct forge_error *err)
{
    for (size_t i = 0; i < header->variables_count; i++) {
        if (!measure(header, &header->variables[i]))
            return forge_fail(err, FORGE_BAD_SOURCE, "variable \"%s\" is larger than any file",
                              header->variables[i].name);
    }
    if (!measure_records(header))
        return forge_fail(err, FORGE_BAD_SOURCE, "its records are larger than any file");
    if (header->records == FORGE_NETCDF3_STREAMING)
        header->records = whole_records(header, size);
    for (size_t i = 0; i < header->dims_count; i++) {
        if (header->dims[i].is_record)
            header->dims[i].size = header->records;
    }
    for (size_t i = 0; i < header->variables_count; i++) {
        if (!check_variable(header, &header->variables[i], size, err))
            return false;
    }
    return true;
}

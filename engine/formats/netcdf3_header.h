/* netcdf3_header.h: the header of a netCDF classic file, parsed and checked.
 *
 * CDF-1, CDF-2 (64-bit offsets) and CDF-5, as "The NetCDF Classic Format
 * Specification" of Unidata and the CDF-5 notes of PnetCDF have them. netcdf-c
 * opens truncated files and reads zeros, and crafted headers crash it: this
 * parser is the only reader of such files. What it hands out was held against
 * the size of the file: every variable's bytes are there.
 *
 * Texts end at their first NUL; those that are not UTF-8 are read as Latin-1.
 */
#ifndef FORGE_FORMATS_NETCDF3_HEADER_H
#define FORGE_FORMATS_NETCDF3_HEADER_H

#include "array/dataset.h"
#include "formats/format.h"

/* A number of records: whoever wrote the file left it open, the size of the file says it. */
#define FORGE_NETCDF3_STREAMING UINT64_MAX

struct forge_netcdf3_type {
    const char *name; /* as in CDL */
    enum forge_dtype dtype;
    size_t size; /* in the file */
};

struct forge_netcdf3_dim {
    const char *name;
    uint64_t size; /* of the record dimension: the number of records */
    bool is_record;
};

struct forge_netcdf3_variable {
    const char *name;
    unsigned rank;
    uint32_t dims[FORGE_RANK_MAX];
    const struct forge_netcdf3_type *type; /* dtype FORGE_STRING: char */
    struct forge_attributes attributes;    /* in memory order, _FillValue among them */
    uint64_t begin;                        /* of its first byte */
    uint64_t bytes;                        /* all of it, or one record, without padding */
    bool is_record;
};

struct forge_netcdf3_header {
    struct forge_netcdf3_dim *dims;
    size_t dims_count;
    struct forge_netcdf3_variable *variables; /* no two of one name */
    size_t variables_count;
    void *const *by_name; /* pointers to the same, for names.h */
    struct forge_attributes attributes;
    uint64_t records;
    uint64_t record_bytes; /* from one record to the next */
    uint64_t end;          /* of the header */
};

/* Parse it; everything lives in the arena. FORGE_BAD_SOURCE says what is wrong with the file.
 */
FORGE_MUST_CHECK bool forge_netcdf3_header_read(struct forge_netcdf3_header *out,
                                                struct forge_arena *arena,
                                                const struct forge_scan_request *request,
                                                struct forge_error *err);

/* Hold what was parsed against the size of the file, and work out sizes and records. The error
 * does not name the file. */
FORGE_MUST_CHECK bool forge_netcdf3_header_check(struct forge_netcdf3_header *header,
                                                 uint64_t size, struct forge_error *err);

/* Bytes as a text in the arena: up to the first NUL, Latin-1 where they are not UTF-8. */
const char *forge_netcdf3_text(struct forge_arena *arena, const unsigned char *bytes,
                               size_t length);

#endif

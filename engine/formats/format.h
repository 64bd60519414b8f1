/* format.h: kinds of source files, and how each becomes a virtual dataset.
 *
 * To add one: <name>.c with a `const struct forge_format_type
 * forge_format_<name>` and one line in list.h.
 *
 * scan() and read() parse untrusted bytes and may use libraries that crash:
 * they run in a sandboxed scanner process (run/scanner.h), never in the driver,
 * single-threaded, with the file already open at `fd` and nothing else to open
 * but /proc/self/fd/<fd>. What scan() describes goes back as a record
 * (formats/record.h) that the driver checks again.
 */
#ifndef FORGE_FORMATS_FORMAT_H
#define FORGE_FORMATS_FORMAT_H

#include "array/dataset.h"
#include "formats/source.h"

/* Values that are sent along have at most so many dimensions: coordinates, bounds, small grids;
 * not the fields themselves. */
#define FORGE_INLINE_RANK 2

/* Part of what a remembered scan is found by: raise it when any format describes the same bytes
 * in another way. */
#define FORGE_SCAN_VERSION 1U

/* How a recipe wants a file to be read. */
struct forge_scan_request {
    int fd;
    uint64_t size;         /* of the file */
    const char *url;       /* for messages only: never opened */
    const char *group;     /* "Grid" or "/a/b"; NULL: the root */
    uint64_t inline_bytes; /* values of variables up to this size are read and sent along;
                              1-D coordinates always, up to 16 MiB */
};

struct forge_format_type {
    const char *name; /* as in `format:` of an input */
    const char *summary;

    /* Do these first bytes (up to 512) look like it? */
    bool (*sniff)(const unsigned char *head, size_t length);

    /* Describe the file: a dataset in `arena` whose leaves are forge_source or memory nodes. */
    bool (*scan)(struct forge_dataset *out, struct forge_arena *arena,
                 const struct forge_scan_request *request, struct forge_error *err);

    /* Read a region of one variable through the library; NULL where nothing needs it.
     * `elements` has room for the region in C order, machine byte order. */
    bool (*read)(const struct forge_scan_request *request, const char *path,
                 enum forge_dtype dtype, unsigned rank, const struct forge_region *region,
                 void *elements, size_t size, struct forge_error *err);
};

const struct forge_format_type *forge_format_find(const char *name);
const struct forge_format_type *const *forge_format_all(void);

/* The format of a file by its first bytes, or a FORGE_BAD_SOURCE that says what it looks like
 * instead: empty, an HTML page, a gzip archive, text, "unknown (first bytes ..)". */
FORGE_MUST_CHECK bool forge_format_sniff(const struct forge_format_type **out,
                                         const unsigned char *head, size_t length,
                                         uint64_t size, const char *url,
                                         struct forge_error *err);

#endif

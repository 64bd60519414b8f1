/* classic_file.h: netCDF classic files written byte by byte from a short notation, and scanned.
 *
 *     CDF1  the magic and version     12  a 4-byte number    w12  an 8-byte number
 *     'abc  length, bytes, padding    +12 twelve bytes of data: 1 2 3 ..    xff00  bytes
 *     |     the end of the header     @8  8 bytes behind it, as 4 bytes; w@8: as 8 bytes
 */
#ifndef TESTS_SUPPORT_CLASSIC_FILE_H
#define TESTS_SUPPORT_CLASSIC_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/text.h"
#include "formats/format.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

extern const struct forge_format_type forge_format_netcdf3;

static inline void add_number(struct forge_text *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;) {
        unsigned char byte = (unsigned char)(number >> (8 * i));

        forge_text_add_bytes(out, &byte, 1);
    }
}

static inline void add_word(struct forge_text *out, const char *word, size_t length,
                            uint64_t header_end)
{
    uint64_t number;

    if (strncmp(word, "CDF", 3) == 0) {
        forge_text_add_bytes(out, "CDF", 3);
        add_number(out, (uint64_t)(word[3] - '0'), 1);
    } else if (word[0] == '\'') {
        add_number(out, length - 1, 4);
        forge_text_add_bytes(out, word + 1, length - 1);
        forge_text_add_bytes(out, "\0\0\0", (4 - (length - 1) % 4) % 4);
    } else if (word[0] == '+') {
        number = strtoull(word + 1, NULL, 10);
        for (uint64_t i = 1; i <= number; i++)
            add_number(out, i, 1);
    } else if (word[0] == 'x') {
        for (size_t i = 1; i + 1 < length; i += 2) {
            const char digits[] = {word[i], word[i + 1], '\0'};

            add_number(out, strtoull(digits, NULL, 16), 1);
        }
    } else if (word[0] != '|') {
        const char *digits = word + (word[0] == 'w');
        bool behind = digits[0] == '@';

        number = strtoull(digits + behind, NULL, 10) + (behind ? header_end : 0);
        add_number(out, number, word[0] == 'w' ? 8 : 4);
    }
}

static inline void add_words(struct forge_text *out, const char *words, const char *end,
                             uint64_t header_end)
{
    while (words < end) {
        size_t length = strcspn(words, " ");

        if (length > 0)
            add_word(out, words, length, header_end);
        words += length + strspn(words + length, " ");
    }
}

static inline void assemble(struct forge_text *out, const char *words)
{
    const char *bar = strchr(words, '|');
    struct forge_text header = {0};

    if (bar)
        add_words(&header, words, bar, 0);
    add_words(out, words, words + strlen(words), header.length);
    forge_text_clear(&header);
}

/* A scanned file; its sources read it through `store`. */
struct scanned {
    struct forge_arena arena;
    struct forge_dataset dataset;
    struct forge_store *store;
    struct forge_error err;
    char path[64];
    bool good;
};

static inline void write_temporary(struct scanned *out, const void *bytes, size_t length)
{
    int fd;

    snprintf(out->path, sizeof out->path, "/tmp/forge-classic-XXXXXX");
    fd = mkstemp(out->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

/* Scan the file at out->path, which is called data/a.nc in messages. */
static inline void scan_path(struct scanned *out, uint64_t inline_bytes)
{
    struct forge_scan_request request = {
        .fd = open(out->path, O_RDONLY), .url = "data/a.nc", .inline_bytes = inline_bytes};

    assert_true(request.fd >= 0);
    request.size = (uint64_t)lseek(request.fd, 0, SEEK_END);
    out->good = forge_format_netcdf3.scan(&out->dataset, &out->arena, &request, &out->err);
    close(request.fd);
    assert_true(out->good || out->err.text[0]);
}

static inline struct scanned scan_bytes(const void *bytes, size_t length, uint64_t inline_bytes)
{
    struct scanned scanned = {0};

    write_temporary(&scanned, bytes, length);
    scan_path(&scanned, inline_bytes);
    return scanned;
}

static inline struct scanned scan_words(const char *words, uint64_t inline_bytes)
{
    struct forge_text bytes = {0};
    struct scanned scanned;

    assemble(&bytes, words);
    scanned = scan_bytes(bytes.bytes, bytes.length, inline_bytes);
    forge_text_clear(&bytes);
    return scanned;
}

static inline void scanned_close(struct scanned *scanned)
{
    forge_store_close(scanned->store);
    unlink(scanned->path);
    forge_arena_clear(&scanned->arena);
}

static inline const struct forge_variable *variable_of(const struct scanned *scanned,
                                                       const char *name)
{
    const struct forge_variable *variable = forge_dataset_variable(&scanned->dataset, name);

    if (!scanned->good)
        fail_msg("%s", scanned->err.text);
    if (!variable)
        fail_msg("no variable %s", name);
    return variable;
}

/* All values of a variable, wherever they are; false with the error in `scanned`. */
static inline bool read_all(struct scanned *scanned, const struct forge_variable *variable,
                            const void **values)
{
    const struct forge_source *source = forge_array_source(variable->array);
    struct forge_reader reader = {0};
    bool good;

    if (source && !source->file->store) {
        struct forge_file *file = (struct forge_file *)source->file; /* the scanner's own */

        if (!scanned->store)
            assert_true(forge_store_open_file(&scanned->store, "/", &scanned->err));
        file->store = scanned->store;
        file->key = scanned->path + 1;
    }
    good = forge_array_values(values, variable->array, &reader, &scanned->arena, 1U << 28,
                              &scanned->err);
    forge_reader_close(&reader);
    return good;
}

static inline const void *values_of(struct scanned *scanned, const char *name)
{
    const void *values = NULL;

    if (!read_all(scanned, variable_of(scanned, name), &values))
        fail_msg("%s: %s", name, scanned->err.text);
    return values;
}

#endif

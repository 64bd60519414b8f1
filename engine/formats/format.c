#include "formats/format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FORGE_FORMAT(name) extern const struct forge_format_type forge_format_##name;
#include "formats/list.h"
#undef FORGE_FORMAT

static const struct forge_format_type *const all[] = {
#define FORGE_FORMAT(name) &forge_format_##name,
#include "formats/list.h"
#undef FORGE_FORMAT
    NULL,
};

const struct forge_format_type *const *forge_format_all(void)
{
    return all;
}

const struct forge_format_type *forge_format_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

/* What else people hand us, by its first bytes. */
static const struct {
    const char *magic;
    size_t length, offset;
    const char *what, *help;
} strangers[] = {
#define MAGIC(bytes) bytes, sizeof(bytes) - 1
    {MAGIC("\x1f\x8b"), 0, "a gzip archive", "unpack it first"},
    {MAGIC("PK\x03\x04"), 0, "a zip archive", "unpack it first"},
    {MAGIC("BZh"), 0, "a bzip2 archive", "unpack it first"},
    {MAGIC("\xfd"
           "7zXZ"),
     0, "an xz archive", "unpack it first"},
    {MAGIC("\x28\xb5\x2f\xfd"), 0, "a zstd archive", "unpack it first"},
    {MAGIC("ustar"), 257, "a tar archive", "unpack it first"},
    {MAGIC("GRIB"), 0, "a GRIB file", "GRIB is of a later version of forge"},
    {MAGIC("BUFR"), 0, "a BUFR file", "convert it to netCDF first"},
    {MAGIC("\x0e\x03\x13\x01"), 0, "an HDF4 file", "convert it to netCDF-4 first"},
    {MAGIC("II*\0"), 0, "a TIFF image", "convert it to netCDF first"},
    {MAGIC("MM\0*"), 0, "a TIFF image", "convert it to netCDF first"},
    {MAGIC("%PDF"), 0, "a PDF document", NULL},
    {MAGIC("PAR1"), 0, "a parquet file", NULL},
    {MAGIC("ICE\xf0\x9f\xa7\x8a"
           "CHUNK"),
     0, "a part of an Icechunk store", NULL},
#undef MAGIC
};

static const char *const markup[] = {"<!doctype", "<html", "<?xml", "<head", "<error", NULL};

/* Does the text begin like a page of the web? *shown is the length of what gives it away. */
static bool is_markup(const unsigned char *head, size_t length, size_t *skipped)
{
    const char *text = (const char *)head;

    *skipped = 0;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        *skipped = 3;
    while (*skipped < length && isspace(head[*skipped]))
        ++*skipped;
    for (size_t i = 0; markup[i]; i++) {
        size_t wanted = strlen(markup[i]);

        if (length - *skipped >= wanted && strncasecmp(text + *skipped, markup[i], wanted) == 0)
            return true;
    }
    return false;
}

static bool is_text(const unsigned char *head, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (head[i] == 0x7f || (head[i] < 0x20 && !isspace(head[i])))
            return false;
    }
    return true;
}

/* The first line, as far as it is plain and short. */
static void first_words(char *out, size_t size, const unsigned char *head, size_t length)
{
    size_t used = 0;

    while (used < length && used + 1 < size && head[used] >= 0x20 && head[used] < 0x7f) {
        out[used] = (char)head[used];
        used++;
    }
    out[used] = '\0';
}

static bool refuse_text(const unsigned char *head, size_t length, const char *url,
                        struct forge_error *err)
{
    size_t skipped = 0;
    char words[41];

    if (is_markup(head, length, &skipped)) {
        first_words(words, 22, head + skipped, length - skipped);
        forge_fail(err, FORGE_BAD_SOURCE, "%s: starts with %s: a web page, not data", url,
                   words);
        return forge_fail_help(err, "the server may have answered with an error page; open the "
                                    "address in a browser");
    }
    first_words(words, sizeof words, head, length);
    if (head[0] == '{' || head[0] == '[') {
        forge_fail(err, FORGE_BAD_SOURCE, "%s: a JSON document, not data: %s", url, words);
        return forge_fail_help(err, "the server may have answered with an error message");
    }
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: a text, not data: \"%s\"", url, words);
}

static bool refuse_unknown(const unsigned char *head, size_t length, const char *url,
                           struct forge_error *err)
{
    char digits[3 * 8 + 1] = "";
    size_t used = 0;

    for (size_t i = 0; i < length && i < 8; i++)
        used += (size_t)snprintf(digits + used, sizeof digits - used, "%s%02x",
                                 i > 0 ? " " : "", head[i]);
    forge_fail(err, FORGE_BAD_SOURCE,
               "%s: not a kind of file that forge reads (first bytes %s)", url, digits);
    return forge_fail_help(err, "forge reads netCDF and HDF5");
}

bool forge_format_sniff(const struct forge_format_type **out, const unsigned char *head,
                        size_t length, uint64_t size, const char *url, struct forge_error *err)
{
    if (size == 0 || length == 0)
        return forge_fail(err, FORGE_BAD_SOURCE, "%s: the file is empty", url);
    for (size_t i = 0; all[i]; i++) {
        if (all[i]->sniff(head, length)) {
            *out = all[i];
            return true;
        }
    }
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        if (length < strangers[i].offset + strangers[i].length ||
            memcmp(head + strangers[i].offset, strangers[i].magic, strangers[i].length) != 0)
            continue;
        forge_fail(err, FORGE_BAD_SOURCE, "%s: %s, not data that forge reads", url,
                   strangers[i].what);
        return strangers[i].help ? forge_fail_help(err, "%s", strangers[i].help) : false;
    }
    return is_text(head, length) ? refuse_text(head, length, url, err)
                                 : refuse_unknown(head, length, url, err);
}

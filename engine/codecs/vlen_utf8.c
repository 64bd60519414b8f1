/* vlen_utf8.c: Zarr's name for strings; the bytes are built and taken apart by the formats.
 *
 * Codecs see bytes and an array of strings is pointers, so this one only says
 * its name: u32le count, then u32le length and UTF-8 of each string.
 */
#include <inttypes.h>
#include <string.h>

#include "codecs/codec.h"
#include "codecs/parameters.h"

static bool identity(const void *settings, size_t element_size)
{
    (void)settings;
    (void)element_size;
    return true;
}

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return size;
}

static bool copy(const void *settings, size_t element_size, const unsigned char *from,
                 uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                 struct forge_error *err)
{
    (void)settings;
    (void)element_size;
    if (size > room)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "vlen-utf8: %" PRIu64 " bytes where at most %" PRIu64 " should be",
                          size, room);
    if (size > 0)
        memcpy(to, from, size);
    *length = size;
    return true;
}

static bool write_name(struct forge_json *json, const char *key)
{
    forge_json_object(json);
    forge_json_key(json, key);
    forge_json_string(json, "vlen-utf8");
    forge_json_close(json, '}');
    return true;
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    return write_name(json, "id");
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    return write_name(json, "name");
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "vlen-utf8", NULL, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_vlen_utf8 = {
    .name = "vlen-utf8",
    .summary = "strings: a count, then length and UTF-8 of each",
    .identity = identity,
    .bound = bound,
    .encode = copy,
    .decode = copy,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "vlen-utf8",
    .id_zarr3 = "vlen-utf8",
};

/* bytes.c: the byte order of elements; Zarr 3's array-to-bytes codec. */
#include <inttypes.h>
#include <string.h>

#include "codecs/codec.h"
#include "codecs/parameters.h"

struct settings {
    const char *endian;
};

static const char *const endians[] = {"little", "big", NULL};

static const struct forge_option options[] = {
    {"endian", FORGE_OPTION_CHOICE, offsetof(struct settings, endian), "little",
     .choices = endians, .help = "order of the bytes of an element"},
    {0},
};

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return size;
}

static bool identity(const void *settings, size_t element_size)
{
    const struct settings *s = settings;

    return element_size <= 1 || strcmp(s->endian, "little") == 0;
}

static void swap2(const unsigned char *from, uint64_t size, unsigned char *to)
{
    for (uint64_t i = 0; i < size; i += 2) {
        uint16_t element;

        memcpy(&element, from + i, sizeof element);
        element = __builtin_bswap16(element);
        memcpy(to + i, &element, sizeof element);
    }
}

static void swap4(const unsigned char *from, uint64_t size, unsigned char *to)
{
    for (uint64_t i = 0; i < size; i += 4) {
        uint32_t element;

        memcpy(&element, from + i, sizeof element);
        element = __builtin_bswap32(element);
        memcpy(to + i, &element, sizeof element);
    }
}

static void swap8(const unsigned char *from, uint64_t size, unsigned char *to)
{
    for (uint64_t i = 0; i < size; i += 8) {
        uint64_t element;

        memcpy(&element, from + i, sizeof element);
        element = __builtin_bswap64(element);
        memcpy(to + i, &element, sizeof element);
    }
}

static void swap_any(const unsigned char *from, uint64_t size, unsigned char *to,
                     size_t element_size)
{
    for (uint64_t i = 0; i < size; i += element_size) {
        for (size_t j = 0; j < element_size; j++)
            to[i + j] = from[i + element_size - 1 - j];
    }
}

/* Its own inverse. */
static bool convert(const void *settings, size_t element_size, const unsigned char *from,
                    uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                    struct forge_error *err)
{
    if (size > room)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "bytes: %" PRIu64 " where at most %" PRIu64 " should be", size, room);
    if (element_size > 1 && size % element_size != 0)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "bytes: %" PRIu64 " are not whole elements of %zu", size,
                          element_size);
    *length = size;
    if (size == 0)
        return true;
    if (identity(settings, element_size))
        memcpy(to, from, size);
    else if (element_size == 2)
        swap2(from, size, to);
    else if (element_size == 4)
        swap4(from, size, to);
    else if (element_size == 8)
        swap8(from, size, to);
    else
        swap_any(from, size, to, element_size);
    return true;
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    (void)json;
    return false;
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    forge_json_object(json);
    if (element_size > 1) {
        forge_json_key(json, "configuration");
        forge_json_object(json);
        forge_json_key(json, "endian");
        forge_json_string(json, s->endian);
        forge_json_close(json, '}');
    }
    forge_json_key(json, "name");
    forge_json_string(json, "bytes");
    forge_json_close(json, '}');
    return true;
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "bytes", options, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_bytes = {
    .name = "bytes",
    .summary = "elements in one byte order",
    .options = options,
    .settings_size = sizeof(struct settings),
    .identity = identity,
    .bound = bound,
    .encode = convert,
    .decode = convert,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr3 = "bytes",
};

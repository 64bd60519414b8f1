/* zlib.c: DEFLATE with zlib's wrapper: HDF5's deflate filter, Zarr 2's zlib. */
#include "codecs/codec.h"
#include "codecs/deflate.h"
#include "codecs/parameters.h"

struct settings {
    int64_t level;
};

static const struct forge_option options[] = {
    {"level", FORGE_OPTION_INTEGER, offsetof(struct settings, level), "1", .minimum = -1,
     .maximum = 9, .help = "0 is fastest, 9 is smallest, -1 is zlib's own choice"},
    {0},
};

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return forge_deflate_bound(FORGE_DEFLATE_ZLIB, size);
}

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    const struct settings *s = settings;
    int64_t level = s->level < 0 ? 6 : s->level;

    (void)element_size;
    return forge_deflate_encode(FORGE_DEFLATE_ZLIB, level, from, size, to, room, length, err);
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    (void)settings;
    (void)element_size;
    return forge_deflate_decode(FORGE_DEFLATE_ZLIB, from, size, to, room, length, err);
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    (void)element_size;
    forge_json_object(json);
    forge_json_key(json, "id");
    forge_json_string(json, "zlib");
    forge_json_key(json, "level");
    forge_json_integer(json, s->level);
    forge_json_close(json, '}');
    return true;
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    (void)json;
    return false;
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "zlib", options, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_zlib = {
    .name = "zlib",
    .summary = "DEFLATE in zlib's wrapper, as HDF5 stores it",
    .options = options,
    .settings_size = sizeof(struct settings),
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "zlib",
};

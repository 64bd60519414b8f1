/* gzip.c: DEFLATE with gzip's wrapper, the one Zarr 3 has.
 *
 *     codec: {gzip: {level: 5}}
 */
#include "codecs/codec.h"
#include "codecs/deflate.h"
#include "codecs/parameters.h"

struct settings {
    int64_t level;
};

static const struct forge_option options[] = {
    {"level", FORGE_OPTION_INTEGER, offsetof(struct settings, level), "5", .minimum = 0,
     .maximum = 9, .help = "0 is fastest, 9 is smallest"},
    {0},
};

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return forge_deflate_bound(FORGE_DEFLATE_GZIP, size);
}

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    const struct settings *s = settings;

    (void)element_size;
    return forge_deflate_encode(FORGE_DEFLATE_GZIP, s->level, from, size, to, room, length,
                                err);
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    (void)settings;
    (void)element_size;
    return forge_deflate_decode(FORGE_DEFLATE_GZIP, from, size, to, room, length, err);
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    (void)element_size;
    forge_json_object(json);
    forge_json_key(json, "id");
    forge_json_string(json, "gzip");
    forge_json_key(json, "level");
    forge_json_integer(json, s->level);
    forge_json_close(json, '}');
    return true;
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    (void)element_size;
    forge_json_object(json);
    forge_json_key(json, "configuration");
    forge_json_object(json);
    forge_json_key(json, "level");
    forge_json_integer(json, s->level);
    forge_json_close(json, '}');
    forge_json_key(json, "name");
    forge_json_string(json, "gzip");
    forge_json_close(json, '}');
    return true;
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "gzip", options, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_gzip = {
    .name = "gzip",
    .summary = "DEFLATE in gzip's wrapper: slower than zstd, read by everything",
    .options = options,
    .settings_size = sizeof(struct settings),
    .target = true,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "gzip",
    .id_zarr3 = "gzip",
};

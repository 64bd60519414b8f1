/* zstd.c: Zstandard (RFC 8878).
 *
 *     codec: {zstd: {level: 3, checksum: false}}
 */
#include <inttypes.h>
#include <zstd.h>

#include "codecs/codec.h"
#include "codecs/libraries.h"
#include "codecs/parameters.h"

struct settings {
    int64_t level;
    bool checksum;
};

static const struct forge_option options[] = {
    {"level", FORGE_OPTION_INTEGER, offsetof(struct settings, level), "3", .minimum = -131072,
     .maximum = 22, .help = "negative is fastest, 22 is smallest"},
    {"checksum", FORGE_OPTION_FLAG, offsetof(struct settings, checksum), "false",
     .help = "store a checksum of the content with every chunk"},
    {0},
};

static uint64_t bound(const void *settings, uint64_t size)
{
    size_t most = ZSTD_compressBound(size);

    (void)settings;
    return ZSTD_isError(most) || most < size ? UINT64_MAX : most;
}

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    const struct settings *s = settings;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t used;

    (void)element_size;
    if (!context)
        return forge_fail(err, FORGE_FAILED, "zstd: no memory to compress");
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, (int)s->level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, s->checksum);
    used = ZSTD_compress2(context, to, room, from, size);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(used))
        return forge_fail(err, FORGE_FAILED, "zstd: %" PRIu64 " bytes into %" PRIu64 ": %s",
                          size, room, ZSTD_getErrorName(used));
    *length = used;
    return true;
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    size_t used;

    (void)settings;
    (void)element_size;
    /* zstd takes no frames at all for a stream of nothing; a chunk always has one. */
    if (size == 0)
        return forge_fail(err, FORGE_BAD_SOURCE, "zstd: no bytes at all");
    used = ZSTD_decompress(to, room, from, size);
    if (ZSTD_isError(used))
        return forge_fail(err, FORGE_BAD_SOURCE, "zstd: %s, room for %" PRIu64 " bytes",
                          ZSTD_getErrorName(used), room);
    *length = used;
    return true;
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    (void)element_size;
    forge_json_object(json);
    forge_json_key(json, "id");
    forge_json_string(json, "zstd");
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
    forge_json_key(json, "checksum");
    forge_json_flag(json, s->checksum);
    forge_json_key(json, "level");
    forge_json_integer(json, s->level);
    forge_json_close(json, '}');
    forge_json_key(json, "name");
    forge_json_string(json, "zstd");
    forge_json_close(json, '}');
    return true;
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "zstd", options, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_zstd = {
    .name = "zstd",
    .summary = "Zstandard: fast and small",
    .options = options,
    .settings_size = sizeof(struct settings),
    .target = true,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "zstd",
    .id_zarr3 = "zstd",
};

void forge_zstd_version(struct forge_text *out)
{
    forge_text_add(out, ZSTD_versionString());
}

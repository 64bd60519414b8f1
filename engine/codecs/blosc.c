/* blosc.c: c-blosc 1: blocks, shuffled, through a fast compressor.
 *
 *     codec: {blosc: {cname: zstd, clevel: 1, shuffle: shuffle, blocksize: 0}}
 *
 * The calls with a context of their own take no global lock.
 */
#include <blosc.h>
#include <inttypes.h>
#include <string.h>

#include "codecs/codec.h"
#include "codecs/libraries.h"
#include "codecs/parameters.h"

struct settings {
    const char *cname;
    int64_t clevel;
    const char *shuffle;
    int64_t blocksize;
};

/* Zarr 2 has the number of the shuffle. */
struct zarr2_settings {
    struct settings common;
    int64_t shuffle;
};

static const char *const cnames[] = {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd", NULL};
/* In the order of BLOSC_NOSHUFFLE, BLOSC_SHUFFLE, BLOSC_BITSHUFFLE. */
static const char *const shuffles[] = {"noshuffle", "shuffle", "bitshuffle", NULL};

#define CNAME                                                                                  \
    {                                                                                          \
        "cname", FORGE_OPTION_CHOICE, offsetof(struct settings, cname), "zstd",                \
            .choices = cnames, .help = "the compressor inside"                                 \
    }
#define CLEVEL                                                                                 \
    {                                                                                          \
        "clevel", FORGE_OPTION_INTEGER, offsetof(struct settings, clevel), "1",                \
            .minimum = 0, .maximum = 9, .help = "0 stores, 1 is fastest, 9 is smallest"        \
    }
#define BLOCKSIZE                                                                              \
    {                                                                                          \
        "blocksize", FORGE_OPTION_INTEGER, offsetof(struct settings, blocksize), "0",          \
            .minimum = 0, .maximum = BLOSC_MAX_BUFFERSIZE,                                     \
            .help = "bytes of a block; 0: blosc chooses"                                       \
    }

static const struct forge_option options[] = {
    CNAME,
    CLEVEL,
    {"shuffle", FORGE_OPTION_CHOICE, offsetof(struct settings, shuffle), "shuffle",
     .choices = shuffles, .help = "regroup bytes or bits of elements before compressing"},
    BLOCKSIZE,
    {0},
};

static const struct forge_option zarr2_options[] = {
    CNAME,
    CLEVEL,
    {"shuffle", FORGE_OPTION_INTEGER, offsetof(struct zarr2_settings, shuffle), "1",
     .minimum = -1, .maximum = 2},
    BLOCKSIZE,
    {0},
};

static int shuffle_number(const struct settings *s)
{
    for (int i = BLOSC_SHUFFLE; shuffles[i]; i++) {
        if (strcmp(shuffles[i], s->shuffle) == 0)
            return i;
    }
    return BLOSC_NOSHUFFLE;
}

static size_t type_size(size_t element_size)
{
    return element_size > 0 && element_size <= BLOSC_MAX_TYPESIZE ? element_size : 1;
}

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return size > UINT64_MAX - BLOSC_MAX_OVERHEAD ? UINT64_MAX : size + BLOSC_MAX_OVERHEAD;
}

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    const struct settings *s = settings;
    int used;

    if (size > BLOSC_MAX_BUFFERSIZE) {
        forge_fail(err, FORGE_BAD_RECIPE,
                   "blosc: a chunk of %" PRIu64 " bytes is over its "
                   "limit of %d",
                   size, BLOSC_MAX_BUFFERSIZE);
        return forge_fail_help(err, "make chunks smaller, or use zstd");
    }
    if (blosc_compname_to_compcode(s->cname) < 0)
        return forge_fail(err, FORGE_BAD_RECIPE, "blosc: was built without %s, there is %s",
                          s->cname, blosc_list_compressors());
    used = blosc_compress_ctx((int)s->clevel, shuffle_number(s), type_size(element_size), size,
                              from, to, room, s->cname, (size_t)s->blocksize, 1);
    if (used <= 0)
        return forge_fail(err, FORGE_FAILED, "blosc: %" PRIu64 " bytes do not fit in %" PRIu64,
                          size, room);
    *length = (uint64_t)used;
    return true;
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    size_t decoded = 0;
    int used;

    (void)settings;
    (void)element_size;
    if (size < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(from, size, &decoded) < 0)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "blosc: damaged, cut short or not blosc at all");
    if (decoded > room)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "blosc: holds %zu bytes where at most %" PRIu64 " should be", decoded,
                          room);
    used = blosc_decompress_ctx(from, to, decoded, 1);
    if (used < 0 || (size_t)used != decoded)
        return forge_fail(err, FORGE_BAD_SOURCE, "blosc: damaged (blosc's code %d)", used);
    *length = decoded;
    return true;
}

static void write_common(const struct settings *s, struct forge_json *json)
{
    forge_json_key(json, "blocksize");
    forge_json_integer(json, s->blocksize);
    forge_json_key(json, "clevel");
    forge_json_integer(json, s->clevel);
    forge_json_key(json, "cname");
    forge_json_string(json, s->cname);
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    (void)element_size;
    forge_json_object(json);
    write_common(s, json);
    forge_json_key(json, "id");
    forge_json_string(json, "blosc");
    forge_json_key(json, "shuffle");
    forge_json_integer(json, shuffle_number(s));
    forge_json_close(json, '}');
    return true;
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    const struct settings *s = settings;

    forge_json_object(json);
    forge_json_key(json, "configuration");
    forge_json_object(json);
    write_common(s, json);
    forge_json_key(json, "shuffle");
    forge_json_string(json, s->shuffle);
    forge_json_key(json, "typesize");
    forge_json_unsigned(json, type_size(element_size));
    forge_json_close(json, '}');
    forge_json_key(json, "name");
    forge_json_string(json, "blosc");
    forge_json_close(json, '}');
    return true;
}

/* `typesize` is for encoding, which takes the array's own. */
static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    struct zarr2_settings old = {0};

    if (zarr_format != 2)
        return forge_codec_parameters(settings, "blosc", options, "typesize", json, zarr_format,
                                      err);
    if (!forge_codec_parameters(&old, "blosc", zarr2_options, "typesize", json, zarr_format,
                                err))
        return false;
    /* -1 lets numcodecs choose by the size of an element. */
    old.common.shuffle = shuffles[old.shuffle < 0 ? BLOSC_SHUFFLE : old.shuffle];
    *(struct settings *)settings = old.common;
    return true;
}

const struct forge_codec_type forge_codec_blosc = {
    .name = "blosc",
    .summary = "blocks, shuffled, through a fast compressor",
    .options = options,
    .settings_size = sizeof(struct settings),
    .target = true,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "blosc",
    .id_zarr3 = "blosc",
};

void forge_blosc_version(struct forge_text *out)
{
    forge_text_add(out, blosc_get_version_string());
}

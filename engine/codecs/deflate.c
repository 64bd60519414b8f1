#include "codecs/deflate.h"

#include <inttypes.h>
#include <libdeflate.h>

#include "base/checked.h"
#include "codecs/libraries.h"

static const char *const names[] = {"gzip", "zlib"};

uint64_t forge_deflate_bound(enum forge_deflate_wrapper wrapper, uint64_t size)
{
    uint64_t bound = wrapper == FORGE_DEFLATE_GZIP ? libdeflate_gzip_compress_bound(NULL, size)
                                                   : libdeflate_zlib_compress_bound(NULL, size);

    return bound < size ? UINT64_MAX : bound;
}

bool forge_deflate_encode(enum forge_deflate_wrapper wrapper, int64_t level,
                          const unsigned char *from, uint64_t size, unsigned char *to,
                          uint64_t room, uint64_t *length, struct forge_error *err)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor((int)level);
    uint64_t used;

    if (!compressor)
        return forge_fail(err, FORGE_FAILED, "%s: no memory to compress", names[wrapper]);
    used = wrapper == FORGE_DEFLATE_GZIP
               ? libdeflate_gzip_compress(compressor, from, size, to, room)
               : libdeflate_zlib_compress(compressor, from, size, to, room);
    libdeflate_free_compressor(compressor);
    if (used == 0)
        return forge_fail(err, FORGE_FAILED, "%s: %" PRIu64 " bytes do not fit in %" PRIu64,
                          names[wrapper], size, room);
    *length = used;
    return true;
}

static bool refuse(enum forge_deflate_wrapper wrapper, enum libdeflate_result result,
                   uint64_t room, struct forge_error *err)
{
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: holds more than the %" PRIu64 " bytes it should", names[wrapper],
                          room);
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: damaged, cut short or not %s at all",
                      names[wrapper], names[wrapper]);
}

/* Decode every member; gzip says that they are one stream. */
static bool decode_gzip(struct libdeflate_decompressor *decompressor, const unsigned char *from,
                        uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                        struct forge_error *err)
{
    uint64_t read = 0, written = 0;

    do {
        size_t taken = 0, given = 0;
        enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(decompressor, from + read, size - read, to + written,
                                          room - written, &taken, &given);

        if (result != LIBDEFLATE_SUCCESS)
            return refuse(FORGE_DEFLATE_GZIP, result, room, err);
        read += taken;
        written += given;
    } while (read < size);
    *length = written;
    return true;
}

bool forge_deflate_decode(enum forge_deflate_wrapper wrapper, const unsigned char *from,
                          uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                          struct forge_error *err)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    size_t given = 0;
    bool good;

    if (!decompressor)
        return forge_fail(err, FORGE_FAILED, "%s: no memory to decompress", names[wrapper]);
    if (wrapper == FORGE_DEFLATE_GZIP) {
        good = decode_gzip(decompressor, from, size, to, room, length, err);
    } else {
        enum libdeflate_result result =
            libdeflate_zlib_decompress(decompressor, from, size, to, room, &given);

        good = result == LIBDEFLATE_SUCCESS || refuse(wrapper, result, room, err);
        if (good)
            *length = given;
    }
    libdeflate_free_decompressor(decompressor);
    return good;
}

bool forge_gunzip_member(const unsigned char *from, uint64_t size, unsigned char *to,
                         uint64_t room, uint64_t *taken, uint64_t *length,
                         struct forge_error *err)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    size_t used = 0, given = 0;
    enum libdeflate_result result;

    if (!decompressor)
        return forge_fail(err, FORGE_FAILED, "gzip: no memory to decompress");
    result = libdeflate_gzip_decompress_ex(decompressor, from, size, to, room, &used, &given);
    libdeflate_free_decompressor(decompressor);
    if (result != LIBDEFLATE_SUCCESS)
        return refuse(FORGE_DEFLATE_GZIP, result, room, err);
    *taken = used;
    *length = given;
    return true;
}

void forge_libdeflate_version(struct forge_text *out)
{
    forge_text_add(out, LIBDEFLATE_VERSION_STRING);
}

#include "codecs/checksum.h"

#include <inttypes.h>
#include <string.h>

#define CHECKSUM_BYTES 4U

uint64_t forge_checksum_bound(const void *settings, uint64_t size)
{
    (void)settings;
    return size > UINT64_MAX - CHECKSUM_BYTES ? UINT64_MAX : size + CHECKSUM_BYTES;
}

bool forge_checksum_encode(const struct forge_checksum *checksum, const unsigned char *from,
                           uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                           struct forge_error *err)
{
    uint32_t sum;

    if (room < CHECKSUM_BYTES || size > room - CHECKSUM_BYTES)
        return forge_fail(err, FORGE_FAILED, "%s: %" PRIu64 " bytes do not fit in %" PRIu64,
                          checksum->codec, forge_checksum_bound(NULL, size), room);
    sum = checksum->of(from, size);
    if (size > 0)
        memcpy(to, from, size);
    memcpy(to + size, &sum, sizeof sum);
    *length = size + CHECKSUM_BYTES;
    return true;
}

bool forge_checksum_decode(const struct forge_checksum *checksum, const unsigned char *from,
                           uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                           struct forge_error *err)
{
    uint64_t rest = size - CHECKSUM_BYTES;
    uint32_t stored, sum;

    if (size < CHECKSUM_BYTES)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: no room for a checksum in %" PRIu64 " bytes", checksum->codec,
                          size);
    if (rest > room)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: %" PRIu64 " bytes where at most %" PRIu64 " should be",
                          checksum->codec, rest, room);
    memcpy(&stored, from + rest, sizeof stored);
    sum = checksum->of(from, rest);
    if (stored != sum && (!checksum->other || stored != checksum->other(sum)))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "%s: the bytes have checksum %08" PRIx32 ", stored is %08" PRIx32,
                          checksum->codec, sum, stored);
    if (rest > 0)
        memcpy(to, from, rest);
    *length = rest;
    return true;
}

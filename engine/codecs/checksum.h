/* checksum.h: bytes with a little-endian checksum of 4 bytes behind them.
 *
 * What the codecs of that kind have in common; each gives its own sum.
 */
#ifndef FORGE_CODECS_CHECKSUM_H
#define FORGE_CODECS_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct forge_checksum {
    const char *codec;
    uint32_t (*of)(const unsigned char *bytes, uint64_t size);
    uint32_t (*other)(uint32_t sum); /* another way to store it; NULL: there is only one */
};

/* CRC-32C (Castagnoli, RFC 3720), and how one goes on over more bytes: begin with 0. */
uint32_t forge_crc32c(uint32_t before, const void *bytes, uint64_t size);

uint64_t forge_checksum_bound(const void *settings, uint64_t size);
FORGE_MUST_CHECK bool forge_checksum_encode(const struct forge_checksum *checksum,
                                            const unsigned char *from, uint64_t size,
                                            unsigned char *to, uint64_t room, uint64_t *length,
                                            struct forge_error *err);
FORGE_MUST_CHECK bool forge_checksum_decode(const struct forge_checksum *checksum,
                                            const unsigned char *from, uint64_t size,
                                            unsigned char *to, uint64_t room, uint64_t *length,
                                            struct forge_error *err);

#endif

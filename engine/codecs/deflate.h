/* deflate.h: DEFLATE in its two wrappers, for gzip.c and zlib.c.
 *
 * Only deflate.c sees libdeflate. What comes out depends on the bytes and the
 * level only: no clock and no file name in gzip's header.
 */
#ifndef FORGE_CODECS_DEFLATE_H
#define FORGE_CODECS_DEFLATE_H

#include <stdint.h>

#include "base/error.h"

enum forge_deflate_wrapper {
    FORGE_DEFLATE_GZIP, /* RFC 1952; several members one after the other are one stream */
    FORGE_DEFLATE_ZLIB, /* RFC 1950; bytes behind the stream are ignored, as HDF5 does */
};

uint64_t forge_deflate_bound(enum forge_deflate_wrapper wrapper, uint64_t size);

FORGE_MUST_CHECK bool forge_deflate_encode(enum forge_deflate_wrapper wrapper, int64_t level,
                                           const unsigned char *from, uint64_t size,
                                           unsigned char *to, uint64_t room, uint64_t *length,
                                           struct forge_error *err);

/* The stream's own checksum is verified. */
FORGE_MUST_CHECK bool forge_deflate_decode(enum forge_deflate_wrapper wrapper,
                                           const unsigned char *from, uint64_t size,
                                           unsigned char *to, uint64_t room, uint64_t *length,
                                           struct forge_error *err);

/* One member of a gzip stream; `*taken` of the `size` bytes were its own. */
FORGE_MUST_CHECK bool forge_gunzip_member(const unsigned char *from, uint64_t size,
                                          unsigned char *to, uint64_t room, uint64_t *taken,
                                          uint64_t *length, struct forge_error *err);

#endif

/* digest.h: SHA-256 (FIPS 180-4), streaming and at once. Only digest.c sees OpenSSL. */
#ifndef FORGE_BASE_DIGEST_H
#define FORGE_BASE_DIGEST_H

#include "base/error.h"

#define FORGE_DIGEST_BYTES 32

struct forge_text;

struct forge_digest {
    unsigned char bytes[FORGE_DIGEST_BYTES];
};

struct forge_hasher; /* owned; one thread at a time */

struct forge_hasher *forge_hasher_open(void);
void forge_hasher_add(struct forge_hasher *hasher, const void *bytes, size_t length);
/* Take the digest and close the hasher. */
void forge_hasher_finish(struct forge_hasher *hasher, struct forge_digest *digest);
void forge_hasher_close(struct forge_hasher *hasher);

void forge_digest_of(struct forge_digest *digest, const void *bytes, size_t length);

/* 64 lower-case hexadecimal digits and a NUL. */
void forge_digest_format(const struct forge_digest *digest,
                         char out[2 * FORGE_DIGEST_BYTES + 1]);

/* The inverse; false when `text` is not 64 such digits. */
bool forge_digest_parse(struct forge_digest *digest, const char *text);

/* The version of OpenSSL, for provenance. */
void forge_openssl_version(struct forge_text *out);

#endif

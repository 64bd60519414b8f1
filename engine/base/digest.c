#include "base/digest.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct forge_hasher {
    EVP_MD_CTX *context;
};

/* SHA-256 over memory fails only when there is no memory or no OpenSSL provider. */
static void must(bool done)
{
    if (!done) {
        fputs("forge: SHA-256 is not available\n", stderr);
        abort();
    }
}

struct forge_hasher *forge_hasher_open(void)
{
    struct forge_hasher *hasher = calloc(1, sizeof *hasher);

    must(hasher != NULL);
    hasher->context = EVP_MD_CTX_new();
    must(hasher->context && EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) == 1);
    return hasher;
}

void forge_hasher_add(struct forge_hasher *hasher, const void *bytes, size_t length)
{
    if (length > 0)
        must(EVP_DigestUpdate(hasher->context, bytes, length) == 1);
}

void forge_hasher_finish(struct forge_hasher *hasher, struct forge_digest *digest)
{
    unsigned length = 0;

    must(EVP_DigestFinal_ex(hasher->context, digest->bytes, &length) == 1 &&
         length == FORGE_DIGEST_BYTES);
    forge_hasher_close(hasher);
}

void forge_hasher_close(struct forge_hasher *hasher)
{
    if (!hasher)
        return;
    EVP_MD_CTX_free(hasher->context);
    free(hasher);
}

void forge_digest_of(struct forge_digest *digest, const void *bytes, size_t length)
{
    struct forge_hasher *hasher = forge_hasher_open();

    forge_hasher_add(hasher, bytes, length);
    forge_hasher_finish(hasher, digest);
}

void forge_digest_format(const struct forge_digest *digest,
                         char out[2 * FORGE_DIGEST_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < FORGE_DIGEST_BYTES; i++) {
        *out++ = digits[digest->bytes[i] >> 4];
        *out++ = digits[digest->bytes[i] & 0xf];
    }
    *out = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool forge_digest_parse(struct forge_digest *digest, const char *text)
{
    struct forge_digest read;

    for (size_t i = 0; i < FORGE_DIGEST_BYTES; i++) {
        int high = digit_value(text[2 * i]);
        int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

        if (low < 0)
            return false;
        read.bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (text[sizeof(read.bytes) * 2] != '\0')
        return false;
    *digest = read;
    return true;
}

void forge_openssl_version(struct forge_text *out)
{
    forge_text_add(out, OpenSSL_version(OPENSSL_VERSION_STRING));
}

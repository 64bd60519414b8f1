/* SHA-256: the examples of FIPS 180-4, at once and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"

#include <string.h>

static const struct {
    const char *message, *want;
} rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_digest digest;
        char hex[2 * FORGE_DIGEST_BYTES + 1];

        forge_digest_of(&digest, rows[i].message, strlen(rows[i].message));
        forge_digest_format(&digest, hex);
        assert_string_equal(hex, rows[i].want);
    }
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    struct forge_hasher *hasher = forge_hasher_open();
    struct forge_digest digest;
    char hex[2 * FORGE_DIGEST_BYTES + 1];
    char thousand[1000];

    memset(thousand, 'a', sizeof thousand);
    for (int i = 0; i < 1000; i++) {
        forge_hasher_add(hasher, thousand, 1);
        forge_hasher_add(hasher, thousand, 0);
        forge_hasher_add(hasher, NULL, 0);
        forge_hasher_add(hasher, thousand, 999);
    }
    forge_hasher_finish(hasher, &digest);
    forge_digest_format(&digest, hex);
    assert_string_equal(hex,
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void a_hasher_can_be_closed_unfinished(void **state)
{
    (void)state;
    struct forge_hasher *hasher = forge_hasher_open();

    forge_hasher_add(hasher, "abc", 3);
    forge_hasher_close(hasher);
    forge_hasher_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(a_hasher_can_be_closed_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The contract of every codec: the same rows, the same promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codecs/codec.h"
#include "contract/codec_vectors.h"

#define LARGE (1024 * 1024 + 1)

struct subject {
    const char *json;
    int zarr_format;
    bool checked; /* damage to the content is always seen */
};

static const struct subject subjects[] = {
    {"{\"id\": \"blosc\"}", 2, false},
    {"{\"id\": \"blosc\", \"cname\": \"lz4\", \"clevel\": 5, \"shuffle\": 0}", 2, false},
    {"{\"id\": \"blosc\", \"cname\": \"lz4hc\", \"clevel\": 9, \"shuffle\": 1}", 2, false},
    {"{\"id\": \"blosc\", \"cname\": \"zstd\", \"clevel\": 3, \"shuffle\": 2}", 2, false},
    {"{\"id\": \"blosc\", \"cname\": \"zlib\", \"clevel\": 1, \"blocksize\": 4096}", 2, false},
    {"{\"id\": \"blosc\", \"cname\": \"blosclz\", \"clevel\": 0}", 2, false},
    {"{\"name\": \"bytes\"}", 3, false},
    {"{\"name\": \"bytes\", \"configuration\": {\"endian\": \"big\"}}", 3, false},
    {"\"crc32c\"", 3, true},
    {"{\"id\": \"fletcher32\"}", 2, true},
    {"{\"id\": \"gzip\", \"level\": 0}", 2, true},
    {"{\"id\": \"gzip\"}", 2, true},
    {"{\"id\": \"shuffle\"}", 2, false},
    {"{\"id\": \"shuffle\", \"elementsize\": 3}", 2, false},
    {"{\"id\": \"shuffle\", \"elementsize\": 8}", 2, false},
    {"{\"id\": \"vlen-utf8\"}", 2, false},
    {"{\"id\": \"zlib\", \"level\": -1}", 2, true},
    {"{\"id\": \"zlib\", \"level\": 9}", 2, true},
    {"{\"id\": \"zstd\", \"level\": -5}", 2, false},
    {"{\"name\": \"zstd\", \"configuration\": {\"level\": 3, \"checksum\": true}}", 3, true},
};

#define SUBJECTS (sizeof subjects / sizeof subjects[0])

static const size_t element_sizes[] = {1, 2, 4, 8};

static struct forge_codec open_codec(struct forge_arena *arena, const char *text,
                                     int zarr_format, size_t element_size)
{
    struct forge_json_value *json = NULL;
    struct forge_codec codec = {0};
    struct forge_error err = {0};

    if (!forge_json_parse(&json, arena, text, strlen(text), &err) ||
        !forge_codec_parse(&codec, element_size, json, zarr_format, arena, &err))
        fail_msg("%s: %s", text, err.text);
    assert(codec.type);
    return codec;
}

static struct forge_codec_chain chain_of(struct forge_codec codec)
{
    return (struct forge_codec_chain){.items = {codec}, .count = 1};
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Three kinds of content: zeros, a slow ramp of int32, noise. */
static unsigned char *make_content(size_t size, unsigned kind)
{
    unsigned char *bytes = calloc(size + 1, 1);
    uint64_t state = 88172645463325252U + size;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        if (kind == 1)
            bytes[i] = (unsigned char)((i / 4 * 3 + 70000) >> (8 * (i % 4)));
        else if (kind == 2)
            bytes[i] = (unsigned char)(next_random(&state) >> 32);
    }
    return bytes;
}

/* Encode into exactly bound() bytes, so that a sanitizer sees one byte too many. */
static unsigned char *encode_exact(const struct forge_codec *codec,
                                   const unsigned char *content, size_t size, uint64_t *length,
                                   const char *what)
{
    uint64_t bound = codec->type->bound(codec->settings, size);
    unsigned char *encoded = malloc(bound > 0 ? bound : 1);
    struct forge_error err = {0};

    assert_non_null(encoded);
    if (!codec->type->encode(codec->settings, codec->element_size, content, size, encoded,
                             bound, length, &err))
        fail_msg("%s: %zu bytes: %s", what, size, err.text);
    if (*length > bound)
        fail_msg("%s: %zu bytes: bound() does not hold", what, size);
    return encoded;
}

static bool is_whole(const struct forge_codec *codec, size_t size)
{
    return strcmp(codec->type->name, "bytes") != 0 || size % codec->element_size == 0;
}

static void round_trip(const struct subject *subject, const struct forge_codec *codec,
                       size_t size, unsigned kind)
{
    unsigned char *content = make_content(size, kind), *encoded = NULL;
    unsigned char *decoded = malloc(size > 0 ? size : 1);
    uint64_t length = 0, decoded_length = 0;
    struct forge_error err = {0};

    assert_non_null(decoded);
    encoded = encode_exact(codec, content, size, &length, subject->json);
    if (!codec->type->decode(codec->settings, codec->element_size, encoded, length, decoded,
                             size, &decoded_length, &err))
        fail_msg("%s: %zu bytes of %zu: %s", subject->json, size, codec->element_size,
                 err.text);
    if (decoded_length != size || memcmp(decoded, content, size) != 0)
        fail_msg("%s: %zu bytes of %zu: not what was encoded", subject->json, size,
                 codec->element_size);
    free(content);
    free(encoded);
    free(decoded);
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    static const size_t sizes[] = {0,  1,  2,  3,   7,   8,    15,   16,   31,
                                   32, 33, 64, 127, 255, 1000, 1024, 4096, LARGE};
    unsigned trips = 0;

    (void)state;
    for (size_t s = 0; s < SUBJECTS; s++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] * 4; i++) {
            struct forge_arena arena = {0};
            size_t size = sizes[i / 4];
            struct forge_codec codec = open_codec(
                &arena, subjects[s].json, subjects[s].zarr_format, element_sizes[i % 4]);

            for (unsigned kind = 0; kind < 3 && is_whole(&codec, size); kind++, trips++)
                round_trip(&subjects[s], &codec, size, kind);
            forge_arena_clear(&arena);
        }
    }
    print_message("%u round trips of %zu codecs and settings\n", trips, SUBJECTS);
}

static void every_codec_is_a_subject_and_found_by_name(void **state)
{
    const struct forge_codec_type *const *all = forge_codec_all();

    (void)state;
    for (size_t i = 0; all[i]; i++) {
        struct forge_arena arena = {0};
        bool found = false;

        assert_ptr_equal(forge_codec_find(all[i]->name), all[i]);
        assert_true(i == 0 || strcmp(all[i - 1]->name, all[i]->name) < 0);
        for (size_t s = 0; s < SUBJECTS; s++)
            found =
                found ||
                open_codec(&arena, subjects[s].json, subjects[s].zarr_format, 4).type == all[i];
        if (!found)
            fail_msg("%s has no row", all[i]->name);
        forge_arena_clear(&arena);
    }
    assert_null(forge_codec_find("zst"));
    assert_null(forge_codec_find(""));
}

/* A decoded chunk of 240 bytes is whole elements of every size. */
static const size_t chunk = 240;

static void for_each_subject(void (*check)(const struct subject *subject,
                                           const struct forge_codec *codec,
                                           const unsigned char *content,
                                           const unsigned char *encoded, uint64_t length))
{
    for (size_t i = 0; i < SUBJECTS * 4; i++) {
        const struct subject *subject = &subjects[i / 4];
        struct forge_arena arena = {0};
        struct forge_codec codec =
            open_codec(&arena, subject->json, subject->zarr_format, element_sizes[i % 4]);
        unsigned char *content = make_content(chunk, 1 + (unsigned)i % 2);
        uint64_t length = 0;
        unsigned char *encoded = encode_exact(&codec, content, chunk, &length, subject->json);

        check(subject, &codec, content, encoded, length);
        free(content);
        free(encoded);
        forge_arena_clear(&arena);
    }
}

static void check_room(const struct subject *subject, const struct forge_codec *codec,
                       const unsigned char *content, const unsigned char *encoded,
                       uint64_t length)
{
    for (size_t room = 0; room < chunk; room += room < chunk - 3 ? 3 : 1) {
        unsigned char *to = malloc(room > 0 ? room : 1);
        struct forge_error err = {0};
        uint64_t got = 4711;

        if (codec->type->decode(codec->settings, codec->element_size, encoded, length, to, room,
                                &got, &err))
            fail_msg("%s: decoded into %zu bytes", subject->json, room);
        assert_int_equal(err.code, FORGE_BAD_SOURCE);
        assert_int_equal(got, 4711);
        assert_true(err.text[0] != '\0');
        free(to);
    }
    for (uint64_t room = 0; room < length; room += 7) {
        unsigned char *to = malloc(room > 0 ? room : 1);
        struct forge_error err = {0};
        uint64_t got = 0;

        if (codec->type->encode(codec->settings, codec->element_size, content, chunk, to, room,
                                &got, &err) &&
            got > room)
            fail_msg("%s: encoded past %zu bytes", subject->json, (size_t)room);
        free(to);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    for_each_subject(check_room);
}

/* Decode a copy of exactly `length` bytes, so that a sanitizer sees reads beyond them. */
static bool decode_copy(const struct forge_codec *codec, const unsigned char *encoded,
                        uint64_t length, const unsigned char *same)
{
    struct forge_codec_chain chain = chain_of(*codec);
    unsigned char *copy = malloc(length > 0 ? length : 1);
    struct forge_block a = {0}, b = {0};
    const unsigned char *out = NULL;
    struct forge_error err = {0};
    bool good;

    assert_non_null(copy);
    if (length > 0)
        memcpy(copy, encoded, length);
    good = forge_codec_chain_decode(&chain, 0, copy, length, chunk, &a, &b, &out, &err);
    if (good && same && memcmp(out, same, chunk) != 0)
        fail_msg("%s: damage was not seen", codec->type->name);
    if (!good && (err.code != FORGE_BAD_SOURCE || err.text[0] == '\0'))
        fail_msg("%s: code %d, \"%s\"", codec->type->name, (int)err.code, err.text);
    free(copy);
    forge_block_close(&a);
    forge_block_close(&b);
    return good;
}

static void check_cuts(const struct subject *subject, const struct forge_codec *codec,
                       const unsigned char *content, const unsigned char *encoded,
                       uint64_t length)
{
    for (uint64_t cut = 0; cut < length; cut++) {
        if (decode_copy(codec, encoded, cut, NULL))
            fail_msg("%s: %zu of %zu bytes were enough", subject->json, (size_t)cut,
                     (size_t)length);
    }
    assert_true(decode_copy(codec, encoded, length, content));
}

static void what_was_cut_short_is_refused(void **state)
{
    (void)state;
    for_each_subject(check_cuts);
}

static void check_flips(const struct subject *subject, const struct forge_codec *codec,
                        const unsigned char *content, const unsigned char *encoded,
                        uint64_t length)
{
    unsigned char *damaged = malloc(length);

    assert_non_null(damaged);
    memcpy(damaged, encoded, length);
    for (uint64_t bit = 0; bit < length * 8; bit++) {
        damaged[bit / 8] ^= (unsigned char)(1U << bit % 8);
        decode_copy(codec, damaged, length, subject->checked ? content : NULL);
        damaged[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
    free(damaged);
}

static void a_flipped_bit_never_gives_another_size(void **state)
{
    (void)state;
    for_each_subject(check_flips);
}

static void check_noise(const struct subject *subject, const struct forge_codec *codec,
                        const unsigned char *content, const unsigned char *encoded,
                        uint64_t length)
{
    unsigned char *noise = malloc(length);
    uint64_t state = 1 + length;

    (void)subject;
    (void)content;
    assert_non_null(noise);
    for (unsigned round = 0; round < 200; round++) {
        uint64_t kept = round % 24;

        for (uint64_t i = 0; i < length; i++)
            noise[i] = i < kept ? encoded[i] : (unsigned char)(next_random(&state) >> 24);
        decode_copy(codec, noise, length, NULL);
    }
    free(noise);
}

static void noise_behind_a_good_header_is_survived(void **state)
{
    (void)state;
    for_each_subject(check_noise);
}

/* --- what others wrote --- */

static size_t read_hexadecimal(unsigned char *out, size_t room, const char *text)
{
    size_t length = strlen(text) / 2;

    assert_true(length <= room);
    for (size_t i = 0; i < length; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

        out[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return length;
}

static struct forge_codec_chain open_chain(struct forge_arena *arena, const char *text)
{
    struct forge_codec_chain chain = {0};
    struct forge_json_value *json = NULL;
    struct forge_error err = {0};

    assert_true(forge_json_parse(&json, arena, text, strlen(text), &err));
    for (const struct forge_json_value *item = json->first; item; item = item->next) {
        int zarr_format = forge_json_find(item, "id") ? 2 : 3;

        if (!forge_codec_parse(&chain.items[chain.count++], 4, item, zarr_format, arena, &err))
            fail_msg("%s: %s", text, err.text);
    }
    return chain;
}

static void what_others_encoded_decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codec_vectors / sizeof codec_vectors[0]; i++) {
        const struct codec_vector *vector = &codec_vectors[i];
        struct forge_arena arena = {0};
        struct forge_codec_chain chain = open_chain(&arena, vector->chain);
        struct forge_block a = {0}, b = {0};
        unsigned char encoded[512];
        const unsigned char *out = NULL;
        struct forge_error err = {0};
        size_t length = read_hexadecimal(encoded, sizeof encoded, vector->encoded);

        if (!forge_codec_chain_decode(&chain, 0, encoded, length, 288, &a, &b, &out, &err))
            fail_msg("%s: %s", vector->what, err.text);
        for (uint32_t e = 0; e < 72; e++) {
            uint32_t element;

            memcpy(&element, out + 4 * (size_t)e, sizeof element);
            if (element != 0x01020300 + 3 * e)
                fail_msg("%s: element %u is %08x", vector->what, e, element);
        }
        forge_block_close(&a);
        forge_block_close(&b);
        forge_arena_clear(&arena);
    }
}

static uint32_t checksum_of(const char *codec_name, const unsigned char *bytes, size_t size)
{
    const struct forge_codec_type *type = forge_codec_find(codec_name);
    unsigned char to[5100];
    struct forge_error err = {0};
    uint64_t length = 0;
    uint32_t sum = 0;

    assert_true(type->encode(NULL, 1, bytes, size, to, sizeof to, &length, &err));
    assert_int_equal(length, size + 4);
    memcpy(&sum, to + size, sizeof sum);
    return sum;
}

static void crc32c_is_that_of_rfc_3720(void **state)
{
    unsigned char bytes[32];

    (void)state;
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(checksum_of("crc32c", bytes, 32), 0x8a9136aaU);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(checksum_of("crc32c", bytes, 32), 0x62a8ab43U);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(checksum_of("crc32c", bytes, 32), 0x46dd794eU);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(checksum_of("crc32c", bytes, 32), 0x113fdb5cU);
    assert_int_equal(checksum_of("crc32c", (const unsigned char *)"123456789", 9), 0xe3069283U);
    assert_int_equal(checksum_of("crc32c", bytes, 0), 0);
}

static void fletcher32_is_that_of_hdf5(void **state)
{
    unsigned char bytes[5001];

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31 + (i >> 8));
    assert_int_equal(checksum_of("fletcher32", bytes, sizeof bytes), 0xdb002c5dU);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(checksum_of("fletcher32", bytes, 6), 0xffffffffU);
    assert_int_equal(checksum_of("fletcher32", bytes, 800), 0xffffffffU);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(checksum_of("fletcher32", bytes, 6), 0);
}

struct stored_row {
    const char *codec, *stored, *text; /* NULL: good */
};

static void checksums_are_verified(void **state)
{
    static const struct stored_row rows[] = {
        {"fletcher32", "0102030406040805", NULL},
        {"fletcher32", "0102030404060508", NULL}, /* HDF5 before 1.6.3 */
        {"fletcher32", "0102030406040806",
         "fletcher32: the bytes have checksum 05080406, stored is 06080406"},
        {"fletcher32", "010203", "fletcher32: no room for a checksum in 3 bytes"},
        {"crc32c", "313233343536373839839206e3", NULL},
        {"crc32c", "313233343536373839839206e4",
         "crc32c: the bytes have checksum e3069283, stored is e4069283"},
        {"crc32c", "", "crc32c: no room for a checksum in 0 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct forge_codec_type *type = forge_codec_find(rows[i].codec);
        unsigned char stored[32], to[32];
        size_t length = read_hexadecimal(stored, sizeof stored, rows[i].stored);
        struct forge_error err = {0};
        uint64_t got = 0;
        bool good = type->decode(NULL, 1, stored, length, to, sizeof to, &got, &err);

        assert_string_equal(rows[i].text ? rows[i].text : "", good ? "" : err.text);
        if (good)
            assert_int_equal(got, length - 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_is_a_subject_and_found_by_name),
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(what_was_cut_short_is_refused),
        cmocka_unit_test(a_flipped_bit_never_gives_another_size),
        cmocka_unit_test(noise_behind_a_good_header_is_survived),
        cmocka_unit_test(what_others_encoded_decodes),
        cmocka_unit_test(crc32c_is_that_of_rfc_3720),
        cmocka_unit_test(fletcher32_is_that_of_hdf5),
        cmocka_unit_test(checksums_are_verified),
    };

    return cmocka_run_group_tests_name("codecs", tests, NULL, NULL);
}

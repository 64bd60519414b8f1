/* Codecs as Zarr's metadata names them, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "codecs/codec.h"

struct row {
    const char *json;
    int zarr_format;
    size_t element_size;
    const char *zarr2, *zarr3; /* what is written; NULL: that format has no name for it */
    const char *text;          /* the refusal */
};

static const struct row rows[] = {
    {"{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":2,\"blocksize\":0}", 2, 4,
     "{\"blocksize\":0,\"clevel\":5,\"cname\":\"lz4\",\"id\":\"blosc\",\"shuffle\":2}",
     "{\"configuration\":{\"blocksize\":0,\"clevel\":5,\"cname\":\"lz4\",\"shuffle\":"
     "\"bitshuffle\",\"typesize\":4},\"name\":\"blosc\"}",
     NULL},
    {"{\"name\":\"blosc\",\"configuration\":{\"cname\":\"zstd\",\"clevel\":9,\"shuffle\":"
     "\"noshuffle\",\"blocksize\":65536}}",
     3, 8,
     "{\"blocksize\":65536,\"clevel\":9,\"cname\":\"zstd\",\"id\":\"blosc\",\"shuffle\":0}",
     "{\"configuration\":{\"blocksize\":65536,\"clevel\":9,\"cname\":\"zstd\",\"shuffle\":"
     "\"noshuffle\",\"typesize\":8},\"name\":\"blosc\"}",
     NULL},
    {"{\"name\":\"blosc\",\"configuration\":{\"typesize\":2}}", 3, 1,
     "{\"blocksize\":0,\"clevel\":1,\"cname\":\"zstd\",\"id\":\"blosc\",\"shuffle\":1}",
     "{\"configuration\":{\"blocksize\":0,\"clevel\":1,\"cname\":\"zstd\",\"shuffle\":"
     "\"shuffle\",\"typesize\":1},\"name\":\"blosc\"}",
     NULL},
    {"{\"id\":\"blosc\",\"shuffle\":-1}", 2, 1,
     "{\"blocksize\":0,\"clevel\":1,\"cname\":\"zstd\",\"id\":\"blosc\",\"shuffle\":1}",
     "{\"configuration\":{\"blocksize\":0,\"clevel\":1,\"cname\":\"zstd\",\"shuffle\":"
     "\"shuffle\",\"typesize\":1},\"name\":\"blosc\"}",
     NULL},
    {"{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3, 4, NULL,
     "{\"configuration\":{\"endian\":\"big\"},\"name\":\"bytes\"}", NULL},
    {"{\"name\":\"bytes\"}", 3, 2, NULL,
     "{\"configuration\":{\"endian\":\"little\"},\"name\":\"bytes\"}", NULL},
    {"\"bytes\"", 3, 1, NULL, "{\"name\":\"bytes\"}", NULL},
    {"{\"name\":\"crc32c\"}", 3, 8, NULL, "{\"name\":\"crc32c\"}", NULL},
    {"{\"id\":\"fletcher32\"}", 2, 8, "{\"id\":\"fletcher32\"}", NULL, NULL},
    {"{\"id\":\"gzip\",\"level\":9}", 2, 8, "{\"id\":\"gzip\",\"level\":9}",
     "{\"configuration\":{\"level\":9},\"name\":\"gzip\"}", NULL},
    {"{\"id\":\"shuffle\"}", 2, 4, "{\"elementsize\":4,\"id\":\"shuffle\"}", NULL, NULL},
    {"{\"id\":\"shuffle\",\"elementsize\":8}", 2, 4, "{\"elementsize\":8,\"id\":\"shuffle\"}",
     NULL, NULL},
    {"{\"id\":\"vlen-utf8\"}", 2, 8, "{\"id\":\"vlen-utf8\"}", "{\"name\":\"vlen-utf8\"}",
     NULL},
    {"{\"id\":\"zlib\",\"level\":4}", 2, 8, "{\"id\":\"zlib\",\"level\":4}", NULL, NULL},
    {"{\"id\":\"zstd\",\"level\":-7}", 2, 8, "{\"id\":\"zstd\",\"level\":-7}",
     "{\"configuration\":{\"checksum\":false,\"level\":-7},\"name\":\"zstd\"}", NULL},
    {"{\"name\":\"zstd\",\"configuration\":{\"level\":0,\"checksum\":true}}", 3, 8,
     "{\"id\":\"zstd\",\"level\":0}",
     "{\"configuration\":{\"checksum\":true,\"level\":0},\"name\":\"zstd\"}", NULL},

    {"{\"id\":\"lzma\"}", 2, 8, .text = "codec \"lzma\" is not known"},
    {"{\"name\":\"zlib\"}", 3, 8, .text = "codec \"zlib\" is not known"},
    {"{\"id\":\"crc32c\"}", 2, 8, .text = "codec \"crc32c\" is not known"},
    {"{\"name\":\"zstd\"}", 2, 8, .text = "a codec without a name"},
    {"{\"id\":\"zstd\"}", 3, 8, .text = "a codec without a name"},
    {"\"zstd\"", 2, 8, .text = "a codec without a name"},
    {"{\"id\":7}", 2, 8, .text = "a codec without a name"},
    {"[]", 3, 8, .text = "a codec without a name"},
    {"null", 2, 8, .text = "a codec without a name"},
    {"{\"id\":\"zstd\",\"level\":23}", 2, 8,
     .text = "codec zstd: level is 23, must be -131072 to 22"},
    {"{\"id\":\"gzip\",\"level\":10}", 2, 8, .text = "codec gzip: level is 10, must be 0 to 9"},
    {"{\"id\":\"gzip\",\"level\":\"9\"}", 2, 8, .text = "codec gzip: level must be an integer"},
    {"{\"id\":\"gzip\",\"level\":1.5}", 2, 8, .text = "codec gzip: level must be an integer"},
    {"{\"name\":\"zstd\",\"configuration\":{\"checksum\":1}}", 3, 8,
     .text = "codec zstd: checksum must be true or false"},
    {"{\"name\":\"bytes\",\"configuration\":{\"endian\":\"middle\"}}", 3, 8,
     .text = "codec bytes: endian \"middle\" is not known"},
    {"{\"name\":\"bytes\",\"configuration\":{\"endian\":1}}", 3, 8,
     .text = "codec bytes: endian must be a string"},
    {"{\"name\":\"bytes\",\"configuration\":[]}", 3, 8,
     .text = "codec bytes: configuration must be an object"},
    {"{\"name\":\"crc32c\",\"configuration\":{\"location\":\"start\"}}", 3, 8,
     .text = "codec crc32c: unknown parameter \"location\""},
    {"{\"id\":\"zlib\",\"wbits\":-15}", 2, 8,
     .text = "codec zlib: unknown parameter \"wbits\""},
    {"{\"id\":\"blosc\",\"shuffle\":3}", 2, 8,
     .text = "codec blosc: shuffle is 3, must be -1 to 2"},
    {"{\"id\":\"blosc\",\"shuffle\":\"shuffle\"}", 2, 8,
     .text = "codec blosc: shuffle must be an integer"},
    {"{\"name\":\"blosc\",\"configuration\":{\"shuffle\":1}}", 3, 8,
     .text = "codec blosc: shuffle must be a string"},
    {"{\"id\":\"shuffle\",\"elementsize\":-4}", 2, 8,
     .text = "codec shuffle: elementsize is -4, must be 0 to 1048576"},
};

static void check_written(const struct row *row, const struct forge_codec *codec,
                          bool (*write)(const void *, size_t, struct forge_json *),
                          const char *want)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    bool written = write(codec->settings, codec->element_size, &json);

    if (written != (want != NULL))
        fail_msg("%s: %s", row->json, written ? forge_text_string(&text) : "not written");
    assert_string_equal(forge_text_string(&text), want ? want : "");
    forge_text_clear(&text);
}

static void check_row(const struct row *row, struct forge_arena *arena)
{
    struct forge_json_value *json = NULL;
    struct forge_codec codec = {0};
    struct forge_error err = {0};
    bool good;

    assert_true(forge_json_parse(&json, arena, row->json, strlen(row->json), &err));
    good = forge_codec_parse(&codec, row->element_size, json, row->zarr_format, arena, &err);
    assert_string_equal(good ? "" : err.text, row->text ? row->text : "");
    if (!good) {
        assert_int_equal(err.code, FORGE_BAD_SOURCE);
        assert_null(codec.type);
        return;
    }
    assert_int_equal(codec.element_size, row->element_size);
    check_written(row, &codec, codec.type->json_zarr2, row->zarr2);
    check_written(row, &codec, codec.type->json_zarr3, row->zarr3);
}

static void codecs_are_read_from_metadata_and_written_to_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_arena arena = {0};

        check_row(&rows[i], &arena);
        forge_arena_clear(&arena);
    }
}

static void a_number_beyond_a_codec_s_range_changes_nothing(void **state)
{
    struct forge_arena arena = {0};
    struct forge_json_value *json = NULL;
    struct forge_codec codec = {.element_size = 77};
    struct forge_error err = {0};
    const char *text = "{\"id\":\"zstd\",\"level\":9223372036854775807}";

    (void)state;
    assert_true(forge_json_parse(&json, &arena, text, strlen(text), &err));
    assert_false(forge_codec_parse(&codec, 4, json, 2, &arena, &err));
    assert_int_equal(codec.element_size, 77);
    forge_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs_are_read_from_metadata_and_written_to_it),
        cmocka_unit_test(a_number_beyond_a_codec_s_range_changes_nothing),
    };

    return cmocka_run_group_tests_name("codec_json", tests, NULL, NULL);
}

/* `codec:` of a recipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "codecs/codec.h"

struct row {
    const char *yaml;
    const char *zarr3; /* what it comes to, of elements of 4 bytes; NULL: none */
    const char *text;  /* code, place, text, help of the only mistake */
};

#define BLOSC(clevel, cname, shuffle)                                                          \
    "{\"configuration\":{\"blocksize\":0,\"clevel\":" clevel ",\"cname\":\"" cname             \
    "\",\"shuffle\":\"" shuffle "\",\"typesize\":4},\"name\":\"blosc\"}"

static const struct row rows[] = {
    {.yaml = "codec: none"},
    {"codec: blosc", BLOSC("1", "zstd", "shuffle"), NULL},
    {"codec: {blosc: {}}", BLOSC("1", "zstd", "shuffle"), NULL},
    {"codec: {blosc: {cname: lz4, clevel: 5, shuffle: bitshuffle}}",
     BLOSC("5", "lz4", "bitshuffle"), NULL},
    {"codec: \"gzip\"", "{\"configuration\":{\"level\":5},\"name\":\"gzip\"}", NULL},
    {"codec: zstd", "{\"configuration\":{\"checksum\":false,\"level\":3},\"name\":\"zstd\"}",
     NULL},
    {"codec: {zstd: {level: -5, checksum: true}}",
     "{\"configuration\":{\"checksum\":true,\"level\":-5},\"name\":\"zstd\"}", NULL},

    {"codec: zsdt", NULL, "F018 1:8 unknown codec \"zsdt\" (did you mean \"zstd\"?)"},
    {"codec: {nome: {}}", NULL, "F018 1:9 unknown codec \"nome\" (did you mean \"none\"?)"},
    {"codec: szip-something", NULL,
     "F018 1:8 unknown codec \"szip-something\" (there is blosc, gzip, zstd, none)"},
    {"codec: crc32c", NULL,
     "F018 1:8 unknown codec \"crc32c\" (there is blosc, gzip, zstd, none)"},
    {"codec: source", NULL,
     "F028 1:8 codec \"source\" is not in this version of forge (name a codec, such as zstd, "
     "or "
     "leave it out)"},
    {"codec: {none: {level: 1}}", NULL,
     "F011 1:15 codec \"none\" has no settings (write codec: none)"},
    {"codec: {zstd: {}, gzip: {}}", NULL,
     "F011 1:8 codec: expected the name of one codec (such as zstd, or {zstd: {level: 5}})"},
    {"codec: {}", NULL,
     "F011 1:8 codec: expected the name of one codec (such as zstd, or {zstd: {level: 5}})"},
    {"codec: [zstd]", NULL,
     "F011 1:8 codec: expected the name of one codec (such as zstd, or {zstd: {level: 5}})"},
    {"codec:", NULL,
     "F011 1:7 codec: expected the name of one codec (such as zstd, or {zstd: {level: 5}})"},
    {"codec: {zstd: {levle: 3}}", NULL,
     "F017 1:16 unknown key \"levle\" in codec zstd (did you mean \"level\"?)"},
    {"codec: {zstd: 3}", NULL,
     "F011 1:15 codec zstd: expected a map, got a single value (known keys: level, checksum)"},
    {"codec: {gzip: {level: 10}}", NULL, "F014"},
    {"codec: {gzip: {level: high}}", NULL, "F012"},
    {"codec: {blosc: {shuffle: 1}}", NULL, "F013"},
    {"codec: {blosc: {cname: brotli}}", NULL, "F013"},
};

/* A row may say no more than the code, where the rest is for the option tables to say. */
static void check_mistake(const struct row *row, const struct forge_diagnostics *diagnostics)
{
    const struct forge_diagnostic *first = diagnostics->items;
    char text[512];

    assert_int_equal(diagnostics->count, 1);
    snprintf(text, sizeof text, "%s %u:%u %s (%s)", forge_fault_code(first->fault),
             first->place.line, first->place.column, first->text,
             first->help ? first->help : "");
    if (strlen(row->text) == 4)
        text[4] = '\0';
    assert_string_equal(text, row->text);
}

static void check_codec(const struct row *row, struct forge_codec codec)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    if (codec.type)
        assert_true(codec.type->json_zarr3(codec.settings, 4, &json));
    assert_string_equal(forge_text_string(&text), row->zarr3 ? row->zarr3 : "");
    assert_int_equal(codec.type != NULL, row->zarr3 != NULL);
    forge_text_clear(&text);
}

static void check_row(const struct row *row, struct forge_arena *arena)
{
    struct forge_diagnostics diagnostics = {.arena = arena};
    struct forge_node *root = NULL;
    struct forge_codec codec = {.element_size = 77};
    bool good;

    assert_true(forge_document_parse(&root, arena, "r.yaml", row->yaml, strlen(row->yaml),
                                     &diagnostics));
    good = forge_codec_read(&codec, forge_node_find(root, "codec"), arena, &diagnostics);
    if (good != (row->text == NULL))
        fail_msg("%s: %s", row->yaml, good ? "read" : diagnostics.items[0].text);
    if (good) {
        assert_int_equal(diagnostics.count, 0);
        check_codec(row, codec);
    } else {
        assert_int_equal(codec.element_size, 77);
        check_mistake(row, &diagnostics);
    }
}

static void recipes_name_codecs_with_zarr_s_own_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_arena arena = {0};

        check_row(&rows[i], &arena);
        forge_arena_clear(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_name_codecs_with_zarr_s_own_parameters),
    };

    return cmocka_run_group_tests_name("codec_recipe", tests, NULL, NULL);
}

#include "codecs/codec.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

#define FORGE_CODEC(name) extern const struct forge_codec_type forge_codec_##name;
#include "codecs/list.h"
#undef FORGE_CODEC

static const struct forge_codec_type *const all[] = {
#define FORGE_CODEC(name) &forge_codec_##name,
#include "codecs/list.h"
#undef FORGE_CODEC
    NULL,
};

const struct forge_codec_type *const *forge_codec_all(void)
{
    return all;
}

const struct forge_codec_type *forge_codec_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

void *forge_codec_settings(struct forge_arena *arena, const struct forge_codec_type *type)
{
    /* At least one byte: a codec with none has a place too. */
    return forge_arena_take(arena, type->settings_size + 1);
}

static const char *name_of(const struct forge_codec_type *type, int zarr_format)
{
    return zarr_format == 3 ? type->id_zarr3 : type->id_zarr2;
}

static const struct forge_codec_type *find_zarr(const char *name, int zarr_format)
{
    for (const struct forge_codec_type *const *type = forge_codec_all(); *type; type++) {
        const char *id = name_of(*type, zarr_format);

        if (id && (*type)->parse_zarr && strcmp(id, name) == 0)
            return *type;
    }
    return NULL;
}

bool forge_codec_parse(struct forge_codec *out, size_t element_size,
                       const struct forge_json_value *json, int zarr_format,
                       struct forge_arena *arena, struct forge_error *err)
{
    const struct forge_json_value *name = json;
    const struct forge_codec_type *type = NULL;
    void *settings = NULL;

    if (json->kind == FORGE_JSON_OBJECT)
        name = forge_json_find(json, zarr_format == 3 ? "name" : "id");
    else if (zarr_format != 3)
        name = NULL;
    if (!name || name->kind != FORGE_JSON_STRING)
        return forge_fail(err, FORGE_BAD_SOURCE, "a codec without a name");
    type = find_zarr(name->string, zarr_format);
    if (!type)
        return forge_fail(err, FORGE_BAD_SOURCE, "codec \"%s\" is not known", name->string);
    settings = forge_codec_settings(arena, type);
    if (!type->parse_zarr(settings, json, zarr_format, err))
        return false;
    *out = (struct forge_codec){type, settings, element_size};
    return true;
}

static bool is_identity(const struct forge_codec *codec)
{
    return codec->type->identity && codec->type->identity(codec->settings, codec->element_size);
}

/* The size after the first `count` items that are not left out, the largest on the way. */
static uint64_t bound_of(const struct forge_codec_chain *chain, uint32_t skip_mask,
                         unsigned count, uint64_t size, uint64_t *largest)
{
    for (unsigned i = 0; i < count; i++) {
        const struct forge_codec *codec = &chain->items[i];

        if (!(skip_mask >> i & 1U))
            size = codec->type->bound(codec->settings, size);
        *largest = forge_maximum(*largest, size);
    }
    return size;
}

uint64_t forge_codec_chain_bound(const struct forge_codec_chain *chain, uint64_t size)
{
    uint64_t largest = size;

    bound_of(chain, 0, chain->count, size, &largest);
    return largest;
}

bool forge_codec_chain_encode(const struct forge_codec_chain *chain, const unsigned char *from,
                              uint64_t size, struct forge_block *a, struct forge_block *b,
                              const unsigned char **out, uint64_t *length,
                              struct forge_error *err)
{
    struct forge_block *to = a, *other = b;

    for (unsigned i = 0; i < chain->count; i++) {
        const struct forge_codec *codec = &chain->items[i];
        struct forge_block *swap = to;

        if (is_identity(codec))
            continue;
        if (!forge_block_reserve(to, codec->type->bound(codec->settings, size), err) ||
            !codec->type->encode(codec->settings, codec->element_size, from, size, to->bytes,
                                 to->size, &size, err))
            return false;
        from = to->bytes;
        to = other;
        other = swap;
    }
    *out = from;
    *length = size;
    return true;
}

bool forge_codec_chain_decode(const struct forge_codec_chain *chain, uint32_t skip_mask,
                              const unsigned char *from, uint64_t size, uint64_t decoded_size,
                              struct forge_block *a, struct forge_block *b,
                              const unsigned char **out, struct forge_error *err)
{
    struct forge_block *to = a, *other = b;

    for (unsigned i = chain->count; i-- > 0;) {
        const struct forge_codec *codec = &chain->items[i];
        struct forge_block *swap = to;
        uint64_t largest = 0, room;

        if ((skip_mask >> i & 1U) || is_identity(codec))
            continue;
        room = bound_of(chain, skip_mask, i, decoded_size, &largest);
        if (!forge_block_reserve(to, room, err) ||
            !codec->type->decode(codec->settings, codec->element_size, from, size, to->bytes,
                                 room, &size, err))
            return false;
        from = to->bytes;
        to = other;
        other = swap;
    }
    if (size != decoded_size)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "a chunk decodes to %" PRIu64 " bytes, should be %" PRIu64, size,
                          decoded_size);
    *out = from;
    return true;
}

/* identity.c: a codec as bytes for keys: what its table says of its settings, without padding.
 */
#include <assert.h>
#include <string.h>

#include "codecs/codec.h"

static void add_text(struct forge_hasher *hasher, const char *text)
{
    uint64_t length = strlen(text);

    forge_hasher_add(hasher, &length, sizeof length);
    forge_hasher_add(hasher, text, length);
}

static void add_setting(struct forge_hasher *hasher, const struct forge_option *option,
                        const unsigned char *setting)
{
    const char *text = NULL;

    switch (option->kind) {
    case FORGE_OPTION_INTEGER:
        forge_hasher_add(hasher, setting, sizeof(int64_t));
        return;
    case FORGE_OPTION_FLAG:
        forge_hasher_add(hasher, setting, sizeof(bool));
        return;
    case FORGE_OPTION_CHOICE:
        memcpy(&text, setting, sizeof text);
        add_text(hasher, text);
        return;
    default:
        assert(!"a kind of option that no codec has");
    }
}

void forge_codec_identify(const struct forge_codec *codec, struct forge_hasher *hasher)
{
    uint64_t element_size = codec->element_size;

    add_text(hasher, codec->type->name);
    forge_hasher_add(hasher, &element_size, sizeof element_size);
    for (const struct forge_option *o = codec->type->options; o && o->name; o++)
        add_setting(hasher, o, (const unsigned char *)codec->settings + o->offset);
}

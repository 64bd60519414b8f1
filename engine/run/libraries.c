#include "run/libraries.h"

#include "base/digest.h"
#include "codecs/libraries.h"
#include "document/document.h"
#include "document/json.h"
#include "expression/pattern.h"
#include "formats/hdf5_library.h"
#include "run/sandbox.h"

#include <string.h>
#include <unistd.h>

/* "glibc 2.36"; nothing where the C library does not tell. */
static void libc_version(struct forge_text *out)
{
    char text[64] = "";
    const char *space;

    if (confstr(_CS_GNU_LIBC_VERSION, text, sizeof text) > sizeof text)
        return;
    space = strchr(text, ' ');
    forge_text_add(out, space ? space + 1 : text);
}

static const struct {
    const char *name;
    void (*version)(struct forge_text *out);
} libraries[] = {
    {"blosc", forge_blosc_version},
    {"glibc", libc_version},
    {"hdf5", forge_hdf5_version},
    {"jansson", forge_jansson_version},
    {"libdeflate", forge_libdeflate_version},
    {"libseccomp", forge_libseccomp_version},
    {"libyaml", forge_libyaml_version},
    {"openssl", forge_openssl_version},
    {"pcre2", forge_pcre2_version},
    {"zstd", forge_zstd_version},
};

#define COUNT (sizeof libraries / sizeof libraries[0])

const struct forge_library_version *forge_libraries(struct forge_arena *arena)
{
    struct forge_library_version *out = forge_arena_array(arena, COUNT + 1, sizeof *out);

    for (size_t i = 0; i < COUNT; i++) {
        struct forge_text text = {0};

        libraries[i].version(&text);
        out[i].name = libraries[i].name;
        out[i].version = text.length > 0 ? forge_arena_text(arena, text.bytes) : "unknown";
        forge_text_clear(&text);
    }
    return out;
}

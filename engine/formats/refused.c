#include "formats/refused.h"

#include "base/checked.h"

bool forge_array_refused(const struct forge_array **out, struct forge_arena *arena,
                         const struct forge_file *file, const char *path, unsigned rank,
                         const uint64_t *shape, const char *reason, struct forge_error *err)
{
    struct forge_source source = {.file = file, .path = path};
    uint64_t room = 1U << 20; /* a chunk as leaves may have, though none is ever read */

    source.array.dtype = FORGE_UINT8;
    source.array.rank = rank;
    for (unsigned d = rank; d-- > 0;) {
        source.array.shape[d] = shape[d];
        source.array.chunk[d] = forge_maximum(1, forge_minimum(shape[d], room));
        room = forge_maximum(1, room / source.array.chunk[d]);
    }
    source.manifest.kind = FORGE_MANIFEST_REFUSED;
    source.manifest.refusal = reason;
    return forge_source_open(out, arena, &source, err);
}

const char *forge_array_refusal(const struct forge_array *array)
{
    const struct forge_source *source = forge_array_source(array);

    if (!source || source->manifest.kind != FORGE_MANIFEST_REFUSED)
        return NULL;
    return source->manifest.refusal;
}

#include "formats/refused.h"

bool forge_array_refused(const struct forge_array **out, struct forge_arena *arena,
                         const struct forge_file *file, const char *path, unsigned rank,
                         const uint64_t *shape, const char *reason, struct forge_error *err)
{
    struct forge_source source = {.file = file, .path = path};

    source.array.dtype = FORGE_UINT8;
    source.array.rank = rank;
    for (unsigned d = 0; d < rank; d++) {
        source.array.shape[d] = shape[d];
        source.array.chunk[d] = shape[d] > 0 ? shape[d] : 1;
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

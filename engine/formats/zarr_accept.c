/* zarr_accept.c: what a Zarr store can hold. */
#include <inttypes.h>
#include <string.h>

#include "formats/zarr_parts.h"

#define CHUNK_BYTES_MAX (INT32_MAX - UINT64_C(16)) /* blosc's limit, and a fair one for all */
#define SHARD_CHUNKS_MAX (UINT64_C(1) << 22)       /* their index is 64 MiB */
#define NAME_BYTES_MAX 255U                        /* of file systems */

/* Names that mean something else in a store, or a folder of folders. */
static bool is_taken(const char *name, int zarr_format)
{
    if (strchr(name, '/') || strcmp(name, "zarr.json") == 0) /* readers look for it first */
        return true;
    if (zarr_format == 3)
        return strncmp(name, "__", 2) == 0;
    return strcmp(name, ".zgroup") == 0 || strcmp(name, ".zattrs") == 0 ||
           strcmp(name, ".zarray") == 0 || strcmp(name, ".zmetadata") == 0;
}

static bool check_name(const char *name, int zarr_format, struct forge_error *err)
{
    if (forge_key_is_safe(name) && !is_taken(name, zarr_format) &&
        strlen(name) <= NAME_BYTES_MAX && forge_text_is_utf8(name, strlen(name)))
        return true;
    forge_fail(err, FORGE_BAD_RECIPE, "variable \"%s\": a Zarr store cannot have this name",
               name);
    return forge_fail_help(err, "rename it");
}

static bool check_dims(const struct forge_variable *variable, struct forge_error *err)
{
    for (unsigned d = 0; d < variable->array->rank; d++) {
        const char *dim = variable->dims[d];

        if (dim[0] && forge_text_is_utf8(dim, strlen(dim)))
            continue;
        forge_fail(err, FORGE_BAD_RECIPE, "variable \"%s\": dimension %u has no proper name",
                   variable->name, d);
        return forge_fail_help(err, "rename it");
    }
    return true;
}

static bool check_chunks(const struct forge_target_array *array, struct forge_error *err)
{
    const char *name = array->variable->name;
    uint64_t bytes;

    for (unsigned d = 0; d < array->variable->array->rank; d++) {
        if (array->chunk[d] == 0)
            return forge_fail(err, FORGE_BAD_RECIPE,
                              "variable \"%s\": chunks along %s have length 0, at least 1 is "
                              "needed",
                              name, array->variable->dims[d]);
    }
    bytes = forge_zarr_chunk_bytes(array);
    if (bytes <= CHUNK_BYTES_MAX)
        return true;
    forge_fail(err, FORGE_BAD_RECIPE,
               "variable \"%s\": a chunk of %" PRIu64 " bytes is over the limit of 2 GiB", name,
               bytes);
    return forge_fail_help(err, "make its chunks smaller");
}

static bool check_shards(const struct forge_target_array *array, struct forge_error *err)
{
    const struct forge_variable *variable = array->variable;
    uint64_t grid[FORGE_RANK_MAX];

    for (unsigned d = 0; d < variable->array->rank; d++) {
        if (array->shard[d] > 0 && array->shard[d] % array->chunk[d] == 0)
            continue;
        forge_fail(err, FORGE_BAD_RECIPE,
                   "variable \"%s\": shards of %" PRIu64 " along %s are no multiple of its "
                   "chunks of %" PRIu64,
                   variable->name, array->shard[d], variable->dims[d], array->chunk[d]);
        return forge_fail_help(err, "use a multiple of %" PRIu64, array->chunk[d]);
    }
    if (variable->array->dtype == FORGE_STRING)
        return forge_fail(err, FORGE_BAD_RECIPE, "variable \"%s\": strings cannot be in shards",
                          variable->name);
    if (forge_zarr_shard_chunks(grid, array) > SHARD_CHUNKS_MAX) {
        forge_fail(err, FORGE_BAD_RECIPE,
                   "variable \"%s\": a shard has more than 4 million chunks", variable->name);
        return forge_fail_help(err, "make its shards smaller, or its chunks larger");
    }
    return true;
}

static bool check_codec(const struct forge_target_array *array, int zarr_format,
                        struct forge_error *err)
{
    struct forge_codec_chain chain = forge_zarr_codecs(array);
    const struct forge_codec *codec = &chain.items[0];
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    bool named;

    if (chain.count == 0)
        return true;
    named = codec->type->encode &&
            (zarr_format == 3
                 ? codec->type->json_zarr3(codec->settings, codec->element_size, &json)
                 : codec->type->json_zarr2(codec->settings, codec->element_size, &json));
    forge_text_clear(&text);
    if (named)
        return true;
    forge_fail(err, FORGE_BAD_RECIPE,
               "variable \"%s\": codec %s has no name in Zarr %d that others know",
               array->variable->name, codec->type->name, zarr_format);
    return forge_fail_help(err, "use blosc, gzip, zstd or none");
}

bool forge_zarr_accept(const struct forge_target_array *array, int zarr_format,
                       struct forge_error *err)
{
    if (!check_name(array->variable->name, zarr_format, err) ||
        !check_dims(array->variable, err) || !check_chunks(array, err))
        return false;
    if (array->sharded && zarr_format != 3) {
        forge_fail(err, FORGE_BAD_RECIPE, "variable \"%s\": Zarr %d has no shards",
                   array->variable->name, zarr_format);
        return forge_fail_help(err, "use format: zarr, or leave out shards");
    }
    return (!array->sharded || check_shards(array, err)) &&
           check_codec(array, zarr_format, err);
}

/* hdf5_filters.c: HDF5's filter pipeline as a chain of our codecs.
 *
 * Filters go through the names that Zarr 2 has for them, as kerchunk's do.
 */
#include <string.h>

#include "base/checked.h"
#include "document/json.h"
#include "formats/hdf5_scan.h"

/* As registered with The HDF Group. */
enum { DEFLATE = 1, SHUFFLE = 2, FLETCHER32 = 3, BLOSC = 32001, ZSTD = 32015 };

/* A parameter of the filter, or what it means when it is not there. */
static unsigned parameter(const struct forge_hdf5_filter *filter, unsigned i, unsigned fallback,
                          unsigned most)
{
    unsigned value = i < filter->values_count ? filter->values[i] : fallback;

    return value <= most ? value : fallback;
}

static const char *blosc_json(struct forge_arena *arena, const struct forge_hdf5_filter *filter)
{
    static const char *const names[] = {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"};

    return forge_arena_print(
        arena,
        "{\"id\":\"blosc\",\"cname\":\"%s\",\"clevel\":%u,\"shuffle\":%u,\"blocksize\":0}",
        names[parameter(filter, 6, 0, 5)], parameter(filter, 4, 5, 9),
        parameter(filter, 5, 1, 2));
}

/* The filter as an entry of .zarray; NULL where we have no codec for it. */
static const char *filter_json(struct forge_arena *arena,
                               const struct forge_hdf5_filter *filter, size_t element_size)
{
    switch (filter->id) {
    case DEFLATE:
        return forge_arena_print(arena, "{\"id\":\"zlib\",\"level\":%u}",
                                 parameter(filter, 0, 1, 9));
    case SHUFFLE:
        return forge_arena_print(arena, "{\"id\":\"shuffle\",\"elementsize\":%u}",
                                 parameter(filter, 0, (unsigned)element_size, 1U << 20));
    case FLETCHER32:
        return "{\"id\":\"fletcher32\"}";
    case BLOSC:
        return blosc_json(arena, filter);
    case ZSTD:
        return forge_arena_print(arena, "{\"id\":\"zstd\",\"level\":%u}",
                                 parameter(filter, 0, 3, 22));
    default:
        return NULL;
    }
}

static bool add_codec(struct forge_codec_chain *chain, struct forge_arena *arena,
                      const char *text, int zarr_format, size_t element_size,
                      struct forge_error *err)
{
    struct forge_json_value *json = NULL;

    return forge_json_parse(&json, arena, text, strlen(text), err) &&
           forge_codec_parse(&chain->items[chain->count++], element_size, json, zarr_format,
                             arena, err);
}

/* The filter that HDF5 has not, for messages; NULL where it has all. */
static const char *find_missing(struct forge_arena *arena,
                                const struct forge_hdf5_dataset *dataset)
{
    for (unsigned i = 0; i < dataset->filters_count; i++) {
        const struct forge_hdf5_filter *filter = &dataset->filters[i];

        if (!filter->available)
            return filter->name[0]
                       ? forge_arena_print(arena, "\"%s\" (%d)", filter->name, filter->id)
                       : forge_arena_print(arena, "%d", filter->id);
    }
    return NULL;
}

static bool make_chain(struct forge_hdf5_decoding *out, struct forge_arena *arena,
                       const struct forge_hdf5_dataset *dataset, bool *ours,
                       struct forge_error *err)
{
    size_t element_size = dataset->type.size;

    *ours = dataset->type.exact && dataset->filters_count + out->mask_shift <= FORGE_CODECS_MAX;
    if (*ours && out->mask_shift > 0 &&
        !add_codec(&out->codecs, arena,
                   "{\"name\":\"bytes\",\"configuration\":{\"endian\":\"big\"}}", 3,
                   element_size, err))
        return false;
    for (unsigned i = 0; *ours && i < dataset->filters_count; i++) {
        const char *text = filter_json(arena, &dataset->filters[i], element_size);

        *ours = text != NULL;
        if (text && !add_codec(&out->codecs, arena, text, 2, element_size, err))
            return false;
    }
    return true;
}

bool forge_hdf5_decoding(struct forge_hdf5_decoding *out, struct forge_arena *arena,
                         const struct forge_hdf5_dataset *dataset, struct forge_error *err)
{
    bool ours = false;

    *out = (struct forge_hdf5_decoding){
        .mask_shift = dataset->type.big_endian && dataset->type.size > 1,
        .missing = find_missing(arena, dataset),
    };
    out->library = !out->missing;
    if (!make_chain(out, arena, dataset, &ours, err))
        return false;
    if (ours) {
        out->decoder = FORGE_HDF5_BY_CODECS;
    } else {
        out->decoder = out->library ? FORGE_HDF5_BY_LIBRARY : FORGE_HDF5_BY_NOBODY;
        out->codecs.count = 0;
    }
    return true;
}

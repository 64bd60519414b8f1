/* shuffle.c: all first bytes of the elements, then all second bytes, and so on; HDF5's and
 * numcodecs' shuffle.
 *
 * Bytes behind the last whole element stay where they are.
 */
#include <inttypes.h>
#include <string.h>

#include "codecs/codec.h"
#include "codecs/parameters.h"

struct settings {
    int64_t elementsize;
};

static const struct forge_option options[] = {
    {"elementsize", FORGE_OPTION_INTEGER, offsetof(struct settings, elementsize), "0",
     .minimum = 0, .maximum = 1 << 20, .help = "bytes of an element; 0: the array's own"},
    {0},
};

static uint64_t width_of(const void *settings, size_t element_size)
{
    const struct settings *s = settings;
    uint64_t width = s->elementsize > 0 ? (uint64_t)s->elementsize : element_size;

    return width > 0 ? width : 1;
}

static bool identity(const void *settings, size_t element_size)
{
    return width_of(settings, element_size) == 1;
}

static uint64_t bound(const void *settings, uint64_t size)
{
    (void)settings;
    return size;
}

#define ROW_BYTES 16U
#define INLINE static inline __attribute__((always_inline))

/* The compiler makes one instruction of each shuffle where the machine has it. */
typedef unsigned char row __attribute__((vector_size(ROW_BYTES)));

/* Rows, one after the other, are one string of bytes. Each round deals its two halves into each
 * other, which turns the bits of every byte's index by one: log2(count) rounds make elements of
 * rows, and log2(ROW_BYTES) rounds make rows of elements. */
INLINE void deal(row *rows, size_t count, size_t rounds)
{
    row next[8];

    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count / 2; i++) {
            row a = rows[i], b = rows[i + count / 2];

            next[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5,
                                                  21, 6, 22, 7, 23);
            next[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                      28, 13, 29, 14, 30, 15, 31);
        }
        for (size_t i = 0; i < count; i++)
            rows[i] = next[i];
    }
}

INLINE uint64_t join_rows(const unsigned char *from, uint64_t count, unsigned char *to,
                          size_t width, size_t rounds)
{
    uint64_t i = 0;

    for (; count - i >= ROW_BYTES; i += ROW_BYTES) {
        row rows[8];

        for (size_t j = 0; j < width; j++)
            memcpy(&rows[j], from + j * count + i, ROW_BYTES);
        deal(rows, width, rounds);
        for (size_t j = 0; j < width; j++)
            memcpy(to + i * width + j * ROW_BYTES, &rows[j], ROW_BYTES);
    }
    return i;
}

INLINE uint64_t split_rows(const unsigned char *from, uint64_t count, unsigned char *to,
                           size_t width)
{
    uint64_t i = 0;

    for (; count - i >= ROW_BYTES; i += ROW_BYTES) {
        row rows[8];

        for (size_t j = 0; j < width; j++)
            memcpy(&rows[j], from + i * width + j * ROW_BYTES, ROW_BYTES);
        deal(rows, width, 4);
        for (size_t j = 0; j < width; j++)
            memcpy(to + j * count + i, &rows[j], ROW_BYTES);
    }
    return i;
}

/* How many elements were joined, from the first one. */
static uint64_t join_fast(const unsigned char *from, uint64_t count, unsigned char *to,
                          uint64_t width)
{
    switch (width) {
    case 2:
        return join_rows(from, count, to, 2, 1);
    case 4:
        return join_rows(from, count, to, 4, 2);
    case 8:
        return join_rows(from, count, to, 8, 3);
    default:
        return 0;
    }
}

static uint64_t split_fast(const unsigned char *from, uint64_t count, unsigned char *to,
                           uint64_t width)
{
    switch (width) {
    case 2:
        return split_rows(from, count, to, 2);
    case 4:
        return split_rows(from, count, to, 4);
    case 8:
        return split_rows(from, count, to, 8);
    default:
        return 0;
    }
}
static void join(const unsigned char *from, uint64_t count, unsigned char *to, uint64_t width)
{
    uint64_t start = join_fast(from, count, to, width);

    for (uint64_t j = 0; j < width; j++) {
        for (uint64_t i = start; i < count; i++)
            to[i * width + j] = from[j * count + i];
    }
}

static void split(const unsigned char *from, uint64_t count, unsigned char *to, uint64_t width)
{
    uint64_t start = split_fast(from, count, to, width);

    for (uint64_t j = 0; j < width; j++) {
        for (uint64_t i = start; i < count; i++)
            to[j * count + i] = from[i * width + j];
    }
}

static bool fits(uint64_t size, uint64_t room, struct forge_error *err)
{
    if (size > room)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "shuffle: %" PRIu64 " bytes where at most %" PRIu64 " should be",
                          size, room);
    return true;
}

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    uint64_t width = width_of(settings, element_size), whole = size - size % width;

    if (!fits(size, room, err))
        return false;
    split(from, size / width, to, width);
    if (size > whole)
        memcpy(to + whole, from + whole, size - whole);
    *length = size;
    return true;
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    uint64_t width = width_of(settings, element_size), whole = size - size % width;

    if (!fits(size, room, err))
        return false;
    join(from, size / width, to, width);
    if (size > whole)
        memcpy(to + whole, from + whole, size - whole);
    *length = size;
    return true;
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    forge_json_object(json);
    forge_json_key(json, "elementsize");
    forge_json_unsigned(json, width_of(settings, element_size));
    forge_json_key(json, "id");
    forge_json_string(json, "shuffle");
    forge_json_close(json, '}');
    return true;
}

static bool json_zarr3(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    (void)json;
    return false;
}

static bool parse_zarr(void *settings, const struct forge_json_value *json, int zarr_format,
                       struct forge_error *err)
{
    return forge_codec_parameters(settings, "shuffle", options, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_shuffle = {
    .name = "shuffle",
    .summary = "bytes of elements regrouped, so that others compress them better",
    .options = options,
    .settings_size = sizeof(struct settings),
    .identity = identity,
    .bound = bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "shuffle",
};

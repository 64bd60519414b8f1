/* fletcher32.c: HDF5's checksum filter: the bytes, then Fletcher's checksum as a little-endian
 * u32.
 *
 * The sums run over 16-bit big-endian words, an odd last byte being the high half
 * of one. Files of HDF5 before 1.6.3 written on little-endian machines have the
 * bytes of each half swapped: both are right.
 */

#include "base/checked.h"
#include "codecs/checksum.h"
#include "codecs/codec.h"
#include "codecs/parameters.h"

#define WORDS_MAX (1U << 20) /* of which the second sum fits in 64 bits */

/* The residue modulo 65535 as one's complement addition leaves it: 0 only for a sum of 0. */
static uint64_t fold(uint64_t sum)
{
    return sum == 0 ? 0 : (sum - 1) % 65535 + 1;
}

static uint32_t checksum(const unsigned char *bytes, uint64_t size)
{
    uint64_t first = 0, second = 0, words = size / 2;

    while (words > 0) {
        uint64_t count = forge_minimum(words, WORDS_MAX);

        words -= count;
        for (; count > 0; count--, bytes += 2) {
            first += (uint64_t)(bytes[0] << 8 | bytes[1]);
            second += first;
        }
        first = fold(first);
        second = fold(second);
    }
    if (size % 2 != 0) {
        first += (uint64_t)bytes[0] << 8;
        second += first;
    }
    return (uint32_t)(fold(second) << 16 | fold(first));
}

static uint32_t swap_halves(uint32_t sum)
{
    return (sum & 0x00ff00ffU) << 8 | (sum >> 8 & 0x00ff00ffU);
}

static const struct forge_checksum sums = {
    .codec = "fletcher32", .of = checksum, .other = swap_halves};

static bool encode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    (void)settings;
    (void)element_size;
    return forge_checksum_encode(&sums, from, size, to, room, length, err);
}

static bool decode(const void *settings, size_t element_size, const unsigned char *from,
                   uint64_t size, unsigned char *to, uint64_t room, uint64_t *length,
                   struct forge_error *err)
{
    (void)settings;
    (void)element_size;
    return forge_checksum_decode(&sums, from, size, to, room, length, err);
}

static bool json_zarr2(const void *settings, size_t element_size, struct forge_json *json)
{
    (void)settings;
    (void)element_size;
    forge_json_object(json);
    forge_json_key(json, "id");
    forge_json_string(json, "fletcher32");
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
    return forge_codec_parameters(settings, "fletcher32", NULL, NULL, json, zarr_format, err);
}

const struct forge_codec_type forge_codec_fletcher32 = {
    .name = "fletcher32",
    .summary = "HDF5's checksum behind the bytes",
    .bound = forge_checksum_bound,
    .encode = encode,
    .decode = decode,
    .json_zarr2 = json_zarr2,
    .json_zarr3 = json_zarr3,
    .parse_zarr = parse_zarr,
    .id_zarr2 = "fletcher32",
};

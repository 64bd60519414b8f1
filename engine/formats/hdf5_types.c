#include "formats/hdf5_types.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static struct forge_hdf5_type other(const char *what)
{
    return (struct forge_hdf5_type){.kind = FORGE_HDF5_OTHER, .what = what};
}

struct forge_hdf5_type forge_hdf5_other(int number)
{
    static const char *const names[] = {
        [2] = "a time type",     [4] = "a bit field type", [5] = "an opaque type",
        [6] = "a compound type", [7] = "a reference type", [9] = "a variable-length type",
        [10] = "an array type",
    };

    if (number < 0 || (size_t)number >= sizeof names / sizeof *names || !names[number])
        return other("an unknown type");
    return other(names[number]);
}

struct forge_hdf5_type forge_hdf5_integer(size_t size, size_t precision, bool is_signed,
                                          bool big_endian)
{
    static const enum forge_dtype dtypes[2][4] = {
        {FORGE_UINT8, FORGE_UINT16, FORGE_UINT32, FORGE_UINT64},
        {FORGE_INT8, FORGE_INT16, FORGE_INT32, FORGE_INT64},
    };
    unsigned width = size <= 1 ? 0 : size <= 2 ? 1 : size <= 4 ? 2 : 3;

    if (size > 8)
        return other("an integer type of more than 64 bits");
    return (struct forge_hdf5_type){
        .kind = FORGE_HDF5_NUMBERS,
        .dtype = dtypes[is_signed][width],
        .exact = size == 1U << width && precision == 8 * size,
        .big_endian = big_endian,
        .size = size,
    };
}

struct forge_hdf5_type forge_hdf5_float(size_t size, bool ieee, bool big_endian)
{
    if (size > 8)
        return other("a float type of more than 64 bits");
    return (struct forge_hdf5_type){
        .kind = FORGE_HDF5_NUMBERS,
        .dtype = size <= 4 ? FORGE_FLOAT32 : FORGE_FLOAT64,
        .exact = ieee && (size == 4 || size == 8),
        .big_endian = big_endian,
        .size = size,
    };
}

struct forge_hdf5_type forge_hdf5_string(size_t size, bool variable, bool padded)
{
    bool is_char = !variable && size == 1;

    return (struct forge_hdf5_type){
        .kind = is_char ? FORGE_HDF5_CHARS : FORGE_HDF5_TEXTS,
        .dtype = is_char ? FORGE_UINT8 : FORGE_STRING,
        .variable = variable,
        .padded = padded,
        .size = size,
    };
}

static const char *from_latin1(struct forge_arena *arena, const char *bytes, size_t length)
{
    char *text = forge_arena_array(arena, 2 * length + 1, 1), *end = text;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte >= 0x80) {
            *end++ = (char)(0xC0 | byte >> 6);
            *end++ = (char)(0x80 | (byte & 0x3F));
        } else if (byte != 0) {
            *end++ = (char)byte;
        }
    }
    return text;
}

const char *forge_hdf5_text(struct forge_arena *arena, const char *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] == '\0')
        length--;
    if (forge_text_is_utf8(bytes, length))
        return forge_arena_copy(arena, bytes, length);
    return from_latin1(arena, bytes, length);
}

const char *const *forge_hdf5_texts(struct forge_arena *arena,
                                    const struct forge_hdf5_type *type, const void *memory,
                                    size_t count)
{
    const char **texts = forge_arena_array(arena, count + 1, sizeof *texts);

    for (size_t i = 0; i < count; i++) {
        const char *bytes = type->variable ? ((const char *const *)memory)[i]
                                           : (const char *)memory + i * type->size;
        size_t length = !bytes ? 0 : type->variable ? strlen(bytes) : type->size;

        while (type->padded && length > 0 && bytes[length - 1] == ' ')
            length--;
        texts[i] = forge_hdf5_text(arena, bytes, length);
        if (type->variable)
            free(((char *const *)memory)[i]);
    }
    return texts;
}

void forge_hdf5_add_attribute(struct forge_attributes *out, struct forge_arena *arena,
                              const char *name, const struct forge_hdf5_type *type,
                              const void *memory, size_t count)
{
    const char *one;

    if (type->kind == FORGE_HDF5_NUMBERS) {
        if (count > 0)
            forge_attributes_set(out, arena, name, type->dtype, count, memory);
    } else if (type->kind == FORGE_HDF5_CHARS || count == 0) {
        one = forge_hdf5_text(arena, memory, count);
        forge_attributes_set(out, arena, name, FORGE_STRING, 1, &one);
    } else {
        forge_attributes_set(out, arena, name, FORGE_STRING, count,
                             forge_hdf5_texts(arena, type, memory, count));
    }
}

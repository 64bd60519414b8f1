/* hdf5_types.h: what HDF5's types are in memory here. */
#ifndef FORGE_FORMATS_HDF5_TYPES_H
#define FORGE_FORMATS_HDF5_TYPES_H

#include "formats/hdf5_library.h"

/* Any integer of up to 64 bits, in the smallest dtype that holds it. */
struct forge_hdf5_type forge_hdf5_integer(size_t size, size_t precision, bool is_signed,
                                          bool big_endian);

/* Any float of up to 64 bits; `ieee`: it is one of IEEE 754's. */
struct forge_hdf5_type forge_hdf5_float(size_t size, bool ieee, bool big_endian);

struct forge_hdf5_type forge_hdf5_string(size_t size, bool variable, bool padded);

/* A class that has no elements for us, by its number in the file format. */
struct forge_hdf5_type forge_hdf5_other(int number);

/* `length` bytes up to trailing NULs as valid UTF-8 without NULs: as they are, or taken for
 * Latin-1. */
const char *forge_hdf5_text(struct forge_arena *arena, const char *bytes, size_t length);

/* Texts as they lie in memory after a read with their own type; frees those of variable
 * length. */
const char *const *forge_hdf5_texts(struct forge_arena *arena,
                                    const struct forge_hdf5_type *type, const void *memory,
                                    size_t count);

/* Add an attribute from memory in C order: chars are one text, and so is an empty one. Numbers
 * that are none are left out. Frees texts of variable length in `memory`. */
void forge_hdf5_add_attribute(struct forge_attributes *out, struct forge_arena *arena,
                              const char *name, const struct forge_hdf5_type *type,
                              const void *memory, size_t count);

#endif

/* dataset.h: named variables on shared dimensions, with attributes; xarray's model.
 *
 * A dataset describes a source file, the combination of many, or what is to be
 * written: only its arrays say where values come from. Everything lives in one
 * arena. `_FillValue` is not among a variable's attributes: it is `fill`.
 */
#ifndef FORGE_ARRAY_DATASET_H
#define FORGE_ARRAY_DATASET_H

#include "array/array.h"

struct forge_attribute {
    const char *name;
    enum forge_dtype dtype;
    size_t count;       /* 1 for a scalar; a text is one string */
    const void *values; /* in memory order; strings: const char *const * */
};

struct forge_attributes {
    struct forge_attribute *items; /* in the order of the file */
    size_t count, room;
};

struct forge_dimension {
    const char *name;
    uint64_t size;
    bool unlimited;
};

struct forge_variable {
    const char *name;
    const char *dims[FORGE_RANK_MAX]; /* as many as array->rank */
    const struct forge_array *array;
    struct forge_attributes attributes;
    bool has_fill;
    union forge_value fill; /* in array->dtype */
    bool is_coordinate;     /* dimension coordinates, and those set or named by CF */
    const char *origin; /* url of the (first) file it came from, for messages; may be NULL */
};

struct forge_dataset {
    struct forge_arena *arena; /* borrowed: everything below lives in it */
    const char *url;           /* of the file, or what to call it in messages */
    struct forge_dimension *dims;
    size_t dims_count, dims_room;
    struct forge_variable *variables;
    size_t variables_count, variables_room;
    struct forge_attributes attributes;
};

/* The dimension, variable or attribute of that name, or NULL. */
struct forge_dimension *forge_dataset_dimension(const struct forge_dataset *dataset,
                                                const char *name);
struct forge_variable *forge_dataset_variable(const struct forge_dataset *dataset,
                                              const char *name);
const struct forge_attribute *forge_attributes_find(const struct forge_attributes *attributes,
                                                    const char *name);

/* The text of an attribute that is one string, else NULL. */
const char *forge_attributes_text(const struct forge_attributes *attributes, const char *name);

/* Its first number; false when it is absent or not numeric. */
bool forge_attributes_number(double *out, const struct forge_attributes *attributes,
                             const char *name);

/* Add or replace. Values are copied into the arena. */
void forge_attributes_set(struct forge_attributes *attributes, struct forge_arena *arena,
                          const char *name, enum forge_dtype dtype, size_t count,
                          const void *values);
void forge_attributes_set_text(struct forge_attributes *attributes, struct forge_arena *arena,
                               const char *name, const char *text);
void forge_attributes_remove(struct forge_attributes *attributes, const char *name);
bool forge_attribute_equal(const struct forge_attribute *a, const struct forge_attribute *b);

/* Add; a name that is taken is a mistake of the caller. The pointer is valid until the next
 * add. The names are borrowed and must live in the arena. */
struct forge_dimension *forge_dataset_add_dimension(struct forge_dataset *dataset,
                                                    const char *name, uint64_t size);
struct forge_variable *forge_dataset_add_variable(struct forge_dataset *dataset,
                                                  const char *name);
void forge_dataset_remove_variable(struct forge_dataset *dataset, const char *name);

/* Drop dimensions that no variable has. */
void forge_dataset_trim_dimensions(struct forge_dataset *dataset);

/* A copy that shares arrays, names and values with `from`: transforms change the copy. */
void forge_dataset_copy(struct forge_dataset *to, struct forge_arena *arena,
                        const struct forge_dataset *from);

/* Position of a dimension of the variable, or -1. */
int forge_variable_axis(const struct forge_variable *variable, const char *dim);

/* The variable's own coordinate: named like its only dimension. */
bool forge_variable_is_index(const struct forge_variable *variable);

/* Names of all variables or dimensions, NULL-terminated, in the arena: for "did you mean". */
const char *const *forge_dataset_names(const struct forge_dataset *dataset,
                                       struct forge_arena *arena, bool dims);

/* CF packing of a variable. `scale` is 1 and `offset` -0.0 where absent, which change no value;
 * `packed` says whether either is there. `dtype` is what decoded values have: the variable's
 * own without packing; float32 where the attributes that are there are float32 and the packed
 * dtype is float32 or at most 16 bits wide; else float64 (CF 8.1). */
struct forge_packing {
    bool packed;
    double scale, offset;
    enum forge_dtype dtype;
    /* The first missing_value, where the variable's dtype has it; float32 takes the nearest. */
    bool has_missing;
    union forge_value missing;
};
struct forge_packing forge_variable_packing(const struct forge_variable *variable);

/* The decoded values: unpacked where packed, fill as NaN in floats; the array itself where
 * nothing is to be done (integers without packing keep their fill). */
const struct forge_array *forge_variable_decoded(const struct forge_variable *variable,
                                                 struct forge_arena *arena);

#endif

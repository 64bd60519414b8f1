/* decoding.h: variables whose stored values become their decoded ones. */
#ifndef FORGE_TRANSFORMS_DECODING_H
#define FORGE_TRANSFORMS_DECODING_H

#include "transforms/transform.h"

/* Packed integers become floats, and in floats what is missing becomes NaN, the fill value
 * then; scale_factor, add_offset and missing_value go. Integers that are not packed stay. */
void forge_decode_variable(struct forge_variable *variable, struct forge_arena *arena);

/* The same where another dtype is to follow: missing_value of integers becomes the fill value
 * where they have none, or goes where it is the same. */
void forge_decode_before_cast(struct forge_variable *variable, struct forge_arena *arena);

#endif

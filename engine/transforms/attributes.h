/* attributes.h: attributes as recipes write them. */
#ifndef FORGE_TRANSFORMS_ATTRIBUTES_H
#define FORGE_TRANSFORMS_ATTRIBUTES_H

#include "transforms/transform.h"

/* One value, or a list of numbers or of texts; null removes. */
#define FORGE_ATTRIBUTE_SCHEMA                                                                 \
    "{\"anyOf\":[{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]},"                     \
    "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"number\"]}}]}"

/* Recipe time: a value that is a map, or a list in a list, is reported. */
bool forge_attribute_check(const struct forge_node *node,
                           struct forge_diagnostics *diagnostics);

/* Set (or remove) the attribute that node->key names. Whole numbers become int64, others
 * float64, everything else text. */
bool forge_attribute_from_node(struct forge_attributes *attributes, struct forge_arena *arena,
                               const struct forge_node *node, struct forge_error *err);

#endif

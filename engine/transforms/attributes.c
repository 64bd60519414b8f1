#include "transforms/attributes.h"

#include <assert.h>

/* What one scalar is: as YAML reads it. */
static enum forge_dtype kind_of(const struct forge_node *node)
{
    int64_t integer;
    double number;

    if (node->quoted)
        return FORGE_STRING;
    if (forge_node_integer(&integer, node))
        return FORGE_INT64;
    return forge_node_number(&number, node) ? FORGE_FLOAT64 : FORGE_STRING;
}

static void value_of(union forge_value *out, enum forge_dtype dtype,
                     const struct forge_node *node)
{
    if (dtype == FORGE_STRING)
        out->string = node->text;
    else if (dtype == FORGE_INT64)
        (void)forge_node_integer(&out->int64, node);
    else
        (void)forge_node_number(&out->float64, node);
}

bool forge_attribute_check(const struct forge_node *node, struct forge_diagnostics *diagnostics)
{
    const struct forge_node *wrong = node->kind == FORGE_NODE_MAP ? node : NULL;

    for (const struct forge_node *item = node->first; item && !wrong; item = item->next)
        wrong = item->kind != FORGE_NODE_TEXT ? item : NULL;
    return !wrong ||
           forge_report(diagnostics, FORGE_F012, wrong->place, wrong->width, NULL,
                        "attribute \"%s\": expected a value, or a list of values", node->key);
}

bool forge_attribute_from_node(struct forge_attributes *attributes, struct forge_arena *arena,
                               const struct forge_node *node, struct forge_error *err)
{
    size_t count = node->kind == FORGE_NODE_LIST ? node->count : 1;
    const struct forge_node *first = node->kind == FORGE_NODE_LIST ? node->first : node;
    union forge_value *values = forge_arena_array(arena, count + 1, sizeof *values);
    enum forge_dtype dtype = FORGE_INT64;
    size_t i = 0;

    if (!forge_name_is_safe(node->key))
        return forge_fail_at(err, node->key_place, "\"%s\" cannot be the name of an attribute",
                             node->key);
    assert(node->kind != FORGE_NODE_MAP); /* forge_attribute_check() */
    if (forge_node_is_null(node)) {
        forge_attributes_remove(attributes, node->key);
        return true;
    }
    for (const struct forge_node *item = first; i < count; item = item->next, i++) {
        enum forge_dtype kind = kind_of(item);

        if (kind > dtype)
            dtype = kind; /* int64 < float64 < string: the widest wins */
    }
    i = 0;
    for (const struct forge_node *item = first; i < count; item = item->next, i++)
        value_of(&values[i], dtype, item);
    forge_attributes_set(attributes, arena, node->key, dtype, count, values);
    return true;
}

/* rename.c: other names for variables and dimensions.
 *
 * CF attributes that list names (coordinates, bounds, ..) follow.
 */
#include "transforms/names.h"

#include <string.h>

struct settings {
    struct forge_pairs names;
};

static const struct forge_option options[] = {
    {"*", FORGE_OPTION_NAME, offsetof(struct settings, names), .help = "old name: new name"},
    {0},
};

static const char *const referring[] = {
    "ancillary_variables", "bounds",        "cell_measures", "climatology",
    "coordinates",         "formula_terms", "grid_mapping",  NULL,
};

/* The list with the word `from` replaced. A word ends at a blank or ":". */
static const char *replace_word(struct forge_arena *arena, const char *list, const char *from,
                                const char *to)
{
    struct forge_text out = {0};
    const char *made;

    while (*list) {
        size_t word = strcspn(list, " :");

        if (word == strlen(from) && strncmp(list, from, word) == 0)
            forge_text_add(&out, to);
        else
            forge_text_add_bytes(&out, list, word);
        list += word;
        if (*list)
            forge_text_add_bytes(&out, list++, 1);
    }
    made = forge_arena_text(arena, forge_text_string(&out));
    forge_text_clear(&out);
    return made;
}

static void rename_references(struct forge_dataset *dataset, struct forge_arena *arena,
                              const char *from, const char *to)
{
    for (size_t v = 0; v < dataset->variables_count; v++) {
        struct forge_attributes *attributes = &dataset->variables[v].attributes;

        for (size_t i = 0; referring[i]; i++) {
            const char *list = forge_attributes_text(attributes, referring[i]);

            if (list && strstr(list, from))
                forge_attributes_set_text(attributes, arena, referring[i],
                                          replace_word(arena, list, from, to));
        }
    }
}

static bool unknown(struct forge_error *err, const struct forge_node *pair, const char *name,
                    const struct forge_dataset *dataset, struct forge_arena *arena)
{
    const char *near = forge_text_nearest(name, forge_dataset_names(dataset, arena, false));

    if (!near)
        near = forge_text_nearest(name, forge_dataset_names(dataset, arena, true));
    forge_fail_at(err, pair->key_place, "there is no variable or dimension \"%s\"", name);
    return near ? forge_fail_help(err, "did you mean \"%s\"?", near) : false;
}

static bool apply_one(const struct forge_node *pair, struct forge_dataset *dataset,
                      const struct forge_transform_context *context, struct forge_error *err)
{
    size_t length = strlen(pair->key);
    bool optional = length > 1 && pair->key[length - 1] == '?';
    const char *from =
        optional ? forge_arena_copy(context->arena, pair->key, length - 1) : pair->key;
    const char *to = forge_arena_text(context->arena, pair->text);
    struct forge_variable *variable = forge_dataset_variable(dataset, from);
    struct forge_dimension *dim = forge_dataset_dimension(dataset, from);

    if (!variable && !dim)
        return optional || unknown(err, pair, from, dataset, context->arena);
    if ((variable && forge_dataset_variable(dataset, to)) ||
        (dim && forge_dataset_dimension(dataset, to)))
        return forge_fail_at(err, pair->place, "there is already a \"%s\"", to);
    if (variable)
        variable->name = to;
    if (dim)
        dim->name = to;
    for (size_t v = 0; dim && v < dataset->variables_count; v++) {
        int axis = forge_variable_axis(&dataset->variables[v], from);

        if (axis >= 0)
            dataset->variables[v].dims[axis] = to;
    }
    if (variable)
        rename_references(dataset, context->arena, from, to);
    variable = forge_dataset_variable(dataset, to);
    if (variable && forge_variable_is_index(variable))
        variable->is_coordinate = true;
    return true;
}

static bool apply(const void *settings, struct forge_dataset *dataset,
                  const struct forge_transform_context *context, struct forge_error *err)
{
    const struct settings *s = settings;

    for (size_t i = 0; i < s->names.count; i++) {
        if (!apply_one(s->names.nodes[i], dataset, context, err))
            return false;
    }
    return true;
}

const struct forge_transform_type forge_transform_rename = {
    .name = "rename",
    .summary = "other names for variables and dimensions",
    .example = "- rename: {latitude: lat, longitude: lon}",
    .options = options,
    .settings_size = sizeof(struct settings),
    .apply = apply,
};

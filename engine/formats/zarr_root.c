/* zarr_root.c: what the root group of a store says. */
#include <stdlib.h>
#include <string.h>

#include "formats/zarr_parts.h"

#define SPACES " \t\r\n"

/* Is `word` one of the words of `text`? */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text + strspn(text, SPACES); *at; at += strspn(at, SPACES)) {
        size_t size = strcspn(at, SPACES);

        if (size == length && strncmp(at, word, size) == 0)
            return true;
        at += size;
    }
    return false;
}

/* Can readers tell that this variable is a coordinate? */
static bool is_found(const struct forge_variable *variable,
                     const struct forge_target_array *arrays, size_t arrays_count)
{
    if (forge_variable_is_index(variable))
        return true;
    for (size_t i = 0; i < arrays_count; i++) {
        const char *names =
            forge_attributes_text(&arrays[i].variable->attributes, FORGE_ZARR_COORDINATES);

        if (names && has_word(names, variable->name))
            return true;
    }
    return false;
}

void forge_zarr_root_attributes(struct forge_attributes *out, struct forge_arena *arena,
                                const struct forge_dataset *dataset,
                                const struct forge_target_array *arrays, size_t arrays_count)
{
    const char *given = forge_attributes_text(&dataset->attributes, FORGE_ZARR_COORDINATES);
    struct forge_text names = {0};

    for (size_t i = 0; i < dataset->attributes.count; i++) {
        const struct forge_attribute *attribute = &dataset->attributes.items[i];

        forge_attributes_set(out, arena, attribute->name, attribute->dtype, attribute->count,
                             attribute->values);
    }
    if (given)
        forge_text_add(&names, given);
    for (size_t i = 0; i < arrays_count; i++) {
        const struct forge_variable *variable = arrays[i].variable;

        if (variable->is_coordinate && !is_found(variable, arrays, arrays_count) &&
            !(given && has_word(given, variable->name)))
            forge_text_print(&names, "%s%s", names.length > 0 ? " " : "", variable->name);
    }
    if (names.length > 0)
        forge_attributes_set_text(out, arena, FORGE_ZARR_COORDINATES, names.bytes);
    forge_text_clear(&names);
}

static int compare_arrays(const void *a, const void *b)
{
    return strcmp(((const struct forge_target_array *)a)->variable->name,
                  ((const struct forge_target_array *)b)->variable->name);
}

struct forge_target_array *forge_zarr_sorted(struct forge_arena *arena,
                                             const struct forge_target_array *arrays,
                                             size_t arrays_count)
{
    struct forge_target_array *sorted = forge_arena_array(arena, arrays_count, sizeof *sorted);

    for (size_t i = 0; i < arrays_count; i++)
        sorted[i] = arrays[i];
    qsort(sorted, arrays_count, sizeof *sorted, compare_arrays);
    return sorted;
}

bool forge_zarr_put(struct forge_store *store, const char *name, const char *document,
                    struct forge_text *text, struct forge_error *err)
{
    struct forge_text key = {0};
    bool done;

    forge_text_add(text, "\n");
    forge_text_print(&key, "%s%s%s", name ? name : "", name ? "/" : "", document);
    done = forge_store_put(store, key.bytes, text->bytes, text->length, err);
    forge_text_clear(&key);
    forge_text_clear(text);
    return done;
}

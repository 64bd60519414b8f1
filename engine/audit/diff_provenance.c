/* diff_provenance.c: what versions were made from, and the objects that came of it. */
#include "audit/diff_parts.h"

#include "catalog/inputs_list.h"

#include <stdlib.h>
#include <string.h>

#define RECIPE "provenance/recipe.yaml"
#define RECIPE_BYTES_MAX (UINT64_C(16) << 20)

struct inputs {
    struct forge_arena *arena;
    struct forge_input_record *items;
    size_t count, room;
};

static bool keep_input(void *context, const struct forge_input_record *record,
                       struct forge_error *err)
{
    struct inputs *inputs = context;
    struct forge_input_record *more;

    (void)err;
    if (inputs->count == inputs->room) {
        inputs->room = inputs->room ? 2 * inputs->room : 64;
        more = forge_arena_array(inputs->arena, inputs->room, sizeof *more);
        if (inputs->count > 0)
            memcpy(more, inputs->items, inputs->count * sizeof *more);
        inputs->items = more;
    }
    inputs->items[inputs->count] = *record;
    inputs->items[inputs->count++].url = forge_arena_text(inputs->arena, record->url);
    return true;
}

static int by_url(const void *a, const void *b)
{
    return strcmp(((const struct forge_input_record *)a)->url,
                  ((const struct forge_input_record *)b)->url);
}

static bool read_inputs(struct inputs *inputs, const char *folder, struct forge_error *err)
{
    if (!forge_inputs_list_read(folder, keep_input, inputs, err))
        return false;
    if (inputs->count > 0)
        qsort(inputs->items, inputs->count, sizeof *inputs->items, by_url);
    return true;
}

static const char *input_text(struct forge_diffing *d, const struct forge_input_record *record)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    if (!record)
        return NULL;
    if (record->absent)
        return "null";
    forge_digest_format(&record->digest, hex);
    forge_json_object(&json);
    forge_json_key(&json, "sha256");
    forge_json_string(&json, hex);
    forge_json_key(&json, "size");
    forge_json_unsigned(&json, record->size);
    forge_json_close(&json, '}');
    return forge_diff_text(d, &text);
}

static void compare_input(struct forge_diffing *d, const struct forge_input_record *a,
                          const struct forge_input_record *b)
{
    const struct forge_change change = {.part = "input",
                                        .name = a ? a->url : b->url,
                                        .was = input_text(d, a),
                                        .is = input_text(d, b)};

    if (a && b && a->absent == b->absent &&
        (a->absent ||
         (a->size == b->size && memcmp(&a->digest, &b->digest, sizeof a->digest) == 0)))
        return;
    if (d->out->inputs_changed++ < FORGE_CHANGES_MAX)
        forge_diff_add(d, &change);
}

static bool compare_inputs(struct forge_diffing *d, struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct inputs a = {.arena = &arena}, b = {.arena = &arena};
    bool good =
        read_inputs(&a, d->a.side.folder, err) && read_inputs(&b, d->b.side.folder, err);

    for (size_t i = 0, j = 0; good && (i < a.count || j < b.count);) {
        int order = i == a.count   ? 1
                    : j == b.count ? -1
                                   : strcmp(a.items[i].url, b.items[j].url);

        compare_input(d, order <= 0 ? &a.items[i] : NULL, order >= 0 ? &b.items[j] : NULL);
        i += order <= 0;
        j += order >= 0;
    }
    forge_arena_clear(&arena);
    return good;
}

/* The text of a version's recipe; NULL where it has none. */
static bool read_recipe(char **text, struct forge_arena *arena, const char *folder,
                        struct forge_error *err)
{
    struct forge_store *store = NULL;
    size_t length;
    bool good;

    *text = NULL;
    good = forge_store_open_file(&store, folder, err) &&
           (forge_store_get(text, &length, store, RECIPE, arena, RECIPE_BYTES_MAX, err) ||
            err->code == FORGE_MISSING);
    forge_store_close(store);
    return good;
}

static bool compare_recipes(struct forge_diffing *d, struct forge_error *err)
{
    struct forge_diff *out = d->out;
    struct forge_arena arena = {0};
    char *was = NULL, *is = NULL;
    bool good = read_recipe(&was, &arena, d->a.side.folder, err) &&
                read_recipe(&is, &arena, d->b.side.folder, err);

    if (good && was && is) {
        out->has_recipes = true;
        out->recipes_differ = strcmp(was, is) != 0;
    }
    if (out->recipes_differ) {
        forge_diff_lines(&out->recipe_lines, &out->recipe_lines_count, &out->arena, was, is);
        out->differ = true;
    }
    forge_arena_clear(&arena);
    return good;
}

static bool same_object(const struct forge_object_record *a,
                        const struct forge_object_record *b)
{
    if (a->absent || b->absent)
        return a->absent == b->absent;
    return a->length == b->length && memcmp(&a->digest, &b->digest, sizeof a->digest) == 0;
}

static void compare_objects(struct forge_diffing *d)
{
    const struct forge_objects_table *a = &d->a.objects, *b = &d->b.objects;
    struct forge_objects_diff *count = &d->out->objects;

    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : strcmp(a->records[i].path, b->records[j].path);

        if (order < 0)
            count->gone++;
        else if (order > 0)
            count->added++;
        else if (same_object(&a->records[i], &b->records[j]))
            count->same++;
        else
            count->different++;
        i += order <= 0;
        j += order >= 0;
    }
    count->known = true;
    if (count->gone + count->added + count->different > 0)
        d->out->differ = true;
}

/* A version without a list, of an earlier forge, has objects that nobody knows. */
static bool read_objects(struct forge_diff_half *half, struct forge_diffing *d,
                         struct forge_error *err)
{
    if (!half->side.folder)
        return true;
    if (!forge_objects_table_read(&half->objects, &d->out->arena, half->side.folder, err))
        return false;
    half->has_objects = half->objects.count > 0;
    return true;
}

bool forge_diff_provenance(struct forge_diffing *d, struct forge_error *err)
{
    if (!read_objects(&d->a, d, err) || !read_objects(&d->b, d, err))
        return false;
    if (!d->a.side.folder || !d->b.side.folder)
        return true;
    if (d->a.has_objects && d->b.has_objects)
        compare_objects(d);
    return compare_recipes(d, err) && compare_inputs(d, err);
}

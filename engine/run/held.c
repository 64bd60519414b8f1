#include "run/held.h"

#include "document/json.h"

#include <string.h>

#define LIST_BYTES_MAX (UINT64_C(16) << 20)

struct forge_held_list {
    const struct forge_json_value *digests; /* texts; NULL: none */
};

static const struct forge_json_value *read_list(struct forge_arena *arena, const char *folder)
{
    struct forge_json_value *root = NULL;
    const struct forge_json_value *list = NULL;
    struct forge_store *store = NULL;
    struct forge_error ignored;
    char *text = NULL;
    size_t length = 0;

    if (forge_store_open_file(&store, folder, &ignored) &&
        forge_store_get(&text, &length, store, FORGE_HELD_LIST, arena, LIST_BYTES_MAX,
                        &ignored) &&
        forge_json_parse(&root, arena, text, length, &ignored) &&
        root->kind == FORGE_JSON_OBJECT)
        list = forge_json_find(root, "held");
    forge_store_close(store);
    return list && list->kind == FORGE_JSON_ARRAY ? list->first : NULL;
}

void forge_held_open(struct forge_held *held, const struct forge_work *work,
                     const struct forge_reuse *reuse)
{
    *held = (struct forge_held){.work = work, .reuse = reuse};
    held->lists = forge_arena_array(&held->arena, reuse->versions_count, sizeof *held->lists);
    for (size_t i = 0; i < reuse->versions_count; i++)
        held->lists[i].digests = read_list(&held->arena, reuse->folders[i]);
}

void forge_held_close(struct forge_held *held)
{
    forge_text_clear(&held->text);
    forge_arena_clear(&held->arena);
    *held = (struct forge_held){0};
}

static void add_bits(struct forge_text *out, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        forge_text_print(out, "%02x", ((const unsigned char *)bytes)[i]);
    forge_text_add(out, " ");
}

void forge_held_digest(struct forge_digest *out, const struct forge_value_rule *rule)
{
    const struct forge_variable *variable = rule->variable;
    const struct forge_packing packing = forge_variable_packing(variable);
    enum forge_dtype dtype = variable->array->dtype;
    size_t size = forge_dtype_size(dtype);
    struct forge_text text = {0};

    forge_text_print(&text, "1 %s %d ", rule->what, rule->no_missing);
    if (!rule->no_missing) {
        add_bits(&text, &rule->low, sizeof rule->low);
        add_bits(&text, &rule->high, sizeof rule->high);
    }
    forge_text_print(&text, "%d %d %d ", (int)dtype, packing.packed, (int)packing.dtype);
    add_bits(&text, &packing.scale, sizeof packing.scale);
    add_bits(&text, &packing.offset, sizeof packing.offset);
    forge_text_print(&text, "%d ", packing.has_missing);
    if (packing.has_missing)
        add_bits(&text, &packing.missing, size);
    forge_text_print(&text, "%d ", variable->has_fill);
    if (variable->has_fill)
        add_bits(&text, &variable->fill, size);
    forge_text_add(&text, variable->name);
    forge_digest_of(out, text.bytes, text.length);
    forge_text_clear(&text);
}

const bool *forge_held_where(struct forge_held *held, const struct forge_digest *digest)
{
    bool *where =
        forge_arena_array(&held->arena, held->reuse->versions_count + 1, sizeof *where);
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(digest, hex);
    for (size_t i = 0; i < held->reuse->versions_count; i++) {
        const struct forge_json_value *item = held->lists[i].digests;

        for (; item && !where[i]; item = item->next)
            where[i] = item->kind == FORGE_JSON_STRING && strcmp(item->string, hex) == 0;
    }
    return where;
}

/* `path` is set where it was found under another than its own: perhaps of another variable. */
bool forge_held_covers(const struct forge_held *held, const bool *where,
                       const struct forge_work_object *object)
{
    return object->state == FORGE_WORK_SHARED && !object->path &&
           object->folder < held->reuse->versions_count && where[object->folder];
}

void forge_held_add(struct forge_held *held, const struct forge_digest *digest)
{
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(digest, hex);
    forge_text_print(&held->text, "%s\n    \"%s\"", held->text.length > 0 ? "," : "", hex);
}

bool forge_held_write(struct forge_held *held, const char *version_folder,
                      struct forge_error *err)
{
    struct forge_store *store = NULL;
    struct forge_text text = {0};
    bool good;

    forge_text_print(&text, "{\n  \"held\": [%s\n  ]\n}\n",
                     held->text.length > 0 ? forge_text_string(&held->text) : "");
    good = forge_store_open_file(&store, version_folder, err) &&
           forge_store_put(store, FORGE_HELD_LIST, text.bytes, text.length, err);
    forge_store_close(store);
    forge_text_clear(&text);
    return good;
}

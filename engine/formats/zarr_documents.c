/* zarr_documents.c: the JSON documents of a store. */
#include <stdlib.h>
#include <string.h>

#include "formats/zarr_read.h"

#define DOCUMENT_BYTES_MAX (16U << 20)
#define ARRAYS_MAX 2000U
#define MEMBERS_MAX 100000U /* of consolidated metadata: what is looked up by name */

struct documents {
    struct forge_zarr_documents *out;
    struct forge_arena *arena;
    struct forge_store *store;
    const char *url;
};

/* Is this run of digits too large for JSON readers, which have int64? */
static bool is_wide(const char *digits, size_t length)
{
    static const char most[] = "9223372036854775807";

    return length > sizeof most - 1 ||
           (length == sizeof most - 1 && strncmp(digits, most, length) > 0);
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Fill values of uint64 may be beyond int64: such integers become texts. */
static void quote_wide_integers(struct forge_text *out, const char *text, size_t length)
{
    bool inside = false;

    for (size_t i = 0; i < length;) {
        size_t digits = inside ? 0 : strspn(text + i, "0123456789");
        bool whole = digits > 0 && !is_one_of(text[i + digits], ".eE") &&
                     (i == 0 || !is_one_of(text[i - 1], ".eE+-"));

        if (whole && is_wide(text + i, digits)) {
            forge_text_print(out, "\"%.*s\"", (int)digits, text + i);
            i += digits;
            continue;
        }
        if (text[i] == '"')
            inside = !inside;
        digits = inside && text[i] == '\\' && i + 1 < length ? 2 : digits > 0 ? digits : 1;
        forge_text_add_bytes(out, text + i, digits);
        i += digits;
    }
}

static bool parse(const struct forge_json_value **out, const struct documents *d,
                  const char *key, const char *text, size_t length, struct forge_error *err)
{
    struct forge_text safe = {0};
    struct forge_json_value *value = NULL;
    bool good;

    quote_wide_integers(&safe, text, length);
    good = forge_json_parse(&value, d->arena, forge_text_string(&safe), safe.length, err);
    forge_text_clear(&safe);
    if (good && value->kind != FORGE_JSON_OBJECT)
        good = forge_fail(err, FORGE_BAD_SOURCE, "it is no JSON object");
    if (!good) {
        err->code = FORGE_BAD_SOURCE;
        return forge_fail_while(err, "%s/%s", d->url, key);
    }
    *out = value;
    return true;
}

/* The document, or NULL where there is none. */
static bool get(const struct forge_json_value **out, const struct documents *d, const char *key,
                struct forge_error *err)
{
    struct forge_arena arena = {0};
    char *text = NULL;
    size_t length = 0;
    bool good;

    *out = NULL;
    good = forge_store_get(&text, &length, d->store, key, &arena, DOCUMENT_BYTES_MAX, err);
    if (good)
        good = parse(out, d, key, text, length, err);
    else if (err->code == FORGE_MISSING)
        good = true;
    forge_arena_clear(&arena);
    return good;
}

static bool add_node(const struct documents *d, const char *name, size_t length,
                     const struct forge_json_value *array,
                     const struct forge_json_value *attributes, struct forge_error *err)
{
    struct forge_zarr_documents *out = d->out;
    struct forge_zarr_node *more;

    if (out->count == ARRAYS_MAX)
        return forge_fail(err, FORGE_BAD_SOURCE, "%s has more than %u arrays", d->url,
                          ARRAYS_MAX);
    if (out->count == out->room) {
        out->room = out->room ? 2 * out->room : 64;
        more = forge_arena_array(d->arena, out->room, sizeof *more);
        if (out->count > 0)
            memcpy(more, out->nodes, out->count * sizeof *more);
        out->nodes = more;
    }
    out->nodes[out->count] = (struct forge_zarr_node){
        .name = forge_arena_copy(d->arena, name, length),
        .array = array,
        .attributes = attributes,
    };
    if (!forge_key_is_safe(out->nodes[out->count].name))
        return forge_fail(err, FORGE_BAD_SOURCE, "%s: an array cannot be called \"%s\"", d->url,
                          out->nodes[out->count].name);
    out->count++;
    return true;
}

/* "NAME/LEAF" with nothing else: the length of NAME, or 0. */
static size_t name_before(const char *key, const char *leaf)
{
    const char *slash = strchr(key, '/');

    return slash && strcmp(slash + 1, leaf) == 0 ? (size_t)(slash - key) : 0;
}

struct names {
    const char *leaf;
    struct forge_arena *arena;
    const char **items;
    size_t count, room;
};

static bool note_name(void *context, const char *key, const struct forge_object_status *status)
{
    struct names *names = context;
    size_t length = name_before(key, names->leaf);
    const char **more;

    (void)status;
    if (length == 0)
        return true;
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        more = forge_arena_array(names->arena, names->room, sizeof *more);
        if (names->count > 0)
            memcpy((void *)more, (const void *)names->items, names->count * sizeof *more);
        names->items = more;
    }
    names->items[names->count++] = forge_arena_copy(names->arena, key, length);
    return names->count <= ARRAYS_MAX;
}

static bool is_array(const struct forge_json_value *document)
{
    const char *type = forge_zarr_text(document, "node_type");

    return type && strcmp(type, "array") == 0;
}

static bool list_documents(const struct documents *d, struct forge_error *err)
{
    bool new = d->out->zarr_format == 3;
    struct names names = {.leaf = new ? "zarr.json" : ".zarray", .arena = d->arena};

    if (!forge_store_list(d->store, "", note_name, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        const struct forge_json_value *array, *attributes = NULL;
        const char *name = names.items[i];

        if (!get(&array, d, forge_arena_print(d->arena, "%s/%s", name, names.leaf), err))
            return false;
        if (new &&array && !is_array(array))
            continue;
        if (!new && !get(&attributes, d, forge_arena_print(d->arena, "%s/.zattrs", name), err))
            return false;
        if (new &&array)
            attributes = forge_json_find(array, "attributes");
        if (array && !add_node(d, name, strlen(name), array, attributes, err))
            return false;
    }
    return true;
}

/* Members of consolidated metadata that are arrays directly below the root. */
static bool take_consolidated3(const struct documents *d, const struct forge_json_value *list,
                               struct forge_error *err)
{
    for (const struct forge_json_value *m = list->first; m; m = m->next) {
        if (m->kind != FORGE_JSON_OBJECT || !is_array(m) || strchr(m->key, '/'))
            continue;
        if (!add_node(d, m->key, strlen(m->key), m, forge_json_find(m, "attributes"), err))
            return false;
    }
    return true;
}

static bool take_consolidated2(const struct documents *d, const struct forge_json_value *list,
                               struct forge_error *err)
{
    d->out->attributes = forge_json_find(list, ".zattrs");
    for (const struct forge_json_value *m = list->first; m; m = m->next) {
        size_t length = name_before(m->key, ".zarray");
        const char *key;

        if (length == 0)
            continue;
        key = forge_arena_print(d->arena, "%.*s/.zattrs", (int)length, m->key);
        if (!add_node(d, m->key, length, m, forge_json_find(list, key), err))
            return false;
    }
    return true;
}

static bool check_members(const struct documents *d, const struct forge_json_value *list,
                          struct forge_error *err)
{
    return list->count <= MEMBERS_MAX ||
           forge_fail(err, FORGE_BAD_SOURCE,
                      "%s: its consolidated metadata has %zu members, "
                      "more than %u",
                      d->url, list->count, MEMBERS_MAX);
}

static const struct forge_json_value *object_in(const struct forge_json_value *object,
                                                const char *name)
{
    const struct forge_json_value *member = object ? forge_json_find(object, name) : NULL;

    return member && member->kind == FORGE_JSON_OBJECT ? member : NULL;
}

static bool open3(const struct documents *d, const struct forge_json_value *root,
                  struct forge_error *err)
{
    const struct forge_json_value *list =
        object_in(object_in(root, "consolidated_metadata"), "metadata");
    const struct forge_json_value *format = forge_json_find(root, "zarr_format");
    const char *type = forge_zarr_text(root, "node_type");

    if (!format || format->kind != FORGE_JSON_INTEGER || format->integer != 3)
        return forge_fail(err, FORGE_BAD_SOURCE, "%s/zarr.json is not of Zarr version 3",
                          d->url);
    if (!type || strcmp(type, "group") != 0)
        return forge_fail(err, FORGE_BAD_SOURCE, "%s holds a Zarr array, not a group of them",
                          d->url);
    d->out->zarr_format = 3;
    d->out->attributes = forge_json_find(root, "attributes");
    if (!list)
        return list_documents(d, err);
    return check_members(d, list, err) && take_consolidated3(d, list, err);
}

static bool open2(const struct documents *d, struct forge_error *err)
{
    const struct forge_json_value *consolidated, *group, *list;

    d->out->zarr_format = 2;
    if (!get(&consolidated, d, ".zmetadata", err))
        return false;
    list = object_in(consolidated, "metadata");
    if (list)
        return check_members(d, list, err) && take_consolidated2(d, list, err);
    if (!get(&group, d, ".zgroup", err))
        return false;
    if (!group)
        return forge_fail(
            err, FORGE_MISSING,
            "%s is no Zarr store: zarr.json, .zmetadata and .zgroup are not there", d->url);
    return get(&d->out->attributes, d, ".zattrs", err) && list_documents(d, err);
}

bool forge_zarr_documents(struct forge_zarr_documents *out, struct forge_arena *arena,
                          struct forge_store *store, const char *url, struct forge_error *err)
{
    struct forge_zarr_documents found = {0};
    const struct documents d = {&found, arena, store, url};
    const struct forge_json_value *root = NULL;

    if (!get(&root, &d, "zarr.json", err) || (root ? !open3(&d, root, err) : !open2(&d, err)))
        return false;
    *out = found;
    return true;
}

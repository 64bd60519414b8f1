#include "document/options.h"

#include "document/parts.h"

#include <assert.h>
#include <string.h>

static const struct forge_option no_options[] = {{0}};

static const struct forge_option *find_option(const struct forge_option *table,
                                              const char *name)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

/* "*" and "." are no keys. */
static bool is_key(const struct forge_option *option)
{
    return strcmp(option->name, "*") != 0 && strcmp(option->name, ".") != 0;
}

static void *slot_of(void *settings, const struct forge_option *option)
{
    return option->kind == FORGE_OPTION_TABLE ? settings : (char *)settings + option->offset;
}

/* The table, as far as it is read. */
struct reading {
    struct forge_option_reading base;
    const struct forge_option *table;
    void *settings;
    const char *what;
};

static void add_known_keys(struct forge_text *out, const struct forge_option *table)
{
    for (const struct forge_option *option = table; option->name; option++) {
        if (is_key(option) && !option->later)
            forge_text_print(out, "%s%s",
                             out->length > 0 ? ", " : "known keys: ", option->name);
    }
    if (out->length == 0)
        forge_text_add(out, "there is nothing to set");
}

static const char *nearest_key(const struct reading *r, const char *wrong)
{
    const char **names;
    size_t count = 0;

    while (r->table[count].name)
        count++;
    names = forge_arena_array(r->base.arena, count + 1, sizeof *names);
    count = 0;
    for (const struct forge_option *option = r->table; option->name; option++) {
        if (is_key(option) && !option->later)
            names[count++] = option->name;
    }
    return forge_text_nearest(wrong, names);
}

static bool report_unknown(const struct reading *r, const struct forge_node *given)
{
    const char *near = nearest_key(r, given->key);
    struct forge_text help = {0};

    if (near)
        forge_text_print(&help, "did you mean \"%s\"?", near);
    else
        add_known_keys(&help, r->table);
    forge_report(r->base.diagnostics, FORGE_F017, given->key_place, given->key_width,
                 help.bytes, "unknown key \"%s\" in %s", given->key, r->what);
    forge_text_clear(&help);
    return false;
}

static bool read_key(const struct reading *r, const struct forge_option *option,
                     const struct forge_node *given)
{
    if (option->later)
        return forge_report(r->base.diagnostics, FORGE_F028, given->key_place, given->key_width,
                            NULL, "\"%s\" in %s is not in this version of forge", given->key,
                            r->what);
    return forge_option_store(slot_of(r->settings, option), option, given, given->key,
                              &r->base);
}

/* Check one entry of a "*" option; nothing but the node is kept of it. */
static bool check_entry(const struct reading *r, const struct forge_option *option,
                        const struct forge_node *given)
{
    union {
        const void *pointer;
        int64_t integer;
        uint64_t bytes;
        double number;
        bool flag;
        struct forge_names names;
        struct forge_list list;
    } scratch = {0};
    void *slot = &scratch;

    if (!forge_name_is_safe(given->key))
        return forge_report(r->base.diagnostics, FORGE_F019, given->key_place, given->key_width,
                            "a name has no \"/\", no control characters and at most 255 bytes",
                            "%s: \"%s\" cannot be a name", r->what, given->key);
    if (option->nullable && forge_node_is_null(given))
        return true;
    if (option->kind == FORGE_OPTION_TABLE) {
        assert(option->item_size > 0);
        slot = forge_arena_take(r->base.arena, option->item_size);
    }
    return forge_option_store(slot, option, given, given->key, &r->base);
}

static struct forge_pairs *pairs_of(const struct reading *r, const struct forge_option *option,
                                    size_t room)
{
    struct forge_pairs *pairs = (void *)((char *)r->settings + option->offset);

    pairs->nodes = forge_arena_array(r->base.arena, room, sizeof(void *));
    return pairs;
}

/* An unquoted expression that YAML cut at its commas leaves keys without a value behind. */
static bool is_cut_off(const struct reading *r, const struct forge_option *option,
                       const struct forge_node *given)
{
    const struct forge_diagnostics *d = r->base.diagnostics;

    return option->expression && forge_node_is_null(given) && d->count > 0 &&
           d->items[d->count - 1].fault == FORGE_F016;
}

static bool read_keys(const struct reading *r, const struct forge_node *map)
{
    const struct forge_option *rest = find_option(r->table, "*");
    struct forge_pairs *pairs = rest ? pairs_of(r, rest, map->count) : NULL;
    const struct forge_node **nodes = pairs ? (void *)pairs->nodes : NULL;
    bool good = true;

    for (const struct forge_node *given = map->first; given; given = given->next) {
        const struct forge_option *option = find_option(r->table, given->key);

        if (option && is_key(option)) {
            good &= read_key(r, option, given);
        } else if (!rest) {
            good = report_unknown(r, given);
        } else if (!is_cut_off(r, rest, given)) {
            good &= check_entry(r, rest, given);
            nodes[pairs->count++] = given;
        }
    }
    return good;
}

static bool use_fallback(const struct reading *r, const struct forge_option *option)
{
    struct forge_node *node = forge_arena_take(r->base.arena, sizeof *node);
    bool good;

    if (!forge_option_fallback(node, option))
        return true;
    good =
        forge_option_store(slot_of(r->settings, option), option, node, option->name, &r->base);
    assert(good);
    return good;
}

/* The fallbacks of all that was not given; `map` may be NULL. */
static void use_fallbacks(const struct reading *r, const struct forge_node *map)
{
    for (const struct forge_option *option = r->table; option->name; option++) {
        bool missing = is_key(option) && !(map && forge_node_find(map, option->name));

        if (missing && option->kind == FORGE_OPTION_TABLE) {
            struct reading inner = *r;

            inner.table = option->table;
            use_fallbacks(&inner, NULL);
        } else if (missing) {
            (void)use_fallback(r, option);
        }
    }
}

static bool check_required(const struct reading *r, const struct forge_node *map,
                           struct forge_place place)
{
    bool good = true;

    for (const struct forge_option *option = r->table; option->name; option++) {
        if (!option->required || strcmp(option->name, ".") == 0)
            continue;
        if (is_key(option) && !(map && forge_node_find(map, option->name)))
            good = forge_report(r->base.diagnostics, FORGE_F010, place, map ? map->width : 1,
                                NULL, "\"%s\" is missing in %s: %s", option->name, r->what,
                                option->help);
        if (!is_key(option) && !(map && map->count > 0))
            good = forge_report(r->base.diagnostics, FORGE_F010, place, map ? map->width : 1,
                                NULL, "%s is empty: %s", r->what, option->help);
    }
    return good;
}

static bool read_map(const struct reading *r, const struct forge_node *map,
                     struct forge_place place)
{
    bool good = !map || read_keys(r, map);

    good &= check_required(r, map, place);
    use_fallbacks(r, map);
    return good;
}

/* Not a map: what "." takes. */
static bool read_itself(const struct reading *r, const struct forge_option *itself,
                        const struct forge_node *value)
{
    struct forge_text help = {0};

    if (itself) {
        use_fallbacks(r, NULL);
        return forge_option_store(slot_of(r->settings, itself), itself, value, r->what,
                                  &r->base);
    }
    add_known_keys(&help, r->table);
    forge_report(r->base.diagnostics, FORGE_F011, value->place, value->width,
                 find_option(r->table, "*") ? NULL : help.bytes, "%s: expected a map, got %s",
                 r->what,
                 forge_node_is_null(value)        ? "nothing"
                 : value->kind == FORGE_NODE_LIST ? "a list"
                                                  : "a single value");
    forge_text_clear(&help);
    return false;
}

static bool missing_itself(const struct reading *r, const struct forge_option *itself,
                           struct forge_place place)
{
    if (itself->required)
        return forge_report(r->base.diagnostics, FORGE_F010, place, 1, NULL,
                            "%s has no value: %s", r->what, itself->help);
    return use_fallback(r, itself);
}

bool forge_options_read(void *settings, const struct forge_option *table,
                        const struct forge_node *value, struct forge_place place,
                        const char *what, struct forge_arena *arena,
                        struct forge_diagnostics *diagnostics)
{
    const struct reading r = {
        .base = {arena, diagnostics},
        .table = table ? table : no_options,
        .settings = settings,
        .what = what,
    };
    const struct forge_option *itself = find_option(r.table, ".");
    bool is_only = itself == r.table && itself && !itself[1].name;

    if (!value && is_only)
        return missing_itself(&r, itself, place);
    if (!value || (value->kind == FORGE_NODE_MAP && !is_only))
        return read_map(&r, value, place);
    return read_itself(&r, itself, value);
}

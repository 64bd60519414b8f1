/* files.c: `files:`, a list of paths, or the name of a text file with one path a line. */
#include "recipe/parts.h"
#include "storage/store.h"

#include <string.h>

#define LIST_MAX (64U << 20)

/* "https://user:secret@host/": what a recipe must not hold. */
static bool has_credentials(const char *url)
{
    const char *host = strstr(url, "://");
    const char *at = host ? strchr(host + 3, '@') : NULL;

    return at && strcspn(host + 3, "/?#") > (size_t)(at - host - 3);
}

bool forge_address_check(const struct forge_recipe_reading *r, const struct forge_node *node,
                         const char *address, const char *what)
{
    const char *scheme = strstr(address, "://");

    if (has_credentials(address))
        return forge_report(
            r->diagnostics, FORGE_F027, node->place, node->width,
            "anyone can read a recipe: remove the secret, and change it where it "
            "is used",
            "%s: a user name or password stands in the address", what);
    if (scheme && strncmp(address, "file://", 7) != 0)
        return forge_report(r->diagnostics, FORGE_F028, node->place, node->width,
                            "download the files and give their folder",
                            "%s: this version of forge reads local files only, not %.*s://",
                            what, (int)(scheme - address), address);
    return true;
}

static bool check_addresses(const struct forge_recipe_reading *r,
                            const struct forge_input *input)
{
    bool good = true;

    for (size_t i = 0; i < input->files.count; i++)
        good &= forge_address_check(r, input->files.nodes[i], input->files.items[i], "files");
    return good;
}

static bool read_list(char **text, const struct forge_recipe_reading *r, const char *name,
                      struct forge_error *err)
{
    struct forge_store *store = NULL;
    size_t length;
    bool good;

    if (!forge_store_open_file(&store, name[0] == '/' ? "/" : r->recipe->folder, err))
        return false;
    good = forge_store_get(text, &length, store, name[0] == '/' ? name + 1 : name, r->arena,
                           LIST_MAX, err);
    forge_store_close(store);
    return good;
}

/* Cut the text into its lines; blank ones and those that begin with # are left out. */
static void split_lines(const struct forge_recipe_reading *r, struct forge_names *out,
                        char *text, const struct forge_node *node)
{
    size_t room = 1;
    const char **items;
    const struct forge_node **nodes;
    char *rest = NULL;

    for (const char *c = text; *c; c++)
        room += *c == '\n';
    items = forge_arena_array(r->arena, room, sizeof *items);
    nodes = forge_arena_array(r->arena, room, sizeof *nodes);
    for (char *line = strtok_r(text, "\r\n", &rest); line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        line += strspn(line, " \t");
        if (*line == '\0' || *line == '#')
            continue;
        nodes[out->count] = node;
        items[out->count++] = line;
    }
    out->items = items;
    out->nodes = nodes;
}

bool forge_files_read(const struct forge_recipe_reading *r, struct forge_input *input,
                      const struct forge_node *node)
{
    struct forge_error err;
    char *text = NULL;
    const char **items;
    const struct forge_node **nodes;

    if (node->kind == FORGE_NODE_TEXT) {
        if (!read_list(&text, r, node->text, &err))
            return forge_report(r->diagnostics, FORGE_F029, node->place, node->width,
                                err.help[0] ? err.help : NULL,
                                "the list of files cannot be read: %s", err.text);
        split_lines(r, &input->files, text, node);
    } else if (node->kind == FORGE_NODE_LIST) {
        items = forge_arena_array(r->arena, node->count, sizeof *items);
        nodes = forge_arena_array(r->arena, node->count, sizeof *nodes);
        for (const struct forge_node *item = node->first; item; item = item->next) {
            if (item->kind != FORGE_NODE_TEXT)
                return forge_report(r->diagnostics, FORGE_F011, item->place, item->width, NULL,
                                    "files: expected a path");
            nodes[input->files.count] = item;
            items[input->files.count++] = item->text;
        }
        input->files.items = items;
        input->files.nodes = nodes;
    }
    if (input->files.count == 0)
        return forge_report(r->diagnostics, FORGE_F025, node->place, node->width, NULL,
                            "the list of files is empty");
    return check_addresses(r, input);
}

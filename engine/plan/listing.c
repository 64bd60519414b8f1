/* listing.c: `find` + `match`: the grid of the files that are there. */
#include "plan/keys.h"

#include "expression/pattern.h"

#include <stdlib.h>
#include <string.h>

#define FOUND_MAX 1000000U

/* One file that the pattern matched: its path below `find` and the text of every key. */
struct found {
    const char *path;
    const char **texts;
};

struct search {
    struct forge_grid *grid;
    struct forge_arena *arena;
    struct found *items;
    size_t count, room, listed;
    const char *example; /* one of those listed */
    struct forge_error *err;
    bool good;
};

static bool add_found(struct search *search, const char *path, const char *const *texts)
{
    if (search->count == FOUND_MAX)
        return forge_fail_at(search->err, search->grid->input->place,
                             "find: more than %u files match", FOUND_MAX);
    if (search->count == search->room) {
        struct found *items;

        search->room = search->room ? 2 * search->room : 64;
        items = forge_arena_array(search->arena, search->room, sizeof *items);
        if (search->count > 0)
            memcpy(items, search->items, search->count * sizeof *items);
        search->items = items;
    }
    search->items[search->count].path = forge_arena_text(search->arena, path);
    search->items[search->count++].texts = (const char **)texts;
    return true;
}

/* Position of a name among the groups, or their number. */
static size_t group_of(const char *const *names, const char *name)
{
    size_t i = 0;

    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static bool visit_object(void *context, const char *key,
                         const struct forge_object_status *status)
{
    struct search *search = context;
    const struct forge_input *input = search->grid->input;
    const char *const *names;
    const char **texts, **groups;
    size_t count = 0;
    bool found = false;

    (void)status;
    if (search->listed++ == 0)
        search->example = forge_arena_text(search->arena, key);
    for (names = forge_pattern_names(input->match); names[count]; count++)
        continue;
    texts = forge_arena_array(search->arena, input->combine_count + 1, sizeof *texts);
    groups = forge_arena_array(search->arena, count + 1, sizeof *groups);
    search->good =
        forge_pattern_search(&found, groups, input->match, key, search->arena, search->err);
    if (!search->good)
        return forge_fail_place(search->err, input->match_node->place);
    if (!found)
        return true;
    for (size_t i = 0; i < input->combine_count; i++) {
        const char *text = groups[group_of(names, input->combine[i].as)];

        texts[i] = text ? text : "";
    }
    search->good = add_found(search, key, texts);
    return search->good;
}

static int compare_keys(const void *a, const void *b)
{
    const struct forge_key *left = a, *right = b;

    if (left->value.kind == FORGE_SCALAR_TIME && left->value.integer != right->value.integer)
        return left->value.integer < right->value.integer ? -1 : 1;
    return forge_text_compare_natural(left->text, right->text);
}

/* The distinct keys of one axis, in order. */
static bool axis_of(struct forge_axis *axis, const struct search *search, size_t which,
                    const struct forge_inputs_request *request)
{
    const struct forge_combine *combine = &search->grid->input->combine[which];
    uint64_t count = 0;

    axis->combine = combine;
    axis->keys = forge_arena_array(search->arena, search->count, sizeof *axis->keys);
    for (size_t i = 0; i < search->count; i++) {
        if (!forge_key_of_text(&axis->keys[i], combine, search->items[i].texts[which],
                               search->arena, search->err))
            return false;
    }
    qsort(axis->keys, search->count, sizeof *axis->keys, compare_keys);
    for (size_t i = 0; i < search->count; i++) {
        bool excepted = false;

        if (count > 0 && strcmp(axis->keys[count - 1].text, axis->keys[i].text) == 0)
            continue;
        for (size_t e = 0; e < combine->except.count; e++)
            excepted |= forge_key_matches(&axis->keys[i], combine->except.items[e]);
        if (!excepted)
            axis->keys[count++] = axis->keys[i];
    }
    axis->count = count;
    if (count == 0)
        return forge_fail_at(search->err, combine->place, "\"%s\" has no keys left",
                             combine->as);
    forge_keys_prune(axis, request->prune);
    return true;
}

/* Position of a text among the keys of an axis, or -1 when it was pruned or excepted. */
static int64_t position(const struct forge_axis *axis, const char *text)
{
    struct forge_key wanted = {.text = text};

    if (axis->combine->parse &&
        !forge_time_parse_format(&wanted.value.integer, FORGE_CALENDAR_STANDARD, text,
                                 axis->combine->parse))
        return -1;
    wanted.value.kind = axis->combine->parse ? FORGE_SCALAR_TIME : FORGE_SCALAR_STRING;
    for (uint64_t low = 0, high = axis->count; low < high;) {
        uint64_t middle = low + (high - low) / 2;
        int order = compare_keys(&wanted, &axis->keys[middle]);

        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static bool place_file(struct search *search, const struct found *item,
                       const struct forge_inputs_request *request)
{
    struct forge_grid *grid = search->grid;
    const char *find = grid->input->find, *url;
    uint64_t number = 0;
    struct forge_cell *cell;

    for (size_t i = 0; i < grid->axes_count; i++) {
        int64_t at = position(&grid->axes[i], item->texts[i]);

        if (at < 0)
            return true;
        number = number * grid->axes[i].count + (uint64_t)at;
    }
    cell = &grid->cells[number];
    url = forge_arena_print(search->arena, "%s%s%s", find,
                            *find && find[strlen(find) - 1] == '/' ? "" : "/", item->path);
    if (cell->file.url) {
        forge_fail_at(search->err, grid->input->match_node->place,
                      "two files match the same keys: \"%s\" and \"%s\"", cell->file.url, url);
        return forge_fail_help(search->err, "give the pattern another named group, or make it "
                                            "match only one of them");
    }
    cell->state = FORGE_CELL_WANTED;
    cell->file = forge_input_file(search->arena, request, url);
    return true;
}

static bool find_all(struct search *search, const struct forge_inputs_request *request)
{
    const struct forge_input *input = search->grid->input;
    struct forge_file folder = forge_input_file(search->arena, request, input->find);
    struct forge_store *store = NULL;
    const char *path = forge_arena_print(search->arena, "/%s", folder.key);
    bool good;

    if (!forge_store_open_file(&store, path, search->err))
        return forge_fail_place(search->err, input->place);
    good = forge_store_list(store, "", visit_object, search, search->err) && search->good;
    forge_store_close(store);
    if (!good)
        return forge_fail_place(search->err, input->place);
    if (search->listed == 0) {
        forge_fail(search->err, FORGE_MISSING, "find: there are no files below \"%s\"",
                   input->find);
        forge_fail_help(search->err, "the folder is not there, or it is empty");
        return forge_fail_place(search->err, input->place);
    }
    if (search->count == 0) {
        forge_fail(search->err, FORGE_MISSING, "find: none of the %zu files below \"%s\" match",
                   search->listed, input->find);
        forge_fail_help(search->err,
                        "the pattern is searched in the path below the folder, such as \"%s\"",
                        search->example);
        return forge_fail_place(search->err, input->match_node->place);
    }
    return true;
}

bool forge_listing_resolve(struct forge_grid *grid, struct forge_arena *arena,
                           const struct forge_inputs_request *request, struct forge_error *err)
{
    const struct forge_input *input = grid->input;
    struct search search = {.grid = grid, .arena = arena, .err = err, .good = true};

    for (size_t i = 0; i < input->combine_count; i++) {
        const char *const *names = forge_pattern_names(input->match);

        if (!names[group_of(names, input->combine[i].as)])
            return forge_fail_at(err, input->combine[i].place,
                                 "the pattern has no group named \"%s\"", input->combine[i].as);
    }
    if (!find_all(&search, request))
        return false;
    grid->axes_count = input->combine_count;
    grid->axes = forge_arena_array(arena, grid->axes_count, sizeof *grid->axes);
    for (size_t i = 0; i < grid->axes_count; i++) {
        if (!axis_of(&grid->axes[i], &search, i, request))
            return false;
    }
    if (!forge_grid_make_cells(grid, arena, err))
        return false;
    for (uint64_t c = 0; c < grid->cells_count; c++)
        grid->cells[c].state = FORGE_CELL_EXCLUDED;
    for (size_t i = 0; i < search.count; i++) {
        if (!place_file(&search, &search.items[i], request))
            return false;
    }
    return true;
}

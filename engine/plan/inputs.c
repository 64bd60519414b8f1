#include "plan/inputs.h"

#include "base/checked.h"
#include "plan/keys.h"

#include <string.h>

/* Fold "." and ".." of an absolute path, as text; the result has no leading "/". */
static char *fold_path(struct forge_arena *arena, const char *path)
{
    char *out = forge_arena_take(arena, strlen(path) + 1);
    size_t length = 0;

    while (*path) {
        size_t part = strcspn(path, "/");

        if (part == 2 && strncmp(path, "..", 2) == 0) {
            while (length > 0 && out[length - 1] != '/')
                length--;
            if (length > 0)
                length--;
        } else if (part > 0 && !(part == 1 && path[0] == '.')) {
            if (length > 0)
                out[length++] = '/';
            memcpy(out + length, path, part);
            length += part;
        }
        path += part + (path[part] == '/');
    }
    out[length] = '\0';
    return out;
}

/* A path of the recipe as the key of a file below "/". */
struct forge_file forge_input_file(struct forge_arena *arena,
                                   const struct forge_inputs_request *request, const char *url)
{
    const char *path = strncmp(url, "file://", 7) == 0 ? url + 7 : url;
    const char *whole =
        path[0] == '/' ? path : forge_arena_print(arena, "%s/%s", request->folder, path);

    return (struct forge_file){
        .store = request->files, .key = fold_path(arena, whole), .url = url};
}

/* Is this cell one of the input's `except` maps? */
static bool is_excepted(const struct forge_grid *grid, const uint64_t *index)
{
    const struct forge_node *list = grid->input->except;

    for (const struct forge_node *map = list ? list->first : NULL; map; map = map->next) {
        bool all = true;

        for (const struct forge_node *key = map->first; key; key = key->next) {
            for (size_t i = 0; i < grid->axes_count; i++) {
                if (strcmp(grid->axes[i].combine->as, key->key) == 0 &&
                    !forge_key_matches(&grid->axes[i].keys[index[i]], key->text))
                    all = false;
            }
        }
        if (all)
            return true;
    }
    return false;
}

/* Mark the cells of the input's `except`. */
static void exclude_cells(struct forge_grid *grid)
{
    for (uint64_t c = 0; grid->input->except && c < grid->cells_count; c++) {
        uint64_t index[FORGE_RANK_MAX];

        forge_grid_cell_index(index, grid, c);
        if (is_excepted(grid, index))
            grid->cells[c].state = FORGE_CELL_EXCLUDED;
    }
}

bool forge_grid_make_cells(struct forge_grid *grid, struct forge_arena *arena,
                           struct forge_error *err)
{
    grid->cells_count = 1;
    for (size_t i = 0; i < grid->axes_count; i++) {
        if (!forge_checked_multiply(&grid->cells_count, grid->cells_count,
                                    grid->axes[i].count) ||
            grid->cells_count > FORGE_CELLS_MAX)
            return forge_fail_at(err, grid->input->place, "more than %u files",
                                 FORGE_CELLS_MAX);
    }
    grid->cells = forge_arena_array(arena, grid->cells_count, sizeof *grid->cells);
    return true;
}

static bool expand_cells(struct forge_grid *grid, struct forge_arena *arena,
                         const struct forge_inputs_request *request, struct forge_error *err)
{
    struct forge_arena scratch = {0};
    struct forge_text url = {0};
    bool good = true;

    for (uint64_t c = 0; c < grid->cells_count && good; c++) {
        struct forge_cell_scope context = {.grid = grid, .cell = c, .arena = &scratch};
        struct forge_scope scope = forge_cell_scope(&context);

        url.length = 0;
        good = forge_template_expand(&url, grid->input->url, &scope, &scratch, err);
        if (good)
            grid->cells[c].file = forge_input_file(
                arena, request, forge_arena_text(arena, forge_text_string(&url)));
        else if (context.let_failure.code != FORGE_OK)
            *err = context.let_failure;
        if (!good)
            forge_fail_place(err, grid->input->url_node->place);
        forge_arena_clear(&scratch);
    }
    forge_text_clear(&url);
    return good;
}

static bool resolve_url(struct forge_grid *grid, struct forge_arena *arena,
                        const struct forge_inputs_request *request, struct forge_error *err)
{
    const struct forge_input *input = grid->input;

    grid->axes_count = input->combine_count;
    grid->axes = forge_arena_array(arena, grid->axes_count, sizeof *grid->axes);
    for (size_t i = 0; i < grid->axes_count; i++) {
        if (!forge_keys_resolve(&grid->axes[i], arena, &input->combine[i], request->now_us,
                                err))
            return false;
        forge_keys_prune(&grid->axes[i], request->prune);
    }
    return forge_grid_make_cells(grid, arena, err) && expand_cells(grid, arena, request, err);
}

/* A listed file is a key by itself: its text, or the time that `parse` reads in it; without
 * `parse` expressions see its position. */
static bool file_keys(struct forge_axis *axis, struct forge_arena *arena,
                      const struct forge_input *input, struct forge_error *err)
{
    const struct forge_combine *combine = input->combine_count > 0 ? input->combine : NULL;

    axis->combine = combine;
    axis->count = input->files.count;
    axis->keys = forge_arena_array(arena, axis->count, sizeof *axis->keys);
    for (uint64_t i = 0; i < axis->count; i++) {
        struct forge_key *key = &axis->keys[i];

        key->text = input->files.items[i];
        key->value = (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER, .integer = (int64_t)i};
        if (combine && combine->parse &&
            !forge_key_of_text(key, combine, key->text, arena, err))
            return false;
    }
    return !combine || forge_keys_drop_excepted(axis, err);
}

static bool resolve_files(struct forge_grid *grid, struct forge_arena *arena,
                          const struct forge_inputs_request *request, struct forge_error *err)
{
    const struct forge_input *input = grid->input;
    struct forge_axis *axis = forge_arena_take(arena, sizeof *axis);

    grid->axes = axis;
    grid->axes_count = input->combine_count;
    if (!file_keys(axis, arena, input, err))
        return false;
    if (grid->axes_count > 0)
        forge_keys_prune(axis, request->prune);
    if (!forge_grid_make_cells(grid, arena, err))
        return false;
    for (uint64_t i = 0; i < grid->cells_count; i++)
        grid->cells[i].file = forge_input_file(arena, request, axis->keys[i].text);
    return true;
}

bool forge_inputs_resolve(struct forge_grid *grid, struct forge_arena *arena,
                          const struct forge_recipe *recipe, const struct forge_input *input,
                          const struct forge_inputs_request *request, struct forge_error *err)
{
    bool good;

    *grid = (struct forge_grid){.recipe = recipe, .input = input};
    if (input->url)
        good = resolve_url(grid, arena, request, err);
    else if (input->find)
        good = forge_listing_resolve(grid, arena, request, err);
    else
        good = resolve_files(grid, arena, request, err);
    if (good)
        exclude_cells(grid);
    return good;
}

/* scope.c: what the names in templates and expressions mean for one file. */
#include "plan/inputs.h"

#include <string.h>

static const struct forge_key *key_of(const struct forge_cell_scope *scope, size_t axis)
{
    const struct forge_grid *grid = scope->grid;
    uint64_t index[FORGE_RANK_MAX];

    if (scope->keys)
        return scope->keys[axis];
    forge_grid_cell_index(index, grid, scope->cell);
    return &grid->axes[axis].keys[index[axis]];
}

static bool find_let(struct forge_cell_scope *scope, const char *name, struct forge_scalar *out)
{
    const struct forge_input *input = scope->grid->input;

    for (size_t i = 0; i < input->lets_count; i++) {
        struct forge_scope names;
        struct forge_error err = {0};

        if (strcmp(input->lets[i].name, name) != 0)
            continue;
        names = forge_cell_scope(scope);
        if (forge_expression_scalar(out, input->lets[i].expression, &names, scope->arena, &err))
            return true;
        if (scope->let_failure.code != FORGE_OK)
            return false; /* of a let that this one uses */
        forge_fail_while(&err, "let: %s", name);
        forge_fail_place(&err, input->lets[i].place);
        scope->let_failure = err;
        return false;
    }
    return false;
}

/* The file's name without folder and last extension. */
static bool file_stem(const struct forge_cell_scope *scope, struct forge_scalar *out)
{
    const char *url = scope->grid->cells ? scope->grid->cells[scope->cell].file.url : NULL;
    const char *slash = url ? strrchr(url, '/') : NULL;
    const char *name = slash ? slash + 1 : url;
    const char *dot = name ? strrchr(name, '.') : NULL;

    if (!name)
        return false;
    out->kind = FORGE_SCALAR_STRING;
    out->string = forge_arena_copy(scope->arena, name,
                                   dot && dot != name ? (size_t)(dot - name) : strlen(name));
    return true;
}

static bool scope_name(void *context, const char *name, struct forge_scalar *out)
{
    struct forge_cell_scope *scope = context;
    const struct forge_grid *grid = scope->grid;

    *out = (struct forge_scalar){0};
    if (strcmp(name, "file.stem") == 0)
        return file_stem(scope, out);
    if (strncmp(name, "key.", 4) == 0)
        name += 4;
    for (size_t i = 0; i < grid->axes_count; i++) {
        if (strcmp(grid->axes[i].combine->as, name) == 0) {
            *out = key_of(scope, i)->value;
            return true;
        }
    }
    return find_let(scope, name, out);
}

static bool scope_table(void *context, const char *table, const char *key,
                        struct forge_scalar *out)
{
    const struct forge_cell_scope *scope = context;

    return forge_recipe_table(scope->grid->recipe, table, key, out);
}

static bool scope_attribute(void *context, const char *variable, const char *name,
                            struct forge_scalar *out)
{
    const struct forge_cell_scope *scope = context;

    return scope->dataset && forge_scalar_attribute(out, scope->dataset, variable, name);
}

struct forge_scope forge_cell_scope(struct forge_cell_scope *context)
{
    const struct forge_grid *grid = context->grid;
    size_t count = grid->axes_count + grid->input->lets_count;
    const char **names = forge_arena_array(context->arena, count + 1, sizeof *names);

    for (size_t i = 0; i < grid->axes_count; i++)
        names[i] = grid->axes[i].combine->as;
    for (size_t i = 0; i < grid->input->lets_count; i++)
        names[grid->axes_count + i] = grid->input->lets[i].name;
    return (struct forge_scope){
        .context = context,
        .name = scope_name,
        .table = scope_table,
        .attribute = scope_attribute,
        .names = names,
    };
}

void forge_grid_cell_index(uint64_t *index, const struct forge_grid *grid, uint64_t cell)
{
    for (size_t i = grid->axes_count; i-- > 0;) {
        index[i] = cell % grid->axes[i].count;
        cell /= grid->axes[i].count;
    }
}

void forge_grid_cell_print(struct forge_text *out, const struct forge_grid *grid, uint64_t cell)
{
    uint64_t index[FORGE_RANK_MAX];

    forge_grid_cell_index(index, grid, cell);
    for (size_t i = 0; i < grid->axes_count; i++)
        forge_text_print(out, "%s%s=%s", i > 0 ? ", " : "", grid->axes[i].combine->as,
                         grid->axes[i].keys[index[i]].text);
}

/* inputs.h: from patterns to an ordered grid of files.
 *
 * Each input of a recipe becomes a grid: an axis per dimension of `combine`,
 * and a cell per combination of keys, in C order, outermost first. No file is
 * opened here; listings are read for `find`.
 */
#ifndef FORGE_PLAN_INPUTS_H
#define FORGE_PLAN_INPUTS_H

#include "recipe/recipe.h"

#define FORGE_CELLS_MAX 10000000U /* files of one recipe */

struct forge_key {
    struct forge_scalar value;
    const char *text; /* as `except` and messages write it */
};

struct forge_axis {
    const struct forge_combine *combine;
    struct forge_key *keys;
    uint64_t count;
};

enum forge_cell_state {
    FORGE_CELL_WANTED,
    FORGE_CELL_EXCLUDED, /* by `except`, or no file was found for these keys */
    FORGE_CELL_ABSENT,   /* looked for and not there; if_missing let it pass */
    FORGE_CELL_FAILED,   /* could not be fetched or scanned: no plan is made of this */
};

struct forge_cell {
    enum forge_cell_state state;
    struct forge_file file; /* store and key; status once it was looked at */
    int64_t read_us;        /* when that was; 0: not yet */
};

struct forge_grid {
    const struct forge_recipe *recipe;
    const struct forge_input *input;
    struct forge_axis *axes;
    size_t axes_count;
    struct forge_cell *cells;
    uint64_t cells_count;
};

/* What a plan is asked for beyond the recipe. */
struct forge_inputs_request {
    uint64_t prune;            /* keep the first and last N keys of every concat axis; 0: all */
    int64_t now_us;            /* what "now" means: microseconds since 1970, UTC */
    struct forge_store *files; /* the local file system, "/" */
    const char *folder;        /* absolute path of the recipe's folder */
};

/* Resolve one input. Everything lives in `arena`. */
FORGE_MUST_CHECK bool forge_inputs_resolve(struct forge_grid *grid, struct forge_arena *arena,
                                           const struct forge_recipe *recipe,
                                           const struct forge_input *input,
                                           const struct forge_inputs_request *request,
                                           struct forge_error *err);

/* Position of a cell along every axis; `index` has room for axes_count. */
void forge_grid_cell_index(uint64_t *index, const struct forge_grid *grid, uint64_t cell);

/* "time=1981-09-01, variable=sst": for messages. */
void forge_grid_cell_print(struct forge_text *out, const struct forge_grid *grid,
                           uint64_t cell);

/* What names mean for the file of one cell; `dataset` (may be NULL) is for attr(). The scope
 * borrows the context, which borrows its arguments. */
struct forge_cell_scope {
    const struct forge_grid *grid;
    uint64_t cell;
    const struct forge_dataset *dataset;
    struct forge_arena *arena;
    const struct forge_key *const *keys; /* per axis, instead of the cell's; may be NULL */
    struct forge_error let_failure; /* why a name of `let` had no value; code OK: none failed */
};
struct forge_scope forge_cell_scope(struct forge_cell_scope *context);

#endif

/* combine_grid.c: fold a grid of datasets along its axes, innermost first. */
#include "plan/combine_parts.h"

/* What is folded: the members along the present axis, and the files that they are made of. */
struct fold {
    const struct forge_combining *combining;
    const struct forge_grid *grid;
    size_t axis;
    const struct forge_dataset *const *files; /* of the whole grid */
    uint64_t files_each;                      /* of one member */
};

static bool is_incomplete(const struct fold *fold, uint64_t member)
{
    for (uint64_t i = 0; i < fold->files_each; i++) {
        if (!fold->files[member * fold->files_each + i])
            return true;
    }
    return false;
}

/* Keep the places of what is not there: of whole members, and of variables of some. */
static bool fill_row(struct forge_dataset *row, const struct fold *fold, uint64_t first,
                     const struct forge_dataset *const *members, struct forge_error *err)
{
    const struct forge_axis *along = &fold->grid->axes[fold->axis];
    struct forge_dataset all;

    for (uint64_t i = 0; i < along->count; i++) {
        if (members[i])
            row[i] = *members[i];
    }
    if (!forge_missing_fill(row, fold->combining, fold->grid, fold->axis, members, err))
        return false;
    forge_missing_union(&all, fold->combining, row, along->count);
    for (uint64_t i = 0; i < along->count; i++) {
        if (is_incomplete(fold, first + i) &&
            !forge_missing_complete(&row[i], fold->combining, along->combine->dim, &all, err))
            return false;
    }
    return true;
}

/* Combine the members along one axis, leaving out (or standing in for) those that are NULL. */
static bool combine_row(struct forge_dataset *out, const struct fold *fold, uint64_t first,
                        const struct forge_dataset *const *members, struct forge_error *err)
{
    const struct forge_axis *along = &fold->grid->axes[fold->axis];
    const struct forge_combine *combine = along->combine;
    struct forge_dataset *row =
        forge_arena_array(fold->combining->arena, along->count, sizeof *row);
    bool fill = fold->grid->input->if_missing == FORGE_MISSING_FILL && !combine->merge;
    size_t count = 0;

    if (fill && !fill_row(row, fold, first, members, err))
        return false;
    for (uint64_t i = 0; i < along->count; i++) {
        if (fill)
            count++;
        else if (members[i])
            row[count++] = *members[i];
    }
    return combine->merge
               ? forge_combine_merge(out, fold->combining, row, count, err)
               : forge_combine_concat(out, fold->combining, row, count, combine->dim, err);
}

/* One level: `cells` has count * (keys of the axis) entries; the results replace them. */
static bool fold_axis(const struct forge_dataset **cells, uint64_t count,
                      const struct fold *fold, struct forge_error *err)
{
    uint64_t keys = fold->grid->axes[fold->axis].count;

    for (uint64_t i = 0; i < count; i++) {
        const struct forge_dataset *const *members = &cells[i * keys];
        struct forge_dataset *made;
        bool any = false;

        for (uint64_t k = 0; k < keys; k++)
            any |= members[k] != NULL;
        if (!any) {
            cells[i] = NULL;
            continue;
        }
        made = forge_arena_take(fold->combining->arena, sizeof *made);
        if (!combine_row(made, fold, i * keys, members, err))
            return false;
        cells[i] = made;
    }
    return true;
}

/* The files of `except` have no place to keep where there is one axis; in a grid of more the
 * place stays for the sake of the others. */
static void leave_out(struct forge_grid *grid, struct forge_axis *axis,
                      const struct forge_dataset **files, struct forge_arena *arena)
{
    const struct forge_axis *all = &grid->axes[0];
    uint64_t kept = 0;

    if (grid->axes_count != 1 || !grid->cells)
        return;
    *axis = *all;
    axis->keys = forge_arena_array(arena, all->count, sizeof *axis->keys);
    for (uint64_t i = 0; i < all->count; i++) {
        if (grid->cells[i].state == FORGE_CELL_EXCLUDED)
            continue;
        axis->keys[kept] = all->keys[i];
        files[kept++] = files[i];
    }
    axis->count = kept;
    grid->axes = axis;
    grid->cells_count = kept;
}

static bool nothing_there(const struct forge_grid *grid, struct forge_error *err)
{
    forge_fail(err, FORGE_MISSING, "none of the input files is there");
    return forge_fail_place(err, grid->input->place);
}

bool forge_combine_grid(struct forge_dataset *out, const struct forge_combining *combining,
                        const struct forge_grid *whole,
                        const struct forge_dataset *const *given, struct forge_error *err)
{
    const struct forge_dataset **files =
        forge_arena_array(combining->arena, whole->cells_count, sizeof(*files));
    const struct forge_dataset **cells =
        forge_arena_array(combining->arena, whole->cells_count, sizeof(*cells));
    struct forge_grid left = *whole;
    const struct forge_grid *grid = &left;
    struct forge_axis axis_left;
    uint64_t count, each = 1;

    for (uint64_t c = 0; c < whole->cells_count; c++)
        files[c] = given[c];
    leave_out(&left, &axis_left, files, combining->arena);
    count = grid->cells_count;
    if (count == 0)
        return nothing_there(grid, err);
    for (uint64_t c = 0; c < count; c++)
        cells[c] = files[c];
    for (size_t axis = grid->axes_count; axis-- > 0;) {
        struct forge_combining here = *combining;
        const struct fold fold = {&here, grid, axis, files, each};

        here.place = grid->axes[axis].combine->place;
        here.key = grid->axes[axis].combine->as;
        count /= grid->axes[axis].count;
        if (!fold_axis(cells, count, &fold, err))
            return forge_fail_place(err, here.place);
        each *= grid->axes[axis].count;
    }
    if (!cells[0])
        return nothing_there(grid, err);
    *out = *cells[0];
    return true;
}

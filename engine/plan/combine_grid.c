/* combine_grid.c: fold a grid of datasets along its axes, innermost first. */
#include "plan/combine_parts.h"

/* A row of results along one axis: those that are there, without gaps. */
struct row {
    struct forge_dataset *items;
    size_t count;
};

/* Combine the members along one axis, leaving out (or standing in for) those that are NULL. */
static bool combine_row(struct forge_dataset *out, const struct forge_combining *combining,
                        const struct forge_grid *grid, size_t axis,
                        const struct forge_dataset *const *members, struct forge_error *err)
{
    const struct forge_axis *along = &grid->axes[axis];
    struct row row = {forge_arena_array(combining->arena, along->count, sizeof *row.items), 0};
    bool stand_in = grid->input->if_missing == FORGE_MISSING_FILL && !along->combine->merge;

    for (uint64_t i = 0; i < along->count; i++) {
        if (members[i])
            row.items[row.count++] = *members[i];
        else if (stand_in && !forge_missing_dataset(&row.items[row.count++], combining, grid,
                                                    axis, members, i, err))
            return false;
    }
    return along->combine->merge
               ? forge_combine_merge(out, combining, row.items, row.count, err)
               : forge_combine_concat(out, combining, row.items, row.count, along->combine->dim,
                                      err);
}

/* One level: `cells` has count * (keys of the axis) entries; the results replace them. */
static bool fold_axis(const struct forge_dataset **cells, uint64_t count,
                      const struct forge_combining *combining, const struct forge_grid *grid,
                      size_t axis, struct forge_error *err)
{
    uint64_t keys = grid->axes[axis].count;

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
        made = forge_arena_take(combining->arena, sizeof *made);
        if (!combine_row(made, combining, grid, axis, members, err))
            return false;
        cells[i] = made;
    }
    return true;
}

bool forge_combine_grid(struct forge_dataset *out, const struct forge_combining *combining,
                        const struct forge_grid *grid, const struct forge_dataset *const *given,
                        struct forge_error *err)
{
    const struct forge_dataset **cells =
        forge_arena_array(combining->arena, grid->cells_count, sizeof(*cells));
    uint64_t count = grid->cells_count;

    for (uint64_t c = 0; c < count; c++)
        cells[c] = given[c];
    for (size_t axis = grid->axes_count; axis-- > 0;) {
        struct forge_combining here = *combining;

        here.place = grid->axes[axis].combine->place;
        count /= grid->axes[axis].count;
        if (!fold_axis(cells, count, &here, grid, axis, err))
            return forge_fail_place(err, here.place);
    }
    if (!cells[0]) {
        forge_fail(err, FORGE_MISSING, "none of the input files is there");
        return forge_fail_place(err, grid->input->place);
    }
    *out = *cells[0];
    return true;
}

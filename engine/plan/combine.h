/* combine.h: many virtual datasets become one, on manifests: concat and merge.
 *
 * Nothing is ever joined under the wrong encoding. Times with other units,
 * other packing, fill values or types are brought to one encoding exactly, or
 * refused by name. Variables that are not joined must be equal, byte by byte:
 * those in memory are compared here, the others when they are read. Messages
 * name the variable and both files.
 */
#ifndef FORGE_PLAN_COMBINE_H
#define FORGE_PLAN_COMBINE_H

#include "plan/inputs.h"

/* What was decided silently and an author may want to know; shown by `forge plan`. */
struct forge_notes {
    struct forge_arena *arena;
    const char **items;
    size_t count, room;
};
void forge_note(struct forge_notes *notes, const char *format, ...) FORGE_PRINTF(2, 3);

/* What is carried while datasets are combined. Everything made lives in `arena`. */
struct forge_combining {
    struct forge_arena *arena;
    struct forge_reader *reader;
    enum forge_join join;
    enum forge_conflicts conflicts;
    struct forge_notes *notes;
    struct forge_place place; /* in the recipe */
    const char *key; /* what expressions call the key of the axis; NULL: the dimension */
};

/* Combine one grid; `cells` has a dataset per cell, NULL where there is none. */
FORGE_MUST_CHECK bool forge_combine_grid(struct forge_dataset *out,
                                         const struct forge_combining *combining,
                                         const struct forge_grid *grid,
                                         const struct forge_dataset *const *cells,
                                         struct forge_error *err);

/* Join along `dim`; members in order. */
FORGE_MUST_CHECK bool forge_combine_concat(struct forge_dataset *out,
                                           const struct forge_combining *combining,
                                           const struct forge_dataset *members, size_t count,
                                           const char *dim, struct forge_error *err);

/* Bring different variables together. */
FORGE_MUST_CHECK bool forge_combine_merge(struct forge_dataset *out,
                                          const struct forge_combining *combining,
                                          const struct forge_dataset *members, size_t count,
                                          struct forge_error *err);

#endif

/* keys.h: the keys along one axis of the grid of files. */
#ifndef FORGE_PLAN_KEYS_H
#define FORGE_PLAN_KEYS_H

#include "plan/inputs.h"

/* The keys of a dimension that has a list, integers or dates. */
FORGE_MUST_CHECK bool forge_keys_resolve(struct forge_axis *axis, struct forge_arena *arena,
                                         const struct forge_combine *combine, int64_t now_us,
                                         struct forge_error *err);

/* A key from a text that was found or listed, read by `parse` where the recipe says so. */
FORGE_MUST_CHECK bool forge_key_of_text(struct forge_key *out,
                                        const struct forge_combine *combine, const char *text,
                                        struct forge_arena *arena, struct forge_error *err);

/* Does `text`, as an author writes it, mean this key? */
bool forge_key_matches(const struct forge_key *key, const char *text);

/* Drop the keys of `except`; one that is no key is a mistake of the author, and so is to leave
 * none. */
FORGE_MUST_CHECK bool forge_keys_drop_excepted(struct forge_axis *axis,
                                               struct forge_error *err);

/* Keep the first and the last `keep` keys of a concat axis; 0 keeps all. */
void forge_keys_prune(struct forge_axis *axis, uint64_t keep);

/* The file behind a path of the recipe, absolute or below the recipe's folder. */
struct forge_file forge_input_file(struct forge_arena *arena,
                                   const struct forge_inputs_request *request, const char *url);

/* Room for a cell per combination of keys. */
FORGE_MUST_CHECK bool forge_grid_make_cells(struct forge_grid *grid, struct forge_arena *arena,
                                            struct forge_error *err);

/* The grid of an input that lists files: `find` and `match`. */
FORGE_MUST_CHECK bool forge_listing_resolve(struct forge_grid *grid, struct forge_arena *arena,
                                            const struct forge_inputs_request *request,
                                            struct forge_error *err);

#endif

/* stored.h: the recipe that a version was made with, kept beside its data. */
#ifndef FORGE_CLI_STORED_H
#define FORGE_CLI_STORED_H

#include "catalog/bakery.h"
#include "cli/command.h"

/* Is it no file, but the name of a dataset of the bakery? */
bool stored_is_dataset(const struct forge_bakery *bakery, const char *name);

/* The recipe of a dataset's current version, in the bakery's arena; its path is the one that
 * the recipe had when the version was baked. */
FORGE_MUST_CHECK bool stored_recipe(struct recipe_text *text, const struct forge_bakery *bakery,
                                    const char *name, struct forge_error *err);

#endif

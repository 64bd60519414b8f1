/* parts.h: how the files of this folder share the reading of one recipe. Private to it. */
#ifndef FORGE_RECIPE_PARTS_H
#define FORGE_RECIPE_PARTS_H

#include "recipe/check.h"
#include "recipe/recipe.h"

/* What is carried while a recipe is read. */
struct forge_recipe_reading {
    struct forge_recipe *recipe;
    struct forge_arena *arena; /* the recipe's */
    struct forge_diagnostics *diagnostics;
};

extern const struct forge_option forge_input_options[];
extern const struct forge_option forge_target_options[];
extern const struct forge_option forge_ints_options[];
extern const struct forge_option forge_dates_options[];

/* Each reports every mistake of its part and returns false when there was one. */
bool forge_input_read(const struct forge_recipe_reading *reading, struct forge_input *input,
                      const struct forge_node *node);
bool forge_combine_read(const struct forge_recipe_reading *reading, struct forge_input *input,
                        const struct forge_node *node);
bool forge_target_read(const struct forge_recipe_reading *reading, struct forge_target *target,
                       const struct forge_node *node);
bool forge_transforms_read(const struct forge_recipe_reading *reading,
                           struct forge_transform_list *list, const struct forge_node *node,
                           bool each);
bool forge_checks_read(const struct forge_recipe_reading *reading,
                       const struct forge_node *node);

/* Is this an address that this version may read, and without a secret in it? */
bool forge_address_check(const struct forge_recipe_reading *reading,
                         const struct forge_node *node, const char *address, const char *what);

/* `files:`, a list or the name of a list. */
bool forge_files_read(const struct forge_recipe_reading *reading, struct forge_input *input,
                      const struct forge_node *node);

/* Is every name in the templates and expressions of this input defined by something? */
bool forge_names_check(const struct forge_recipe_reading *reading,
                       const struct forge_input *input);

/* Parse a template or expression, reporting mistakes at their column. */
struct forge_template *forge_template_at(const struct forge_recipe_reading *reading,
                                         const struct forge_node *node);
struct forge_expression *forge_expression_at(const struct forge_recipe_reading *reading,
                                             const struct forge_node *node);

/* JSON Schema fragments of the parts. */
void forge_input_schema(struct forge_text *out);
void forge_combine_schema(struct forge_text *out);
void forge_transforms_schema(struct forge_text *out);
void forge_checks_schema(struct forge_text *out);
void forge_codec_schema(struct forge_text *out);

/* The place of byte `at` of a scalar on one line. */
struct forge_place forge_place_inside(const struct forge_node *node, size_t at);

/* What to say to one who wrote `wrong` and meant one of `names`; NULL where there are none. */
const char *forge_names_help(struct forge_arena *arena, const char *wrong,
                             const char *const *names);

/* Report a name in `node` that is not among `names`. */
bool forge_report_unknown(const struct forge_recipe_reading *reading, enum forge_fault fault,
                          const struct forge_node *node, const char *what, const char *wrong,
                          const char *const *names);

#endif

/* recipes.h: recipes from text, for tests; what is wrong with one is told as text. */
#ifndef FORGE_TESTS_SUPPORT_RECIPES_H
#define FORGE_TESTS_SUPPORT_RECIPES_H

#include <string.h>

#include "recipe/recipe.h"

/* Empty when the recipe is right, else every mistake: "3:5: text". */
static inline const char *recipe_mistakes(struct forge_recipe *recipe, const char *text,
                                          struct forge_arena *arena)
{
    struct forge_diagnostics diagnostics = {.arena = arena};
    const char *mistakes = "";

    if (forge_recipe_parse(recipe, "/recipes/r.yaml", text, strlen(text), &diagnostics))
        return mistakes;
    for (size_t i = 0; i < diagnostics.count; i++) {
        const struct forge_diagnostic *item = &diagnostics.items[i];

        mistakes = forge_arena_print(arena, "%s%s%u:%u: %s", mistakes, i > 0 ? "; " : "",
                                     item->place.line, item->place.column, item->text);
    }
    return mistakes;
}

/* A recipe that must be right. */
static inline void recipe_of(struct forge_recipe *recipe, const char *text,
                             struct forge_arena *arena)
{
    const char *mistakes = recipe_mistakes(recipe, text, arena);

    if (*mistakes)
        fail_msg("%s\n%s", text, mistakes);
}

/* The error as rows write it: "!text?help". */
static inline const char *error_of(struct forge_arena *arena, const struct forge_error *err)
{
    return forge_arena_print(arena, "!%s%s%s", err->text, err->help[0] ? "?" : "", err->help);
}

#endif

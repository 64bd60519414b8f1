/* check.h: the kinds of checks that a recipe may ask for; run/checks.c holds them to the data.
 */
#ifndef FORGE_RECIPE_CHECK_H
#define FORGE_RECIPE_CHECK_H

#include "document/options.h"

enum forge_check_kind {
    FORGE_CHECK_ASSERT,
    FORGE_CHECK_MONOTONIC,
    FORGE_CHECK_NO_MISSING,
    FORGE_CHECK_PRESENT,
    FORGE_CHECK_RANGE,
    FORGE_CHECK_REGULAR,
    FORGE_CHECK_SHAPE,
};

struct forge_check_type {
    enum forge_check_kind kind;
    const char *name, *summary, *example;
    const struct forge_option *options; /* of struct forge_check_settings */
};

/* What a check's body holds; which members are set is for the kind to say. */
struct forge_check_settings {
    const char *dim;           /* MONOTONIC, REGULAR */
    const char *expression;    /* ASSERT */
    struct forge_names names;  /* PRESENT, NO_MISSING */
    struct forge_pairs values; /* RANGE: v -> [lo, hi]; SHAPE: dim -> length */
};

const struct forge_check_type *forge_check_find(const char *name);
const struct forge_check_type *const *forge_check_all(void);

#endif

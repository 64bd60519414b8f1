#include "recipe/check.h"

#include <string.h>

#define SLOT(member) offsetof(struct forge_check_settings, member)

static const struct forge_option dim_options[] = {
    {".", FORGE_OPTION_NAME, SLOT(dim), .help = "a dimension with a coordinate"},
    {0},
};
static const struct forge_option assert_options[] = {
    {".", FORGE_OPTION_TEXT, SLOT(expression), .help = "an expression that holds everywhere",
     .expression = true},
    {0},
};
static const struct forge_option names_options[] = {
    {".", FORGE_OPTION_NAMES, SLOT(names), .help = "variables"},
    {0},
};
static const struct forge_option range_options[] = {
    {"*", FORGE_OPTION_NODE, SLOT(values),
     .help = "variable: [lowest, highest], decoded values",
     .schema = "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":2,"
               "\"maxItems\":2}"},
    {0},
};
static const struct forge_option shape_options[] = {
    {"*", FORGE_OPTION_INTEGER, SLOT(values), .help = "dimension: length", .minimum = 0,
     .maximum = 9e15},
    {0},
};

static const struct forge_check_type types[] = {
    {FORGE_CHECK_ASSERT, "assert", "an expression holds everywhere", "- assert: \"sst > -3\"",
     assert_options},
    {FORGE_CHECK_MONOTONIC, "monotonic", "a coordinate only rises, or only falls",
     "- monotonic: time", dim_options},
    {FORGE_CHECK_NO_MISSING, "no_missing", "variables have no missing values",
     "- no_missing: [lat, lon]", names_options},
    {FORGE_CHECK_PRESENT, "present", "variables are there", "- present: [sst, ice]",
     names_options},
    {FORGE_CHECK_RANGE, "range", "decoded values lie within bounds", "- range: {sst: [-3, 45]}",
     range_options},
    {FORGE_CHECK_REGULAR, "regular", "a coordinate has one step", "- regular: time",
     dim_options},
    {FORGE_CHECK_SHAPE, "shape", "dimensions have these lengths", "- shape: {time: 365}",
     shape_options},
};

#define TYPES_COUNT (sizeof types / sizeof types[0])

const struct forge_check_type *forge_check_find(const char *name)
{
    for (size_t i = 0; i < TYPES_COUNT; i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

const struct forge_check_type *const *forge_check_all(void)
{
    static const struct forge_check_type *const all[] = {
        &types[0], &types[1], &types[2], &types[3], &types[4], &types[5], &types[6], NULL,
    };

    _Static_assert(sizeof all / sizeof all[0] == TYPES_COUNT + 1, "every check is listed");
    return all;
}

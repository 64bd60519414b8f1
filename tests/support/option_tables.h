/* option_tables.h: tables of options with every kind in them, for tests. */
#ifndef TESTS_SUPPORT_OPTION_TABLES_H
#define TESTS_SUPPORT_OPTION_TABLES_H

#include "document/options.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

struct person {
    const char *name;
    int64_t age;
};

struct settings {
    const char *text, *name, *choice, *expression;
    int64_t integer, least;
    double number;
    bool flag;
    uint64_t bytes;
    struct forge_names names, texts;
    const struct forge_node *node, *null;
    const char *inner_text;
    int64_t inner_number;
    struct forge_list people, one;
};

#define SLOT(member) offsetof(struct settings, member)

static const char *const calendars[] = {"standard", "noleap", "360_day", "1", NULL};

static const struct forge_option person_options[] = {
    {"name", FORGE_OPTION_TEXT, offsetof(struct person, name), .help = "of the person",
     .required = true},
    {"age", FORGE_OPTION_INTEGER, offsetof(struct person, age), "30", .help = "in years"},
    {0},
};

static const struct forge_option inner_options[] = {
    {"text", FORGE_OPTION_TEXT, SLOT(inner_text), .help = "inside", .required = true},
    {"number", FORGE_OPTION_INTEGER, SLOT(inner_number), "7", .help = "inside"},
    {0},
};

static const struct forge_option all_options[] = {
    {"text", FORGE_OPTION_TEXT, SLOT(text), .help = "any text"},
    {"name", FORGE_OPTION_NAME, SLOT(name), .help = "a variable"},
    {"integer", FORGE_OPTION_INTEGER, SLOT(integer), "3", .help = "a number", .minimum = -5,
     .maximum = 5},
    {"least", FORGE_OPTION_INTEGER, SLOT(least), .help = "a large number", .minimum = 1,
     .maximum = 9e15},
    {"number", FORGE_OPTION_NUMBER, SLOT(number), "0.5", .help = "a number", .minimum = -1.5,
     .maximum = 2},
    {"flag", FORGE_OPTION_FLAG, SLOT(flag), "true", .help = "yes or no"},
    {"choice", FORGE_OPTION_CHOICE, SLOT(choice), "standard", .help = "as in CF",
     .choices = calendars},
    {"bytes", FORGE_OPTION_BYTES, SLOT(bytes), "64MiB", .help = "a size"},
    {"names", FORGE_OPTION_NAMES, SLOT(names), .help = "variables"},
    {"texts", FORGE_OPTION_TEXTS, SLOT(texts), .help = "texts"},
    {"node", FORGE_OPTION_NODE, SLOT(node), .help = "anything"},
    {"null", FORGE_OPTION_NODE, SLOT(null), .help = "anything, or nothing", .nullable = true,
     .schema = "{\"type\":\"string\"}"},
    {"expression", FORGE_OPTION_TEXT, SLOT(expression), .help = "a formula",
     .expression = true},
    {"inner", FORGE_OPTION_TABLE, 0, .help = "more", .table = inner_options},
    {"people", FORGE_OPTION_LIST, SLOT(people), .help = "who", .table = person_options,
     .item_size = sizeof(struct person)},
    {"one", FORGE_OPTION_LIST, SLOT(one), .help = "who", .table = person_options,
     .item_size = sizeof(struct person), .or_one = true},
    {"later", FORGE_OPTION_NODE, .later = true, .help = "not yet"},
    {0},
};

struct dates {
    const char *from, *to, *step;
};

static const struct forge_option dates_options[] = {
    {"from", FORGE_OPTION_TEXT, offsetof(struct dates, from), .help = "first key, inclusive",
     .required = true},
    {"to", FORGE_OPTION_TEXT, offsetof(struct dates, to), .help = "last key, inclusive",
     .required = true},
    {"step", FORGE_OPTION_TEXT, offsetof(struct dates, step), "1d", .help = "such as 1d"},
    {0},
};

static const struct forge_option chunks_options[] = {
    {"*", FORGE_OPTION_INTEGER, 0, .help = "dimension: length", .required = true, .minimum = 1},
    {0},
};
static const struct forge_option attributes_options[] = {
    {"*", FORGE_OPTION_NODE, 0, .help = "attribute: value; null removes one", .nullable = true},
    {0},
};
static const struct forge_option set_options[] = {
    {"*", FORGE_OPTION_TEXT, 0, .help = "variable: \"expression\"", .expression = true},
    {0},
};
static const struct forge_option encodings_options[] = {
    {"*", FORGE_OPTION_TABLE, 0, .help = "variable: encoding", .table = person_options,
     .item_size = sizeof(struct person)},
    {0},
};
static const struct forge_option names_options[] = {
    {".", FORGE_OPTION_NAMES, 0, .help = "variables", .required = true},
    {0},
};

struct codec {
    const char *name;
    int64_t level;
};

static const struct forge_option codec_options[] = {
    {".", FORGE_OPTION_NAME, offsetof(struct codec, name), .help = "just a name"},
    {"id", FORGE_OPTION_NAME, offsetof(struct codec, name), .help = "its name",
     .required = true},
    {"level", FORGE_OPTION_INTEGER, offsetof(struct codec, level), "5", .help = "how hard"},
    {0},
};

#endif

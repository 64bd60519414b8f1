/* problems.c: libyaml's words, and ours. */
#include "document/parts.h"

#include <string.h>

static const struct forge_document_problem problems[] = {
    {"while scanning an alias", NULL, FORGE_F002, true, "aliases are not used in recipes",
     "text that begins with * must be in quotes"},
    {"while scanning an anchor", NULL, FORGE_F002, true, "anchors are not used in recipes",
     "text that begins with & must be in quotes"},
    {"while scanning a tag", NULL, FORGE_F002, true, "tags are not used in recipes",
     "text that begins with ! must be in quotes"},
    {"while parsing a tag", NULL, FORGE_F002, true, "tags are not used in recipes",
     "text that begins with ! must be in quotes"},
    {NULL, "found undefined tag handle", FORGE_F002, true, "tags are not used in recipes",
     "text that begins with ! must be in quotes"},
    {"while scanning a directive", NULL, FORGE_F002, true, "directives are not used in recipes",
     "text that begins with % must be in quotes"},
    {"while scanning a quoted scalar", NULL, FORGE_F001, true,
     "the quote that begins here is not closed", NULL},
    {"while parsing a quoted scalar", NULL, FORGE_F001, false,
     "this escape is unknown in double quotes",
     "in single quotes every \\ stands for itself: '\\d+'"},
    {NULL, "mapping values are not allowed in this context", FORGE_F001, false,
     "\":\" is not expected here",
     "put a value that holds \": \" in quotes, or check the indentation of this line"},
    {NULL, "could not find expected ':'", FORGE_F001, true, "expected \":\" after this key",
     "each line of a map is written as key: value"},
    {NULL, "did not find expected key", FORGE_F001, false,
     "this does not fit into the map it stands in",
     "check the indentation of this line, and put values that begin with { or [ in quotes "
     "unless they are maps or lists"},
    {NULL, "did not find expected '-' indicator", FORGE_F001, false,
     "this does not fit into the list it stands in",
     "each item of a list begins with \"- \", all at the same indentation"},
    {NULL, "block sequence entries are not allowed in this context", FORGE_F001, false,
     "a list item is not expected here", "put the list on lines of its own"},
    {NULL, "did not find expected ',' or ']'", FORGE_F001, true,
     "the \"[\" that begins here is not closed", "items are parted by commas"},
    {NULL, "did not find expected ',' or '}'", FORGE_F001, true,
     "the \"{\" that begins here is not closed",
     "entries are parted by commas; text with braces in it must be in quotes"},
    {NULL, "did not find expected node content", FORGE_F001, false, "a value is missing here",
     NULL},
};

static bool begins_with(const char *text, const char *start)
{
    return !start || (text && strncmp(text, start, strlen(start)) == 0);
}

const struct forge_document_problem *forge_document_problem_find(const char *context,
                                                                 const char *problem)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        if (begins_with(context, problems[i].context) &&
            begins_with(problem, problems[i].problem))
            return &problems[i];
    }
    return NULL;
}

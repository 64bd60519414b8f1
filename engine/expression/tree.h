/* tree.h: an expression as a tree, for the files of this folder. */
#ifndef FORGE_EXPRESSION_TREE_H
#define FORGE_EXPRESSION_TREE_H

#include "expression/expression.h"

#define FORGE_EXPRESSION_BYTES 4096
#define FORGE_EXPRESSION_DEPTH 64

enum forge_operator {
    FORGE_OPERATOR_OR,
    FORGE_OPERATOR_AND,
    FORGE_OPERATOR_NOT,
    FORGE_OPERATOR_EQUAL,
    FORGE_OPERATOR_NOT_EQUAL,
    FORGE_OPERATOR_LESS,
    FORGE_OPERATOR_LESS_EQUAL,
    FORGE_OPERATOR_GREATER,
    FORGE_OPERATOR_GREATER_EQUAL,
    FORGE_OPERATOR_ADD,
    FORGE_OPERATOR_SUBTRACT,
    FORGE_OPERATOR_MULTIPLY,
    FORGE_OPERATOR_DIVIDE,
    FORGE_OPERATOR_FLOOR_DIVIDE,
    FORGE_OPERATOR_MODULO,
    FORGE_OPERATOR_NEGATE,
    FORGE_OPERATOR_POWER,
};

enum forge_tree_kind {
    FORGE_TREE_VALUE,     /* value */
    FORGE_TREE_DATE,      /* name is the text of a time without a calendar */
    FORGE_TREE_NAME,      /* name, dots included */
    FORGE_TREE_TABLE,     /* name[parts[0]] */
    FORGE_TREE_ATTRIBUTE, /* attr(parts[0]), or of the variable `name` */
    FORGE_TREE_OPERATOR,  /* operation on parts[0], parts[1] */
    FORGE_TREE_CALL,      /* function(parts..) */
};

struct forge_function; /* functions.h */

struct forge_expression {
    enum forge_tree_kind kind;
    enum forge_operator operation;
    const struct forge_function *function;
    const char *name;
    struct forge_scalar value;
    struct forge_expression **parts;
    size_t count;
    unsigned depth;
    size_t at, end;   /* bytes of `text` */
    const char *text; /* the whole, in the arena */
    /* Times in it come from written dates only, so they are dates of whatever calendar the
     * times have that they meet. */
    bool any_calendar;
};

/* "an int", "a time": for messages. */
const char *forge_scalar_kind_name(enum forge_scalar_kind kind);

#endif

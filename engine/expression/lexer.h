/* lexer.h: the words of an expression, for the files of this folder and for templates. */
#ifndef FORGE_EXPRESSION_LEXER_H
#define FORGE_EXPRESSION_LEXER_H

#include "expression/tree.h"

enum forge_token_kind {
    FORGE_TOKEN_END,
    FORGE_TOKEN_VALUE, /* int, float, string or duration */
    FORGE_TOKEN_DATE,  /* name is its text */
    FORGE_TOKEN_NAME,  /* dots included; `and`, `or`, `not` are names too */
    FORGE_TOKEN_SIGN,  /* name is one of the language's signs */
};

struct forge_token {
    enum forge_token_kind kind;
    struct forge_scalar value;
    const char *name;
    size_t at, end;
};

struct forge_lexer {
    struct forge_arena *arena;
    const char *text;
    size_t at; /* where the next token is looked for */
};

/* On failure token->at is the place of the mistake. */
FORGE_MUST_CHECK bool forge_lexer_next(struct forge_token *token, struct forge_lexer *lexer,
                                       struct forge_error *err);

/* How many bytes of a date are here: "2017-01-01", "2017-01-01T06:00", else 0. */
size_t forge_lexer_date_length(const char *text);

#endif

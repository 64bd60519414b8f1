#include <assert.h>
#include <string.h>

#include "expression/functions.h"
#include "expression/lexer.h"

struct parser {
    struct forge_lexer lexer;
    struct forge_token token; /* the next one */
    size_t last_end;          /* where the one before it ended */
    unsigned depth;
    size_t wrong_at;
    struct forge_error *err;
};

/* How tightly operators bind: the larger the tighter. */
enum {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_SIGN,
    LEVEL_POWER
};

static const struct sign {
    const char *name;
    int level;
    enum forge_operator operation;
} signs[] = {
    {"or", LEVEL_OR, FORGE_OPERATOR_OR},
    {"and", LEVEL_AND, FORGE_OPERATOR_AND},
    {"==", LEVEL_COMPARE, FORGE_OPERATOR_EQUAL},
    {"!=", LEVEL_COMPARE, FORGE_OPERATOR_NOT_EQUAL},
    {"<", LEVEL_COMPARE, FORGE_OPERATOR_LESS},
    {"<=", LEVEL_COMPARE, FORGE_OPERATOR_LESS_EQUAL},
    {">", LEVEL_COMPARE, FORGE_OPERATOR_GREATER},
    {">=", LEVEL_COMPARE, FORGE_OPERATOR_GREATER_EQUAL},
    {"+", LEVEL_SUM, FORGE_OPERATOR_ADD},
    {"-", LEVEL_SUM, FORGE_OPERATOR_SUBTRACT},
    {"*", LEVEL_PRODUCT, FORGE_OPERATOR_MULTIPLY},
    {"/", LEVEL_PRODUCT, FORGE_OPERATOR_DIVIDE},
    {"//", LEVEL_PRODUCT, FORGE_OPERATOR_FLOOR_DIVIDE},
    {"%", LEVEL_PRODUCT, FORGE_OPERATOR_MODULO},
    {"^", LEVEL_POWER, FORGE_OPERATOR_POWER},
};

static bool parse_level(struct forge_expression **out, struct parser *parser, int level);

static bool advance(struct parser *parser)
{
    parser->last_end = parser->token.end;
    if (forge_lexer_next(&parser->token, &parser->lexer, parser->err))
        return true;
    parser->wrong_at = parser->token.at;
    return false;
}

static bool next_is(const struct parser *parser, const char *name)
{
    return (parser->token.kind == FORGE_TOKEN_SIGN || parser->token.kind == FORGE_TOKEN_NAME) &&
           strcmp(parser->token.name, name) == 0;
}

/* What stands where it may not: "found ..." */
static bool fail_found(struct parser *parser, const char *wanted)
{
    const struct forge_token *token = &parser->token;

    parser->wrong_at = token->at;
    if (token->kind == FORGE_TOKEN_END)
        return forge_fail(parser->err, FORGE_BAD_RECIPE, "expected %s, but the text ends",
                          wanted);
    return forge_fail(parser->err, FORGE_BAD_RECIPE, "expected %s, found %.*s", wanted,
                      (int)(token->end - token->at), parser->lexer.text + token->at);
}

static bool expect(struct parser *parser, const char *sign)
{
    char wanted[8] = {'"', sign[0], '"', '\0'};

    return next_is(parser, sign) ? advance(parser) : fail_found(parser, wanted);
}

static struct forge_expression *new_tree(struct parser *parser, enum forge_tree_kind kind,
                                         size_t at)
{
    struct forge_expression *tree = forge_arena_take(parser->lexer.arena, sizeof *tree);

    tree->kind = kind;
    tree->at = at;
    tree->text = parser->lexer.text;
    return tree;
}

/* Give a tree its parts. It covers the text from its start to the last token. */
static bool set_parts(struct parser *parser, struct forge_expression *tree,
                      struct forge_expression *const *parts, size_t count)
{
    tree->parts = forge_arena_array(parser->lexer.arena, count, sizeof(void *));
    tree->count = count;
    tree->end = parser->last_end;
    for (size_t i = 0; i < count; i++) {
        assert(parts[i]);
        tree->parts[i] = parts[i];
        tree->depth = tree->depth > parts[i]->depth ? tree->depth : parts[i]->depth;
    }
    if (++tree->depth <= FORGE_EXPRESSION_DEPTH)
        return true;
    parser->wrong_at = tree->at;
    return forge_fail(parser->err, FORGE_BAD_RECIPE, "the expression is nested deeper than %d",
                      FORGE_EXPRESSION_DEPTH);
}

static bool parse_value(struct forge_expression **out, struct parser *parser)
{
    *out = new_tree(parser, FORGE_TREE_VALUE, parser->token.at);
    (*out)->value = parser->token.value;
    (*out)->end = parser->token.end;
    return advance(parser);
}

/* Some calendar must have the date; which one it is meant in is known when it is evaluated. */
static bool parse_date(struct forge_expression **out, struct parser *parser)
{
    const char *text = parser->token.name;
    int64_t time_us;

    if (!forge_time_parse(&time_us, NULL, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, text) &&
        !forge_time_parse(&time_us, NULL, FORGE_CALENDAR_ALL_LEAP, text) &&
        !forge_time_parse(&time_us, NULL, FORGE_CALENDAR_360_DAY, text)) {
        parser->wrong_at = parser->token.at;
        return forge_fail(parser->err, FORGE_BAD_RECIPE, "%s is no time of any calendar", text);
    }
    *out = new_tree(parser, FORGE_TREE_DATE, parser->token.at);
    (*out)->name = text;
    (*out)->end = parser->token.end;
    (*out)->any_calendar = true;
    return advance(parser);
}

static bool parse_parentheses(struct forge_expression **out, struct parser *parser)
{
    return advance(parser) && parse_level(out, parser, LEVEL_OR) && expect(parser, ")");
}

struct list {
    struct forge_expression *items[FORGE_ARGUMENTS_MAX];
    size_t count;
};

/* Behind "(", with the ")". */
static bool parse_list(struct list *list, struct parser *parser)
{
    while (!next_is(parser, ")")) {
        if (list->count > 0 && !expect(parser, ","))
            return false;
        if (list->count == FORGE_ARGUMENTS_MAX) {
            parser->wrong_at = parser->token.at;
            return forge_fail(parser->err, FORGE_BAD_RECIPE, "more than %d arguments",
                              FORGE_ARGUMENTS_MAX);
        }
        if (!parse_level(&list->items[list->count], parser, LEVEL_OR))
            return false;
        list->count++;
    }
    return advance(parser);
}

/* Is every time among the items, from the `first` on, a written date? */
static bool any_calendar(const struct list *list, size_t first)
{
    bool any = false;

    for (size_t i = first; i < list->count; i++) {
        const struct forge_expression *part = list->items[i];

        assert(part);
        if (part->any_calendar)
            any = true;
        else if (part->kind != FORGE_TREE_VALUE)
            return false;
    }
    return any;
}

/* attr("name"), attr(variable, "name"): the variable is a name that is not evaluated. */
static bool parse_attribute(struct forge_expression **out, struct parser *parser,
                            const struct forge_token *name)
{
    struct forge_expression *tree = new_tree(parser, FORGE_TREE_ATTRIBUTE, name->at);
    struct list list = {0};

    *out = tree;
    if (!parse_list(&list, parser))
        return false;
    parser->wrong_at = name->at;
    if (list.count == 2) {
        const struct forge_expression *variable = list.items[0];

        assert(variable);
        tree->name = variable->kind == FORGE_TREE_NAME    ? variable->name
                     : variable->kind == FORGE_TREE_VALUE ? variable->value.string
                                                          : NULL;
        if (!tree->name) {
            parser->wrong_at = variable->at;
            return forge_fail(parser->err, FORGE_BAD_RECIPE,
                              "attr needs the name of a variable first: attr(sst, \"units\")");
        }
    } else if (list.count != 1) {
        return forge_fail(parser->err, FORGE_BAD_RECIPE,
                          "attr takes one or two arguments, not %zu: attr(variable, \"name\")",
                          list.count);
    }
    return set_parts(parser, tree, &list.items[list.count - 1], 1);
}

static bool fail_function(struct parser *parser, const struct forge_token *name)
{
    const char *near = forge_text_nearest(name->name, forge_function_names());

    parser->wrong_at = name->at;
    forge_fail(parser->err, FORGE_BAD_RECIPE, "unknown function \"%s\"", name->name);
    if (near)
        forge_fail_help(parser->err, "did you mean \"%s\"?", near);
    return false;
}

static bool check_count(struct parser *parser, const struct forge_function *function,
                        const struct list *list, size_t at)
{
    if (list->count >= function->least && list->count <= function->most)
        return true;
    parser->wrong_at = at;
    return forge_fail(parser->err, FORGE_BAD_RECIPE, "%s with %zu argument%s; it is %s",
                      function->name, list->count, list->count == 1 ? "" : "s",
                      function->usage);
}

static bool parse_call(struct forge_expression **out, struct parser *parser,
                       const struct forge_token *name)
{
    struct list list = {0};

    if (!advance(parser))
        return false;
    if (strcmp(name->name, "attr") == 0)
        return parse_attribute(out, parser, name);
    *out = new_tree(parser, FORGE_TREE_CALL, name->at);
    (*out)->function = forge_function_find(name->name);
    if (!(*out)->function)
        return fail_function(parser, name);
    if (!parse_list(&list, parser) || !check_count(parser, (*out)->function, &list, name->at))
        return false;
    (*out)->any_calendar =
        !(*out)->function->own_calendar &&
        any_calendar(&list, (*out)->function->kind == FORGE_FUNCTION_IF ? 1 : 0);
    return set_parts(parser, *out, list.items, list.count) &&
           forge_function_check(*out, &parser->wrong_at, parser->err);
}

static bool parse_table(struct forge_expression **out, struct parser *parser,
                        const struct forge_token *name)
{
    struct forge_expression *key;

    *out = new_tree(parser, FORGE_TREE_TABLE, name->at);
    (*out)->name = name->name;
    if (!advance(parser) || !parse_level(&key, parser, LEVEL_OR))
        return false;
    return expect(parser, "]") && set_parts(parser, *out, &key, 1);
}

static bool parse_name(struct forge_expression **out, struct parser *parser)
{
    static const struct {
        const char *name;
        struct forge_scalar value;
    } constants[] = {
        {"true", {.kind = FORGE_SCALAR_FLAG, .flag = true}},
        {"false", {.kind = FORGE_SCALAR_FLAG}},
        {"missing", {.kind = FORGE_SCALAR_MISSING}},
    };
    struct forge_token name = parser->token;

    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (next_is(parser, constants[i].name)) {
            parser->token.value = constants[i].value;
            return parse_value(out, parser);
        }
    if (!advance(parser))
        return false;
    if (next_is(parser, "("))
        return parse_call(out, parser, &name);
    if (next_is(parser, "["))
        return parse_table(out, parser, &name);
    *out = new_tree(parser, FORGE_TREE_NAME, name.at);
    (*out)->name = name.name;
    (*out)->end = name.end;
    return true;
}

static bool is_word_of_the_language(const struct parser *parser)
{
    return next_is(parser, "and") || next_is(parser, "or") || next_is(parser, "not");
}

static bool parse_operand(struct forge_expression **out, struct parser *parser)
{
    switch (parser->token.kind) {
    case FORGE_TOKEN_VALUE:
        return parse_value(out, parser);
    case FORGE_TOKEN_DATE:
        return parse_date(out, parser);
    case FORGE_TOKEN_NAME:
        if (!is_word_of_the_language(parser))
            return parse_name(out, parser);
        break;
    case FORGE_TOKEN_SIGN:
        if (next_is(parser, "("))
            return parse_parentheses(out, parser);
        break;
    case FORGE_TOKEN_END:
        break;
    }
    return fail_found(parser, "a value");
}

static bool make_operator(struct forge_expression **out, struct parser *parser,
                          enum forge_operator operation, const struct list *list, size_t at)
{
    *out = new_tree(parser, FORGE_TREE_OPERATOR, at);
    (*out)->operation = operation;
    (*out)->any_calendar = any_calendar(list, 0);
    return set_parts(parser, *out, list->items, list->count);
}

/* `not` and the minus sign, when one of them may stand at this level and does. */
static bool parse_prefix(struct forge_expression **out, struct parser *parser, int level)
{
    bool negates = next_is(parser, "-"), nots = level <= LEVEL_NOT && next_is(parser, "not");
    struct list list = {.count = 1};
    size_t at = parser->token.at;

    if (next_is(parser, "+"))
        return advance(parser) && parse_level(out, parser, LEVEL_SIGN);
    if (!negates && !nots)
        return parse_operand(out, parser);
    return advance(parser) &&
           parse_level(&list.items[0], parser, nots ? LEVEL_NOT : LEVEL_SIGN) &&
           make_operator(out, parser, nots ? FORGE_OPERATOR_NOT : FORGE_OPERATOR_NEGATE, &list,
                         at);
}

static const struct sign *next_sign(const struct parser *parser)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (next_is(parser, signs[i].name))
            return &signs[i];
    return NULL;
}

static bool fail_chain(struct parser *parser)
{
    parser->wrong_at = parser->token.at;
    forge_fail(parser->err, FORGE_BAD_RECIPE, "comparisons do not chain");
    return forge_fail_help(parser->err, "write \"a < b and b < c\"");
}

/* What is to the right of a sign: tighter ones only, but 2^3^2 is 2^(3^2), and 2^-1 is fine. */
static bool parse_right(struct forge_expression **out, struct parser *parser,
                        const struct sign *sign)
{
    return parse_level(out, parser, sign->level == LEVEL_POWER ? LEVEL_SIGN : sign->level + 1);
}

static bool parse_signs(struct forge_expression **out, struct parser *parser, int level,
                        size_t start)
{
    const struct sign *sign;
    bool compared = false;

    while ((sign = next_sign(parser)) && sign->level >= level) {
        struct list list = {.items = {*out}, .count = 2};

        if (sign->level == LEVEL_COMPARE && compared)
            return fail_chain(parser);
        compared = sign->level == LEVEL_COMPARE;
        if (!advance(parser) || !parse_right(&list.items[1], parser, sign) ||
            !make_operator(out, parser, sign->operation, &list, start))
            return false;
    }
    return true;
}

/* Everything that binds at least as tightly as `level`. */
static bool parse_level(struct forge_expression **out, struct parser *parser, int level)
{
    size_t start = parser->token.at;
    bool good;

    if (parser->depth == FORGE_EXPRESSION_DEPTH) {
        parser->wrong_at = parser->token.at;
        return forge_fail(parser->err, FORGE_BAD_RECIPE,
                          "the expression is nested deeper than %d", FORGE_EXPRESSION_DEPTH);
    }
    parser->depth++;
    good = parse_prefix(out, parser, level) && parse_signs(out, parser, level, start);
    parser->depth--;
    return good;
}

bool forge_expression_parse(struct forge_expression **out, struct forge_arena *arena,
                            const char *text, size_t *at, struct forge_error *err)
{
    struct parser parser = {.err = err};
    struct forge_expression *tree = NULL;
    bool good;

    *at = 0;
    if (strlen(text) > FORGE_EXPRESSION_BYTES) {
        *at = FORGE_EXPRESSION_BYTES;
        return forge_fail(err, FORGE_BAD_RECIPE, "an expression longer than %d bytes",
                          FORGE_EXPRESSION_BYTES);
    }
    parser.lexer = (struct forge_lexer){arena, forge_arena_text(arena, text), 0};
    good = advance(&parser) && parse_level(&tree, &parser, LEVEL_OR);
    if (good && parser.token.kind != FORGE_TOKEN_END)
        good = fail_found(&parser, "an operator or the end");
    if (!good) {
        *at = parser.wrong_at;
        return false;
    }
    *out = tree;
    return true;
}

void forge_expression_names(const struct forge_expression *expression, forge_name_visit *visit,
                            void *context)
{
    if (expression->kind == FORGE_TREE_NAME || expression->kind == FORGE_TREE_TABLE)
        visit(context, expression->name, expression->kind == FORGE_TREE_TABLE, expression->at);
    for (size_t i = 0; i < expression->count; i++)
        forge_expression_names(expression->parts[i], visit, context);
}

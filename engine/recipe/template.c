#include "recipe/template.h"

#include <string.h>

#include "expression/lexer.h"

struct piece {
    struct piece *next;
    const char *text; /* as it is, or the format of the expression, or NULL */
    const struct forge_expression *expression; /* NULL: text */
    size_t at;                                 /* of the expression in the template */
};

struct forge_template {
    struct piece *pieces;
};

struct parser {
    struct forge_arena *arena;
    const char *text;
    size_t at;
    struct piece **end;
    struct forge_error *err;
};

static struct piece *add_piece(struct parser *parser)
{
    struct piece *piece = forge_arena_take(parser->arena, sizeof *piece);

    *parser->end = piece;
    parser->end = &piece->next;
    return piece;
}

/* The end of a string that begins at text[i], or where the text ends. */
static size_t skip_string(const char *text, size_t i)
{
    const char *end = strchr(text + i + 1, text[i]);

    return end ? (size_t)(end - text) : strlen(text) - 1;
}

/* From the byte behind "{": where the expression ends, at ':' or '}'. False: nowhere. */
static bool find_end(size_t *end, const char *text, size_t start)
{
    int depth = 0;

    for (size_t i = start; text[i]; i++) {
        size_t date = forge_lexer_date_length(text + i);

        if (date > 0)
            i += date - 1;
        else if (text[i] == '\'' || text[i] == '"')
            i = skip_string(text, i);
        else if (text[i] == '(' || text[i] == '[')
            depth++;
        else if (text[i] == ')' || text[i] == ']')
            depth--;
        else if (text[i] == '}' || (text[i] == ':' && depth <= 0)) {
            *end = i;
            return true;
        }
    }
    return false;
}

static bool fail_at(struct parser *parser, size_t at, const char *what)
{
    parser->at = at;
    return forge_fail(parser->err, FORGE_BAD_RECIPE, "%s", what);
}

static bool parse_format(struct parser *parser, struct piece *piece)
{
    const char *format = parser->text + parser->at + 1, *end = strchr(format, '}');

    if (!end)
        return fail_at(parser, parser->at, "the format that begins here has no \"}\"");
    if (end == format)
        return fail_at(parser, parser->at, "expected a format behind \":\"");
    piece->text = forge_arena_copy(parser->arena, format, (size_t)(end - format));
    parser->at = (size_t)(end - parser->text);
    return true;
}

static bool parse_expression(struct parser *parser)
{
    size_t open = parser->at, start = open + 1, end = 0, wrong;
    struct forge_expression *expression;
    struct piece *piece = add_piece(parser);

    if (!find_end(&end, parser->text, start))
        return fail_at(parser, open, "the \"{\" here has no \"}\"");
    if (!forge_expression_parse(
            &expression, parser->arena,
            forge_arena_copy(parser->arena, parser->text + start, end - start), &wrong,
            parser->err)) {
        parser->at = start + wrong;
        return false;
    }
    piece->expression = expression;
    piece->at = start;
    parser->at = end;
    if (parser->text[end] == ':' && !parse_format(parser, piece))
        return false;
    parser->at++;
    return true;
}

/* Text up to the next expression; a doubled brace is one. */
static bool parse_text(struct parser *parser)
{
    struct forge_text plain = {0};
    const char *text = parser->text;
    bool good = true;

    while (text[parser->at]) {
        size_t run = strcspn(text + parser->at, "{}");

        forge_text_add_bytes(&plain, text + parser->at, run);
        parser->at += run;
        if (text[parser->at] == '\0' || text[parser->at] != text[parser->at + 1])
            break;
        forge_text_add_bytes(&plain, text + parser->at, 1);
        parser->at += 2;
    }
    if (text[parser->at] == '}')
        good =
            fail_at(parser, parser->at, "a \"}\" without a \"{\"; the brace itself is \"}}\"");
    else if (plain.length > 0)
        add_piece(parser)->text = forge_arena_text(parser->arena, forge_text_string(&plain));
    forge_text_clear(&plain);
    return good;
}

bool forge_template_parse(struct forge_template **out, struct forge_arena *arena,
                          const char *text, size_t *at, struct forge_error *err)
{
    struct forge_template *template = forge_arena_take(arena, sizeof *template);
    struct parser parser = {arena, text, 0, &template->pieces, err};

    *at = FORGE_TEMPLATE_BYTES;
    if (strlen(text) > FORGE_TEMPLATE_BYTES)
        return forge_fail(err, FORGE_BAD_RECIPE, "a template longer than %d bytes",
                          FORGE_TEMPLATE_BYTES);
    while (text[parser.at])
        if (!parse_text(&parser) || (text[parser.at] == '{' && !parse_expression(&parser))) {
            *at = parser.at;
            return false;
        }
    *out = template;
    return true;
}

static bool expand_piece(struct forge_text *out, const struct piece *piece,
                         const struct forge_scope *scope, struct forge_arena *scratch,
                         struct forge_error *err)
{
    struct forge_scalar value;

    if (!piece->expression) {
        forge_text_add(out, piece->text);
        return true;
    }
    return forge_expression_scalar(&value, piece->expression, scope, scratch, err) &&
           forge_scalar_format(out, &value, piece->text, err);
}

bool forge_template_expand(struct forge_text *out, const struct forge_template *template,
                           const struct forge_scope *scope, struct forge_arena *scratch,
                           struct forge_error *err)
{
    struct forge_text made = {0};
    bool good = true;

    for (const struct piece *piece = template->pieces; good && piece; piece = piece->next) {
        good = expand_piece(&made, piece, scope, scratch, err);
        if (good && made.length > FORGE_TEMPLATE_BYTES)
            good = forge_fail(err, FORGE_BAD_RECIPE, "a template writes more than %d bytes",
                              FORGE_TEMPLATE_BYTES);
    }
    if (good)
        forge_text_add(out, forge_text_string(&made));
    forge_text_clear(&made);
    return good;
}

struct shifted {
    forge_name_visit *visit;
    void *context;
    size_t at;
};

static void visit_shifted(void *context, const char *name, bool is_table, size_t at)
{
    const struct shifted *shifted = context;

    shifted->visit(shifted->context, name, is_table, shifted->at + at);
}

void forge_template_names(const struct forge_template *template, forge_name_visit *visit,
                          void *context)
{
    for (const struct piece *piece = template->pieces; piece; piece = piece->next) {
        struct shifted shifted = {visit, context, piece->at};

        if (piece->expression)
            forge_expression_names(piece->expression, visit_shifted, &shifted);
    }
}

bool forge_template_is_plain(const struct forge_template *template)
{
    for (const struct piece *piece = template->pieces; piece; piece = piece->next)
        if (piece->expression)
            return false;
    return true;
}

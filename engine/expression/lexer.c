#include "expression/lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

static size_t digits_of(const char *text)
{
    return strspn(text, "0123456789");
}

static size_t word_of(const char *text)
{
    size_t length = 0;

    while (is_letter(text[length]) || is_digit(text[length]))
        length++;
    return length;
}

/* The bytes of a pattern of digits ('0') and literal bytes at the start of `text`, else 0. */
static size_t shape_of(const char *text, const char *shape)
{
    size_t length = 0;

    for (; shape[length]; length++)
        if (shape[length] == '0' ? !is_digit(text[length]) : text[length] != shape[length])
            return 0;
    return length;
}

size_t forge_lexer_date_length(const char *text)
{
    size_t length = shape_of(text, "0000-00-00");

    if (length == 0 || is_digit(text[length]))
        return 0;
    if (shape_of(text + length, "T00") == 0)
        return is_letter(text[length]) ? 0 : length;
    length += 3;
    length += shape_of(text + length, ":00");
    length += shape_of(text + length, ":00");
    if (text[length] == '.' && is_digit(text[length + 1]))
        length += 1 + digits_of(text + length + 1);
    length += text[length] == 'Z';
    return is_letter(text[length]) || is_digit(text[length]) ? 0 : length;
}

/* Digits with a fraction or an exponent, else 0. */
static size_t float_length(const char *text)
{
    size_t whole = digits_of(text), length = whole, exponent;

    if (text[length] == '.' && (whole > 0 || is_digit(text[length + 1])))
        length += 1 + digits_of(text + length + 1);
    if (text[length] == 'e' || text[length] == 'E') {
        exponent = length + 1 + (text[length + 1] == '-' || text[length + 1] == '+');
        if (is_digit(text[exponent]))
            length = exponent + digits_of(text + exponent);
    }
    return length > whole ? length : 0;
}

static bool read_float(struct forge_token *token, const char *text, size_t length,
                       struct forge_error *err)
{
    token->value =
        (struct forge_scalar){.kind = FORGE_SCALAR_FLOAT, .number = strtod(text, NULL)};
    token->end = token->at + length;
    if (is_letter(text[length]) || text[length] == '.')
        return forge_fail(err, FORGE_BAD_RECIPE, "\"%.*s\" is not a number",
                          (int)(length + 1 + word_of(text + length + 1)), text);
    return true;
}

static bool read_duration(struct forge_token *token, const char *text, size_t length,
                          struct forge_arena *arena, struct forge_error *err)
{
    token->value = (struct forge_scalar){.kind = FORGE_SCALAR_DURATION};
    token->end = token->at + length;
    if (forge_duration_parse(&token->value.duration, forge_arena_copy(arena, text, length)))
        return true;
    forge_fail(err, FORGE_BAD_RECIPE, "\"%.*s\" is neither a number nor a duration",
               (int)length, text);
    return forge_fail_help(err, "durations are in us, ms, s, min, h, d, w, mo or y: \"8d\"");
}

static bool read_integer(struct forge_token *token, const char *text, struct forge_error *err)
{
    size_t digits = digits_of(text);

    token->end = token->at + digits;
    if (digits > 1 && text[0] == '0') {
        forge_fail(err, FORGE_BAD_RECIPE, "%.*s begins with a zero", (int)digits, text);
        return forge_fail_help(err, "write a number without it, a time as 2017-01-01");
    }
    errno = 0;
    token->value =
        (struct forge_scalar){.kind = FORGE_SCALAR_INTEGER, .integer = strtoll(text, NULL, 10)};
    if (errno == ERANGE)
        return forge_fail(err, FORGE_BAD_RECIPE, "%.*s is too large for an int", (int)digits,
                          text);
    return true;
}

static bool read_number(struct forge_token *token, struct forge_arena *arena, const char *text,
                        struct forge_error *err)
{
    size_t word = word_of(text), decimals = float_length(text);
    size_t date = forge_lexer_date_length(text);

    if (date > 0) {
        token->kind = FORGE_TOKEN_DATE;
        token->name = forge_arena_copy(arena, text, date);
        token->end = token->at + date;
        return true;
    }
    token->kind = FORGE_TOKEN_VALUE;
    if (decimals > 0)
        return read_float(token, text, decimals, err);
    if (word > digits_of(text))
        return read_duration(token, text, word, arena, err);
    return read_integer(token, text, err);
}

static bool read_string(struct forge_token *token, struct forge_arena *arena, const char *text,
                        struct forge_error *err)
{
    const char *end = strchr(text + 1, text[0]);

    if (!end)
        return forge_fail(err, FORGE_BAD_RECIPE, "the string that begins here has no end: %c",
                          text[0]);
    token->kind = FORGE_TOKEN_VALUE;
    token->value = (struct forge_scalar){
        .kind = FORGE_SCALAR_STRING,
        .string = forge_arena_copy(arena, text + 1, (size_t)(end - text - 1))};
    token->end = token->at + (size_t)(end - text) + 1;
    return true;
}

static void read_name(struct forge_token *token, struct forge_arena *arena, const char *text)
{
    size_t length = word_of(text);

    while (text[length] == '.' && is_letter(text[length + 1]))
        length += 1 + word_of(text + length + 1);
    token->kind = FORGE_TOKEN_NAME;
    token->name = forge_arena_copy(arena, text, length);
    token->end = token->at + length;
}

/* Signs of other languages, and what is written here. */
static bool read_foreign(const char *text, struct forge_error *err)
{
    static const char *const foreign[][2] = {
        {"**", "^"}, {"&&", "and"}, {"||", "or"}, {"!", "not"},
        {"=", "=="}, {"&", "and"},  {"|", "or"},  {"?", "if(condition, a, b)"},
    };

    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (strncmp(text, foreign[i][0], strlen(foreign[i][0])) == 0) {
            forge_fail(err, FORGE_BAD_RECIPE, "unknown sign \"%s\"", foreign[i][0]);
            return forge_fail_help(err, "write %s", foreign[i][1]);
        }
    return forge_fail(
        err, FORGE_BAD_RECIPE,
        (unsigned char)text[0] < ' ' ? "unknown byte \\x%02x" : "unknown sign \"%c\"", text[0]);
}

static bool read_sign(struct forge_token *token, const char *text, struct forge_error *err)
{
    /* The longer ones first. */
    static const char *const signs[] = {"==", "!=", "<=", ">=", "//", "<", ">", "+", "-",
                                        "*",  "/",  "%",  "^",  "(",  ")", "[", "]", ","};

    for (size_t i = 0; strncmp(text, "**", 2) != 0 && i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) {
            token->kind = FORGE_TOKEN_SIGN;
            token->name = signs[i];
            token->end = token->at + strlen(signs[i]);
            return true;
        }
    return read_foreign(text, err);
}

bool forge_lexer_next(struct forge_token *token, struct forge_lexer *lexer,
                      struct forge_error *err)
{
    const char *text;
    bool good = true;

    lexer->at += strspn(lexer->text + lexer->at, " \t\r\n");
    text = lexer->text + lexer->at;
    *token = (struct forge_token){.at = lexer->at, .end = lexer->at};
    if (is_digit(text[0]) || (text[0] == '.' && is_digit(text[1])))
        good = read_number(token, lexer->arena, text, err);
    else if (text[0] == '\'' || text[0] == '"')
        good = read_string(token, lexer->arena, text, err);
    else if (is_letter(text[0]))
        read_name(token, lexer->arena, text);
    else if (text[0])
        good = read_sign(token, text, err);
    lexer->at = token->end;
    return good;
}

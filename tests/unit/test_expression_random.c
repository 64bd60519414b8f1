/* Random texts as expressions and templates: a value or an error with a place, never a crash.
 */
#include "support/expression.h"

#include "recipe/template.h"
#include "support/holds.h"
#include "support/random.h"

static const char *const words[] = {
    "sst",         "time",        "lat",         "number",
    "mask",        "file.stem",   "letter[",     "attr(",
    "+",           "-",           "*",           "/",
    "//",          "%",           "^",           "==",
    "<",           ">=",          "and",         "or",
    "not",         "(",           ")",           "]",
    ",",           "if(",         "min(",        "mean(",
    "sum(",        "any(",        "clip(",       "round(",
    "abs(",        "year(",       "doy(",        "time(",
    "parse_time(", "format(",     "split(",      "slice(",
    "match(",      "replace(",    "is_missing(", "'lat'",
    "'%Y%m%d'",    "'a_b'",       "'_'",         "1",
    "0",           "2.5",         "1e300",       "9223372036854775807",
    "2017-01-01",  "2000-02-30",  "1mo",         "8d",
    "missing",     "true",        "'",           "\"",
    ".",           "\xc3\xa9",    "\x01",        "{",
    "}",           ":",           "=",           "''",
    "-1",          "1970-01-01T",
};

/* Words that follow each other, or a good text with words thrown in. */
static const char *random_text(struct forge_arena *arena)
{
    static const char *const good[] = {
        "if(time >= 2017-01-01, sst, lat) + min(sst, 3) < max(lat, 'lat')",
        "mean(sst, 'lat') - 3 * number ^ 2 > clip(sst, 1, 4) or not is_missing(sst)",
        "time - 2000-01-01 < 8d and year(time) == 2000",
        "a/{time:%Y%m}/x.{split('a_b', '_', 1)}.{number:03d}",
    };
    char *text = forge_arena_text(arena, below(2) ? good[below(LENGTH(good))] : "");
    uint64_t count = *text ? below(3) : 1 + below(12);

    for (uint64_t i = 0; i < count; i++) {
        size_t at = *text ? below(strlen(text) + 1) : 0;
        size_t behind = at + (text[at] && *text && below(2));

        text =
            forge_arena_print(arena, "%.*s%s%s%s", (int)at, text, words[below(LENGTH(words))],
                              below(2) ? " " : "", text + behind);
    }
    return text;
}

/* What became of the random texts. */
struct counts {
    int parsed, evaluated, held, expanded;
};

static void try_expression(struct counts *counts, struct world *world, const char *text)
{
    struct forge_reader reader = {0};
    const struct forge_variable *variable;
    struct forge_expression *expression;
    uint64_t index[FORGE_RANK_MAX];
    struct forge_scalar value;
    struct forge_error err = {0};
    bool holds;
    size_t at;

    if (!forge_expression_parse(&expression, &world->arena, text, &at, &err)) {
        assert_in_range(at, 0, strlen(text));
        assert_true(err.text[0] != '\0');
        return;
    }
    counts->parsed++;
    if (forge_expression_scalar(&value, expression, &expression_scope, &world->arena, &err))
        counts->evaluated++;
    else
        assert_true(err.text[0] != '\0');
    if (forge_expression_holds(&holds, index, &variable, expression, &world->dataset, &reader,
                               below(2) ? 100 : 100000, &err))
        counts->held++;
    else
        assert_true(err.text[0] != '\0');
    forge_reader_close(&reader);
}

static void try_template(struct counts *counts, struct world *world, const char *text)
{
    struct forge_template *template;
    struct forge_text out = {0};
    struct forge_error err = {0};
    size_t at;

    if (!forge_template_parse(&template, &world->arena, text, &at, &err))
        assert_in_range(at, 0, strlen(text));
    else if (forge_template_expand(&out, template, &expression_scope, &world->arena, &err))
        counts->expanded++;
    else
        assert_true(err.text[0] != '\0' && out.length == 0);
    forge_text_clear(&out);
}

static void random_texts_give_a_value_or_an_error(void **state)
{
    static const uint64_t chunk[] = {2, 2, 3};
    struct counts counts = {0};

    (void)state;
    for (int round = 0; round < 100; round++) {
        struct world world;

        world_open(&world, chunk);
        for (int i = 0; i < 200; i++) {
            const char *text = random_text(&world.arena);

            try_expression(&counts, &world, text);
            try_template(&counts, &world, text);
        }
        forge_arena_clear(&world.arena);
    }
    assert_true(counts.parsed > 1000 && counts.evaluated > 500 && counts.held > 500 &&
                counts.expanded > 500);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_give_a_value_or_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

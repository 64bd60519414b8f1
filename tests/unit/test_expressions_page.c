/* docs/expressions.md says what is so: each row of its tables that is an expression and a
 * value is run. */
#include "support/expression.h"

#include <stdio.h>

#include "expression/functions.h"

/* The page, beside the folder of this file. */
static FILE *open_page(void)
{
    const char *end = strstr(__FILE__, "tests/unit/");
    struct forge_text path = {0};
    FILE *page;

    assert_non_null(end);
    forge_text_add_bytes(&path, __FILE__, (size_t)(end - __FILE__));
    forge_text_add(&path, "docs/expressions.md");
    page = fopen(forge_text_string(&path), "r");
    forge_text_clear(&path);
    assert_non_null(page);
    return page;
}

/* The text between backticks at *at, which is moved behind them; NULL when there is none. */
static char *take_code(char **at)
{
    char *start = *at, *end;

    if (*start != '`' || !(end = strchr(start + 1, '`')))
        return NULL;
    *end = '\0';
    *at = end + 1;
    return start + 1;
}

enum row_kind { NO_ROW, PARSED, COMPARED };

static enum row_kind check_line(char *line)
{
    char *at = line + 2, *code, *want, *got;
    struct forge_expression *expression;
    struct forge_arena arena = {0};
    struct forge_error err;
    size_t place;

    if (strncmp(line, "| `", 3) != 0 || !(code = take_code(&at)) || strncmp(at, " | ", 3) != 0)
        return NO_ROW;
    at += 3;
    want = take_code(&at);
    if (!want || strncmp(at, " |", 2) != 0) {
        bool good = forge_expression_parse(&expression, &arena, code, &place, &err);

        forge_arena_clear(&arena);
        if (!good)
            fail_msg("%s: %s", code, err.text);
        return PARSED;
    }
    got = outcome(code);
    if (strcmp(got, want) != 0)
        fail_msg("%s gives %s, but the page says %s", code, got, want);
    free(got);
    return COMPARED;
}

static void every_example_of_the_page_gives_what_it_says(void **state)
{
    int rows[] = {[NO_ROW] = 0, [PARSED] = 0, [COMPARED] = 0};
    FILE *page = open_page();
    char line[1000];

    (void)state;
    while (fgets(line, sizeof line, page))
        rows[check_line(line)]++;
    fclose(page);
    assert_in_range(rows[COMPARED], 75, 200);
    assert_in_range(rows[PARSED], 10, 50);
}

static void every_function_is_on_the_page(void **state)
{
    struct forge_text all = {0};
    FILE *page = open_page();
    char line[1000];

    (void)state;
    while (fgets(line, sizeof line, page))
        forge_text_add(&all, line);
    fclose(page);
    for (const char *const *name = forge_function_names(); *name; name++) {
        bool reduction = strcmp(*name, "sum") == 0 || strcmp(*name, "any") == 0 ||
                         strcmp(*name, "all") == 0 || strcmp(*name, "linspace") == 0;
        char call[32];

        snprintf(call, sizeof call, reduction ? "%s" : "%s(", *name);
        if (!strstr(forge_text_string(&all), call))
            fail_msg("%s is not on the page", *name);
    }
    forge_text_clear(&all);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_of_the_page_gives_what_it_says),
        cmocka_unit_test(every_function_is_on_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

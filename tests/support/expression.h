/* expression.h: names for the rows of tests of expressions, and what a row gives. */
#ifndef FORGE_TESTS_EXPRESSION_H
#define FORGE_TESTS_EXPRESSION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expression/expression.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

/* The names that the rows know. */
static inline bool known_name(void *context, const char *name, struct forge_scalar *out)
{
    static const struct {
        const char *name;
        struct forge_scalar value;
        const char *time;
    } known[] = {
        {"i", {.kind = FORGE_SCALAR_INTEGER, .integer = 7}, NULL},
        {"big", {.kind = FORGE_SCALAR_INTEGER, .integer = INT64_MAX}, NULL},
        {"small", {.kind = FORGE_SCALAR_INTEGER, .integer = INT64_MIN}, NULL},
        {"f", {.kind = FORGE_SCALAR_FLOAT, .number = 2.5}, NULL},
        {"nan", {.kind = FORGE_SCALAR_FLOAT, .number = NAN}, NULL},
        {"s", {.kind = FORGE_SCALAR_STRING, .string = "sst"}, NULL},
        {"variable", {.kind = FORGE_SCALAR_STRING, .string = "salinity"}, NULL},
        {"yes", {.kind = FORGE_SCALAR_FLAG, .flag = true}, NULL},
        {"no", {.kind = FORGE_SCALAR_FLAG}, NULL},
        {"file.stem", {.kind = FORGE_SCALAR_STRING, .string = "oisst_v02r01_20170304"}, NULL},
        {"time", {.kind = FORGE_SCALAR_TIME}, "2017-03-04T05:06:07"},
        {"key.time", {.kind = FORGE_SCALAR_TIME}, "2000-02-29"},
        {"model",
         {.kind = FORGE_SCALAR_TIME, .calendar = FORGE_CALENDAR_360_DAY},
         "2000-02-30"},
        {"noleap",
         {.kind = FORGE_SCALAR_TIME, .calendar = FORGE_CALENDAR_NOLEAP},
         "2000-03-01"},
        {"proleptic",
         {.kind = FORGE_SCALAR_TIME, .calendar = FORGE_CALENDAR_PROLEPTIC_GREGORIAN},
         "2017-03-04"},
        {"ancient",
         {.kind = FORGE_SCALAR_TIME, .calendar = FORGE_CALENDAR_PROLEPTIC_GREGORIAN},
         "1000-03-04"},
    };

    (void)context;
    for (size_t i = 0; i < LENGTH(known); i++)
        if (strcmp(name, known[i].name) == 0) {
            *out = known[i].value;
            if (known[i].time)
                assert_true(
                    forge_time_parse(&out->integer, NULL, out->calendar, known[i].time));
            return true;
        }
    return false;
}

static inline bool known_table(void *context, const char *table, const char *key,
                               struct forge_scalar *out)
{
    (void)context;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING};
    if (strcmp(table, "letter") == 0 && strcmp(key, "salinity") == 0)
        out->string = "s";
    else if (strcmp(table, "letter") == 0 && strcmp(key, "7") == 0)
        out->string = "seven";
    return out->string != NULL;
}

static inline bool known_attribute(void *context, const char *variable, const char *name,
                                   struct forge_scalar *out)
{
    (void)context;
    *out = (struct forge_scalar){.kind = FORGE_SCALAR_STRING};
    if (!variable && strcmp(name, "id") == 0)
        out->string = "AVHRR";
    else if (variable && strcmp(variable, "sst") == 0 && strcmp(name, "units") == 0)
        out->string = "K";
    return out->string != NULL;
}

static const char *const expression_names[] = {"i", "variable", "time", "file.stem", NULL};

static const struct forge_scope expression_scope = {
    .name = known_name,
    .table = known_table,
    .attribute = known_attribute,
    .names = expression_names,
};

/* The value of an expression as text, or "error: .. | help @ offset of the mistake". */
static inline char *outcome(const char *text)
{
    struct forge_arena arena = {0};
    struct forge_expression *expression = NULL;
    struct forge_scalar value = {.kind = FORGE_SCALAR_MISSING};
    struct forge_text out = {0};
    struct forge_error err = {0};
    size_t at = 0;
    char *copy;

    if (!forge_expression_parse(&expression, &arena, text, &at, &err))
        forge_text_print(&out, "%zu: %s%s%s", at, err.text, err.help[0] ? "; " : "", err.help);
    else if (!forge_expression_scalar(&value, expression, &expression_scope, &arena, &err))
        forge_text_print(&out, "error: %s; %s", err.text, err.help);
    else if (value.kind == FORGE_SCALAR_MISSING)
        forge_text_add(&out, "missing");
    else if (!forge_scalar_format(&out, &value, NULL, &err))
        forge_text_print(&out, "format: %s", err.text);
    if (value.kind == FORGE_SCALAR_TIME && value.calendar != FORGE_CALENDAR_STANDARD)
        forge_text_print(&out, " %s", forge_calendar_name(value.calendar));
    copy = strdup(forge_text_string(&out));
    forge_text_clear(&out);
    forge_arena_clear(&arena);
    return copy;
}

struct row {
    const char *text, *want;
};

static inline void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = outcome(rows[i].text);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  gives  %s\n  wanted %s", rows[i].text, got, rows[i].want);
        free(got);
    }
}

#define CHECK_ROWS(rows)                                                                       \
    (void)state;                                                                               \
    check_rows(rows, LENGTH(rows))

#endif

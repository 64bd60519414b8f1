/* Expressions: what they give, and what is said about those that have no value. */
#include "support/expression.h"

static void literals_are_typed(void **state)
{
    static const struct row rows[] = {
        {"1", "1"},
        {"0", "0"},
        {"9223372036854775807", "9223372036854775807"},
        {"1.5", "1.5"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"1e3", "1000.0"},
        {"1.5e-3", "0.0015"},
        {"1e300", "1e+300"},
        {"1e15", "1000000000000000.0"},
        {"1e16", "1e+16"},
        {"123456.75", "123456.75"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"5e-324", "5e-324"},
        {"0.1", "0.1"},
        {"'a b'", "a b"},
        {"\"it's\"", "it's"},
        {"'say \"x\"'", "say \"x\""},
        {"'\\d'", "\\d"},
        {"''", ""},
        {"true", "true"},
        {"false", "false"},
        {"missing", "missing"},
        {"2017-01-01", "2017-01-01"},
        {"2017-01-01T06", "2017-01-01T06:00:00"},
        {"2017-01-01T06:00", "2017-01-01T06:00:00"},
        {"2017-01-01T06:00:30.25Z", "2017-01-01T06:00:30.25"},
        {"29min", "29min"},
        {"8d", "8d"},
        {"1mo", "1mo"},
        {"24mo", "2y"},
        {"2w", "14d"},
        {"90min", "90min"},
        {"120min", "2h"},
        {"500ms", "500ms"},
        {"0d", "0d"},
        {" \t1 \n", "1"},
    };

    CHECK_ROWS(rows);
}

static void names_tables_and_attributes_are_looked_up(void **state)
{
    static const struct row rows[] = {
        {"i", "7"},
        {"file.stem", "oisst_v02r01_20170304"},
        {"key.time", "2000-02-29"},
        {"nan", "missing"},
        {"letter[variable]", "s"},
        {"letter['salinity']", "s"},
        {"letter['sal' + 'inity'] + '!'", "s!"},
        {"letter[i]", "seven"},
        {"attr('id')", "AVHRR"},
        {"attr(sst, 'units')", "K"},
        {"attr('sst', \"units\")", "K"},
        {"is_missing(attr('id'))", "false"},
        {"is_missing(attr('di'))", "true"},
        {"is_missing(attr(sst, 'unit'))", "true"},
        {"is_missing(letter['x'])", "true"},
        {"if(is_missing(attr('di')), 'none', attr('di'))", "none"},
        {"tine", "error: unknown name \"tine\"; did you mean \"time\"?"},
        {"zzzzzz + 1", "error: unknown name \"zzzzzz\"; in: zzzzzz + 1"},
        {"letter['x']", "error: no \"x\" in table \"letter\"; in: letter['x']"},
        {"digit[i]", "error: no \"7\" in table \"digit\"; in: digit[i]"},
        {"letter[missing]", "error: cannot write a missing value; in: letter[missing]"},
        {"attr('di')", "error: there is no attribute \"di\"; in: attr('di')"},
        {"attr(sst, 'id')",
         "error: variable \"sst\" has no attribute \"id\"; in: attr(sst, 'id')"},
    };

    CHECK_ROWS(rows);
}

static void operators_bind_as_written_in_textbooks(void **state)
{
    static const struct row rows[] = {
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"2 * 3 + 1", "7"},
        {"1 + 7 % 4", "4"},
        {"7 % 4 * 2", "6"},
        {"2 * 7 // 4", "3"},
        {"10 - 4 - 3", "3"},
        {"100 // 7 // 2", "7"},
        {"2 ^ 3 ^ 2", "512"},
        {"(2 ^ 3) ^ 2", "64"},
        {"-2 ^ 2", "-4"},
        {"(-2) ^ 2", "4"},
        {"2 ^ -1", "0.5"},
        {"2 * -3", "-6"},
        {"2 - -3", "5"},
        {"- - 3", "3"},
        {"+3", "3"},
        {"-i * 2", "-14"},
        {"2 * 3 ^ 2", "18"},
        {"12 / 4 * 3", "9.0"},
        {"1 + 1 == 2", "true"},
        {"not 1 == 2", "true"},
        {"not true or true", "true"},
        {"not (true or true)", "false"},
        {"true or true and false", "true"},
        {"(true or true) and false", "false"},
        {"1 < 2 and 2 < 3", "true"},
        {"not not yes", "true"},
        {"(1 < 2) == (3 < 4)", "true"},
    };

    CHECK_ROWS(rows);
}

static void numbers_calculate_as_in_python(void **state)
{
    static const struct row rows[] = {
        {"7 / 2", "3.5"},
        {"6 / 2", "3.0"},
        {"7 // 2", "3"},
        {"-7 // 2", "-4"},
        {"7 // -2", "-4"},
        {"-7 // -2", "3"},
        {"7 % 3", "1"},
        {"-7 % 3", "2"},
        {"7 % -3", "-2"},
        {"-7 % -3", "-1"},
        {"7.5 // 2", "3.0"},
        {"-7.5 // 2", "-4.0"},
        {"-7.5 % 2", "0.5"},
        {"7.5 % -2", "-0.5"},
        {"1 // 0.1", "9.0"},
        {"1 + 0.5", "1.5"},
        {"2 ^ 10", "1024"},
        {"2.0 ^ 3", "8.0"},
        {"0 ^ 0", "1"},
        {"2 ^ 62", "4611686018427387904"},
        {"(-2) ^ 63", "-9223372036854775808"},
        {"(-1) ^ 9223372036854775807", "-1"},
        {"small % -1", "0"},
        {"3 - 7", "-4"},
        {"1 == 1.0", "true"},
        {"9007199254740993 == 9007199254740992.0", "false"},
        {"big > 9.2e18", "true"},
        {"1 != 2", "true"},
        {"2 <= 2", "true"},
        {"2 >= 3", "false"},
    };

    CHECK_ROWS(rows);
}

static void overflow_and_division_by_zero_are_errors(void **state)
{
    static const struct row rows[] = {
        {"big + 1", "error: integer overflow in 9223372036854775807 + 1; in: big + 1"},
        {"small - 1", "error: integer overflow in -9223372036854775808 - 1; in: small - 1"},
        {"big * 2", "error: integer overflow in 9223372036854775807 * 2; in: big * 2"},
        {"-small", "error: integer overflow in 0 - -9223372036854775808; in: -small"},
        {"small // -1",
         "error: integer overflow in -9223372036854775808 // -1; in: small // -1"},
        {"2 ^ 63", "error: integer overflow in 2 ^ 63; in: 2 ^ 63"},
        {"10 ^ big", "error: integer overflow in 10 ^ 9223372036854775807; in: 10 ^ big"},
        {"abs(small)", "error: integer overflow in abs(-9223372036854775808); in: abs(small)"},
        {"big * 1d",
         "error: integer overflow in 86400000000 * 9223372036854775807; in: big * 1d"},
        {"time + 300000y", "error: the time is out of range; in: time + 300000y"},
        {"1 / 0", "error: division by zero; in: 1 / 0"},
        {"1 // 0", "error: division by zero; in: 1 // 0"},
        {"1 % 0", "error: division by zero; in: 1 % 0"},
        {"1.5 % 0", "error: division by zero; in: 1.5 % 0"},
        {"1d / 0d", "error: division by zero; in: 1d / 0d"},
        {"0 ^ -1", "error: division by zero; in: 0 ^ -1"},
        {"(-8) ^ 0.5", "error: the result has no value; in: (-8) ^ 0.5"},
        {"sqrt(-1)", "error: sqrt of -1 has no value; in: sqrt(-1)"},
        {"1 + log(0)", "error: log of 0 is infinite; in: log(0)"},
        {"log(-1)", "error: log of -1 has no value; in: log(-1)"},
        {"exp(1000)", "error: exp of 1000 is infinite; in: exp(1000)"},
        {"floor(1e300)", "error: 1e+300 is too large for an int; in: floor(1e300)"},
    };

    CHECK_ROWS(rows);
}

static void times_and_durations_calculate(void **state)
{
    static const struct row rows[] = {
        {"time + 8d", "2017-03-12T05:06:07"},
        {"8d + key.time", "2000-03-08"},
        {"time - 29min", "2017-03-04T04:37:07"},
        {"key.time + 1y", "2001-02-28"},
        {"key.time + 1mo", "2000-03-29"},
        {"key.time - 12mo", "1999-02-28"},
        {"time - key.time", "536821567s"},
        {"(time - key.time) / 1d", "6213.212581018519"},
        {"(time - key.time) // 1d", "6213"},
        {"(time - key.time) % 1d", "18367s"},
        {"key.time - time < 0d", "true"},
        {"1d + 12h", "36h"},
        {"1d - 12h", "12h"},
        {"3 * 1d", "3d"},
        {"1mo * 18", "18mo"},
        {"1y - 1mo", "11mo"},
        {"1y == 12mo", "true"},
        {"1y / 1mo", "12.0"},
        {"-1d", "-1d"},
        {"1d == 24h", "true"},
        {"1d > 23h", "true"},
        {"1mo + 0d", "1mo"},
        {"time >= 2017-01-01", "true"},
        {"time < 2017-03-04T05:06", "false"},
        {"time == 2017-03-04T05:06:07", "true"},
        {"2017-01-02 - 2017-01-01", "1d"},
        {"2017-1-1", "2015"},
        {"model + 1d", "2000-03-01 360_day"},
        {"model + 1mo", "2000-03-30 360_day"},
        {"noleap - 1d", "2000-02-28 noleap"},
        {"1d + 1mo",
         "error: months differ in length: they do not mix with other durations; in: 1d + 1mo"},
        {"1d < 1mo",
         "error: months differ in length: they do not compare with other durations; in: 1d < "
         "1mo"},
        {"1d * 1d", "error: cannot multiply a duration and a duration; in: 1d * 1d"},
        {"1d ^ 2", "error: cannot raise a duration to the power of an int; in: 1d ^ 2"},
    };

    CHECK_ROWS(rows);
}

static void written_dates_take_the_calendar_of_the_times_they_meet(void **state)
{
    static const struct row rows[] = {
        {"model == 2000-02-30", "true"},
        {"2000-02-30 <= model", "true"},
        {"model - 2000-01-01", "59d"},
        {"model < 2000-02-29 + 2d", "true"},
        {"(2000-02-29 + 1d) == model", "true"},
        {"min(model, 2001-01-01)", "2000-02-30 360_day"},
        {"max(2001-02-30, model)", "2001-02-30 360_day"},
        {"if(yes, model, 2001-02-30)", "2000-02-30 360_day"},
        {"if(no, model, 2001-02-30)", "2001-02-30 360_day"},
        {"if(yes, 2001-02-30, model)", "2001-02-30 360_day"},
        {"model < if(yes, 2000-03-01, 2001-01-01)", "true"},
        {"noleap == 2000-02-28 + 1d", "true"},
        {"key.time + 1d == 2000-02-28 + 2d", "true"},
        {"time > proleptic", "true"},
        {"2001-02-30", "error: 2001-02-30 is no time of the calendar standard; "},
        {"time > 2001-02-29",
         "error: 2001-02-29 is no time of the calendar standard; in: time > 2001-02-29"},
        {"time > ancient", "error: a time of the calendar standard and one of the calendar "
                           "proleptic_gregorian do "
                           "not compare; in: time > ancient"},
        {"time - model", "error: a time of the calendar standard and one of the calendar "
                         "360_day do not compare; "
                         "in: time - model"},
        {"min(time, model)", "error: min needs times of one calendar; in: min(time, model)"},
    };

    CHECK_ROWS(rows);
}

static void missing_values_stay_missing(void **state)
{
    static const struct row rows[] = {
        {"missing + 1", "missing"},
        {"missing == missing", "missing"},
        {"nan < 3", "missing"},
        {"-missing", "missing"},
        {"not missing", "missing"},
        {"sqrt(missing)", "missing"},
        {"upper(missing)", "missing"},
        {"max(1, missing)", "missing"},
        {"is_missing(nan)", "true"},
        {"is_missing(i)", "false"},
        {"missing and false", "false"},
        {"false and missing", "false"},
        {"missing and true", "missing"},
        {"true and missing", "missing"},
        {"missing or true", "true"},
        {"true or missing", "true"},
        {"missing or false", "missing"},
        {"false or missing", "missing"},
        {"if(missing, 1, 2)", "missing"},
        {"if(true, missing, 2)", "missing"},
        {"if(is_missing(nan), 0, nan)", "0"},
    };

    CHECK_ROWS(rows);
}

static void choices_look_only_at_what_they_choose(void **state)
{
    static const struct row rows[] = {
        {"if(i > 5, 'late', 'early')", "late"},
        {"where(i < 5, 'late', 'early')", "early"},
        {"if(i == 0, 0, 70 // i)", "10"},
        {"if(true, 1, 1 // 0)", "1"},
        {"if(false, 1 // 0, 2)", "2"},
        {"false and 1 // 0 == 1", "false"},
        {"true or 1 // 0 == 1", "true"},
        {"if(time >= 2017-01-01, 'OSPO', 'STAR')", "OSPO"},
        {"if(1, 2, 3)", "error: cannot use an int as a condition; in: if(1, 2, 3)"},
        {"'x' and true", "error: cannot use a string as a condition; in: 'x' and true"},
        {"true and 1", "error: cannot use an int as a condition; in: true and 1"},
        {"not 1", "error: cannot use an int as a condition; in: not 1"},
    };

    CHECK_ROWS(rows);
}

static void types_that_do_not_fit_are_told(void **state)
{
    static const struct row rows[] = {
        {"time + 'x'", "error: cannot add a time and a string; in: time + 'x'"},
        {"1 + 'x'", "error: cannot add an int and a string; in: 1 + 'x'"},
        {"time + time", "error: cannot add a time and a time; in: time + time"},
        {"1 - time", "error: cannot subtract a time from an int; in: 1 - time"},
        {"1d - time", "error: cannot subtract a time from a duration; in: 1d - time"},
        {"true * 2", "error: cannot multiply a bool and an int; in: true * 2"},
        {"'a' / 2", "error: cannot divide a string by an int; in: 'a' / 2"},
        {"time < 5", "error: cannot order a time and an int; in: time < 5"},
        {"'a' == 1", "error: cannot compare a string and an int; in: 'a' == 1"},
        {"true < false", "error: cannot order a bool and a bool; in: true < false"},
        {"-'a'", "error: cannot negate a string; in: -'a'"},
        {"1.5 * 1d", "error: cannot multiply a float and a duration; in: 1.5 * 1d"},
        {"1 + (2 * ('a' - 1)) + 3", "error: cannot subtract an int from a string; in: 'a' - 1"},
        {"(time + 1d) * (i + 1)",
         "error: cannot multiply a time and an int; in: (time + 1d) * (i + 1)"},
    };

    CHECK_ROWS(rows);
}

static void a_scope_may_know_nothing(void **state)
{
    static const struct forge_scope nothing = {0};
    static const struct row rows[] = {
        {"x", "unknown name \"x\""},
        {"t[1]", "no \"1\" in table \"t\""},
        {"attr('a')", "there is no attribute \"a\""},
    };
    const struct forge_scope *scopes[] = {&nothing, NULL};

    (void)state;
    for (size_t i = 0; i < 2 * LENGTH(rows); i++) {
        struct forge_arena arena = {0};
        struct forge_expression *expression;
        struct forge_scalar value;
        struct forge_error err;
        size_t at;

        assert_true(forge_expression_parse(&expression, &arena, rows[i / 2].text, &at, &err));
        assert_false(forge_expression_scalar(&value, expression, scopes[i % 2], &arena, &err));
        assert_string_equal(err.text, rows[i / 2].want);
        assert_int_equal(err.code, FORGE_BAD_RECIPE);
        forge_arena_clear(&arena);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_typed),
        cmocka_unit_test(names_tables_and_attributes_are_looked_up),
        cmocka_unit_test(operators_bind_as_written_in_textbooks),
        cmocka_unit_test(numbers_calculate_as_in_python),
        cmocka_unit_test(overflow_and_division_by_zero_are_errors),
        cmocka_unit_test(times_and_durations_calculate),
        cmocka_unit_test(written_dates_take_the_calendar_of_the_times_they_meet),
        cmocka_unit_test(missing_values_stay_missing),
        cmocka_unit_test(choices_look_only_at_what_they_choose),
        cmocka_unit_test(types_that_do_not_fit_are_told),
        cmocka_unit_test(a_scope_may_know_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

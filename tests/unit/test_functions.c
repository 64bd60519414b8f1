/* The functions of expressions. */
#include "support/expression.h"

static void functions_of_numbers(void **state)
{
    static const struct row rows[] = {
        {"abs(-3)", "3"},
        {"abs(-2.5)", "2.5"},
        {"min(3, 1, 2)", "1"},
        {"max(3, 1, 2)", "3"},
        {"min(3, 1.5)", "1.5"},
        {"max(1, 2.0)", "2.0"},
        {"min(time, key.time)", "2000-02-29"},
        {"clip(5, 0, 3)", "3"},
        {"clip(-5, 0, 3)", "0"},
        {"clip(2.5, 0, 3)", "2.5"},
        {"clip(time, 2000-01-01, 2010-12-31)", "2010-12-31"},
        {"sqrt(16)", "4.0"},
        {"exp(0)", "1.0"},
        {"log(exp(1))", "1.0"},
        {"log10(1000)", "3.0"},
        {"sin(0)", "0.0"},
        {"cos(0)", "1.0"},
        {"tan(0)", "0.0"},
        {"atan2(1, 1) * 4", "3.141592653589793"},
        {"floor(2.7)", "2"},
        {"floor(-2.2)", "-3"},
        {"ceil(2.1)", "3"},
        {"floor(5)", "5"},
        {"round(2.5)", "2"},
        {"round(3.5)", "4"},
        {"round(-0.6)", "-1"},
        {"round(3.14159, 2)", "3.14"},
        {"round(1250, -2)", "1200"},
        {"round(1250.0, -2)", "1200.0"},
        {"abs('x')", "error: abs needs a number, not a string; in: abs('x')"},
        {"min(1, s)", "error: min needs numbers or times, not a string; in: min(1, s)"},
        {"max(1, time)", "error: max cannot mix numbers and times; in: max(1, time)"},
        {"mean(i)",
         "error: mean works on variables, and here there are single values only; in: mean(i)"},
        {"min(i)",
         "error: min works on variables, and here there are single values only; in: min(i)"},
        {"max(i, 'lat')",
         "error: max works on variables, and here there are single values only; in: max(i, "
         "'lat')"},
        {"linspace(0, 1, 3)",
         "error: linspace works on variables, and here there are single values only; in: "
         "linspace(0, 1, 3)"},
    };

    CHECK_ROWS(rows);
}

static void functions_of_times(void **state)
{
    static const struct row rows[] = {
        {"year(time)", "2017"},
        {"month(time)", "3"},
        {"day(time)", "4"},
        {"doy(time)", "63"},
        {"hour(time)", "5"},
        {"minute(time)", "6"},
        {"second(time)", "7"},
        {"minute_of_day(time)", "306"},
        {"second_of_day(time)", "18367"},
        {"days_in_month(key.time)", "29"},
        {"days_in_month(noleap - 1d)", "28"},
        {"days_in_month(model)", "30"},
        {"doy(model)", "60"},
        {"year_end(time)", "2017-12-31"},
        {"year_end(model)", "2000-12-30 360_day"},
        {"min(time + 400d, year_end(time))", "2017-12-31"},
        {"time(2000, 2, 29)", "2000-02-29"},
        {"time(2000, 2, 30, '360_day')", "2000-02-30 360_day"},
        {"time(1850, 1, 1, 'noleap') + 5 * 1h", "1850-01-01T05:00:00 noleap"},
        {"parse_time('20170304', '%Y%m%d')", "2017-03-04"},
        {"parse_time('2000-060', '%Y-%j', 'noleap')", "2000-03-01 noleap"},
        {"parse_time(split(file.stem, '_', 2), '%Y%m%d')", "2017-03-04"},
        {"doy(1)", "error: doy needs a time, not an int; in: doy(1)"},
        {"year_end(1)", "error: year_end needs a time, not an int; in: year_end(1)"},
        {"time(2001, 2, 29)", "error: year 2001, month 2, day 29 is no date of the calendar "
                              "standard; in: time(2001, "
                              "2, 29)"},
        {"time(2001, 4294967297, 1)",
         "error: year 2001, month 4294967297, day 1 is no date of the calendar standard; in: "
         "time(2001, 4294967297, 1)"},
        {"time(2001, 2.0, 1)", "error: time needs ints, not a float; in: time(2001, 2.0, 1)"},
        {"time(2001, 2, 1, 'moon')",
         "error: unknown calendar \"moon\"; in: time(2001, 2, 1, 'moon')"},
        {"parse_time('2017', '%Y%m')",
         "error: cannot read \"2017\" by \"%Y%m\" as a time of the calendar standard; in: "
         "parse_time('2017', '%Y%m')"},
        {"parse_time(2017, '%Y')",
         "error: parse_time needs strings, not an int; in: parse_time(2017, '%Y')"},
    };

    CHECK_ROWS(rows);
}

static void functions_of_strings(void **state)
{
    static const struct row rows[] = {
        {"'a' + 'b'", "ab"},
        {"'a' < 'b'", "true"},
        {"s == 'sst'", "true"},
        {"upper('caf\xc3\xa9')", "CAF\xc3\xa9"},
        {"lower('SST')", "sst"},
        {"split('a_b_c', '_', 0)", "a"},
        {"split('a_b_c', '_', 2)", "c"},
        {"split('a_b_c', '_', -1)", "c"},
        {"split('a_b_c', '_', -3)", "a"},
        {"split('abc', '_', 0)", "abc"},
        {"split('a::b', '::', 1)", "b"},
        {"split('a__b', '_', 1)", ""},
        {"replace('a.b.c', '.', '')", "abc"},
        {"replace('aaa', 'aa', 'b')", "ba"},
        {"replace('a', 'x', 'y')", "a"},
        {"slice('abcdef', 2)", "cdef"},
        {"slice('abcdef', 1, 3)", "bc"},
        {"slice('abcdef', -2)", "ef"},
        {"slice('abcdef', 0, -1)", "abcde"},
        {"slice('abcdef', 4, 2)", ""},
        {"slice('abcdef', -99, 99)", "abcdef"},
        {"slice('\xc3\xa9t\xc3\xa9', 1, 3)", "t\xc3\xa9"},
        {"match(file.stem, 'v\\d+r\\d+')", "true"},
        {"match(file.stem, '^v')", "false"},
        {"match(file.stem, '_v(?<major>\\d+)', 'major')", "02"},
        {"match(file.stem, '_x(?<major>\\d+)', 'major')", "missing"},
        {"match('ac', 'a(?<b>b)?c', 'b')", "missing"},
        {"format(time, '%Y%j')", "2017063"},
        {"format(7, '03d')", "007"},
        {"format(2.5, '.3f')", "2.500"},
        {"'a' + format(i, '02d')", "a07"},
        {"split('a_b', '_', 2)",
         "error: \"a_b\" has 2 pieces between \"_\", none with the number 2; in: split('a_b', "
         "'_', 2)"},
        {"split('a', '_', -2)",
         "error: \"a\" has 1 piece between \"_\", none with the number -2; in: split('a', '_', "
         "-2)"},
        {"split('a', '', 0)",
         "error: split needs a separator that is not empty; in: split('a', '', 0)"},
        {"split('a', '_', 'x')",
         "error: split needs an int, not a string; in: split('a', '_', 'x')"},
        {"replace('a', '', 'b')",
         "error: replace needs something to replace; in: replace('a', '', 'b')"},
        {"upper(1)", "error: upper needs a string, not an int; in: upper(1)"},
        {"match('a', 'a', 'g')",
         "error: the pattern has no group named \"g\"; in: match('a', 'a', 'g')"},
        {"match('a', '(' + s)",
         "error: pattern: missing closing parenthesis; in: match('a', '(' + s)"},
        {"format(time, 7)",
         "error: format needs a string as its format, not an int; in: format(time, 7)"},
    };

    CHECK_ROWS(rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_numbers),
        cmocka_unit_test(functions_of_times),
        cmocka_unit_test(functions_of_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Expressions over whole variables: whether they hold, and where they do not. */
#include "support/holds.h"

struct row {
    const char *text, *want;
};

static const uint64_t whole[] = {TIMES, LATS, LONS};

static void check_rows(const struct row *rows, size_t count)
{
    struct world world;

    world_open(&world, whole);
    for (size_t i = 0; i < count; i++) {
        const char *got = holds_outcome(&world, rows[i].text, 1 << 20);

        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  gives  %s\n  wanted %s", rows[i].text, got, rows[i].want);
    }
    forge_arena_clear(&world.arena);
}

#define CHECK_ROWS(rows)                                                                       \
    (void)state;                                                                               \
    check_rows(rows, LENGTH(rows))

static void elements_are_compared_decoded(void **state)
{
    static const struct row rows[] = {
        {"sst >= 10", "holds"},
        {"sst <= 39.5", "holds"},
        {"sst < 39.5", "time 4, lat 2, lon 3: sst = 39.5 [sst 4 2 3]"},
        {"sst > 10", "time 0, lat 0, lon 0: sst = 10 [sst 0 0 0]"},
        {"sst != 18.5", "holds"},
        {"10 <= sst and sst <= attr(sst, 'valid_max')", "holds"},
        {"sst < attr(sst, 'valid_max') - 10", "time 4, lat 0, lon 2: sst = 35 [sst 4 0 2]"},
        {"is_missing(sst) or sst > 0", "holds"},
        {"not is_missing(sst)", "time 1, lat 1, lon 1: sst = missing [sst 1 1 1]"},
        {"ice * 10 < 60 and ice >= 0", "holds"},
        {"is_missing(ice) == (ice % 0.7 < -1)", "holds"},
        {"mask == 0 or mask == 1", "holds"},
        {"not is_missing(mask)", "lat 1, lon 1: mask = missing [mask 1 1]"},
        {"depth == 2.5", "holds"},
        {"depth > 3", "depth = 2.5 [depth]"},
        {"lat <= 45 and lat >= -45", "holds"},
        {"lat != 0.1", "lat 1: lat = 0.1 [lat 1]"},
        {"0.1 == lat or abs(lat) == 45", "holds"},
        {"number // 2 == floor(number / 2)", "holds"},
        {"number % 3 >= 0", "holds"},
        {"number ^ 2 < 49", "time 1: number = -7 [number 1]"},
        {"-number < 7", "time 1: number = -7 [number 1]"},
        {"number / number == 1", "holds"},
        {"empty > 0", "holds"},
        {"true", "holds"},
        {"missing", "holds"},
        {"1 > 2", "it is false [nothing]"},
        {"attr('id') == 'AVHRR'", "holds"},
        {"if(number > 0, sst, missing) < 100", "holds"},
        {"where(mask == 1, sst, 0) < 39.5", "holds"},
        {"where(mask == 0, sst, 0) < 39.5",
         "time 4, lat 2, lon 3: mask = 0, sst = 39.5 [sst 4 2 3]"},
        {"clip(sst, 12, 20) == max(12, min(sst, 20))", "holds"},
        {"round(sst * 2) == sst * 2", "holds"},
        {"sqrt(ice) ^ 2 - ice < 0.001", "holds"},
    };

    CHECK_ROWS(rows);
}

static void variables_are_joined_by_the_names_of_dimensions(void **state)
{
    static const struct row rows[] = {
        {"sst > ice", "holds"},
        {"lat < lon", "lon 0, lat 1: lat = 0.1, lon = 0 [lon 0]"},
        {"lon > lat", "lon 0, lat 1: lon = 0, lat = 0.1 [lon 0]"},
        {"mask == 0 or sst < 39", "time 4, lat 2, lon 2: mask = 1, sst = 39 [sst 4 2 2]"},
        {"lat + lon + number < 316",
         "time 0, lat 2, lon 3: lat = 45, lon = 270, number = 5 [number 0]"},
        {"sst > lat - depth * 14", "holds"},
    };

    CHECK_ROWS(rows);
}

static void times_are_compared_in_their_calendar(void **state)
{
    static const struct row rows[] = {
        {"time >= 2000-01-01", "holds"},
        {"time < 2000-02-29", "time 4: time = 2000-02-29 [time 4]"},
        {"model < 2000-02-30", "time 4: model = 2000-02-30 [model 4]"},
        {"model != 2000-02-29 + 1d", "time 4: model = 2000-02-30 [model 4]"},
        {"clock < 2000-01-01T12:29", "time 4: clock = 2000-01-01T12:30:00 [clock 4]"},
        {"clock + 30min <= 2000-01-01T13:00", "holds"},
        {"time - 2000-01-01 < 59d", "time 4: time = 2000-02-29 [time 4]"},
        {"(time - 2000-01-01) / 1d < 59", "time 4: time = 2000-02-29 [time 4]"},
        {"time + 1y < 2001-02-28", "time 4: time = 2000-02-29 [time 4]"},
        {"time - 1mo < 2000-01-29", "time 4: time = 2000-02-29 [time 4]"},
        {"year(time) == 2000 and month(time) <= 2 and doy(time) <= 60", "holds"},
        {"day(model) < 30", "time 4: model = 2000-02-30 [model 4]"},
        {"year_end(time) == 2000-12-31", "holds"},
        {"year_end(model) == 2000-12-30", "holds"},
        {"min(time, 2000-01-02) <= 2000-01-02", "holds"},
        {"if(number > 0, time, 2000-01-01) < 2000-02-01",
         "time 4: number = 2, time = 2000-02-29 [number 4]"},
        {"time > model", "error: times of the calendar standard and of the calendar 360_day do "
                         "not compare; in: "
                         "time > model"},
    };

    CHECK_ROWS(rows);
}

static void reductions_look_at_everything_first(void **state)
{
    static const struct row rows[] = {
        {"mean(sst) > 24", "holds"},
        {"mean(sst) < 24", "mean(sst) = 24.85593220338983 [nothing]"},
        {"count(sst) == 59 and count(ice) == 51", "holds"},
        {"min(sst) == 10 and max(sst) == 39.5", "holds"},
        {"sum(number) == 7", "holds"},
        {"any(number == 0)", "holds"},
        {"all(number != 0)", "all(number != 0) = false [nothing]"},
        {"sst - mean(sst) < 14",
         "time 4, lat 2, lon 2: sst = 39, mean(sst) = 24.85593220338983 [sst 4 2 2]"},
        {"max(time) - min(time) == 59d", "holds"},
        {"mean(time) == 2000-01-14", "holds"},
        {"max(model) == 2000-02-30", "holds"},
        {"mean(sst - mean(sst)) < 0.0000001", "holds"},
        {"mean(sst, 'time', 'lat', 'lon') == mean(sst)", "holds"},
        {"mean(sst, 'lat', 'lon') < 36", "time 4: mean(sst, 'lat', 'lon') = 36.75 [nothing]"},
        {"count(sst, 'time') >= 4", "holds"},
        {"count(sst, 'time') == 5", "lat 1, lon 1: count(sst, 'time') = 4 [nothing]"},
        {"sst >= min(sst, 'time')", "holds"},
        {"sst > min(sst, 'lon', 'time')",
         "time 0, lat 0, lon 0: sst = 10, min(sst, 'lon', 'time') = 10 [sst 0 0 0]"},
        {"sum(mask, 'lon') >= 2", "holds"},
        {"all(is_missing(ice) or ice >= 0, 'lon')", "holds"},
        {"any(sst > 39, 'lat', 'lon') == (number == 2)", "holds"},
        {"mean(empty) > 0", "holds"},
        {"count(empty) == 0 and all(empty > 1) and not any(empty > 1)", "holds"},
        {"sum(empty) == 0", "holds"},
        {"mean(lat * lon) == mean(lat) * mean(lon)", "holds"},
    };

    CHECK_ROWS(rows);
}

static void expressions_that_have_no_meaning_are_refused(void **state)
{
    static const struct row rows[] = {
        {"sst", "error: the expression is a float, not true or false; "},
        {"time", "error: the expression is a time, not true or false; "},
        {"ssst > 1", "error: unknown name \"ssst\"; did you mean \"sst\"?"},
        {"name == 'a'",
         "error: \"name\" holds texts: only numbers and times can be calculated with; in: name "
         "== 'a'"},
        {"sst == 'a'", "error: cannot compare a float and a string; in: sst == 'a'"},
        {"time > 5", "error: cannot order a time and a float; in: time > 5"},
        {"time + 5 > 2000-01-01", "error: cannot add a time and a float; in: time + 5"},
        {"time * 2 > 5", "error: cannot multiply a time and a float; in: time * 2"},
        {"time + time > 2000-01-01", "error: cannot add a time and a time; in: time + time"},
        {"1d - time < 1d", "error: cannot subtract a time from a duration; in: 1d - time"},
        {"sst and true", "error: cannot use a float as a condition; in: sst and true"},
        {"if(sst, 1, 2) > 1", "error: cannot use a float as a condition; in: if(sst, 1, 2)"},
        {"if(sst > 1, 1, time) > 1",
         "error: if cannot mix a float and a time; in: if(sst > 1, 1, time)"},
        {"sqrt(time) > 1", "error: sqrt needs a number, not a time; in: sqrt(time)"},
        {"doy(sst) > 1", "error: doy needs a time, not a float; in: doy(sst)"},
        {"year_end(sst) > 2000-01-01",
         "error: year_end needs a time, not a float; in: year_end(sst)"},
        {"max(sst, time) > 1", "error: max cannot mix a float and a time; in: max(sst, time)"},
        {"(time - 1999-01-01) < 1mo",
         "error: months differ in length: they can only be added to times here; in: (time - "
         "1999-01-01) < 1mo"},
        {"1mo * number > 1d",
         "error: months differ in length: they can only be added to times here; in: 1mo * "
         "number"},
        {"-time > 1d", "error: cannot negate a time; in: -time"},
        {"sum(time) > 1", "error: sum needs numbers, not a time; in: sum(time)"},
        {"mean(sst > 1) > 1",
         "error: mean needs numbers or times, not a bool; in: mean(sst > 1)"},
        {"any(sst)", "error: any needs bools, not a float; in: any(sst)"},
        {"mean(sst, 'depth') > 1",
         "error: mean over \"depth\", which is no dimension of what it is taken of; in: "
         "mean(sst, 'depth')"},
        {"format(sst, 'd') == '1'",
         "error: format works on single values, not on variables; in: format(sst, 'd')"},
        {"linspace(0, 1, number) > 1", "error: linspace works on single values, not on "
                                       "variables; in: linspace(0, 1, number)"},
        {"letter[sst] == 's'",
         "error: tables and attributes are looked up by single values only; in: letter[sst]"},
        {"1 // 0 == number", "error: division by zero; in: 1 // 0"},
    };

    CHECK_ROWS(rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_compared_decoded),
        cmocka_unit_test(variables_are_joined_by_the_names_of_dimensions),
        cmocka_unit_test(times_are_compared_in_their_calendar),
        cmocka_unit_test(reductions_look_at_everything_first),
        cmocka_unit_test(expressions_that_have_no_meaning_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

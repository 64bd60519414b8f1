/* The history of a dataset: events, the versions they tell of, going back and withdrawing. */
#include "support/history.h"

static void events_are_read_as_they_were_added(void **state)
{
    const struct forge_version_facts facts = {
        "sha256:12", "20010203T040506Z-abcdef", 1, 2, 3, true, 4, 5, 6, 7};
    const struct forge_event rows[] = {
        {FORGE_EVENT_PUBLISHED, NOW_US, "a", NULL, "20010203T040506Z-abcdef", &facts},
        {FORGE_EVENT_ROLLED_BACK, NOW_US + 1, "b", "a \"quoted\"\nline, \xc3\xa4", NULL, NULL},
        {FORGE_EVENT_WITHDRAWN, NOW_US - DAY_US, "a", "", NULL, NULL},
        {FORGE_EVENT_REMOVED, 0, "a", NULL, NULL, NULL},
    };
    size_t rows_count = sizeof rows / sizeof rows[0], count;
    struct forge_event *events;
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    assert_true(forge_history_read(&events, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 0);
    for (size_t i = 0; i < rows_count; i++)
        assert_true(forge_history_add(&place.bakery, "sst", &rows[i], &err));
    assert_true(forge_history_read(&events, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, rows_count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(events[i].kind, rows[i].kind);
        assert_int_equal(events[i].time_us, rows[i].time_us);
        assert_string_equal(events[i].version, rows[i].version);
        assert_true(!events[i].why == !rows[i].why && !events[i].run == !rows[i].run);
        assert_string_equal(events[i].why ? events[i].why : "", rows[i].why ? rows[i].why : "");
        assert_string_equal(events[i].run ? events[i].run : "", rows[i].run ? rows[i].run : "");
    }
    assert_string_equal(events[0].facts->recipe, facts.recipe);
    assert_string_equal(events[0].facts->run, facts.run);
    assert_int_equal(events[0].facts->objects * 10 + events[0].facts->shared, 12);
    assert_int_equal(events[0].facts->bytes, 3);
    assert_true(events[0].facts->compared);
    assert_int_equal(events[0].facts->inputs * 10 + events[0].facts->added, 45);
    assert_int_equal(events[0].facts->changed * 10 + events[0].facts->gone, 67);
    assert_null(events[1].facts);
    close_place(&place);
}

static void lines_that_cannot_be_read_are_left_out(void **state)
{
    static const char *const rows[] = {
        "",
        "{}",
        "[1]",
        "{\"event\": \"published\"}",
        "nothing",
        "\x01\x02",
        "{\"event\": \"published\", \"time\": \"2001-02-03\", \"version\": \"../up\"}",
        "{\"event\": \"published\", \"time\": \"2001-02-03\", \"version\": \".hidden\"}",
        "{\"event\": \"published\", \"time\": \"2001-02-31\", \"version\": \"x\"}",
        "{\"event\": \"painted\", \"time\": \"2001-02-03\", \"version\": \"x\"}",
        "{\"event\": \"published\", \"time\": \"2001-02-03\", \"version\": 3}",
    };
    struct place place;
    const char *id;

    (void)state;
    open_with(&place, &id, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        append(&place, rows[i]);
        assert_string_equal(events_of(&place), "published A");
        append(&place, "\n");
        assert_string_equal(events_of(&place), "published A");
    }
    publish(&place);
    assert_string_equal(events_of(&place), "published A, published B");
    close_place(&place);
}

static void a_torn_line_is_cut_off_by_the_next_writer(void **state)
{
    const struct forge_event event = {FORGE_EVENT_WITHDRAWN, NOW_US, "a", "torn", NULL, NULL};
    struct forge_error err;
    struct place place;
    struct stat status;
    off_t whole;

    (void)state;
    open_place(&place);
    assert_true(forge_history_add(&place.bakery, "sst", &event, &err));
    assert_int_equal(stat(below(&place, HISTORY), &status), 0);
    whole = status.st_size;
    for (off_t length = 0; length < whole; length++) {
        assert_int_equal(truncate(below(&place, HISTORY), whole), 0);
        assert_true(forge_history_add(&place.bakery, "sst", &event, &err));
        assert_int_equal(truncate(below(&place, HISTORY), whole + length), 0);
        assert_string_equal(events_of(&place), "withdrawn A (torn)");
        assert_true(forge_history_add(&place.bakery, "sst", &event, &err));
        assert_string_equal(events_of(&place), "withdrawn A (torn), withdrawn A (torn)");
    }
    print_message("%d lengths of a torn line\n", (int)whole);
    close_place(&place);
}

static void versions_are_told_oldest_first(void **state)
{
    struct forge_version_info *versions;
    struct forge_error err;
    struct place place;
    const char *ids[3];
    size_t count;

    (void)state;
    open_with(&place, ids, 3);
    assert_string_equal(versions_of(&place), "A left +1d, B left +2d, C current");
    assert_true(forge_versions_read(&versions, &count, &place.bakery, "sst", &err));
    assert_string_equal(versions[0].id, "20010203T040506Z-01234567");
    assert_string_equal(versions[0].run, "run");
    assert_int_equal(versions[1].published_us, NOW_US + DAY_US);
    assert_string_equal(versions[1].folder,
                        below(&place, "versions/sst/20010204T040506Z-01234567"));
    assert_false(forge_versions_read(&versions, &count, &place.bakery, "ice", &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_non_null(strstr(err.text, " has no dataset \"ice\""));
    assert_false(forge_versions_read(&versions, &count, &place.bakery, "../sst", &err));
    assert_int_equal(err.code, FORGE_USAGE);
    assert_string_equal(err.text, "\"../sst\" cannot be the name of a dataset");
    assert_false(is_there(&place, "state/locks/ice"));
    close_place(&place);
}

static void going_back_makes_an_older_version_current(void **state)
{
    struct place place;
    const char *ids[3];

    (void)state;
    open_with(&place, ids, 3);
    assert_string_equal(go_back(&place, NULL, 5), ids[1]);
    assert_string_equal(versions_of(&place), "A left +1d, B current, C left +5d");
    assert_string_equal(go_back(&place, NULL, 6), ids[0]);
    assert_string_equal(go_back(&place, NULL, 7),
                        "dataset \"sst\" has no earlier version to go back to");
    assert_string_equal(versions_of(&place), "A current, B left +6d, C left +5d");
    assert_string_equal(go_back(&place, "20010205", 8), ids[2]);
    assert_string_equal(go_back(&place, ids[2], 9), ids[2]);
    assert_string_equal(events_of(&place),
                        "published A, published B, published C, rolled back B (bad), "
                        "rolled back A (bad), rolled back C (bad)");
    assert_string_equal(versions_of(&place), "A left +8d, B left +6d, C current");
    close_place(&place);
}

static void going_back_is_refused(void **state)
{
    struct place place;
    const char *ids[4];

    (void)state;
    open_with(&place, ids, 4);
    assert_string_equal(withdraw(&place, ids[1], 5), ids[3]);
    assert_int_equal(unlink(below(&place, "versions/sst/20010205T040506Z-01234567/data.zarr/"
                                          "zarr.json")),
                     0);
    change(&place, "versions/sst/20010205T040506Z-01234567/data.zarr", "moved");
    change(&place, "versions/sst/20010203T040506Z-01234567", "gone");
    assert_string_equal(go_back(&place, ids[1], 6),
                        "version 20010204T040506Z-01234567 was withdrawn: wrong");
    assert_string_equal(go_back(&place, ids[2], 6),
                        "version 20010205T040506Z-01234567 is not whole: it lacks data.zarr");
    assert_string_equal(go_back(&place, ids[0], 6),
                        "the data of version 20010203T040506Z-01234567 were removed");
    assert_string_equal(go_back(&place, "1999", 6), "dataset \"sst\" has no version \"1999\"");
    assert_string_equal(go_back(&place, "2001", 6),
                        "\"2001\" may be any of 4 versions of dataset \"sst\"");
    change(&place, "moved", "versions/sst/20010205T040506Z-01234567/data.zarr");
    write_text(
        below(&place, "versions/sst/20010205T040506Z-01234567/manifest-sha256.txt"),
        "0123456789012345678901234567890123456789012345678901234567890123  data.zarr/a\n");
    assert_string_equal(go_back(&place, ids[2], 6),
                        "version 20010205T040506Z-01234567 is not whole: it lacks data.zarr/a");
    write_text(below(&place, "versions/sst/20010205T040506Z-01234567/data.zarr/a"), "a");
    assert_string_equal(go_back(&place, ids[2], 6), ids[2]);
    close_place(&place);
}

static void a_withdrawn_version_stays_in_the_history_with_its_reason(void **state)
{
    struct place place;
    const char *ids[3];

    (void)state;
    open_with(&place, ids, 3);
    assert_string_equal(withdraw(&place, ids[0], 5), ids[2]);
    assert_string_equal(versions_of(&place), "A withdrawn left +1d, B left +2d, C current");
    assert_string_equal(withdraw(&place, ids[2], 6), ids[1]);
    assert_string_equal(versions_of(&place),
                        "A withdrawn left +1d, B current, C withdrawn left +6d");
    assert_string_equal(withdraw(&place, ids[2], 6),
                        "version 20010205T040506Z-01234567 was withdrawn already: wrong");
    assert_string_equal(withdraw(&place, ids[1], 7), "none");
    assert_string_equal(versions_of(&place), "A withdrawn left +1d, B withdrawn left +7d, "
                                             "C withdrawn left +6d");
    assert_false(is_there(&place, "datasets/sst"));
    assert_true(is_there(&place, "versions/sst/20010204T040506Z-01234567/data.zarr"));
    assert_string_equal(events_of(&place),
                        "published A, published B, published C, withdrawn A (wrong), "
                        "withdrawn C (wrong), rolled back B (20010205T040506Z-01234567 was "
                        "withdrawn), withdrawn B (wrong)");
    publish_at(&place, NOW_US + 9 * DAY_US);
    assert_string_equal(versions_of(&place), "A withdrawn left +1d, B withdrawn left +7d, "
                                             "C withdrawn left +6d, D current");
    close_place(&place);
}

static void an_id_is_never_given_twice(void **state)
{
    struct forge_version version;
    struct place place;
    const char *ids[2];

    (void)state;
    open_with(&place, ids, 2);
    change(&place, "versions/sst/20010203T040506Z-01234567", "gone");
    begin(&version, &place);
    assert_string_equal(version.id, "20010203T040506Z-01234567-2");
    forge_version_abandon(&version, true);
    begin(&version, &place);
    assert_string_equal(version.id, "20010203T040506Z-01234567-3");
    forge_version_abandon(&version, false);
    close_place(&place);
}

static void a_version_is_found_by_name_and_id(void **state)
{
    static const struct {
        const char *text, *finds, *says;
    } rows[] = {
        {"sst", "20010205T040506Z-01234567", NULL},
        {"sst@20010203T040506Z-01234567", "20010203T040506Z-01234567", NULL},
        {"sst@20010203", "20010203T040506Z-01234567", NULL},
        {"sst@20010205T040506Z-01234567", "20010205T040506Z-01234567", NULL},
        {"sst@2001020", NULL, "\"2001020\" may be any of 4 versions of dataset \"sst\""},
        {"sst@", NULL, "\"\" may be any of 4 versions of dataset \"sst\""},
        {"sst@x", NULL, "dataset \"sst\" has no version \"x\""},
        {"sst@../x", NULL, "dataset \"sst\" has no version \"../x\""},
        {"sst@20010204", NULL,
         "the data of version 20010204T040506Z-01234567 of dataset \"sst\" were removed"},
        {"sst@20010205T040506Z-01234567-2", NULL,
         "version 20010205T040506Z-01234567-2 of dataset \"sst\" was withdrawn: wrong"},
        {"../sst", NULL, "\"../sst\" cannot be the name of a dataset"},
        {"", NULL, "\"\" cannot be the name of a dataset"},
    };
    struct forge_version_info found;
    struct forge_error err;
    struct place place;
    const char *ids[3];

    (void)state;
    open_with(&place, ids, 3);
    withdraw(&place, publish_at(&place, NOW_US + 2 * DAY_US), 5);
    change(&place, "versions/sst/20010204T040506Z-01234567", "gone");
    change(&place, "versions/sst/20010205T040506Z-01234567-2", "gone-too");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = forge_version_find(&found, &place.bakery, rows[i].text, &err);

        assert_true(good == (rows[i].finds != NULL));
        assert_string_equal(good ? found.id : err.text, good ? rows[i].finds : rows[i].says);
    }
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_read_as_they_were_added),
        cmocka_unit_test(lines_that_cannot_be_read_are_left_out),
        cmocka_unit_test(a_torn_line_is_cut_off_by_the_next_writer),
        cmocka_unit_test(versions_are_told_oldest_first),
        cmocka_unit_test(going_back_makes_an_older_version_current),
        cmocka_unit_test(going_back_is_refused),
        cmocka_unit_test(a_withdrawn_version_stays_in_the_history_with_its_reason),
        cmocka_unit_test(an_id_is_never_given_twice),
        cmocka_unit_test(a_version_is_found_by_name_and_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

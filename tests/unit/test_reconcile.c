/* What processes that died left between link, folders and history is put right under the lock.
 */
#include "support/history.h"

static void what_a_dead_process_did_not_write_down_is_added(void **state)
{
    struct forge_version_info *versions;
    struct forge_error err;
    struct place place;
    const char *ids[3];
    size_t count;

    (void)state;
    /* Killed behind the flip, before the event. */
    open_with(&place, ids, 3);
    forget(&place, 1);
    assert_true(forge_versions_read(&versions, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 3);
    assert_true(versions[2].current);
    lock_once(&place);
    lock_once(&place);
    assert_string_equal(events_of(&place), "published A, published B, published C");
    /* The same, of going back. */
    assert_string_equal(go_back(&place, ids[0], 4), ids[0]);
    forget(&place, 1);
    lock_once(&place);
    assert_string_equal(events_of(&place),
                        "published A, published B, published C, rolled back A");
    /* A withdrawal that was written down, and no more. */
    append(&place, forge_arena_print(&place.arena,
                                     "{\"event\":\"withdrawn\",\"time\":\"2001-02-09\","
                                     "\"version\":\"%s\",\"why\":\"w\"}\n",
                                     ids[0]));
    lock_once(&place);
    lock_once(&place);
    assert_string_equal(events_of(&place),
                        "published A, published B, published C, rolled back A, withdrawn A "
                        "(w), rolled back C (20010203T040506Z-01234567 was withdrawn)");
    /* A folder that was deleted, and nothing said of it. */
    change(&place, "versions/sst/20010204T040506Z-01234567", "gone");
    lock_once(&place);
    lock_once(&place);
    assert_string_equal(events_of(&place) + strlen(events_of(&place)) - strlen(", removed B"),
                        ", removed B");
    close_place(&place);
}

static void a_version_that_was_never_current_is_hidden_again(void **state)
{
    struct forge_version_info *versions;
    struct forge_error err;
    struct place place;
    const char *ids[2];
    size_t count;

    (void)state;
    open_with(&place, ids, 2);
    change(&place, "versions/sst/20010204T040506Z-01234567", "kept");
    lock_once(&place);
    /* Killed between its name and the flip. */
    change(&place, "kept", "versions/sst/20010207T040506Z-01234567");
    assert_true(forge_versions_read(&versions, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 2);
    lock_once(&place);
    assert_false(is_there(&place, "versions/sst/20010207T040506Z-01234567"));
    assert_true(is_there(&place, "versions/sst/.part-20010207T040506Z-01234567/data.zarr"));
    close_place(&place);
    /* The very first version. */
    open_place(&place);
    assert_true(
        forge_folder_make(below(&place, "versions/sst/20010207T040506Z-01234567"), &err));
    lock_once(&place);
    assert_true(is_there(&place, "versions/sst/.part-20010207T040506Z-01234567"));
    close_place(&place);
}

static void what_is_no_version_stays_where_it_is(void **state)
{
    struct forge_version_info *versions;
    struct forge_error err;
    struct place place;
    const char *ids[2];
    size_t count;

    (void)state;
    open_with(&place, ids, 2);
    assert_true(forge_folder_make(below(&place, "versions/sst/my-notes"), &err));
    assert_true(
        forge_folder_make(below(&place, "versions/sst/20010203T040506Z-01234567.old"), &err));
    write_text(below(&place, "versions/sst/README"), "mine");
    lock_once(&place);
    /* Nor is it taken for a version where nothing tells which there were. */
    assert_int_equal(unlink(below(&place, HISTORY)), 0);
    lock_once(&place);
    assert_string_equal(events_of(&place), "published A, published B");
    assert_true(forge_versions_read(&versions, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 2);
    assert_true(is_there(&place, "versions/sst/my-notes"));
    assert_true(is_there(&place, "versions/sst/20010203T040506Z-01234567.old"));
    assert_true(is_there(&place, "versions/sst/README"));
    close_place(&place);
}

static void versions_without_a_history_are_taken_over(void **state)
{
    struct forge_version_info *versions;
    struct forge_error err;
    struct place place;
    const char *ids[3];
    size_t count;

    (void)state;
    open_with(&place, ids, 3);
    assert_int_equal(unlink(below(&place, HISTORY)), 0);
    assert_true(forge_versions_read(&versions, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 3);
    assert_int_equal(versions[1].published_us, NOW_US + DAY_US);
    assert_true(versions[2].current);
    lock_once(&place);
    assert_string_equal(events_of(&place), "published A, published B, published C");
    /* Of a damaged history too: nothing that may have been published is thrown away. */
    forget(&place, 3);
    append(&place, "what was this?\n");
    lock_once(&place);
    assert_string_equal(events_of(&place), "published A, published B, published C");
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_dead_process_did_not_write_down_is_added),
        cmocka_unit_test(a_version_that_was_never_current_is_hidden_again),
        cmocka_unit_test(what_is_no_version_stays_where_it_is),
        cmocka_unit_test(versions_without_a_history_are_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

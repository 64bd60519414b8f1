/* The bakery: versions appear whole under a link that flips, one bake of a dataset at a time.
 */
#include "support/bakery.h"

#include <fcntl.h>
#include <sys/wait.h>

static void a_version_is_hidden_until_it_is_published(void **state)
{
    struct forge_version version;
    struct forge_error err;
    struct place place;
    const char *path = NULL;

    (void)state;
    open_place(&place);
    begin(&version, &place);
    assert_string_equal(version.id, "20010203T040506Z-01234567");
    assert_false(is_there(&place, "versions/sst/20010203T040506Z-01234567"));
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567"));
    assert_false(is_there(&place, "datasets/sst"));
    assert_false(forge_bakery_current(&path, &place.bakery, "sst", &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_true(forge_version_publish(&version, 0, NULL, &err));
    assert_true(forge_bakery_current(&path, &place.bakery, "sst", &err));
    assert_string_equal(path,
                        below(&place, "versions/sst/20010203T040506Z-01234567/data.zarr"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    assert_false(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567"));
    close_place(&place);
}

static void versions_of_one_second_get_a_number(void **state)
{
    struct forge_error err;
    struct place place;
    const char *path = NULL;

    (void)state;
    open_place(&place);
    publish(&place);
    publish(&place);
    publish(&place);
    assert_true(forge_bakery_current(&path, &place.bakery, "sst", &err));
    assert_string_equal(path,
                        below(&place, "versions/sst/20010203T040506Z-01234567-3/data.zarr"));
    assert_true(is_there(&place, "versions/sst/20010203T040506Z-01234567/data.zarr/zarr.json"));
    assert_true(
        is_there(&place, "versions/sst/20010203T040506Z-01234567-2/data.zarr/zarr.json"));
    close_place(&place);
}

static void an_abandoned_version_leaves_nothing(void **state)
{
    struct forge_version version;
    struct place place;

    (void)state;
    open_place(&place);
    begin(&version, &place);
    forge_version_abandon(&version, false);
    assert_false(is_there(&place, "versions/sst"));
    publish(&place);
    begin(&version, &place);
    forge_version_abandon(&version, false);
    assert_false(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    close_place(&place);
}

/* What forge_version_lock says in another process: a code, 0 when it got the lock. */
static int lock_elsewhere(struct place *place, const char *name)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct forge_version version;
        struct forge_error err;

        _exit(forge_version_lock(&version, &place->bakery, name, &err) ? 0 : (int)err.code);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void one_bake_of_a_dataset_at_a_time(void **state)
{
    struct forge_version version;
    struct place place;

    (void)state;
    open_place(&place);
    begin(&version, &place);
    assert_int_equal(lock_elsewhere(&place, "sst"), FORGE_LOCKED);
    assert_int_equal(lock_elsewhere(&place, "ice"), 0);
    /* Whoever was refused touched nothing of the holder's. */
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567/data.zarr"));
    forge_version_abandon(&version, false);
    assert_int_equal(lock_elsewhere(&place, "sst"), 0);
    close_place(&place);
}

static void the_lock_of_a_dead_bake_is_free_and_its_leftovers_stay(void **state)
{
    struct forge_version version;
    struct forge_error err;
    struct place place;
    int status = 0;
    pid_t pid;

    (void)state;
    open_place(&place);
    publish(&place);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        begin(&version, &place);
        _exit(symlink("nowhere", below(&place, "datasets/.sst")));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2"));
    assert_true(forge_version_lock(&version, &place.bakery, "sst", &err));
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2/data.zarr"));
    assert_false(is_there(&place, "datasets/.sst"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    forge_version_abandon(&version, true);
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2/data.zarr"));
    close_place(&place);
}

static void leftovers_go_when_a_version_is_published_and_are_never_followed(void **state)
{
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    assert_true(forge_folder_make(below(&place, "versions/sst/.part-x"), &err));
    write_text(below(&place, "precious"), "stays");
    assert_int_equal(symlink("../../../", below(&place, "versions/sst/.part-x/up")), 0);
    publish(&place);
    assert_false(is_there(&place, "versions/sst/.part-x"));
    assert_true(is_there(&place, "precious"));
    close_place(&place);
}

static void what_is_no_link_is_not_replaced(void **state)
{
    struct forge_version version;
    struct forge_error err;
    struct place place;
    const char *path = NULL;

    (void)state;
    open_place(&place);
    assert_true(forge_folder_make(below(&place, "datasets/sst"), &err));
    assert_false(forge_version_lock(&version, &place.bakery, "sst", &err));
    forge_version_abandon(&version, false);
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_non_null(strstr(err.text, "/datasets/sst is no link to a version"));
    assert_false(forge_bakery_current(&path, &place.bakery, "sst", &err));
    assert_int_equal(err.code, FORGE_MISSING);
    close_place(&place);
}

static void a_link_that_cannot_flip_publishes_nothing(void **state)
{
    struct forge_version version;
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    publish(&place);
    begin(&version, &place);
    assert_true(forge_folder_make(below(&place, "datasets/.sst"), &err));
    assert_false(forge_version_publish(&version, 0, NULL, &err));
    forge_version_abandon(&version, false);
    assert_int_equal(err.code, FORGE_TARGET_IO);
    assert_false(is_there(&place, "versions/sst/20010203T040506Z-01234567-2"));
    assert_false(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    close_place(&place);
}

static void what_could_not_be_published_stays_as_a_leftover(void **state)
{
    struct forge_version version;
    struct forge_error err;
    struct place place;
    size_t count = 0;
    const char **folders;

    (void)state;
    open_place(&place);
    publish(&place);
    begin(&version, &place);
    assert_true(forge_folder_make(below(&place, "datasets/.sst"), &err));
    assert_false(forge_version_publish(&version, 0, NULL, &err));
    forge_version_abandon(&version, true);
    assert_true(forge_leftovers_list(&folders, &count, &place.bakery, "sst", &err));
    assert_int_equal(count, 1);
    assert_string_equal(folders[0],
                        below(&place, "versions/sst/.part-20010203T040506Z-01234567-2"));
    assert_false(is_there(&place, "versions/sst/20010203T040506Z-01234567-2"));
    close_place(&place);
}

static void list_one(void *context, const struct forge_listed *listed)
{
    struct forge_text *text = context;

    forge_text_print(text, "%s %s %s\n", listed->name, listed->version,
                     listed->path ? "there" : "gone");
}

static void datasets_are_listed_by_name(void **state)
{
    struct forge_text text = {0};
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    assert_true(forge_bakery_list(&place.bakery, list_one, &text, &err));
    assert_string_equal(forge_text_string(&text), "");
    publish(&place);
    assert_int_equal(symlink("../versions/ice/X", below(&place, "datasets/ice")), 0);
    assert_int_equal(symlink("../versions/t/X", below(&place, "datasets/.t")), 0);
    assert_true(forge_folder_make(below(&place, "datasets/folder"), &err));
    assert_true(forge_bakery_list(&place.bakery, list_one, &text, &err));
    assert_string_equal(forge_text_string(&text),
                        "ice X gone\nsst 20010203T040506Z-01234567 there\n");
    forge_text_clear(&text);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_hidden_until_it_is_published),
        cmocka_unit_test(versions_of_one_second_get_a_number),
        cmocka_unit_test(an_abandoned_version_leaves_nothing),
        cmocka_unit_test(one_bake_of_a_dataset_at_a_time),
        cmocka_unit_test(the_lock_of_a_dead_bake_is_free_and_its_leftovers_stay),
        cmocka_unit_test(leftovers_go_when_a_version_is_published_and_are_never_followed),
        cmocka_unit_test(what_is_no_link_is_not_replaced),
        cmocka_unit_test(a_link_that_cannot_flip_publishes_nothing),
        cmocka_unit_test(what_could_not_be_published_stays_as_a_leftover),
        cmocka_unit_test(datasets_are_listed_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

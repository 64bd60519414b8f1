/* Runs: a folder, a log and an end for each, whatever becomes of its process. */
#include "support/runs.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* ---- what is asked for */

static void must_be_as_asked(const struct forge_run_request *request)
{
    assert_string_equal(request->recipe, asked.recipe);
    assert_string_equal(request->recipe_text, asked.recipe_text);
    assert_string_equal(request->executor, asked.executor);
    assert_int_equal(request->workers, asked.workers);
    assert_true(request->memory_bytes == asked.memory_bytes);
    assert_int_equal(request->prune, asked.prune);
    assert_string_equal(request->only, asked.only);
    assert_string_equal(request->drift, asked.drift);
    assert_true(request->fail_fast);
    assert_int_equal(request->deadline_ms, asked.deadline_ms);
    assert_true(request->now_us == asked.now_us);
}

static void a_request_is_kept_whole(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    const char *id = forge_arena_text(&place->arena, forge_run_id(run));
    struct forge_run_info info = find(place, id);
    struct forge_error err;

    assert_int_equal(strlen(id), 23);
    must_be_as_asked(&info.request);
    assert_string_equal(info.request.dataset, "");
    assert_true(forge_run_set_dataset(run, "rain", &err));
    close_as(run, FORGE_RUN_FAILED);
    info = find(place, id);
    must_be_as_asked(&info.request);
    assert_string_equal(info.request.dataset, "rain");
    assert_true(forge_run_again(&run, &info.request, &place->bakery, id, &err));
    must_be_as_asked(&info.request);
    assert_string_equal(info.request.dataset, "rain");
    close_as(run, FORGE_RUN_FAILED);
}

static void runs_have_names_of_their_own_in_the_order_of_their_beginning(void **state)
{
    struct place *place = *state;
    struct forge_run_info *runs;
    struct forge_error err;
    const char *ids[40];
    size_t count;

    for (size_t i = 0; i < COUNT(ids); i++) {
        struct forge_run *run = begin(place);

        ids[i] = forge_arena_text(&place->arena, forge_run_id(run));
        assert_string_equal(find(place, "last").id, ids[i]);
        close_as(run, FORGE_RUN_FAILED);
    }
    assert_true(forge_folder_make(path_in(place, "20010203T040506Z-012345", "."), &err));
    assert_true(forge_folder_make(path_in(place, "notes", "."), &err));
    assert_true(forge_runs_read(&runs, &count, &place->bakery, &err));
    assert_int_equal(count, COUNT(ids));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(runs[i].id, ids[i]);
}

static void a_run_is_found_by_a_head_of_its_name(void **state)
{
    struct place *place = *state;
    struct forge_run_info info;
    struct forge_error err;
    char head[24];

    assert_false(forge_run_find(&info, &place->bakery, "last", &err));
    assert_int_equal(err.code, FORGE_USAGE);
    for (int i = 0; i < 2; i++) {
        struct forge_run *run = begin(place);

        snprintf(head, sizeof head, "%s", forge_run_id(run));
        close_as(run, FORGE_RUN_FAILED);
    }
    info = find(place, head);
    head[22] = '\0';
    if (forge_run_find(&info, &place->bakery, head, &err))
        assert_memory_equal(info.id, head, 22);
    assert_false(forge_run_find(&info, &place->bakery, "2", &err));
    assert_int_equal(err.code, FORGE_USAGE);
    assert_non_null(strstr(err.text, "\"2\" begins the names of several runs: "));
    assert_false(forge_run_find(&info, &place->bakery, "1", &err));
    assert_int_equal(err.code, FORGE_USAGE);
    assert_false(forge_run_find(&info, &place->bakery, "", &err));
}

/* ---- how it ends */

static void an_end_says_how_and_why(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    struct forge_run_info info = find(place, forge_run_id(run));
    struct forge_error why, err;
    struct forge_run_end end = {.state = FORGE_RUN_FAILED,
                                .error = &why,
                                .report = "{\"objects\":3}",
                                .failed = "[{\"input\":\"a.nc\",\"text\":\"gone \\u001b\"}]"};

    assert_int_equal(info.state, FORGE_RUN_RUNNING);
    assert_null(info.error);
    assert_true(info.ended_us == 0);
    forge_fail_at(&why, (struct forge_place){"r.yaml", 2, 9},
                  "factor: \"two\" is not a number");
    forge_fail_help(&why, "say 2");
    assert_true(forge_run_close(run, &end, &err));
    info = find(place, info.id);
    assert_int_equal(info.state, FORGE_RUN_FAILED);
    assert_string_equal(info.error, "r.yaml:2:9: factor: \"two\" is not a number");
    assert_string_equal(info.help, "say 2");
    assert_string_equal(info.report, end.report);
    assert_string_equal(info.failed, end.failed);
    assert_null(info.version);
    assert_true(info.ended_us >= info.attempt_us && info.attempt_us >= info.began_us);
    assert_int_equal(info.attempts, 1);
}

static void a_run_whose_process_is_gone_died(void **state)
{
    struct place *place = *state;
    struct forge_run_info info;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)begin(place);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    info = find(place, "last");
    assert_int_equal(info.state, FORGE_RUN_DIED);
    assert_string_equal(info.error, "its process died");
}

static void only_what_is_not_done_is_begun_again(void **state)
{
    static const struct {
        enum forge_run_state state;
        enum forge_code code;
        const char *text;
    } rows[] = {
        {FORGE_RUN_PUBLISHED, FORGE_USAGE, "has published version v1: nothing is left"},
        {FORGE_RUN_UNCHANGED, FORGE_USAGE, "found nothing to do: nothing is left"},
        {FORGE_RUN_FAILED, FORGE_OK, ""},
        {FORGE_RUN_CANCELLED, FORGE_OK, ""},
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_run *run = begin(place), *again = NULL;
        const char *id = forge_arena_text(&place->arena, forge_run_id(run));
        struct forge_run_end end = {.state = rows[i].state, .version = "v1"};
        struct forge_run_request request;
        struct forge_error err = {0};

        assert_false(forge_run_again(&again, &request, &place->bakery, id, &err));
        assert_int_equal(err.code, FORGE_LOCKED);
        assert_true(forge_run_close(run, &end, &err));
        assert_int_equal(forge_run_again(&again, &request, &place->bakery, id, &err),
                         rows[i].code == FORGE_OK);
        if (again) {
            close_as(again, FORGE_RUN_FAILED);
        } else {
            assert_int_equal(err.code, rows[i].code);
            assert_non_null(strstr(err.text, rows[i].text));
        }
    }
}

static void attempts_are_counted_and_begin_without_an_end(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    const char *id = forge_arena_text(&place->arena, forge_run_id(run));
    struct forge_run_request request;
    struct forge_run_info info = find(place, id);
    struct forge_error err;

    assert_true(forge_run_cancel(&info, &place->bakery, &err));
    close_as(run, FORGE_RUN_CANCELLED);
    for (unsigned attempt = 2; attempt < 5; attempt++) {
        assert_true(forge_run_again(&run, &request, &place->bakery, id, &err));
        assert_int_equal(forge_run_attempt(run), attempt);
        assert_false(is_there(path_in(place, id, "end.json")));
        assert_false(forge_run_is_cancelled(run));
        info = find(place, id);
        assert_int_equal(info.state, FORGE_RUN_RUNNING);
        assert_int_equal(info.attempts, attempt);
        close_as(run, FORGE_RUN_FAILED);
    }
    assert_non_null(strstr(read_file(place, info.log), "\"text\":\"attempt 4\"}\n"));
}

/* ---- asking it to stop */

static void a_run_sees_that_it_is_to_stop(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    struct forge_run_info info = find(place, forge_run_id(run));
    struct forge_error err;

    assert_false(forge_run_is_cancelled(run));
    assert_true(forge_run_cancel(&info, &place->bakery, &err));
    for (int i = 0; i < 1000 && !forge_run_is_cancelled(run); i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    assert_true(forge_run_is_cancelled(run));
    close_as(run, FORGE_RUN_CANCELLED);
    assert_int_equal(find(place, info.id).state, FORGE_RUN_CANCELLED);
}

/* ---- folders that something happened to */

static void damaged_folders_are_still_read(void **state)
{
    static const struct {
        const char *file, *text;
        enum forge_run_state state;
        const char *error;
    } rows[] = {
        {"end.json", "", FORGE_RUN_DIED, "its end cannot be read"},
        {"end.json", "{\"state\":\"published\"", FORGE_RUN_DIED, "its end cannot be read"},
        {"end.json", "[1]", FORGE_RUN_DIED, "its end cannot be read"},
        {"end.json", "{\"state\":7}", FORGE_RUN_DIED, "its end cannot be read"},
        {"end.json", "{\"state\":\"running\"}", FORGE_RUN_DIED, "its end cannot be read"},
        {"end.json", "{\"state\":\"failed\",\"error\":7,\"version\":[]}", FORGE_RUN_FAILED,
         NULL},
        {"end.json", "{\"state\":\"failed\",\"error\":{}}", FORGE_RUN_FAILED, "(unknown)"},
        {"request.json", "", FORGE_RUN_FAILED, NULL},
        {"request.json", "{\"recipe\":7,\"workers\":-1,\"now\":\"soon\",\"only\":{}}",
         FORGE_RUN_FAILED, NULL},
        {"attempts", "", FORGE_RUN_FAILED, NULL},
        {"attempts", "rubbish\nmore", FORGE_RUN_FAILED, NULL},
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct forge_run *run = begin(place);
        const char *id = forge_arena_text(&place->arena, forge_run_id(run));
        struct forge_run_info info;

        close_as(run, FORGE_RUN_FAILED);
        write_file(path_in(place, id, rows[i].file), rows[i].text);
        info = find(place, id);
        assert_int_equal(info.state, rows[i].state);
        assert_true(info.attempts >= 1 && info.began_us > 0 && info.attempt_us > 0);
        if (rows[i].error)
            assert_string_equal(info.error, rows[i].error);
        else
            assert_null(info.error);
    }
}

static void a_run_without_a_readable_request_is_not_begun_again(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    const char *id = forge_arena_text(&place->arena, forge_run_id(run));
    struct forge_run_request request;
    struct forge_error err;

    close_as(run, FORGE_RUN_FAILED);
    write_file(path_in(place, id, "request.json"), "{");
    assert_false(forge_run_again(&run, &request, &place->bakery, id, &err));
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_true(is_there(path_in(place, id, "end.json")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_TEST(a_request_is_kept_whole),
        RUN_TEST(runs_have_names_of_their_own_in_the_order_of_their_beginning),
        RUN_TEST(a_run_is_found_by_a_head_of_its_name),
        RUN_TEST(an_end_says_how_and_why),
        RUN_TEST(a_run_whose_process_is_gone_died),
        RUN_TEST(only_what_is_not_done_is_begun_again),
        RUN_TEST(attempts_are_counted_and_begin_without_an_end),
        RUN_TEST(a_run_sees_that_it_is_to_stop),
        RUN_TEST(damaged_folders_are_still_read),
        RUN_TEST(a_run_without_a_readable_request_is_not_begun_again),
    };

    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}

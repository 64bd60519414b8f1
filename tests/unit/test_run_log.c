/* The log of a run: whole lines of JSON, whatever is said in them and whoever writes them. */
#include "support/runs.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "document/json.h"

/* Every line of the log is JSON; how many there are. */
static size_t must_be_lines(struct place *place, const char *path)
{
    const char *line = read_file(place, path);
    size_t count = 0;

    for (const char *end; (end = strchr(line, '\n')); line = end + 1, count++) {
        struct forge_json_value *value;
        struct forge_error err;

        if (!forge_json_parse(&value, &place->arena, line, (size_t)(end - line), &err))
            fail_msg("%.*s: %s", (int)(end - line), line, err.text);
    }
    assert_string_equal(line, "");
    return count;
}

static void what_is_logged_cannot_break_the_log(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    struct forge_run_info info = find(place, forge_run_id(run));
    struct forge_log_entry entry = {.level = "error",
                                    .stage = "write",
                                    .task = "write/17",
                                    .input = "a\nb\"\\.nc",
                                    .text = "\033[2J\xff \xc2\x9b"};
    struct forge_error err;
    const char *text;

    forge_run_log(run, &entry);
    forge_run_log(run, &(struct forge_log_entry){0});
    forge_fail_at(&err, (struct forge_place){"r.yaml", 2, 9}, "wrong");
    forge_run_log_error(run, &(struct forge_log_entry){.level = "error"}, &err);
    assert_int_equal(must_be_lines(place, info.log), 3);
    text = read_file(place, info.log);
    assert_non_null(strstr(text,
                           "\"level\":\"error\",\"stage\":\"write\",\"task\":\"write/17\","
                           "\"input\":\"a\\nb\\\"\\\\.nc\","
                           "\"text\":\"\\u001b[2J\\ufffd \\u009b\"}\n"));
    assert_non_null(
        strstr(text, "\"file\":\"r.yaml\",\"line\":2,\"column\":9,\"text\":\"wrong\"}"));
    close_as(run, FORGE_RUN_FAILED);
}

static void *log_often(void *context)
{
    for (int i = 0; i < 200; i++)
        forge_run_log(context, &(struct forge_log_entry){.level = "info", .text = "something"});
    return NULL;
}

static void threads_log_whole_lines(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    pthread_t threads[8];

    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_often, run), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(must_be_lines(place, find(place, "last").log), 200 * COUNT(threads));
    close_as(run, FORGE_RUN_FAILED);
}

static void a_torn_line_is_left_behind(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    struct forge_run_info info = find(place, forge_run_id(run));
    struct forge_run_request request;
    struct forge_error err;
    const char *text;

    close_as(run, FORGE_RUN_FAILED);
    write_file(info.log, "{\"time\":\"2001-");
    assert_true(forge_run_again(&run, &request, &place->bakery, info.id, &err));
    forge_run_log(run, &(struct forge_log_entry){.text = "then"});
    close_as(run, FORGE_RUN_FAILED);
    text = read_file(place, info.log);
    assert_memory_equal(text, "{\"time\":\"2001-\n{\"time\":\"2", 25);
    assert_non_null(strstr(text, "\"text\":\"then\"}\n"));
}

static void a_log_that_cannot_be_written_is_told_at_the_end(void **state)
{
    struct place *place = *state;
    struct forge_run *run = begin(place);
    struct forge_run_end end = {.state = FORGE_RUN_FAILED};
    struct rlimit before, small = {40, RLIM_INFINITY};
    struct forge_run_info info = find(place, forge_run_id(run));
    struct forge_error err;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    forge_run_log(run, &(struct forge_log_entry){.text = "a line that is longer than that"});
    forge_run_log(run, &(struct forge_log_entry){.text = "another"});
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    forge_run_log(run, &(struct forge_log_entry){.text = "whole again"});
    assert_false(forge_run_close(run, &end, &err));
    assert_non_null(strstr(err.text, "the log of run "));
    assert_non_null(strstr(err.text, " is not whole: "));
    assert_int_equal(find(place, info.id).state, FORGE_RUN_FAILED);
    assert_non_null(strstr(read_file(place, info.log), "\n{\"time\":"));
    assert_non_null(strstr(read_file(place, info.log), "\"whole again\"}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_TEST(what_is_logged_cannot_break_the_log),
        RUN_TEST(threads_log_whole_lines),
        RUN_TEST(a_torn_line_is_left_behind),
        RUN_TEST(a_log_that_cannot_be_written_is_told_at_the_end),
    };

    return cmocka_run_group_tests_name("run_log", tests, NULL, NULL);
}

/* log.c: the log of a run, for people or as it is. */
#include "cli/retell.h"

#include "document/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 200
#define DATE_LENGTH 10 /* 2001-02-03T04:05:06.. */
#define CLOCK_LENGTH 8

static int run(struct session *session, int argc, char **argv);

const struct command command_log = {
    .name = "log",
    .usage = "RUN [--task K] [-f] [--bakery DIR] [--json]",
    .summary = "show what happened in a run",
    .help = "  RUN           its id, the head of it, or \"last\"\n"
            "  --task K      only what is about this task, such as write/17 or 17\n"
            "  -f, --follow  show what is added, until the run ends\n"
            "  --bakery DIR  where it is; default: ./bakery\n"
            "  --json        the lines as they are, each a JSON object\n"
            "\n"
            "Times are UTC.\n",
    .run = run,
};

struct reading {
    const struct arguments *arguments;
    struct forge_text part; /* a line whose end was not there yet */
    char date[DATE_LENGTH + 1];
    size_t shown;
};

static const char *text_in(const struct forge_json_value *entry, const char *key)
{
    const struct forge_json_value *value = forge_json_find(entry, key);

    return value && value->kind == FORGE_JSON_STRING ? value->string : "";
}

static long long number_in(const struct forge_json_value *entry, const char *key)
{
    const struct forge_json_value *value = forge_json_find(entry, key);

    return value && value->kind == FORGE_JSON_INTEGER ? value->integer : 0;
}

/* "write/17" is asked for by its whole name or as 17. */
static bool is_wanted(const struct reading *reading, const struct forge_json_value *entry)
{
    const char *wanted = reading->arguments->task, *task = text_in(entry, "task");
    const char *slash = strrchr(task, '/');

    return !wanted || strcmp(wanted, task) == 0 || (slash && strcmp(wanted, slash + 1) == 0);
}

/* A line of its own where another day begins, then the time of the day. */
static void show_time(struct reading *reading, struct forge_text *out, const char *time)
{
    if (strspn(time, "0123456789-T:.Z") < DATE_LENGTH + 1 + CLOCK_LENGTH) {
        forge_text_add(out, "--:--:--");
        return;
    }
    if (reading->date[0] && strncmp(reading->date, time, DATE_LENGTH) != 0)
        forge_text_print(out, "%.*s\n", DATE_LENGTH, time);
    memcpy(reading->date, time, DATE_LENGTH);
    forge_text_print(out, "%.*s", CLOCK_LENGTH, time + DATE_LENGTH + 1);
}

/* 14:03:05 write/17 error: in/a.nc is not there (input in/a.nc) */
static void show_people(struct reading *reading, const struct forge_json_value *entry)
{
    struct forge_text line = {0}, safe = {0};
    const char *task = text_in(entry, "task"), *level = text_in(entry, "level");
    const char *input = text_in(entry, "input"), *text = text_in(entry, "text");
    const char *about = task[0] ? task : text_in(entry, "stage");
    bool grave = level[0] && strcmp(level, "info") != 0;

    forge_text_print(&line, "%s%s%s%s%s ", about[0] ? " " : "", about, grave ? " " : "",
                     grave ? level : "", about[0] || grave ? ":" : "");
    if (number_in(entry, "line") > 0)
        forge_text_print(&line, "%s:%lld:%lld: ", text_in(entry, "file"),
                         number_in(entry, "line"), number_in(entry, "column"));
    forge_text_add(&line, text);
    if (input[0] && !strstr(text, input))
        forge_text_print(&line, " (input %s)", input);
    show_time(reading, &safe, text_in(entry, "time"));
    forge_text_add_safe(&safe, forge_text_string(&line));
    forge_text_add(&safe, "\n");
    if (text_in(entry, "help")[0]) {
        forge_text_add(&safe, "         = help: ");
        forge_text_add_safe(&safe, text_in(entry, "help"));
        forge_text_add(&safe, "\n");
    }
    print(&safe);
    forge_text_clear(&line);
    forge_text_clear(&safe);
}

/* A line that is no JSON object was torn when a process died: it says nothing. */
static void show_line(struct reading *reading, const char *line, size_t length)
{
    struct forge_arena arena = {0};
    struct forge_json_value *entry = NULL;
    struct forge_text raw = {0};
    struct forge_error ignored;

    if (forge_json_parse(&entry, &arena, line, length, &ignored) &&
        entry->kind == FORGE_JSON_OBJECT && is_wanted(reading, entry)) {
        reading->shown++;
        forge_text_add_bytes(&raw, line, length);
        forge_text_add(&raw, "\n");
        if (reading->arguments->json)
            print(&raw);
        else
            show_people(reading, entry);
    }
    forge_text_clear(&raw);
    forge_arena_clear(&arena);
}

static void show_lines(struct reading *reading)
{
    struct forge_text *part = &reading->part;
    size_t from = 0;

    for (size_t i = 0; i < part->length; i++) {
        if (part->bytes[i] != '\n')
            continue;
        show_line(reading, part->bytes + from, i - from);
        from = i + 1;
    }
    if (from > 0) {
        memmove(part->bytes, part->bytes + from, part->length - from + 1);
        part->length -= from;
    }
}

/* Show what is there now. */
static bool read_on(struct reading *reading, int fd, const char *path, struct forge_error *err)
{
    char bytes[65536];
    ssize_t got;

    while ((got = read(fd, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return forge_fail_errno(err, FORGE_TARGET_IO, "reading %s", path);
        forge_text_add_bytes(&reading->part, bytes, (size_t)got);
        show_lines(reading);
    }
    return true;
}

static bool is_running(const struct forge_run_info *info, const struct forge_bakery *bakery)
{
    struct forge_arena arena = {0};
    struct forge_bakery look = {.root = bakery->root, .arena = &arena};
    struct forge_run_info now;
    struct forge_error ignored;
    bool running =
        forge_run_find(&now, &look, info->id, &ignored) && now.state == FORGE_RUN_RUNNING;

    forge_arena_clear(&arena);
    return running;
}

static bool show(struct reading *reading, const struct session *session,
                 const struct forge_run_info *info, const struct forge_bakery *bakery,
                 struct forge_error *err)
{
    int fd = open(info->log, O_RDONLY | O_CLOEXEC);
    bool good = true, more = true;

    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "the log %s", info->log);
    while (good && more) {
        /* Looked at first: what it wrote before its end is read after that. */
        more = reading->arguments->follow && is_running(info, bakery);
        good = read_on(reading, fd, info->log, err);
        if (!good || !more)
            break;
        if (atomic_load(&session->cancelled))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else if (fflush(stdout) != 0 || ferror(stdout))
            break;
        else
            nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
    }
    close(fd);
    return good;
}

static void tell_nothing(const struct forge_run_info *info, const char *task)
{
    struct forge_text safe = {0};

    forge_text_add_safe(&safe, task);
    fprintf(stderr, "the log of run %s has nothing about task %s\n", info->id,
            forge_text_string(&safe));
    forge_text_clear(&safe);
}

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;
    struct reading reading = {.arguments = &arguments};
    struct forge_arena arena = {0};
    struct forge_run_info info;
    struct forge_bakery bakery;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_log, argc, argv,
                        TAKES_BAKERY | TAKES_JSON | TAKES_LOG, 1))
        return 2;
    if (!retell_find(&info, &bakery, &arena, &arguments, &err) ||
        !show(&reading, session, &info, &bakery, &err))
        status = tell_error(session, &err);
    else if (arguments.task && reading.shown == 0)
        tell_nothing(&info, arguments.task);
    forge_text_clear(&reading.part);
    forge_arena_clear(&arena);
    return status;
}

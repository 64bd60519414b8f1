/* status.c: what runs there were and are, and how they ended. */
#include "cli/retell.h"

#include "document/json.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 6

static int run(struct session *session, int argc, char **argv);

const struct command command_status = {
    .name = "status",
    .usage = "[RUN] [--bakery DIR] [--json]",
    .summary = "list the runs of a bakery, or tell everything of one",
    .help =
        "  RUN           its id, the head of it, or \"last\"; all: a line each, newest last\n"
        "  --bakery DIR  default: ./bakery\n"
        "  --json        as a JSON array, or one JSON object\n",
    .run = run,
};

/* ---- all */

static void first_line(struct forge_text *out, const char *text)
{
    struct forge_text line = {0};

    forge_text_add_bytes(&line, text, strcspn(text, "\n"));
    forge_text_add_safe(out, forge_text_string(&line));
    forge_text_clear(&line);
}

static void fill_row(struct forge_text row[COLUMNS], const struct forge_run_info *info)
{
    forge_text_add(&row[0], info->id);
    forge_text_add_safe(&row[1], info->request.dataset[0] ? info->request.dataset : "-");
    forge_text_add(&row[2], forge_run_state_name(info->state));
    retell_time(&row[3], info->began_us);
    retell_duration(&row[4], info);
    if (row[4].length == 0)
        forge_text_add(&row[4], "-");
    if (info->error)
        first_line(&row[5], info->error);
    else if (info->version)
        forge_text_add_safe(&row[5], info->version);
}

/* Columns as wide as their widest text; the last is as long as it is. */
static void print_rows(struct forge_text *out, struct forge_text (*rows)[COLUMNS], size_t count)
{
    size_t width[COLUMNS] = {0};

    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            width[c] = rows[i][c].length > width[c] ? rows[i][c].length : width[c];
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            const char *text = forge_text_string(&rows[i][c]);

            if (c + 1 < COLUMNS && rows[i][c + 1].length > 0)
                forge_text_print(out, "%-*s  ", (int)width[c], text);
            else
                forge_text_add(out, text);
        }
        forge_text_add(out, "\n");
    }
}

static void list_people(struct forge_text *out, const struct forge_run_info *runs, size_t count,
                        const struct forge_bakery *bakery)
{
    struct forge_text(*rows)[COLUMNS] =
        forge_arena_array(bakery->arena, count + 1, sizeof *rows);

    for (size_t i = 0; i < count; i++)
        fill_row(rows[i], &runs[i]);
    print_rows(out, rows, count);
    for (size_t i = 0; i < count * COLUMNS; i++)
        forge_text_clear(&rows[i / COLUMNS][i % COLUMNS]);
    if (count == 0) {
        forge_text_add(out, "no runs in ");
        forge_text_add_safe(out, bakery->root);
        forge_text_add(out, "\n");
    }
}

static void list_json(struct forge_text *out, const struct forge_run_info *runs, size_t count)
{
    forge_text_add(out, "[");
    for (size_t i = 0; i < count; i++) {
        forge_text_add(out, i > 0 ? "," : "");
        retell_json(out, &runs[i], false);
    }
    forge_text_add(out, "]\n");
}

static bool tell_all(struct forge_text *out, const struct arguments *arguments,
                     struct forge_arena *arena, struct forge_error *err)
{
    struct forge_run_info *runs;
    struct forge_bakery bakery;
    size_t count;

    if (!forge_bakery_open(&bakery, arena, arguments->bakery, err) ||
        !forge_runs_read(&runs, &count, &bakery, err))
        return false;
    if (arguments->json)
        list_json(out, runs, count);
    else
        list_people(out, runs, count, &bakery);
    return true;
}

/* ---- one */

static void line(struct forge_text *out, const char *name, const char *text)
{
    forge_text_print(out, "%-9s ", name);
    forge_text_add_safe(out, text);
    forge_text_add(out, "\n");
}

static void asked(struct forge_text *out, const struct forge_run_request *request)
{
    struct forge_text text = {0};
    char memory[32];

    forge_text_print(&text, "executor %s, %u workers, %s of memory", request->executor,
                     request->workers,
                     forge_text_bytes(memory, sizeof memory, request->memory_bytes));
    if (request->prune > 0)
        forge_text_print(&text, ", --prune=%llu", (unsigned long long)request->prune);
    if (request->only)
        forge_text_print(&text, ", --only %s", request->only);
    if (strcmp(request->drift, "accept") != 0)
        forge_text_print(&text, ", --drift %s", request->drift);
    if (request->deadline_ms == 0)
        forge_text_add(&text, ", --deadline 0");
    else if (request->deadline_ms != DEADLINE_MS_DEFAULT)
        forge_text_print(&text, ", --deadline %gs", (double)request->deadline_ms / 1000);
    if (request->fail_fast)
        forge_text_add(&text, ", --fail-fast");
    line(out, "asked for", forge_text_string(&text));
    forge_text_clear(&text);
}

static void times(struct forge_text *out, const struct forge_run_info *info)
{
    struct forge_text text = {0};

    retell_time(&text, info->began_us);
    forge_text_add(&text, " UTC");
    if (info->attempts > 1) {
        forge_text_print(&text, "; attempt %u: ", info->attempts);
        retell_time(&text, info->attempt_us);
        forge_text_add(&text, " UTC");
    }
    line(out, "began", forge_text_string(&text));
    text.length = 0;
    retell_duration(&text, info);
    if (text.length > 0)
        line(out, "took", forge_text_string(&text));
    forge_text_clear(&text);
}

static const char *text_in(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value =
        object->kind == FORGE_JSON_OBJECT ? forge_json_find(object, key) : NULL;

    return value && value->kind == FORGE_JSON_STRING ? value->string : NULL;
}

static long long number_in(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value =
        object->kind == FORGE_JSON_OBJECT ? forge_json_find(object, key) : NULL;

    return value && value->kind == FORGE_JSON_INTEGER ? value->integer : 0;
}

/* An input, a task, or a place in the recipe. */
static const char *failed_at(const struct forge_json_value *item, struct forge_arena *arena)
{
    const char *what = text_in(item, "input"), *file = text_in(item, "file");

    if (file)
        return forge_arena_print(arena, "%s:%lld:%lld", file, number_in(item, "line"),
                                 number_in(item, "column"));
    what = what ? what : text_in(item, "task");
    return what ? what : "?";
}

/* Everything that failed for good. */
static void failures(struct forge_text *out, const char *failed, struct forge_arena *arena)
{
    struct forge_json_value *list = NULL;
    struct forge_error ignored;

    if (!failed || !forge_json_parse(&list, arena, failed, strlen(failed), &ignored))
        return;
    for (const struct forge_json_value *item = list->first; item; item = item->next) {
        const char *text = text_in(item, "text");

        line(out, item == list->first ? "failed" : "",
             forge_arena_print(arena, "%s: %s", failed_at(item, arena), text ? text : "?"));
    }
}

/* The command that goes on with it. */
static void way_on(struct forge_text *out, const struct forge_run_info *info,
                   const char *directory, struct forge_arena *arena)
{
    const char *where = strcmp(directory, "bakery") == 0
                            ? ""
                            : forge_arena_print(arena, " --bakery %s", directory);

    /* The recipe was never right: its text is kept with the run, and stays what it is. */
    if (info->state == FORGE_RUN_FAILED && info->request.recipe_text &&
        !info->request.dataset[0])
        line(out, "go on",
             forge_arena_print(arena, "forge bake %s%s, once that is right",
                               info->request.recipe, where));
    else if (info->state == FORGE_RUN_FAILED)
        line(out, "go on", forge_arena_print(arena, "forge retry %s%s", info->id, where));
    else if (info->state == FORGE_RUN_DIED || info->state == FORGE_RUN_CANCELLED)
        line(out, "go on",
             forge_arena_print(arena, "forge bake --resume %s%s", info->id, where));
    else if (info->state == FORGE_RUN_RUNNING)
        line(out, "stop it", forge_arena_print(arena, "forge cancel %s%s", info->id, where));
}

static void one_people(struct forge_text *out, const struct forge_run_info *info,
                       const char *directory, struct forge_arena *arena)
{
    line(out, "run", info->id);
    line(out, "state", forge_run_state_name(info->state));
    if (info->request.dataset[0])
        line(out, "dataset", info->request.dataset);
    if (info->version)
        line(out, "version", info->version);
    line(out, "recipe", info->request.recipe);
    asked(out, &info->request);
    times(out, info);
    if (info->error)
        line(out, "error", info->error);
    if (info->help)
        line(out, "", info->help);
    failures(out, info->failed, arena);
    line(out, "log", info->log);
    way_on(out, info, directory, arena);
}

static bool tell_one(struct forge_text *out, const struct arguments *arguments,
                     struct forge_arena *arena, struct forge_error *err)
{
    struct forge_run_info info;
    struct forge_bakery bakery;

    if (!retell_find(&info, &bakery, arena, arguments, err))
        return false;
    if (arguments->json) {
        retell_json(out, &info, true);
        forge_text_add(out, "\n");
    } else {
        one_people(out, &info, arguments->bakery, arena);
    }
    return true;
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_text text = {0};
    struct arguments arguments;
    struct forge_error err;
    int status = 0;

    if (!arguments_read_some(&arguments, &command_status, argc, argv, TAKES_BAKERY | TAKES_JSON,
                             0, 1))
        return 2;
    if (arguments.operand ? tell_one(&text, &arguments, &arena, &err)
                          : tell_all(&text, &arguments, &arena, &err))
        print(&text);
    else
        status = tell_failure(session, &err, arguments.json);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return status;
}

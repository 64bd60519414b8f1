/* runs_read.c: runs as others see them; nothing is believed of what their files say. */
#include "run/runs_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "time/calendar.h"

#define STAMP_LENGTH 16 /* of the time in a name */

static bool is_id(const char *name)
{
    return strlen(name) == FORGE_RUN_ID_LENGTH && name[8] == 'T' && name[15] == 'Z' &&
           name[16] == '-' && strspn(name, "0123456789TZ-abcdef") == FORGE_RUN_ID_LENGTH;
}

static int may_be_run(const struct dirent *entry)
{
    return is_id(entry->d_name);
}

static int oldest_first(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A value as text again. */
static void write_value(struct forge_json *json, const struct forge_json_value *value)
{
    switch (value->kind) {
    case FORGE_JSON_NULL:
        forge_json_null(json);
        return;
    case FORGE_JSON_FLAG:
        forge_json_flag(json, value->flag);
        return;
    case FORGE_JSON_INTEGER:
        forge_json_integer(json, value->integer);
        return;
    case FORGE_JSON_NUMBER:
        forge_json_number(json, value->number);
        return;
    case FORGE_JSON_STRING:
        forge_json_string(json, value->string);
        return;
    case FORGE_JSON_ARRAY:
    case FORGE_JSON_OBJECT:
        break;
    }
    if (value->kind == FORGE_JSON_ARRAY)
        forge_json_array(json);
    else
        forge_json_object(json);
    for (const struct forge_json_value *member = value->first; member; member = member->next) {
        if (value->kind == FORGE_JSON_OBJECT)
            forge_json_key(json, member->key);
        write_value(json, member);
    }
    forge_json_close(json, value->kind == FORGE_JSON_ARRAY ? ']' : '}');
}

/* A member of this kind as JSON text, or NULL. */
static const char *json_of(const struct forge_json_value *object, const char *key,
                           enum forge_json_kind kind, struct forge_arena *arena)
{
    const struct forge_json_value *value = forge_json_find(object, key);
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    const char *out;

    if (!value || value->kind != kind)
        return NULL;
    write_value(&json, value);
    out = forge_arena_text(arena, forge_text_string(&text));
    forge_text_clear(&text);
    return out;
}

static const char *text_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_STRING ? value->string : NULL;
}

static long long number_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_INTEGER ? value->integer : 0;
}

static void read_error(struct forge_run_info *info, const struct forge_json_value *error,
                       struct forge_arena *arena)
{
    const char *text, *file;

    if (!error || error->kind != FORGE_JSON_OBJECT)
        return;
    text = text_of(error, "text");
    file = text_of(error, "file");
    info->error = text ? text : "(unknown)";
    info->help = text_of(error, "help");
    if (file)
        info->error =
            forge_arena_print(arena, "%s:%lld:%lld: %s", file, number_of(error, "line"),
                              number_of(error, "column"), info->error);
}

/* False: this is no end of a run. */
static bool read_end(struct forge_run_info *info, const char *text, struct forge_arena *arena)
{
    struct forge_json_value *root = NULL;
    struct forge_error ignored;
    const char *state;

    if (!forge_json_parse(&root, arena, text, strlen(text), &ignored) ||
        root->kind != FORGE_JSON_OBJECT || !(state = text_of(root, "state")))
        return false;
    for (enum forge_run_state s = FORGE_RUN_PUBLISHED; s <= FORGE_RUN_CANCELLED; s++) {
        if (strcmp(state, forge_run_state_name(s)) != 0)
            continue;
        info->state = s;
        info->ended_us = forge_run_time_read(text_of(root, "ended"));
        info->version = text_of(root, "version");
        info->report = json_of(root, "report", FORGE_JSON_OBJECT, arena);
        info->failed = json_of(root, "failed", FORGE_JSON_ARRAY, arena);
        read_error(info, forge_json_find(root, "error"), arena);
        return true;
    }
    return false;
}

static void read_state(struct forge_run_info *info, const char *folder,
                       struct forge_arena *arena)
{
    const char *end = forge_run_file_read(folder, "end.json", arena);

    info->state = FORGE_RUN_RUNNING;
    if (!end && forge_run_is_alive(folder, arena))
        return;
    if (!end) /* it may have ended since */
        end = forge_run_file_read(folder, "end.json", arena);
    if (end && read_end(info, end, arena))
        return;
    info->state = FORGE_RUN_DIED;
    info->error = end ? "its end cannot be read" : "its process died";
}

/* False: the folder is no run, or not yet. */
static bool read_run(struct forge_run_info *info, const struct forge_bakery *bakery,
                     const char *id)
{
    struct forge_arena *arena = bakery->arena;
    const char *folder = forge_run_folder(bakery, id);
    int64_t named_us = 0;

    *info = (struct forge_run_info){.id = forge_arena_text(arena, id)};
    if (access(forge_arena_print(arena, "%s/request.json", folder), F_OK) != 0 ||
        !forge_time_parse_format(&named_us, FORGE_CALENDAR_PROLEPTIC_GREGORIAN,
                                 forge_arena_copy(arena, id, STAMP_LENGTH), "%Y%m%dT%H%M%SZ"))
        return false;
    info->log = forge_arena_print(arena, "%s/log.jsonl", folder);
    (void)forge_run_request_read(&info->request, folder, arena);
    info->attempts = forge_run_attempts(folder, arena, &info->began_us, &info->attempt_us);
    if (info->attempts == 0)
        info->attempts = 1;
    if (info->began_us == 0)
        info->began_us = named_us;
    if (info->attempt_us == 0)
        info->attempt_us = info->began_us;
    read_state(info, folder, arena);
    return true;
}

/* The names of folders that may be runs, oldest first. */
static bool list_names(const char ***names, size_t *count, const struct forge_bakery *bakery,
                       struct forge_error *err)
{
    const char *folder = forge_run_folder(bakery, "");
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, may_be_run, oldest_first);

    *names = NULL;
    *count = 0;
    if (found < 0 && errno == ENOENT)
        return true;
    if (found < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot list %s", folder);
    *names = forge_arena_array(bakery->arena, (size_t)found + 1, sizeof **names);
    for (int i = 0; i < found; i++) {
        (*names)[(*count)++] = forge_arena_text(bakery->arena, entries[i]->d_name);
        free(entries[i]);
    }
    free((void *)entries);
    return true;
}

static int by_begin(const void *a, const void *b)
{
    const struct forge_run_info *one = a, *other = b;

    return (one->began_us > other->began_us) - (one->began_us < other->began_us);
}

/* The runs of folders that are some, oldest first: names tell no more than the second. */
static size_t read_runs(struct forge_run_info *runs, const struct forge_bakery *bakery,
                        const char *const *names, size_t names_count)
{
    size_t count = 0;

    for (size_t i = 0; i < names_count; i++)
        count += read_run(&runs[count], bakery, names[i]);
    qsort(runs, count, sizeof *runs, by_begin);
    return count;
}

bool forge_runs_read(struct forge_run_info **runs, size_t *count,
                     const struct forge_bakery *bakery, struct forge_error *err)
{
    const char **names;
    size_t names_count;

    *runs = NULL;
    *count = 0;
    if (!list_names(&names, &names_count, bakery, err))
        return false;
    *runs = forge_arena_array(bakery->arena, names_count + 1, sizeof **runs);
    *count = read_runs(*runs, bakery, names, names_count);
    return true;
}

static bool no_run(const struct forge_bakery *bakery, const char *id, struct forge_error *err)
{
    if (strcmp(id, "last") == 0)
        return forge_fail(err, FORGE_USAGE, "the bakery %s has no run yet", bakery->root);
    forge_fail(err, FORGE_USAGE, "the bakery %s has no run \"%s\"", bakery->root, id);
    return forge_fail_help(err, "forge status lists the runs");
}

/* Only the names of the newest second that has a run are read. */
static bool find_last(struct forge_run_info *run, const struct forge_bakery *bakery,
                      const char *const *names, size_t count)
{
    for (size_t end = count; end > 0;) {
        struct forge_run_info *runs;
        size_t first = end - 1, found;

        while (first > 0 && strncmp(names[first - 1], names[end - 1], STAMP_LENGTH) == 0)
            first--;
        runs = forge_arena_array(bakery->arena, end - first, sizeof *runs);
        found = read_runs(runs, bakery, names + first, end - first);
        if (found > 0) {
            *run = runs[found - 1];
            return true;
        }
        end = first;
    }
    return false;
}

bool forge_run_find(struct forge_run_info *run, const struct forge_bakery *bakery,
                    const char *id, struct forge_error *err)
{
    struct forge_run_info found[2];
    const char **names;
    size_t names_count, count = 0;

    if (!list_names(&names, &names_count, bakery, err))
        return false;
    if (strcmp(id, "last") == 0)
        return find_last(run, bakery, names, names_count) || no_run(bakery, id, err);
    for (size_t i = 0; i < names_count && id[0] && count < 2; i++) {
        if (strncmp(names[i], id, strlen(id)) == 0)
            count += read_run(&found[count], bakery, names[i]);
    }
    if (count == 0)
        return no_run(bakery, id, err);
    if (count == 2)
        return forge_fail(err, FORGE_USAGE,
                          "\"%s\" begins the names of several runs: %s, %s, ..", id,
                          found[0].id, found[1].id);
    *run = found[0];
    return true;
}

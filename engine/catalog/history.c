/* history.c: the events of a dataset: read, and one line added at a time. */
#include "base/mutant.h"
#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"
#include "document/json.h"
#include "storage/fd.h"
#include "time/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY "state/history"
#define HISTORY_MAX (UINT64_C(64) << 20)
#define TIME_FORMAT "%Y-%m-%dT%H:%M:%S.%fZ"

static const char *const kinds[] = {
    [FORGE_EVENT_PUBLISHED] = "published",
    [FORGE_EVENT_ROLLED_BACK] = "rolled back",
    [FORGE_EVENT_WITHDRAWN] = "withdrawn",
    [FORGE_EVENT_REMOVED] = "removed",
};

const char *forge_event_name(enum forge_event_kind kind)
{
    return kinds[kind];
}

static const char *text_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_STRING ? value->string : NULL;
}

static uint64_t number_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_INTEGER && value->integer > 0
               ? (uint64_t)value->integer
               : 0;
}

static const struct forge_version_facts *read_facts(struct forge_arena *arena,
                                                    const struct forge_json_value *line)
{
    const struct forge_json_value *made = forge_json_find(line, "made");
    struct forge_version_facts *facts;

    if (!made || made->kind != FORGE_JSON_OBJECT)
        return NULL;
    facts = forge_arena_take(arena, sizeof *facts);
    *facts = (struct forge_version_facts){
        .recipe = text_of(made, "recipe"),
        .run = text_of(line, "run"),
        .objects = number_of(made, "objects"),
        .shared = number_of(made, "objects_shared"),
        .bytes = number_of(made, "bytes_written"),
        .compared = forge_json_find(made, "inputs") != NULL,
        .inputs = number_of(made, "inputs"),
        .added = number_of(made, "inputs_added"),
        .changed = number_of(made, "inputs_changed"),
        .gone = number_of(made, "inputs_gone"),
    };
    return facts;
}

static bool read_event(struct forge_event *event, struct forge_arena *arena,
                       const struct forge_json_value *line)
{
    const char *kind, *time;
    size_t k = 0;

    if (line->kind != FORGE_JSON_OBJECT)
        return false;
    kind = text_of(line, "event");
    time = text_of(line, "time");
    *event = (struct forge_event){.version = text_of(line, "version"),
                                  .why = text_of(line, "why"),
                                  .run = text_of(line, "run"),
                                  .facts = read_facts(arena, line)};
    while (kind && k < sizeof kinds / sizeof kinds[0] && strcmp(kinds[k], kind) != 0)
        k++;
    event->kind = (enum forge_event_kind)k;
    return kind && k < sizeof kinds / sizeof kinds[0] && time && event->version &&
           event->version[0] && event->version[0] != '.' && !strchr(event->version, '/') &&
           forge_time_parse(&event->time_us, NULL, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, time);
}

/* Take the events from the lines of `text`; what is behind the last newline is torn. */
static void take_events(struct forge_event **events, size_t *count, bool *damaged,
                        struct forge_arena *arena, const char *text)
{
    size_t lines = 0;

    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    *events = forge_arena_array(arena, lines + 1, sizeof **events);
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        struct forge_json_value *line;
        struct forge_error ignored;

        if (forge_json_parse(&line, arena, text, (size_t)(end - text), &ignored) &&
            read_event(&(*events)[*count], arena, line))
            (*count)++;
        else
            *damaged = true;
    }
}

bool forge_history_load(struct forge_event **events, size_t *count, bool *damaged,
                        const struct forge_bakery *bakery, const char *name,
                        struct forge_error *err)
{
    struct forge_store *store = NULL;
    char *text = NULL;
    size_t length = 0;
    bool good;

    *events = NULL;
    *count = 0;
    *damaged = false;
    good = forge_store_open_file(&store, forge_bakery_path(bakery, HISTORY, ""), err) &&
           forge_store_get(&text, &length, store, name, bakery->arena, HISTORY_MAX, err);
    forge_store_close(store);
    if (!good)
        return err->code == FORGE_MISSING ||
               forge_fail_while(err, "the history of \"%s\"", name);
    if (strlen(text) != length) /* a NUL: lines behind it would go unseen */
        *damaged = true;
    take_events(events, count, damaged, bakery->arena, text);
    return true;
}

bool forge_history_read(struct forge_event **events, size_t *count,
                        const struct forge_bakery *bakery, const char *name,
                        struct forge_error *err)
{
    bool damaged;

    return forge_history_load(events, count, &damaged, bakery, name, err);
}

void forge_version_facts_json(struct forge_json *json, const struct forge_version_facts *facts)
{
    forge_json_object(json);
    forge_json_add_number(json, "bytes_written", facts->bytes);
    if (facts->compared) {
        forge_json_add_number(json, "inputs", facts->inputs);
        forge_json_add_number(json, "inputs_added", facts->added);
        forge_json_add_number(json, "inputs_changed", facts->changed);
        forge_json_add_number(json, "inputs_gone", facts->gone);
    }
    forge_json_add_number(json, "objects", facts->objects);
    forge_json_add_number(json, "objects_shared", facts->shared);
    if (facts->recipe) {
        forge_json_key(json, "recipe");
        forge_json_string(json, facts->recipe);
    }
    forge_json_close(json, '}');
}

static void write_event(struct forge_text *out, const struct forge_event *event)
{
    struct forge_json json = {.out = out};
    struct forge_text time = {0};

    forge_time_format(&time, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, event->time_us, TIME_FORMAT,
                      NULL);
    forge_json_object(&json);
    forge_json_key(&json, "event");
    forge_json_string(&json, kinds[event->kind]);
    if (event->facts) {
        forge_json_key(&json, "made");
        forge_version_facts_json(&json, event->facts);
    }
    if (event->run) {
        forge_json_key(&json, "run");
        forge_json_string(&json, event->run);
    }
    forge_json_key(&json, "time");
    forge_json_string(&json, forge_text_string(&time));
    forge_json_key(&json, "version");
    forge_json_string(&json, event->version);
    if (event->why) {
        forge_json_key(&json, "why");
        forge_json_string(&json, event->why);
    }
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
    forge_text_clear(&time);
}

/* Where the last whole line ends: what is behind it a writer left that died. */
static bool whole_length(off_t *out, int fd)
{
    struct stat status;
    char last;

    if (fstat(fd, &status) != 0)
        return false;
    *out = status.st_size;
    while (*out > 0) {
        if (forge_fd_read(fd, &last, 1, (uint64_t)*out - 1) != 1)
            return false;
        if (last == '\n')
            break;
        --*out;
    }
    return *out == status.st_size || forge_fd_truncate(fd, (uint64_t)*out);
}

/* Append the line durably, or leave the file as it was. */
static bool append(const char *path, const char *line, size_t length, bool *is_first,
                   struct forge_error *err)
{
    int fd = forge_fd_open(AT_FDCWD, path, O_RDWR | O_CREAT);
    off_t end = 0;
    bool good;

    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open %s", path);
    good = whole_length(&end, fd);
    *is_first = end == 0;
    good = (good && forge_fd_write(fd, line, length, (uint64_t)end) &&
            (FORGE_MUTANT("no-history-sync") || forge_fd_sync(fd))) ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", path);
    if (!good && !forge_fd_truncate(fd, (uint64_t)end))
        forge_fail_help(err, "its last line may be torn; it will be left out");
    if (!forge_fd_close(fd) && good)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot write %s", path);
    return good;
}

bool forge_history_add(const struct forge_bakery *bakery, const char *name,
                       const struct forge_event *event, struct forge_error *err)
{
    const char *folder = forge_bakery_path(bakery, "state", "history");
    struct forge_text line = {0};
    bool is_first = false, good;

    write_event(&line, event);
    good = forge_folder_make_durable(folder, err) &&
           append(forge_bakery_path(bakery, HISTORY, name), forge_text_string(&line),
                  line.length, &is_first, err) &&
           (!is_first || FORGE_MUTANT("no-first-event-sync") || forge_folder_sync(folder, err));
    forge_text_clear(&line);
    return good;
}

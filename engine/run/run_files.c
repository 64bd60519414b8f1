/* run_files.c: the small files of a run's folder, written whole and read with suspicion. */
#include "run/runs_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "catalog/folders.h"
#include "storage/fd.h"
#include "time/calendar.h"

#define FILE_MAX (64U << 20)
#define CALENDAR FORGE_CALENDAR_PROLEPTIC_GREGORIAN

int64_t forge_run_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *forge_run_time_print(struct forge_arena *arena, int64_t time_us)
{
    struct forge_text text = {0};
    const char *out;

    forge_time_format(&text, CALENDAR, time_us, "%Y-%m-%dT%H:%M:%S.%fZ", NULL);
    out = forge_arena_text(arena, forge_text_string(&text));
    forge_text_clear(&text);
    return out;
}

int64_t forge_run_time_read(const char *text)
{
    int64_t time_us = 0;

    return text && forge_time_parse(&time_us, NULL, CALENDAR, text) ? time_us : 0;
}

const char *forge_run_folder(const struct forge_bakery *bakery, const char *id)
{
    return forge_arena_print(bakery->arena, "%s/state/runs/%s", bakery->root, id);
}

bool forge_run_file_write(const char *folder, const char *name, const char *text,
                          struct forge_error *err)
{
    struct forge_arena arena = {0};
    const char *path = forge_arena_print(&arena, "%s/%s", folder, name);
    const char *part = forge_arena_print(&arena, "%s/.%s", folder, name);
    int fd = forge_fd_open(AT_FDCWD, part, O_WRONLY | O_CREAT | O_TRUNC);
    bool good = fd >= 0 && forge_fd_write(fd, text, strlen(text), 0) && forge_fd_sync(fd);

    if (good)
        good = forge_fd_close(fd) && forge_fd_rename(AT_FDCWD, part, path);
    else
        forge_fd_drop(fd);
    if (!good) {
        forge_fail_errno(err, FORGE_TARGET_IO, "writing %s", path);
        forge_fd_discard(AT_FDCWD, part);
    }
    good = good && forge_folder_sync(folder, err);
    forge_arena_clear(&arena);
    return good;
}

const char *forge_run_file_read(const char *folder, const char *name, struct forge_arena *arena)
{
    int fd = forge_fd_open(AT_FDCWD, forge_arena_print(arena, "%s/%s", folder, name),
                           O_RDONLY | O_NONBLOCK);
    struct stat status;
    ssize_t length = -1;
    char *bytes = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX) {
        bytes = forge_arena_take(arena, (size_t)status.st_size + 1);
        length = forge_fd_read(fd, bytes, (size_t)status.st_size, 0);
    }
    forge_fd_drop(fd);
    return length >= 0 ? bytes : NULL;
}

bool forge_run_attempt_add(const char *folder, struct forge_arena *arena,
                           struct forge_error *err)
{
    const char *before = forge_run_file_read(folder, "attempts", arena);
    const char *now = forge_run_time_print(arena, forge_run_now_us());

    return forge_run_file_write(
        folder, "attempts", forge_arena_print(arena, "%s%s\n", before ? before : "", now), err);
}

unsigned forge_run_attempts(const char *folder, struct forge_arena *arena, int64_t *first_us,
                            int64_t *last_us)
{
    const char *line = forge_run_file_read(folder, "attempts", arena);
    unsigned count = 0;

    *first_us = *last_us = 0;
    while (line && *line) {
        size_t length = strcspn(line, "\n");
        int64_t time_us = forge_run_time_read(forge_arena_copy(arena, line, length));

        if (count++ == 0)
            *first_us = time_us;
        *last_us = time_us != 0 ? time_us : *last_us;
        line += length + (line[length] == '\n');
    }
    return count;
}

bool forge_run_is_alive(const char *folder, struct forge_arena *arena)
{
    int fd = forge_fd_open(AT_FDCWD, forge_arena_print(arena, "%s/alive", folder), O_RDONLY);
    bool alive = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    forge_fd_drop(fd);
    return alive;
}

static void add_number(struct forge_json *json, const char *key, uint64_t number)
{
    forge_json_key(json, key);
    forge_json_unsigned(json, number < INT64_MAX ? number : INT64_MAX);
}

void forge_run_request_json(struct forge_text *out, const struct forge_run_request *request)
{
    struct forge_json json = {.out = out};
    struct forge_arena arena = {0};

    forge_json_object(&json);
    forge_json_add_text(&json, "dataset", request->dataset);
    add_number(&json, "deadline_ms", request->deadline_ms);
    forge_json_add_text(&json, "drift", request->drift);
    forge_json_add_text(&json, "executor", request->executor);
    forge_json_key(&json, "fail_fast");
    forge_json_flag(&json, request->fail_fast);
    add_number(&json, "memory_bytes", request->memory_bytes);
    forge_json_add_text(&json, "now", forge_run_time_print(&arena, request->now_us));
    forge_json_add_text(&json, "only", request->only);
    add_number(&json, "prune", request->prune);
    forge_json_add_text(&json, "recipe", request->recipe);
    add_number(&json, "workers", request->workers);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
    forge_arena_clear(&arena);
}

static const char *text_of(const struct forge_json_value *object, const char *key,
                           const char *otherwise)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_STRING ? value->string : otherwise;
}

static uint64_t number_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_INTEGER && value->integer > 0
               ? (uint64_t)value->integer
               : 0;
}

bool forge_run_request_read(struct forge_run_request *request, const char *folder,
                            struct forge_arena *arena)
{
    const char *text = forge_run_file_read(folder, "request.json", arena);
    struct forge_json_value *root = NULL;
    const struct forge_json_value *fail_fast;
    struct forge_error ignored;

    *request = (struct forge_run_request){
        .dataset = "", .recipe = "", .executor = "", .drift = "accept"};
    if (!text || !forge_json_parse(&root, arena, text, strlen(text), &ignored) ||
        root->kind != FORGE_JSON_OBJECT)
        return false;
    fail_fast = forge_json_find(root, "fail_fast");
    *request = (struct forge_run_request){
        .dataset = text_of(root, "dataset", ""),
        .recipe = text_of(root, "recipe", ""),
        .recipe_text = forge_run_file_read(folder, "recipe.yaml", arena),
        .executor = text_of(root, "executor", ""),
        .workers = (unsigned)number_of(root, "workers"),
        .memory_bytes = number_of(root, "memory_bytes"),
        .prune = number_of(root, "prune"),
        .only = text_of(root, "only", NULL),
        .drift = text_of(root, "drift", "accept"),
        .deadline_ms = number_of(root, "deadline_ms"),
        .fail_fast = fail_fast && fail_fast->kind == FORGE_JSON_FLAG && fail_fast->flag,
        .now_us = forge_run_time_read(text_of(root, "now", NULL)),
    };
    return true;
}

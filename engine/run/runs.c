#include "run/runs_parts.h"

#include "catalog/folders.h"
#include "storage/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "time/calendar.h"

#define LOOK_MS 200
#define NAMES_MAX 16  /* that are tried for a new run */
#define LOCK_TRIES 30 /* who looks whether a run lives holds its lock for a moment */
#define LOCK_WAIT_MS 10

static const char *const states[] = {
    [FORGE_RUN_RUNNING] = "running",     [FORGE_RUN_PUBLISHED] = "published",
    [FORGE_RUN_UNCHANGED] = "unchanged", [FORGE_RUN_FAILED] = "failed",
    [FORGE_RUN_CANCELLED] = "cancelled", [FORGE_RUN_DIED] = "died",
};

const char *forge_run_state_name(enum forge_run_state state)
{
    return states[state];
}

const char *forge_run_id(const struct forge_run *run)
{
    return run->id;
}

unsigned forge_run_attempt(const struct forge_run *run)
{
    return run->attempt;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(long wait_ms)
{
    nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
}

/* <time>-<6 hexadecimal digits> */
static bool new_id(const char **id, struct forge_arena *arena, struct forge_error *err)
{
    struct forge_text stamp = {0};
    unsigned char bytes[3];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return forge_fail_errno(err, FORGE_FAILED, "no random bytes to name a run with");
    forge_time_format(&stamp, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, forge_run_now_us(),
                      "%Y%m%dT%H%M%SZ", NULL);
    *id = forge_arena_print(arena, "%s-%02x%02x%02x", forge_text_string(&stamp), bytes[0],
                            bytes[1], bytes[2]);
    forge_text_clear(&stamp);
    return true;
}

static bool make_folder(struct forge_run *run, const struct forge_bakery *bakery,
                        struct forge_error *err)
{
    if (!forge_folder_make_durable(
            forge_arena_print(&run->arena, "%s/state/runs", bakery->root), err))
        return false;
    for (int i = 0; i < NAMES_MAX; i++) {
        if (!new_id(&run->id, &run->arena, err))
            return false;
        run->folder = forge_arena_print(&run->arena, "%s/state/runs/%s", bakery->root, run->id);
        if (forge_fd_mkdir(AT_FDCWD, run->folder))
            return true;
        if (errno != EEXIST)
            break;
    }
    return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make the folder %s", run->folder);
}

/* Take the lock of a run's process, and leave in it who that is. */
static bool take_lock(struct forge_run *run, struct forge_error *err)
{
    const char *path = forge_arena_print(&run->arena, "%s/alive", run->folder);

    run->alive = forge_fd_open(AT_FDCWD, path, O_RDWR | O_CREAT);
    if (run->alive < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open the lock %s", path);
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(run->alive, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return forge_fail_errno(err, FORGE_TARGET_IO, "cannot lock %s", path);
        sleep_ms(LOCK_WAIT_MS);
    }
    forge_fail(err, FORGE_LOCKED, "run %s is still running", run->id);
    return forge_fail_help(err, "forge log -f %s follows it, forge cancel %s stops it", run->id,
                           run->id);
}

static struct forge_run *new_run(void)
{
    struct forge_run *run = calloc(1, sizeof *run);

    if (!run)
        abort();
    run->alive = run->log = -1;
    return run;
}

static void free_run(struct forge_run *run)
{
    forge_fd_drop(run->log);
    forge_fd_drop(run->alive);
    forge_arena_clear(&run->arena);
    free(run);
}

static const char *copy(struct forge_arena *arena, const char *text)
{
    return text ? forge_arena_text(arena, text) : NULL;
}

static void keep_request(struct forge_run *run, const struct forge_run_request *request)
{
    run->request = *request;
    run->request.dataset = forge_arena_text(&run->arena, request->dataset);
    run->request.recipe = forge_arena_text(&run->arena, request->recipe);
    run->request.recipe_text = NULL; /* it is in its own file */
    run->request.executor = forge_arena_text(&run->arena, request->executor);
    run->request.only = copy(&run->arena, request->only);
    run->request.drift = forge_arena_text(&run->arena, request->drift);
}

static bool write_request(const struct forge_run *run, struct forge_error *err)
{
    struct forge_text text = {0};
    bool good;

    forge_run_request_json(&text, &run->request);
    good = forge_run_file_write(run->folder, "request.json", forge_text_string(&text), err);
    forge_text_clear(&text);
    return good;
}

bool forge_run_begin(struct forge_run **out, const struct forge_bakery *bakery,
                     const struct forge_run_request *request, struct forge_error *err)
{
    struct forge_run *run = new_run();
    struct forge_error ignored;

    run->attempt = 1;
    keep_request(run, request);
    /* The request comes last: a folder without it is no run yet. */
    if (make_folder(run, bakery, err) && take_lock(run, err) &&
        forge_run_attempt_add(run->folder, &run->arena, err) && forge_run_log_open(run, err) &&
        (!request->recipe_text ||
         forge_run_file_write(run->folder, "recipe.yaml", request->recipe_text, err)) &&
        write_request(run, err) && forge_folder_sync(forge_run_folder(bakery, ""), err)) {
        *out = run;
        return true;
    }
    /* Nobody takes it for a run. */
    if (run->alive >= 0)
        (void)!forge_folder_remove(run->folder, &ignored);
    free_run(run);
    return false;
}

bool forge_run_set_dataset(struct forge_run *run, const char *dataset, struct forge_error *err)
{
    if (strcmp(run->request.dataset, dataset) == 0)
        return true;
    run->request.dataset = forge_arena_text(&run->arena, dataset);
    return write_request(run, err);
}

static bool may_go_on(const struct forge_run_info *info, struct forge_error *err)
{
    switch (info->state) {
    case FORGE_RUN_PUBLISHED:
        return forge_fail(err, FORGE_USAGE, "run %s has published version %s: nothing is left",
                          info->id, info->version ? info->version : "(unknown)");
    case FORGE_RUN_UNCHANGED:
        return forge_fail(err, FORGE_USAGE, "run %s found nothing to do: nothing is left",
                          info->id);
    default:
        return true;
    }
}

static bool remove_file(const struct forge_run *run, const char *name, struct forge_error *err)
{
    struct forge_arena arena = {0};
    const char *path = forge_arena_print(&arena, "%s/%s", run->folder, name);
    bool good = forge_fd_unlink(AT_FDCWD, path) || errno == ENOENT ||
                forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", path);

    forge_arena_clear(&arena);
    return good;
}

/* The lock is held. The attempt is counted before the last end goes: a run without an end that
 * is not running died in the attempt that was counted. */
static bool begin_again(struct forge_run *run, const struct forge_bakery *bakery,
                        struct forge_run_info *info, struct forge_error *err)
{
    struct forge_log_entry entry = {.level = "info"};

    if (!forge_run_find(info, bakery, run->id, err) || !may_go_on(info, err))
        return false;
    if (!info->request.recipe[0])
        return forge_fail(err, FORGE_BAD_TARGET, "the request of run %s cannot be read",
                          run->id);
    run->attempt = info->attempts + 1;
    keep_request(run, &info->request);
    if (!forge_run_attempt_add(run->folder, &run->arena, err) ||
        !forge_run_log_open(run, err) || !remove_file(run, "end.json", err) ||
        !remove_file(run, "cancel", err))
        return false;
    entry.text = forge_arena_print(&run->arena, "attempt %u", run->attempt);
    forge_run_log(run, &entry);
    return true;
}

bool forge_run_again(struct forge_run **out, struct forge_run_request *request,
                     const struct forge_bakery *bakery, const char *id, struct forge_error *err)
{
    struct forge_run *run = new_run();
    struct forge_run_info info;

    if (forge_run_find(&info, bakery, id, err) && may_go_on(&info, err)) {
        run->id = forge_arena_text(&run->arena, info.id);
        run->folder = forge_arena_print(&run->arena, "%s/state/runs/%s", bakery->root, info.id);
        if (take_lock(run, err) && begin_again(run, bakery, &info, err)) {
            *request = info.request;
            *out = run;
            return true;
        }
    }
    free_run(run);
    return false;
}

bool forge_run_is_cancelled(struct forge_run *run)
{
    long long now = now_ms(), look = atomic_load_explicit(&run->look_ms, memory_order_relaxed);
    struct forge_arena arena = {0};

    if (now >= look && !atomic_load_explicit(&run->cancelled, memory_order_relaxed) &&
        atomic_compare_exchange_strong(&run->look_ms, &look, now + LOOK_MS)) {
        if (access(forge_arena_print(&arena, "%s/cancel", run->folder), F_OK) == 0)
            atomic_store(&run->cancelled, true);
        forge_arena_clear(&arena);
    }
    return atomic_load(&run->cancelled);
}

bool forge_run_cancel(const struct forge_run_info *run, const struct forge_bakery *bakery,
                      struct forge_error *err)
{
    const char *path;
    int fd;

    if (run->state != FORGE_RUN_RUNNING)
        return true;
    path = forge_arena_print(bakery->arena, "%s/cancel", forge_run_folder(bakery, run->id));
    fd = forge_fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT);
    if (fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make %s", path);
    forge_fd_drop(fd);
    return true;
}

static void error_json(struct forge_json *json, const struct forge_error *error)
{
    forge_json_object(json);
    if (error->line > 0) {
        forge_json_key(json, "column");
        forge_json_unsigned(json, error->column);
        forge_json_key(json, "file");
        forge_json_string(json, error->file);
    }
    if (error->help[0]) {
        forge_json_key(json, "help");
        forge_json_string(json, error->help);
    }
    if (error->line > 0) {
        forge_json_key(json, "line");
        forge_json_unsigned(json, error->line);
    }
    forge_json_key(json, "status");
    forge_json_unsigned(json, (unsigned)forge_exit_status(error->code));
    forge_json_key(json, "text");
    forge_json_string(json, error->text);
    forge_json_close(json, '}');
}

static void end_json(struct forge_text *out, struct forge_run *run,
                     const struct forge_run_end *end)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_key(&json, "attempt");
    forge_json_unsigned(&json, run->attempt);
    forge_json_key(&json, "ended");
    forge_json_string(&json, forge_run_time_print(&run->arena, forge_run_now_us()));
    if (end->error) {
        forge_json_key(&json, "error");
        error_json(&json, end->error);
    }
    if (end->failed) {
        forge_json_key(&json, "failed");
        forge_json_raw(&json, end->failed);
    }
    if (end->report) {
        forge_json_key(&json, "report");
        forge_json_raw(&json, end->report);
    }
    forge_json_key(&json, "state");
    forge_json_string(&json, forge_run_state_name(end->state));
    if (end->version) {
        forge_json_key(&json, "version");
        forge_json_string(&json, end->version);
    }
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

bool forge_run_close(struct forge_run *run, const struct forge_run_end *end,
                     struct forge_error *err)
{
    struct forge_text text = {0};
    bool good;

    end_json(&text, run, end);
    good = forge_run_file_write(run->folder, "end.json", forge_text_string(&text), err) ||
           forge_fail_while(err, "the end of run %s is not kept", run->id);
    if (good && atomic_load(&run->log_cause) != 0)
        good = forge_fail(err, FORGE_TARGET_IO, "the log of run %s is not whole: %s", run->id,
                          strerror(atomic_load(&run->log_cause)));
    forge_text_clear(&text);
    free_run(run);
    return good;
}

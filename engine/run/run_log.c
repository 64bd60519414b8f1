/* run_log.c: lines of a run's log, each written at once. */
#include "run/runs_parts.h"

#include "storage/fd.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* A dead process may have left a line without its end. */
static bool is_torn(int fd)
{
    struct stat status;
    char last = '\n';

    return fstat(fd, &status) == 0 && status.st_size > 0 &&
           forge_fd_read(fd, &last, 1, (uint64_t)status.st_size - 1) == 1 && last != '\n';
}

bool forge_run_log_open(struct forge_run *run, struct forge_error *err)
{
    const char *path = forge_arena_print(&run->arena, "%s/log.jsonl", run->folder);

    run->log = forge_fd_open(AT_FDCWD, path, O_RDWR | O_APPEND | O_CREAT);
    if (run->log < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open the log %s", path);
    atomic_store(&run->log_torn, is_torn(run->log));
    return true;
}

static void add(struct forge_json *json, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    forge_json_key(json, key);
    forge_json_string(json, text);
}

static void write_entry(struct forge_text *out, struct forge_arena *arena,
                        const struct forge_log_entry *entry, const struct forge_error *error)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    add(&json, "time", forge_run_time_print(arena, forge_run_now_us()));
    add(&json, "level", entry->level);
    add(&json, "stage", entry->stage);
    add(&json, "task", entry->task);
    add(&json, "input", entry->input);
    if (error && error->line > 0) {
        add(&json, "file", error->file);
        forge_json_key(&json, "line");
        forge_json_unsigned(&json, error->line);
        forge_json_key(&json, "column");
        forge_json_unsigned(&json, error->column);
    }
    add(&json, "text", error ? error->text : entry->text);
    add(&json, "help", error ? error->help : NULL);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

static void write_line(struct forge_run *run, const struct forge_text *line, bool torn)
{
    /* Behind a line without its end, the first byte is that end. */
    size_t length = line->length - (torn ? 0 : 1);
    ssize_t written;
    int none = 0;

    do {
        written = write(run->log, line->bytes + (torn ? 0 : 1), length);
    } while (written < 0 && errno == EINTR);
    if (written == (ssize_t)length)
        return;
    if (written > 0 || torn)
        atomic_store(&run->log_torn, true);
    atomic_compare_exchange_strong(&run->log_cause, &none, written < 0 ? errno : ENOSPC);
}

static void log_entry(struct forge_run *run, const struct forge_log_entry *entry,
                      const struct forge_error *error)
{
    struct forge_arena arena = {0};
    struct forge_text line = {0};

    forge_text_add(&line, "\n");
    write_entry(&line, &arena, entry, error);
    write_line(run, &line, atomic_exchange(&run->log_torn, false));
    forge_text_clear(&line);
    forge_arena_clear(&arena);
}

void forge_run_log(struct forge_run *run, const struct forge_log_entry *entry)
{
    log_entry(run, entry, NULL);
}

void forge_run_log_error(struct forge_run *run, const struct forge_log_entry *entry,
                         const struct forge_error *error)
{
    log_entry(run, entry, error);
}

/* tell.c: what people and programs see when something is wrong, and how recipes are loaded. */
#include "cli/command.h"

#include "document/json.h"
#include "run/runs.h"
#include "run/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Why standard output failed, of the first print() that did; 0: none. */
static int output_cause;

int tell_usage(const char *format, ...)
{
    char text[1024];
    struct forge_text safe = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    forge_text_add_safe(&safe, text);
    fprintf(stderr, "error: %s\n", forge_text_string(&safe));
    forge_text_clear(&safe);
    return forge_exit_status(FORGE_USAGE);
}

static void add_error(struct forge_text *out, const struct session *session,
                      const struct forge_error *err)
{
    char text[sizeof err->text + sizeof err->file + 32];

    forge_error_format(err, text, sizeof text);
    forge_text_add(out, session->colour ? "\033[1;31merror\033[0m: " : "error: ");
    forge_text_add_safe(out, text);
    forge_text_add(out, "\n");
    if (err->help[0]) {
        forge_text_add(out, "  = help: ");
        forge_text_add_safe(out, err->help);
        forge_text_add(out, "\n");
    }
}

int tell_error(const struct session *session, const struct forge_error *err)
{
    struct forge_text text = {0};

    add_error(&text, session, err);
    fputs(forge_text_string(&text), stderr);
    forge_text_clear(&text);
    return forge_exit_status(err->code);
}

static void add_text(struct forge_json *json, const char *key, const char *value)
{
    if (!value[0])
        return;
    forge_json_key(json, key);
    forge_json_string(json, value);
}

/* One object with what is known of an error. */
static void write_error(struct forge_json *json, const struct forge_error *err,
                        const char *mistakes, const char *run)
{
    forge_json_object(json);
    if (err->line > 0) {
        forge_json_key(json, "column");
        forge_json_unsigned(json, err->column);
        add_text(json, "file", err->file);
    }
    add_text(json, "help", err->help);
    if (err->line > 0) {
        forge_json_key(json, "line");
        forge_json_unsigned(json, err->line);
    }
    if (mistakes) {
        forge_json_key(json, "mistakes");
        forge_json_raw(json, mistakes);
    }
    add_text(json, "run", run ? run : "");
    forge_json_key(json, "status");
    forge_json_unsigned(json, (uint64_t)forge_exit_status(err->code));
    add_text(json, "text", err->text);
    forge_json_close(json, '}');
}

void print_failure(const struct forge_error *err, const char *mistakes, const char *run)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};

    forge_json_object(&json);
    forge_json_key(&json, "error");
    write_error(&json, err, mistakes, run);
    forge_json_close(&json, '}');
    forge_text_add(&text, "\n");
    print(&text);
    forge_text_clear(&text);
}

int tell_failure(const struct session *session, const struct forge_error *err, bool json)
{
    if (json)
        print_failure(err, NULL, NULL);
    return tell_error(session, err);
}

void read_recipe(struct recipe_text *text, const char *path, struct forge_arena *arena)
{
    char *bytes = NULL;

    *text = (struct recipe_text){.path = path};
    if (forge_recipe_read(&bytes, &text->length, path, arena, &text->err))
        text->bytes = bytes;
}

static void log_mistake(struct forge_run *run, const struct forge_diagnostic *mistake)
{
    struct forge_error err;

    if (!run)
        return;
    forge_fail_at(&err, mistake->place, "%s", mistake->text);
    forge_fail_help(&err, "%s", mistake->help ? mistake->help : "");
    forge_run_log_error(run, &(struct forge_log_entry){.level = "error", .stage = "recipe"},
                        &err);
}

bool load_recipe(struct forge_recipe *recipe, const struct recipe_text *text,
                 struct forge_run *run, struct forge_text *people, struct forge_text *mistakes,
                 const struct session *session, struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_diagnostics diagnostics = {.arena = &arena};
    struct forge_json json = {.out = mistakes};
    bool good;

    *recipe = (struct forge_recipe){0};
    *err = text->err;
    good = text->bytes &&
           forge_recipe_parse(recipe, text->path, text->bytes, text->length, &diagnostics);
    if (!good && text->bytes) {
        forge_diagnostics_show(people, &diagnostics, session->colour);
        forge_diagnostics_json(mistakes, &diagnostics);
        for (size_t i = 0; i < diagnostics.count; i++)
            log_mistake(run, &diagnostics.items[i]);
        forge_fail(err, FORGE_BAD_RECIPE, "the recipe is not right");
    } else if (!good) {
        add_error(people, session, err);
        forge_json_array(&json);
        write_error(&json, err, NULL, NULL);
        forge_json_close(&json, ']');
    }
    forge_arena_clear(&arena);
    return good;
}

void warn_of_sandbox(void)
{
    if (!forge_sandbox_is_whole())
        fputs("warning: this kernel has no Landlock: a hostile input file could read other "
              "files; bake only what you trust\n",
              stderr);
}

void print(const struct forge_text *text)
{
    errno = 0;
    if (fwrite(forge_text_string(text), 1, text->length, stdout) < text->length &&
        output_cause == 0)
        output_cause = errno != 0 ? errno : EIO;
}

int output_finish(int status)
{
    int cause = fflush(stdout) == 0 ? 0 : errno;

    if (cause == 0 && ferror(stdout))
        cause = output_cause != 0 ? output_cause : EIO;
    /* Whoever closed the pipe has seen enough. */
    if (cause == 0 || cause == EPIPE)
        return status;
    fprintf(stderr, "error: writing to standard output: %s\n", strerror(cause));
    return status != 0 ? status : forge_exit_status(FORGE_TARGET_IO);
}

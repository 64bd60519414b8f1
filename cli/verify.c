/* verify.c: is what is published what it should be? */
#include "cli/command.h"
#include "cli/progress.h"

#include "audit/verify.h"
#include "catalog/history.h"
#include "document/json.h"
#include "run/machine.h"

#include <inttypes.h>
#include <stdio.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_verify = {
    .name = "verify",
    .usage = "NAME[@VERSION] [options]",
    .summary = "hold a version against what was published",
    .help = "  --bakery DIR   default: ./bakery\n"
            "  --deep         read every byte of every object too\n"
            "  --fresh        data that are older than their cadence allows are wrong, and not "
            "only a warning\n"
            "  --workers N    files read at once; default: as many as processors\n"
            "  --json         what is wrong as one JSON object\n"
            "\n"
            "Exit status 7: something is wrong.\n",
    .run = run,
};

/* A name on disk may hold any bytes; JSON may not. */
static void add_safe(struct forge_json *json, const char *key, const char *value)
{
    struct forge_text safe = {0};

    if (value)
        forge_text_add_safe(&safe, value);
    forge_json_add_text(json, key, value ? forge_text_string(&safe) : NULL);
    forge_text_clear(&safe);
}

static void show_json(struct forge_text *out, const struct forge_version_info *version,
                      const struct forge_verified *verified)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_add_text(&json, "dataset", version->dataset);
    forge_json_add_number(&json, "files", verified->files);
    forge_json_key(&json, "findings");
    forge_json_array(&json);
    for (size_t i = 0; i < verified->count; i++) {
        const struct forge_finding *finding = &verified->findings[i];

        forge_json_object(&json);
        add_safe(&json, "index", finding->index);
        forge_json_add_text(&json, "kind", finding->kind);
        add_safe(&json, "path", finding->path);
        add_safe(&json, "text", finding->text);
        add_safe(&json, "variable", finding->variable);
        forge_json_close(&json, '}');
    }
    forge_json_close(&json, ']');
    forge_json_add_number(&json, "found", verified->found);
    forge_json_add_number(&json, "objects", verified->objects);
    forge_json_add_number(&json, "read_bytes", verified->read_bytes);
    forge_json_add_number(&json, "read_files", verified->read_files);
    forge_json_add_text(&json, "stale", verified->stale);
    forge_json_add_text(&json, "version", version->id);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

static void show_finding(struct forge_text *out, const struct forge_finding *finding)
{
    if (finding->path[0]) {
        forge_text_add_safe(out, finding->path);
        forge_text_add(out, ": ");
    }
    forge_text_add_safe(out, finding->text);
    if (finding->variable) {
        forge_text_add(out, " (variable \"");
        forge_text_add_safe(out, finding->variable);
        forge_text_add(out, finding->index[0] ? "\", object " : "\"");
        forge_text_add_safe(out, finding->index);
        forge_text_add(out, ")");
    }
    forge_text_add(out, "\n");
}

static void show_people(struct forge_text *out, const struct forge_version_info *version,
                        const struct forge_verified *verified)
{
    char bytes[32];

    for (size_t i = 0; i < verified->count; i++)
        show_finding(out, &verified->findings[i]);
    if (verified->found > verified->count)
        forge_text_print(out, "and %" PRIu64 " more\n", verified->found - verified->count);
    forge_text_print(out,
                     "%s, version %s: %" PRIu64 " files, %" PRIu64 " of them objects; %" PRIu64
                     " read, %s\n",
                     version->dataset, version->id, verified->files, verified->objects,
                     verified->read_files,
                     forge_text_bytes(bytes, sizeof bytes, verified->read_bytes));
}

static int tell(struct session *session, const struct forge_version_info *version,
                const struct forge_verified *verified, bool json)
{
    struct forge_text text = {0};
    struct forge_error err;

    if (json)
        show_json(&text, version, verified);
    else
        show_people(&text, version, verified);
    print(&text);
    forge_text_clear(&text);
    if (verified->stale && !json)
        fprintf(stderr, "warning: %s\n", verified->stale);
    if (verified->found == 0)
        return 0;
    fflush(stdout); /* what is wrong comes before the sum of it */
    forge_fail(&err, FORGE_BAD_VERSION,
               "version %s of dataset \"%s\" is not what it should be: %" PRIu64 " finding%s",
               version->id, version->dataset, verified->found, verified->found == 1 ? "" : "s");
    return tell_error(session, &err);
}

static int verify(struct session *session, const struct arguments *arguments,
                  const struct forge_version_info *version)
{
    struct progress progress = {.terminal = session->terminal, .quiet = arguments->json};
    struct forge_verified verified;
    struct forge_error err;
    struct forge_verify_request request = {
        .folder = version->folder,
        .published_us = version->published_us,
        .deep = arguments->deep,
        .fresh = arguments->fresh,
        .executor = forge_executor_find(arguments->executor),
        .workers = arguments->workers ? arguments->workers : forge_machine_processors(),
        .now_us = now_us(),
        .cancelled = &session->cancelled,
        .progress = progress_show,
        .progress_context = &progress,
    };
    bool good = forge_verify(&verified, &request, &err);
    int status;

    progress_end(&progress);
    status = good ? tell(session, version, &verified, arguments->json)
                  : tell_failure(session, &err, arguments->json);
    forge_verified_clear(&verified);
    return status;
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_version_info version;
    struct forge_bakery bakery;
    struct arguments arguments;
    struct forge_error err;
    int status;

    if (!arguments_read(&arguments, &command_verify, argc, argv,
                        TAKES_BAKERY | TAKES_JSON | TAKES_WORKERS | TAKES_VERIFY, 1))
        return 2;
    if (forge_bakery_open(&bakery, &arena, arguments.bakery, &err) &&
        forge_version_find(&version, &bakery, arguments.operand, &err))
        status = verify(session, &arguments, &version);
    else
        status = tell_failure(session, &err, arguments.json);
    forge_arena_clear(&arena);
    return status;
}

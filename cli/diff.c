/* diff.c: what differs between two versions, or two stores. */
#include "cli/command.h"
#include "cli/progress.h"

#include "audit/diff.h"
#include "catalog/history.h"
#include "document/json.h"
#include "run/machine.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIFFERENT 8

static int run(struct session *session, int argc, char **argv);

const struct command command_diff = {
    .name = "diff",
    .usage = "A B [options]",
    .summary = "show what differs between two versions or stores",
    .help = "A and B are each NAME, NAME@VERSION, or the path of a store or a version.\n"
            "\n"
            "  --data         compare values too\n"
            "  --bakery DIR   where names are looked up; default: ./bakery\n"
            "  --workers N    objects compared at once; default: as many as processors\n"
            "  --memory SIZE  of all workers together; default: half of the machine's\n"
            "  --json         as one JSON object\n"
            "\n"
            "Exit status 0: they are the same; 8: they differ.\n",
    .run = run,
};

/* A path: a version's folder, its store, or a store that stands alone. */
static bool side_of_path(struct forge_diff_side *side, struct forge_arena *arena,
                         const char *path, struct forge_error *err)
{
    char real[PATH_MAX];
    const char *inside, *slash;

    if (!realpath(path, real))
        return forge_fail_errno(err, FORGE_MISSING, "%s", path);
    inside = forge_arena_print(arena, "%s/data.zarr", real);
    if (access(inside, F_OK) == 0) {
        *side = (struct forge_diff_side){inside, forge_arena_text(arena, real)};
        return true;
    }
    *side = (struct forge_diff_side){.store = forge_arena_text(arena, real)};
    slash = strrchr(real, '/');
    if (strcmp(slash, "/data.zarr") == 0)
        side->folder = forge_arena_copy(arena, real, (size_t)(slash - real));
    return true;
}

static bool find_side(struct forge_diff_side *side, const struct forge_bakery *bakery,
                      const char *text, struct forge_error *err)
{
    struct forge_version_info version;
    struct stat status;

    if (strchr(text, '/') || stat(text, &status) == 0)
        return side_of_path(side, bakery->arena, text, err);
    if (!forge_version_find(&version, bakery, text, err))
        return false;
    *side = (struct forge_diff_side){
        forge_arena_print(bakery->arena, "%s/data.zarr", version.folder), version.folder};
    return true;
}

/* ---- for people ---- */

static void show_change(struct forge_text *out, const struct forge_change *change)
{
    forge_text_print(out, "%s ", change->part);
    if (change->variable)
        forge_text_add_safe(out, change->variable);
    if (change->name && strcmp(change->part, "attribute") == 0)
        forge_text_add(out, ":");
    if (change->name)
        forge_text_add_safe(out, change->name);
    forge_text_add(out, !change->was ? " added: " : !change->is ? " gone: " : ": ");
    if (change->was)
        forge_text_add_safe(out, change->was);
    forge_text_add(out, change->was && change->is ? " -> " : "");
    if (change->is)
        forge_text_add_safe(out, change->is);
    forge_text_add(out, "\n");
}

static void show_values(struct forge_text *out, const struct forge_values_diff *values)
{
    forge_text_add(out, "values ");
    forge_text_add_safe(out, values->variable);
    if (values->refused) {
        forge_text_print(out, ": not compared: %s\n", values->refused);
        return;
    }
    forge_text_print(out, ": %" PRIu64 " of %" PRIu64 " differ", values->differing,
                     values->compared);
    if (values->has_largest)
        forge_text_print(out, ", by %.9g at most", values->largest);
    if (values->aligned[0])
        forge_text_add(out, " (");
    forge_text_add_safe(out, values->aligned);
    forge_text_add(out, values->aligned[0] ? ")\n" : "\n");
    if (values->differing == 0)
        return;
    forge_text_add(out, "  the first at ");
    forge_text_add_safe(out, values->at);
    forge_text_add(out, ": ");
    forge_text_add_safe(out, values->was);
    forge_text_add(out, " -> ");
    forge_text_add_safe(out, values->is);
    forge_text_add(out, "\n");
}

static void show_people(struct forge_text *out, const struct forge_diff *diff)
{
    const struct forge_objects_diff *objects = &diff->objects;

    for (size_t i = 0; i < diff->changes_count; i++)
        show_change(out, &diff->changes[i]);
    if (diff->inputs_changed > FORGE_CHANGES_MAX)
        forge_text_print(out, "and %" PRIu64 " more inputs\n",
                         diff->inputs_changed - FORGE_CHANGES_MAX);
    if (diff->recipes_differ)
        forge_text_add(out, "recipe:\n");
    for (size_t i = 0; i < diff->recipe_lines_count; i++) {
        forge_text_add(out, "  ");
        forge_text_add_safe(out, diff->recipe_lines[i]);
        forge_text_add(out, "\n");
    }
    if (objects->known)
        forge_text_print(out,
                         "objects: %" PRIu64 " the same, %" PRIu64 " different, %" PRIu64
                         " gone, %" PRIu64 " added\n",
                         objects->same, objects->different, objects->gone, objects->added);
    for (size_t i = 0; i < diff->values_count; i++)
        show_values(out, &diff->values[i]);
    if (!diff->differ)
        forge_text_add(out, "they are the same\n");
}

/* ---- for programs ---- */

static void write_change(struct forge_json *json, const struct forge_change *change)
{
    forge_json_object(json);
    forge_json_add_text(json, "change",
                        !change->was  ? "added"
                        : !change->is ? "gone"
                                      : "changed");
    forge_json_add_raw(json, "is", change->is);
    forge_json_add_text(json, "name", change->name);
    forge_json_add_text(json, "part", change->part);
    forge_json_add_text(json, "variable", change->variable);
    forge_json_add_raw(json, "was", change->was);
    forge_json_close(json, '}');
}

static void write_values(struct forge_json *json, const struct forge_values_diff *values)
{
    forge_json_object(json);
    forge_json_add_text(json, "aligned", values->aligned);
    forge_json_add_raw(json, "at", values->at);
    forge_json_add_raw(json, "at_a", values->at_a);
    forge_json_add_raw(json, "at_b", values->at_b);
    forge_json_add_number(json, "compared", values->compared);
    forge_json_add_number(json, "differing", values->differing);
    forge_json_add_raw(json, "is", values->is);
    forge_json_key(json, "largest");
    if (values->has_largest)
        forge_json_number(json, values->largest);
    else
        forge_json_null(json);
    forge_json_add_text(json, "refused", values->refused);
    forge_json_add_number(json, "unread", values->unread);
    forge_json_add_text(json, "variable", values->variable);
    forge_json_add_raw(json, "was", values->was);
    forge_json_close(json, '}');
}

static void write_objects(struct forge_json *json, const struct forge_objects_diff *objects)
{
    if (!objects->known) {
        forge_json_null(json);
        return;
    }
    forge_json_object(json);
    forge_json_add_number(json, "added", objects->added);
    forge_json_add_number(json, "different", objects->different);
    forge_json_add_number(json, "gone", objects->gone);
    forge_json_add_number(json, "same", objects->same);
    forge_json_close(json, '}');
}

static void show_json(struct forge_text *out, const struct forge_diff *diff)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_key(&json, "changes");
    forge_json_array(&json);
    for (size_t i = 0; i < diff->changes_count; i++)
        write_change(&json, &diff->changes[i]);
    forge_json_close(&json, ']');
    forge_json_key(&json, "differ");
    forge_json_flag(&json, diff->differ);
    forge_json_add_number(&json, "inputs_changed", diff->inputs_changed);
    forge_json_key(&json, "objects");
    write_objects(&json, &diff->objects);
    forge_json_key(&json, "recipe");
    forge_json_array(&json);
    for (size_t i = 0; i < diff->recipe_lines_count; i++)
        forge_json_string(&json, diff->recipe_lines[i]);
    forge_json_close(&json, ']');
    forge_json_key(&json, "values");
    forge_json_array(&json);
    for (size_t i = 0; i < diff->values_count; i++)
        write_values(&json, &diff->values[i]);
    forge_json_close(&json, ']');
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

static int compare(struct session *session, const struct arguments *arguments,
                   struct forge_diff_request *request)
{
    struct progress progress = {.terminal = session->terminal, .quiet = arguments->json};
    struct forge_text text = {0};
    struct forge_diff diff;
    struct forge_error err;
    bool good;
    int status;

    request->values = arguments->values;
    request->executor = forge_executor_find(arguments->executor);
    request->workers = arguments->workers ? arguments->workers : forge_machine_processors();
    request->memory_bytes = arguments->memory ? arguments->memory : forge_machine_memory();
    request->cancelled = &session->cancelled;
    request->progress = progress_show;
    request->progress_context = &progress;
    good = forge_diff(&diff, request, &err);
    progress_end(&progress);
    if (!good) {
        status = tell_failure(session, &err, arguments->json);
    } else {
        if (arguments->json)
            show_json(&text, &diff);
        else
            show_people(&text, &diff);
        print(&text);
        status = diff.differ ? DIFFERENT : 0;
    }
    forge_text_clear(&text);
    forge_diff_clear(&diff);
    return status;
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_diff_request request = {.workers = 0};
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    struct arguments arguments;
    struct forge_error err;
    int status;

    if (!arguments_read(&arguments, &command_diff, argc, argv,
                        TAKES_BAKERY | TAKES_JSON | TAKES_WORKERS | TAKES_MEMORY | TAKES_DIFF,
                        2))
        return 2;
    if (forge_bakery_open(&bakery, &arena, arguments.bakery, &err) &&
        find_side(&request.a, &bakery, arguments.operand, &err) &&
        find_side(&request.b, &bakery, arguments.second, &err))
        status = compare(session, &arguments, &request);
    else
        status = tell_failure(session, &err, arguments.json);
    forge_arena_clear(&arena);
    return status;
}

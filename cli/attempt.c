#include "cli/attempt.h"

#include "cli/request.h"
#include "cli/stored.h"
#include "document/json.h"
#include "run/runs.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRACE_MS_MAX 60000U

struct attempt {
    struct session *session;
    const struct arguments *arguments;
    struct forge_arena arena;
    struct forge_bakery bakery;
    struct forge_run_request asked;
    struct recipe_text text;
    struct forge_run *run;
    const char *id;
    struct progress progress;
    struct forge_text mistakes; /* of the recipe, a JSON array */
    bool loaded;                /* it has none */
    struct forge_plan plan;
    struct forge_run_report report;
};

static void say(const struct attempt *attempt, const char *format, ...) FORGE_PRINTF(2, 3);

static void say(const struct attempt *attempt, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    forge_run_log(attempt->run, &(struct forge_log_entry){.level = "info", .text = text});
}

static void report_json(const struct attempt *attempt)
{
    const struct forge_run_report *report = &attempt->report;
    struct forge_text text = {0}, summary = {0};
    struct forge_json json = {.out = &text};

    forge_run_summary_json(&summary, &report->summary);
    forge_json_object(&json);
    forge_json_key(&json, "name");
    forge_json_string(&json, attempt->plan.recipe->name);
    forge_json_key(&json, "path");
    forge_json_string(&json, report->path);
    forge_json_key(&json, "report");
    forge_json_raw(&json, forge_text_string(&summary));
    forge_json_key(&json, "run");
    forge_json_string(&json, attempt->id);
    forge_json_key(&json, "unchanged");
    forge_json_flag(&json, report->unchanged);
    forge_json_key(&json, "version");
    forge_json_string(&json, report->version);
    forge_json_key(&json, "workers");
    forge_json_unsigned(&json, attempt->plan.workers);
    forge_json_close(&json, '}');
    forge_text_add(&text, "\n");
    print(&text);
    forge_text_clear(&summary);
    forge_text_clear(&text);
}

static void report_people(const struct forge_plan *plan, const struct forge_run_report *report)
{
    const struct forge_run_summary *s = &report->summary;
    bool old = plan->recipe->target.type->zarr_format == 2;
    char in[32], out[32], peak[32], library[32], copied[32];

    printf("published %s, version %s\n", plan->recipe->name, report->version);
    printf("  read    %llu files, %s; %llu chunks decoded, %s through the netCDF library\n",
           (unsigned long long)s->inputs, forge_text_bytes(in, sizeof in, s->input_bytes),
           (unsigned long long)s->reads.chunks,
           forge_text_bytes(library, sizeof library, s->reads.library_bytes));
    if (s->absent_inputs > 0)
        printf("          %llu input files were not there\n",
               (unsigned long long)s->absent_inputs);
    printf("  wrote   %llu objects, %s; %llu held only fill values and were left out\n",
           (unsigned long long)s->objects, forge_text_bytes(out, sizeof out, s->bytes_written),
           (unsigned long long)s->objects_left_out);
    if (s->objects_shared > 0)
        printf("  shared  %llu objects that were there already\n",
               (unsigned long long)s->objects_shared);
    if (s->bytes_copied > 0)
        printf("          %s of them copied: they cannot be linked\n",
               forge_text_bytes(copied, sizeof copied, s->bytes_copied));
    if (s->check_chunks + s->check_tasks_skipped > 0)
        printf("  checked %llu chunks of values; %llu tasks had nothing new to check\n",
               (unsigned long long)s->check_chunks, (unsigned long long)s->check_tasks_skipped);
    printf("  memory  %s of array data at most\n",
           forge_text_bytes(peak, sizeof peak, s->memory_peak));
    printf("open it:\n");
    if (!old)
        printf("  # xarray 2024.10 with zarr 3, or later; for older ones bake format: zarr2\n");
    printf("  import xarray as xr\n  ds = xr.open_zarr(\"%s\")\n", report->path);
}

static void tell_report(const struct attempt *attempt)
{
    if (attempt->arguments->json)
        report_json(attempt);
    else if (attempt->arguments->quiet)
        return;
    else if (attempt->report.unchanged)
        printf("%s is unchanged: version %s is what this recipe makes of these inputs\n",
               attempt->plan.recipe->name, attempt->report.version);
    else
        report_people(&attempt->plan, &attempt->report);
}

/* The driver calls this every now and then: also where somebody wants the run to stop. */
static void show_progress(void *context, const struct forge_progress *now)
{
    struct attempt *attempt = context;

    if (forge_run_is_cancelled(attempt->run))
        atomic_store(&attempt->session->cancelled, true);
    progress_show(&attempt->progress, now);
}

/* Tell it where it has not been told, and log it. */
static bool fail(const struct attempt *attempt, const struct forge_error *err)
{
    struct forge_log_entry entry = {.level = "error"};

    if (attempt->arguments->json)
        print_failure(err, NULL, attempt->id);
    tell_error(attempt->session, err);
    forge_run_log_error(attempt->run, &entry, err);
    return false;
}

static bool load(struct attempt *attempt, struct forge_recipe *recipe, struct forge_error *err)
{
    struct forge_text people = {0};
    bool good = load_recipe(recipe, &attempt->text, attempt->run, &people, &attempt->mistakes,
                            attempt->session, err);

    if (!good) {
        fputs(forge_text_string(&people), stderr);
        if (attempt->arguments->json)
            print_failure(err, forge_text_string(&attempt->mistakes), attempt->id);
        forge_run_log_error(attempt->run, &(struct forge_log_entry){.level = "error"}, err);
    }
    forge_text_clear(&people);
    return good;
}

static enum forge_run_state state_of(const struct attempt *attempt, bool good,
                                     const struct forge_error *err)
{
    if (good)
        return attempt->report.unchanged ? FORGE_RUN_UNCHANGED : FORGE_RUN_PUBLISHED;
    return err->code == FORGE_CANCELLED ? FORGE_RUN_CANCELLED : FORGE_RUN_FAILED;
}

/* On a terminal: where to read more, and how to go on. What is wrong with a recipe has been
 * told in full. */
static void tell_way(const struct attempt *attempt, enum forge_run_state state)
{
    const char *bakery = attempt->arguments->bakery;
    bool elsewhere = strcmp(bakery, "bakery") != 0;

    if (!attempt->session->terminal || attempt->arguments->quiet || !attempt->loaded ||
        (state != FORGE_RUN_FAILED && state != FORGE_RUN_CANCELLED))
        return;
    fprintf(stderr, "  = forge status %s%s%s says what failed, and how to go on\n", attempt->id,
            elsewhere ? " --bakery " : "", elsewhere ? bakery : "");
}

/* What failed has been told: this is not another failure. */
static void warn(const struct forge_error *err)
{
    struct forge_text safe = {0};

    forge_text_add_safe(&safe, err->text);
    fprintf(stderr, "warning: %s\n", forge_text_string(&safe));
    forge_text_clear(&safe);
}

static int finish(struct attempt *attempt, bool good, const struct forge_error *err)
{
    struct forge_text summary = {0};
    struct forge_error wrong;
    struct forge_run_end end = {.state = state_of(attempt, good, err),
                                .error = good ? NULL : err,
                                .version = good ? attempt->report.version : NULL};
    int status = good ? 0 : forge_exit_status(err->code);

    if (attempt->plan.recipe) {
        forge_run_summary_json(&summary, &attempt->report.summary);
        end.report = forge_text_string(&summary);
    }
    if (attempt->mistakes.length > 0)
        end.failed = forge_text_string(&attempt->mistakes);
    if (attempt->report.failed)
        end.failed = attempt->report.failed;
    tell_way(attempt, end.state);
    if (!forge_run_close(attempt->run, &end, &wrong)) {
        fflush(stdout);
        if (status == 0)
            status = tell_error(attempt->session, &wrong);
        else
            warn(&wrong);
    }
    forge_text_clear(&summary);
    return status;
}

/* A thread does not come back, and cannot be ended: the process is, at once. What it published
 * stands, what it wrote is found by the next attempt, and the kernel drops its locks. */
static void end_hung(void *context, const struct forge_error *err)
{
    struct attempt *attempt = context;
    int status;

    progress_end(&attempt->progress);
    (void)fail(attempt, err);
    fflush(stdout);
    status = finish(attempt, false, err);
    _exit(status);
}

static bool bake(struct attempt *attempt, const struct forge_executor_type *executor,
                 const struct forge_recipe *recipe, struct forge_error *err)
{
    const struct forge_run_request *asked = &attempt->asked;
    const struct forge_bake_request request = {
        .recipe = recipe,
        .recipe_path = asked->recipe,
        .bakery = attempt->arguments->bakery,
        .executor = executor,
        .workers = asked->workers,
        .memory_bytes = asked->memory_bytes,
        .prune = asked->prune,
        .now_us = asked->now_us,
        .only = asked->only,
        .drift_fails = strcmp(asked->drift, "fail") == 0,
        .fail_fast = asked->fail_fast,
        .deadline_ms = asked->deadline_ms,
        .grace_ms = asked->deadline_ms < GRACE_MS_MAX ? asked->deadline_ms : GRACE_MS_MAX,
        .hung = end_hung,
        .hung_context = attempt,
        .run = attempt->run,
        .scanners = attempt->session->scanners,
        .cancelled = &attempt->session->cancelled,
        .progress = show_progress,
        .progress_context = attempt,
    };
    bool good = forge_bake(&attempt->plan, &attempt->report, &request, err);

    progress_end(&attempt->progress);
    return good;
}

/* All that a run does; what goes wrong has been told and logged. */
static bool work(struct attempt *attempt, struct forge_recipe *recipe, struct forge_error *err)
{
    const struct forge_executor_type *executor;

    say(attempt, "forge " FORGE_VERSION " bakes %s", attempt->asked.recipe);
    if (!request_executor(&executor, attempt->asked.executor, err))
        return fail(attempt, err);
    attempt->loaded = load(attempt, recipe, err);
    if (!attempt->loaded)
        return false;
    if (!attempt->arguments->quiet)
        warn_of_sandbox();
    if (!forge_run_set_dataset(attempt->run, recipe->name, err) ||
        !bake(attempt, executor, recipe, err))
        return fail(attempt, err);
    say(attempt, "%s version %s", attempt->report.unchanged ? "unchanged:" : "published",
        attempt->report.version);
    tell_report(attempt);
    return true;
}

static int do_run(struct attempt *attempt)
{
    struct forge_recipe recipe = {0};
    struct forge_error err = {0};
    bool good;
    int status;

    attempt->id = forge_arena_text(&attempt->arena, forge_run_id(attempt->run));
    good = work(attempt, &recipe, &err);
    status = finish(attempt, good, &err);
    forge_text_clear(&attempt->mistakes);
    forge_plan_close(&attempt->plan);
    forge_recipe_close(&recipe);
    return status;
}

static bool open_attempt(struct attempt *attempt, struct session *session,
                         const struct arguments *arguments, struct forge_error *err)
{
    *attempt = (struct attempt){
        .session = session,
        .arguments = arguments,
        .progress = {.terminal = session->terminal,
                     .quiet = arguments->quiet || arguments->json},
    };
    return forge_bakery_open(&attempt->bakery, &attempt->arena, arguments->bakery, err);
}

/* The folder's own links are resolved, not the recipe's: relative paths in it start where the
 * name that was given is. */
static const char *absolute_path(struct forge_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash ? forge_arena_copy(arena, path, (size_t)(slash + 1 - path)) : ".";
    char resolved[PATH_MAX];

    if (!realpath(folder, resolved))
        return forge_arena_text(arena, path);
    return forge_arena_print(arena, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved,
                             slash ? slash + 1 : path);
}

static bool begin_first(struct attempt *attempt, struct forge_error *err)
{
    const struct arguments *arguments = attempt->arguments;

    if (!stored_is_dataset(&attempt->bakery, arguments->operand))
        read_recipe(&attempt->text, arguments->operand, &attempt->arena);
    else if (!stored_recipe(&attempt->text, &attempt->bakery, arguments->operand, err))
        return false;
    attempt->asked = (struct forge_run_request){
        .dataset = "",
        .recipe = absolute_path(&attempt->arena, attempt->text.path),
        .recipe_text = attempt->text.bytes,
        .executor = arguments->executor,
        .workers = request_workers(arguments),
        .memory_bytes = request_memory(arguments),
        .prune = arguments->prune,
        .only = arguments->only,
        .drift = arguments->drift,
        .fail_fast = arguments->fail_fast,
        .deadline_ms = arguments->deadline_ms,
        .now_us = now_us(),
    };
    return forge_run_begin(&attempt->run, &attempt->bakery, &attempt->asked, err);
}

static bool begin_again(struct attempt *attempt, const char *run, struct forge_error *err)
{
    const struct forge_run_request *asked = &attempt->asked;

    if (!forge_run_again(&attempt->run, &attempt->asked, &attempt->bakery, run, err))
        return false;
    if (asked->recipe_text)
        attempt->text = (struct recipe_text){.path = asked->recipe,
                                             .bytes = asked->recipe_text,
                                             .length = strlen(asked->recipe_text)};
    else /* it could not be read then */
        read_recipe(&attempt->text, asked->recipe, &attempt->arena);
    return true;
}

int attempt_first(struct session *session, const struct arguments *arguments)
{
    struct attempt attempt;
    struct forge_error err;
    int status;

    if (open_attempt(&attempt, session, arguments, &err) && begin_first(&attempt, &err))
        status = do_run(&attempt);
    else
        status = tell_failure(session, &err, arguments->json);
    forge_arena_clear(&attempt.arena);
    return status;
}

int attempt_again(struct session *session, const struct arguments *arguments, const char *run)
{
    struct attempt attempt;
    struct forge_error err;
    int status;

    if (open_attempt(&attempt, session, arguments, &err) && begin_again(&attempt, run, &err))
        status = do_run(&attempt);
    else
        status = tell_failure(session, &err, arguments->json);
    forge_arena_clear(&attempt.arena);
    return status;
}

/* plan.c: what a bake would do: reads descriptions of files, no array data. */
#include "cli/request.h"

#include "run/preview.h"

#define CHANGES_PENDING 8

static int run(struct session *session, int argc, char **argv);

const struct command command_plan = {
    .name = "plan",
    .usage = "RECIPE [options]",
    .summary = "show tasks, memory, and what would change; reads no array data",
    .help =
        "  --bakery DIR     where it would be published; default: ./bakery\n" RUN_HELP
        "  --detailed-exitcode  exit with 8 when a bake would change anything\n"
        "  --json           the plan and the changes, or {\"error\": ..}, as one JSON object\n",
    .scans = true,
    .run = run,
};

static void add_json(struct forge_text *out, const struct forge_plan *plan,
                     const struct forge_changes *changes)
{
    struct forge_text text = {0};

    forge_changes_json(&text, changes);
    if (changes->up_to_date)
        forge_text_print(out, "{\"changes\":%s}", forge_text_string(&text));
    else
        forge_plan_json(out, plan, forge_text_string(&text));
    forge_text_add(out, "\n");
    forge_text_clear(&text);
}

static int run(struct session *session, int argc, char **argv)
{
    struct progress progress = {.terminal = session->terminal};
    struct forge_changes changes = {0};
    struct forge_bake_request request;
    struct arguments arguments;
    struct forge_recipe recipe;
    struct forge_plan plan = {0};
    struct forge_error err;
    struct forge_text text = {0};
    int status;

    if (!arguments_read(&arguments, &command_plan, argc, argv,
                        TAKES_BAKERY | TAKES_RUN | TAKES_JSON | TAKES_DETAILED, 1))
        return 2;
    status = request_open(&request, &recipe, session, &arguments, &progress);
    if (status == 0) {
        bool good = forge_preview(&plan, &changes, &request, &err);

        progress_end(&progress);
        if (!good) {
            status = tell_failure(session, &err, arguments.json);
        } else if (arguments.json) {
            add_json(&text, &plan, &changes);
        } else {
            if (!changes.up_to_date)
                forge_plan_explain(&text, &plan);
            forge_changes_explain(&text, &changes);
        }
        if (good && arguments.detailed && changes.pending)
            status = CHANGES_PENDING;
        print(&text);
    }
    forge_text_clear(&text);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
    return status;
}

/* plan.c: what a bake would do: reads descriptions of files, no array data. */
#include "cli/request.h"

static int run(struct session *session, int argc, char **argv);

const struct command command_plan = {
    .name = "plan",
    .usage = "RECIPE [options]",
    .summary = "show tasks, bytes, chunks and memory; reads no array data",
    .help = "  --bakery DIR     where it would be published; default: ./bakery\n" RUN_HELP
            "  --json           the plan, or {\"error\": ..}, as one JSON object\n",
    .scans = true,
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct progress progress = {.terminal = session->terminal};
    struct forge_bake_request request;
    struct arguments arguments;
    struct forge_recipe recipe;
    struct forge_plan plan = {0};
    struct forge_error err;
    struct forge_text text = {0};
    int status;

    if (!arguments_read(&arguments, &command_plan, argc, argv,
                        TAKES_BAKERY | TAKES_RUN | TAKES_JSON, 1))
        return 2;
    status = request_open(&request, &recipe, session, &arguments, &progress);
    if (status == 0) {
        bool good = forge_prepare(&plan, &request, NULL, &err);

        progress_end(&progress);
        if (!good)
            status = tell_failure(session, &err, arguments.json);
        else if (arguments.json)
            forge_plan_json(&text, &plan);
        else
            forge_plan_explain(&text, &plan);
        if (good && arguments.json)
            forge_text_add(&text, "\n");
        print(&text);
    }
    forge_text_clear(&text);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
    return status;
}

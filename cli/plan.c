/* plan.c: what a bake would do: reads descriptions of files, no array data. */
#include "cli/request.h"

#include "run/known.h"

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

/* What earlier bakes found out of the inputs, if there were any. */
static bool open_known(struct forge_known **known, const struct forge_bake_request *request,
                       struct forge_error *err)
{
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    bool good = forge_bakery_open(&bakery, &arena, request->bakery, err) &&
                forge_known_open(known, &bakery, request->recipe->name, false, err);

    forge_arena_clear(&arena);
    return good;
}

static int run(struct session *session, int argc, char **argv)
{
    struct progress progress = {.terminal = session->terminal};
    struct forge_bake_request request = {0};
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
        bool good = open_known(&request.known, &request, &err) &&
                    forge_prepare(&plan, &request, NULL, &err);

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
    forge_known_close(request.known);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
    return status;
}

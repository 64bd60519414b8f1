/* bake.c: bake a recipe and publish the version. */
#include "cli/attempt.h"
#include "cli/request.h"

static int run(struct session *session, int argc, char **argv);

const struct command command_bake = {
    .name = "bake",
    .usage = "RECIPE | NAME | --resume RUN [options]",
    .summary = "bake a recipe, or a dataset again, and publish the result",
    .help =
        "  NAME             a dataset of the bakery: again, by the recipe of its current "
        "version\n"
        "  --resume RUN     go on with a run that died or was stopped, as it was asked for\n"
        "  --bakery DIR     where datasets are published; default: ./bakery\n" RUN_HELP
        "  --only DIM=A..B  write the objects of this range again, such as "
        "time=2004..2006\n"
        "  --drift POLICY   inputs that changed since the last version: accept (default) "
        "or fail\n"
        "  --deadline TIME  stop and retry a task that takes longer: 90s; default: 1h; 0: "
        "never\n"
        "  --fail-fast      start nothing more once something has failed\n"
        "  --json           the run's report, or {\"error\": ..}, as one JSON object\n"
        "  --quiet          say nothing but errors\n",
    .scans = true,
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;

    if (!arguments_read(&arguments, &command_bake, argc, argv,
                        TAKES_BAKERY | TAKES_RUN | TAKES_BAKE | TAKES_JSON | TAKES_QUIET, 1))
        return 2;
    return arguments.resume ? attempt_again(session, &arguments, arguments.resume)
                            : attempt_first(session, &arguments);
}

/* retry.c: what failed, again. */
#include "cli/attempt.h"

static int run(struct session *session, int argc, char **argv);

const struct command command_retry = {
    .name = "retry",
    .usage = "RUN [options]",
    .summary = "do again what failed in a run, or was not reached",
    .help = "  RUN           its id, the head of it, or \"last\"\n"
            "  --bakery DIR  where it was; default: ./bakery\n"
            "  --json        the run's report, or {\"error\": ..}, as one JSON object\n"
            "  --quiet       say nothing but errors\n",
    .scans = true,
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;

    if (!arguments_read(&arguments, &command_retry, argc, argv,
                        TAKES_BAKERY | TAKES_JSON | TAKES_QUIET, 1))
        return 2;
    return attempt_again(session, &arguments, arguments.operand);
}

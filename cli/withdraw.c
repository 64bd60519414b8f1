/* withdraw.c: a version of a dataset taken back for good. */
#include "cli/command.h"

#include "catalog/history.h"

#include <stdio.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_withdraw = {
    .name = "withdraw",
    .usage = "NAME VERSION --why TEXT [--bakery DIR]",
    .summary = "take a version back for good; the history says why",
    .help = "  VERSION       or the beginning of one\n"
            "  --why TEXT    kept in the history\n"
            "  --bakery DIR  default: ./bakery\n",
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    struct arguments arguments;
    struct forge_error err;
    const char *now_current = NULL;
    int status = 0;

    if (!arguments_read_some(&arguments, &command_withdraw, argc, argv,
                             TAKES_BAKERY | TAKES_WHY, 2, 2))
        return 2;
    if (!arguments.why)
        return tell_usage("--why is missing: say why the version is withdrawn");
    if (!forge_bakery_open(&bakery, &arena, arguments.bakery, &err) ||
        !forge_withdraw(&bakery, arguments.operand, arguments.second, arguments.why, now_us(),
                        &now_current, &err))
        status = tell_error(session, &err);
    else if (now_current)
        printf("withdrawn; version %s of %s is current\n", now_current, arguments.operand);
    else
        printf("withdrawn; %s has no current version\n", arguments.operand);
    forge_arena_clear(&arena);
    return status;
}

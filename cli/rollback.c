/* rollback.c: an earlier version of a dataset made current again. */
#include "cli/command.h"

#include "catalog/history.h"

#include <stdio.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_rollback = {
    .name = "rollback",
    .usage = "NAME [VERSION] [--why TEXT] [--bakery DIR]",
    .summary = "make an earlier version current again",
    .help =
        "  VERSION       or the beginning of one; default: the newest before the current one\n"
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

    if (!arguments_read_some(&arguments, &command_rollback, argc, argv,
                             TAKES_BAKERY | TAKES_WHY, 1, 2))
        return 2;
    if (forge_bakery_open(&bakery, &arena, arguments.bakery, &err) &&
        forge_rollback(&bakery, arguments.operand, arguments.second, arguments.why, now_us(),
                       &now_current, &err))
        printf("version %s of %s is current\n", now_current, arguments.operand);
    else
        status = tell_error(session, &err);
    forge_arena_clear(&arena);
    return status;
}

/* version.c: which forge this is. */
#include "cli/command.h"

#include <stdio.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_version = {
    .name = "version",
    .usage = "",
    .summary = "print the version of forge",
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;

    (void)session;
    if (!arguments_read(&arguments, &command_version, argc, argv, 0, 0))
        return 2;
    puts("forge " FORGE_VERSION ", recipe language 1");
    return 0;
}

/* check.c: is a recipe right? Opens no data. */
#include "cli/command.h"

#include <stdio.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_check = {
    .name = "check",
    .usage = "RECIPE [--json]",
    .summary = "tell every mistake of a recipe; opens no data",
    .help = "  --json    mistakes as a JSON array\n",
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;
    struct forge_recipe recipe;
    int status;

    if (!arguments_read(&arguments, &command_check, argc, argv, TAKES_JSON, 1, 1))
        return 2;
    status = load_recipe(session, &recipe, arguments.operand, arguments.json);
    if (status == 0)
        puts(arguments.json ? "[]" : "the recipe is right");
    forge_recipe_close(&recipe);
    return status;
}

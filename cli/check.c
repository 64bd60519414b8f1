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
    struct forge_text people = {0}, mistakes = {0};
    struct arguments arguments;
    struct forge_arena arena = {0};
    struct forge_recipe recipe;
    struct recipe_text text;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_check, argc, argv, TAKES_JSON, 1))
        return 2;
    read_recipe(&text, arguments.operand, &arena);
    if (load_recipe(&recipe, &text, NULL, &people, &mistakes, session, &err))
        forge_text_add(arguments.json ? &mistakes : &people,
                       arguments.json ? "[]" : "the recipe is right\n");
    else
        status = forge_exit_status(err.code);
    if (arguments.json) {
        forge_text_add(&mistakes, "\n");
        print(&mistakes);
    } else if (status == 0) {
        print(&people);
    } else {
        fputs(forge_text_string(&people), stderr);
    }
    forge_recipe_close(&recipe);
    forge_text_clear(&mistakes);
    forge_text_clear(&people);
    forge_arena_clear(&arena);
    return status;
}

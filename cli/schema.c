/* schema.c: the JSON Schema of the recipe language. */
#include "cli/command.h"

static int run(struct session *session, int argc, char **argv);

const struct command command_schema = {
    .name = "schema",
    .usage = "",
    .summary = "print the JSON Schema (draft-07) of recipes",
    .run = run,
};

static int run(struct session *session, int argc, char **argv)
{
    struct arguments arguments;
    struct forge_text text = {0};

    (void)session;
    if (!arguments_read(&arguments, &command_schema, argc, argv, 0, 0))
        return 2;
    forge_recipe_schema(&text);
    forge_text_add(&text, "\n");
    print(&text);
    forge_text_clear(&text);
    return 0;
}

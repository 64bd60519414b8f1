/* tell.c: what people see when something is wrong, and how recipes are loaded. */
#include "cli/command.h"

#include <stdio.h>

int tell_error(const struct session *session, const struct forge_error *err)
{
    char text[sizeof err->text + sizeof err->file + 32];
    struct forge_text safe = {0};

    forge_error_format(err, text, sizeof text);
    forge_text_add(&safe, session->colour ? "\033[1;31merror\033[0m: " : "error: ");
    forge_text_add_safe(&safe, text);
    forge_text_add(&safe, "\n");
    if (err->help[0]) {
        forge_text_add(&safe, "  = help: ");
        forge_text_add_safe(&safe, err->help);
        forge_text_add(&safe, "\n");
    }
    fputs(forge_text_string(&safe), stderr);
    forge_text_clear(&safe);
    return forge_exit_status(err->code);
}

int load_recipe(const struct session *session, struct forge_recipe *recipe, const char *path,
                bool json)
{
    struct forge_arena arena = {0};
    struct forge_diagnostics diagnostics = {.arena = &arena};
    struct forge_text text = {0};
    struct forge_error err;
    int status = 0;

    *recipe = (struct forge_recipe){0};
    if (!forge_recipe_load(recipe, path, &diagnostics, &err)) {
        if (diagnostics.count == 0) {
            status = tell_error(session, &err);
        } else if (json) {
            forge_diagnostics_json(&text, &diagnostics);
            puts(forge_text_string(&text));
            status = 3;
        } else {
            forge_diagnostics_show(&text, &diagnostics, session->colour);
            fputs(forge_text_string(&text), stderr);
            status = 3;
        }
    }
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return status;
}

bool print(const struct forge_text *text)
{
    return fputs(forge_text_string(text), stdout) >= 0;
}

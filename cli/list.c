/* list.c: the datasets of a bakery. */
#include "cli/command.h"

#include "catalog/bakery.h"
#include "document/json.h"

static int run(struct session *session, int argc, char **argv);

const struct command command_list = {
    .name = "list",
    .usage = "[--bakery DIR] [--json]",
    .summary = "list the datasets of a bakery",
    .help = "  --bakery DIR  default: ./bakery\n"
            "  --json        as a JSON array\n",
    .run = run,
};

struct listing {
    struct forge_text text;
    struct forge_json json;
    size_t count;
};

static void visit_text(void *context, const struct forge_listed *listed)
{
    struct listing *listing = context;

    listing->count++;
    forge_text_add_safe(&listing->text, listed->name);
    forge_text_add(&listing->text, "  ");
    forge_text_add_safe(&listing->text, listed->version);
    forge_text_add(&listing->text, "  ");
    forge_text_add_safe(&listing->text, listed->path ? listed->path : "(its data are gone)");
    forge_text_add(&listing->text, "\n");
}

static void visit_json(void *context, const struct forge_listed *listed)
{
    struct forge_json *json = &((struct listing *)context)->json;

    forge_json_object(json);
    forge_json_key(json, "name");
    forge_json_string(json, listed->name);
    forge_json_key(json, "path");
    if (listed->path)
        forge_json_string(json, listed->path);
    else
        forge_json_null(json);
    forge_json_key(json, "version");
    forge_json_string(json, listed->version);
    forge_json_close(json, '}');
}

static int run(struct session *session, int argc, char **argv)
{
    struct listing listing = {.json.out = &listing.text};
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    struct arguments arguments;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_list, argc, argv, TAKES_BAKERY | TAKES_JSON, 0))
        return 2;
    if (arguments.json)
        forge_json_array(&listing.json);
    if (!forge_bakery_open(&bakery, &arena, arguments.bakery, &err) ||
        !forge_bakery_list(&bakery, arguments.json ? visit_json : visit_text, &listing, &err)) {
        status = tell_failure(session, &err, arguments.json);
    } else {
        if (arguments.json) {
            forge_json_close(&listing.json, ']');
            forge_text_add(&listing.text, "\n");
        } else if (listing.count == 0) {
            forge_text_print(&listing.text, "no datasets in %s\n", bakery.root);
        }
        print(&listing.text);
    }
    forge_text_clear(&listing.text);
    forge_arena_clear(&arena);
    return status;
}

/* history.c: the versions of a dataset, and what became of each. */
#include "cli/command.h"

#include "catalog/history.h"
#include "document/json.h"
#include "time/calendar.h"

#include <string.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_history = {
    .name = "history",
    .usage = "NAME [--bakery DIR] [--json]",
    .summary = "list the versions of a dataset, oldest first",
    .help = "  --bakery DIR  default: ./bakery\n"
            "  --json        as a JSON object\n",
    .run = run,
};

#define DIGITS 12 /* of the recipe's digest, for people */

struct dataset {
    const char *name;
    struct forge_version_info *versions;
    struct forge_event *events;
    size_t versions_count, events_count;
};

static const char *state_of(const struct forge_version_info *version)
{
    if (version->current)
        return version->withdrawn ? "current, withdrawn" : "current";
    if (version->withdrawn)
        return version->removed ? "withdrawn, removed" : "withdrawn";
    return version->removed ? "removed" : "kept";
}

static void add_moment(struct forge_text *out, int64_t time_us)
{
    forge_time_format(out, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, time_us, "%Y-%m-%dT%H:%M:%SZ",
                      NULL);
}

static void add_field(struct forge_text *out, const char *name)
{
    forge_text_print(out, "  %-12s", name);
}

static void show_facts(struct forge_text *out, const struct forge_version_facts *facts)
{
    const char *colon = facts->recipe ? strchr(facts->recipe, ':') : NULL;
    char bytes[32];

    if (colon) {
        add_field(out, "recipe");
        forge_text_print(out, "%.*s\n", DIGITS, colon + 1);
    }
    if (facts->compared) {
        add_field(out, "inputs");
        forge_text_print(out, "%llu: %llu added, %llu changed, %llu gone\n",
                         (unsigned long long)facts->inputs, (unsigned long long)facts->added,
                         (unsigned long long)facts->changed, (unsigned long long)facts->gone);
    }
    add_field(out, "wrote");
    forge_text_print(out, "%llu objects, %s; shared %llu with earlier versions\n",
                     (unsigned long long)facts->objects,
                     forge_text_bytes(bytes, sizeof bytes, facts->bytes),
                     (unsigned long long)facts->shared);
}

static void show_event(struct forge_text *out, const struct forge_event *event)
{
    add_field(out, forge_event_name(event->kind));
    add_moment(out, event->time_us);
    if (event->kind == FORGE_EVENT_PUBLISHED && event->run) {
        forge_text_add(out, " by run ");
        forge_text_add_safe(out, event->run);
    } else if (event->why) {
        forge_text_add(out, event->kind == FORGE_EVENT_ROLLED_BACK ? " to this: " : ": ");
        forge_text_add_safe(out, event->why);
    } else if (event->kind == FORGE_EVENT_ROLLED_BACK) {
        forge_text_add(out, " to this");
    }
    forge_text_add(out, "\n");
}

static void show(struct forge_text *out, const struct dataset *dataset)
{
    for (size_t v = 0; v < dataset->versions_count; v++) {
        const struct forge_version_info *version = &dataset->versions[v];
        bool told = false;

        forge_text_add_safe(out, version->id);
        forge_text_print(out, "  %s\n", state_of(version));
        for (size_t e = 0; e < dataset->events_count; e++) {
            if (strcmp(dataset->events[e].version, version->id) != 0)
                continue;
            show_event(out, &dataset->events[e]);
            if (!told && version->facts)
                show_facts(out, version->facts);
            told = true;
        }
    }
}

static void add_time(struct forge_json *json, const char *key, int64_t time_us)
{
    struct forge_text text = {0};

    if (time_us != 0)
        add_moment(&text, time_us);
    forge_json_add_text(json, key, time_us != 0 ? forge_text_string(&text) : NULL);
    forge_text_clear(&text);
}

static void version_json(struct forge_json *json, const struct forge_version_info *version)
{
    forge_json_object(json);
    forge_json_key(json, "current");
    forge_json_flag(json, version->current);
    add_time(json, "left", version->left_us);
    forge_json_key(json, "made");
    if (version->facts)
        forge_version_facts_json(json, version->facts);
    else
        forge_json_null(json);
    forge_json_add_text(json, "path", version->folder);
    add_time(json, "published", version->published_us);
    forge_json_key(json, "removed");
    forge_json_flag(json, version->removed);
    forge_json_add_text(json, "run", version->run);
    forge_json_add_text(json, "version", version->id);
    forge_json_add_text(json, "why", version->why);
    forge_json_key(json, "withdrawn");
    forge_json_flag(json, version->withdrawn);
    forge_json_close(json, '}');
}

static void event_json(struct forge_json *json, const struct forge_event *event)
{
    forge_json_object(json);
    forge_json_add_text(json, "event", forge_event_name(event->kind));
    forge_json_add_text(json, "run", event->run);
    add_time(json, "time", event->time_us);
    forge_json_add_text(json, "version", event->version);
    forge_json_add_text(json, "why", event->why);
    forge_json_close(json, '}');
}

static void show_json(struct forge_text *out, const struct dataset *dataset)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_key(&json, "events");
    forge_json_array(&json);
    for (size_t i = 0; i < dataset->events_count; i++)
        event_json(&json, &dataset->events[i]);
    forge_json_close(&json, ']');
    forge_json_add_text(&json, "name", dataset->name);
    forge_json_key(&json, "versions");
    forge_json_array(&json);
    for (size_t i = 0; i < dataset->versions_count; i++)
        version_json(&json, &dataset->versions[i]);
    forge_json_close(&json, ']');
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_text text = {0};
    struct forge_bakery bakery;
    struct arguments arguments;
    struct dataset dataset;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_history, argc, argv, TAKES_BAKERY | TAKES_JSON, 1))
        return 2;
    dataset.name = arguments.operand;
    if (forge_bakery_open(&bakery, &arena, arguments.bakery, &err) &&
        forge_versions_read(&dataset.versions, &dataset.versions_count, &bakery, dataset.name,
                            &err) &&
        forge_history_read(&dataset.events, &dataset.events_count, &bakery, dataset.name,
                           &err)) {
        if (arguments.json)
            show_json(&text, &dataset);
        else
            show(&text, &dataset);
        print(&text);
    } else
        status = tell_failure(session, &err, arguments.json);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return status;
}

/* gc.c: delete versions that nobody needs any more. */
#include "cli/command.h"

#include "catalog/gc.h"
#include "document/json.h"
#include "time/calendar.h"

#include <string.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_gc = {
    .name = "gc",
    .usage = "[NAME] [options]",
    .summary = "delete versions that nobody needs any more",
    .help =
        "  NAME              default: every dataset\n"
        "  --keep N          newest versions to keep, withdrawn ones not counted; default: 3\n"
        "  --grace DURATION  keep what was current or written within it: 12h; default: 30d\n"
        "  --dry-run         tell, and delete nothing\n"
        "  --bakery DIR      default: ./bakery\n"
        "  --json            as a JSON object\n",
    .run = run,
};

struct report {
    struct forge_text text;
    struct forge_json json;
    uint64_t removed, kept, files, bytes;
    bool dry_run;
};

static const char *kind_of(const struct forge_gc_item *item)
{
    switch (item->kind) {
    case FORGE_GC_DATASET:
        return "dataset";
    case FORGE_GC_VERSION:
        return "version";
    case FORGE_GC_LEFTOVER:
    case FORGE_GC_GONE:
        break;
    }
    return "leftover";
}

static void count(struct report *report, const struct forge_gc_item *item)
{
    report->removed += item->removed;
    report->kept += !item->removed;
    report->files += item->files;
    report->bytes += item->bytes;
}

static void visit_text(void *context, const struct forge_gc_item *item)
{
    struct report *report = context;
    struct forge_text *out = &report->text;
    char bytes[32];

    count(report, item);
    if (report->dry_run)
        forge_text_print(out, "%-8s", item->removed ? "remove" : "keep");
    else
        forge_text_print(out, "%-8s", item->removed ? "removed" : "kept");
    forge_text_add_safe(out, item->dataset);
    if (item->name) {
        forge_text_add(out, "  ");
        forge_text_add_safe(out, item->name);
    }
    forge_text_print(out, "  %s", item->reason);
    if (item->removed)
        forge_text_print(out, "; %s", forge_text_bytes(bytes, sizeof bytes, item->bytes));
    forge_text_add(out, "\n");
}

static void visit_json(void *context, const struct forge_gc_item *item)
{
    struct report *report = context;
    struct forge_json *json = &report->json;

    count(report, item);
    forge_json_object(json);
    forge_json_add_number(json, "bytes_freed", item->bytes);
    forge_json_add_text(json, "dataset", item->dataset);
    forge_json_add_number(json, "files", item->files);
    forge_json_add_text(json, "kind", kind_of(item));
    forge_json_add_text(json, "name", item->name);
    forge_json_add_text(json, "reason", item->reason);
    forge_json_key(json, "removed");
    forge_json_flag(json, item->removed);
    forge_json_close(json, '}');
}

/* The moment since when whatever was current stays. */
static bool read_grace(int64_t *since_us, const char *text, int64_t now)
{
    struct forge_duration grace = {0};

    if (strcmp(text, "0") == 0) {
        *since_us = now;
        return true;
    }
    return forge_duration_parse(&grace, text) && grace.months >= 0 && grace.us >= 0 &&
           forge_time_add(since_us, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, now, &grace, -1);
}

static void finish(struct report *report, bool as_json)
{
    char bytes[32];

    if (as_json) {
        forge_json_close(&report->json, ']');
        forge_json_key(&report->json, "kept");
        forge_json_unsigned(&report->json, report->kept);
        forge_json_add_number(&report->json, "removed", report->removed);
        forge_json_close(&report->json, '}');
        forge_text_add(&report->text, "\n");
    } else {
        forge_text_print(&report->text,
                         report->dry_run ? "would remove %llu, keep %llu; %s to free\n"
                                         : "removed %llu, kept %llu; %s freed\n",
                         (unsigned long long)report->removed, (unsigned long long)report->kept,
                         forge_text_bytes(bytes, sizeof bytes, report->bytes));
    }
    print(&report->text);
}

static int collect(struct session *session, const struct arguments *arguments,
                   const struct forge_gc_request *request)
{
    struct report report = {.json.out = &report.text, .dry_run = request->dry_run};
    struct forge_arena arena = {0};
    struct forge_bakery bakery;
    struct forge_error err;
    int status = 0;
    bool good;

    if (arguments->json) {
        forge_json_object(&report.json);
        forge_json_key(&report.json, "items");
        forge_json_array(&report.json);
    }
    good = forge_bakery_open(&bakery, &arena, arguments->bakery, &err) &&
           forge_gc(&bakery, arguments->operand, request,
                    arguments->json ? visit_json : visit_text, &report, &err);
    if (good || !arguments->json)
        finish(&report, arguments->json);
    if (!good)
        status = tell_failure(session, &err, arguments->json);
    forge_text_clear(&report.text);
    forge_arena_clear(&arena);
    return status;
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_gc_request request = {.now_us = now_us()};
    struct arguments arguments;

    if (!arguments_read_some(&arguments, &command_gc, argc, argv,
                             TAKES_BAKERY | TAKES_JSON | TAKES_GC, 0, 1))
        return 2;
    request.keep = arguments.keep;
    request.dry_run = arguments.dry_run;
    if (!read_grace(&request.since_us, arguments.grace, request.now_us))
        return tell_usage("--grace takes a duration such as 30d, 12h or 0, not \"%s\"",
                          arguments.grace);
    return collect(session, &arguments, &request);
}

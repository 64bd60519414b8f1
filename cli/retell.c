#include "cli/retell.h"

#include "document/json.h"
#include "time/calendar.h"

#include <stdio.h>
#include <time.h>

#define CALENDAR FORGE_CALENDAR_PROLEPTIC_GREGORIAN

bool retell_find(struct forge_run_info *run, struct forge_bakery *bakery,
                 struct forge_arena *arena, const struct arguments *arguments,
                 struct forge_error *err)
{
    return forge_bakery_open(bakery, arena, arguments->bakery, err) &&
           forge_run_find(run, bakery, arguments->operand, err);
}

void retell_time(struct forge_text *out, int64_t time_us)
{
    forge_time_format(out, CALENDAR, time_us, "%Y-%m-%d %H:%M:%S", NULL);
}

static int64_t took_us(const struct forge_run_info *run)
{
    struct timespec now;

    if (run->ended_us > 0)
        return run->ended_us - run->attempt_us;
    if (run->state != FORGE_RUN_RUNNING)
        return -1;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 - run->attempt_us;
}

void retell_duration(struct forge_text *out, const struct forge_run_info *run)
{
    int64_t us = took_us(run), seconds = us / 1000000;

    if (us < 0)
        return;
    if (seconds < 60)
        forge_text_print(out, "%.1f s", (double)us / 1e6);
    else if (seconds < 3600)
        forge_text_print(out, "%lld:%02lld", (long long)(seconds / 60),
                         (long long)(seconds % 60));
    else
        forge_text_print(out, "%lld:%02lld:%02lld", (long long)(seconds / 3600),
                         (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

/* 0 is null. */
static void add_time(struct forge_json *json, const char *key, int64_t time_us)
{
    struct forge_text text = {0};

    if (time_us != 0)
        forge_time_format(&text, CALENDAR, time_us, "%Y-%m-%dT%H:%M:%S.%fZ", NULL);
    forge_json_add_text(json, key, text.bytes);
    forge_text_clear(&text);
}

static void add_request(struct forge_json *json, const struct forge_run_request *request)
{
    forge_json_key(json, "request");
    forge_json_object(json);
    forge_json_add_number(json, "deadline_ms", request->deadline_ms);
    forge_json_add_text(json, "drift", request->drift);
    forge_json_add_text(json, "executor", request->executor);
    forge_json_key(json, "fail_fast");
    forge_json_flag(json, request->fail_fast);
    forge_json_add_number(json, "memory_bytes", request->memory_bytes);
    add_time(json, "now", request->now_us);
    forge_json_add_text(json, "only", request->only);
    forge_json_add_number(json, "prune", request->prune);
    forge_json_add_text(json, "recipe", request->recipe);
    forge_json_add_number(json, "workers", request->workers);
    forge_json_close(json, '}');
}

void retell_json(struct forge_text *out, const struct forge_run_info *run, bool whole)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_add_number(&json, "attempts", run->attempts);
    add_time(&json, "began", run->began_us);
    forge_json_add_text(&json, "dataset", run->request.dataset);
    add_time(&json, "ended", run->ended_us);
    forge_json_add_text(&json, "error", run->error);
    if (whole)
        forge_json_add_raw(&json, "failed", run->failed);
    forge_json_add_text(&json, "help", run->help);
    forge_json_add_text(&json, "id", run->id);
    forge_json_add_text(&json, "log", run->log);
    if (whole) {
        forge_json_add_raw(&json, "report", run->report);
        add_request(&json, &run->request);
    }
    forge_json_add_text(&json, "state", forge_run_state_name(run->state));
    forge_json_add_text(&json, "version", run->version);
    forge_json_close(&json, '}');
}

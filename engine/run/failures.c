#include "run/failures.h"

#include <stdio.h>

#define TASK_ROOM 64 /* "write/17" */

static void name_task(char *out, const char *stage, uint64_t task)
{
    snprintf(out, TASK_ROOM, "%s/%llu", stage, (unsigned long long)task);
}

static void tell(const struct forge_failures *failures, const char *level, const char *stage,
                 uint64_t task, const char *input, const struct forge_error *error)
{
    char name[TASK_ROOM];
    const struct forge_log_entry entry = {
        .level = level, .stage = stage, .task = name, .input = input};

    name_task(name, stage, task);
    if (failures->run)
        forge_run_log_error(failures->run, &entry, error);
}

void forge_failures_retried(struct forge_failures *failures, const char *stage, uint64_t task,
                            const char *input, const struct forge_error *error)
{
    tell(failures, "warning", stage, task, input, error);
}

void forge_failures_add(struct forge_failures *failures, const char *stage, uint64_t task,
                        const char *input, const struct forge_error *error)
{
    struct forge_json *json = &failures->json;
    char name[TASK_ROOM];

    tell(failures, "error", stage, task, input, error);
    name_task(name, stage, task);
    if (!json->out) {
        json->out = &failures->text;
        forge_json_array(json);
    }
    forge_json_object(json);
    forge_json_key(json, input ? "input" : "task");
    forge_json_string(json, input ? input : name);
    forge_json_key(json, "text");
    forge_json_string(json, error->text);
    forge_json_close(json, '}');
}

const char *forge_failures_finish(struct forge_failures *failures, struct forge_arena *arena)
{
    const char *list = NULL;

    if (failures->json.out) {
        forge_json_close(&failures->json, ']');
        list = forge_arena_text(arena, forge_text_string(&failures->text));
    }
    forge_text_clear(&failures->text);
    *failures = (struct forge_failures){.run = failures->run};
    return list;
}

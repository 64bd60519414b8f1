#include "cli/request.h"

#include "run/machine.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EXECUTORS_MAX 16

int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool request_executor(const struct forge_executor_type **out, const char *name,
                      struct forge_error *err)
{
    const char *names[EXECUTORS_MAX + 1] = {NULL};
    const char *near;

    *out = forge_executor_find(name);
    if (*out)
        return true;
    for (size_t i = 0; i < EXECUTORS_MAX && forge_executor_all()[i]; i++)
        names[i] = forge_executor_all()[i]->name;
    near = forge_text_nearest(name, names);
    forge_fail(err, FORGE_USAGE, "there is no executor \"%s\"%s%s%s", name,
               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return forge_fail_help(err, "forge help executors lists them");
}

unsigned request_workers(const struct arguments *arguments)
{
    if (strcmp(arguments->executor, "local") == 0)
        return 1;
    return arguments->workers ? arguments->workers : forge_machine_processors();
}

uint64_t request_memory(const struct arguments *arguments)
{
    return arguments->memory ? arguments->memory : forge_machine_memory();
}

static int load(struct forge_recipe *recipe, const struct session *session,
                const struct arguments *arguments)
{
    struct forge_text people = {0}, mistakes = {0};
    struct forge_arena arena = {0};
    struct recipe_text text;
    struct forge_error err;
    bool good;

    read_recipe(&text, arguments->operand, &arena);
    good = load_recipe(recipe, &text, NULL, &people, &mistakes, session, &err);
    if (!good)
        fputs(forge_text_string(&people), stderr);
    if (!good && arguments->json)
        print_failure(&err, forge_text_string(&mistakes), NULL);
    forge_text_clear(&people);
    forge_text_clear(&mistakes);
    forge_arena_clear(&arena);
    return good ? 0 : forge_exit_status(err.code);
}

int request_open(struct forge_bake_request *request, struct forge_recipe *recipe,
                 struct session *session, const struct arguments *arguments,
                 struct progress *progress)
{
    const struct forge_executor_type *executor;
    struct forge_error err;
    int status;

    *recipe = (struct forge_recipe){0};
    if (!request_executor(&executor, arguments->executor, &err))
        return tell_failure(session, &err, arguments->json);
    status = load(recipe, session, arguments);
    if (status != 0)
        return status;
    *request = (struct forge_bake_request){
        .recipe = recipe,
        .bakery = arguments->bakery,
        .executor = executor,
        .workers = request_workers(arguments),
        .memory_bytes = request_memory(arguments),
        .prune = arguments->prune,
        .now_us = now_us(),
        .scanners = session->scanners,
        .cancelled = &session->cancelled,
        .progress = progress_show,
        .progress_context = progress,
    };
    progress->quiet = arguments->quiet || arguments->json;
    if (!arguments->quiet)
        warn_of_sandbox();
    return 0;
}

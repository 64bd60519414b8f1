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

static int unknown_executor(const char *name)
{
    const char *names[EXECUTORS_MAX + 1] = {NULL};
    const char *near;

    for (size_t i = 0; i < EXECUTORS_MAX && forge_executor_all()[i]; i++)
        names[i] = forge_executor_all()[i]->name;
    near = forge_text_nearest(name, names);
    tell_usage("there is no executor \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
               near ? near : "", near ? "\"?" : "");
    fputs("       forge help executors lists them\n", stderr);
    return forge_exit_status(FORGE_USAGE);
}

static int read_recipe(struct forge_recipe *recipe, const struct session *session,
                       const struct arguments *arguments)
{
    struct forge_text people = {0}, mistakes = {0};
    struct forge_error err;
    bool good = load_recipe(recipe, arguments->operand, &people, &mistakes, session, &err);

    if (!good)
        fputs(forge_text_string(&people), stderr);
    if (!good && arguments->json)
        print_failure(&err, forge_text_string(&mistakes));
    forge_text_clear(&people);
    forge_text_clear(&mistakes);
    return good ? 0 : forge_exit_status(err.code);
}

int request_open(struct forge_bake_request *request, struct forge_recipe *recipe,
                 struct session *session, const struct arguments *arguments,
                 struct progress *progress)
{
    const struct forge_executor_type *executor = forge_executor_find(arguments->executor);
    int status;

    *recipe = (struct forge_recipe){0};
    if (!executor)
        return unknown_executor(arguments->executor);
    status = read_recipe(recipe, session, arguments);
    if (status != 0)
        return status;
    *request = (struct forge_bake_request){
        .recipe = recipe,
        .bakery = arguments->bakery,
        .executor = executor,
        .workers = arguments->workers ? arguments->workers : forge_machine_processors(),
        .memory_bytes = arguments->memory ? arguments->memory : forge_machine_memory(),
        .prune = arguments->prune,
        .now_us = now_us(),
        .scanners = session->scanners,
        .cancelled = &session->cancelled,
        .progress = progress_show,
        .progress_context = progress,
    };
    if (strcmp(executor->name, "local") == 0)
        request->workers = 1;
    progress->quiet = arguments->quiet || arguments->json;
    if (!arguments->quiet)
        warn_of_sandbox();
    return 0;
}

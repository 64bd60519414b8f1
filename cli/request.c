#include "cli/request.h"

#include "run/machine.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool request_fill(struct forge_bake_request *request, struct session *session,
                  const struct arguments *arguments, const struct forge_recipe *recipe,
                  struct progress *progress)
{
    const struct forge_executor_type *executor = forge_executor_find(arguments->executor);

    if (!executor) {
        fprintf(stderr,
                "error: there is no executor \"%s\"\n       forge help executors lists "
                "them\n",
                arguments->executor);
        return false;
    }
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
    return true;
}

/* cancel.c: ask a run to stop. */
#include "cli/retell.h"

#include <stdio.h>
#include <time.h>

#define LOOKS 50
#define LOOK_MS 200

static int run(struct session *session, int argc, char **argv);

const struct command command_cancel = {
    .name = "cancel",
    .usage = "RUN [--bakery DIR]",
    .summary = "ask a run to stop, wherever it runs",
    .help = "  RUN           its id, the head of it, or \"last\"\n"
            "  --bakery DIR  where it is; default: ./bakery\n"
            "\n"
            "Nothing is published; forge bake --resume RUN goes on with it.\n",
    .run = run,
};

/* Ask, and wait a little for its end. */
static bool cancel(struct forge_run_info *info, const struct session *session,
                   const struct forge_bakery *bakery, struct forge_error *err)
{
    const char *id = info->id;

    if (!forge_run_cancel(info, bakery, err))
        return false;
    for (int i = 0; i < LOOKS && !atomic_load(&session->cancelled); i++) {
        if (!forge_run_find(info, bakery, id, err))
            return false;
        if (info->state != FORGE_RUN_RUNNING)
            break;
        nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
    }
    return true;
}

static void tell(const struct forge_run_info *info, bool ran)
{
    if (info->state == FORGE_RUN_RUNNING)
        printf("run %s was asked to stop and is still at it: forge log -f %s follows it\n",
               info->id, info->id);
    else if (info->state == FORGE_RUN_CANCELLED && ran)
        printf("run %s is cancelled; forge bake --resume %s goes on with it\n", info->id,
               info->id);
    else
        printf("run %s has ended: %s\n", info->id, forge_run_state_name(info->state));
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_run_info info;
    struct forge_bakery bakery;
    struct arguments arguments;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_cancel, argc, argv, TAKES_BAKERY, 1))
        return 2;
    if (retell_find(&info, &bakery, &arena, &arguments, &err)) {
        bool ran = info.state == FORGE_RUN_RUNNING;

        if (!ran || cancel(&info, session, &bakery, &err))
            tell(&info, ran);
        else
            status = tell_error(session, &err);
    } else {
        status = tell_error(session, &err);
    }
    forge_arena_clear(&arena);
    return status;
}

/* main.c: signals, scanners, and the command that is asked for. */
#include "cli/command.h"
#include "run/scanner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name) extern const struct command command_##name;
#include "cli/list.h"
#undef COMMAND

static const struct command *const all[] = {
#define COMMAND(name) &command_##name,
#include "cli/list.h"
#undef COMMAND
    NULL,
};

static struct session session;

const struct command *command_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

const struct command *const *command_all(void)
{
    return all;
}

/* The first signal asks for a clean stop; the second has its ordinary effect. */
static void on_signal(int number)
{
    atomic_store(&session.cancelled, true);
    signal(number, SIG_DFL);
}

static void set_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int unknown_command(const char *name)
{
    const char *names[sizeof all / sizeof all[0]] = {0};
    const char *near;

    for (size_t i = 0; all[i]; i++)
        names[i] = all[i]->name;
    near = forge_text_nearest(name, names);
    fprintf(stderr, "error: there is no command \"%s\"", name);
    if (near)
        fprintf(stderr, "; did you mean \"%s\"?", near);
    fputs("\n       forge help lists them\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    const struct command *command;
    struct forge_error err;
    int status;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    command = command_find(name);
    if (!command)
        return unknown_command(name);
    session.terminal = isatty(STDERR_FILENO);
    session.colour = session.terminal && !getenv("NO_COLOR");
    /* Scanners first: they are forked while this process is small and has one thread. */
    if (command->scans) {
        const struct forge_scanner_limits limits = FORGE_SCANNER_LIMITS;

        if (!forge_scanners_open(&session.scanners, &limits, &err))
            return tell_error(&session, &err);
    }
    set_signals();
    status = command->run(&session, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv);
    forge_scanners_close(session.scanners);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "error: writing to standard output: %s\n", strerror(errno));
        status = 5;
    }
    return status;
}

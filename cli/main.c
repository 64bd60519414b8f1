/* main.c: signals, scanners, and the command that is asked for. */
#include "cli/command.h"
#include "run/scanner.h"

#include <fcntl.h>
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
    /* A closed pipe and a file that may not grow are errors of the write, which is told. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* A standard descriptor that the caller closed would be given to the next file that is opened,
 * and messages would land in it. In its place comes one that cannot be used. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(1);
    }
}

static void look_at_terminal(void)
{
    const char *kind = getenv("TERM"), *plain = getenv("NO_COLOR");

    session.terminal = isatty(STDERR_FILENO) && (!kind || strcmp(kind, "dumb") != 0);
    session.colour = session.terminal && (!plain || !plain[0]);
}

static int unknown_command(const char *name)
{
    const char *names[sizeof all / sizeof all[0]] = {0};
    const char *near;

    for (size_t i = 0; all[i]; i++)
        names[i] = all[i]->name;
    near = forge_text_nearest(name, names);
    tell_usage("there is no command \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
               near ? near : "", near ? "\"?" : "");
    fputs("       forge help lists them\n", stderr);
    return forge_exit_status(FORGE_USAGE);
}

/* Is this `forge COMMAND .. --help`? */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct forge_scanner_limits limits = FORGE_SCANNER_LIMITS;
    struct forge_error err;
    int status;

    limits.cancelled = &session.cancelled;
    /* Scanners first: they are forked while this process is small and has one thread. */
    if (command->scans && !forge_scanners_open(&session.scanners, &limits, &err))
        return tell_error(&session, &err);
    status = command->run(&session, argc, argv);
    forge_scanners_close(session.scanners);
    return status;
}

int main(int argc, char **argv)
{
    char *help[] = {"help", NULL, NULL};
    const struct command *command;
    const char *name = argc > 1 ? argv[1] : "help";

    fill_standard_descriptors();
    set_signals();
    look_at_terminal();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    command = command_find(name);
    if (!command)
        return unknown_command(name);
    if (argc > 2 && asks_for_help(argc - 1, argv + 1)) {
        help[1] = argv[1];
        return output_finish(run(command_find("help"), 2, help));
    }
    return output_finish(run(command, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : help));
}

/* arguments.c: the options that commands share. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 1024
#define PRUNE_DEFAULT 2

enum { BAKERY = 256, EXECUTOR, WORKERS, MEMORY, PRUNE, JSON, QUIET };

static const struct {
    struct option option;
    unsigned takes;
} known[] = {
    {{"bakery", required_argument, NULL, BAKERY}, TAKES_BAKERY},
    {{"executor", required_argument, NULL, EXECUTOR}, TAKES_RUN},
    {{"workers", required_argument, NULL, WORKERS}, TAKES_RUN},
    {{"memory", required_argument, NULL, MEMORY}, TAKES_RUN},
    {{"prune", optional_argument, NULL, PRUNE}, TAKES_RUN},
    {{"json", no_argument, NULL, JSON}, TAKES_JSON},
    {{"quiet", no_argument, NULL, QUIET}, TAKES_QUIET},
};

#define KNOWN_COUNT (sizeof known / sizeof known[0])

static bool usage(const struct command *command)
{
    fprintf(stderr, "       usage: forge %s %s\n", command->name, command->usage);
    return false;
}

static bool read_count(uint64_t *out, const char *text, uint64_t most)
{
    char *end = NULL;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && text[0] != '-' && *out > 0 &&
           *out <= most;
}

/* What getopt did not know, or an option without its value. */
static bool unknown(const struct command *command, const struct option *options, bool missing,
                    const char *word)
{
    const char *names[KNOWN_COUNT + 1] = {NULL};
    const char *near;
    char name[64] = "";

    if (optopt > 0 && optopt < BAKERY) {
        tell_usage("unknown option \"-%c\"", optopt);
        return usage(command);
    }
    for (size_t i = 0; options[i].name; i++) {
        names[i] = options[i].name;
        if (options[i].val == optopt)
            snprintf(name, sizeof name, "%s", options[i].name);
    }
    if (missing)
        tell_usage("--%s needs a value", name);
    else if (name[0])
        tell_usage("--%s takes no value", name);
    else {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        near = forge_text_nearest(name, names);
        tell_usage("unknown option \"--%s\"%s%s%s", name, near ? "; did you mean \"--" : "",
                   near ? near : "", near ? "\"?" : "");
    }
    return usage(command);
}

static bool read_run_option(struct arguments *arguments, int which)
{
    uint64_t number = 0;

    switch (which) {
    case EXECUTOR:
        arguments->executor = optarg;
        return true;
    case WORKERS:
        if (!read_count(&number, optarg, WORKERS_MAX))
            return tell_usage("--workers takes a number from 1 to %d, not \"%s\"", WORKERS_MAX,
                              optarg) == 0;
        arguments->workers = (unsigned)number;
        return true;
    case MEMORY:
        return (forge_text_parse_bytes(&arguments->memory, optarg) && arguments->memory > 0) ||
               tell_usage("--memory takes a size such as 256MiB or 2GB, not \"%s\"", optarg) ==
                   0;
    default:
        arguments->prune = PRUNE_DEFAULT;
        return !optarg || read_count(&arguments->prune, optarg, UINT32_MAX) ||
               tell_usage("--prune takes a number of keys from 1, not \"%s\"", optarg) == 0;
    }
}

static bool read_option(struct arguments *arguments, int which)
{
    switch (which) {
    case BAKERY:
        arguments->bakery = optarg;
        return optarg[0] != '\0' || tell_usage("--bakery takes a folder, not \"\"") == 0;
    case JSON:
        return arguments->json = true;
    case QUIET:
        return arguments->quiet = true;
    default:
        return read_run_option(arguments, which);
    }
}

bool arguments_read(struct arguments *arguments, const struct command *command, int argc,
                    char **argv, unsigned takes, int operands)
{
    struct option options[KNOWN_COUNT + 1] = {{0}};
    size_t count = 0;
    int which;

    *arguments = (struct arguments){.bakery = "bakery", .executor = "threads"};
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (known[i].takes & takes)
            options[count++] = known[i].option;
    }
    opterr = 0;
    optind = 1;
    while ((which = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (which == '?' || which == ':')
            return unknown(command, options, which == ':', argv[optind - 1]);
        if (!read_option(arguments, which))
            return usage(command);
    }
    if (argc - optind < operands) {
        tell_usage("%.*s is missing", (int)strcspn(command->usage, " "), command->usage);
        return usage(command);
    }
    if (argc - optind > operands) {
        tell_usage("\"%s\" is one too many", argv[optind + operands]);
        return usage(command);
    }
    arguments->operand = operands > 0 ? argv[optind] : NULL;
    return true;
}

/* arguments.c: the options that commands share. */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 1024

enum { BAKERY = 256, EXECUTOR, WORKERS, MEMORY, PRUNE, JSON, QUIET, HELP };

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

static bool usage(const struct command *command, const char *format, const char *what)
{
    fputs("error: ", stderr);
    fprintf(stderr, format, what); // NOLINT(clang-diagnostic-format-nonliteral)
    fprintf(stderr, "\n       usage: forge %s %s\n", command->name, command->usage);
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

static bool read_option(struct arguments *arguments, const struct command *command, int which)
{
    uint64_t number = 0;

    switch (which) {
    case BAKERY:
        arguments->bakery = optarg;
        return true;
    case EXECUTOR:
        arguments->executor = optarg;
        return true;
    case WORKERS:
        if (!read_count(&number, optarg, WORKERS_MAX))
            return usage(command, "--workers takes a number from 1 to 1024, not \"%s\"",
                         optarg);
        arguments->workers = (unsigned)number;
        return true;
    case MEMORY:
        return forge_text_parse_bytes(&arguments->memory, optarg) ||
               usage(command, "--memory takes a size such as 256MiB or 2GB, not \"%s\"",
                     optarg);
    case PRUNE:
        arguments->prune = 2;
        return !optarg || read_count(&arguments->prune, optarg, UINT32_MAX) ||
               usage(command, "--prune takes a number, not \"%s\"", optarg);
    case JSON:
        return arguments->json = true;
    case QUIET:
        return arguments->quiet = true;
    default:
        return usage(command, "unknown option or missing value: \"%s\"", optarg);
    }
}

bool arguments_read(struct arguments *arguments, const struct command *command, int argc,
                    char **argv, unsigned takes, int needed, int operands)
{
    struct option options[KNOWN_COUNT + 1] = {{0}};
    size_t count = 0;
    int which, left;

    *arguments = (struct arguments){.bakery = "bakery", .executor = "threads"};
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (known[i].takes & takes)
            options[count++] = known[i].option;
    }
    opterr = 0;
    optind = 1;
    while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (which == '?')
            optarg = argv[optind - 1];
        if (!read_option(arguments, command, which))
            return false;
    }
    left = argc - optind;
    if (left < needed)
        return usage(command, "%s", "something is missing");
    if (left > operands)
        return usage(command, "\"%s\" is one too many", argv[optind + operands]);
    arguments->operand = left > 0 ? argv[optind] : NULL;
    arguments->second = left > 1 ? argv[optind + 1] : NULL;
    return true;
}

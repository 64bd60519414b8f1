/* arguments.c: the options that commands share. */
#include "cli/command.h"

#include "time/calendar.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 1024
#define PRUNE_DEFAULT 2
#define KEEP_DEFAULT 3
#define KEEP_MAX 1000000
#define GRACE_DEFAULT "30d"

enum { BAKERY = 256, EXECUTOR, WORKERS, MEMORY, PRUNE, JSON, QUIET, WHY, KEEP, GRACE, DRY_RUN };
enum { RESUME = 300, ONLY, DRIFT, DEADLINE, FAIL_FAST, TASK, FOLLOW };
enum { DEEP = 350, FRESH, DATA, DETAILED };

static const struct {
    struct option option;
    unsigned takes;
} known[] = {
    {{"bakery", required_argument, NULL, BAKERY}, TAKES_BAKERY},
    {{"executor", required_argument, NULL, EXECUTOR}, TAKES_RUN},
    {{"workers", required_argument, NULL, WORKERS}, TAKES_RUN | TAKES_WORKERS},
    {{"memory", required_argument, NULL, MEMORY}, TAKES_RUN | TAKES_MEMORY},
    {{"prune", optional_argument, NULL, PRUNE}, TAKES_RUN},
    {{"json", no_argument, NULL, JSON}, TAKES_JSON},
    {{"quiet", no_argument, NULL, QUIET}, TAKES_QUIET},
    {{"why", required_argument, NULL, WHY}, TAKES_WHY},
    {{"keep", required_argument, NULL, KEEP}, TAKES_GC},
    {{"grace", required_argument, NULL, GRACE}, TAKES_GC},
    {{"dry-run", no_argument, NULL, DRY_RUN}, TAKES_GC},
    {{"resume", required_argument, NULL, RESUME}, TAKES_BAKE},
    {{"only", required_argument, NULL, ONLY}, TAKES_BAKE},
    {{"drift", required_argument, NULL, DRIFT}, TAKES_BAKE},
    {{"deadline", required_argument, NULL, DEADLINE}, TAKES_BAKE},
    {{"fail-fast", no_argument, NULL, FAIL_FAST}, TAKES_BAKE},
    {{"task", required_argument, NULL, TASK}, TAKES_LOG},
    {{"follow", no_argument, NULL, FOLLOW}, TAKES_LOG},
    {{"deep", no_argument, NULL, DEEP}, TAKES_VERIFY},
    {{"fresh", no_argument, NULL, FRESH}, TAKES_VERIFY},
    {{"data", no_argument, NULL, DATA}, TAKES_DIFF},
    {{"detailed-exitcode", no_argument, NULL, DETAILED}, TAKES_DETAILED},
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

static bool read_gc_option(struct arguments *arguments, int which)
{
    switch (which) {
    case KEEP:
        if (strcmp(optarg, "0") == 0) {
            arguments->keep = 0;
            return true;
        }
        return read_count(&arguments->keep, optarg, KEEP_MAX) ||
               tell_usage("--keep takes a number of versions, not \"%s\"", optarg) == 0;
    case GRACE:
        arguments->grace = optarg;
        return true;
    default:
        return arguments->dry_run = true;
    }
}

static bool read_only(struct arguments *arguments)
{
    const char *equals = strchr(optarg, '=');

    arguments->only = optarg;
    return (equals && equals != optarg && equals[1]) ||
           tell_usage("--only takes a dimension and a range such as time=2004..2006, not "
                      "\"%s\"",
                      optarg) == 0;
}

static bool read_drift(struct arguments *arguments)
{
    arguments->drift = optarg;
    return strcmp(optarg, "accept") == 0 || strcmp(optarg, "fail") == 0 ||
           tell_usage("--drift takes accept or fail, not \"%s\"", optarg) == 0;
}

static bool read_deadline(struct arguments *arguments)
{
    struct forge_duration duration = {0};
    bool good = strcmp(optarg, "0") == 0 || (forge_duration_parse(&duration, optarg) &&
                                             duration.months == 0 && duration.us >= 1000);

    arguments->deadline_ms = good ? (uint64_t)duration.us / 1000 : 0;
    return good || tell_usage("--deadline takes a duration such as 90s, 2h or 0 for none, not "
                              "\"%s\"",
                              optarg) == 0;
}

/* What only some commands take. */
static bool read_rare_option(struct arguments *arguments, int which)
{
    switch (which) {
    case RESUME:
        arguments->resume = optarg;
        return true;
    case ONLY:
        return read_only(arguments);
    case DRIFT:
        return read_drift(arguments);
    case DEADLINE:
        return read_deadline(arguments);
    case FAIL_FAST:
        return arguments->fail_fast = true;
    case TASK:
        arguments->task = optarg;
        return true;
    case FOLLOW:
    case 'f':
        return arguments->follow = true;
    default:
        return read_run_option(arguments, which);
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
    case DEEP:
        return arguments->deep = true;
    case FRESH:
        return arguments->fresh = true;
    case DATA:
        return arguments->values = true;
    case WHY:
        arguments->why = optarg;
        return optarg[0] != '\0' || tell_usage("--why takes a reason, not \"\"") == 0;
    case KEEP:
    case GRACE:
    case DRY_RUN:
        return read_gc_option(arguments, which);
    case DETAILED:
        return arguments->detailed = true;
    default:
        return read_rare_option(arguments, which);
    }
}

/* The name of an operand, as the command's usage has it: "NAME", "[VERSION]". */
static bool tell_missing(const struct command *command, int operand)
{
    const char *at = command->usage;

    for (int i = 0; i < operand; i++)
        at += strcspn(at, " ") + 1;
    tell_usage("%.*s is missing", (int)strcspn(at, " "), at);
    return usage(command);
}

/* The name of an option that says how to bake, NULL for the others. */
static const char *how_to_bake(int which)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (known[i].option.val == which && which != RESUME &&
            (known[i].takes & (TAKES_RUN | TAKES_BAKE)))
            return known[i].option.name;
    }
    return NULL;
}

static bool read_operands(struct arguments *arguments, const struct command *command, int argc,
                          char **argv, int least, int most)
{
    if (arguments->resume)
        least = most = 0;
    if (argc - optind < least)
        return tell_missing(command, argc - optind);
    if (argc - optind > most) {
        tell_usage("\"%s\" is one too many", argv[optind + most]);
        return usage(command);
    }
    arguments->operand = argc > optind ? argv[optind] : NULL;
    arguments->second = argc > optind + 1 ? argv[optind + 1] : NULL;
    return true;
}

bool arguments_read_some(struct arguments *arguments, const struct command *command, int argc,
                         char **argv, unsigned takes, int least, int most)
{
    struct option options[KNOWN_COUNT + 1] = {{0}};
    size_t count = 0;
    const char *how = NULL;
    int which;

    *arguments = (struct arguments){.bakery = "bakery",
                                    .executor = "threads",
                                    .drift = "accept",
                                    .deadline_ms = DEADLINE_MS_DEFAULT,
                                    .keep = KEEP_DEFAULT,
                                    .grace = GRACE_DEFAULT};
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (known[i].takes & takes)
            options[count++] = known[i].option;
    }
    opterr = 0;
    optind = 1;
    while ((which = getopt_long(argc, argv, takes & TAKES_LOG ? ":f" : ":", options, NULL)) !=
           -1) {
        if (which == '?' || which == ':')
            return unknown(command, options, which == ':', argv[optind - 1]);
        if (!read_option(arguments, which))
            return usage(command);
        how = how ? how : how_to_bake(which);
    }
    if (arguments->resume && how) {
        tell_usage("--%s cannot go with --resume: a run goes on as it was asked for", how);
        return usage(command);
    }
    return read_operands(arguments, command, argc, argv, least, most);
}

bool arguments_read(struct arguments *arguments, const struct command *command, int argc,
                    char **argv, unsigned takes, int operands)
{
    return arguments_read_some(arguments, command, argc, argv, takes, operands, operands);
}

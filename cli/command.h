/* command.h: what a command of the command line is.
 *
 * To add one: <name>.c with a `const struct command command_<name>` and one line
 * in list.h. Only this folder knows of argv, signals, terminals and exit codes.
 */
#ifndef FORGE_CLI_COMMAND_H
#define FORGE_CLI_COMMAND_H

#include <stdatomic.h>

#include "base/error.h"
#include "recipe/recipe.h"

struct forge_run;
struct forge_scanners;

/* What the whole program shares; made once in main(). */
struct session {
    struct forge_scanners *scanners; /* NULL for commands that open no files */
    atomic_bool cancelled;           /* set by SIGINT and SIGTERM */
    bool terminal;                   /* standard error is one */
    bool colour;
};

struct command {
    const char *name;
    const char *usage;   /* what follows the name */
    const char *summary; /* one line */
    const char *help;    /* options, a line each; NULL: none */
    bool scans;          /* opens source files: wants scanners */

    /* argv[0] is the command's name. Returns the exit status. */
    int (*run)(struct session *session, int argc, char **argv);
};

const struct command *command_find(const char *name);
const struct command *const *command_all(void);

#define DEADLINE_MS_DEFAULT 3600000U /* of a task */

/* Options that several commands take; unset ones keep their defaults. */
struct arguments {
    const char *operand;  /* the first that is no option, or NULL */
    const char *second;   /* the next, or NULL */
    const char *bakery;   /* --bakery DIR */
    const char *executor; /* --executor NAME */
    unsigned workers;     /* --workers N; 0: as many as processors */
    uint64_t memory;      /* --memory SIZE; 0: half of the machine */
    uint64_t prune;       /* --prune[=N] */
    const char *why;      /* --why TEXT, or NULL */
    uint64_t keep;        /* --keep N */
    const char *grace;    /* --grace DURATION, as written */
    bool json, quiet, dry_run;
    const char *resume;   /* --resume RUN; then there is no operand */
    const char *only;     /* --only DIM=A..B */
    const char *drift;    /* --drift accept or fail */
    const char *task;     /* --task K */
    uint64_t deadline_ms; /* --deadline DURATION; 0: none */
    bool fail_fast, follow;
    bool deep, fresh; /* of verify */
    bool values;      /* --data of diff */
    bool detailed;    /* --detailed-exitcode */
};

/* Which of them a command takes. */
enum {
    TAKES_BAKERY = 1,
    TAKES_RUN = 2, /* executor, workers, memory, prune */
    TAKES_JSON = 4,
    TAKES_QUIET = 8,
    TAKES_WHY = 256,
    TAKES_GC = 512,       /* keep, grace, dry-run */
    TAKES_BAKE = 1 << 10, /* resume, only, drift, deadline, fail-fast */
    TAKES_LOG = 1 << 11,  /* task, follow */
    TAKES_WORKERS = 1 << 12,
    TAKES_MEMORY = 1 << 13,
    TAKES_VERIFY = 1 << 14, /* deep, fresh */
    TAKES_DIFF = 1 << 15,   /* data */
    TAKES_DETAILED = 1 << 16,
};

/* Fill `arguments`; false (told on standard error) when the line is wrong. So many operands
 * are needed: 0 or 1. */
bool arguments_read(struct arguments *arguments, const struct command *command, int argc,
                    char **argv, unsigned takes, int operands);

/* The same for a command that needs `least` operands and takes `most`: 0 to 2. */
bool arguments_read_some(struct arguments *arguments, const struct command *command, int argc,
                         char **argv, unsigned takes, int least, int most);

/* The clock of the machine, UTC. */
int64_t now_us(void);

/* Tell an error on standard error, and return the exit status that goes with it. */
int tell_error(const struct session *session, const struct forge_error *err);

/* The same; with `json` also {"error": {"text": .., "status": ..}} on standard output. */
int tell_failure(const struct session *session, const struct forge_error *err, bool json);

/* Tell what is wrong with the command line; returns the exit status 2. */
int tell_usage(const char *format, ...) FORGE_PRINTF(1, 2);

/* {"error": {"mistakes": [..], "run": .., "status": .., "text": .., ..}} on standard output;
 * `mistakes` is a JSON array, and that or the run may be NULL. */
void print_failure(const struct forge_error *err, const char *mistakes, const char *run);

/* The text of a recipe. */
struct recipe_text {
    const char *path; /* what messages call it; relative paths start in its folder */
    const char *bytes;
    size_t length;
    struct forge_error err; /* why it could not be read, where `bytes` is NULL */
};
void read_recipe(struct recipe_text *text, const char *path, struct forge_arena *arena);

/* Parse a recipe. On failure every mistake is in `people`, in `mistakes` as a JSON array, and
 * in the log of the run (may be NULL). */
bool load_recipe(struct forge_recipe *recipe, const struct recipe_text *text,
                 struct forge_run *run, struct forge_text *people, struct forge_text *mistakes,
                 const struct session *session, struct forge_error *err);

/* One line on standard error where the kernel cannot confine scanners wholly. */
void warn_of_sandbox(void);

/* Print to standard output. What fails is told by output_finish. */
void print(const struct forge_text *text);

/* Flush standard output; the exit status, not 0 when something printed was lost. */
int output_finish(int status);

#endif

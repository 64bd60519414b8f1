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

/* Options that several commands take; unset ones keep their defaults. */
struct arguments {
    const char *operand; /* the first one that is no option */
    const char *second;
    const char *bakery;   /* --bakery DIR */
    const char *executor; /* --executor NAME */
    unsigned workers;     /* --workers N; 0: as many as processors */
    uint64_t memory;      /* --memory SIZE; 0: half of the machine */
    uint64_t prune;       /* --prune[=N] */
    bool json, quiet;
};

/* Which of them a command takes. */
enum {
    TAKES_BAKERY = 1,
    TAKES_RUN = 2, /* executor, workers, memory, prune */
    TAKES_JSON = 4,
    TAKES_QUIET = 8,
};

/* Fill `arguments`; false (told on standard error) when the line is wrong. At most `operands`
 * (0 to 2) are taken and at least `needed`. */
bool arguments_read(struct arguments *arguments, const struct command *command, int argc,
                    char **argv, unsigned takes, int needed, int operands);

/* Tell an error on standard error, and return the exit status that goes with it. */
int tell_error(const struct session *session, const struct forge_error *err);

/* Load a recipe, telling every mistake. Returns 0 or the exit status. */
int load_recipe(const struct session *session, struct forge_recipe *recipe, const char *path,
                bool json);

/* Print to standard output; false when that fails (a closed pipe, a full disk). */
bool print(const struct forge_text *text);

#endif

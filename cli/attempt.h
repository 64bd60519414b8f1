/* attempt.h: one attempt of a run, from its begin to its end; `bake` and `retry` are this.
 *
 * The run begins before its recipe is looked at: whatever goes wrong from there
 * on is in its log, and it has an end.
 */
#ifndef FORGE_CLI_ATTEMPT_H
#define FORGE_CLI_ATTEMPT_H

#include "cli/command.h"

/* Bake what the operand names: a recipe, or a dataset of the bakery by the recipe that its
 * current version was made with. Returns the exit status. */
int attempt_first(struct session *session, const struct arguments *arguments);

/* Another attempt of a run, as it was asked for. */
int attempt_again(struct session *session, const struct arguments *arguments, const char *run);

#endif

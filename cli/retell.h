/* retell.h: what `status`, `log` and `cancel` say of a run. */
#ifndef FORGE_CLI_RETELL_H
#define FORGE_CLI_RETELL_H

#include "cli/command.h"
#include "run/runs.h"

/* Open the bakery and find the run that the operand names. */
bool retell_find(struct forge_run_info *run, struct forge_bakery *bakery,
                 struct forge_arena *arena, const struct arguments *arguments,
                 struct forge_error *err);

/* "2001-02-03 04:05:06", in UTC */
void retell_time(struct forge_text *out, int64_t time_us);

/* "1.2 s", "1:02:03": of the last attempt, up to now where it runs. Nothing where nobody knows.
 */
void retell_duration(struct forge_text *out, const struct forge_run_info *run);

/* Members of the JSON object of a run: all that `forge status --json` says of it; with `whole`
 * also what was asked for, what failed, and the report. */
void retell_json(struct forge_text *out, const struct forge_run_info *run, bool whole);

#endif

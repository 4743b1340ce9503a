/* `oncecheck runs`: what the run database holds. */
#ifndef ONCECHECK_CHECKER_COMMAND_RUNS_H
#define ONCECHECK_CHECKER_COMMAND_RUNS_H

#include "checker/command.h"
#include "reports/run_database.h"

int command_runs(const struct options *options, const struct environment *environment);

/* Open the run database to read. A file that is not there is not made: *database is NULL. */
enum status command_open_runs(const struct options *options, const struct environment *environment,
                              struct memory *memory, struct run_database **database,
                              struct error *error);

/* Whether `text` names a run and no file: a number, `last` (the newest) or `last-N` (the N-th
 * before it). */
bool command_names_run(const char *text);

/* The number of the run that `text` names. */
enum status command_find_run(struct run_database *database, const char *text, int64_t *id,
                             struct error *error);

#endif

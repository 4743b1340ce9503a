/* Recording runs: the run database as the commands use it. */
#ifndef ONCECHECK_CHECKER_COMMAND_RECORD_H
#define ONCECHECK_CHECKER_COMMAND_RECORD_H

#include "checker/command.h"
#include "reports/result.h"
#include "reports/run_database.h"

/* Where the run database is: --db, or the default place. NULL: --no-db, or there is no default. */
const char *command_database_file(const struct options *options,
                                  const struct environment *environment);

/* Open the run database to record into; its default folder is made. *database is NULL where runs
 * are not recorded. A database that was asked for with --db and cannot be opened is an error; for
 * the default one a warning is printed. */
enum status command_record_open(const struct options *options,
                                const struct environment *environment, struct memory *memory,
                                struct run_database **database, struct error *error);

/* The time of day in ms since 1970, UTC. */
int64_t command_now_ms(void);

/* What a command found. */
struct record_request {
    const char *command;
    int64_t started_ms;                      /* since 1970, of command_now_ms */
    const struct verification *verification; /* NULL: it failed */
    size_t puts;                             /* of the scenario */
    const struct found_violation *found;     /* the best first */
    size_t found_count;
    bool lists_violations;       /* all that there are were asked for */
    struct value steps;          /* of the lab, verified alone; VALUE_NONE: none */
    struct value determinism;    /* checker/determinism.h; VALUE_NONE: none */
    struct value coverage;       /* oncecheck-coverage/1; VALUE_NONE: none */
    const struct error *failure; /* where it failed, and the exit code of that */
    int exit_code;
};

/* The result of a verification that did not fail. */
struct value command_result(const struct record_request *request,
                            const struct result_runtime *runtime);

/* Record a run; its number goes into runtime->run, which the result holds too. A failure is no
 * error of the verification: it is printed as a warning, and runtime->run is 0. */
void command_record(struct run_database *database, const struct run *run,
                    const struct record_request *request, struct result_runtime *runtime);

#endif

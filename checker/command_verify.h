/* What `oncecheck verify` holds while it runs, and what it prints for people. */
#ifndef ONCECHECK_CHECKER_COMMAND_VERIFY_H
#define ONCECHECK_CHECKER_COMMAND_VERIFY_H

#include "checker/command.h"
#include "checker/coverage.h"
#include "checker/lowering.h"
#include "checker/options.h"
#include "checker/process_memory.h"
#include "checker/run.h"
#include "checker/verify.h"
#include "checker/verify_checkpoint.h"
#include "model/base/memory.h"
#include "model/base/text.h"
#include "model/base/value.h"
#include "reports/result.h"
#include "reports/run_database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Distinct causes that are shown; of further ones it is said that there are more. */
enum { VIOLATIONS_FOUND_MAX = 64, PROGRAM_TEXT_SIZE = 64 };

struct verified_step;

struct verify_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct run_request request;
    struct run *run;
    struct verification verification;
    double started_s;
    int64_t started_ms; /* since 1970 */
    double shown_s;
    unsigned polls;
    struct verify_checkpoint checkpoint;
    struct process_memory_watch hosts_memory;
    bool hosts_exceed;               /* was seen, and the hosts have not been told yet */
    unsigned side_by_side;           /* verifications whose hosts this process has; 0 counts as 1 */
    double checkpoint_s;             /* when the last one was written, or the search began */
    char program[PROGRAM_TEXT_SIZE]; /* which oncecheck and interpreter, for search checkpoints */
    bool progress_shown;
    bool replay_once; /* each counterexample, instead of twice */
    /* Folder of a handler cache that replays alone write to: what fresh processes did in replays
     * before need not be done again. NULL: there is none. */
    const char *replay_cache;
    size_t puts_found; /* in the scenario; a counterexample may need fewer */
    struct found_violation found[VIOLATIONS_FOUND_MAX];
    size_t found_count;
    struct coverage coverage;
    struct value reached;          /* the coverage as JSON */
    struct run_database *database; /* NULL: the run is not to be recorded */
    bool recorded;
    struct verified_step *steps;              /* of the lab; NULL: not asked for */
    struct value determinism;                 /* checker/determinism.h; VALUE_NONE: not asked for */
    struct lowering lowerings[LOWERINGS_MAX]; /* for -v */
    size_t lowering_count;
};

/* For searches: whether to go on; shows progress. `context` is the command. */
enum search_stop verify_poll(void *context, const struct search_progress *progress);

/* Have the hosts of the request's functions keep within the command's memory. */
void verify_limit_hosts(struct verify_command *command);

/* Fill `found` from a verification that is violated: each counterexample with as few puts as it
 * needs, replayed in fresh processes. One of each cause where all are wanted, else the best alone.
 * Errors: out of memory; NONDETERMINISTIC: a replay differs. */
enum status verify_collect(struct verify_command *command, const struct verify_options *search,
                           struct error *error);

/* To standard output: scenario, functions, pipeline, faults, reductions. Errors: a write fails. */
enum status verify_print_start(struct verify_command *command, struct error *error);

/* One line on standard error, rewritten at each call. */
void verify_show_progress(struct verify_command *command, const struct search_progress *progress,
                          double now_s);

/* To standard output: the verdict and what it rests on. Errors: a write fails. */
enum status verify_print_result(struct verify_command *command,
                                const struct result_runtime *runtime, struct error *error);

#endif

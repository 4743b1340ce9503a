/* Many verifications of one solution that differ in a few options: each in a process of its own, as
 * many at a time as there are workers, over one handler cache. */
#ifndef ONCECHECK_CHECKER_COMMAND_VERIFY_JOBS_H
#define ONCECHECK_CHECKER_COMMAND_VERIFY_JOBS_H

#include "checker/command.h"
#include "checker/verify_process.h"
#include "model/base/value.h"

enum { VERIFY_JOB_OPTIONS_MAX = 32, VERIFY_JOBS_OVERTIME_S = 60, VERIFY_JOBS_SLOTS_MAX = 64 };

struct verify_job {
    const char *options[VERIFY_JOB_OPTIONS_MAX]; /* further ones of verify, each a word */
    size_t option_count;
    /* What came of it; texts are the store's or the arena's. */
    struct value result; /* oncecheck-result/1; VALUE_NONE: there is none */
    const char
        *verdict; /* "error" also where there is no result; "": an interrupt kept it from one */
    const char *reason; /* why there is no verdict; "" where there is one */
    struct verify_process child;
    bool running;
};

struct verify_jobs {
    const struct options *options; /* of verify, that all have; --time-limit is that of each */
    const struct environment *environment;
    struct memory *memory;
    struct arena *arena;
    struct value_store *store;
    struct verify_job *jobs;
    size_t count;
};

/* Run them all, or until an interrupt. Progress goes to standard error where it is wanted. */
enum status verify_jobs_run(struct verify_jobs *jobs, struct error *error);

#endif

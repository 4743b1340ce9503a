/* Replaying a trace, for `oncecheck replay` and to check a counterexample before it is printed. */
#ifndef ONCECHECK_CHECKER_COMMAND_REPLAY_H
#define ONCECHECK_CHECKER_COMMAND_REPLAY_H

#include "checker/replay.h"
#include "checker/verify.h"
#include "reports/trace_file.h"

struct replay_report {
    struct arena arena;           /* the trace's texts live as long as the run made from them */
    struct value_store *recorded; /* the trace's values */
    struct run *run;
    struct workload workload;
    struct world *world;
    struct counterexample counterexample;
    struct replay_outcome outcome;
    size_t step_count;      /* recorded */
    bool same_code;         /* the digests of all functions are those recorded */
    size_t first_different; /* the first step that is not as recorded; SIZE_MAX: all are the same */
    bool violated;
    struct search_violation violation; /* what is wrong at the end that the last state leads to */
    struct value steps;
    struct value described; /* the violation as a value; VALUE_NONE: nothing is wrong */
};

/* Replay a trace's bytes in a run of its own: fresh values, fresh handlers. `request` gives memory,
 * folders, Python and overrides; the rest is the trace's. The solution is `solution` or, if NULL,
 * the trace's. */
enum status replay_trace(const char *bytes, size_t length, const char *file, const char *solution,
                         const struct run_request *base, struct replay_report *report,
                         struct error *error);
void replay_report_release(struct replay_report *report);

#endif

/* Which lines and branches of the Python functions ran in all that a search has explored.
 *
 * The search itself notes no lines. After it leaves of each function's handler tree are run once
 * more, in a host that notes them: so a line costs one run for all the states and schedules that
 * come to it. Leaves that differ in what requests and answers contain only (calls are made at the
 * same lines, and answered in the same way) are run once, besides one for each of some events. What
 * ran before a leaf's first call, an interrupted invocation's included, is part of some leaf. A
 * leaf counts for the lowest level of faults at which the search came to it; a line that only
 * leaves above level 0 run, ran only after a fault. */
#ifndef ONCECHECK_CHECKER_LINE_COVERAGE_H
#define ONCECHECK_CHECKER_LINE_COVERAGE_H

#include "checker/coverage.h"
#include "checker/run.h"

enum {
    LINE_COVERAGE_EVENTS_MAX = 64, /* of one function that are run for their contents alone */
    LINE_COVERAGE_RUNS_MAX = 4000  /* leaves of one function; more are left out, and it is said */
};

/* `coverage` is that of the run's searches. *files gets a LIST with a MAP per file of a function:
 * "function", "file", "digest" (of the text), "text", "partial" (leaves were left out), "functions"
 * (LIST of MAP {"name", "line", "end", "count"}), "lines" (LIST of MAP {"line", "count", "faults",
 * "path"}) and "branches" (LIST of MAP {"line", "to", "count", "faults"}; "to" is the first line of
 * what a test leads into, or 0 for the other way). "count" is a number of leaves, "faults" the
 * lowest level of faults, "path" what happened on the shortest way there. Functions that are not
 * Python have no files. Errors are those of the hosts. */
enum status line_coverage_collect(struct run *run, const struct coverage *coverage,
                                  struct value *files, struct error *error);

#endif

/* Traces: a counterexample as a value, `oncecheck-trace/1` of docs/interface.md.
 *
 * A trace holds all that a replay needs but the functions' code: scenario and template in full,
 * faults, valuation, digests of the code, and every step with what was sent, answered and
 * changed. */
#ifndef ONCECHECK_REPORTS_TRACE_H
#define ONCECHECK_REPORTS_TRACE_H

#include "checker/counterexample.h"
#include "checker/run.h"

#define TRACE_FORMAT "oncecheck-trace/1"

enum { TRACE_FILE_SIZE_MAX = 256 << 20, TRACE_STEPS_MAX = 1000000 };

/* What a violation says: property, summary, messages and aggregates with expected and actual, the
 * code position of the last call that changed an aggregate. The "violation" of result and trace. */
struct value violation_value(const struct run *run, struct world *world,
                             const struct counterexample *counterexample,
                             const struct search_violation *violation);

/* The whole trace. `world` merges nothing. */
struct value trace_value(const struct run *run, struct world *world,
                         const struct counterexample *counterexample, enum valuation valuation,
                         struct value violation, const struct search_violation *found);

/* The steps alone: a LIST. Also used to compare a replay with its trace. */
struct value trace_steps(struct world *world, const struct counterexample *counterexample);

#endif

/* Why it happened, as far as the steps themselves tell: found from what was written, by whom and
 * from which records (reports/ledger.h), and from what the aggregates held after each step; not
 * from a list of known mistakes. */
#ifndef ONCECHECK_REPORTS_EXPLANATION_H
#define ONCECHECK_REPORTS_EXPLANATION_H

#include "checker/counterexample.h"
#include "model/property.h"

/* Put into a violation, beside "code" where the step is known whose call is to be changed:
 *   "function"    the function whose step that is, or null
 *   "cause"       one sentence, or null where the steps tell nothing beyond what they say one by
 * one "defence"     what would have prevented it, or null where that is not known "key_steps"   the
 * few steps that matter, in order: LIST of {"n", "why"} "counted_at"  LIST of {"n", "trade",
 * "version", "from", "to"}: after which steps the aggregates count a message otherwise than before
 * `steps` as trace_steps makes them. VALUE_NONE: no memory. */
struct value explanation_put(struct world *world, const struct counterexample *counterexample,
                             struct value steps, const struct search_violation *found,
                             struct value violation);

#endif

/* What surrounds a trace's steps, for whoever reads them without the code at hand: the state at the
 * start, what else could have happened before each step, and the functions' source files that the
 * steps point into. Nothing here is needed to replay. */
#ifndef ONCECHECK_REPORTS_TRACE_CONTEXT_H
#define ONCECHECK_REPORTS_TRACE_CONTEXT_H

#include "checker/counterexample.h"
#include "checker/run.h"

/* Bytes of one source file; a larger one is left out. */
enum { TRACE_SOURCE_SIZE_MAX = 1 << 18 };

/* Put "initial" (a snapshot), "choices" (a LIST of {"actor", "action", "fault", "summary"}) and
 * "enabled" (for each step a LIST of indices into choices: what could have happened instead of it)
 * into a trace. `world` merges nothing and has expanded these states before. */
struct value trace_put_context(struct world *world, const struct counterexample *counterexample,
                               struct value trace);

/* Put "sources", function -> file -> text, for every file that a code position of `steps` names. A
 * file that cannot be read, is too large or is no UTF-8 text is left out. */
struct value trace_put_sources(const struct run *run, struct value steps, struct value trace);

#endif

/* A trace for what went wrong in a simulation.
 *
 * A simulation of millions of messages is nothing to replay step by step. Instead the messages of
 * the trade that went wrong first become a scenario, beside one other trade, with the failures of
 * their lab, and the search looks for the shortest execution that goes wrong with these. What it
 * finds is a counterexample like any other, and not the course that the simulation took. */
#ifndef ONCECHECK_CHECKER_COMMAND_SIMULATE_TRACE_H
#define ONCECHECK_CHECKER_COMMAND_SIMULATE_TRACE_H

#include "checker/run.h"
#include "checker/verify.h"
#include "model/simulation.h"

/* The scenario's text, the arena's; NULL: no memory. */
const char *simulate_scenario(const struct wrong_message *wrong, struct arena *arena);

/* Search, and append the trace as JSON text to `trace`; nothing where there is none. *told, the
 * arena's, says what came of it. Of `base`, what says where pipeline and code come from is used.
 * `options` are those of the search. */
enum status simulate_find_trace(const struct wrong_message *wrong, const struct run_request *base,
                                const struct verify_options *options, struct arena *arena,
                                struct text *trace, const char **told, struct error *error);

#endif

/* The explored graph for Graphviz, up to a size: first the states of the counterexample, then those
 * around them, breadth-first from the initial state, with every transition between states that are
 * shown. Of transitions to states that are not, each state says how many there are. */
#ifndef ONCECHECK_REPORTS_DOT_H
#define ONCECHECK_REPORTS_DOT_H

#include "checker/counterexample.h"
#include "model/base/text.h"

enum { DOT_STATES_MAX = 2000, DOT_STATES_DEFAULT = 200 };

/* `world` is the counterexample's, which merges nothing. `states_max`: at most DOT_STATES_MAX; the
 * counterexample's own states are shown even where they are more. */
enum status dot_append(struct text *text, struct world *world,
                       const struct counterexample *counterexample, size_t states_max,
                       struct error *error);

#endif

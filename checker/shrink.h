/* Shrinking: a violating run of the random search is cut down to what it needs.
 *
 * A candidate is the run's actions with some left out. It is replayed: what is not enabled any more
 * is passed over (of a batch, a smaller one is taken), and what is left undone at its end is done
 * in a fixed order, without faults. It is kept where that ends in a violation of the same property
 * and the candidate is smaller: it has fewer faults, or as many and fewer puts, or as many of both
 * and fewer actions, or follows fewer of the run's own. First faults are left out one by one, then
 * puts, then the actions in ever smaller pieces (A. Zeller, R. Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002), all of it until nothing can be left out
 * any more. So the result is minimal locally: there may be another violation that is smaller. */
#ifndef ONCECHECK_CHECKER_SHRINK_H
#define ONCECHECK_CHECKER_SHRINK_H

#include "checker/verify.h"

enum { SHRINK_CANDIDATES_MAX = 20000 };

/* Shrink the path of a violation found in a world of `valuation`, and make the result the
 * verification's counterexample; the run's messages are left with the copies that it needs.
 * verification->sampling gets the sizes before and after. */
enum status verify_shrink(struct verification *verification, const struct verify_options *options,
                          enum valuation valuation, const struct search_result *path,
                          struct error *error);

#endif

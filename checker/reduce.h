/* Fewer messages: a counterexample found with all of a scenario's puts usually needs only some of
 * them.
 *
 * Puts are left out one after the other, from the last, as long as an exhaustive search with no
 * more faults still finds a violation of the same property; until none can be left out. Every
 * result is found by a search of its own, so the counterexample stays the shortest for what is
 * left. */
#ifndef ONCECHECK_CHECKER_REDUCE_H
#define ONCECHECK_CHECKER_REDUCE_H

#include "checker/verify.h"

/* Make the verification's counterexample one with fewer puts, where there is one.
 * `verification->violated` must be true. The run's messages are left with the copies that the
 * counterexample needs. A limit or an interrupt on the way only ends the reduction. */
enum status verify_reduce(struct verification *verification, const struct verify_options *options,
                          struct error *error);

#endif

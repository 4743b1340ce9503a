/* A run made anew, so that memory does not grow with what a long search has met: all values,
 * handler trees and worlds are forgotten, and what is known of the functions and was covered is
 * carried over. */
#ifndef ONCECHECK_CHECKER_RENEW_H
#define ONCECHECK_CHECKER_RENEW_H

#include "checker/coverage.h"
#include "checker/run.h"

/* Make the run's contents again from its request. Every value and world made before is void;
 * `facts`, and `coverage` (may be NULL) but for its nodes, hold values of the new store. An error
 * leaves a run that can only be destroyed. Functions whose code has changed meanwhile are one. */
enum status renew_run(struct run *run, struct world_facts *facts, struct coverage *coverage,
                      struct error *error);

#endif

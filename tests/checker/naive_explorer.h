/* A search without any idea: every (state, faults used), breadth-first, in arrays of its own; ends
 * by definition, as bottom components of the fault-free graph. What checker/explorer.c is compared
 * with. */
#ifndef ONCECHECK_TESTS_CHECKER_NAIVE_EXPLORER_H
#define ONCECHECK_TESTS_CHECKER_NAIVE_EXPLORER_H

#include "model/world.h"
#include "tests/checker/ends.h"

struct naive_result {
    size_t states;      /* distinct ones, however many faults they took */
    size_t transitions; /* of these */
    /* The best end: fewest faults, then fewest transitions. A cycle counts from the state that
     * tries its batch again. */
    uint32_t best_faults;
    uint32_t best_depth;
};

/* Fill `ends` (sorted) with all that at most `fault_limit` faults reach. `world` merges nothing and
 * takes the actions of all stages. False: more than states_max (state, faults). */
bool naive_explore(struct world *world, uint32_t fault_limit, size_t states_max, struct ends *ends,
                   struct naive_result *result);

#endif

/* A search without any idea: every (state, faults used), breadth-first, in arrays of its own; ends
 * by definition, as bottom components of the fault-free graph. What checker/explorer.c is compared
 * with.
 *
 * Options make it search less, or wrongly: so are conditions of reductions broken on purpose. */
#ifndef ONCECHECK_TESTS_CHECKER_NAIVE_EXPLORER_H
#define ONCECHECK_TESTS_CHECKER_NAIVE_EXPLORER_H

#include "model/action.h"
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

struct naive_options {
    uint32_t fault_limit;
    size_t states_max; /* (state, faults) */
    /* Called for every one of them with what can happen there; may shorten the list. */
    void (*filter)(void *context, const uint32_t *state, uint32_t faults,
                   struct transition_list *list);
    void *context;
    bool ignores_news; /* goes on with what it has found where facts have changed */
    bool ignores_caps; /* how often capped faults have happened is no part of a state */
};

/* For filters: leave of the list only those transitions i with kept[i]. */
void naive_keep(struct transition_list *list, const bool *kept);

/* Fill `ends` (sorted) with all that at most so many faults reach. `world` merges nothing and takes
 * the actions of all stages. False: more than states_max (state, faults). */
bool naive_explore(struct world *world, const struct naive_options *options, struct ends *ends,
                   struct naive_result *result);

#endif

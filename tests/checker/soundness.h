/* Reductions compared with a search without any: do they reach the same ends with as few faults? */
#ifndef ONCECHECK_TESTS_CHECKER_SOUNDNESS_H
#define ONCECHECK_TESTS_CHECKER_SOUNDNESS_H

#include "checker/explorer.h"
#include "tests/checker/generated_instance.h"
#include "tests/checker/naive_explorer.h"

/* What a search leaves out. */
enum reduction {
    REDUCTION_NONE,
    REDUCTION_MERGE,
    REDUCTION_STAGES,
    REDUCTION_TURNS, /* and stages */
    REDUCTION_DEAD_DATA,
    REDUCTION_ALL,
    REDUCTION_COUNT
};

enum { SOUNDNESS_STATES_MAX = 1200 };

struct world *reduced_world(struct rig *rig, enum reduction reduction);

/* Of the rig's scenario, stopping at the first violation. */
struct search_options search_options_of(const struct rig *rig);

/* explore, which must succeed; the path in the result is released. */
void search(struct world *world, const struct search_options *options,
            struct search_result *result);

/* All ends that a search with these reductions finds, sorted; ends_init is done here. Limits other
 * than the scenario's do not matter to it. */
void reduced_ends(struct rig *rig, enum reduction reduction, uint32_t fault_limit,
                  struct ends *ends, struct search_result *result);

/* What is known of an instance without reductions. */
struct reference {
    struct rig rig;
    struct ends ends;
    struct ends aggregates; /* the same without the other tables */
    struct naive_result result;
    bool small; /* else nothing is known */
};

void reference_init(struct reference *reference, const struct instance *instance,
                    size_t states_max);
void reference_release(struct reference *reference);

/* Compare all reductions; false: more (state, faults) than states_max. What differs is logged, and
 * *same becomes false. */
bool compare_reductions(const struct instance *instance, size_t states_max, const char *label,
                        bool *same);

/* The same for instances from seeds, leaving out those that are too big, until `count` have been
 * compared; fails where one differs. The environment may say otherwise: ONCECHECK_INSTANCES is a
 * number in place of `count`, ONCECHECK_STATES in place of SOUNDNESS_STATES_MAX, ONCECHECK_FIRST
 * the seed to begin with in place of 1. */
void compare_generated(void (*generate)(struct instance *instance, uint64_t seed), size_t count);

/* The same for one that must not be too big. */
void compare_by_hand(const struct instance *instance);

/* Two stages, two puts of different trades, one crash. */
struct instance two_stages(const char *first, const char *second);

#endif

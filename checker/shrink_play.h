/* Replays of the candidates of checker/shrink.c. */
#ifndef ONCECHECK_CHECKER_SHRINK_PLAY_H
#define ONCECHECK_CHECKER_SHRINK_PLAY_H

#include "checker/steps.h"
#include "checker/verify.h"

enum { SHRINK_ACTIONS_MAX = 200000 }; /* in a replay; one that takes more is given up */

struct played_action {
    struct action action;
    uint32_t cost; /* faults: 0 or 1 */
    bool followed; /* one of the candidate's; else it was left undone at its end */
};

struct action_list {
    struct played_action *items;
    size_t count;
    size_t capacity;
};

/* A world in which candidates are replayed, without the reductions that make states unreachable
 * when something upstream of them is left out. */
struct shrink_stage {
    struct run *run;
    enum valuation valuation;
    struct world_facts *facts; /* what is known of the functions; grows */
    struct workload workload;
    struct world *world; /* NULL: not made yet */
    struct expansion_memo *memo;
    struct steps steps;
    uint32_t *slots;
};

/* Make the world for the run's messages as they are now, in place of the one there is. */
enum status shrink_stage_set(struct shrink_stage *stage, struct error *error);
void shrink_stage_release(struct shrink_stage *stage);

/* What became of a candidate. */
struct played {
    struct action_list actions; /* that were taken, up to the violation */
    bool violated;
    struct search_violation violation;
    /* actions before the state in which a message is counted twice for the first time; SIZE_MAX */
    size_t twice;
};

/* Replay `candidate`; actions with skip[i] true are left out (skip may be NULL). Violated: the
 * property is `wanted->property`, and it is stuck where that is. */
enum status shrink_play(struct shrink_stage *stage, const struct action_list *candidate,
                        const bool *skip, const struct search_violation *wanted,
                        struct played *played, struct error *error);

void action_list_release(struct action_list *list, struct memory *memory);
bool action_list_add(struct action_list *list, struct memory *memory,
                     const struct played_action *action);

#endif

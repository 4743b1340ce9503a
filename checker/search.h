/* One search under way, shared by explorer.c, cycles.c and path.c. */
#ifndef ONCECHECK_CHECKER_SEARCH_H
#define ONCECHECK_CHECKER_SEARCH_H

#include "checker/explorer.h"

/* A growing array of state indices. */
struct state_list {
    uint32_t *items;
    size_t count;
    size_t capacity;
};

struct search {
    struct world *world;
    const struct search_options *options;
    struct search_result *result;
    struct visited_set *visited;
    struct transition_list transitions;
    uint32_t *slots; /* of the state being expanded */
    struct state_list frontier;
    struct state_list next;    /* the frontier of the next depth */
    struct state_list waiting; /* this level's states reached by a fault, in order of depth */
    struct state_list delayed; /* the same of the next level */
    size_t waiting_position;
    struct state_list
        retried; /* this level's states with a fault-free retry: cycles may begin there */
    uint32_t level;
    uint32_t depth;
    bool limit_left_states; /* at the fault limit some fault led to a state not visited */
    uint32_t cut_attempts;  /* double counts followed to an end that came right */
};

enum status state_list_add(struct memory *memory, struct state_list *list, uint32_t state,
                           struct error *error);
void state_list_release(struct memory *memory, struct state_list *list);

/* Note a violation at `state` if it comes before the one known: fewer faults, then fewer
 * transitions. */
void search_note_violation(struct search *search, const struct search_violation *violation);

/* What is wrong at an end; PROPERTY_COUNT: nothing that the scenario asks for. */
enum property search_judge_end(struct search *search, const uint32_t *state, bool stuck);

/* Find the cycles of this level that nothing leaves and judge them. */
enum status search_judge_cycles(struct search *search, struct error *error);

/* Fill the result's path to its violation. */
enum status search_trace_path(struct search *search, struct error *error);

#endif

/* One search under way, shared by explorer.c, round*.c, judge.c, cycles.c and path.c. */
#ifndef ONCECHECK_CHECKER_SEARCH_H
#define ONCECHECK_CHECKER_SEARCH_H

#include "checker/explorer.h"
#include "checker/state_list.h"
#include "checker/state_tree.h"
#include "checker/visited_set.h"
#include "checker/workers.h"
#include "model/expansion_memo.h"

struct violation_classes;
struct round; /* what a round needs, kept between rounds */

struct search {
    struct world *world;
    const struct search_options *options;
    struct search_result *result;
    struct memory *memory;
    struct archive *resumed; /* to be read when the search begins; NULL: nothing, or it has been */
    struct workers *workers;
    struct expansion_memo *memo;
    struct state_tree *tree;
    struct visited_set *visited;
    struct round *round;
    struct transition_list transitions;
    struct unfolded_state unfolded; /* of the thread that began the search */
    struct state_list frontier;
    struct state_list next;    /* the frontier of the next depth */
    struct state_list waiting; /* this level's states reached by a fault, in order of depth */
    struct state_list delayed; /* the same of the next level */
    /* waiting_ends[d] is where the states of depth d end in `waiting`; so for delayed. */
    size_t *waiting_ends;
    size_t waiting_depths;
    size_t waiting_capacity;
    size_t *delayed_ends;
    size_t delayed_depths;
    size_t delayed_capacity;
    size_t waiting_position;
    /* this level's states with a fault-free retry: cycles may begin there */
    struct state_list retried;
    size_t level_counts[VISITED_PARTITIONS]; /* states in each when the level began */
    size_t position;                         /* in the frontier: where the next round begins */
    size_t marked_expansions;                /* see checker/search_checkpoint.h */
    uint32_t level;
    uint32_t depth;
    bool limit_left_states; /* at the fault limit some fault led to a state not visited */
    uint32_t cut_attempts;  /* double counts followed to an end that came right */
    struct violation_classes *classes; /* NULL: only the best violation is wanted */
    bool corrects; /* with classes: a double count came right, so none is the end of its way */
};

/* Expand part of the frontier: states first .. first + count - 1 of it. New states are added to
 * next and delayed. Where *stop is set to anything but SEARCH_COMPLETE, or facts of the world have
 * changed, only part of that may have been done. */
enum status search_round(struct search *search, size_t first, size_t count, enum search_stop *stop,
                         struct error *error);
enum {
    SEARCH_ROUND_STATES = 8192,
    SEARCH_RETRIES_MAX = 1000 /* states of a level with a retry: beyond, failures are counted */
};

struct round *round_create(struct memory *memory, unsigned workers); /* NULL: no memory */
void round_destroy(struct search *search);

enum status search_no_memory(struct error *error);

/* The slots of a list's state, until the next call. */
const uint32_t *search_slots(struct search *search, const struct state_list *list, size_t index);

/* What the visited set knows a state by. */
struct state_key {
    uint64_t key;
    uint64_t hash;
};

/* Of a state that may have been visited; false: it has not. */
bool search_key(struct search *search, const uint32_t *slots, struct state_key *key);

/* Transitions from the initial state, by the visited set's parents. */
uint32_t search_depth_of(const struct search *search, uint32_t state);

/* SEARCH_COMPLETE: go on. */
enum search_stop search_should_stop(struct search *search);

/* True: do not stop at the first violation. */
bool search_goes_on(const struct search *search);

/* Note a violation in the state with these slots if it comes before the one known, or known of its
 * class: fewer faults, then fewer transitions. */
void search_note_violation(struct search *search, const struct search_violation *violation,
                           const uint32_t *slots);

/* What is wrong at an end; PROPERTY_COUNT: nothing that the scenario asks for. */
enum property search_judge_end(struct search *search, const uint32_t *slots, bool stuck);

/* A visited state may have to be judged: it is not known to be right, or it is known to be wrong in
 * something that the scenario asks for. Several threads may ask at once. */
bool search_must_judge(const struct search *search, const uint32_t *slots);

/* Where all violations are wanted, a way that has come to a double count is not followed further:
 * what comes after it has no cause of its own, and could go on for ever. Several threads may ask at
 * once. Where a double count turns out to be put right later, the search begins again without
 * this. */
bool search_cuts(const struct search *search, const uint32_t *slots);

/* Judge the properties of states that are no ends. */
enum status search_judge_visited(struct search *search, uint32_t state, const uint32_t *slots,
                                 struct error *error);

/* A state without fault-free transitions. */
void search_judge_terminal(struct search *search, uint32_t state, const uint32_t *slots);

/* Find the cycles of this level that nothing leaves and judge them. */
enum status search_judge_cycles(struct search *search, struct error *error);

/* Fill the result's path to its violation. */
enum status search_trace_path(struct search *search, struct error *error);

#endif

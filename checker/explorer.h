/* Exhaustive search of one world: breadth-first, fewest faults first.
 *
 * States are taken in order of (faults, transitions): a 0-1 breadth-first search (R. Dial, CACM
 * 12(11), 1969) in which only faults cost. A state reached with fewer faults covers the same state
 * reached with more, since faults are optional; so the number of faults is no part of a state, the
 * first visit of a state is its best, and the first counterexample has the fewest faults and, among
 * those, the fewest transitions. When one more fault reaches no new state, no number of further
 * faults can: the result is `saturated`.
 *
 * An end is a bottom component of the fault-free graph: a state with no transition but faults, or a
 * cycle of fault-free transitions that nothing leaves (a shard that is stuck; found by
 * checker/cycles.c after each level of faults). Properties are judged at ends. A message counted
 * twice in any visited state is followed without further faults to an end, and reported there and
 * then if that end is wrong too. */
#ifndef ONCECHECK_CHECKER_EXPLORER_H
#define ONCECHECK_CHECKER_EXPLORER_H

#include "checker/coverage.h"
#include "checker/diagnosis.h"
#include "model/action.h"
#include "model/property.h"

#include <stdbool.h>
#include <stdint.h>

/* Levels of faults; a search that needs more ends at this limit. */
#define SEARCH_FAULTS_MAX UINT16_MAX

#define SEARCH_STOPS(X)                                                                            \
    X(SEARCH_COMPLETE, "complete")                                                                 \
    X(SEARCH_FAULT_LIMIT, "fault limit")                                                           \
    X(SEARCH_STATE_LIMIT, "--max-states reached")                                                  \
    X(SEARCH_MEMORY_LIMIT, "memory limit reached")                                                 \
    X(SEARCH_TIME_LIMIT, "time limit reached")                                                     \
    X(SEARCH_INTERRUPTED, "interrupted")                                                           \
    X(SEARCH_OUTBID, "a shorter counterexample is known")                                          \
    X(SEARCH_VOID, "the state it began from is void")

/* Why a search without a violation ended. */
enum search_stop {
#define SEARCH_STOP_ENUM(stop, text) stop,
    SEARCH_STOPS(SEARCH_STOP_ENUM)
#undef SEARCH_STOP_ENUM
};

struct search_progress {
    uint64_t runs; /* of a random search; then only transitions is set besides */
    uint64_t states;
    uint64_t transitions;
    uint64_t frontier; /* states waiting to be expanded, at this depth and level */
    uint32_t depth;
    uint32_t faults; /* the level being explored */
};

struct search_result;
struct search;
struct archive;

struct search_options {
    /* The state to begin from; NULL: nothing has happened yet. Where the search learns something
     * that voids all states known so far, it cannot begin again from this one and ends with
     * SEARCH_VOID. */
    const uint32_t *initial;
    uint32_t fault_limit; /* FAULT_UNLIMITED: any number, up to SEARCH_FAULTS_MAX */
    /* With on_violation, the same from the first violation on: what is counted wrongly can often be
     * counted wrongly for ever, and the search would not end. UINT32_MAX: no other limit. */
    uint32_t fault_limit_violated;
    uint64_t states_max;
    unsigned workers; /* threads; 0 counts as 1. No result depends on their number. */
    /* Know states by 64-bit fingerprints: less memory and time, but states that share one are taken
     * for the same (see search_miss_probability). */
    bool fingerprints;
    /* Called often; returns SEARCH_COMPLETE to go on, else why to stop. NULL: never asked. */
    enum search_stop (*poll)(void *context, const struct search_progress *progress);
    void *context;
    /* Called after each round, and where `last` for the last time that this round can be written:
     * the search stops, perhaps in the middle of it, or keys get a form in which what there was
     * cannot be said. The time to write a search checkpoint (checker/search_checkpoint.h). NULL:
     * there are none. */
    enum status (*checkpoint)(void *checkpoint_context, struct search *search, bool last,
                              struct error *error);
    void *checkpoint_context;
    struct archive *resumed; /* a search checkpoint to go on from; NULL: begin */
    /* Called for every end: a state without fault-free transitions, or (stuck) each state of a
     * cycle that nothing leaves, with the faults it took. A search that begins again, for what it
     * has learnt, has called it for ends that are void. For tests and reports; NULL: not called. */
    void (*on_end)(void *context, const uint32_t *state, uint32_t faults, bool stuck);
    struct diagnosis *diagnosis; /* of this world; counts what multiplies the states. NULL: none */
    struct coverage *coverage;   /* gets what the search has reached; NULL: nothing */
    bool go_on;                  /* look for every end: do not stop at the first violation */
    /* Look for every end, and call this once the search is over for the best violation of each
     * class (checker/violation_classes.h), the best of all first: `result` holds its path, for the
     * time of the call. NULL: not asked for. */
    enum status (*on_violation)(void *violation_context, const struct world *world,
                                const struct search_result *result, struct error *error);
    void *violation_context;
    /* A counterexample with (faults, depth) not below these is of no interest. UINT32_MAX: none
     * known. */
    uint32_t known_faults;
    uint32_t known_depth;
};

struct search_violation {
    bool found;
    enum property property;
    bool stuck;     /* the end is a cycle: a batch fails for ever */
    bool cut;       /* the path stops where a message is counted twice, before the end */
    uint32_t state; /* number in the visited set */
    uint32_t faults;
    uint32_t depth;
    uint16_t stuck_poller;
    uint64_t story; /* what happened on the way, as checker/violation_classes.h puts it; else 0 */
};

struct search_result {
    enum search_stop stop;
    bool saturated;  /* one more fault would add no state */
    uint32_t levels; /* the last level of faults explored completely; UINT32_MAX: none */
    uint64_t states;
    uint64_t transitions;
    uint64_t ends;
    uint32_t depth;
    size_t bytes; /* of the visited set and the states' tree at its end */
    struct search_violation violation;
    bool classes_left_out; /* with on_violation: there were too many for the limit or the memory */
    /* The path to the violation: path_length + 1 states of slot_count slots each, and the actions
     * between. Owned by the result. */
    uint32_t *path_slots;
    struct action *path_actions;
    size_t path_length;
    uint16_t slot_count;
    struct memory *memory;
};

/* Explore `world`. Failing calls of the model (bad input, what is not simulated, a handler that
 * cannot be controlled) are returned; limits and interrupts are results. */
enum status explore(struct world *world, const struct search_options *options,
                    struct search_result *result, struct error *error);
void search_result_release(struct search_result *result);

/* The probability, at most, that some state was missed among so many states with fingerprints. */
double search_miss_probability(uint64_t states);

const char *search_stop_text(enum search_stop stop);

#endif

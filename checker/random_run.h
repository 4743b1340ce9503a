/* One run of the random search: from the initial state, step by step as its schedule draws, to an
 * end.
 *
 * An end is one of the exhaustive search (checker/explorer.h): nothing is enabled but faults, and
 * none happens; or a batch fails for ever and all else is done. A run that has not ended after
 * RANDOM_RUN_STEPS_MAX steps is cut off, and nothing is said of it.
 *
 * A run asks for nothing but what is remembered, so that several can be advanced at once: where
 * something has to be worked out it stops, and goes on when random_run_learn has done that. */
#ifndef ONCECHECK_CHECKER_RANDOM_RUN_H
#define ONCECHECK_CHECKER_RANDOM_RUN_H

#include "checker/steps.h"
#include "model/property.h"

enum { RANDOM_RUN_STEPS_MAX = 100000 };

enum random_run_state {
    RUN_GOES_ON,
    RUN_NEEDS_STEPS,   /* what is enabled */
    RUN_NEEDS_OUTCOME, /* whether the aggregates are right */
    RUN_NEEDS_CYCLE,   /* whether a batch fails for ever */
    RUN_OVER,          /* see `property` */
    RUN_CUT_OFF,
    RUN_NO_MEMORY
};

struct random_run {
    uint64_t number;
    struct world *world;
    struct expansion_memo *memo;
    /* Where it is noted which transitions are taken, as struct coverage wants it (`followed`), with
     * room for all that the memo holds; NULL: nowhere. */
    uint8_t *followed;
    uint32_t *slots; /* the state; layout.slot_count of them, the caller's */
    struct schedule schedule;
    enum random_run_state state;
    uint32_t steps;
    uint32_t faults;
    uint32_t retries;       /* that no fault has caused */
    uint32_t next_look;     /* so many retries before it is looked whether they go on for ever */
    uint32_t taken;         /* the last transition taken, by the memo's number */
    enum property property; /* violated; PROPERTY_COUNT: none */
    bool stuck;             /* it ended where a batch fails for ever */
    uint16_t stuck_poller;
};

/* Begin run->number of the world; number, world, memo, followed and slots are set by the
 * caller. */
void random_run_begin(struct random_run *run, const struct schedule_settings *settings);

/* Take one step, or find that none can be taken, or what is missing for it. */
void random_run_step(struct random_run *run, const struct schedule_settings *settings,
                     struct steps *steps);

/* Work out what the run needs (RUN_NEEDS_...), so that it goes on or is over. Errors are those of
 * world_expand; whether facts of the world have changed is for the caller to see. */
enum status random_run_learn(struct random_run *run, struct steps *steps, struct error *error);

#endif

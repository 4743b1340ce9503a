/* Schedules: what happens next in a run of the random search, drawn from a seed.
 *
 * Every purpose has a stream of random numbers of its own (PCG32), made from the seed and the run's
 * number: so one draw more for one purpose moves nothing elsewhere, and a run is the same alone and
 * among others. In every state, first each kind of faults that could happen is drawn for, by its
 * rate; where none does, the strategy chooses among the transitions without a fault.
 *
 *   walk   uniformly; a fault kind's rate is SCHEDULE_RATE
 *   pct    the actor with the highest priority, and of its transitions uniformly; priorities are a
 *          random permutation, and at d - 1 random steps the one that would move falls behind all
 *          others (S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of
 *          Finding Bugs", ASPLOS 2010)
 *   swarm  a run draws which kinds of faults it has and how often each comes, how it schedules, and
 *          which batches it prefers (A. Groce et al., "Swarm Testing", ISSTA 2012) */
#ifndef ONCECHECK_CHECKER_SCHEDULE_H
#define ONCECHECK_CHECKER_SCHEDULE_H

#include "model/base/random.h"
#include "model/expansion_memo.h"

#include <stdbool.h>
#include <stdint.h>

/* name on the command line */
#define STRATEGIES(X)                                                                              \
    X(STRATEGY_WALK, "walk")                                                                       \
    X(STRATEGY_PCT, "pct")                                                                         \
    X(STRATEGY_SWARM, "swarm")

enum strategy {
#define STRATEGY_ENUM(strategy, name) strategy,
    STRATEGIES(STRATEGY_ENUM)
#undef STRATEGY_ENUM
        STRATEGY_COUNT
};

enum {
    /* d of pct: what it finds for certain sooner or later takes so many constraints on the order */
    SCHEDULE_DEPTH = 3,
    SCHEDULE_ACTORS_MAX = WORLD_POLLERS_MAX + 1,
    /* No fault after so many steps of a run: functions that fail all the time get to an end. */
    SCHEDULE_FAULTY_STEPS = 10000
};

/* Of walk and pct: how likely a kind of faults that could happen does, in each state; of 2^32. */
#define SCHEDULE_RATE (UINT32_C(1) << 27) /* 1/32 */

struct schedule_settings {
    enum strategy strategy;
    uint64_t seed;
    uint32_t fault_limit;             /* faults in a run; FAULT_UNLIMITED: any number */
    uint32_t rates[FAULT_KIND_COUNT]; /* of 2^32, of walk and pct; swarm draws its own */
    uint32_t length;                  /* k of pct: a run takes so many steps, as far as is known */
    uint32_t actors;                  /* n of pct: the generator and the pollers */
};

enum batch_preference { BATCH_ANY, BATCH_LARGEST, BATCH_SMALLEST, BATCH_PREFERENCE_COUNT };

/* Of one run. */
struct schedule {
    struct random choice; /* which transition, or which of an actor's */
    struct random faults[FAULT_KIND_COUNT];
    uint32_t rates[FAULT_KIND_COUNT];
    enum batch_preference batches;
    bool by_priority;
    uint32_t changes[SCHEDULE_DEPTH - 1]; /* steps at which a priority falls, ascending */
    uint32_t changes_made;
    int32_t lowest;                          /* below all priorities there are */
    int32_t priorities[SCHEDULE_ACTORS_MAX]; /* by actor: 0 the generator, else poller + 1 */
};

/* Numbers of the memo's transitions that are enabled in a state. */
struct enabled {
    const uint32_t *free;
    size_t free_count;
    const uint32_t *faults;
    size_t fault_count;
};

const char *strategy_name(enum strategy strategy);
/* STRATEGY_COUNT: there is none of that name. */
enum strategy strategy_find(const char *name);

/* Begin run `run`. */
void schedule_begin(struct schedule *schedule, const struct schedule_settings *settings,
                    uint64_t run);

/* The transition to take as step `step` (from 0) of a run that has had so many faults, by the
 * memo's number. False: none; no transition is free of faults, and no fault happens. */
bool schedule_choose(struct schedule *schedule, const struct schedule_settings *settings,
                     const struct expansion_memo *memo, const struct enabled *enabled,
                     uint32_t step, uint32_t faults, uint32_t *transition);

/* Streams by purpose, for what else a run draws. */
void schedule_stream(struct random *random, uint64_t seed, uint64_t run, const char *purpose);

/* Parts of schedule_begin and schedule_choose (schedule_pct.c, schedule_swarm.c). */
void schedule_begin_priorities(struct schedule *schedule, const struct schedule_settings *settings,
                               uint64_t run);
void schedule_begin_swarm(struct schedule *schedule, const struct schedule_settings *settings,
                          uint64_t run);
/* The actor to move; `enabled` has transitions free of faults. */
uint32_t schedule_choose_actor(struct schedule *schedule, const struct expansion_memo *memo,
                               const struct enabled *enabled, uint32_t step);
/* The actor's transition was a retry that no fault has caused: it lets all others go first. */
void schedule_yield(struct schedule *schedule, uint32_t actor);

static inline uint32_t schedule_actor(const struct remembered_transition *transition)
{
    uint16_t poller = transition->action.poller;
    return poller == ACTION_NO_POLLER ? 0 : (uint32_t)poller + 1;
}

/* pct's guarantee: a run meets an execution that needs so many constraints on its order with this
 * probability at least, given the faults and batches that it needs. */
double schedule_guarantee(const struct schedule_settings *settings);

#endif

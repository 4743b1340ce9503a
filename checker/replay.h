/* Taking a recorded schedule again: the same actions, matched by name, in the world as it is now.
 *
 * Where the code is the one recorded, every step is enabled in turn. Where it has changed, a
 * function may make more or fewer calls than recorded: recorded calls that it does not make are
 * left out, and calls that it makes beyond the recorded ones are made when its end, or a crash,
 * comes next. */
#ifndef ONCECHECK_CHECKER_REPLAY_H
#define ONCECHECK_CHECKER_REPLAY_H

#include "checker/counterexample.h"

/* One recorded action. */
struct replay_step {
    const char *actor; /* "StateLambda/shard-0", without the number of the invocation */
    enum action_kind kind;
    enum fault_kind fault; /* FAULT_KIND_COUNT: none */
    uint32_t count;
    uint32_t place;
};

struct replay_outcome {
    size_t followed; /* recorded steps up to the last that could be taken */
    size_t skipped;  /* of these, calls that the function no longer makes */
    size_t added;    /* steps taken that are not recorded */
};

/* Follow `steps` from the initial state into `counterexample` (initialised by the caller). Stops
 * before the first step that cannot be taken. `world` merges nothing. */
enum status replay_follow(struct world *world, const struct replay_step *steps, size_t count,
                          struct counterexample *counterexample, struct replay_outcome *outcome,
                          struct error *error);

#endif

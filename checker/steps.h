/* The transitions that are enabled in a state, by what the expansion memo remembers: those that
 * world_expand would list, in the same order, without working any out twice. */
#ifndef ONCECHECK_CHECKER_STEPS_H
#define ONCECHECK_CHECKER_STEPS_H

#include "checker/schedule.h"

enum {
    /* States that a batch that fails for ever may go round in, with all others that do; what takes
     * more is not recognised as stuck. */
    STEPS_CYCLE_MAX = 4096
};

/* Room for one state's transitions, kept between states. */
struct steps {
    struct memory *memory;
    uint32_t *free;
    size_t free_capacity;
    uint32_t *faults;
    size_t fault_capacity;
    struct enabled enabled;
    bool retries; /* some transition is a retry that no fault has caused */
};

enum steps_result { STEPS_FOUND, STEPS_MISSING, STEPS_NO_MEMORY };

void steps_init(struct steps *steps, struct memory *memory);
void steps_release(struct steps *steps);

/* Fill steps->enabled, valid until the next call, for a state of the memo's world.
 * STEPS_MISSING: not all of it is remembered. Several threads may ask at once, each with steps of
 * its own, as long as nothing else uses the memo. */
enum steps_result steps_find(struct steps *steps, const struct expansion_memo *memo,
                             const uint32_t *slots);

/* The same, and what is missing is worked out. Errors are those of world_expand. */
enum status steps_learn(struct steps *steps, struct expansion_memo *memo, const uint32_t *slots,
                        struct error *error);

/* Take a transition: `slots` becomes the state it leads to. */
void steps_take(const struct expansion_memo *memo, uint32_t transition, uint32_t *slots);

/* The first transition free of faults that brings something forward; false: there is none. */
bool steps_first_moving(const struct steps *steps, const struct expansion_memo *memo,
                        uint32_t *transition);

/* Whether the state lies on a cycle of transitions free of faults that nothing leaves: whatever can
 * be reached from it without a fault leads back to it. `steps` is used, and a state without such
 * transitions is on none. Sets *poller to one whose batch fails for ever. The state must have a
 * retry of that kind enabled (steps->retries). Where nothing but such retries is enabled, and each
 * goes round in what is its poller's alone, there may be any number of them. */
enum status steps_on_cycle(struct steps *steps, struct expansion_memo *memo,
                           const struct world *world, const uint32_t *slots, bool *on_cycle,
                           uint16_t *poller, struct error *error);

#endif

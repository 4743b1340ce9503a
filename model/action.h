/* Actions: what can happen next in a state, faults included.
 *
 * Rules, each with its source in model/SEMANTICS.md: a batch holds 1..min(BatchSize, available)
 * records of one shard; the same batch again after a function error; the stream checkpoint moves
 * only past records that were delivered with success or given up; reserved concurrency keeps other
 * pollers waiting; a crash loses the invocation, not what it wrote. */
#ifndef ONCECHECK_MODEL_ACTION_H
#define ONCECHECK_MODEL_ACTION_H

#include "model/world.h"

/* kind, name in traces */
#define ACTION_KINDS(X)                                                                            \
    X(ACTION_PUT, "put")                                                                           \
    X(ACTION_POLL, "poll")                                                                         \
    X(ACTION_PASS, "pass")                                                                         \
    X(ACTION_INVOKE, "invoke")                                                                     \
    X(ACTION_CALL, "call")                                                                         \
    X(ACTION_DRAW, "draw")                                                                         \
    X(ACTION_CLOCK, "clock")                                                                       \
    X(ACTION_ACKNOWLEDGE, "acknowledge")                                                           \
    X(ACTION_RETRY, "retry")                                                                       \
    X(ACTION_BISECT, "bisect")                                                                     \
    X(ACTION_PARTIAL, "partial")                                                                   \
    X(ACTION_DROP, "drop")                                                                         \
    X(ACTION_CRASH, "crash")                                                                       \
    X(ACTION_TIMEOUT, "timeout")                                                                   \
    X(ACTION_ARRIVE, "arrive")                                                                     \
    X(ACTION_REDELIVER, "redeliver")                                                               \
    X(ACTION_REBATCH, "rebatch")                                                                   \
    X(ACTION_DELAY, "delay")                                                                       \
    X(ACTION_EXPIRE, "expire")                                                                     \
    X(ACTION_TIME_TO_LIVE, "time_to_live")

enum action_kind {
#define ACTION_ENUM(kind, name) kind,
    ACTION_KINDS(ACTION_ENUM)
#undef ACTION_ENUM
};

enum { ACTION_NO_POLLER = UINT16_MAX, ACTION_PLACES_MAX = 1024, ACTION_WARM = 1 };

struct action {
    enum action_kind kind;
    enum fault_kind fault; /* FAULT_KIND_COUNT: none */
    uint16_t poller;       /* ACTION_NO_POLLER for the generator */
    /* PUT: the message; POLL: records in the batch; CALL with a fault: its form; REDELIVER: how
     * many records it goes back; DELAY: seconds; EXPIRE: records; TIME_TO_LIVE: the item, of those
     * of the tables that the poller stands for (model/time_to_live.h). Where a failed batch is
     * bisected, records in its first half; PARTIAL: records before the first that failed; RETRY: if
     * it goes on until the records are that old, seconds; where a batch is dropped, records in it.
     */
    uint32_t count;
    uint32_t place;    /* CALL: which of the possible placements of new keys; where an invocation
                          starts: ACTION_WARM if in the container of the one before, ACTION_WARM + 1 +
                          p in    that of the poller p's */
    uint32_t low_draw; /* this draw (from 1) of those on the way came out lowest; 0: none */
};

struct transition {
    struct action action;
    uint32_t cost; /* faults: 0 or 1 */
};

/* The transitions of one state; slots of transition i start at slots + i * slot_count. */
struct transition_list {
    struct memory *memory;
    struct transition *items;
    uint32_t *slots;
    size_t count;
    size_t item_capacity;
    size_t slot_capacity; /* in slots */
    uint16_t slot_count;
};

void transition_list_init(struct transition_list *list, const struct world *world);
void transition_list_release(struct transition_list *list);

/* Replace the list's contents by everything that can happen in `state`, in an order that depends on
 * contents only. */
enum status world_expand(struct world *world, const uint32_t *state, struct transition_list *list,
                         struct error *error);

/* One part of it: the generator, or a poller's next step, or its interruptions, or the deletions of
 * expired items of the tables that it stands for. */
struct expansion_part {
    uint16_t poller; /* ACTION_NO_POLLER: the generator */
    bool interruptions;
    bool deletions;
};

/* The same for one part, whatever the stage order says. Data that only the end of a stage makes
 * dead is left. */
enum status world_expand_part(struct world *world, struct expansion_part part,
                              const uint32_t *state, struct transition_list *list,
                              struct error *error);

/* A transition from `state` that brings its stage forward: no fault, and not the retry that closes
 * the cycle of a batch that fails for ever. */
bool transition_moves_on(const struct world *world, const uint32_t *state,
                         const struct transition *transition);

/* A transition to the state `after`, in which its poller holds no batch, or that deletes an expired
 * item: only such a one can be the last thing that a stage does. */
bool transition_may_be_last(const struct world *world, const struct transition *transition,
                            const uint32_t *after);

/* An action of this kind, with this `place`, starts an invocation in a container that has served
 * another (model/container.h). */
bool action_starts_warm(enum action_kind kind, uint32_t place);

/* The poller whose container such an action starts its invocation in. */
uint16_t action_container_of(const struct action *action);

const char *action_kind_name(enum action_kind kind);
bool action_equal(const struct action *a, const struct action *b);

/* "Generator", "StateLambda/shard-0". */
void action_actor(const struct world *world, const struct action *action, char *text, size_t size);

#endif

/* Parts of world_expand, private to model/: one state being expanded.
 *
 * An action copies the state into `slots`, changes it there and emits it with transition_list_add.
 * Where local steps are merged, an action of an invocation goes on through the steps that nobody
 * else can observe; each draw on the way adds a variant in which it comes out lowest (a fault). */
#ifndef ONCECHECK_MODEL_EXPANSION_H
#define ONCECHECK_MODEL_EXPANSION_H

#include "model/action.h"
#include "model/call_faults.h"
#include "model/service.h"

struct expansion {
    struct world *world;
    const uint32_t *state;
    struct transition_list *list;
    struct error *error;
    uint32_t *slots; /* the successor being built */
};

enum status transition_list_add(struct transition_list *list, const struct action *action,
                                uint32_t cost, const uint32_t *slots, struct error *error);

/* Put a message; `again`: once more than the scenario says (a fault). */
enum status expand_put(struct expansion *expansion, uint32_t message, bool again);
enum status expand_polls(struct expansion *expansion, uint16_t poller);
enum status expand_invoke(struct expansion *expansion, uint16_t poller);

/* The next step of a running invocation: its call, draw or question, or its end. */
enum status expand_invocation(struct expansion *expansion, uint16_t poller);

/* The call at `node`, answered as it is and as the faults of calls have it. */
enum status expand_call(struct expansion *expansion, uint16_t poller, uint32_t node);

/* What else can happen to a poller: crash, timeout, delay, going back, at the points where they
 * make a difference; and the arrival of a late write. */
enum status expand_interruptions(struct expansion *expansion, uint16_t poller);

/* A write that was in flight when its invocation timed out takes effect now. */
enum status expand_arrival(struct expansion *expansion, uint16_t poller);
/* The poller's invocation stands at a write, and no other one of its is in flight. */
bool expansion_may_be_late(const struct expansion *expansion, uint16_t poller);

/* Begin an action: the successor is the state. */
void expansion_begin(struct expansion *expansion);

/* The invocation of the batch held is over: acknowledge the batch, or fail. */
enum status expand_end(struct expansion *expansion, uint16_t poller);

/* The invocation of the batch held has failed, and what `action` does besides is in
 * `expansion->slots`. With BisectBatchOnFunctionError the batch comes again in two halves, one
 * after the other; else it comes again, as a new attempt, unless MaximumRetryAttempts are used up:
 * then it is dropped. */
enum status expansion_fail(struct expansion *expansion, const struct action *action, uint32_t cost);

/* The invocation in `expansion->slots` has changed a table or a stream. */
void expansion_note_change(struct expansion *expansion, uint16_t poller);

/* The invocation of the batch held has failed, without a fault where `by_itself`. Whether it is to
 * be taken for one that fails for ever: then nothing is to be done in `expansion->slots` but what
 * this has noted there. */
bool expansion_fails_for_ever(struct expansion *expansion, uint16_t poller, bool by_itself);

/* The first `count` records of the batch held are too old: they are passed over. */
enum status expand_expiry(struct expansion *expansion, uint16_t poller, uint32_t count);

/* In `expansion->slots`, with the state's checkpoint: the poller holds no batch any more; the first
 * records of its batch are done with, and what only they kept alive is dropped; the batches
 * delivered from its checkpoint on are forgotten and will be formed anew. */
void expansion_drop_batch(struct expansion *expansion, uint16_t poller);
void expansion_pass_records(struct expansion *expansion, uint16_t poller, uint32_t count);
void expansion_forget_batches(struct expansion *expansion, uint16_t poller);

/* An element of the sizes of the batches delivered (layout.batches_slot). */
uint32_t expansion_batch_size(const struct expansion *expansion, struct value sizes, size_t index);

/* The size of the batch that begins at the checkpoint in `slots`, where it was delivered before; or
 * 0. */
uint32_t expansion_known_batch(const struct expansion *expansion, uint16_t poller,
                               const uint32_t *slots);

/* How many of the records at the beginning of the poller's batch are too old. */
uint32_t expansion_expired(const struct expansion *expansion, uint16_t poller);

/* Start the batch's invocation (or leave it waiting where concurrency is reserved and `wait` is
 * true), follow local steps and emit: in a new container, and in the one that served the invocation
 * before where that matters. What is in `expansion->slots` stays, but for that container. */
enum status expansion_start(struct expansion *expansion, const struct action *action, uint32_t cost,
                            bool wait);

/* Emit `expansion->slots` after following the local steps of the action's poller. */
enum status expansion_emit(struct expansion *expansion, const struct action *action, uint32_t cost);

/* Move the poller's invocation in `slots` on by one input. */
enum status expansion_advance(struct expansion *expansion, uint16_t poller, uint32_t *slots,
                              struct value input);

/* Let the time pass that the step after `input` at `node` has taken (node HANDLER_NODE_NONE: the
 * first step for an event): what the function slept, or all that is left of its timeout where it
 * hangs. */
void expansion_pass_step(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                         uint32_t node, struct value input);

/* Note what the function has reported of its batch, where it has returned after `input` at `node`
 * (as above) and its mapping asks: a batch that has failed as a whole stands at
 * HANDLER_NODE_FAILED. */
void expansion_note_response(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                             uint32_t node, struct value input);

/* Note what the poller's container has served, where its invocation has ended after `input` at
 * `node` (as above) and the function keeps something: see model/container.h. */
enum status expansion_note_end(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                               uint32_t node, struct value input);

/* Let time pass before an invocation. */
void expansion_pass_delay(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                          int64_t ms);

/* Let the time pass that is left of the timeout of an invocation that stands at `node`. */
void expansion_pass_timeout(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                            uint32_t node);

/* Move the poller's invocation in `slots` on by the answer to its call. */
enum status expansion_answer(struct expansion *expansion, uint16_t poller, uint32_t *slots,
                             const struct call_reply *reply);

/* Append what a call changed to the tables' streams in `expansion->slots`, once per possible
 * placement of keys that chance chose, and emit each, with the handler answered; `reply` NULL:
 * nobody waits for the answer any more. It costs a fault if the action is one. */
enum status expansion_emit_call(struct expansion *expansion, const struct action *action,
                                uint32_t call_node, const struct call_result *result,
                                const struct call_reply *reply);

/* True if one more fault of the kind may befall the poller (or the generator) in `slots`; use it
 * up. */
bool expansion_fault_allowed(const struct expansion *expansion, uint16_t poller,
                             const uint32_t *slots, enum fault_kind kind);
void expansion_count_fault(const struct expansion *expansion, uint32_t *slots,
                           enum fault_kind kind);

#endif

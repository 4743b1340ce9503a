/* Shards in turn: pollers of one stage whose invocations commute need not be interleaved.
 *
 * The two shards of a last stage, say, that add to the same aggregates in transactions of their
 * own: whichever goes first, the tables are the same in the end, and so are all answers. So they
 * are explored one after the other, as stages are (model/stages.h): in every state the actions of
 * the stages up to and including the first that can move on, and of that one's groups of pollers up
 * to and including the first that can.
 *
 * A group is one poller; or all pollers of functions that are tied. Two functions are tied (or one
 * to itself, which ties its own pollers) where two of their pollers have sent requests that do not
 * commute. Which requests do is told from what they say alone, so that it holds for whatever the
 * tables hold: they touch no item in common, or only read or only add to those that they have in
 * common (model/dynamodb/access.h), append to no stream in common, and have different idempotency
 * tokens. The first pair that does not voids the search, which begins again.
 *
 * Why, and under which conditions (each holds by construction or is checked while the search runs):
 *
 * 1. All requests that ever meet commute. Those sent in what is explored are enough: take the
 *    shortest execution in which a request is sent that none of them is. Before it the pollers'
 *    requests commute; so let the groups before the sender's go on to their end first, and the
 *    sender, which has been answered the same, sends it in an execution that is explored.
 * 2. No poller of the stage reads what another one of it appends: else the stage has one group.
 * 3. Nobody can see when something happened, or what was there before: no time passes, writes do
 *    not arrive late, reads are not stale, items do not expire. Else there are no turns.
 * 4. Reserved concurrency: who waits for another's invocation to end cannot move on, so the other
 *    one does. An invocation that ran while another waited could have run before or after all of
 *    it. That the pollers of one function are either each a group or all in one is needed here:
 *    nobody in a group waits for somebody outside who is not explored. A batch that fails for ever
 *    does not hold the others up: where its retry is due, which is no moving on, nothing runs.
 *    So are those of a function that keeps something: who comes first may find a container that
 *    another's invocation has left.
 * 5. Failures are not counted (model/lasting_failure.c): whether somebody else has changed
 *    something matters then.
 * 6. What the stage order asks of faults, cycles and properties (5, 6 and 7 there). */
#ifndef ONCECHECK_MODEL_TURNS_H
#define ONCECHECK_MODEL_TURNS_H

#include "model/handler.h"
#include "model/world.h"

/* Remembers what has been sent. NULL: no memory. */
struct turns *turns_create(struct memory *memory);
void turns_destroy(struct turns *turns); /* may be NULL */

/* The poller sends the call of `step`. Where that ties functions, the facts have changed. False: no
 * memory. */
bool turns_note_call(struct world *world, uint16_t poller, const struct handler_step *step);

/* What has been sent. */
void turns_archive(struct turns *turns, struct archive *archive);

/* By the world's facts and stages: which groups of pollers come one after the other. */
void turns_arrange(const struct world *world, struct turn_order *order);

#endif

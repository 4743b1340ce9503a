/* Dead data: what no step that is still possible can look at is taken out of the state, so that
 * states that differ in nothing else become one.
 *
 * 1. Records that every poller of a shard has acknowledged. Their number stays (it decides the next
 *    sequence number): the log's base.
 * 2. An idempotency token once the batch for which it was sent is over, with all its pieces where
 * it was bisected. Nothing can send it again, as far as one poller sends it, and always for batches
 *    that share a record: such batches belong to executions apart, or are the same one retried, or
 *    pieces of it. Each request with a token is checked
 *    for that; the first that breaks it voids the search, which begins again and keeps tokens.
 * 3. The tables, clocks and positions of a stage that is finished: the generator has put everything
 *    and every function up to this stage has acknowledged everything, so none can run again; what
 *    has expired of its tables (model/time_to_live.h) is deleted. The aggregates stay, since
 *    properties look at them. Which functions touch a table is known from their calls, as for the
 *    stage order (model/stages.h).
 *
 * Where a batch could be delivered again after it was acknowledged, or a write arrive late, none of
 * this holds: see dead_data_allowed. */
#ifndef ONCECHECK_MODEL_DEAD_DATA_H
#define ONCECHECK_MODEL_DEAD_DATA_H

#include "model/expansion.h"

/* False where a fault kind that is switched on can bring acknowledged records or ended requests
 * back. */
bool dead_data_allowed(const struct fault_config *faults);

struct dead_data *dead_data_create(struct memory *memory); /* NULL: no memory */
void dead_data_destroy(struct dead_data *dead);            /* may be NULL */

/* Which tokens have been sent. */
void dead_data_archive(struct dead_data *dead, struct archive *archive);

/* The poller has sent a request with an idempotency token of its own for the batch it holds.
 * `tokens` is what the state remembers after it; returns that, with the token's owner noted if the
 * request was the one that made it known. */
struct value dead_data_token_sent(struct world *world, const uint32_t *state, uint16_t poller,
                                  struct value request, struct value tokens);

/* In `slots` the poller is just done with records: drop what only they kept alive. `before` is
 * the same state with the poller's checkpoint as it was. */
void dead_data_acknowledged(struct world *world, const uint32_t *before, uint32_t *slots,
                            uint16_t poller);

/* Drop what finished stages leave behind. False: there are none, and nothing has changed. */
bool dead_data_finish_stages(struct world *world, uint32_t *slots);

#endif

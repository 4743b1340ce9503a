/* A state as a value, for people and for comparison between runs.
 *
 * The snapshot is a MAP from component names to JSON-able values. Names are flat, so that the
 * difference of two snapshots is what one action changed:
 *
 *   Generator                     how many copies of each message are put
 *   IncomingDataStream/shard-0/3  a record: sequence number, partition key, data (JSON where it is)
 *   StateTable/T1                 an item, in DynamoDB's wire form
 *   StateTable/stream-0/2         a stream record: event name, keys, images
 *   ReduceTable/placement/...     the stream shard of a key that chance chose
 *   StateLambda/shard-0           a poller: stream checkpoint, batch, what its invocation does
 *   StateLambda/clock             ms since the start
 *   tokens/...                    an idempotency token and when it was used
 *   faults/timeout                faults of a capped kind so far */
#ifndef ONCECHECK_MODEL_SNAPSHOT_H
#define ONCECHECK_MODEL_SNAPSHOT_H

#include "model/world.h"

/* VALUE_NONE: no memory; the store has failed then. */
struct value world_snapshot(struct world *world, const uint32_t *slots);

/* What differs: a LIST of MAP {"component", "before", "after"}, in the order of component names;
 * "before" or "after" is null where the component is new or gone. VALUE_NONE: one of the
 * snapshots is, or no memory. */
struct value snapshot_difference(struct value_store *store, struct value before,
                                 struct value after);

#endif

/* Where the records go that a function puts into a Kinesis stream under keys that chance chose.
 *
 * A record's shard follows from its partition key's MD5. Where the key is a random one (or holds
 * what AWS chose) its MD5 says nothing about other executions: which shard it gets is a choice of
 * the search, as it is for items of tables (model/invocation.c). A key that has been used stays
 * with its shard: layout.stream_place_slots remembers it, and the service looks there first. So a
 * placement is made by expanding the call in the state with the new keys' places in it. */
#ifndef ONCECHECK_MODEL_PUT_PLACEMENT_H
#define ONCECHECK_MODEL_PUT_PLACEMENT_H

#include "model/expansion.h"

struct chosen_key {
    uint32_t stream;
    struct value key; /* STRING */
};

struct put_placement {
    const struct chosen_key *keys; /* the scratch arena's; each once */
    size_t key_count;
    uint32_t codes; /* how many placements there are; 1 where there is no choice */
};

/* Of the call at `node`, if it puts records that the service takes. More than ACTION_PLACES_MAX
 * placements are STATUS_LIMIT. */
enum status put_placement_find(struct world *world, const uint32_t *state, uint32_t function,
                               uint32_t node, struct put_placement *placement, struct error *error);

/* The state in which the keys are placed so: `code` has a digit per key. `state` itself where there
 * is no choice, else the scratch arena's. NULL: no memory. */
const uint32_t *put_placement_state(struct world *world, const uint32_t *state,
                                    const struct put_placement *placement, uint32_t code);

#endif

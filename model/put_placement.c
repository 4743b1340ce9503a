#include "model/put_placement.h"

#include <string.h>

static uint32_t shards_of(const struct world *world, uint32_t stream)
{
    return world->pipeline->streams[stream].shard_count;
}

/* The put's key may be placed: nothing says yet where its records go. */
static bool is_open(const struct world *world, const uint32_t *state, const struct kinesis_put *put)
{
    uint16_t slot = world->layout.stream_place_slots[put->stream];
    return slot != WORLD_NO_SLOT && !put->by_hash_key &&
           value_is_none(value_get(world->store, (struct value){state[slot]}, put->partition_key));
}

static bool has_key(const struct call_result *result, const struct chosen_key *key)
{
    for (size_t i = 0; result != NULL && i < result->put_count; i++) {
        if (result->puts[i].stream == key->stream &&
            value_equal(result->puts[i].partition_key, key->key))
            return true;
    }
    return false;
}

/* What the function puts in the same place for an event in which AWS and chance chose otherwise;
 * NULL: it does something else there. */
static enum status find_other(struct world *world, const uint32_t *state, uint32_t function,
                              uint32_t node, const struct call_result **other, struct error *error)
{
    struct handler_tree *tree = world->trees[function];
    uint32_t dual = HANDLER_NODE_NONE;
    struct value tokens = VALUE_NONE;
    *other = NULL;
    enum status status = handler_tree_dual(tree, node, &dual, error);
    if (status != STATUS_OK)
        return status;
    const struct handler_step *step = handler_tree_step(tree, dual);
    if (step == NULL || step->kind != HANDLER_CALL || !service_call_is_kinesis(world, step))
        return STATUS_OK;
    return service_call(world, state, function, step, other, &tokens, error);
}

static bool is_listed(const struct chosen_key *keys, size_t count, const struct chosen_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].stream == key->stream && value_equal(keys[i].key, key->key))
            return true;
    }
    return false;
}

/* Of the open keys, those that are not in `other`, too. */
static enum status list_chosen(struct world *world, const uint32_t *state,
                               const struct call_result *result, const struct call_result *other,
                               struct put_placement *placement, struct error *error)
{
    struct chosen_key *keys =
        arena_allocate_array(&world->scratch, result->put_count, sizeof *keys);
    if (keys == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    placement->keys = keys;
    for (size_t i = 0; i < result->put_count; i++) {
        const struct kinesis_put *put = &result->puts[i];
        const struct chosen_key key = {.stream = put->stream, .key = put->partition_key};
        if (!is_open(world, state, put) || has_key(other, &key) ||
            is_listed(keys, placement->key_count, &key))
            continue;
        if (placement->codes > ACTION_PLACES_MAX / shards_of(world, put->stream))
            return error_set(error, STATUS_LIMIT,
                             "one call puts records under random keys with more than %d possible "
                             "placements on the shards of %s; smaller batches or fewer shards "
                             "leave fewer",
                             ACTION_PLACES_MAX, world->pipeline->streams[put->stream].name);
        placement->codes *= shards_of(world, put->stream);
        keys[placement->key_count++] = key;
    }
    return STATUS_OK;
}

enum status put_placement_find(struct world *world, const uint32_t *state, uint32_t function,
                               uint32_t node, struct put_placement *placement, struct error *error)
{
    const struct handler_step *step = handler_tree_step(world->trees[function], node);
    const struct call_result *result = NULL;
    const struct call_result *other = NULL;
    struct value tokens = VALUE_NONE;
    bool open = false;
    *placement = (struct put_placement){.codes = 1};
    if (!service_call_is_kinesis(world, step))
        return STATUS_OK;
    enum status status = service_call(world, state, function, step, &result, &tokens, error);
    for (size_t i = 0; status == STATUS_OK && i < result->put_count; i++)
        open = open || is_open(world, state, &result->puts[i]);
    if (status != STATUS_OK || !open)
        return status;
    status = find_other(world, state, function, node, &other, error);
    return status == STATUS_OK ? list_chosen(world, state, result, other, placement, error)
                               : status;
}

const uint32_t *put_placement_state(struct world *world, const uint32_t *state,
                                    const struct put_placement *placement, uint32_t code)
{
    size_t size = world->layout.slot_count * sizeof *state;
    if (placement->codes == 1)
        return state;
    uint32_t *placed = arena_allocate(&world->scratch, size);
    if (placed == NULL)
        return NULL;
    memcpy(placed, state, size);
    for (size_t i = 0; i < placement->key_count; i++) {
        const struct chosen_key *key = &placement->keys[i];
        uint32_t shards = shards_of(world, key->stream);
        uint16_t slot = world->layout.stream_place_slots[key->stream];
        struct value places = value_put(world->store, (struct value){placed[slot]}, key->key,
                                        value_integer(world->store, code % shards));
        if (!value_is_none(places)) /* else the expansion ends with the store's failure */
            placed[slot] = places.id;
        code /= shards;
    }
    return placed;
}

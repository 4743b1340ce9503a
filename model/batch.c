/* What becomes of the batch that a poller holds when its invocation has ended: it is acknowledged,
 * or comes again, whole or in pieces, or is dropped. */
#include "model/batch_response.h"
#include "model/container.h"
#include "model/dead_data.h"
#include "model/expansion.h"
#include "model/service.h"

#include <string.h>

static const struct poller_layout *layout_of(const struct expansion *expansion, uint16_t poller)
{
    return &expansion->world->layout.pollers[poller];
}

static const struct mapping_config *mapping_of(const struct expansion *expansion, uint16_t poller)
{
    return &expansion->world->pipeline->mappings[layout_of(expansion, poller)->mapping];
}

/* --- batches that were delivered before --- */

uint32_t expansion_batch_size(const struct expansion *expansion, struct value sizes, size_t index)
{
    const struct value_store *store = expansion->world->store;
    int64_t size = 0;
    CHECK(value_to_integer(store, value_at(store, sizes, index), &size));
    return (uint32_t)size;
}

uint32_t expansion_known_batch(const struct expansion *expansion, uint16_t poller,
                               const uint32_t *slots)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, poller);
    if (layout->batches_slot == WORLD_NO_SLOT)
        return 0;
    struct value sizes = {slots[layout->batches_slot]};
    uint32_t start = 0;
    for (size_t i = 0; i < value_count(world->store, sizes); i++) {
        uint32_t size = expansion_batch_size(expansion, sizes, i);
        if (start == slots[layout->checkpoint_slot])
            return size;
        start += size;
    }
    return 0;
}

void expansion_forget_batches(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, poller);
    if (layout->batches_slot == WORLD_NO_SLOT)
        return;
    struct value sizes = {expansion->state[layout->batches_slot]};
    uint32_t start = 0;
    size_t kept = 0;
    while (start < expansion->slots[layout->checkpoint_slot])
        start += expansion_batch_size(expansion, sizes, kept++);
    struct value earlier = value_slice(world->store, sizes, 0, kept);
    if (!value_is_none(earlier)) /* else the expansion ends with the store's failure */
        expansion->slots[layout->batches_slot] = earlier.id;
}

/* --- the batch held --- */

/* The batch in `slots` is to be delivered for the first time. */
static void renew(struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = layout_of(expansion, poller);
    expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
    expansion->slots[layout->attempt_slot] = 0;
    expansion->slots[layout->failures_slot] = expansion->world->empty_list.id;
    if (layout->retries_slot != WORLD_NO_SLOT)
        expansion->slots[layout->retries_slot] = 0;
    if (layout->failed_slot != WORLD_NO_SLOT)
        expansion->slots[layout->failed_slot] = 0;
}

/* Records that the batch in `slots` delivers. */
static uint32_t records_of(const struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = layout_of(expansion, poller);
    return world_taken(expansion->world, expansion->slots, poller,
                       expansion->slots[layout->checkpoint_slot],
                       expansion->slots[layout->batch_slot]);
}

/* The place of a record of the batch, counted from 0, in what the batch spans. */
static uint32_t place_of(const struct expansion *expansion, uint16_t poller, uint32_t record)
{
    uint32_t start = expansion->slots[layout_of(expansion, poller)->checkpoint_slot];
    uint32_t place = 0;
    for (;; place++) {
        if (!world_takes(expansion->world, expansion->slots, poller, start + place))
            continue;
        if (record == 0)
            return place;
        record--;
    }
}

void expansion_drop_batch(struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = layout_of(expansion, poller);
    expansion->slots[layout->batch_slot] = 0;
    if (layout->pieces_slot != WORLD_NO_SLOT)
        expansion->slots[layout->pieces_slot] = expansion->world->empty_list.id;
    renew(expansion, poller);
}

/* The next piece of a batch that was bisected is the batch held; or none is. */
static void hold_next(struct expansion *expansion, uint16_t poller)
{
    struct value_store *store = expansion->world->store;
    const struct poller_layout *layout = layout_of(expansion, poller);
    struct value pieces = layout->pieces_slot == WORLD_NO_SLOT
                              ? expansion->world->empty_list
                              : (struct value){expansion->slots[layout->pieces_slot]};
    size_t count = value_count(store, pieces);
    if (count == 0) {
        expansion_drop_batch(expansion, poller);
        return;
    }
    renew(expansion, poller);
    expansion->slots[layout->batch_slot] = expansion_batch_size(expansion, pieces, 0);
    struct value rest = value_slice(store, pieces, 1, count - 1);
    if (!value_is_none(rest)) /* else the expansion ends with the store's failure */
        expansion->slots[layout->pieces_slot] = rest.id;
}

void expansion_pass_records(struct expansion *expansion, uint16_t poller, uint32_t count)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, poller);
    if (layout->batches_slot != WORLD_NO_SLOT &&
        expansion_known_batch(expansion, poller, expansion->slots) == 0) {
        struct value sizes = {expansion->slots[layout->batches_slot]};
        sizes = value_append(world->store, sizes, value_integer(world->store, count));
        if (!value_is_none(sizes)) /* else the expansion ends with the store's failure */
            expansion->slots[layout->batches_slot] = sizes.id;
    }
    expansion->slots[layout->checkpoint_slot] += count;
    expansion->slots[layout->batch_slot] -= count;
    if (expansion->slots[layout->batch_slot] == 0)
        hold_next(expansion, poller);
    else
        expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
    dead_data_acknowledged(world, expansion->state, expansion->slots, poller);
}

/* --- age --- */

static int64_t created_ms(const struct expansion *expansion, uint16_t poller, uint32_t position)
{
    return world_log_time_ms(expansion->world, expansion->state, layout_of(expansion, poller)->log,
                             position);
}

uint32_t expansion_expired(const struct expansion *expansion, uint16_t poller)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, poller);
    uint32_t first = expansion->state[layout->checkpoint_slot];
    uint32_t count = expansion->state[layout->batch_slot];
    int64_t now_ms = expansion->state[world->layout.clock_slots[layout->function]];
    int64_t limit_ms = world_age_limit_ms(world, layout);
    uint32_t expired = 0;
    if (!world->facts.time_passes)
        return 0;
    while (expired < count && now_ms - created_ms(expansion, poller, first + expired) >= limit_ms)
        expired++;
    return expired;
}

enum status expand_expiry(struct expansion *expansion, uint16_t poller, uint32_t count)
{
    expansion_begin(expansion);
    expansion_forget_batches(expansion, poller);
    expansion_pass_records(expansion, poller, count);
    struct action action = {
        .kind = ACTION_EXPIRE, .fault = FAULT_KIND_COUNT, .poller = poller, .count = count};
    return transition_list_add(expansion->list, &action, 0, expansion->slots, expansion->error);
}

/* --- invocations that have failed --- */

/* The action of a failure that nothing but the function itself has caused. */
static void name_outcome(struct action *action, enum action_kind kind)
{
    if (action->kind == ACTION_RETRY)
        action->kind = kind;
}

/* The first `size` records of the batch are delivered next, then the others. Of a failed batch
 * neither half is an attempt used up (developer guide, "Using AWS Lambda with Amazon Kinesis",
 * "Error handling"). */
static enum status deliver_pieces(struct expansion *expansion, struct action action, uint32_t cost,
                                  uint32_t size)
{
    struct world *world = expansion->world;
    struct value_store *store = world->store;
    const struct poller_layout *layout = layout_of(expansion, action.poller);
    struct value later = {expansion->slots[layout->pieces_slot]};
    uint32_t span = place_of(expansion, action.poller, size - 1) + 1;
    size_t count = value_count(store, later);
    struct value *pieces = arena_allocate_array(&world->scratch, count + 1, sizeof *pieces);
    if (pieces == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    pieces[0] = value_integer(store, expansion->slots[layout->batch_slot] - span);
    for (size_t i = 0; i < count; i++)
        pieces[i + 1] = value_at(store, later, i);
    struct value list = value_list(store, pieces, count + 1);
    if (value_is_none(list))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    expansion_forget_batches(expansion, action.poller);
    expansion->slots[layout->pieces_slot] = list.id;
    expansion->slots[layout->batch_slot] = span;
    renew(expansion, action.poller);
    name_outcome(&action, ACTION_BISECT);
    action.count = size;
    return expansion_start(expansion, &action, cost, true);
}

/* In two halves; where they cannot be equal, AWS does not say which is the larger. */
static enum status bisect(struct expansion *expansion, const struct action *action, uint32_t cost)
{
    struct world *world = expansion->world;
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    uint32_t *before = arena_allocate(&world->scratch, size);
    if (before == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    memcpy(before, expansion->slots, size);
    uint32_t records = records_of(expansion, action->poller);
    enum status status = deliver_pieces(expansion, *action, cost, records / 2);
    if (status != STATUS_OK || records % 2 == 0)
        return status;
    memcpy(expansion->slots, before, size);
    return deliver_pieces(expansion, *action, cost, records / 2 + 1);
}

/* The attempts are used up: the batch is passed over, and the whereabouts of all but the first
 * `succeeded` that it spans are sent to the destination. */
static enum status drop(struct expansion *expansion, struct action action, uint32_t cost,
                        uint32_t succeeded)
{
    uint32_t records = expansion->slots[layout_of(expansion, action.poller)->batch_slot];
    name_outcome(&action, ACTION_DROP);
    action.count = records - succeeded;
    expansion_pass_records(expansion, action.poller, records);
    return transition_list_add(expansion->list, &action, cost, expansion->slots, expansion->error);
}

static enum status deliver_again(struct expansion *expansion, const struct action *action,
                                 uint32_t cost)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, action->poller);
    if (expansion_fails_for_ever(expansion, action->poller, cost == 0))
        return transition_list_add(expansion->list, action, cost, expansion->slots,
                                   expansion->error);
    if (world->facts.attempts_shown[layout->function] &&
        expansion->slots[layout->attempt_slot] < WORLD_ATTEMPTS_MAX - 1)
        expansion->slots[layout->attempt_slot]++;
    if (layout->retries_slot != WORLD_NO_SLOT)
        expansion->slots[layout->retries_slot]++;
    if (layout->failed_slot != WORLD_NO_SLOT)
        expansion->slots[layout->failed_slot] = 0;
    expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
    return expansion_start(expansion, action, cost, true);
}

/* A batch that fails by itself, and goes on to, is tried until its records are too old, however
 * little time an attempt takes: AWS waits longer and longer between attempts. */
static enum status deliver_until_too_old(struct expansion *expansion, struct action action,
                                         uint32_t cost)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, action.poller);
    int64_t limit_ms = world_age_limit_ms(world, layout);
    int64_t now_ms = expansion->slots[world->layout.clock_slots[layout->function]];
    int64_t age_ms =
        now_ms - created_ms(expansion, action.poller, expansion->slots[layout->checkpoint_slot]);
    if (cost > 0 || age_ms >= limit_ms ||
        mapping_of(expansion, action.poller)->maximum_record_age_s < 0 ||
        expansion->state[layout->node_slot] == HANDLER_NODE_FAILED_BY_FAULT)
        return STATUS_OK;
    expansion_pass_delay(expansion, action.poller, expansion->slots, limit_ms - age_ms);
    action.count = (uint32_t)(limit_ms / 1000);
    return expansion_start(expansion, &action, cost, true);
}

static bool attempts_are_used_up(const struct expansion *expansion, uint16_t poller)
{
    uint16_t slot = layout_of(expansion, poller)->retries_slot;
    return slot != WORLD_NO_SLOT &&
           expansion->slots[slot] >= mapping_of(expansion, poller)->maximum_retry_attempts;
}

static enum status deliver_again_or_drop(struct expansion *expansion, const struct action *action,
                                         uint32_t cost)
{
    if (attempts_are_used_up(expansion, action->poller))
        return drop(expansion, *action, cost, 0);
    enum status status = deliver_again(expansion, action, cost);
    return status == STATUS_OK ? deliver_until_too_old(expansion, *action, cost) : status;
}

enum status expansion_fail(struct expansion *expansion, const struct action *action, uint32_t cost)
{
    const struct poller_layout *layout = layout_of(expansion, action->poller);
    if (layout->pieces_slot != WORLD_NO_SLOT && records_of(expansion, action->poller) > 1)
        return bisect(expansion, action, cost);
    return deliver_again_or_drop(expansion, action, cost);
}

/* --- responses --- */

void expansion_note_response(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                             uint32_t node, struct value input)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = layout_of(expansion, poller);
    const struct handler_tree *tree = world->trees[layout->function];
    if (layout->failed_slot == WORLD_NO_SLOT || slots[layout->node_slot] != HANDLER_NODE_RETURNED)
        return;
    const struct handler_step *end =
        handler_tree_end(tree, input, slots[layout->attempt_slot], node, input);
    struct value event = node == HANDLER_NODE_NONE ? input : handler_tree_event(tree, node);
    if (!batch_response_read(world->store, event_delivered(world->store, event), end->detail,
                             &slots[layout->failed_slot]))
        slots[layout->node_slot] = HANDLER_NODE_FAILED;
}

/* The function has reported that records failed, the first of them after `records` others: the
 * stream checkpoint moves up to it, and what is left of the batch comes again. That is a retry,
 * unless BisectBatchOnFunctionError makes it a place to split the batch at. */
static enum status fail_from(struct expansion *expansion, struct action action, uint32_t records)
{
    const struct poller_layout *layout = layout_of(expansion, action.poller);
    bool splits = layout->pieces_slot != WORLD_NO_SLOT;
    expansion->slots[layout->failed_slot] = 0;
    if (records == 0)
        return deliver_again_or_drop(expansion, &action, 0);
    uint32_t succeeded = place_of(expansion, action.poller, records);
    if (!splits && attempts_are_used_up(expansion, action.poller))
        return drop(expansion, action, 0, succeeded);
    expansion_forget_batches(expansion, action.poller);
    expansion_pass_records(expansion, action.poller, succeeded);
    expansion->slots[layout->attempt_slot] = 0;
    expansion->slots[layout->failures_slot] = expansion->world->empty_list.id;
    if (!splits && layout->retries_slot != WORLD_NO_SLOT)
        expansion->slots[layout->retries_slot]++;
    action.kind = ACTION_PARTIAL;
    action.count = records;
    return expansion_start(expansion, &action, 0, true);
}

enum status expand_end(struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = layout_of(expansion, poller);
    expansion_begin(expansion);
    struct action action = {.kind = ACTION_RETRY, .fault = FAULT_KIND_COUNT, .poller = poller};
    if (expansion->state[layout->node_slot] != HANDLER_NODE_RETURNED)
        return expansion_fail(expansion, &action, 0);
    uint32_t failed =
        layout->failed_slot == WORLD_NO_SLOT ? 0 : expansion->state[layout->failed_slot];
    if (failed > 0)
        return fail_from(expansion, action, failed - 1);
    action.kind = ACTION_ACKNOWLEDGE;
    expansion_pass_records(expansion, poller, expansion->slots[layout->batch_slot]);
    return transition_list_add(expansion->list, &action, 0, expansion->slots, expansion->error);
}

/* The generator and the event source mappings: puts, polls, invocations, retries, interruptions. */
#include "model/container.h"
#include "model/dead_data.h"
#include "model/event.h"
#include "model/expansion.h"
#include "model/service.h"

#include <string.h>

void expansion_begin(struct expansion *expansion)
{
    memcpy(expansion->slots, expansion->state,
           expansion->world->layout.slot_count * sizeof *expansion->slots);
}

bool expansion_fault_allowed(const struct expansion *expansion, uint16_t poller,
                             const uint32_t *slots, enum fault_kind kind)
{
    const struct world *world = expansion->world;
    if (!world->faults->enabled[kind])
        return false;
    if (poller != ACTION_NO_POLLER &&
        (world->fault_functions[kind] >> world->layout.pollers[poller].function & 1) == 0)
        return false;
    uint16_t slot = world->layout.cap_slots[kind];
    return slot == WORLD_NO_SLOT || slots[slot] < world->faults->cap[kind];
}

void expansion_count_fault(const struct expansion *expansion, uint32_t *slots, enum fault_kind kind)
{
    uint16_t slot = expansion->world->layout.cap_slots[kind];
    if (slot != WORLD_NO_SLOT)
        slots[slot]++;
}

static const struct workload_put *put_of_message(const struct workload *workload, uint32_t message)
{
    for (size_t i = 0; i < workload->put_count; i++) {
        if (workload->puts[i].message == message)
            return &workload->puts[i];
    }
    BUG("a message without a put");
}

enum status expand_put(struct expansion *expansion, uint32_t message, bool again)
{
    struct world *world = expansion->world;
    struct value_store *store = world->store;
    expansion_begin(expansion);
    size_t length = 0;
    struct value done = {expansion->state[world->layout.generator_slot]};
    uint8_t counts[SCENARIO_MESSAGES_MAX];
    const char *bytes = value_bytes(store, done, &length);
    memcpy(counts, bytes, length);
    counts[message]++;
    expansion->slots[world->layout.generator_slot] = value_binary(store, counts, length).id;

    const struct workload_put *put = put_of_message(world->workload, message);
    uint32_t stream = world->workload->stream;
    uint32_t log = (uint32_t)world->layout.stream_logs[stream] + put->shard;
    struct value record =
        event_kinesis_record(store, &world->pipeline->streams[stream], put->shard,
                             world_log_length(world, expansion->state, log), put->partition_key,
                             put->data, world->workload->start_ms);
    if (!world_log_append(world, expansion->slots, log, 0, record))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    if (again)
        expansion_count_fault(expansion, expansion->slots, FAULT_PUT_FAILURE);
    struct action action = {.kind = ACTION_PUT,
                            .fault = again ? FAULT_PUT_FAILURE : FAULT_KIND_COUNT,
                            .poller = ACTION_NO_POLLER,
                            .count = message};
    return transition_list_add(expansion->list, &action, again ? 1 : 0, expansion->slots,
                               expansion->error);
}

/* Nobody's clock is behind the records that it has received. */
static void advance_clock_to_records(const struct expansion *expansion, uint16_t poller,
                                     uint32_t count)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t *clock = &expansion->slots[world->layout.clock_slots[layout->function]];
    for (uint32_t i = 0; i < count; i++) {
        int64_t time_ms = world_log_time_ms(world, expansion->state, layout->log,
                                            expansion->state[layout->checkpoint_slot] + i);
        if (time_ms > (int64_t)*clock)
            *clock = (uint32_t)time_ms;
    }
}

/* Nothing of what is there is for this poller. */
static enum status expand_pass(struct expansion *expansion, uint16_t poller, uint32_t count)
{
    expansion_begin(expansion);
    expansion->slots[expansion->world->layout.pollers[poller].batch_slot] = count;
    expansion_pass_records(expansion, poller, count);
    struct action action = {
        .kind = ACTION_PASS, .fault = FAULT_KIND_COUNT, .poller = poller, .count = count};
    return transition_list_add(expansion->list, &action, 0, expansion->slots, expansion->error);
}

/* A batch ends with a record that is delivered, and spans what is passed over before it. */
enum status expand_polls(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct mapping_config *mapping = &world->pipeline->mappings[layout->mapping];
    uint32_t start = expansion->state[layout->checkpoint_slot];
    uint32_t available = (uint32_t)world_log_length(world, expansion->state, layout->log) - start;
    uint32_t known = expansion_known_batch(expansion, poller, expansion->state);
    uint32_t count = 0;
    for (uint32_t span = 1; span <= available && count < mapping->batch_size; span++) {
        if (!world_takes(world, expansion->state, poller, start + span - 1))
            continue;
        count++;
        if (known != 0 && span != known)
            continue;
        expansion_begin(expansion);
        expansion->slots[layout->batch_slot] = span;
        advance_clock_to_records(expansion, poller, span);
        struct action action = {
            .kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = poller, .count = count};
        enum status status = expansion_start(expansion, &action, 0, true);
        if (status != STATUS_OK)
            return status;
    }
    uint32_t passed = known != 0 ? known : available;
    return passed > 0 && world_taken(world, expansion->state, poller, start, passed) == 0
               ? expand_pass(expansion, poller, passed)
               : STATUS_OK;
}

enum status expand_invoke(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    int64_t reserved = world->pipeline->functions[layout->function].reserved_concurrency;
    if (layout->throttled && world_running(world, expansion->state, layout->function) >= reserved)
        return STATUS_OK;
    uint32_t expired = expansion_expired(expansion, poller);
    if (expired > 0)
        return expand_expiry(expansion, poller, expired);
    expansion_begin(expansion);
    struct action action = {.kind = ACTION_INVOKE, .fault = FAULT_KIND_COUNT, .poller = poller};
    return expansion_start(expansion, &action, 0, false);
}

/* Start the invocation in `expansion->slots`. */
static enum status deliver(struct expansion *expansion, const struct action *action, uint32_t cost,
                           struct value event)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t *slots = expansion->slots;
    if (value_is_none(event))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    uint32_t root = HANDLER_NODE_NONE;
    enum status status = handler_tree_root(world->trees[layout->function], event,
                                           slots[layout->attempt_slot], &root, expansion->error);
    if (status != STATUS_OK)
        return status;
    slots[layout->node_slot] = root;
    expansion_pass_step(expansion, action->poller, slots, HANDLER_NODE_NONE, event);
    expansion_note_response(expansion, action->poller, slots, HANDLER_NODE_NONE, event);
    status = expansion_note_end(expansion, action->poller, slots, HANDLER_NODE_NONE, event);
    return status == STATUS_OK ? expansion_emit(expansion, action, cost) : status;
}

/* In the containers that other pollers' invocations of the function have left; not in one that is
 * like `own`. */
static enum status start_elsewhere(struct expansion *expansion, const struct action *action,
                                   uint32_t cost, struct value event, struct value own)
{
    const struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[action->poller].function;
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    if (!world->facts.remembers[function])
        return STATUS_OK;
    uint32_t *before = arena_allocate(&expansion->world->scratch, size);
    if (before == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    memcpy(before, expansion->slots, size);
    for (uint16_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *other = &world->layout.pollers[i];
        struct value container = {before[other->container_slot]};
        if (i == action->poller || other->function != function || value_equal(container, own) ||
            value_equal(container, world->no_container))
            continue;
        struct action warm = *action;
        warm.place = ACTION_WARM + 1 + (uint32_t)i;
        expansion->slots[other->container_slot] = world->no_container.id;
        enum status status =
            deliver(expansion, &warm, cost, warm_event(world->store, event, container));
        memcpy(expansion->slots, before, size);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status expansion_start(struct expansion *expansion, const struct action *action, uint32_t cost,
                            bool wait)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    /* a delay comes between delivery and start; so do records that turn too old */
    bool waits = layout->throttled || world->faults->enabled[FAULT_DELAY] ||
                 world->pipeline->mappings[layout->mapping].maximum_record_age_s >= 0;
    if (waits && wait) {
        expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
        return transition_list_add(expansion->list, action, cost, expansion->slots,
                                   expansion->error);
    }
    struct value container = {expansion->slots[layout->container_slot]};
    expansion->slots[layout->container_slot] = world->no_container.id;
    struct value event = world_event(world, expansion->slots, action->poller);
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    uint32_t *before = arena_allocate(&world->scratch, size);
    if (before == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    memcpy(before, expansion->slots, size);
    enum status status = deliver(expansion, action, cost, event);
    memcpy(expansion->slots, before, size);
    if (status == STATUS_OK && !value_equal(container, world->no_container)) {
        struct action warm = *action;
        warm.place = ACTION_WARM;
        status = deliver(expansion, &warm, cost, warm_event(world->store, event, container));
        memcpy(expansion->slots, before, size);
    }
    return status == STATUS_OK ? start_elsewhere(expansion, action, cost, event, container)
                               : status;
}

static enum status expand_draw(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    expansion_begin(expansion);
    struct action action = {.kind = ACTION_DRAW, .fault = FAULT_KIND_COUNT, .poller = poller};
    enum status status = expansion_advance(expansion, poller, expansion->slots, world->draw_high);
    if (status == STATUS_OK)
        status = expansion_emit(expansion, &action, 0);
    if (status != STATUS_OK ||
        !expansion_fault_allowed(expansion, poller, expansion->state, FAULT_RANDOM_FAILURE))
        return status;
    expansion_begin(expansion);
    action.fault = FAULT_RANDOM_FAILURE;
    action.low_draw = 1;
    expansion_count_fault(expansion, expansion->slots, FAULT_RANDOM_FAILURE);
    status = expansion_advance(expansion, poller, expansion->slots, world->draw_low);
    return status == STATUS_OK ? expansion_emit(expansion, &action, 1) : status;
}

static enum status expand_clock(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    expansion_begin(expansion);
    int64_t now =
        world->workload->start_ms + expansion->state[world->layout.clock_slots[layout->function]];
    struct action action = {.kind = ACTION_CLOCK, .fault = FAULT_KIND_COUNT, .poller = poller};
    enum status status =
        expansion_advance(expansion, poller, expansion->slots, value_integer(world->store, now));
    return status == STATUS_OK ? expansion_emit(expansion, &action, 0) : status;
}

enum status expand_invocation(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t node = expansion->state[layout->node_slot];
    const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
    if (step == NULL)
        return expand_end(expansion, poller);
    switch (step->kind) {
    case HANDLER_CALL:
        return expand_call(expansion, poller, node);
    case HANDLER_DRAW:
        return expand_draw(expansion, poller);
    case HANDLER_TIME:
        return expand_clock(expansion, poller);
    case HANDLER_RETURN:
    case HANDLER_RAISE:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        break;
    }
    BUG("an end is no node");
}

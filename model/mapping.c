/* The generator and the event source mappings: puts, polls, invocations, retries, interruptions. */
#include "model/dead_data.h"
#include "model/event.h"
#include "model/expansion.h"
#include "model/service.h"

#include <string.h>

static void begin(struct expansion *expansion)
{
    memcpy(expansion->slots, expansion->state,
           expansion->world->layout.slot_count * sizeof *expansion->slots);
}

bool expansion_fault_allowed(const struct expansion *expansion, const uint32_t *slots,
                             enum fault_kind kind)
{
    const struct world *world = expansion->world;
    if (!world->faults->enabled[kind])
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

enum status expand_put(struct expansion *expansion, uint32_t message)
{
    struct world *world = expansion->world;
    struct value_store *store = world->store;
    begin(expansion);
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
    struct value records = world_log(world, expansion->state, log);
    struct value entry[2] = {
        value_integer(store, 0),
        event_kinesis_record(store, &world->pipeline->streams[stream], put->shard,
                             world_log_length(world, expansion->state, log), put->partition_key,
                             put->data, world->workload->start_ms),
    };
    struct value longer = value_append(store, records, value_list(store, entry, 2));
    expansion->slots[world->layout.logs[log].slot] = longer.id;
    struct action action = {.kind = ACTION_PUT,
                            .fault = FAULT_KIND_COUNT,
                            .poller = ACTION_NO_POLLER,
                            .count = message};
    return transition_list_add(expansion->list, &action, 0, expansion->slots, expansion->error);
}

/* Nobody's clock is behind the records that it has received. */
static void advance_clock_to_records(const struct expansion *expansion, uint16_t poller,
                                     uint32_t count)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t *clock = &expansion->slots[world->layout.clock_slots[layout->function]];
    for (uint32_t i = 0; i < count; i++) {
        struct value entry = world_log_entry(world, expansion->state, layout->log,
                                             expansion->state[layout->checkpoint_slot] + i);
        int64_t time_ms = 0;
        CHECK(value_to_integer(world->store, value_at(world->store, entry, 0), &time_ms));
        if (time_ms > (int64_t)*clock)
            *clock = (uint32_t)time_ms;
    }
}

enum status expand_polls(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct mapping_config *mapping = &world->pipeline->mappings[layout->mapping];
    size_t available = world_log_length(world, expansion->state, layout->log) -
                       expansion->state[layout->checkpoint_slot];
    for (uint32_t count = 1; count <= available && count <= mapping->batch_size; count++) {
        begin(expansion);
        expansion->slots[layout->batch_slot] = count;
        advance_clock_to_records(expansion, poller, count);
        struct action action = {
            .kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = poller, .count = count};
        enum status status = expansion_start(expansion, &action, 0, true);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status expand_invoke(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    int64_t reserved = world->pipeline->functions[layout->function].reserved_concurrency;
    if (layout->throttled && world_running(world, expansion->state, layout->function) >= reserved)
        return STATUS_OK;
    begin(expansion);
    struct action action = {.kind = ACTION_INVOKE, .fault = FAULT_KIND_COUNT, .poller = poller};
    return expansion_start(expansion, &action, 0, false);
}

enum status expansion_start(struct expansion *expansion, const struct action *action, uint32_t cost,
                            bool wait)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    if (layout->throttled && wait) {
        expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
        return transition_list_add(expansion->list, action, cost, expansion->slots,
                                   expansion->error);
    }
    struct value event = world_event(world, expansion->slots, action->poller);
    if (value_is_none(event))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    uint32_t root = HANDLER_NODE_NONE;
    enum status status =
        handler_tree_root(world->trees[layout->function], event,
                          expansion->slots[layout->attempt_slot], &root, expansion->error);
    if (status != STATUS_OK)
        return status;
    expansion->slots[layout->node_slot] = root;
    expansion_pass_step(expansion, action->poller, expansion->slots, HANDLER_NODE_NONE, event);
    return expansion_emit(expansion, action, cost);
}

/* The same batch again, as a new attempt. */
static enum status retry(struct expansion *expansion, const struct action *action, uint32_t cost)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    if (world->facts.attempts_shown[layout->function])
        expansion->slots[layout->attempt_slot]++;
    expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
    return expansion_start(expansion, action, cost, true);
}

/* The invocation has ended: acknowledge the batch or try it again. */
static enum status expand_end(struct expansion *expansion, uint16_t poller, uint32_t node)
{
    const struct poller_layout *layout = &expansion->world->layout.pollers[poller];
    begin(expansion);
    struct action action = {.kind = ACTION_RETRY, .fault = FAULT_KIND_COUNT, .poller = poller};
    if (node != HANDLER_NODE_RETURNED)
        return retry(expansion, &action, 0);
    action.kind = ACTION_ACKNOWLEDGE;
    expansion->slots[layout->checkpoint_slot] += expansion->slots[layout->batch_slot];
    expansion->slots[layout->batch_slot] = 0;
    expansion->slots[layout->node_slot] = HANDLER_NODE_NONE;
    expansion->slots[layout->attempt_slot] = 0;
    dead_data_acknowledged(expansion->world, expansion->state, expansion->slots, poller);
    return transition_list_add(expansion->list, &action, 0, expansion->slots, expansion->error);
}

static enum status expand_call(struct expansion *expansion, uint16_t poller, uint32_t node)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
    const struct call_result *result = NULL;
    struct value tokens = VALUE_NONE;
    begin(expansion);
    enum status status = service_call(world, expansion->state, layout->function, step, &result,
                                      &tokens, expansion->error);
    if (status != STATUS_OK)
        return status;
    if (service_call_has_token(world, step))
        tokens = dead_data_token_sent(world, expansion->state, poller, step->request, tokens);
    expansion->slots[world->layout.tokens_slot] = tokens.id;
    struct action action = {.kind = ACTION_CALL, .fault = FAULT_KIND_COUNT, .poller = poller};
    return expansion_emit_call(expansion, &action, node, result);
}

static enum status expand_draw(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    begin(expansion);
    struct action action = {.kind = ACTION_DRAW, .fault = FAULT_KIND_COUNT, .poller = poller};
    enum status status = expansion_advance(expansion, poller, expansion->slots, world->draw_high);
    if (status == STATUS_OK)
        status = expansion_emit(expansion, &action, 0);
    if (status != STATUS_OK ||
        !expansion_fault_allowed(expansion, expansion->state, FAULT_RANDOM_FAILURE))
        return status;
    begin(expansion);
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
    begin(expansion);
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
        return expand_end(expansion, poller, node);
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

enum progress { PROGRESS_NONE, PROGRESS_READ, PROGRESS_WROTE };

/* What the invocation's last call that matters was. A write that was refused is like a read: being
 * interrupted after it is the same as before it. Reads of tables that nobody writes do not
 * matter. */
static enum progress last_progress(const struct expansion *expansion, uint32_t function,
                                   uint32_t node)
{
    struct world *world = expansion->world;
    const struct handler_tree *tree = world->trees[function];
    uint32_t call = HANDLER_NODE_NONE;
    struct value answer = VALUE_NONE;
    while (handler_tree_last_call(tree, node, &call, &answer)) {
        const struct handler_step *step = handler_tree_step(tree, call);
        if (service_call_writes(world, step)) {
            int64_t status = 0;
            struct value field = value_get(world->store, answer, world->status_name);
            return value_to_integer(world->store, field, &status) && status == 200 ? PROGRESS_WROTE
                                                                                   : PROGRESS_READ;
        }
        if (!service_call_is_constant_read(world, step))
            return PROGRESS_READ;
        node = call;
    }
    return PROGRESS_NONE;
}

/* Being interrupted at the start differs from not having started only where time has passed, or
 * where the function does something else in its next attempt. At its end an invocation may have
 * written something, so that is always a point. */
enum status expand_interruptions(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t node = expansion->state[layout->node_slot];
    enum progress progress = PROGRESS_WROTE;
    if (node >= HANDLER_NODE_FIRST)
        progress = last_progress(expansion, layout->function, node);
    else if (node != HANDLER_NODE_RETURNED)
        return STATUS_OK; /* it has failed by itself already */
    bool crash_matters =
        progress == PROGRESS_WROTE ||
        (world->facts.time_passes &&
         handler_tree_slept_ms(world->trees[layout->function], node) > 0) ||
        (progress == PROGRESS_NONE && world->facts.attempts_shown[layout->function]);
    if (crash_matters && expansion_fault_allowed(expansion, expansion->state, FAULT_CRASH)) {
        begin(expansion);
        expansion_count_fault(expansion, expansion->slots, FAULT_CRASH);
        struct action action = {.kind = ACTION_CRASH, .fault = FAULT_CRASH, .poller = poller};
        enum status status = retry(expansion, &action, 1);
        if (status != STATUS_OK)
            return status;
    }
    if (progress != PROGRESS_READ &&
        expansion_fault_allowed(expansion, expansion->state, FAULT_TIMEOUT)) {
        begin(expansion);
        expansion_count_fault(expansion, expansion->slots, FAULT_TIMEOUT);
        expansion_pass_timeout(expansion, poller, expansion->slots, node);
        struct action action = {.kind = ACTION_TIMEOUT, .fault = FAULT_TIMEOUT, .poller = poller};
        return retry(expansion, &action, 1);
    }
    return STATUS_OK;
}

/* Faults that end an invocation, move a poller or let time pass. */
#include "model/dead_data.h"
#include "model/expansion.h"
#include "model/service.h"

#include <string.h>

enum { HALF_A_DAY_S = 11 * 60 * 60 };

static const uint32_t delays_s[] = {31, 61, 11 * 60, HALF_A_DAY_S, FAULT_LONGEST_DELAY_S};

enum progress { PROGRESS_NONE, PROGRESS_READ, PROGRESS_WROTE };

/* The answer tells that the call may have changed something. */
static bool may_have_written(const struct world *world, struct value answer)
{
    int64_t status = 0;
    if (!value_is_none(value_get_text(world->store, answer, "applied")))
        return true;
    struct value field = value_get(world->store, answer, world->status_name);
    return !value_is_none(field) && value_to_integer(world->store, field, &status) && status == 200;
}

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
        if (service_call_writes(world, step))
            return may_have_written(world, answer) ? PROGRESS_WROTE : PROGRESS_READ;
        if (!service_call_is_constant_read(world, step))
            return PROGRESS_READ;
        node = call;
    }
    return PROGRESS_NONE;
}

/* The invocation is interrupted where it stands. */
static enum status interrupt(struct expansion *expansion, uint16_t poller, enum action_kind kind,
                             enum fault_kind fault)
{
    const struct layout *layout = &expansion->world->layout;
    uint32_t node = expansion->state[layout->pollers[poller].node_slot];
    expansion_begin(expansion);
    expansion_count_fault(expansion, expansion->slots, fault);
    if (kind == ACTION_TIMEOUT)
        expansion_pass_timeout(expansion, poller, expansion->slots, node);
    if (fault == FAULT_LATE_WRITE)
        expansion->slots[layout->pollers[poller].late_slot] = node;
    struct action action = {.kind = kind, .fault = fault, .poller = poller};
    return expansion_fail(expansion, &action, 1);
}

/* A fail-over of the poller: what it holds comes again, in batches formed anew. */
static enum status rebatch(struct expansion *expansion, uint16_t poller)
{
    expansion_begin(expansion);
    expansion_count_fault(expansion, expansion->slots, FAULT_REBATCH);
    expansion_drop_batch(expansion, poller);
    expansion_forget_batches(expansion, poller);
    struct action action = {.kind = ACTION_REBATCH, .fault = FAULT_REBATCH, .poller = poller};
    return transition_list_add(expansion->list, &action, 1, expansion->slots, expansion->error);
}

/* A failure is not just another delivery of the same batch. */
static bool failures_count(const struct poller_layout *layout)
{
    return layout->retries_slot != WORLD_NO_SLOT || layout->pieces_slot != WORLD_NO_SLOT;
}

/* Being interrupted at the start differs from not having started only where time has passed, where
 * the function does something else in its next attempt, or where failures count. At its end an
 * invocation may have written something, so that is always a point. */
static enum status interrupt_running(struct expansion *expansion, uint16_t poller, uint32_t node)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    bool over = node < HANDLER_NODE_FIRST && node != HANDLER_NODE_RETURNED;
    enum progress progress = node >= HANDLER_NODE_FIRST
                                 ? last_progress(expansion, layout->function, node)
                                 : PROGRESS_WROTE;
    bool crash_matters =
        progress == PROGRESS_WROTE ||
        (world->facts.time_passes &&
         handler_tree_slept_ms(world->trees[layout->function], node) > 0) ||
        (progress == PROGRESS_NONE &&
         (world->facts.attempts_shown[layout->function] || failures_count(layout)));
    enum status status = STATUS_OK;
    /* an invocation that has failed by itself cannot crash any more */
    if (!over && crash_matters &&
        expansion_fault_allowed(expansion, poller, expansion->state, FAULT_CRASH))
        status = interrupt(expansion, poller, ACTION_CRASH, FAULT_CRASH);
    if (status == STATUS_OK && !over && progress != PROGRESS_READ &&
        expansion_fault_allowed(expansion, poller, expansion->state, FAULT_TIMEOUT))
        status = interrupt(expansion, poller, ACTION_TIMEOUT, FAULT_TIMEOUT);
    if (status == STATUS_OK && expansion_may_be_late(expansion, poller) &&
        expansion_fault_allowed(expansion, poller, expansion->state, FAULT_LATE_WRITE))
        status = interrupt(expansion, poller, ACTION_TIMEOUT, FAULT_LATE_WRITE);
    if (status == STATUS_OK && progress == PROGRESS_WROTE &&
        expansion_fault_allowed(expansion, poller, expansion->state, FAULT_REBATCH))
        status = rebatch(expansion, poller);
    return status;
}

/* --- pollers that go back --- */

/* The batches before the checkpoint may be delivered again: from each on, in the same batches. */
static enum status redeliver(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    if (!expansion_fault_allowed(expansion, poller, expansion->state, FAULT_REDELIVER))
        return STATUS_OK;
    struct value sizes = {expansion->state[layout->batches_slot]};
    uint32_t start = 0;
    for (size_t i = 0; i < value_count(world->store, sizes); i++) {
        if (start >= expansion->state[layout->checkpoint_slot])
            break;
        expansion_begin(expansion);
        expansion_count_fault(expansion, expansion->slots, FAULT_REDELIVER);
        expansion->slots[layout->checkpoint_slot] = start;
        struct action action = {.kind = ACTION_REDELIVER,
                                .fault = FAULT_REDELIVER,
                                .poller = poller,
                                .count = expansion->state[layout->checkpoint_slot] - start};
        enum status status =
            transition_list_add(expansion->list, &action, 1, expansion->slots, expansion->error);
        if (status != STATUS_OK)
            return status;
        start += expansion_batch_size(expansion, sizes, i);
    }
    return STATUS_OK;
}

/* --- time --- */

/* Where items expire: long enough for most, twice in a row too short for records to expire. */
static bool is_of_interest(const struct world *world, uint32_t delay_s)
{
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if (world->pipeline->tables[i].time_to_live != NULL)
            return true;
    }
    return delay_s != HALF_A_DAY_S;
}

static enum status delay(struct expansion *expansion, uint16_t poller)
{
    const struct fault_config *faults = expansion->world->faults;
    if (!expansion_fault_allowed(expansion, poller, expansion->state, FAULT_DELAY))
        return STATUS_OK;
    for (size_t i = 0; i < sizeof delays_s / sizeof *delays_s; i++) {
        if (delays_s[i] > faults->longest_delay_s)
            break;
        if (!is_of_interest(expansion->world, delays_s[i]))
            continue;
        expansion_begin(expansion);
        expansion_count_fault(expansion, expansion->slots, FAULT_DELAY);
        expansion_pass_delay(expansion, poller, expansion->slots, (int64_t)delays_s[i] * 1000);
        struct action action = {
            .kind = ACTION_DELAY, .fault = FAULT_DELAY, .poller = poller, .count = delays_s[i]};
        enum status status =
            transition_list_add(expansion->list, &action, 1, expansion->slots, expansion->error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status expand_interruptions(struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = &expansion->world->layout.pollers[poller];
    uint32_t node = expansion->state[layout->node_slot];
    enum status status = expand_arrival(expansion, poller);
    if (status != STATUS_OK)
        return status;
    if (node != HANDLER_NODE_NONE)
        return interrupt_running(expansion, poller, node);
    if (expansion->state[layout->batch_slot] == 0)
        return redeliver(expansion, poller);
    if (expansion_fault_allowed(expansion, poller, expansion->state, FAULT_REBATCH))
        status = rebatch(expansion, poller);
    return status == STATUS_OK ? delay(expansion, poller) : status;
}

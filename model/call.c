/* The calls of running invocations: answered as they are, and as the faults of calls have it. */
#include "model/call_faults.h"
#include "model/dead_data.h"
#include "model/expansion.h"
#include "model/put_placement.h"
#include "model/turns.h"

#include <string.h>

/* The state with every table as it was before its latest change. */
static const uint32_t *stale_state(struct world *world, const uint32_t *state)
{
    const struct layout *layout = &world->layout;
    uint32_t *stale = arena_allocate_array(&world->scratch, layout->slot_count, sizeof *stale);
    if (stale == NULL)
        return NULL;
    memcpy(stale, state, layout->slot_count * sizeof *stale);
    for (size_t i = 0; i < world->pipeline->table_count; i++)
        stale[layout->table_slots[i]] = stale[layout->before_slots[i]];
    return stale;
}

/* Let the service do what `step` asks at `node`; *tokens is VALUE_NONE where it does not matter. */
static enum status apply(struct world *world, const uint32_t *state, uint32_t function,
                         uint32_t node, const struct handler_step *step, bool stale,
                         const struct call_result **result, struct value *tokens,
                         struct error *error)
{
    *tokens = VALUE_NONE;
    if (stale)
        state = stale_state(world, state);
    if (state == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return call_was_applied(world, function, node)
               ? service_repeat(world, state, function, step, result, error)
               : service_call(world, state, function, step, result, tokens, error);
}

/* The same in an expansion: the service remembers the request's token. */
static enum status send(struct expansion *expansion, uint16_t poller, uint32_t node,
                        const struct handler_step *step, bool stale,
                        const struct call_result **result)
{
    struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[poller].function;
    struct value tokens = VALUE_NONE;
    if (!turns_note_call(world, poller, step))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    enum status status = apply(world, expansion->state, function, node, step, stale, result,
                               &tokens, expansion->error);
    if (status != STATUS_OK || value_is_none(tokens))
        return status;
    if (service_call_has_token(world, step))
        tokens = dead_data_token_sent(world, expansion->state, poller, step->request, tokens);
    expansion->slots[world->layout.tokens_slot] = tokens.id;
    return STATUS_OK;
}

/* `code` is the placement of the keys it puts under: see model/put_placement.h. */
static enum status expand_answered(struct expansion *expansion, uint16_t poller, uint32_t node,
                                   uint32_t code)
{
    struct world *world = expansion->world;
    const struct handler_step *step =
        handler_tree_step(world->trees[world->layout.pollers[poller].function], node);
    const struct call_result *result = NULL;
    expansion_begin(expansion);
    enum status status = send(expansion, poller, node, step, false, &result);
    if (status != STATUS_OK)
        return status;
    CHECK(result != NULL);
    struct action action = {
        .kind = ACTION_CALL, .fault = FAULT_KIND_COUNT, .poller = poller, .place = code};
    const struct call_reply reply = {.answer = result->answer};
    return expansion_emit_call(expansion, &action, node, result, &reply);
}

/* One form of a fault. Where it matters only if the call changed something and it did not, nothing
 * is added. */
static enum status expand_form(struct expansion *expansion, const struct action *action,
                               uint32_t node, const struct call_fault *fault)
{
    struct world *world = expansion->world;
    const struct call_result *result = NULL;
    expansion_begin(expansion);
    expansion_count_fault(expansion, expansion->slots, action->fault);
    if (fault->applied) {
        enum status status =
            send(expansion, action->poller, node, &fault->sent, fault->stale, &result);
        if (status != STATUS_OK)
            return status;
        CHECK(result != NULL);
        if (fault->changes && result->change_count == 0 && result->put_count == 0)
            return STATUS_OK;
    }
    const struct call_reply reply = {.answer =
                                         call_fault_answer(world, action->fault, fault, result),
                                     .repeated = fault->repeated};
    if (result != NULL)
        return expansion_emit_call(expansion, action, node, result, &reply);
    enum status status = expansion_answer(expansion, action->poller, expansion->slots, &reply);
    return status == STATUS_OK ? expansion_emit(expansion, action, 1) : status;
}

/* In the state `placed`, as `code` says; a fault that keeps the call from taking effect places
 * nothing. */
static enum status expand_faults(struct expansion *expansion, uint16_t poller, uint32_t node,
                                 const uint32_t *placed, uint32_t code)
{
    struct world *world = expansion->world;
    const uint32_t *state = expansion->state;
    const struct handler_tree *tree = world->trees[world->layout.pollers[poller].function];
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < FAULT_KIND_COUNT; i++) {
        enum fault_kind kind = (enum fault_kind)i;
        if (!fault_kind_is_of_call(kind) ||
            !expansion_fault_allowed(expansion, poller, expansion->state, kind))
            continue;
        struct action action = {
            .kind = ACTION_CALL, .fault = kind, .poller = poller, .place = code};
        struct call_fault fault;
        while (status == STATUS_OK &&
               call_fault_find(world, handler_tree_step(tree, node), kind, action.count, &fault)) {
            expansion->state = fault.applied ? placed : state;
            if (fault.applied || code == 0)
                status = expand_form(expansion, &action, node, &fault);
            expansion->state = state;
            action.count++;
        }
    }
    return status;
}

enum status expand_call(struct expansion *expansion, uint16_t poller, uint32_t node)
{
    struct world *world = expansion->world;
    const uint32_t *state = expansion->state;
    struct put_placement placement;
    enum status status = put_placement_find(world, state, world->layout.pollers[poller].function,
                                            node, &placement, expansion->error);
    for (uint32_t code = 0; status == STATUS_OK && code < placement.codes; code++) {
        const uint32_t *placed = put_placement_state(world, state, &placement, code);
        if (placed == NULL)
            return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
        expansion->state = placed;
        status = expand_answered(expansion, poller, node, code);
        expansion->state = state;
        if (status == STATUS_OK)
            status = expand_faults(expansion, poller, node, placed, code);
    }
    return status;
}

enum status call_reply_find(struct world *world, const uint32_t *state, const struct action *action,
                            struct call_reply *reply, struct error *error)
{
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t node = state[layout->node_slot];
    const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
    const struct call_result *result = NULL;
    struct value tokens = VALUE_NONE;
    struct call_fault fault = {.applied = true, .sent = *step};
    bool faulty = action->fault != FAULT_KIND_COUNT;
    if (faulty)
        CHECK(call_fault_find(world, step, action->fault, action->count, &fault));
    struct put_placement placement;
    enum status status =
        put_placement_find(world, state, layout->function, node, &placement, error);
    if (status != STATUS_OK)
        return status;
    state = put_placement_state(world, state, &placement, action->place);
    if (state == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (fault.applied)
        status = apply(world, state, layout->function, node, &fault.sent, fault.stale, &result,
                       &tokens, error);
    if (status != STATUS_OK)
        return status;
    *reply = (struct call_reply){
        .answer = faulty ? call_fault_answer(world, action->fault, &fault, result) : result->answer,
        .repeated = fault.repeated};
    return STATUS_OK;
}

/* --- writes that arrive late --- */

bool expansion_may_be_late(const struct expansion *expansion, uint16_t poller)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t node = expansion->state[layout->node_slot];
    if (layout->late_slot == WORLD_NO_SLOT || node < HANDLER_NODE_FIRST ||
        expansion->state[layout->late_slot] != HANDLER_NODE_NONE)
        return false;
    const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
    return step->kind == HANDLER_CALL && service_call_writes(world, step);
}

enum status expand_arrival(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    if (layout->late_slot == WORLD_NO_SLOT ||
        expansion->state[layout->late_slot] == HANDLER_NODE_NONE)
        return STATUS_OK;
    uint32_t node = expansion->state[layout->late_slot];
    const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
    const uint32_t *state = expansion->state;
    struct put_placement placement;
    enum status status =
        put_placement_find(world, state, layout->function, node, &placement, expansion->error);
    for (uint32_t code = 0; status == STATUS_OK && code < placement.codes; code++) {
        const struct call_result *result = NULL;
        expansion->state = put_placement_state(world, state, &placement, code);
        if (expansion->state == NULL) {
            status = error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
            break;
        }
        expansion_begin(expansion);
        status = send(expansion, poller, node, step, false, &result);
        expansion->slots[layout->late_slot] = HANDLER_NODE_NONE;
        const struct action action = {
            .kind = ACTION_ARRIVE, .fault = FAULT_KIND_COUNT, .poller = poller, .place = code};
        if (status == STATUS_OK)
            status = expansion_emit_call(expansion, &action, node, result, NULL);
    }
    expansion->state = state;
    return status;
}

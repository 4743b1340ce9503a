#include "model/action.h"

#include "model/dead_data.h"
#include "model/expansion.h"
#include "model/time_to_live.h"

#include <stdio.h>
#include <string.h>

static const char *const action_names[] = {
#define ACTION_NAME(kind, name) [kind] = (name),
    ACTION_KINDS(ACTION_NAME)
#undef ACTION_NAME
};

const char *action_kind_name(enum action_kind kind) { return action_names[kind]; }

bool action_starts_warm(enum action_kind kind, uint32_t place)
{
    return kind != ACTION_CALL && kind != ACTION_ARRIVE && place >= ACTION_WARM;
}

uint16_t action_container_of(const struct action *action)
{
    return action->place == ACTION_WARM ? action->poller
                                        : (uint16_t)(action->place - ACTION_WARM - 1);
}

bool action_equal(const struct action *a, const struct action *b)
{
    return a->kind == b->kind && a->fault == b->fault && a->poller == b->poller &&
           a->count == b->count && a->place == b->place && a->low_draw == b->low_draw;
}

void action_actor(const struct world *world, const struct action *action, char *text, size_t size)
{
    if (action->poller == ACTION_NO_POLLER) {
        snprintf(text, size, "Generator");
        return;
    }
    if (action->kind == ACTION_TIME_TO_LIVE)
        snprintf(text, size, "DynamoDB");
    else
        world_poller_name(world, action->poller, text, size);
}

void transition_list_init(struct transition_list *list, const struct world *world)
{
    *list =
        (struct transition_list){.memory = world->memory, .slot_count = world->layout.slot_count};
}

void transition_list_release(struct transition_list *list)
{
    memory_free(list->memory, list->items, list->item_capacity * sizeof *list->items);
    memory_free(list->memory, list->slots, list->slot_capacity * sizeof *list->slots);
    *list = (struct transition_list){.memory = list->memory, .slot_count = list->slot_count};
}

enum status transition_list_add(struct transition_list *list, const struct action *action,
                                uint32_t cost, const uint32_t *slots, struct error *error)
{
    size_t needed = (list->count + 1) * list->slot_count;
    if (!memory_reserve(list->memory, (void **)&list->items, &list->item_capacity, list->count + 1,
                        sizeof *list->items) ||
        !memory_reserve(list->memory, (void **)&list->slots, &list->slot_capacity, needed,
                        sizeof *list->slots))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    list->items[list->count] = (struct transition){.action = *action, .cost = cost};
    memcpy(list->slots + list->count * list->slot_count, slots, list->slot_count * sizeof *slots);
    list->count++;
    return STATUS_OK;
}

/* PutRecords reported some records as failed although the stream has them: they are sent again, as
 * new records. */
static enum status expand_puts_again(struct expansion *expansion, const char *counts)
{
    const struct world *world = expansion->world;
    if (!expansion_fault_allowed(expansion, ACTION_NO_POLLER, expansion->state, FAULT_PUT_FAILURE))
        return STATUS_OK;
    for (uint32_t message = 0; message < world->scenario->message_count; message++) {
        if ((uint8_t)counts[message] == 0 || (uint8_t)counts[message] == UINT8_MAX)
            continue;
        enum status status = expand_put(expansion, message, true);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The message to be put next in the given order; message_count: none is left. */
static uint32_t next_message(const struct scenario *scenario, const char *counts)
{
    uint32_t seen[SCENARIO_MESSAGES_MAX] = {0};
    uint32_t end = (uint32_t)scenario->message_count;
    if (scenario->sequence == NULL) {
        uint32_t message = 0;
        while (message < end && (uint8_t)counts[message] >= scenario->messages[message].copies)
            message++;
        return message;
    }
    for (size_t i = 0; i < scenario->sequence_length; i++) {
        uint32_t message = scenario->sequence[i];
        uint32_t nth = ++seen[message];
        if (nth <= scenario->messages[message].copies && (uint8_t)counts[message] < nth)
            return message;
    }
    return end;
}

/* Puts: in the given order the first message that still has copies to put; in any order each. */
static enum status expand_generator(struct expansion *expansion)
{
    struct world *world = expansion->world;
    const struct scenario *scenario = world->scenario;
    uint16_t slot = world->layout.generator_slot;
    struct value done = {expansion->state[slot]};
    const char *counts = value_bytes(world->store, done, NULL);
    uint32_t first = scenario->order == PUT_ORDER_GIVEN ? next_message(scenario, counts) : 0;
    uint32_t end = (uint32_t)scenario->message_count;
    if (scenario->order == PUT_ORDER_GIVEN && first < end)
        end = first + 1;
    for (uint32_t message = first; message < end; message++) {
        if ((uint8_t)counts[message] >= scenario->messages[message].copies)
            continue;
        enum status status = expand_put(expansion, message, false);
        if (status != STATUS_OK)
            return status;
    }
    return expand_puts_again(expansion, counts);
}

static enum status expand_step(struct expansion *expansion, uint16_t poller)
{
    const struct poller_layout *layout = &expansion->world->layout.pollers[poller];
    if (expansion->state[layout->batch_slot] == 0)
        return expand_polls(expansion, poller);
    if (expansion->state[layout->node_slot] == HANDLER_NODE_NONE)
        return expand_invoke(expansion, poller);
    return expand_invocation(expansion, poller);
}

static enum status expand_part(struct expansion *expansion, struct expansion_part part)
{
    if (part.poller == ACTION_NO_POLLER)
        return expand_generator(expansion);
    if (part.deletions)
        return expand_time_to_live(expansion, part.poller);
    if (part.interruptions)
        return expand_interruptions(expansion, part.poller);
    return expand_step(expansion, part.poller);
}

static enum status expand_poller(struct expansion *expansion, uint16_t poller)
{
    enum status status = expand_part(expansion, (struct expansion_part){.poller = poller});
    if (status == STATUS_OK)
        status = expand_part(expansion,
                             (struct expansion_part){.poller = poller, .interruptions = true});
    return status == STATUS_OK ? expand_part(expansion, (struct expansion_part){.poller = poller,
                                                                                .deletions = true})
                               : status;
}

bool transition_moves_on(const struct world *world, const uint32_t *state,
                         const struct transition *transition)
{
    if (transition->cost > 0)
        return false;
    if (transition->action.kind != ACTION_RETRY)
        return true;
    const struct poller_layout *poller = &world->layout.pollers[transition->action.poller];
    /* retries that are counted come to an end */
    return poller->retries_slot != WORLD_NO_SLOT ||
           state[poller->node_slot] == HANDLER_NODE_FAILED_BY_FAULT;
}

bool transition_may_be_last(const struct world *world, const struct transition *transition,
                            const uint32_t *after)
{
    uint16_t poller = transition->action.poller;
    if (transition->action.kind == ACTION_TIME_TO_LIVE)
        return true;
    return poller != ACTION_NO_POLLER && after[world->layout.pollers[poller].batch_slot] == 0;
}

/* Group after group, up to and including the first that moves on. The generator is before them
 * all, or in one of them. */
static enum status expand_groups(struct expansion *expansion)
{
    const struct world *world = expansion->world;
    size_t judged = 0;
    for (uint32_t group = 0;; group++) {
        for (; judged < expansion->list->count; judged++) {
            if (transition_moves_on(world, expansion->state, &expansion->list->items[judged]))
                return STATUS_OK;
        }
        if (group == world->order.count)
            return STATUS_OK;
        if (!world->stages.generator_is_first && world->order.of_generator == group) {
            enum status status = expand_generator(expansion);
            if (status != STATUS_OK)
                return status;
        }
        for (uint16_t i = 0; i < world->layout.poller_count; i++) {
            if (world->order.of_poller[i] != group)
                continue;
            enum status status = expand_poller(expansion, i);
            if (status != STATUS_OK)
                return status;
        }
    }
}

/* Begin to expand `state` into `list`. */
static enum status begin(struct expansion *expansion, struct world *world, const uint32_t *state,
                         struct transition_list *list, struct error *error)
{
    arena_reset(&world->scratch);
    list->count = 0;
    if (value_store_failed(world->store)) /* the state itself may be incomplete */
        return error_set(error, STATUS_NO_MEMORY, "out of memory for values");
    *expansion = (struct expansion){.world = world, .state = state, .list = list, .error = error};
    expansion->slots =
        arena_allocate_array(&world->scratch, world->layout.slot_count, sizeof *expansion->slots);
    if (expansion->slots == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return STATUS_OK;
}

static enum status end(const struct expansion *expansion, enum status status)
{
    if (status == STATUS_OK && value_store_failed(expansion->world->store))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    return status;
}

enum status world_expand(struct world *world, const uint32_t *state, struct transition_list *list,
                         struct error *error)
{
    struct expansion expansion;
    enum status status = begin(&expansion, world, state, list, error);
    if (status == STATUS_OK && (!world->stage_order || world->stages.generator_is_first))
        status = expand_generator(&expansion);
    if (!world->stage_order) {
        for (uint16_t i = 0; status == STATUS_OK && i < world->layout.poller_count; i++)
            status = expand_poller(&expansion, i);
    } else if (status == STATUS_OK) {
        status = expand_groups(&expansion);
    }
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        uint32_t *slots = list->slots + i * list->slot_count;
        if (transition_may_be_last(world, &list->items[i], slots))
            (void)dead_data_finish_stages(world, slots);
    }
    return end(&expansion, status);
}

enum status world_expand_part(struct world *world, struct expansion_part part,
                              const uint32_t *state, struct transition_list *list,
                              struct error *error)
{
    struct expansion expansion;
    enum status status = begin(&expansion, world, state, list, error);
    if (status == STATUS_OK)
        status = expand_part(&expansion, part);
    return end(&expansion, status);
}

#include "reports/step.h"

#include "model/call_faults.h"
#include "model/container.h"
#include "model/service.h"
#include "model/snapshot.h"
#include "reports/step_internal.h"

#include <stdio.h>

enum { ACTOR_SIZE = 1024 };

struct value put_field(struct value_store *store, struct value map, const char *name,
                       struct value value)
{
    return value_is_none(value) ? map : value_put_text(store, map, name, value);
}

static const struct poller_layout *poller_of(const struct step_facts *facts)
{
    uint16_t poller = facts->place->action->poller;
    return poller == ACTION_NO_POLLER || facts->place->action->kind == ACTION_TIME_TO_LIVE
               ? NULL
               : &facts->world->layout.pollers[poller];
}

static struct value actor_of(const struct step_facts *facts)
{
    char actor[ACTOR_SIZE];
    action_actor(facts->world, facts->place->action, actor, sizeof actor);
    if (facts->place->invocation == 0)
        return value_text(facts->world->store, actor);
    return value_format(facts->world->store, "%.900s#%u", actor,
                        (unsigned)facts->place->invocation);
}

/* The input that a handler's step got. */
static struct value input_of(const struct step_facts *facts)
{
    struct world *world = facts->world;
    const struct poller_layout *poller = poller_of(facts);
    switch (facts->step->kind) {
    case HANDLER_CALL:
        return facts->answer;
    case HANDLER_DRAW:
        return facts->place->action->low_draw > 0 ? world->draw_low : world->draw_high;
    case HANDLER_TIME:
        return value_integer(world->store,
                             world->workload->start_ms +
                                 facts->place->before[world->layout.clock_slots[poller->function]]);
    case HANDLER_RETURN:
    case HANDLER_RAISE:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        break;
    }
    return VALUE_NONE;
}

/* The end that the input of `facts->step` led to, or the same input in the SDK's further attempts.
 */
static const struct handler_step *end_after_input(const struct world *world,
                                                  const struct poller_layout *poller,
                                                  const struct step_facts *facts)
{
    struct handler_tree *tree = world->trees[poller->function];
    struct error ignored = ERROR_INIT;
    struct value input = input_of(facts);
    uint32_t node = facts->place->before[poller->node_slot];
    for (uint32_t child = node; !value_is_none(input); node = child) {
        if (handler_tree_child(tree, node, input, &child, &ignored) != STATUS_OK)
            break;
        if (child < HANDLER_NODE_FIRST)
            return handler_tree_end(tree, VALUE_NONE, 0, node, input);
    }
    return NULL;
}

/* How the invocation ends, if this step led to its end. */
/* What the container has served that the step's invocation starts in. */
static struct value container_taken(const struct step_facts *facts)
{
    uint16_t poller = action_container_of(facts->place->action);
    uint16_t slot = facts->world->layout.pollers[poller].container_slot;
    return (struct value){facts->place->before[slot]};
}

static const struct handler_step *end_after(const struct step_facts *facts)
{
    struct world *world = facts->world;
    const struct poller_layout *poller = poller_of(facts);
    if (poller == NULL)
        return NULL;
    uint32_t after = facts->place->after[poller->node_slot];
    const struct handler_tree *tree = world->trees[poller->function];
    if (after == HANDLER_NODE_NONE || after >= HANDLER_NODE_FIRST)
        return NULL;
    /* a batch that fails for ever stays where it is */
    if (facts->place->action->kind == ACTION_RETRY &&
        after == facts->place->before[poller->node_slot])
        return NULL;
    if (facts->step != NULL)
        return end_after_input(world, poller, facts);
    struct value event = world_event(world, facts->place->after, facts->place->action->poller);
    if (action_starts_warm(facts->place->action->kind, facts->place->action->place))
        event = warm_event(world->store, event, container_taken(facts));
    return handler_tree_end(tree, event, facts->place->after[poller->attempt_slot],
                            HANDLER_NODE_NONE, VALUE_NONE);
}

static void find_facts(struct step_facts *facts)
{
    struct world *world = facts->world;
    const struct poller_layout *poller = poller_of(facts);
    enum action_kind kind = facts->place->action->kind;
    if (poller != NULL && (kind == ACTION_CALL || kind == ACTION_DRAW || kind == ACTION_CLOCK))
        facts->step = handler_tree_step(world->trees[poller->function],
                                        facts->place->before[poller->node_slot]);
    if (facts->step != NULL && facts->step->kind == HANDLER_CALL) {
        struct error ignored = ERROR_INIT;
        struct call_reply reply;
        /* memoised: the search or the replay has just made this call */
        if (call_reply_find(world, facts->place->before, facts->place->action, &reply, &ignored) ==
            STATUS_OK)
            facts->answer = reply.answer;
    }
    if (poller != NULL && kind == ACTION_ARRIVE)
        facts->late = handler_tree_step(world->trees[poller->function],
                                        facts->place->before[poller->late_slot]);
    else
        facts->end = end_after(facts);
}

static struct value code_value(const struct world *world, const struct poller_layout *poller,
                               const struct handler_step *step)
{
    struct value_store *store = world->store;
    if (poller == NULL || step == NULL || value_is_none(step->file) || step->line == 0)
        return VALUE_NONE;
    struct value code = value_map(store, NULL, 0);
    code = value_put_text(store, code, "function",
                          value_text(store, world->pipeline->functions[poller->function].name));
    code = value_put_text(store, code, "file", step->file);
    return value_put_text(store, code, "line", value_integer(store, step->line));
}

static struct value request_value(struct value_store *store, const struct handler_step *step)
{
    struct value request = value_map(store, NULL, 0);
    request = value_put_text(store, request, "target", step->target);
    if (step->fresh_token)
        request = value_put_text(store, request, "fresh_token", value_bool(store, true));
    return value_put_text(store, request, "body", step->request);
}

static struct value end_value(const struct world *world, const struct poller_layout *poller,
                              const struct handler_step *end)
{
    struct value_store *store = world->store;
    struct value value = value_map(store, NULL, 0);
    value =
        value_put_text(store, value, "kind", value_text(store, handler_step_kind_name(end->kind)));
    value = put_field(store, value, "detail", end->detail);
    return put_field(store, value, "code", code_value(world, poller, end));
}

/* Steps that a reader can do without: the clock, draws without effect, reads of tables that nobody
 * writes, unless the function fails right after. */
static bool is_minor(const struct step_facts *facts)
{
    if (facts->place->action->kind == ACTION_PASS)
        return true;
    if (facts->step == NULL || facts->place->action->fault != FAULT_KIND_COUNT ||
        (facts->end != NULL && facts->end->kind != HANDLER_RETURN))
        return false;
    const struct layout *layout = &facts->world->layout;
    uint32_t function = layout->pollers[facts->place->action->poller].function;
    if (facts->step->kind == HANDLER_TIME)
        return facts->place->before[layout->clock_slots[function]] == 0;
    return facts->step->kind == HANDLER_DRAW ||
           service_call_is_constant_read(facts->world, facts->step);
}

/* What a step and a choice have in common: who does what, which fault it is. */
static struct value common_fields(const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    const struct action *action = facts->place->action;
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "actor", actor_of(facts));
    value =
        value_put_text(store, value, "action", value_text(store, action_kind_name(action->kind)));
    value = value_put_text(store, value, "fault",
                           action->fault == FAULT_KIND_COUNT
                               ? value_null(store)
                               : value_text(store, fault_kind_name(action->fault)));
    return value_put_text(store, value, "summary", step_summary(facts));
}

struct value step_choice(struct world *world, const struct step_place *place)
{
    struct step_facts facts = {.world = world, .place = place};
    find_facts(&facts);
    return common_fields(&facts);
}

struct value step_value(struct world *world, const struct step_place *place)
{
    struct value_store *store = world->store;
    struct step_facts facts = {.world = world, .place = place};
    find_facts(&facts);
    const struct action *action = place->action;
    const struct poller_layout *poller = poller_of(&facts);
    struct value value = common_fields(&facts);
    value = value_put_text(store, value, "n", value_integer(store, (int64_t)place->number));
    value = value_put_text(store, value, "count", value_integer(store, action->count));
    value = value_put_text(store, value, "place", value_integer(store, action->place));
    value = put_field(store, value, "records", delivered_records(&facts));
    value = put_field(store, value, "split", batch_split(&facts));
    value = put_field(store, value, "dropped", batch_dropped(&facts));
    if (batch_goes_on(&facts))
        value = put_field(store, value, "more", value_bool(store, true));
    value = value_put_text(store, value, "minor", value_bool(store, is_minor(&facts)));
    if (facts.step != NULL && facts.step->kind == HANDLER_CALL)
        value = value_put_text(store, value, "request", request_value(store, facts.step));
    if (facts.late != NULL)
        value = value_put_text(store, value, "request", request_value(store, facts.late));
    value = put_field(store, value, "answer", facts.answer);
    value = put_field(store, value, "code",
                      code_value(world, poller, facts.late != NULL ? facts.late : facts.step));
    if (facts.step != NULL)
        value = put_field(store, value, "output", facts.step->output);
    if (facts.end != NULL)
        value = value_put_text(store, value, "end", end_value(world, poller, facts.end));
    struct value changes = snapshot_difference(store, world_snapshot(world, place->before),
                                               world_snapshot(world, place->after));
    return put_field(store, value, "changes", changes);
}

/* Coverage from what a search remembers. */
#include "checker/coverage.h"

#include "model/call_faults.h"
#include "model/service.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_TEXT_SIZE = 24, NAME_SIZE = 320 };

struct collecting {
    struct coverage *coverage;
    struct world *world;
    struct expansion_memo *memo;
    struct error *error;
    const uint32_t *slots; /* of the situation */
    uint32_t *after;       /* of the transition */
    uint32_t level;        /* of faults */
    bool crashed_at_return[PIPELINE_FUNCTIONS_MAX];
    bool timed_out_at_return[PIPELINE_FUNCTIONS_MAX];
    bool rebatched_at_return[PIPELINE_FUNCTIONS_MAX];
    bool committed_at_return[PIPELINE_FUNCTIONS_MAX]; /* a write just before took effect */
    uint32_t *returned_calls; /* call of each transition from a write to a return */
    size_t returned_count;
    size_t returned_capacity;
};

static enum status no_memory(struct collecting *collecting)
{
    return error_set(collecting->error, STATUS_NO_MEMORY, "out of memory for the coverage");
}

static enum status add(struct collecting *collecting, enum coverage_sort sort, uint32_t function,
                       uint32_t call, const char *name)
{
    return coverage_add(collecting->coverage, sort, function, call,
                        value_text(collecting->world->store, name))
               ? STATUS_OK
               : no_memory(collecting);
}

/* --- what took effect --- */

static bool succeeded(const struct world *world, struct value answer)
{
    int64_t status = 0;
    struct value field = value_get(world->store, answer, world->status_name);
    return !value_is_none(field) && value_to_integer(world->store, field, &status) && status == 200;
}

static bool took_effect(const struct world *world, struct value answer)
{
    return succeeded(world, answer) ||
           !value_is_none(value_get_text(world->store, answer, "applied"));
}

/* Some write before `node` has taken effect. */
static bool has_committed(const struct world *world, uint32_t function, uint32_t node)
{
    const struct handler_tree *tree = world->trees[function];
    uint32_t call = HANDLER_NODE_NONE;
    struct value answer = VALUE_NONE;
    while (handler_tree_last_call(tree, node, &call, &answer)) {
        if (service_call_writes(world, handler_tree_step(tree, call)) && took_effect(world, answer))
            return true;
        node = call;
    }
    return false;
}

/* The last call before `node` that is more than a read of what nobody writes. */
static bool last_call(struct world *world, uint32_t function, uint32_t node, uint32_t *call,
                      bool *effect)
{
    const struct handler_tree *tree = world->trees[function];
    struct value answer = VALUE_NONE;
    while (handler_tree_last_call(tree, node, call, &answer)) {
        const struct handler_step *step = handler_tree_step(tree, *call);
        *effect = took_effect(world, answer);
        if (!service_call_is_constant_read(world, step))
            return true;
        node = *call;
    }
    return false;
}

static enum status call_at(struct collecting *collecting, uint32_t function, uint32_t node,
                           uint32_t *call)
{
    struct coverage_node *known =
        coverage_note_node(collecting->coverage, function, node, UINT32_MAX);
    if (known == NULL)
        return no_memory(collecting);
    if (known->call == COVERAGE_NO_CALL) {
        *call = coverage_call_of(collecting->coverage, collecting->world, function, node);
        if (*call == COVERAGE_NO_CALL)
            return no_memory(collecting);
        known->call = *call;
    }
    *call = known->call;
    return STATUS_OK;
}

/* Every call on the way to a node, for those that no state stands at. */
static enum status note_way(struct collecting *collecting, uint32_t function, uint32_t node)
{
    const struct handler_tree *tree = collecting->world->trees[function];
    struct value answer = VALUE_NONE;
    uint32_t call = COVERAGE_NO_CALL;
    const struct handler_step *step = handler_tree_step(tree, node);
    enum status status = STATUS_OK;
    if (step != NULL && step->kind == HANDLER_CALL)
        status = call_at(collecting, function, node, &call);
    while (status == STATUS_OK && handler_tree_last_call(tree, node, &node, &answer))
        status = call_at(collecting, function, node, &call);
    return status;
}

/* --- interruptions --- */

struct interruption {
    enum coverage_outcome before;
    enum coverage_outcome after;
    bool has_before;
};

static enum status count_interruption(struct collecting *collecting, uint32_t function,
                                      uint32_t node, const struct interruption *outcomes)
{
    struct world *world = collecting->world;
    const struct handler_step *step = handler_tree_step(world->trees[function], node);
    uint32_t call_node = HANDLER_NODE_NONE;
    uint32_t call = COVERAGE_NO_CALL;
    bool effect = false;
    enum status status = STATUS_OK;
    if (outcomes->has_before && step != NULL && step->kind == HANDLER_CALL) {
        status = call_at(collecting, function, node, &call);
        if (status == STATUS_OK)
            collecting->coverage->calls[call].explored[outcomes->before]++;
    }
    if (status != STATUS_OK || !last_call(world, function, node, &call_node, &effect))
        return status;
    status = call_at(collecting, function, call_node, &call);
    if (status == STATUS_OK && effect)
        collecting->coverage->calls[call].explored[outcomes->after]++;
    return status;
}

static enum status interrupted(struct collecting *collecting, uint32_t function, uint32_t node,
                               const struct action *action)
{
    static const struct interruption crash = {COVERAGE_CRASH_BEFORE, COVERAGE_CRASH_AFTER, true};
    static const struct interruption timeout = {COVERAGE_TIMEOUT_BEFORE, COVERAGE_TIMEOUT_AFTER,
                                                true};
    static const struct interruption rebatch = {COVERAGE_REBATCH_AFTER, COVERAGE_REBATCH_AFTER,
                                                false};
    struct coverage_node *known =
        coverage_note_node(collecting->coverage, function, node, collecting->level);
    enum status status = STATUS_OK;
    if (known == NULL)
        return no_memory(collecting);
    if (has_committed(collecting->world, function, node))
        status = add(collecting, COVERAGE_FACT, COVERAGE_NO_FUNCTION, COVERAGE_NO_CALL,
                     "retry_after_commit");
    if (status != STATUS_OK)
        return status;
    bool returned = node == HANDLER_NODE_RETURNED;
    if (action->fault == FAULT_LATE_WRITE) {
        uint32_t call = COVERAGE_NO_CALL;
        status = call_at(collecting, function, node, &call);
        if (status == STATUS_OK)
            collecting->coverage->calls[call].explored[COVERAGE_LATE_WRITE]++;
        return status;
    }
    if (action->fault == FAULT_CRASH) {
        known->crashed++;
        collecting->crashed_at_return[function] |= returned;
        return count_interruption(collecting, function, node, &crash);
    }
    if (action->fault == FAULT_TIMEOUT) {
        known->timed_out++;
        collecting->timed_out_at_return[function] |= returned;
        return count_interruption(collecting, function, node, &timeout);
    }
    if (action->fault != FAULT_REBATCH)
        return STATUS_OK;
    collecting->rebatched_at_return[function] |= returned;
    return count_interruption(collecting, function, node, &rebatch);
}

/* --- answers --- */

static const char *error_name(const struct value_store *store, struct value body)
{
    const char *name = service_error_name(store, body);
    return name == NULL ? "an error" : name;
}

static enum status add_condition(struct collecting *collecting, uint32_t function, uint32_t call,
                                 bool held)
{
    return add(collecting, COVERAGE_CONDITION, function, call, held ? "held" : "failed");
}

/* Conditions of a transaction's actions, and why it was cancelled. */
static enum status add_reasons(struct collecting *collecting, uint32_t function, uint32_t call,
                               struct value items, struct value reasons)
{
    const struct value_store *store = collecting->world->store;
    enum status status = STATUS_OK;
    size_t reason_count = value_is_none(reasons) ? 0 : value_count(store, reasons);
    for (size_t i = 0; status == STATUS_OK && i < value_count(store, items); i++) {
        struct value item = value_at(store, items, i);
        struct value reason = i < reason_count ? value_at(store, reasons, i) : VALUE_NONE;
        struct value code = value_member(store, reason, "Code", VALUE_STRING);
        const char *name = value_is_none(code) ? "None" : value_bytes(store, code, NULL);
        bool conditional = false;
        if (value_kind(store, item) == VALUE_MAP && value_count(store, item) > 0) {
            struct value action = value_value_at(store, item, 0);
            conditional =
                !value_is_none(value_member(store, action, "ConditionExpression", VALUE_STRING));
        }
        bool failed = strcmp(name, "ConditionalCheckFailed") == 0;
        if (strcmp(name, "None") != 0)
            status = add(collecting, COVERAGE_CANCELLATION, function, call, name);
        if (status == STATUS_OK && conditional && (reason_count == 0 || failed))
            status = add_condition(collecting, function, call, !failed);
    }
    return status;
}

static enum status add_answer(struct collecting *collecting, uint32_t function, uint32_t call,
                              const struct handler_step *step, struct value answer)
{
    const struct value_store *store = collecting->world->store;
    struct value body = value_get_text(store, answer, "body");
    bool done = succeeded(collecting->world, answer);
    const char *name = done ? "done" : value_is_none(body) ? "no answer" : error_name(store, body);
    bool refused = strcmp(name, "ConditionalCheckFailedException") == 0;
    bool cancelled = strcmp(name, "TransactionCanceledException") == 0;
    enum status status = add(collecting, COVERAGE_ANSWER, function, call, name);
    struct value items = value_member(store, step->request, "TransactItems", VALUE_LIST);
    if (status == STATUS_OK && !value_is_none(items) && (done || cancelled))
        return add_reasons(collecting, function, call, items,
                           value_member(store, body, "CancellationReasons", VALUE_LIST));
    if (status == STATUS_OK && (done || refused) &&
        !value_is_none(value_member(store, step->request, "ConditionExpression", VALUE_STRING)))
        status = add_condition(collecting, function, call, done);
    return status;
}

static bool outcome_of(const struct action *action, enum coverage_outcome *outcome)
{
    static const enum coverage_outcome errors[] = {COVERAGE_ERROR_NOT_APPLIED,
                                                   COVERAGE_ERROR_APPLIED, COVERAGE_ERROR_ONCE};
    if (action->fault == FAULT_THROTTLE)
        *outcome = action->count == 0 ? COVERAGE_THROTTLED : COVERAGE_THROTTLED_PARTLY;
    else if (action->fault == FAULT_SERVER_ERROR && action->count < sizeof errors / sizeof *errors)
        *outcome = errors[action->count];
    else if (action->fault == FAULT_LOST_RESPONSE)
        *outcome = action->count == 0 ? COVERAGE_LOST_BY_TIMEOUT : COVERAGE_LOST_BY_CLOSING;
    else if (action->fault == FAULT_TRANSACTION_CONFLICT)
        *outcome = COVERAGE_CONFLICT;
    else if (action->fault == FAULT_STALE_READ)
        *outcome = COVERAGE_STALE_READ;
    else
        return false;
    return true;
}

static enum status keep_returned(struct collecting *collecting, uint32_t call)
{
    void *calls = collecting->returned_calls;
    if (!memory_reserve(collecting->world->memory, &calls, &collecting->returned_capacity,
                        collecting->returned_count + 1, sizeof *collecting->returned_calls))
        return no_memory(collecting);
    collecting->returned_calls = calls;
    collecting->returned_calls[collecting->returned_count++] = call;
    return STATUS_OK;
}

static bool is_failure(uint32_t node)
{
    return node == HANDLER_NODE_FAILED || node == HANDLER_NODE_FAILED_BY_FAULT ||
           node == HANDLER_NODE_HUNG;
}

static enum status called(struct collecting *collecting, const struct action *action,
                          bool with_faults)
{
    struct world *world = collecting->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t function = layout->function;
    uint32_t node = collecting->slots[layout->node_slot];
    const struct handler_step *step = handler_tree_step(world->trees[function], node);
    uint32_t call = COVERAGE_NO_CALL;
    enum coverage_outcome outcome;
    enum status status = call_at(collecting, function, node, &call);
    if (status != STATUS_OK)
        return status;
    struct coverage_call *counted = &collecting->coverage->calls[call];
    if (outcome_of(action, &outcome)) {
        counted->explored[outcome]++;
        counted->possible |= UINT32_C(1) << outcome;
    } else {
        counted->sent++;
    }
    struct call_reply reply;
    struct action alone = *action;
    if (alone.fault == FAULT_RANDOM_FAILURE)
        alone.fault = FAULT_KIND_COUNT; /* a draw after the answer */
    arena_reset(&world->scratch);
    status = call_reply_find(world, collecting->slots, &alone, &reply, collecting->error);
    if (status == STATUS_OK)
        status = add_answer(collecting, function, call, step, reply.answer);
    if (status != STATUS_OK)
        return status;
    uint32_t end = collecting->after[layout->node_slot];
    uint32_t child = handler_tree_known_child(world->trees[function], node, reply.answer);
    if (child != HANDLER_NODE_NONE &&
        coverage_note_node(collecting->coverage, function, child,
                           collecting->level + (alone.fault == FAULT_KIND_COUNT ? 0 : 1)) == NULL)
        return no_memory(collecting);
    bool effect = service_call_writes(world, step) && took_effect(world, reply.answer);
    if (end == HANDLER_NODE_RETURNED && with_faults &&
        (effect || has_committed(world, function, node)))
        collecting->committed_at_return[function] = true;
    if (end == HANDLER_NODE_RETURNED && counted->writes && with_faults)
        status = keep_returned(collecting, call);
    if (status == STATUS_OK && is_failure(end) && (effect || has_committed(world, function, node)))
        status = add(collecting, COVERAGE_FACT, COVERAGE_NO_FUNCTION, COVERAGE_NO_CALL,
                     "retry_after_commit");
    return status;
}

/* What a call has appended to the tables' streams. */
static enum status add_events(struct collecting *collecting)
{
    struct world *world = collecting->world;
    char name[NAME_SIZE];
    for (uint32_t log = 0; log < world->layout.log_count; log++) {
        const struct log_layout *layout = &world->layout.logs[log];
        if (layout->kind != SOURCE_TABLE ||
            collecting->slots[layout->slot] == collecting->after[layout->slot])
            continue;
        size_t length = world_log_length(world, collecting->after, log);
        for (size_t i = world_log_length(world, collecting->slots, log); i < length; i++) {
            struct value entry = world_log_entry(world, collecting->after, log, (uint32_t)i);
            struct value kind = value_member(world->store, value_at(world->store, entry, 1),
                                             "eventName", VALUE_STRING);
            if (value_is_none(kind))
                continue;
            (void)snprintf(name, sizeof name, "%s %s", world->pipeline->tables[layout->source].name,
                           value_bytes(world->store, kind, NULL));
            enum status status =
                add(collecting, COVERAGE_EVENT, COVERAGE_NO_FUNCTION, COVERAGE_NO_CALL, name);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* --- transitions --- */

static enum status add_action(struct collecting *collecting, const struct action *action)
{
    const struct world *world = collecting->world;
    bool generator = action->poller == ACTION_NO_POLLER;
    uint32_t function =
        generator ? COVERAGE_NO_FUNCTION : world->layout.pollers[action->poller].function;
    char name[NAME_SIZE];
    enum status status = add(collecting, COVERAGE_ACTION, function, COVERAGE_NO_CALL,
                             action_kind_name(action->kind));
    if (status == STATUS_OK && action->fault != FAULT_KIND_COUNT)
        status = add(collecting, COVERAGE_FAULT, function, COVERAGE_NO_CALL,
                     fault_kind_name(action->fault));
    if (status != STATUS_OK || action->kind != ACTION_POLL)
        return status;
    (void)snprintf(name, sizeof name, "%u", (unsigned)action->count);
    status = add(collecting, COVERAGE_BATCH, function, COVERAGE_NO_CALL, name);
    world_poller_name(world, action->poller, name, sizeof name);
    return status == STATUS_OK ? add(collecting, COVERAGE_SHARD, function, COVERAGE_NO_CALL, name)
                               : status;
}

static enum status add_transition(struct collecting *collecting,
                                  const struct remembered_transition *transition, bool with_faults)
{
    const struct world *world = collecting->world;
    const struct action *action = &transition->action;
    enum status status = add_action(collecting, action);
    if (status != STATUS_OK || action->poller == ACTION_NO_POLLER)
        return status;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t node = collecting->slots[layout->node_slot];
    uint32_t end = collecting->after[layout->node_slot];
    if (end >= HANDLER_NODE_FIRST &&
        coverage_note_node(collecting->coverage, layout->function, end,
                           collecting->level + transition->cost) == NULL)
        return no_memory(collecting);
    if (action->kind == ACTION_CRASH || action->kind == ACTION_TIMEOUT ||
        (action->fault == FAULT_REBATCH && node != HANDLER_NODE_NONE) ||
        ((action->kind == ACTION_BISECT || action->kind == ACTION_DROP) &&
         (action->fault == FAULT_CRASH || action->fault == FAULT_TIMEOUT)))
        return interrupted(collecting, layout->function, node, action);
    if (action->kind == ACTION_CALL)
        status = called(collecting, action, with_faults);
    else if (action->kind == ACTION_DRAW && is_failure(end) &&
             has_committed(world, layout->function, node))
        status = add(collecting, COVERAGE_FACT, COVERAGE_NO_FUNCTION, COVERAGE_NO_CALL,
                     "retry_after_commit");
    if (status == STATUS_OK && (action->kind == ACTION_CALL || action->kind == ACTION_ARRIVE ||
                                action->kind == ACTION_TIME_TO_LIVE))
        status = add_events(collecting);
    return status;
}

static enum status add_situation(struct collecting *collecting, size_t index, bool with_faults)
{
    const struct world *world = collecting->world;
    struct remembered_situation situation;
    enum status status = STATUS_OK;
    expansion_memo_situation(collecting->memo, index, &situation);
    collecting->slots = situation.slots;
    const uint8_t *followed = collecting->coverage->followed;
    if (followed != NULL &&
        !coverage_followed_level(collecting->coverage, situation.expansion, &collecting->level))
        return STATUS_OK;
    collecting->coverage->situations++;
    if (situation.part.poller != ACTION_NO_POLLER) {
        const struct poller_layout *layout = &world->layout.pollers[situation.part.poller];
        uint32_t node = collecting->slots[layout->node_slot];
        if (node >= HANDLER_NODE_FIRST && !situation.part.interruptions &&
            !situation.part.deletions) {
            struct coverage_node *known =
                coverage_note_node(collecting->coverage, layout->function, node, collecting->level);
            if (known == NULL)
                return no_memory(collecting);
            known->stands = true;
            known->stood += with_faults ? 1 : 0;
            status = note_way(collecting, layout->function, node);
        }
    }
    for (uint32_t i = 0; status == STATUS_OK && i < situation.expansion.count; i++) {
        const struct remembered_transition *transition =
            expansion_memo_transition(collecting->memo, situation.expansion.first + i);
        if (followed != NULL && followed[situation.expansion.first + i] == 0) {
            if (!coverage_note_not_followed(collecting->coverage, world, collecting->slots,
                                            &transition->action, collecting->level))
                return no_memory(collecting);
            continue;
        }
        if (transition->cost > 0 && !with_faults)
            continue;
        memcpy(collecting->after, collecting->slots,
               world->layout.slot_count * sizeof *collecting->after);
        expansion_memo_apply(collecting->memo, transition, collecting->after);
        status = add_transition(collecting, transition, with_faults);
    }
    return status;
}

/* --- what is equal to something explored elsewhere --- */

static bool befalls(const struct world *world, uint32_t function, enum fault_kind kind)
{
    return world->faults->enabled[kind] && world->faults->cap[kind] > 0 &&
           (world->fault_functions[kind] >> function & 1) != 0;
}

/* Where an invocation stands after a write that changed nothing, an interruption is the same as
 * before that write. */
static void add_equal_after(struct collecting *collecting, const struct coverage_node *node)
{
    struct coverage *coverage = collecting->coverage;
    uint32_t call_node = HANDLER_NODE_NONE;
    uint32_t index = 0;
    bool effect = false;
    if (!last_call(collecting->world, node->function, node->node, &call_node, &effect) || effect ||
        !id_map_find(&coverage->node_index, (uint64_t)node->function << 32 | call_node, &index) ||
        coverage->nodes[index].call == COVERAGE_NO_CALL)
        return;
    struct coverage_call *call = &coverage->calls[coverage->nodes[index].call];
    if (!call->writes)
        return;
    if (node->crashed == 0 && befalls(collecting->world, node->function, FAULT_CRASH))
        call->equal[COVERAGE_CRASH_AFTER] += node->stood;
    if (node->timed_out == 0 && befalls(collecting->world, node->function, FAULT_TIMEOUT))
        call->equal[COVERAGE_TIMEOUT_AFTER] += node->stood;
}

static void add_equal(struct collecting *collecting)
{
    struct coverage *coverage = collecting->coverage;
    const struct world *world = collecting->world;
    for (size_t i = 0; i < coverage->node_count; i++) {
        const struct coverage_node *node = &coverage->nodes[i];
        if (node->stood == 0)
            continue;
        add_equal_after(collecting, node);
        if (node->call == COVERAGE_NO_CALL)
            continue;
        struct coverage_call *call = &coverage->calls[node->call];
        if (node->crashed == 0 && befalls(world, node->function, FAULT_CRASH))
            call->equal[COVERAGE_CRASH_BEFORE] += node->stood;
        if (node->timed_out == 0 && befalls(world, node->function, FAULT_TIMEOUT))
            call->equal[COVERAGE_TIMEOUT_BEFORE] += node->stood;
    }
    for (size_t i = 0; i < collecting->returned_count; i++) {
        struct coverage_call *call = &coverage->calls[collecting->returned_calls[i]];
        call->explored[COVERAGE_CRASH_AFTER] += collecting->crashed_at_return[call->function];
        call->explored[COVERAGE_TIMEOUT_AFTER] += collecting->timed_out_at_return[call->function];
        call->explored[COVERAGE_REBATCH_AFTER] += collecting->rebatched_at_return[call->function];
    }
}

/* Nodes are void where their function shows its attempts now. */
static void begin_nodes(struct coverage *coverage, const struct world *world)
{
    bool keep = true;
    for (size_t i = 0; i < world->pipeline->function_count; i++) {
        keep = keep && coverage->attempts_shown[i] == world->facts.attempts_shown[i];
        coverage->attempts_shown[i] = world->facts.attempts_shown[i];
    }
    if (!keep) {
        coverage->node_count = 0;
        id_map_clear(&coverage->node_index);
    }
    for (size_t i = 0; i < coverage->node_count; i++) {
        coverage->nodes[i].stood = 0;
        coverage->nodes[i].crashed = 0;
        coverage->nodes[i].timed_out = 0;
    }
}

static enum status add_situations(struct collecting *collecting, bool saturated)
{
    struct coverage *coverage = collecting->coverage;
    size_t count = expansion_memo_count(collecting->memo);
    size_t levels = coverage->level_count;
    size_t with_faults = saturated ? count : levels > 0 ? coverage->level_ends[levels - 1] : 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        while (coverage->followed == NULL && collecting->level < levels &&
               i >= coverage->level_ends[collecting->level])
            collecting->level++;
        status = add_situation(collecting, i, i < with_faults || coverage->followed != NULL);
    }
    return status;
}

enum status coverage_collect(struct coverage *coverage, struct world *world,
                             struct expansion_memo *memo, bool saturated, uint32_t depth,
                             struct error *error)
{
    struct error own = ERROR_INIT;
    struct collecting collecting = {
        .coverage = coverage, .world = world, .memo = memo, .error = &own};
    size_t slots = world->layout.slot_count;
    begin_nodes(coverage, world);
    coverage->depth = depth > coverage->depth ? depth : coverage->depth;
    if (coverage->level_count > coverage->levels)
        coverage->levels = (uint32_t)coverage->level_count;
    collecting.after = memory_allocate_zeroed(world->memory, slots, sizeof *collecting.after);
    enum status status =
        collecting.after == NULL ? no_memory(&collecting) : add_situations(&collecting, saturated);
    if (status == STATUS_OK)
        add_equal(&collecting);
    for (size_t i = 0; status == STATUS_OK && i < world->pipeline->function_count; i++) {
        if (collecting.committed_at_return[i] &&
            (collecting.crashed_at_return[i] || collecting.timed_out_at_return[i] ||
             collecting.rebatched_at_return[i]))
            status = add(&collecting, COVERAGE_FACT, COVERAGE_NO_FUNCTION, COVERAGE_NO_CALL,
                         "retry_after_commit");
    }
    memory_free(world->memory, collecting.after, slots * sizeof *collecting.after);
    memory_free(world->memory, collecting.returned_calls,
                collecting.returned_capacity * sizeof *collecting.returned_calls);
    if (status == STATUS_NO_MEMORY) {
        coverage->incomplete = true;
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        *error = own;
    return status;
}

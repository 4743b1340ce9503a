/* Running invocations: inputs, local steps, and where the stream records of a call go. */
#include "model/call_faults.h"
#include "model/container.h"
#include "model/event.h"
#include "model/expansion.h"
#include "model/service.h"
#include "model/time_to_live.h"

#include "model/base/digest.h"

#include <string.h>

enum status expansion_note_end(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                               uint32_t node, struct value input)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    if (!world->facts.remembers[layout->function] || slots[layout->node_slot] >= HANDLER_NODE_FIRST)
        return STATUS_OK;
    struct value served = handler_tree_served(world->trees[layout->function], node, input,
                                              slots[layout->attempt_slot]);
    if (value_is_none(served))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    slots[layout->container_slot] = served.id;
    return STATUS_OK;
}

enum status expansion_advance(struct expansion *expansion, uint16_t poller, uint32_t *slots,
                              struct value input)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    struct handler_tree *tree = world->trees[layout->function];
    uint32_t child = HANDLER_NODE_NONE;
    if (value_is_none(input))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    uint32_t node = slots[layout->node_slot];
    enum status status = handler_tree_child(tree, node, input, &child, expansion->error);
    if (status != STATUS_OK)
        return status;
    slots[layout->node_slot] = child;
    expansion_pass_step(expansion, poller, slots, node, input);
    expansion_note_response(expansion, poller, slots, node, input);
    return expansion_note_end(expansion, poller, slots, node, input);
}

enum status expansion_answer(struct expansion *expansion, uint16_t poller, uint32_t *slots,
                             const struct call_reply *reply)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    for (;;) {
        enum status status = expansion_advance(expansion, poller, slots, reply->answer);
        if (status != STATUS_OK || !reply->repeated)
            return status;
        const struct handler_step *step =
            handler_tree_step(world->trees[layout->function], slots[layout->node_slot]);
        if (step == NULL || step->kind != HANDLER_CALL || step->sdk_attempt <= 1)
            return STATUS_OK;
    }
}

/* The input that a local step gets without anyone else noticing; VALUE_NONE: not a local step. */
static enum status local_input(struct expansion *expansion, uint16_t poller,
                               const struct handler_step *step, struct value *input)
{
    struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[poller].function;
    *input = VALUE_NONE;
    switch (step->kind) {
    case HANDLER_DRAW:
        *input = world->draw_high;
        return STATUS_OK;
    case HANDLER_TIME:
        if (!world->facts.time_passes)
            *input = value_integer(world->store, world->workload->start_ms);
        return STATUS_OK;
    case HANDLER_CALL: {
        /* where calls can fail, reads can too */
        if (!service_call_is_constant_read(world, step) || call_faults_enabled(world))
            return STATUS_OK;
        const struct call_result *result = NULL;
        struct value tokens = VALUE_NONE;
        enum status status = service_call(world, expansion->slots, function, step, &result, &tokens,
                                          expansion->error);
        if (status == STATUS_OK)
            *input = result->answer;
        return status;
    }
    case HANDLER_RETURN:
    case HANDLER_RAISE:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        break;
    }
    BUG("an end is no step");
}

/* Move the poller's invocation on by a local step, unless time passes in it: being interrupted
 * before it would then be another thing than after it. */
static enum status advance_locally(struct expansion *expansion, uint16_t poller, uint32_t *slots,
                                   struct value input, bool *advanced)
{
    const struct layout *layout = &expansion->world->layout;
    uint32_t *node = &slots[layout->pollers[poller].node_slot];
    uint32_t *clock = &slots[layout->clock_slots[layout->pollers[poller].function]];
    uint32_t node_before = *node;
    uint32_t clock_before = *clock;
    enum status status = expansion_advance(expansion, poller, slots, input);
    *advanced = status == STATUS_OK && *clock == clock_before;
    if (!*advanced) {
        *node = node_before;
        *clock = clock_before;
        slots[layout->pollers[poller].container_slot] = expansion->world->no_container.id;
        if (layout->pollers[poller].failed_slot != WORLD_NO_SLOT)
            slots[layout->pollers[poller].failed_slot] = 0;
    }
    return status;
}

/* Add the variant of an action in which the draw at `node` comes out lowest. It goes on to the next
 * draw, where a further fault may follow. */
static enum status emit_low_variant(struct expansion *expansion, const struct action *action,
                                    uint32_t draw, uint32_t node)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    struct expansion variant = *expansion;
    variant.slots =
        arena_allocate_array(&world->scratch, world->layout.slot_count, sizeof *variant.slots);
    if (variant.slots == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    memcpy(variant.slots, expansion->slots, world->layout.slot_count * sizeof *variant.slots);
    variant.slots[layout->node_slot] = node;
    struct action low = *action;
    low.fault = FAULT_RANDOM_FAILURE;
    low.low_draw = draw;
    expansion_count_fault(&variant, variant.slots, FAULT_RANDOM_FAILURE);
    enum status status =
        expansion_advance(&variant, action->poller, variant.slots, world->draw_low);
    for (bool advanced = true; status == STATUS_OK && advanced;) {
        node = variant.slots[layout->node_slot];
        const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
        struct value input = VALUE_NONE;
        if (step == NULL || step->kind == HANDLER_DRAW)
            break;
        status = local_input(&variant, action->poller, step, &input);
        if (status != STATUS_OK || value_is_none(input))
            break;
        status = advance_locally(&variant, action->poller, variant.slots, input, &advanced);
    }
    if (status != STATUS_OK)
        return status;
    return transition_list_add(expansion->list, &low, 1, variant.slots, expansion->error);
}

enum status expansion_emit(struct expansion *expansion, const struct action *action, uint32_t cost)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t draw = action->kind == ACTION_DRAW ? 1 : 0; /* draws on the way, its own included */
    for (bool advanced = world->merge_local_steps; advanced;) {
        uint32_t node = expansion->slots[layout->node_slot];
        const struct handler_step *step = handler_tree_step(world->trees[layout->function], node);
        if (step == NULL)
            break;
        bool draws = step->kind == HANDLER_DRAW;
        bool may_fail = draws && expansion_fault_allowed(expansion, action->poller,
                                                         expansion->slots, FAULT_RANDOM_FAILURE);
        /* an action costs at most one fault: a second one is an action of its own */
        if (may_fail && cost > 0)
            break;
        struct value input = VALUE_NONE;
        enum status status = local_input(expansion, action->poller, step, &input);
        if (status == STATUS_OK && value_is_none(input))
            break;
        if (status == STATUS_OK)
            status = advance_locally(expansion, action->poller, expansion->slots, input, &advanced);
        if (status == STATUS_OK && advanced && draws)
            draw++;
        if (status == STATUS_OK && advanced && may_fail)
            status = emit_low_variant(expansion, action, draw, node);
        if (status != STATUS_OK)
            return status;
    }
    return transition_list_add(expansion->list, action, cost, expansion->slots, expansion->error);
}

/* What decides an item's stream shard: its hash key. Items that share it lie in one partition,
 * whose changes one shard carries (developer guide, "Core components", "Partitions and data
 * distribution"). */
static struct value place_key(const struct world *world, struct value key)
{
    return value_kind(world->store, key) == VALUE_LIST ? value_at(world->store, key, 0) : key;
}

static void hash_key_text(const struct value_store *store, struct value key, const char **bytes,
                          size_t *length, char number[DECIMAL_TEXT_SIZE])
{
    if (value_kind(store, key) == VALUE_NUMBER) {
        *length = decimal_text(value_decimal(store, key), number);
        *bytes = number;
        return;
    }
    *bytes = value_bytes(store, key, length);
}

/* MD5 of the key modulo the number of shards, unless the scenario says otherwise. AWS does not
 * document how DynamoDB spreads items over its stream's shards; only that it is fixed per item. */
static uint32_t fixed_place(const struct value_store *store, const struct table_config *table,
                            struct value key, bool *by_scenario)
{
    char number[DECIMAL_TEXT_SIZE];
    const char *bytes = NULL;
    size_t length = 0;
    hash_key_text(store, key, &bytes, &length, number);
    for (size_t i = 0; i < table->place_count; i++) {
        if (strlen(table->places[i].key) == length &&
            memcmp(table->places[i].key, bytes, length) == 0) {
            *by_scenario = true;
            return table->places[i].shard;
        }
    }
    *by_scenario = false;
    uint8_t digest[MD5_SIZE];
    digest_md5(bytes, length, digest);
    uint32_t remainder = 0;
    for (size_t i = 0; i < MD5_SIZE; i++)
        remainder = (remainder * 256 + digest[i]) % table->stream_shards;
    return remainder;
}

/* A key that holds something AWS or chance chose: the function, run on the same event with other
 * sequence numbers, ids and times (and, with attempts shown, other random numbers), writes another
 * key. */
static enum status key_is_chosen(struct expansion *expansion, uint16_t poller, uint32_t call_node,
                                 const struct item_change *change, bool *chosen)
{
    struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[poller].function;
    struct handler_tree *tree = world->trees[function];
    uint32_t dual = HANDLER_NODE_NONE;
    enum status status = handler_tree_dual(tree, call_node, &dual, expansion->error);
    if (status != STATUS_OK)
        return status;
    const struct handler_step *step = handler_tree_step(tree, dual);
    *chosen = true;
    if (step == NULL || step->kind != HANDLER_CALL)
        return STATUS_OK;
    const struct call_result *other = NULL;
    struct value tokens = VALUE_NONE;
    status =
        service_call(world, expansion->state, function, step, &other, &tokens, expansion->error);
    for (size_t i = 0; status == STATUS_OK && i < other->change_count; i++) {
        if (other->changes[i].table == change->table &&
            value_equal(place_key(world, other->changes[i].key), place_key(world, change->key)))
            *chosen = false;
    }
    return status;
}

static bool same_place(const struct world *world, const struct item_change *a,
                       const struct item_change *b)
{
    return a->table == b->table && value_equal(place_key(world, a->key), place_key(world, b->key));
}

/* Where a change's stream record goes: a shard, or choices[index] of them where chance decides. */
static enum status place_of(struct expansion *expansion, uint16_t poller, uint32_t call_node,
                            const struct call_result *result, size_t index, uint32_t *shard,
                            uint32_t *choices)
{
    struct world *world = expansion->world;
    const struct item_change *change = &result->changes[index];
    const struct table_config *table = &world->pipeline->tables[change->table];
    uint16_t slot = world->layout.place_slots[change->table];
    bool by_scenario = false;
    *shard = 0;
    choices[index] = 1;
    if (table->stream_shards <= 1)
        return STATUS_OK;
    *shard = fixed_place(world->store, table, place_key(world, change->key), &by_scenario);
    if (slot == WORLD_NO_SLOT)
        return STATUS_OK;
    struct value places = {expansion->state[slot]};
    struct value known = value_get(world->store, places, place_key(world, change->key));
    int64_t found = 0;
    if (!value_is_none(known) && value_to_integer(world->store, known, &found)) {
        *shard = (uint32_t)found;
        return STATUS_OK;
    }
    /* an item that is there without a chosen place has the fixed one */
    if (by_scenario || !value_is_none(change->before))
        return STATUS_OK;
    for (size_t i = 0; i < index; i++) {
        if (choices[i] > 1 && same_place(world, &result->changes[i], change))
            return STATUS_OK; /* goes where that one goes */
    }
    bool chosen = false;
    enum status status = key_is_chosen(expansion, poller, call_node, change, &chosen);
    if (chosen)
        choices[index] = table->stream_shards;
    return status;
}

static enum status append_record(struct expansion *expansion, const struct action *action,
                                 const struct item_change *change, uint32_t shard)
{
    struct world *world = expansion->world;
    struct value_store *store = world->store;
    const struct table_config *table = &world->pipeline->tables[change->table];
    int32_t first = world->layout.table_logs[change->table];
    if (first < 0)
        return STATUS_OK;
    uint32_t log = (uint32_t)first + shard;
    bool expired = action->kind == ACTION_TIME_TO_LIVE;
    uint32_t function = world->layout.pollers[action->poller].function;
    uint32_t clock = expired ? time_to_live_clock_ms(world, expansion->slots, change->table)
                             : expansion->slots[world->layout.clock_slots[function]];
    struct value item = value_is_none(change->after) ? change->before : change->after;
    struct value record =
        event_dynamodb_record(store, table, shard, world_log_length(world, expansion->slots, log),
                              item_key_attributes(store, table, item), change->before,
                              change->after, world->workload->start_ms + clock);
    if (expired)
        record = time_to_live_record(store, record);
    if (!world_log_append(world, expansion->slots, log, clock, record))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    return STATUS_OK;
}

/* The shard that a placement gives to a change, noted in the state where chance chose it: `code` is
 * what is left of the placement's number, a digit per choice. */
static uint32_t placed_shard(struct expansion *expansion, const struct item_change *change,
                             uint32_t shard, uint32_t choices, uint32_t *code)
{
    struct world *world = expansion->world;
    uint16_t slot = world->layout.place_slots[change->table];
    if (slot == WORLD_NO_SLOT)
        return shard;
    struct value places = {expansion->slots[slot]};
    struct value key = place_key(world, change->key);
    int64_t known = 0;
    if (choices == 1) {
        struct value place = value_get(world->store, places, key);
        return !value_is_none(place) && value_to_integer(world->store, place, &known)
                   ? (uint32_t)known
                   : shard;
    }
    shard = *code % choices;
    *code /= choices;
    places = value_put(world->store, places, key, value_integer(world->store, shard));
    if (!value_is_none(places)) /* else the expansion ends with the store's failure */
        expansion->slots[slot] = places.id;
    return shard;
}

/* What a stale read will see of the table. */
static void note_before(struct expansion *expansion, uint32_t table)
{
    const struct layout *layout = &expansion->world->layout;
    if (layout->before_slots[table] != WORLD_NO_SLOT)
        expansion->slots[layout->before_slots[table]] =
            expansion->state[layout->table_slots[table]];
}

/* One placement of the call's new keys: `code` in mixed radix, a digit per change with a choice. */
static enum status emit_placement(struct expansion *expansion, const struct action *action,
                                  const struct call_result *result, const struct call_reply *reply,
                                  const uint32_t *shards, const uint32_t *choices, uint32_t code)
{
    struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[action->poller].function;
    struct action placed = *action;
    placed.place += code;
    for (size_t i = 0; i < result->change_count; i++) {
        const struct item_change *change = &result->changes[i];
        uint32_t shard = placed_shard(expansion, change, shards[i], choices[i], &code);
        note_before(expansion, change->table);
        expansion->slots[world->layout.table_slots[change->table]] = result->tables_after[i].id;
        enum status status = append_record(expansion, action, change, shard);
        if (status != STATUS_OK)
            return status;
    }
    enum status status =
        service_append_puts(world, function, result, expansion->slots, expansion->error);
    if (status != STATUS_OK)
        return status;
    uint32_t cost = action->fault == FAULT_KIND_COUNT ? 0 : 1;
    if (reply != NULL && result->change_count + result->put_count > 0)
        expansion_note_change(expansion, action->poller);
    if (reply == NULL)
        return transition_list_add(expansion->list, &placed, cost, expansion->slots,
                                   expansion->error);
    status = expansion_answer(expansion, action->poller, expansion->slots, reply);
    return status == STATUS_OK ? expansion_emit(expansion, &placed, cost) : status;
}

enum status expansion_emit_call(struct expansion *expansion, const struct action *action,
                                uint32_t call_node, const struct call_result *result,
                                const struct call_reply *reply)
{
    struct world *world = expansion->world;
    uint32_t *shards = arena_allocate_array(&world->scratch, result->change_count, sizeof *shards);
    uint32_t *choices =
        arena_allocate_array(&world->scratch, result->change_count, sizeof *choices);
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    uint32_t *before = arena_allocate(&world->scratch, size);
    if (shards == NULL || choices == NULL || before == NULL)
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory");
    uint32_t codes = 1;
    for (size_t i = 0; i < result->change_count; i++) {
        enum status status =
            place_of(expansion, action->poller, call_node, result, i, &shards[i], choices);
        if (status != STATUS_OK)
            return status;
        if (codes > ACTION_PLACES_MAX / choices[i])
            return error_set(expansion->error, STATUS_LIMIT,
                             "one call writes keys with more than %d possible placements on the "
                             "shards of their tables' streams",
                             ACTION_PLACES_MAX);
        codes *= choices[i];
    }
    memcpy(before, expansion->slots, size);
    for (uint32_t code = 0; code < codes; code++) {
        memcpy(expansion->slots, before, size);
        enum status status =
            emit_placement(expansion, action, result, reply, shards, choices, code);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

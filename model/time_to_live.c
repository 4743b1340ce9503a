#include "model/time_to_live.h"

/* "Items with timestamps more than five years in the past are not deleted" */
#define OLDEST_S (INT64_C(5) * 365 * 24 * 60 * 60)

bool time_to_live_has_passed(const struct value_store *store, const struct table_config *table,
                             struct value item, int64_t now_ms)
{
    if (table->time_to_live == NULL)
        return false;
    struct value time = value_get_text(store, item, table->time_to_live);
    if (value_is_none(time) || value_kind(store, time) != VALUE_NUMBER)
        return false;
    const struct decimal now = decimal_from_integer(now_ms / 1000);
    const struct decimal oldest = decimal_from_integer(now_ms / 1000 - OLDEST_S);
    return decimal_compare(value_decimal(store, time), &now) < 0 &&
           decimal_compare(value_decimal(store, time), &oldest) >= 0;
}

struct value time_to_live_record(struct value_store *store, struct value record)
{
    const struct value_entry identity[] = {
        {value_text(store, "type"), value_text(store, "Service")},
        {value_text(store, "principalId"), value_text(store, "dynamodb.amazonaws.com")},
    };
    return value_put_text(store, record, "userIdentity", value_map(store, identity, 2));
}

static bool uses(const struct world *world, uint32_t function, uint32_t table)
{
    return world->facts.footprints.touched[function][table] != 0;
}

bool time_to_live_is_of(const struct world *world, uint16_t poller, uint32_t table)
{
    if (world->pipeline->tables[table].time_to_live == NULL)
        return false;
    uint16_t first = 0;
    while (first < world->layout.poller_count &&
           !uses(world, world->layout.pollers[first].function, table))
        first++;
    return first == poller;
}

bool time_to_live_is_of_any(const struct world *world, uint16_t poller)
{
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        if (time_to_live_is_of(world, poller, i))
            return true;
    }
    return false;
}

uint32_t time_to_live_clock_ms(const struct world *world, const uint32_t *slots, uint32_t table)
{
    uint32_t latest = 0;
    for (uint32_t i = 0; i < world->pipeline->function_count; i++) {
        uint32_t clock = slots[world->layout.clock_slots[i]];
        if (uses(world, i, table) && clock > latest)
            latest = clock;
    }
    return latest;
}

static int64_t table_now_ms(const struct world *world, const uint32_t *slots, uint32_t table)
{
    return world->workload->start_ms + (int64_t)time_to_live_clock_ms(world, slots, table);
}

static bool some_item_has_expired(const struct world *world, const uint32_t *slots, uint32_t table)
{
    const struct table_config *config = &world->pipeline->tables[table];
    if (config->time_to_live == NULL)
        return false;
    struct value contents = {slots[world->layout.table_slots[table]]};
    int64_t now_ms = table_now_ms(world, slots, table);
    for (size_t i = 0; i < value_count(world->store, contents); i++) {
        struct value item = value_value_at(world->store, contents, i);
        if (time_to_live_has_passed(world->store, config, item, now_ms))
            return true;
    }
    return false;
}

bool time_to_live_is_due(const struct world *world, const uint32_t *slots, uint32_t stage)
{
    for (uint32_t f = 0; f < world->pipeline->function_count; f++) {
        for (uint32_t t = 0;
             world->stages.of_function[f] == stage && t < world->pipeline->table_count; t++) {
            if (uses(world, f, t) && some_item_has_expired(world, slots, t))
                return true;
        }
    }
    return false;
}

/* `number` counts the items of the poller's tables. */
static enum status delete_item(struct expansion *expansion, uint16_t poller, uint32_t number,
                               const struct item_change *change)
{
    struct world *world = expansion->world;
    struct value contents = {expansion->state[world->layout.table_slots[change->table]]};
    struct value after = dynamodb_table_after(world->store, contents, change);
    const struct call_result result = {
        .changes = change, .tables_after = &after, .change_count = 1, .writes = true};
    const struct action action = {
        .kind = ACTION_TIME_TO_LIVE, .fault = FAULT_KIND_COUNT, .poller = poller, .count = number};
    if (value_is_none(after))
        return error_set(expansion->error, STATUS_NO_MEMORY, "out of memory for values");
    expansion_begin(expansion);
    return expansion_emit_call(expansion, &action, HANDLER_NODE_NONE, &result, NULL);
}

enum status expand_time_to_live(struct expansion *expansion, uint16_t poller)
{
    struct world *world = expansion->world;
    uint32_t number = 0;
    for (uint32_t t = 0; t < world->pipeline->table_count; t++) {
        if (!time_to_live_is_of(world, poller, t))
            continue;
        struct value contents = {expansion->state[world->layout.table_slots[t]]};
        int64_t now_ms = table_now_ms(world, expansion->state, t);
        for (size_t i = 0; i < value_count(world->store, contents); i++, number++) {
            const struct item_change change = {.table = t,
                                               .key = value_key_at(world->store, contents, i),
                                               .before = value_value_at(world->store, contents, i),
                                               .after = VALUE_NONE};
            if (!time_to_live_has_passed(world->store, &world->pipeline->tables[t], change.before,
                                         now_ms))
                continue;
            enum status status = delete_item(expansion, poller, number, &change);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* Calls of the functions, applied to the tables of a simulation. */
#include "model/event.h"
#include "model/kinesis.h"
#include "model/simulation_internal.h"

#include <string.h>

enum { RECORD_SIZE = 700 /* bytes of a stream record beside its images, about */ };

/* The tables' contents as far as a request can see them. */
struct sight {
    struct simulation *simulation;
    struct value tables[PIPELINE_TABLES_MAX];
};

/* --- the items that a request names --- */

static int find_table(const struct simulation *simulation, struct value name)
{
    if (value_is_none(name) || value_kind(simulation->in.store, name) != VALUE_STRING)
        return -1;
    return pipeline_find_table(simulation->in.pipeline,
                               value_bytes(simulation->in.store, name, NULL));
}

/* Show the item that a Key or an Item names. What is malformed is left to the engine to refuse. */
static void show_item(struct sight *sight, int table, struct value wire)
{
    struct simulation *simulation = sight->simulation;
    struct value_store *store = simulation->in.store;
    if (table < 0 || value_is_none(wire) || value_kind(store, wire) != VALUE_MAP)
        return;
    const struct value item = item_from_wire(store, wire, NULL);
    const struct value key =
        value_is_none(item)
            ? VALUE_NONE
            : item_primary_key(store, &simulation->in.pipeline->tables[table], item);
    if (value_is_none(key))
        return;
    const struct value found = simulation_items_get(&simulation->tables[table], store, key);
    if (!value_is_none(found))
        sight->tables[table] = value_put(store, sight->tables[table], key, found);
}

static void show_named(struct sight *sight, struct value request)
{
    const struct value_store *store = sight->simulation->in.store;
    if (value_kind(store, request) != VALUE_MAP)
        return;
    const int table = find_table(sight->simulation, value_get_text(store, request, "TableName"));
    show_item(sight, table, value_get_text(store, request, "Key"));
    show_item(sight, table, value_get_text(store, request, "Item"));
}

/* Each of TransactItems: {"Put": {...}}, {"Update": {...}}, ... */
static void show_transaction(struct sight *sight, struct value request)
{
    const struct value_store *store = sight->simulation->in.store;
    const struct value actions = value_get_text(store, request, "TransactItems");
    if (value_is_none(actions) || value_kind(store, actions) != VALUE_LIST)
        return;
    for (size_t i = 0; i < value_count(store, actions); i++) {
        const struct value action = value_at(store, actions, i);
        if (value_kind(store, action) != VALUE_MAP)
            continue;
        for (size_t j = 0; j < value_count(store, action); j++)
            show_named(sight, value_value_at(store, action, j));
    }
}

/* One of BatchGetItem's Keys, or of BatchWriteItem's requests. */
static void show_batch_part(struct sight *sight, int table, struct value part)
{
    static const char *const kinds[][2] = {{"PutRequest", "Item"}, {"DeleteRequest", "Key"}};
    const struct value_store *store = sight->simulation->in.store;
    if (value_kind(store, part) != VALUE_MAP)
        return;
    bool writes = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct value inner = value_get_text(store, part, kinds[i][0]);
        if (value_is_none(inner) || value_kind(store, inner) != VALUE_MAP)
            continue;
        writes = true;
        show_item(sight, table, value_get_text(store, inner, kinds[i][1]));
    }
    if (!writes)
        show_item(sight, table, part);
}

static void show_batch(struct sight *sight, struct value request)
{
    const struct value_store *store = sight->simulation->in.store;
    const struct value tables = value_get_text(store, request, "RequestItems");
    if (value_is_none(tables) || value_kind(store, tables) != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_count(store, tables); i++) {
        const int table = find_table(sight->simulation, value_key_at(store, tables, i));
        struct value parts = value_value_at(store, tables, i);
        if (value_kind(store, parts) == VALUE_MAP)
            parts = value_get_text(store, parts, "Keys");
        if (value_is_none(parts) || value_kind(store, parts) != VALUE_LIST)
            continue;
        for (size_t j = 0; j < value_count(store, parts); j++)
            show_batch_part(sight, table, value_at(store, parts, j));
    }
}

/* Fill sight->tables: the items that the request names or, where it may look at any, all of the
 * tables that it names. */
static void show(struct sight *sight, const struct dynamodb_context *context,
                 enum dynamodb_operation operation, struct value request)
{
    struct simulation *simulation = sight->simulation;
    switch (operation) {
    case DYNAMODB_GET_ITEM:
    case DYNAMODB_PUT_ITEM:
    case DYNAMODB_UPDATE_ITEM:
    case DYNAMODB_DELETE_ITEM:
        show_named(sight, request);
        return;
    case DYNAMODB_TRANSACT_WRITE_ITEMS:
    case DYNAMODB_TRANSACT_GET_ITEMS:
        show_transaction(sight, request);
        return;
    case DYNAMODB_BATCH_WRITE_ITEM:
    case DYNAMODB_BATCH_GET_ITEM:
        show_batch(sight, request);
        return;
    case DYNAMODB_SCAN:
    case DYNAMODB_QUERY:
    case DYNAMODB_DESCRIBE_TABLE:
    case DYNAMODB_LIST_TABLES:
        break;
    }
    const uint64_t footprint = dynamodb_footprint(context, operation, request);
    for (size_t i = 0; i < simulation->in.pipeline->table_count; i++)
        if ((footprint >> i & 1) != 0)
            sight->tables[i] = simulation_items_map(&simulation->tables[i], simulation->in.store);
}

/* --- what a call changes --- */

/* What decides an item's stream shard: see model/invocation.c, place_key. AWS documents only that
 * it is fixed; here it is the MD5 of the hash key. */
static uint32_t shard_of(const struct value_store *store, struct value key, uint32_t shards)
{
    char number[DECIMAL_TEXT_SIZE];
    size_t length = 0;
    if (value_kind(store, key) == VALUE_LIST)
        key = value_at(store, key, 0);
    const char *bytes = number;
    if (value_kind(store, key) == VALUE_NUMBER)
        length = decimal_text(value_decimal(store, key), number);
    else
        bytes = value_bytes(store, key, &length);
    return kinesis_shard_of(bytes, length, shards);
}

/* A change of StateTable is one of the ledger's: id and Version tell whose. */
static enum status note_state(struct simulation *simulation, const struct item_change *change,
                              struct log_entry *entry, struct error *error)
{
    const struct value_store *store = simulation->in.store;
    int64_t version = 0;
    uint32_t trade = 0;
    size_t length = 0;
    if (value_is_none(change->after) || value_kind(store, change->key) != VALUE_STRING)
        return STATUS_OK;
    const char *id = value_bytes(store, change->key, &length);
    const struct value field = value_get_text(store, change->after, "Version");
    if (value_is_none(field) || !value_to_integer(store, field, &version) || version < 0 ||
        version >= GAME_VERSIONS || !game_find_trade(&simulation->game, id, length, &trade))
        return STATUS_OK;
    entry->has_change = true;
    if (!ledger_add(&simulation->ledger, trade, (uint8_t)version,
                    simulation->game.list[trade].put_ms[version], &entry->change))
        return simulation_no_memory(error);
    return STATUS_OK;
}

/* The changes that the records of a poller's batch carry, into `changes` unless it is NULL. */
static size_t batch_changes(const struct poller *poller, uint64_t *changes)
{
    size_t count = 0;
    for (size_t i = 0; i < poller->batch; i++) {
        const struct log_entry *entry = simulation_record(poller->log, i);
        const size_t carried = entry->lineage != NULL ? entry->lineage->count : 0;
        if (entry->has_change && changes != NULL)
            changes[count] = entry->change;
        count += entry->has_change ? 1 : 0;
        if (changes != NULL && carried > 0)
            memcpy(changes + count, entry->lineage->changes, carried * sizeof *changes);
        count += carried;
    }
    return count;
}

static enum status note_aggregate(struct simulation *simulation, struct poller *poller,
                                  struct error *error)
{
    if (poller->invocation.counted)
        return STATUS_OK;
    poller->invocation.counted = true;
    const size_t count = batch_changes(poller, NULL);
    uint64_t *changes = arena_allocate_array(&simulation->scratch, count, sizeof *changes);
    if (changes == NULL)
        return simulation_no_memory(error);
    (void)batch_changes(poller, changes);
    for (size_t i = 0; i < count; i++)
        if (!ledger_count(&simulation->ledger, changes[i], (uint32_t)simulation_ms(simulation)))
            return simulation_no_memory(error);
    simulation->figures.counted += count;
    return STATUS_OK;
}

static enum status append_change(struct simulation *simulation, struct poller *poller,
                                 const struct item_change *change, struct error *error)
{
    struct value_store *store = simulation->in.store;
    const struct table_config *table = &simulation->in.pipeline->tables[change->table];
    const uint32_t shard = shard_of(store, change->key, table->stream_shards);
    struct shard_log *log = &simulation->table_logs[change->table][shard];
    const struct value item = value_is_none(change->after) ? change->before : change->after;
    struct log_entry entry = {.time_us = simulation->now_us +
                                         simulation_latency(simulation, LATENCY_STREAM),
                              .size = RECORD_SIZE + (uint32_t)item_size(store, item) *
                                                        (value_is_none(change->before) ? 1 : 2)};
    entry.record = event_dynamodb_record(
        store, table, shard, log->ever, item_key_attributes(store, table, item), change->before,
        change->after, WORKLOAD_START_MS + simulation_ms(simulation));
    enum status status = STATUS_OK;
    if (change->table == simulation->state_table) {
        status = note_state(simulation, change, &entry, error);
    } else {
        const size_t count = batch_changes(poller, NULL);
        entry.lineage = ledger_make_lineage(simulation->in.memory, count);
        if (entry.lineage == NULL)
            return simulation_no_memory(error);
        (void)batch_changes(poller, entry.lineage->changes);
    }
    return status == STATUS_OK ? simulation_append(simulation, log, &entry, error) : status;
}

static enum status apply_changes(struct simulation *simulation, struct poller *poller,
                                 const struct dynamodb_result *result, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < result->change_count && status == STATUS_OK; i++) {
        const struct item_change *change = &result->changes[i];
        if (!simulation_items_put(&simulation->tables[change->table], simulation->in.store,
                                  change->key, change->after))
            return simulation_no_memory(error);
        if (change->table == simulation->aggregate_table)
            status = note_aggregate(simulation, poller, error);
        if (status == STATUS_OK && simulation->table_is_read[change->table])
            status = append_change(simulation, poller, change, error);
    }
    return status;
}

/* --- calls --- */

static enum status at_call(const struct simulation *simulation, const struct poller *poller,
                           const struct handler_step *step, struct error *error)
{
    if (value_is_none(step->file) || step->line == 0) /* as with the handlers in C */
        return error->status;
    return error_wrap(error, "%s calls it, %s:%u",
                      simulation->in.pipeline->functions[poller->function].name,
                      value_bytes(simulation->in.store, step->file, NULL), (unsigned)step->line);
}

static void count_call(struct simulation *simulation, const struct poller *poller,
                       const struct dynamodb_result *result)
{
    struct function_figures *figures = &simulation->figures.functions[poller->function];
    const struct value_store *store = simulation->in.store;
    figures->calls++;
    if (result->http_status == 200) {
        figures->unchanged += result->writes && result->change_count == 0 ? 1 : 0;
        return;
    }
    const struct value type = value_get_text(store, result->body, "__type");
    if (!value_is_none(type) && value_kind(store, type) == VALUE_STRING &&
        strstr(value_bytes(store, type, NULL), "ConditionalCheckFailed") != NULL)
        figures->rejected++;
}

static enum status run(struct simulation *simulation, const struct poller *poller,
                       const struct handler_step *step, struct dynamodb_result *result,
                       struct error *error)
{
    struct value_store *store = simulation->in.store;
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    struct sight sight = {.simulation = simulation};
    const struct dynamodb_context context = {.pipeline = simulation->in.pipeline,
                                             .store = store,
                                             .table_values = sight.tables,
                                             .arena = &simulation->scratch};
    const int64_t now_ms = simulation_ms(simulation);
    enum status status =
        dynamodb_operation_find(value_bytes(store, step->target, NULL), &operation, error);
    if (status != STATUS_OK)
        return at_call(simulation, poller, step, error);
    const struct value empty = value_map(store, NULL, 0);
    for (size_t i = 0; i < simulation->in.pipeline->table_count; i++)
        sight.tables[i] = empty;
    const bool token = operation == DYNAMODB_TRANSACT_WRITE_ITEMS && !step->fresh_token &&
                       !value_is_none(value_get_text(store, step->request, "ClientRequestToken"));
    enum token_outcome outcome = TOKEN_NEW;
    if (token)
        outcome = dynamodb_token_check(&context, simulation->tokens, step->request, now_ms);
    if (outcome == TOKEN_NEW) {
        show(&sight, &context, operation, step->request);
        if (value_store_failed(store))
            return simulation_no_memory(error);
        status = dynamodb_apply(&context, operation, step->request, result, error);
        if (status != STATUS_OK)
            return at_call(simulation, poller, step, error);
    } else {
        dynamodb_token_answer(&context, step->request, outcome, result);
    }
    if (token && outcome == TOKEN_NEW && result->http_status == 200)
        simulation->tokens =
            dynamodb_token_record(&context, simulation->tokens, step->request, now_ms);
    return STATUS_OK;
}

bool simulation_call_is_long(const struct value_store *store, const struct handler_step *step)
{
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    struct error ignored = ERROR_INIT;
    if (dynamodb_operation_find(value_bytes(store, step->target, NULL), &operation, &ignored) !=
        STATUS_OK)
        return false;
    return operation == DYNAMODB_TRANSACT_WRITE_ITEMS || operation == DYNAMODB_BATCH_WRITE_ITEM ||
           operation == DYNAMODB_SCAN || operation == DYNAMODB_QUERY;
}

enum status simulation_call(struct simulation *simulation, struct poller *poller,
                            const struct handler_step *step, struct value *answer,
                            struct error *error)
{
    struct value_store *store = simulation->in.store;
    struct dynamodb_result result;
    memset(&result, 0, sizeof result);
    arena_reset(&simulation->scratch);
    enum status status = run(simulation, poller, step, &result, error);
    if (status == STATUS_OK && value_is_none(result.body))
        status = simulation_no_memory(error);
    if (status != STATUS_OK)
        return status;
    count_call(simulation, poller, &result);
    status = apply_changes(simulation, poller, &result, error);
    const struct value_entry entries[] = {
        {value_text(store, "status"), value_integer(store, result.http_status)},
        {value_text(store, "body"), result.body}};
    *answer = value_map(store, entries, 2);
    if (status == STATUS_OK && value_store_failed(store))
        status = simulation_no_memory(error);
    return status;
}

#include "model/dynamodb/access.h"

#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"
#include "model/dynamodb/write.h"

struct collection {
    struct call *call;
    struct item_access *items;
    size_t count;
    size_t capacity;
};

static bool reserve(struct collection *collection, size_t count)
{
    collection->items = call_allocate(collection->call, count, sizeof *collection->items);
    collection->capacity = count;
    return collection->items != NULL;
}

static void collect(struct collection *collection, enum access_kind kind, uint32_t table,
                    struct value key)
{
    CHECK(collection->count < collection->capacity);
    collection->items[collection->count++] =
        (struct item_access){.kind = kind, .table = table, .key = key};
}

/* --- updates that only add ----------------------------------------------------------------- */

static bool is_small(const struct decimal *number)
{
    static const struct decimal bound = {1, ACCESS_INTEGER_DIGITS_MAX, false};
    struct decimal magnitude = *number;
    magnitude.negative = false;
    return decimal_compare(&magnitude, &bound) < 0 &&
           magnitude.exponent >= -ACCESS_FRACTION_DIGITS_MAX;
}

/* A number that changes every sum that it is added to: adding zero changes an item only where the
 * attribute was not there. */
static bool is_summand(const struct call *call, const struct node *node)
{
    if (node->kind != NODE_VALUE || value_kind(call->store, node->value) != VALUE_NUMBER)
        return false;
    const struct decimal *number = value_decimal(call->store, node->value);
    return number->coefficient != 0 && is_small(number);
}

static bool is_zero(const struct call *call, const struct node *node)
{
    return node->kind == NODE_VALUE && value_kind(call->store, node->value) == VALUE_NUMBER &&
           value_decimal(call->store, node->value)->coefficient == 0;
}

/* if_not_exists(a, :zero) */
static bool is_value_or_zero(const struct call *call, const struct node *node, struct value name)
{
    if (node->kind != NODE_FUNCTION || node->function != FUNCTION_IF_NOT_EXISTS)
        return false;
    const struct node *path = node->first;
    return path->kind == NODE_PATH && path->path.count == 1 &&
           value_equal(path->path.elements[0].name, name) && is_zero(call, path->next);
}

static bool sets_sum(const struct call *call, const struct node *node, struct value name)
{
    if (node->kind != NODE_PLUS && node->kind != NODE_MINUS)
        return false;
    const struct node *left = node->first;
    const struct node *right = left->next;
    if (is_value_or_zero(call, left, name))
        return is_summand(call, right);
    return node->kind == NODE_PLUS && is_summand(call, left) && is_value_or_zero(call, right, name);
}

static bool adds(const struct call *call, const struct update_action *action)
{
    if (action->path.count != 1)
        return false;
    if (action->clause == CLAUSE_ADD)
        return is_summand(call, action->operand);
    return action->clause == CLAUSE_SET &&
           sets_sum(call, action->operand, action->path.elements[0].name);
}

/* What the table holds at the start may be of any size. */
static bool is_there_at_start(const struct call *call, const struct write *write)
{
    const struct table_config *table = table_config(call, write->table);
    for (size_t i = 0; i < table->item_count; i++) {
        if (value_equal(item_primary_key(call->store, table, table->items[i]), write->key))
            return true;
    }
    return false;
}

static bool only_adds(const struct call *call, const struct write *write)
{
    if (write->kind != WRITE_UPDATE || write->update == NULL || write->condition != NULL ||
        is_there_at_start(call, write))
        return false;
    for (size_t i = 0; i < write->update->count; i++) {
        if (!adds(call, &write->update->actions[i]))
            return false;
    }
    return true;
}

/* Metrics are the same for every item; capacities depend on its size. */
static bool tells_nothing(const struct call *call, struct value request)
{
    static const char *const parameters[] = {"ReturnValues", "ReturnConsumedCapacity"};
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        struct value given = value_get_text(call->store, request, parameters[i]);
        if (!value_is_none(given) && !value_equal(given, value_text(call->store, "NONE")))
            return false;
    }
    return true;
}

/* --- requests ------------------------------------------------------------------------------ */

/* The read parts of requests have been checked for nothing here: what is wrong with them ends the
 * call, and its error is the caller's to forget. */
static bool collect_write(struct collection *collection, enum write_kind kind, struct value request,
                          bool tells)
{
    struct call *call = collection->call;
    struct write write;
    if (value_kind(call->store, request) != VALUE_MAP || !write_read(call, kind, request, &write) ||
        !write_bind(call, &write))
        return false;
    enum access_kind access = ACCESS_WRITE;
    if (kind == WRITE_CHECK)
        access = ACCESS_READ;
    else if (!tells && only_adds(call, &write))
        access = ACCESS_ADD;
    collect(collection, access, write.table, write.key);
    return true;
}

static bool collect_one(struct collection *collection, enum write_kind kind, struct value request)
{
    return reserve(collection, 1) &&
           collect_write(collection, kind, request, !tells_nothing(collection->call, request));
}

static bool collect_key(struct collection *collection, uint32_t table, struct value wire)
{
    struct call *call = collection->call;
    struct value attributes;
    struct value key;
    if (!request_item(call, wire, &attributes) ||
        !key_check(call, table_config(call, table), attributes, &key))
        return false;
    collect(collection, ACCESS_READ, table, key);
    return true;
}

static bool collect_get(struct collection *collection, struct value request)
{
    struct value name;
    struct value key;
    uint32_t table = 0;
    return request_require(collection->call, request, "TableName", VALUE_STRING, &name) &&
           request_require(collection->call, request, "Key", VALUE_MAP, &key) &&
           request_table(collection->call, name, &table) && collect_key(collection, table, key);
}

static bool collect_transaction(struct collection *collection, struct value request)
{
    static const char *const names[] = {"Put", "Update", "Delete", "ConditionCheck", "Get", NULL};
    static const enum write_kind kinds[] = {WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK};
    struct call *call = collection->call;
    struct value actions;
    if (!transaction_items(call, request, &actions) ||
        !reserve(collection, value_count(call->store, actions)))
        return false;
    bool tells = !tells_nothing(call, request);
    for (size_t i = 0; i < value_count(call->store, actions); i++) {
        size_t index = 0;
        struct value body;
        if (!transaction_action(call, value_at(call->store, actions, i), names, "", &index, &body))
            return false;
        bool collected = index < sizeof kinds / sizeof kinds[0]
                             ? collect_write(collection, kinds[index], body, tells)
                             : collect_get(collection, body);
        if (!collected)
            return false;
    }
    return true;
}

/* {table: {"Keys": [key, ...]}} */
static bool collect_batch_get(struct collection *collection, struct value request)
{
    struct call *call = collection->call;
    struct value tables;
    if (!request_require(call, request, "RequestItems", VALUE_MAP, &tables) ||
        !reserve(collection, BATCH_GET_KEYS_MAX))
        return false;
    for (size_t i = 0; i < value_count(call->store, tables); i++) {
        uint32_t table = 0;
        struct value keys;
        struct value wanted = value_value_at(call->store, tables, i);
        if (!request_table(call, value_key_at(call->store, tables, i), &table) ||
            value_kind(call->store, wanted) != VALUE_MAP ||
            !request_require(call, wanted, "Keys", VALUE_LIST, &keys))
            return false;
        for (size_t k = 0; k < value_count(call->store, keys); k++) {
            struct value key = value_at(call->store, keys, k);
            if (collection->count == collection->capacity ||
                value_kind(call->store, key) != VALUE_MAP || !collect_key(collection, table, key))
                return false;
        }
    }
    return true;
}

static bool collect_request(struct collection *collection, enum dynamodb_operation operation,
                            struct value request)
{
    switch (operation) {
    case DYNAMODB_PUT_ITEM:
        return collect_one(collection, WRITE_PUT, request);
    case DYNAMODB_UPDATE_ITEM:
        return collect_one(collection, WRITE_UPDATE, request);
    case DYNAMODB_DELETE_ITEM:
        return collect_one(collection, WRITE_DELETE, request);
    case DYNAMODB_TRANSACT_WRITE_ITEMS:
    case DYNAMODB_TRANSACT_GET_ITEMS:
        return collect_transaction(collection, request);
    case DYNAMODB_GET_ITEM:
        return reserve(collection, 1) && collect_get(collection, request);
    case DYNAMODB_BATCH_GET_ITEM:
        return collect_batch_get(collection, request);
    case DYNAMODB_BATCH_WRITE_ITEM:
    case DYNAMODB_SCAN:
    case DYNAMODB_QUERY:
    case DYNAMODB_DESCRIBE_TABLE:
    case DYNAMODB_LIST_TABLES:
        return false;
    }
    BUG("no such operation");
}

/* Any item of every table that the request names. */
static bool collect_tables(struct collection *collection, enum dynamodb_operation operation,
                           uint64_t tables)
{
    collection->count = 0;
    if (!reserve(collection, PIPELINE_TABLES_MAX))
        return false;
    enum access_kind kind = dynamodb_operation_writes(operation) ? ACCESS_WRITE : ACCESS_READ;
    for (uint32_t i = 0; i < PIPELINE_TABLES_MAX; i++) {
        if ((tables >> i & 1) != 0)
            collect(collection, kind, i, VALUE_NONE);
    }
    return true;
}

bool dynamodb_accesses(const struct dynamodb_context *context, enum dynamodb_operation operation,
                       struct value request, struct item_accesses *accesses)
{
    struct call call;
    call_init(&call, context);
    struct collection collection = {.call = &call};
    bool collected = value_kind(context->store, request) == VALUE_MAP &&
                     collect_request(&collection, operation, request);
    if (!collected && !call.no_memory)
        collected = collect_tables(&collection, operation,
                                   value_kind(context->store, request) == VALUE_MAP
                                       ? dynamodb_footprint(context, operation, request)
                                       : 0);
    *accesses = (struct item_accesses){.items = collection.items, .count = collection.count};
    return collected && !value_store_failed(context->store);
}

/* Which operation a request is, which tables it is about, and its answer. */
#include "model/dynamodb.h"

#include "model/dynamodb/deserialize.h"
#include "model/dynamodb/operation.h"

#include <string.h>

#define TARGET_PREFIX "DynamoDB_20120810."

typedef bool operation_run(struct call *call, struct value request, struct answer *answer);

static const struct {
    const char *name;
    operation_run *run;
    bool writes;
} operations[] = {
    [DYNAMODB_GET_ITEM] = {"GetItem", operation_get_item, false},
    [DYNAMODB_PUT_ITEM] = {"PutItem", operation_put_item, true},
    [DYNAMODB_UPDATE_ITEM] = {"UpdateItem", operation_update_item, true},
    [DYNAMODB_DELETE_ITEM] = {"DeleteItem", operation_delete_item, true},
    [DYNAMODB_TRANSACT_WRITE_ITEMS] = {"TransactWriteItems", operation_transact_write_items, true},
    [DYNAMODB_BATCH_WRITE_ITEM] = {"BatchWriteItem", operation_batch_write_item, true},
    [DYNAMODB_BATCH_GET_ITEM] = {"BatchGetItem", operation_batch_get_item, false},
    [DYNAMODB_TRANSACT_GET_ITEMS] = {"TransactGetItems", operation_transact_get_items, false},
    [DYNAMODB_SCAN] = {"Scan", operation_scan, false},
    [DYNAMODB_QUERY] = {"Query", operation_query, false},
    [DYNAMODB_DESCRIBE_TABLE] = {"DescribeTable", operation_describe_table, false},
    [DYNAMODB_LIST_TABLES] = {"ListTables", operation_list_tables, false},
};

enum { OPERATION_COUNT = sizeof operations / sizeof operations[0] };

enum status dynamodb_operation_find(const char *target, enum dynamodb_operation *operation,
                                    struct error *error)
{
    size_t prefix = strlen(TARGET_PREFIX);
    if (strncmp(target, TARGET_PREFIX, prefix) != 0)
        return error_set(error, STATUS_UNSUPPORTED, "%s is no operation of DynamoDB", target);
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (strcmp(operations[i].name, target + prefix) == 0) {
            *operation = (enum dynamodb_operation)i;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_UNSUPPORTED, "DynamoDB's %s is not simulated", target + prefix);
}

const char *dynamodb_operation_name(enum dynamodb_operation operation)
{
    CHECK((size_t)operation < OPERATION_COUNT);
    return operations[operation].name;
}

bool dynamodb_operation_writes(enum dynamodb_operation operation)
{
    CHECK((size_t)operation < OPERATION_COUNT);
    return operations[operation].writes;
}

static uint64_t table_bit(const struct dynamodb_context *context, struct value name)
{
    if (value_is_none(name) || value_kind(context->store, name) != VALUE_STRING)
        return 0;
    uint32_t table = table_find(context, name);
    return table == PIPELINE_TABLES_MAX ? 0 : UINT64_C(1) << table;
}

/* The tables that the actions of a transaction name. */
static uint64_t actions_footprint(const struct dynamodb_context *context, struct value actions)
{
    const struct value_store *store = context->store;
    uint64_t tables = 0;
    for (size_t i = 0; i < value_count(store, actions); i++) {
        struct value action = value_at(store, actions, i);
        if (value_kind(store, action) != VALUE_MAP)
            continue;
        for (size_t j = 0; j < value_count(store, action); j++) {
            struct value body = value_value_at(store, action, j);
            if (value_kind(store, body) == VALUE_MAP)
                tables |= table_bit(context, value_get_text(store, body, "TableName"));
        }
    }
    return tables;
}

uint64_t dynamodb_footprint(const struct dynamodb_context *context,
                            enum dynamodb_operation operation, struct value request)
{
    const struct value_store *store = context->store;
    uint64_t tables = table_bit(context, value_get_text(store, request, "TableName"));
    struct value items = value_get_text(store, request, "RequestItems");
    if (operation == DYNAMODB_BATCH_WRITE_ITEM || operation == DYNAMODB_BATCH_GET_ITEM)
        for (size_t i = 0; !value_is_none(items) && value_kind(store, items) == VALUE_MAP &&
                           i < value_count(store, items);
             i++)
            tables |= table_bit(context, value_key_at(store, items, i));
    struct value actions = value_get_text(store, request, "TransactItems");
    if (!value_is_none(actions) && value_kind(store, actions) == VALUE_LIST)
        tables |= actions_footprint(context, actions);
    return tables;
}

static enum status no_memory(struct error *error, enum dynamodb_operation operation)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while DynamoDB answers %s",
                     dynamodb_operation_name(operation));
}

enum status dynamodb_apply(const struct dynamodb_context *context,
                           enum dynamodb_operation operation, struct value request,
                           struct dynamodb_result *result, struct error *error)
{
    CHECK((size_t)operation < OPERATION_COUNT);
    struct call call;
    call_init(&call, context);
    struct answer *answer = call_allocate(&call, 1, sizeof *answer);
    if (answer == NULL)
        return no_memory(error, operation);
    bool answered = value_kind(context->store, request) == VALUE_MAP
                        ? operations[operation].run(&call, request, answer)
                        : call_reject(&call, AWS_SERIALIZATION, "Unexpected value type in payload");
    if (call.error == AWS_VALIDATION || call.error == AWS_RESOURCE_NOT_FOUND)
        deserialize_first(&call, request);
    if (call.unsupported != NULL && !call.no_memory)
        return error_set(error, STATUS_UNSUPPORTED, "%s is not simulated", call.unsupported);
    *result = (struct dynamodb_result){.http_status = answered ? 200 : 400,
                                       .writes = dynamodb_operation_writes(operation)};
    if (answered) {
        result->body = value_map(context->store, answer->members, answer->member_count);
        result->changes = answer->changes;
        result->change_count = answer->change_count;
        result->token_recorded = answer->token_recorded;
    } else if (call.error != AWS_ERROR_COUNT && !call.no_memory) {
        result->body = call_error_body(&call);
    }
    if (call.no_memory || value_is_none(result->body) || value_store_failed(context->store))
        return no_memory(error, operation);
    return STATUS_OK;
}

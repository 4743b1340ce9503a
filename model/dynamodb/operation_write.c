/* PutItem, UpdateItem, DeleteItem, BatchWriteItem. */
#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"
#include "model/dynamodb/projection.h"
#include "model/dynamodb/write.h"

enum return_values {
    RETURN_NONE,
    RETURN_ALL_OLD,
    RETURN_UPDATED_OLD,
    RETURN_ALL_NEW,
    RETURN_UPDATED_NEW
};

static bool read_return_values(struct call *call, struct value request, enum write_kind kind,
                               enum return_values *result)
{
    static const char *const options[] = {"NONE",    "ALL_OLD",     "UPDATED_OLD",
                                          "ALL_NEW", "UPDATED_NEW", NULL};
    size_t choice;
    if (!request_get_choice(call, request, "ReturnValues", options,
                            "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW", &choice))
        return false;
    *result = (enum return_values)choice;
    if (kind != WRITE_UPDATE && *result != RETURN_NONE && *result != RETURN_ALL_OLD)
        return call_invalid(call, "ReturnValues can only be ALL_OLD or NONE");
    return true;
}

/* The parts of an item that an update's actions name. */
static bool updated_parts(struct call *call, const struct update *update, struct value item,
                          struct value *parts)
{
    struct projection projection = {NULL, update->count};
    projection.paths = call_allocate(call, update->count, sizeof projection.paths[0]);
    if (projection.paths == NULL)
        return false;
    for (size_t i = 0; i < update->count; i++)
        projection.paths[i] = &update->actions[i].path;
    *parts = projection_apply(call, &projection, item);
    return call_made(call, *parts);
}

static bool add_attributes(struct call *call, const struct write *write,
                           enum return_values return_values, struct answer *answer)
{
    bool old = return_values == RETURN_ALL_OLD || return_values == RETURN_UPDATED_OLD;
    bool parts = return_values == RETURN_UPDATED_OLD || return_values == RETURN_UPDATED_NEW;
    struct value item = old ? write->before : write->after;
    if (return_values == RETURN_NONE || value_is_none(item) || (parts && write->update == NULL))
        return true;
    if (parts && !updated_parts(call, write->update, item, &item))
        return false;
    if (!parts || value_count(call->store, item) > 0)
        answer_add(call, answer, "Attributes", item_to_wire(call->store, item));
    return true;
}

static bool check_metrics(struct call *call, struct value request)
{
    /* Metrics are answered only for tables with local secondary indexes, which are not simulated.
     */
    static const char *const options[] = {"NONE", "SIZE", NULL};
    size_t choice;
    return request_get_choice(call, request, "ReturnItemCollectionMetrics", options, "SIZE, NONE",
                              &choice);
}

static bool write_one(struct call *call, enum write_kind kind, struct value request,
                      struct answer *answer)
{
    struct write write;
    enum return_values return_values;
    if (!read_return_values(call, request, kind, &return_values) || !check_metrics(call, request) ||
        !write_read(call, kind, request, &write) || !write_bind(call, &write) ||
        !write_apply(call, &write) || !answer_reserve(call, answer, 1) ||
        !add_attributes(call, &write, return_values, answer))
        return false;
    answer_change(answer, write.table, write.key, write.before, write.after);
    answer_count_write(call, answer, write.table, write.before, write.after, 1);
    return answer_add_capacity(call, answer, request, false);
}

bool operation_put_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "Item",
                                             "ReturnValues",
                                             "ReturnConsumedCapacity",
                                             "ReturnItemCollectionMetrics",
                                             "ConditionExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ReturnValuesOnConditionCheckFailure",
                                             NULL};
    return request_check_parameters(call, request, "PutItem", parameters) &&
           write_one(call, WRITE_PUT, request, answer);
}

bool operation_update_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "Key",
                                             "ReturnValues",
                                             "ReturnConsumedCapacity",
                                             "ReturnItemCollectionMetrics",
                                             "UpdateExpression",
                                             "ConditionExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ReturnValuesOnConditionCheckFailure",
                                             NULL};
    return request_check_parameters(call, request, "UpdateItem", parameters) &&
           write_one(call, WRITE_UPDATE, request, answer);
}

bool operation_delete_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "Key",
                                             "ReturnValues",
                                             "ReturnConsumedCapacity",
                                             "ReturnItemCollectionMetrics",
                                             "ConditionExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ReturnValuesOnConditionCheckFailure",
                                             NULL};
    return request_check_parameters(call, request, "DeleteItem", parameters) &&
           write_one(call, WRITE_DELETE, request, answer);
}

/* {"PutRequest": {"Item"}} or {"DeleteRequest": {"Key"}} of a table. */
static bool read_batch_request(struct call *call, struct value table_name, struct value request,
                               struct write *write)
{
    static const char *const names[] = {"PutRequest", "DeleteRequest", NULL};
    size_t index;
    struct value body;
    if (value_kind(call->store, request) != VALUE_MAP)
        return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
    if (!transaction_action(call, request, names,
                            "Supplied AttributeValue has more than one datatypes set, must "
                            "contain exactly one of the supported datatypes",
                            &index, &body))
        return false;
    struct value named = value_put_text(call->store, body, "TableName", table_name);
    return call_made(call, named) &&
           write_read(call, index == 0 ? WRITE_PUT : WRITE_DELETE, named, write);
}

static bool count_batch(struct call *call, struct value tables, size_t *count)
{
    *count = 0;
    if (value_count(call->store, tables) == 0)
        return call_invalid(call,
                            "1 validation error detected: Value '{}' at 'requestItems' failed "
                            "to satisfy constraint: Member must have length greater than or "
                            "equal to 1");
    for (size_t i = 0; i < value_count(call->store, tables); i++) {
        struct value list = value_value_at(call->store, tables, i);
        if (value_kind(call->store, list) != VALUE_LIST)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected field type");
        if (value_count(call->store, list) == 0)
            return call_invalid(
                call, "1 validation error detected: Value at 'requestItems' failed to satisfy "
                      "constraint: Map value must satisfy constraint: [Member must have length "
                      "less than or equal to 25, Member must have length greater than or equal "
                      "to 1]");
        *count += value_count(call->store, list);
    }
    return *count <= BATCH_WRITE_ITEMS_MAX ||
           call_invalid(call, "Too many items requested for the BatchWriteItem call");
}

static bool bind_batch(struct call *call, struct write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!request_table(call, writes[i].table_name, &writes[i].table))
            return false;
        /* A batch names neither the attribute nor its type, unlike PutItem (M: mhart/dynalite). */
        const struct table_config *table = table_config(call, writes[i].table);
        struct value key = item_primary_key(call->store, table, writes[i].input);
        if (value_is_none(key) && !value_store_failed(call->store))
            return call_invalid(call, "The provided key element does not match the schema");
        if (!write_bind(call, &writes[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (writes[j].table == writes[i].table && value_equal(writes[j].key, writes[i].key))
                return call_invalid(call, "Provided list of item keys contains duplicates");
    }
    return true;
}

bool operation_batch_write_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"RequestItems", "ReturnConsumedCapacity",
                                             "ReturnItemCollectionMetrics", NULL};
    struct value tables;
    size_t limit;
    if (!request_check_parameters(call, request, "BatchWriteItem", parameters) ||
        !request_require(call, request, "RequestItems", VALUE_MAP, &tables) ||
        !check_metrics(call, request) || !count_batch(call, tables, &limit))
        return false;
    struct write *writes = call_allocate(call, limit, sizeof writes[0]);
    if (writes == NULL || !answer_reserve(call, answer, limit))
        return false;
    size_t count = 0;
    for (size_t i = 0; i < value_count(call->store, tables); i++) {
        struct value list = value_value_at(call->store, tables, i);
        struct value name = value_key_at(call->store, tables, i);
        for (size_t j = 0; j < value_count(call->store, list); j++)
            if (!read_batch_request(call, name, value_at(call->store, list, j), &writes[count++]))
                return false;
    }
    if (!bind_batch(call, writes, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!write_apply(call, &writes[i]))
            return false;
        answer_change(answer, writes[i].table, writes[i].key, writes[i].before, writes[i].after);
        answer_count_write(call, answer, writes[i].table, writes[i].before, writes[i].after, 1);
    }
    answer_add(call, answer, "UnprocessedItems", value_map(call->store, NULL, 0));
    return answer_add_capacity(call, answer, request, true);
}

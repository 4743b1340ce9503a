#include "model/dynamodb/write.h"

#include "model/dynamodb/attribute.h"
#include "model/dynamodb/index.h"
#include "model/dynamodb/item.h"

static bool read_expressions(struct call *call, struct value request, struct write *write)
{
    struct value condition;
    struct value update = VALUE_NONE;
    struct placeholders placeholders;
    bool updates = write->kind == WRITE_UPDATE;
    if (!request_get(call, request, "ConditionExpression", VALUE_STRING, &condition) ||
        (updates && !request_get(call, request, "UpdateExpression", VALUE_STRING, &update)))
        return false;
    bool any = !value_is_none(condition) || !value_is_none(update);
    if (!request_check_placeholders(call, request, any, any,
                                    updates ? "UpdateExpression and ConditionExpression are"
                                            : "ConditionExpression is") ||
        !placeholders_read(call, request, &placeholders))
        return false;
    if (write->kind == WRITE_CHECK &&
        !request_require(call, request, "ConditionExpression", VALUE_STRING, &condition))
        return false;
    if (!value_is_none(update) && !update_read(call, update, &placeholders, &write->update))
        return false;
    if (!value_is_none(condition) &&
        !condition_read(call, EXPRESSION_CONDITION, condition, &placeholders, &write->condition))
        return false;
    if (!value_is_none(placeholders.values))
        write->payload_size += item_size(call->store, placeholders.values);
    return placeholders_check_used(call, &placeholders);
}

bool write_read(struct call *call, enum write_kind kind, struct value request, struct write *write)
{
    static const char *const options[] = {"NONE", "ALL_OLD", NULL};
    struct value wire;
    size_t choice;
    *write = (struct write){.kind = kind, .table = PIPELINE_TABLES_MAX};
    if (!request_require(call, request, "TableName", VALUE_STRING, &write->table_name) ||
        !request_require(call, request, kind == WRITE_PUT ? "Item" : "Key", VALUE_MAP, &wire) ||
        !request_get_choice(call, request, "ReturnValuesOnConditionCheckFailure", options,
                            "ALL_OLD, NONE", &choice) ||
        !request_item(call, wire, &write->input))
        return false;
    write->return_old_on_failure = choice == 1;
    write->payload_size = item_size(call->store, write->input);
    if (kind == WRITE_PUT && write->payload_size > ITEM_SIZE_MAX)
        return call_invalid(call, "Item size has exceeded the maximum allowed size");
    return read_expressions(call, request, write);
}

bool write_bind(struct call *call, struct write *write)
{
    if (!request_table(call, write->table_name, &write->table))
        return false;
    const struct table_config *table = table_config(call, write->table);
    bool bound = write->kind == WRITE_PUT ? item_check(call, table, write->input, &write->key)
                                          : key_check(call, table, write->input, &write->key);
    if (bound && write->kind == WRITE_PUT && !index_check_item(call, table, write->input, false))
        return false;
    return bound && (write->update == NULL || update_check_keys(call, table, write->update)) &&
           (write->condition == NULL || node_check_keys(call, table, write->condition));
}

static bool fail_condition(struct call *call, const struct write *write)
{
    call_reject(call, AWS_CONDITION_FAILED, "The conditional request failed");
    if (write->return_old_on_failure && !value_is_none(write->before)) {
        call->detail = item_to_wire(call->store, write->before);
        call_made(call, call->detail);
    }
    return false;
}

bool write_apply(struct call *call, struct write *write)
{
    write->before = table_item(call, write->table, write->key);
    write->after = write->before;
    if (write->condition != NULL && !condition_holds(call->store, write->condition, write->before))
        return fail_condition(call, write);
    switch (write->kind) {
    case WRITE_PUT:
        write->after = write->input;
        break;
    case WRITE_UPDATE:
        if (!update_apply(call, write->update, write->before, write->input, &write->after))
            return false;
        if (!value_is_none(write->after) && item_size(call->store, write->after) > ITEM_SIZE_MAX)
            return call_invalid(call, "Item size to update has exceeded the maximum allowed size");
        if (!value_is_none(write->after) &&
            !index_check_item(call, table_config(call, write->table), write->after, true))
            return false;
        break;
    case WRITE_DELETE:
        write->after = VALUE_NONE;
        break;
    case WRITE_CHECK:
        break;
    }
    return true;
}

/* TransactWriteItems and what both transactions share. Source: DynamoDB API reference,
 * "TransactWriteItems". Which mistakes cancel the transaction and which are a ValidationException
 * of the whole request is M (scylladb test/alternator). */
#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"
#include "model/dynamodb/write.h"

bool transaction_items(struct call *call, struct value request, struct value *items)
{
    if (!request_require(call, request, "TransactItems", VALUE_LIST, items))
        return false;
    size_t count = value_count(call->store, *items);
    if (count == 0)
        return call_invalid(call,
                            "1 validation error detected: Value '[]' at 'transactItems' failed "
                            "to satisfy constraint: Member must have length greater than or "
                            "equal to 1");
    if (count > TRANSACTION_ACTIONS_MAX)
        return call_invalid(call,
                            "1 validation error detected: Value at 'transactItems' failed to "
                            "satisfy constraint: Member must have length less than or equal to %d",
                            TRANSACTION_ACTIONS_MAX);
    return true;
}

bool transaction_action(struct call *call, struct value action, const char *const *names,
                        const char *message, size_t *index, struct value *body)
{
    *body = VALUE_NONE;
    if (value_kind(call->store, action) != VALUE_MAP)
        return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
    for (size_t i = 0; names[i] != NULL; i++) {
        struct value member;
        if (!request_get(call, action, names[i], VALUE_MAP, &member))
            return false;
        if (value_is_none(member))
            continue;
        if (!value_is_none(*body))
            return call_invalid(call, "%s", message);
        *body = member;
        *index = i;
    }
    return !value_is_none(*body) || call_invalid(call, "%s", message);
}

bool transaction_cancel(struct call *call, const char *const *codes, const struct value *reasons,
                        size_t count)
{
    const char *list = "";
    for (size_t i = 0; i < count && list != NULL; i++)
        list = arena_format(call->arena, "%s%s%s", list, i == 0 ? "" : ", ", codes[i]);
    if (list == NULL)
        return call_no_memory(call);
    call_reject(
        call, AWS_TRANSACTION_CANCELED,
        "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", list);
    call->detail = value_list(call->store, reasons, count);
    call_made(call, call->detail);
    return false;
}

/* An action that went wrong, as a cancellation reason: the call's error is taken over and cleared.
 */
static bool make_reason(struct call *call, const char **code, struct value *reason)
{
    struct value_store *store = call->store;
    *code = "None";
    size_t count = 1;
    struct value_entry entries[3] = {{value_text(store, "Code"), VALUE_NONE}};
    if (call->error != AWS_ERROR_COUNT) {
        bool condition = call->error == AWS_CONDITION_FAILED;
        *code = condition ? "ConditionalCheckFailed" : "ValidationError";
        entries[count++] =
            (struct value_entry){value_text(store, "Message"), value_text(store, call->message)};
        if (!value_is_none(call->detail))
            entries[count++] = (struct value_entry){value_text(store, "Item"), call->detail};
        call_clear_error(call);
    }
    entries[0].value = value_text(store, *code);
    *reason = value_map(store, entries, count);
    return call_made(call, *reason);
}

static bool fatal(const struct call *call)
{
    return call->no_memory || call->unsupported != NULL ||
           (call->error != AWS_ERROR_COUNT && call->error != AWS_VALIDATION &&
            call->error != AWS_CONDITION_FAILED);
}

struct transaction {
    struct write *writes;
    const char **codes;
    struct value *reasons;
    size_t count;
    bool canceled;
};

/* Run a step on each action and collect the reasons; `all`: go on after the first failure. */
static bool run_step(struct call *call, struct transaction *transaction,
                     bool (*step)(struct call *call, struct write *write), bool all)
{
    for (size_t i = 0; i < transaction->count; i++) {
        bool skip = transaction->canceled && !all;
        if (!skip && !step(call, &transaction->writes[i])) {
            if (fatal(call))
                return false;
            transaction->canceled = true;
        }
        if (!make_reason(call, &transaction->codes[i], &transaction->reasons[i]))
            return false;
    }
    return !transaction->canceled ||
           transaction_cancel(call, transaction->codes, transaction->reasons, transaction->count);
}

static bool read_actions(struct call *call, struct value items, struct transaction *transaction)
{
    static const char *const names[] = {"Put", "Update", "Delete", "ConditionCheck", NULL};
    static const enum write_kind kinds[] = {WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK};
    static const char *const labels[] = {"TransactWriteItems' Put", "TransactWriteItems' Update",
                                         "TransactWriteItems' Delete",
                                         "TransactWriteItems' ConditionCheck"};
    static const char *const parameters[] = {"TableName",
                                             "Item",
                                             "Key",
                                             "UpdateExpression",
                                             "ConditionExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ReturnValuesOnConditionCheckFailure",
                                             NULL};
    size_t payload = 0;
    for (size_t i = 0; i < transaction->count; i++) {
        size_t index = 0;
        struct value body;
        struct value required;
        if (!transaction_action(call, value_at(call->store, items, i), names,
                                "TransactItems can only contain one of Check, Put, Update or "
                                "Delete",
                                &index, &body) ||
            !request_check_parameters(call, body, labels[index], parameters) ||
            (kinds[index] == WRITE_UPDATE &&
             !request_require(call, body, "UpdateExpression", VALUE_STRING, &required)) ||
            !write_read(call, kinds[index], body, &transaction->writes[i]))
            return false;
        payload += transaction->writes[i].payload_size;
    }
    return payload <= TRANSACTION_SIZE_MAX ||
           call_invalid(call, "Transaction payload size cannot exceed 4 MB");
}

static bool check_distinct_items(struct call *call, const struct transaction *transaction)
{
    const struct write *writes = transaction->writes;
    for (size_t i = 1; i < transaction->count; i++)
        for (size_t j = 0; j < i; j++)
            if (writes[i].table == writes[j].table && value_equal(writes[i].key, writes[j].key))
                return call_invalid(
                    call, "Transaction request cannot include multiple operations on one item");
    return true;
}

/* The length is counted in characters, not in bytes. */
static bool check_token(struct call *call, struct value request, bool *given)
{
    struct value token;
    if (!request_get(call, request, "ClientRequestToken", VALUE_STRING, &token))
        return false;
    *given = !value_is_none(token);
    if (!*given)
        return true;
    size_t size;
    size_t length = 0;
    const char *bytes = value_bytes(call->store, token, &size);
    for (size_t i = 0; i < size; i++)
        length += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    if (length >= 1 && length <= CLIENT_REQUEST_TOKEN_MAX)
        return true;
    return call_invalid(call,
                        "1 validation error detected: Value '%s' at 'clientRequestToken' failed to "
                        "satisfy constraint: Member must have length %s than or equal to %d",
                        bytes, length == 0 ? "greater" : "less",
                        length == 0 ? 1 : CLIENT_REQUEST_TOKEN_MAX);
}

static bool transaction_allocate(struct call *call, size_t count, struct transaction *transaction)
{
    *transaction = (struct transaction){.count = count};
    transaction->writes = call_allocate(call, count, sizeof transaction->writes[0]);
    transaction->codes = call_allocate(call, count, sizeof transaction->codes[0]);
    transaction->reasons = call_allocate(call, count, sizeof transaction->reasons[0]);
    return !call->no_memory;
}

bool operation_transact_write_items(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TransactItems", "ClientRequestToken",
                                             "ReturnConsumedCapacity",
                                             "ReturnItemCollectionMetrics", NULL};
    struct value items;
    struct transaction transaction;
    if (!request_check_parameters(call, request, "TransactWriteItems", parameters) ||
        !transaction_items(call, request, &items) ||
        !check_token(call, request, &answer->token_recorded))
        return false;
    if (!transaction_allocate(call, value_count(call->store, items), &transaction) ||
        !answer_reserve(call, answer, transaction.count) ||
        !read_actions(call, items, &transaction) ||
        !run_step(call, &transaction, write_bind, false) ||
        !check_distinct_items(call, &transaction) ||
        !run_step(call, &transaction, write_apply, true))
        return false;
    for (size_t i = 0; i < transaction.count; i++) {
        const struct write *write = &transaction.writes[i];
        answer_change(answer, write->table, write->key, write->before, write->after);
        answer_count_write(call, answer, write->table, write->before, write->after, 2);
    }
    return answer_add_capacity(call, answer, request, true);
}

bool transaction_replay(struct call *call, struct value request, struct answer *answer)
{
    struct value items;
    struct transaction transaction;
    if (value_is_none(value_get_text(call->store, request, "ReturnConsumedCapacity")))
        return true; /* what was applied need not be looked at again */
    if (!transaction_items(call, request, &items) ||
        !transaction_allocate(call, value_count(call->store, items), &transaction) ||
        !read_actions(call, items, &transaction) ||
        !run_step(call, &transaction, write_bind, false))
        return false;
    for (size_t i = 0; i < transaction.count; i++) {
        const struct write *write = &transaction.writes[i];
        struct value item = table_item(call, write->table, write->key);
        size_t size = value_is_none(item) ? 0 : item_size(call->store, item);
        answer_count_read(answer, write->table, size, true, 2);
    }
    return answer_add_capacity(call, answer, request, true);
}

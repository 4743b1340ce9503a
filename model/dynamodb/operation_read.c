/* GetItem, BatchGetItem, TransactGetItems. Reads see the tables as they are: whether an eventually
 * consistent read may see an older state is for the world to choose. */
#include "model/dynamodb/item.h"
#include "model/dynamodb/read.h"

bool read_wire(struct call *call, const struct projection *projection, struct value item,
               struct value *wire)
{
    struct value parts = projection_apply(call, projection, item);
    if (!call_made(call, parts))
        return false;
    *wire = item_to_wire(call->store, parts);
    return call_made(call, *wire);
}

bool read_projection(struct call *call, struct value request, struct projection **projection)
{
    struct value text;
    struct placeholders placeholders;
    *projection = NULL;
    if (!request_get(call, request, "ProjectionExpression", VALUE_STRING, &text))
        return false;
    bool given = !value_is_none(text);
    if (!request_check_placeholders(call, request, given, false, "") ||
        !placeholders_read(call, request, &placeholders))
        return false;
    if (given && !projection_read(call, text, &placeholders, projection))
        return false;
    return placeholders_check_used(call, &placeholders);
}

/* A Get: a key of a table, with a projection. */
struct get {
    struct value table_name;
    struct value key_attributes;
    struct projection *projection;
    uint32_t table;
    struct value key;
};

static bool get_read(struct call *call, struct value request, struct get *get)
{
    struct value wire;
    return request_require(call, request, "TableName", VALUE_STRING, &get->table_name) &&
           request_require(call, request, "Key", VALUE_MAP, &wire) &&
           request_item(call, wire, &get->key_attributes) &&
           read_projection(call, request, &get->projection);
}

static bool get_bind(struct call *call, struct get *get)
{
    if (!request_table(call, get->table_name, &get->table))
        return false;
    const struct table_config *table = table_config(call, get->table);
    return key_check(call, table, get->key_attributes, &get->key) &&
           (get->projection == NULL || projection_check_keys(call, table, get->projection));
}

static size_t size_of(const struct call *call, struct value item)
{
    return value_is_none(item) ? 0 : item_size(call->store, item);
}

bool operation_get_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "Key",
                                             "ConsistentRead",
                                             "ReturnConsumedCapacity",
                                             "ProjectionExpression",
                                             "ExpressionAttributeNames",
                                             NULL};
    struct get get;
    bool consistent;
    if (!request_check_parameters(call, request, "GetItem", parameters) ||
        !request_get_flag(call, request, "ConsistentRead", false, &consistent) ||
        !get_read(call, request, &get) || !get_bind(call, &get))
        return false;
    struct value item = table_item(call, get.table, get.key);
    struct value wire;
    if (!value_is_none(item)) {
        if (!read_wire(call, get.projection, item, &wire))
            return false;
        answer_add(call, answer, "Item", wire);
    }
    answer_count_read(answer, get.table, size_of(call, item), consistent, 1);
    return answer_add_capacity(call, answer, request, false);
}

bool operation_transact_get_items(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TransactItems", "ReturnConsumedCapacity", NULL};
    static const char *const actions[] = {"Get", NULL};
    static const char *const get_parameters[] = {"TableName", "Key", "ProjectionExpression",
                                                 "ExpressionAttributeNames", NULL};
    struct value items;
    if (!request_check_parameters(call, request, "TransactGetItems", parameters) ||
        !transaction_items(call, request, &items))
        return false;
    size_t count = value_count(call->store, items);
    struct get *gets = call_allocate(call, count, sizeof gets[0]);
    struct value *responses = call_allocate(call, count, sizeof responses[0]);
    if (gets == NULL || responses == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t index;
        struct value body;
        if (!transaction_action(call, value_at(call->store, items, i), actions,
                                "TransactItems can only contain one Get", &index, &body) ||
            !request_check_parameters(call, body, "TransactGetItems' Get", get_parameters) ||
            !get_read(call, body, &gets[i]))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!get_bind(call, &gets[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (gets[i].table == gets[j].table && value_equal(gets[i].key, gets[j].key))
                return call_invalid(
                    call, "Transaction request cannot include multiple operations on one item");
    }
    for (size_t i = 0; i < count; i++) {
        struct value item = table_item(call, gets[i].table, gets[i].key);
        struct value_entry entry = {value_text(call->store, "Item"), VALUE_NONE};
        bool found = !value_is_none(item);
        if (found && !read_wire(call, gets[i].projection, item, &entry.value))
            return false;
        responses[i] = value_map(call->store, &entry, found ? 1 : 0);
        answer_count_read(answer, gets[i].table, size_of(call, item), true, 2);
    }
    answer_add(call, answer, "Responses", value_list(call->store, responses, count));
    return answer_add_capacity(call, answer, request, true);
}

/* The Keys of one table of a BatchGetItem. */
struct batch_get {
    uint32_t table;
    bool consistent;
    struct projection *projection;
    struct value *keys; /* as in the request; once bound, as in the table's map */
    size_t count;
};

/* What can be checked without knowing the tables: AWS does this for all of them first. */
static bool batch_read(struct call *call, struct value body, struct batch_get *batch, size_t *total)
{
    static const char *const parameters[] = {"Keys", "ConsistentRead", "ProjectionExpression",
                                             "ExpressionAttributeNames", NULL};
    struct value keys;
    if (value_kind(call->store, body) != VALUE_MAP)
        return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
    if (!request_check_parameters(call, body, "BatchGetItem", parameters) ||
        !request_require(call, body, "Keys", VALUE_LIST, &keys) ||
        !request_get_flag(call, body, "ConsistentRead", false, &batch->consistent) ||
        !read_projection(call, body, &batch->projection))
        return false;
    batch->count = value_count(call->store, keys);
    *total += batch->count;
    if (batch->count == 0)
        return call_invalid(call, "1 validation error detected: Value '[]' at "
                                  "'requestItems.member.keys' failed to satisfy constraint: Member "
                                  "must have length greater than or equal to 1");
    if (*total > BATCH_GET_KEYS_MAX)
        return call_invalid(call, "Too many items requested for the BatchGetItem call");
    batch->keys = call_allocate(call, batch->count, sizeof batch->keys[0]);
    if (batch->keys == NULL)
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        struct value wire = value_at(call->store, keys, i);
        if (value_kind(call->store, wire) != VALUE_MAP)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
        if (!request_item(call, wire, &batch->keys[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (value_equal(batch->keys[i], batch->keys[j]))
                return call_invalid(call, "Provided list of item keys contains duplicates");
    }
    return true;
}

static bool batch_bind(struct call *call, struct value name, struct batch_get *batch)
{
    if (!request_table(call, name, &batch->table))
        return false;
    const struct table_config *table = table_config(call, batch->table);
    if (batch->projection != NULL && !projection_check_keys(call, table, batch->projection))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (!key_check(call, table, batch->keys[i], &batch->keys[i]))
            return false;
    return true;
}

/* The items of one table. Missing ones are left out; AWS promises no order, here it is the keys'.
 */
static bool batch_answer(struct call *call, const struct batch_get *batch, struct answer *answer,
                         struct value *list, size_t *size)
{
    *list = value_list(call->store, NULL, 0);
    for (size_t i = 0; i < batch->count; i++) {
        struct value item = table_item(call, batch->table, batch->keys[i]);
        struct value wire;
        size_t bytes = size_of(call, item);
        answer_count_read(answer, batch->table, bytes, batch->consistent, 1);
        *size += bytes;
        if (value_is_none(item))
            continue;
        if (*size > RESPONSE_SIZE_MAX)
            return call_unsupported(call, "UnprocessedKeys of DynamoDB's BatchGetItem (an answer "
                                          "of more than 16 MB)");
        if (!read_wire(call, batch->projection, item, &wire))
            return false;
        *list = value_append(call->store, *list, wire);
    }
    return call_made(call, *list);
}

bool operation_batch_get_item(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"RequestItems", "ReturnConsumedCapacity", NULL};
    struct value tables;
    if (!request_check_parameters(call, request, "BatchGetItem", parameters) ||
        !request_require(call, request, "RequestItems", VALUE_MAP, &tables))
        return false;
    size_t count = value_count(call->store, tables);
    if (count == 0)
        return call_invalid(call,
                            "1 validation error detected: Value '{}' at 'requestItems' failed "
                            "to satisfy constraint: Member must have length greater than or "
                            "equal to 1");
    struct batch_get *batches = call_allocate(call, count, sizeof batches[0]);
    struct value_entry *responses = call_allocate(call, count, sizeof responses[0]);
    if (batches == NULL || responses == NULL)
        return false;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        if (!batch_read(call, value_value_at(call->store, tables, i), &batches[i], &total))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!batch_bind(call, value_key_at(call->store, tables, i), &batches[i]))
            return false;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        responses[i].key = value_key_at(call->store, tables, i);
        if (!batch_answer(call, &batches[i], answer, &responses[i].value, &size))
            return false;
    }
    answer_add(call, answer, "Responses", value_map(call->store, responses, count));
    answer_add(call, answer, "UnprocessedKeys", value_map(call->store, NULL, 0));
    return answer_add_capacity(call, answer, request, true);
}

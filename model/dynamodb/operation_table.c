/* DescribeTable and ListTables: tables as a finished deployment leaves them. */
#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"

enum { TABLE_NAMES_MAX = 100, DESCRIPTION_MEMBERS_MAX = 16 };

/* When the tables were made: before the first record. Stream records name the same time in their
 * eventSourceARN (model/event.c). */
enum { CREATION_TIME_S = 1704067200 /* since 1970 */ };

#define CREATION_LABEL "2024-01-01T00:00:00.000"

struct description {
    struct value_entry members[DESCRIPTION_MEMBERS_MAX];
    size_t count;
};

static void describe(struct call *call, struct description *description, const char *name,
                     struct value value)
{
    CHECK(description->count < DESCRIPTION_MEMBERS_MAX);
    description->members[description->count++] =
        (struct value_entry){value_text(call->store, name), value};
}

static struct value pair(struct value_store *store, const char *first, const char *first_text,
                         const char *second, const char *second_text)
{
    struct value_entry entries[] = {
        {value_text(store, first), value_text(store, first_text)},
        {value_text(store, second), value_text(store, second_text)},
    };
    return value_map(store, entries, 2);
}

static void describe_keys(struct call *call, const struct table_config *table,
                          struct description *description)
{
    struct value_store *store = call->store;
    const struct key_attribute *attributes[] = {&table->hash_key, &table->range_key};
    static const char *const key_types[] = {"HASH", "RANGE"};
    struct value definitions[2];
    struct value schema[2];
    size_t count = 0;
    for (; count < 2 && attributes[count]->name != NULL; count++) {
        const char type[] = {attributes[count]->type, '\0'};
        definitions[count] =
            pair(store, "AttributeName", attributes[count]->name, "AttributeType", type);
        schema[count] =
            pair(store, "AttributeName", attributes[count]->name, "KeyType", key_types[count]);
    }
    describe(call, description, "AttributeDefinitions", value_list(store, definitions, count));
    describe(call, description, "KeySchema", value_list(store, schema, count));
}

static void describe_contents(struct call *call, uint32_t table, struct description *description)
{
    struct value contents = table_contents(call, table);
    size_t count = value_count(call->store, contents);
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += item_size(call->store, value_value_at(call->store, contents, i));
    describe(call, description, "ItemCount", value_integer(call->store, (int64_t)count));
    describe(call, description, "TableSizeBytes", value_integer(call->store, (int64_t)size));
}

static void describe_stream(struct call *call, const struct table_config *table,
                            struct description *description)
{
    static const char *const views[] = {[STREAM_VIEW_NONE] = "",
                                        [STREAM_VIEW_KEYS_ONLY] = "KEYS_ONLY",
                                        [STREAM_VIEW_NEW_IMAGE] = "NEW_IMAGE",
                                        [STREAM_VIEW_OLD_IMAGE] = "OLD_IMAGE",
                                        [STREAM_VIEW_NEW_AND_OLD_IMAGES] = "NEW_AND_OLD_IMAGES"};
    struct value_store *store = call->store;
    if (table->stream_view == STREAM_VIEW_NONE)
        return;
    struct value_entry entries[] = {
        {value_text(store, "StreamEnabled"), value_bool(store, true)},
        {value_text(store, "StreamViewType"), value_text(store, views[table->stream_view])},
    };
    describe(call, description, "StreamSpecification", value_map(store, entries, 2));
    describe(call, description, "LatestStreamLabel", value_text(store, CREATION_LABEL));
    describe(call, description, "LatestStreamArn",
             value_format(store, "arn:aws:dynamodb:%s:%s:table/%s/stream/%s", PIPELINE_REGION,
                          PIPELINE_ACCOUNT, table->name, CREATION_LABEL));
}

static struct value throughput(struct value_store *store)
{
    struct value zero = value_integer(store, 0);
    struct value_entry entries[] = {{value_text(store, "NumberOfDecreasesToday"), zero},
                                    {value_text(store, "ReadCapacityUnits"), zero},
                                    {value_text(store, "WriteCapacityUnits"), zero}};
    return value_map(store, entries, 3);
}

bool operation_describe_table(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName", NULL};
    struct value_store *store = call->store;
    struct value name;
    if (!request_check_parameters(call, request, "DescribeTable", parameters) ||
        !request_require(call, request, "TableName", VALUE_STRING, &name))
        return false;
    uint32_t index = table_find(call->context, name);
    if (index == PIPELINE_TABLES_MAX)
        return call_reject(call, AWS_RESOURCE_NOT_FOUND,
                           "Requested resource not found: Table: %s not found",
                           value_bytes(store, name, NULL));
    const struct table_config *table = table_config(call, index);
    struct description description = {.count = 0};
    struct value_entry billing = {value_text(store, "BillingMode"),
                                  value_text(store, "PAY_PER_REQUEST")};
    describe(call, &description, "TableName", value_text(store, table->name));
    describe(call, &description, "TableStatus", value_text(store, "ACTIVE"));
    describe(call, &description, "TableArn",
             value_format(store, "arn:aws:dynamodb:%s:%s:table/%s", PIPELINE_REGION,
                          PIPELINE_ACCOUNT, table->name));
    describe(call, &description, "CreationDateTime", value_integer(store, CREATION_TIME_S));
    describe(call, &description, "ProvisionedThroughput", throughput(store));
    describe(call, &description, "BillingModeSummary", value_map(store, &billing, 1));
    describe(call, &description, "DeletionProtectionEnabled", value_bool(store, false));
    describe_keys(call, table, &description);
    describe_contents(call, index, &description);
    describe_stream(call, table, &description);
    answer_add(call, answer, "Table", value_map(store, description.members, description.count));
    return true;
}

bool operation_list_tables(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"ExclusiveStartTableName", "Limit", NULL};
    struct value_store *store = call->store;
    struct value start;
    int64_t limit;
    if (!request_check_parameters(call, request, "ListTables", parameters) ||
        !request_get(call, request, "ExclusiveStartTableName", VALUE_STRING, &start) ||
        !request_get_limit(call, request, "Limit", &limit))
        return false;
    if (limit == 0 || limit > TABLE_NAMES_MAX)
        limit = TABLE_NAMES_MAX;
    /* A set keeps the names in order. */
    struct value names[PIPELINE_TABLES_MAX];
    size_t count = 0;
    for (; count < call->context->pipeline->table_count; count++)
        names[count] = value_text(store, table_config(call, (uint32_t)count)->name);
    struct value sorted = value_set(store, VALUE_STRING_SET, names, count);
    struct value listed = value_list(store, NULL, 0);
    if (!call_made(call, sorted))
        return false;
    struct value last = VALUE_NONE;
    for (size_t i = 0; i < count; i++) {
        struct value name = value_at(store, sorted, i);
        if (!value_is_none(start) && value_compare(store, name, start) <= 0)
            continue;
        if (!call_made(call, listed))
            return false;
        if (value_count(store, listed) == (size_t)limit) {
            answer_add(call, answer, "LastEvaluatedTableName", last);
            break;
        }
        listed = value_append(store, listed, name);
        last = name;
    }
    answer_add(call, answer, "TableNames", listed);
    return true;
}

/* DescribeTable and ListTables: tables as a finished deployment leaves them. */
#include "model/dynamodb/index.h"
#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"

enum { TABLE_NAMES_MAX = 100, DESCRIPTION_MEMBERS_MAX = 16 };

/* When the tables were made: before the first record. Stream records name the same time in their
 * eventSourceARN. */
enum { CREATION_TIME_S = 1704067200 /* since 1970 */ };

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

static struct value key_schema(struct value_store *store, const struct key_attribute *hash_key,
                               const struct key_attribute *range_key)
{
    struct value schema[2] = {pair(store, "AttributeName", hash_key->name, "KeyType", "HASH")};
    size_t count = 1;
    if (range_key->name != NULL)
        schema[count++] = pair(store, "AttributeName", range_key->name, "KeyType", "RANGE");
    return value_list(store, schema, count);
}

/* The key attributes of the table and its indexes, each once, by name. */
static void describe_definitions(struct call *call, const struct table_config *table,
                                 struct description *description)
{
    struct value_store *store = call->store;
    struct value types = value_map(store, NULL, 0);
    for (size_t i = 0; i <= table->index_count; i++) {
        const struct key_attribute *attributes[] = {
            i == 0 ? &table->hash_key : &table->indexes[i - 1].hash_key,
            i == 0 ? &table->range_key : &table->indexes[i - 1].range_key};
        for (size_t j = 0; j < 2 && attributes[j]->name != NULL; j++)
            types = value_put_text(store, types, attributes[j]->name,
                                   value_string(store, &attributes[j]->type, 1));
    }
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; call_made(call, types) && i < value_count(store, types); i++)
        list = value_append(
            store, list,
            pair(store, "AttributeName", value_bytes(store, value_key_at(store, types, i), NULL),
                 "AttributeType", value_bytes(store, value_value_at(store, types, i), NULL)));
    describe(call, description, "AttributeDefinitions", list);
    describe(call, description, "KeySchema",
             key_schema(store, &table->hash_key, &table->range_key));
}

static struct value index_projection(struct value_store *store, const struct index_config *index)
{
    static const char *const types[] = {
        [PROJECT_ALL] = "ALL", [PROJECT_KEYS_ONLY] = "KEYS_ONLY", [PROJECT_INCLUDE] = "INCLUDE"};
    struct value names = value_list(store, NULL, 0);
    for (size_t i = 0; i < index->included_count; i++)
        names = value_append(store, names, value_text(store, index->included[i]));
    struct value_entry entries[] = {
        {value_text(store, "ProjectionType"), value_text(store, types[index->projection])},
        {value_text(store, "NonKeyAttributes"), names},
    };
    return value_map(store, entries, index->projection == PROJECT_INCLUDE ? 2 : 1);
}

static bool describe_index(struct call *call, uint32_t table, const struct index_config *index,
                           const char *status, struct value *described)
{
    struct value_store *store = call->store;
    struct value contents;
    if (!index_contents(call, table, index, &contents))
        return false;
    size_t count = value_count(store, contents);
    int64_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += (int64_t)item_size(store, index_projected(call, table_config(call, table), index,
                                                          value_value_at(store, contents, i)));
    struct value arn =
        value_format(store, "arn:aws:dynamodb:%s:%s:table/%s/index/%s", PIPELINE_REGION,
                     PIPELINE_ACCOUNT, table_config(call, table)->name, index->name);
    struct value_entry entries[] = {
        {value_text(store, "IndexName"), value_text(store, index->name)},
        {value_text(store, "IndexArn"), arn},
        {value_text(store, "KeySchema"), key_schema(store, &index->hash_key, &index->range_key)},
        {value_text(store, "Projection"), index_projection(store, index)},
        {value_text(store, "ItemCount"), value_integer(store, (int64_t)count)},
        {value_text(store, "IndexSizeBytes"), value_integer(store, size)},
        {value_text(store, "IndexStatus"), value_text(store, status)},
    };
    size_t members = sizeof entries / sizeof entries[0];
    *described = value_map(store, entries, index->global ? members : members - 1);
    return call_made(call, *described);
}

static bool describe_indexes(struct call *call, uint32_t table, const char *status,
                             struct description *description)
{
    const struct table_config *config = table_config(call, table);
    static const char *const names[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    for (size_t global = 0; global < 2; global++) {
        struct value list = value_list(call->store, NULL, 0);
        for (size_t i = 0; call_made(call, list) && i < config->index_count; i++) {
            struct value index;
            if (config->indexes[i].global != (global == 1))
                continue;
            if (!describe_index(call, table, &config->indexes[i], status, &index))
                return false;
            list = value_append(call->store, list, index);
        }
        if (call->no_memory)
            return false;
        if (value_count(call->store, list) > 0)
            describe(call, description, names[global], list);
    }
    return true;
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
    struct value_store *store = call->store;
    if (table->stream_view == STREAM_VIEW_NONE)
        return;
    struct value_entry entries[] = {
        {value_text(store, "StreamEnabled"), value_bool(store, true)},
        {value_text(store, "StreamViewType"),
         value_text(store, stream_view_names[table->stream_view])},
    };
    describe(call, description, "StreamSpecification", value_map(store, entries, 2));
    const char *label = table->stream_label != NULL ? table->stream_label : PIPELINE_STREAM_LABEL;
    describe(call, description, "LatestStreamLabel", value_text(store, label));
    describe(call, description, "LatestStreamArn",
             value_format(store, "arn:aws:dynamodb:%s:%s:table/%s/stream/%s", PIPELINE_REGION,
                          PIPELINE_ACCOUNT, table->name, label));
}

static struct value throughput(struct value_store *store, const struct table_config *table)
{
    struct value_entry entries[] = {
        {value_text(store, "NumberOfDecreasesToday"), value_integer(store, 0)},
        {value_text(store, "ReadCapacityUnits"), value_integer(store, (int64_t)table->read_units)},
        {value_text(store, "WriteCapacityUnits"),
         value_integer(store, (int64_t)table->write_units)}};
    return value_map(store, entries, 3);
}

bool table_description(struct call *call, uint32_t index, const char *status,
                       struct value *described)
{
    struct value_store *store = call->store;
    const struct table_config *table = table_config(call, index);
    struct description description = {.count = 0};
    struct value_entry billing = {value_text(store, "BillingMode"),
                                  value_text(store, "PAY_PER_REQUEST")};
    describe(call, &description, "TableName", value_text(store, table->name));
    describe(call, &description, "TableStatus", value_text(store, status));
    describe(call, &description, "TableArn",
             value_format(store, "arn:aws:dynamodb:%s:%s:table/%s", PIPELINE_REGION,
                          PIPELINE_ACCOUNT, table->name));
    describe(call, &description, "CreationDateTime", value_integer(store, CREATION_TIME_S));
    describe(call, &description, "ProvisionedThroughput", throughput(store, table));
    if (table->read_units == 0)
        describe(call, &description, "BillingModeSummary", value_map(store, &billing, 1));
    describe(call, &description, "DeletionProtectionEnabled", value_bool(store, false));
    describe_definitions(call, table, &description);
    describe_contents(call, index, &description);
    describe_stream(call, table, &description);
    if (!describe_indexes(call, index, status, &description))
        return false;
    *described = value_map(store, description.members, description.count);
    return call_made(call, *described);
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
    struct value description;
    if (!table_description(call, index, "ACTIVE", &description))
        return false;
    answer_add(call, answer, "Table", description);
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
